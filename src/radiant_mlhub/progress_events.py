"""What a program hears of long work while it goes on: one small event, ten times a second at most."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Phase = Literal["catalog", "index", "assets", "unpack", "archive", "model", "file", "verify", "repair"]
"""A long step.

``catalog`` fetches a dataset's catalog archive, ``index`` reads it, ``assets`` fetches what the
filters leave, meanwhile ``unpack`` writes the catalog's files; ``archive``, ``model`` and ``file``
fetch a collection's archive, a model's files and a single file; ``verify`` looks at files that are
here, and ``repair`` fetches some of them again.
"""


@dataclass(frozen=True, slots=True)
class Wait:
    """A host that asked to be left alone.

    Attributes:
        host: Scheme, name and port.
        seconds: How long no request will be sent to it from now on.
    """

    host: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """Where one long step stands.

    A step's first event comes when it begins, its last one when it has done what it was to do
    (``ended``); a step that an error ends has no last one. Steps overlap: ``assets`` begins
    before ``index`` has ended.

    Attributes:
        phase: Which step.
        subject: What it works on: the dataset's id, or the file's name.
        files_done: Files (items, while a catalog is read) that are done with, those that were
            here already and those that failed among them.
        files_total: How many there are to do; None while it is not known.
        bytes_done: Bytes of these files that are here, also of files under way.
        bytes_total: How many there will be; None where nobody has named them all.
        bytes_per_s: Speed of the last ten seconds, without what was here already.
        seconds_left: What is still to do, at the speed of the last ten seconds; None while it
            cannot be told.
        seconds: Since the step began.
        retries: Requests that came to nothing and are made again, since the step began.
        retrying: Files that wait for their next try right now.
        waits: Hosts that asked to be left alone (Retry-After), and for how long still.
        ended: Nothing more comes of this step.
    """

    phase: Phase
    subject: str
    files_done: int = 0
    files_total: int | None = None
    bytes_done: int = 0
    bytes_total: int | None = None
    bytes_per_s: float = 0.0
    seconds_left: float | None = None
    seconds: float = 0.0
    retries: int = 0
    retrying: int = 0
    waits: tuple[Wait, ...] = ()
    ended: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The event as JSON has it, all fields, under their names."""
        return {**asdict(self), "waits": [asdict(wait) for wait in self.waits]}


ProgressCallback = Callable[[ProgressEvent], object]
"""Called in the thread that works, which it holds up: it has to be quick. An error it raises ends
the work cleanly, and is what the call raises."""
