"""One thing that was looked at."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found.

    Attributes:
        state: ``ok``; ``note`` for what is worth knowing; ``problem`` for what keeps something from working.
        name: What was looked at.
        text: What was found, in one line, without secrets.
        hint: What to do about it; None where there is nothing to do.
    """

    state: Literal["ok", "note", "problem"]
    name: str
    text: str
    hint: str | None = None
