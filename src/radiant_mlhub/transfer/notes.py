"""The note beside a part: which version it holds, and which bytes of it.

A note is written before the first byte and after the bytes it speaks of, so that it never
promises what is not there.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .answers import Version
from .ranges import Ranges

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Note:
    """What is known of a part.

    Attributes:
        source: Fingerprint of the catalogued href. The address itself may hold a signature.
        version: The version whose bytes the part holds.
        ranges: Half-open ranges of bytes that are there.
    """

    source: str
    version: Version
    ranges: tuple[tuple[int, int], ...]

    def save(self, path: str) -> None:
        """Replace the note at ``path``; a kill leaves the old one or the new one."""
        said = {"source": self.source, "version": self.version._asdict(), "ranges": self.ranges}
        text = json.dumps({"format": FORMAT, **said})
        draft = Path(draft_of(path))
        try:
            draft.write_text(text, encoding="utf-8")
            draft.replace(path)
        except OSError:
            draft.unlink(missing_ok=True)
            raise


def draft_of(path: str) -> str:
    """Where the note at ``path`` is written before it takes its name."""
    return f"{path}~"


def read_note(path: str) -> Note | None:
    """The note at ``path``; None when there is none, or none that can be understood."""
    try:
        raw = json.loads(Path(path).read_text(encoding="utf-8"))
        return _note_of(raw) if raw["format"] == FORMAT else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _note_of(raw: dict[str, Any]) -> Note:
    version = Version(**raw["version"])
    ranges = Ranges((int(start), int(end)) for start, end in raw["ranges"])
    return Note(str(raw["source"]), version, tuple(ranges))


def source_of(href: str) -> str:
    """The fingerprint by which a part knows the address it came from."""
    return hashlib.sha256(href.encode("utf-8", "surrogatepass")).hexdigest()[:16]
