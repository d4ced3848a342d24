"""What the rules of one file ask for, step by step, and what they are told.

The rules are generators: each ``yield`` hands out a step, and the one who drives them sends
back its result. They open no socket and no file, so they run in a test without either.

Steps are named tuples: a small file takes a dozen of them, and a frozen dataclass takes three
times as long to make.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from .answers import Version
from .ranges import Stretch
from .transfers import VerifiedBy


class Ask(NamedTuple):
    """Send one request, of one hop. Answered with an ``Answer`` or ``Trouble``.

    Attributes:
        href: Its address.
        headers: What goes with it besides what every request to that host has.
        method: How it is asked for.
        sent_from: The address that was asked for first, where a redirect led to this one.
    """

    href: str
    headers: Mapping[str, str]
    method: Literal["GET", "HEAD"] = "GET"
    sent_from: str | None = None


class Trouble(NamedTuple):
    """A request that came to nothing, or an answer that broke off.

    Attributes:
        text: What happened, without any address in it.
        is_final: Another try would end in the same way.
        retry_after_s: How long the server wants to be left alone.
        status: The status that said so, where an answer came at all.
        is_slow: Time ran out: fewer requests at once might have been answered.
    """

    text: str
    is_final: bool = False
    retry_after_s: float | None = None
    status: int | None = None
    is_slow: bool = False


class Receive(NamedTuple):
    """Write the body of the last answer. Answered with ``Trouble`` or None.

    Attributes:
        stretch: The part of the file that it fills.
        at: Where in the file the body begins.
        coding: The content coding that has to be undone, if any.
    """

    stretch: Stretch
    at: int
    coding: str | None = None


class Pause(NamedTuple):
    """Wait this many seconds. Answered with None."""

    seconds: float


class NewPart(NamedTuple):
    """Begin a part at its first byte; an earlier one is thrown away. Answered with None.

    Attributes:
        version: The version of the object that the part will hold.
        hash_names: Digests to make of what is written.
        wire_names: Digests to make of the body before its content coding is undone.
    """

    version: Version
    hash_names: frozenset[str]
    wire_names: frozenset[str] = frozenset()


class AdoptPart(NamedTuple):
    """Make the unfinished file at ``path`` the part. Answered with None."""

    path: str
    version: Version


class Hash(NamedTuple):
    """Tell the digests of the file at ``path``, or of the part. Answered with ``Digests``."""

    names: frozenset[str]
    path: str | None = None


class Digests(NamedTuple):
    """Digests by name: of the bytes on disk, and of the body as it came over the wire."""

    on_disk: Mapping[str, str]
    on_wire: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Kept:
    """The file is there already; at ``path``, if that is not the target."""

    validator: str | None
    digest: str | None
    verified_by: VerifiedBy
    path: str | None = None
    is_unchanged: bool = False


class Fetched(NamedTuple):
    """The part is whole."""

    digest: str | None
    verified_by: VerifiedBy


@dataclass(frozen=True, slots=True)
class Failed:
    """This address gives no file. ``text`` says why and what to do next, without any address in it."""

    text: str
    status: int | None = None


@dataclass(frozen=True, slots=True)
class StartOver:
    """What arrived is of no use: end every stretch, and ask ``main`` again."""


Verdict = Kept | Fetched | Failed | StartOver
Step = Ask | Receive | Pause | NewPart | AdoptPart | Hash
Steps = Generator[Step, Any, Verdict | None]
