"""What the rules of one file ask for, step by step, and what they are told.

The rules are generators: each ``yield`` hands out a step, and the one who drives them sends
back its result. They open no socket and no file, so they run in a test without either.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .answers import Version
from .ranges import Stretch
from .transfers import VerifiedBy


@dataclass(frozen=True, slots=True)
class Ask:
    """Send one request, of one hop. Answered with an ``Answer`` or ``Trouble``."""

    href: str
    headers: Mapping[str, str]
    method: Literal["GET", "HEAD"] = "GET"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A request that came to nothing, or an answer that broke off.

    Attributes:
        text: What happened, without any address in it.
        is_final: Another try would end in the same way.
        retry_after_s: How long the server wants to be left alone.
        status: The status that said so, where an answer came at all.
    """

    text: str
    is_final: bool = False
    retry_after_s: float | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Receive:
    """Write the body of the last answer. Answered with ``Trouble`` or None.

    Attributes:
        stretch: The part of the file that it fills.
        at: Where in the file the body begins.
        coding: The content coding that has to be undone, if any.
    """

    stretch: Stretch
    at: int
    coding: str | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait this many seconds. Answered with None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class NewPart:
    """Begin a part at its first byte; an earlier one is thrown away. Answered with None.

    Attributes:
        version: The version of the object that the part will hold.
        hash_names: Digests to make of what is written.
        wire_names: Digests to make of the body before its content coding is undone.
    """

    version: Version
    hash_names: frozenset[str]
    wire_names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AdoptPart:
    """Make the unfinished file at ``path`` the part. Answered with None."""

    path: str
    version: Version


@dataclass(frozen=True, slots=True)
class Hash:
    """Tell the digests of the file at ``path``, or of the part. Answered with ``Digests``."""

    names: frozenset[str]
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Digests:
    """Digests by name: of the bytes on disk, and of the body as it came over the wire."""

    on_disk: Mapping[str, str]
    on_wire: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """The file is there already; at ``path``, if that is not the target."""

    validator: str | None
    digest: str | None
    verified_by: VerifiedBy
    path: str | None = None
    is_unchanged: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """The part is whole."""

    digest: str | None
    verified_by: VerifiedBy


@dataclass(frozen=True, slots=True)
class Failed:
    """There will be no file. ``text`` says what happened and what to do next."""

    text: str
    status: int | None = None


@dataclass(frozen=True, slots=True)
class StartOver:
    """What arrived is of no use: end every stretch, and ask ``main`` again."""


Verdict = Kept | Fetched | Failed | StartOver
Step = Ask | Receive | Pause | NewPart | AdoptPart | Hash
Steps = Generator[Step, Any, Verdict | None]
