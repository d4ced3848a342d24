"""What is wrong with what is to be published, each with its file and its place in it."""

from collections import Counter
from dataclasses import dataclass, field

_KEPT = 1000
"""More problems than this are counted, not kept: nobody reads them, and there may be millions."""


@dataclass(frozen=True)
class Complaint:
    """Something about an object.

    Attributes:
        place: Where in the object, as a JSON path such as ``$.assets.image.href``.
        is_fatal: False for what MLHub's own catalogs do as well: it is noted and let pass.
    """

    place: str
    message: str
    is_fatal: bool = True


@dataclass(frozen=True)
class Problem:
    """A complaint with the file it is about, relative to the source."""

    file: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place}: {self.message}" if self.place else f"{self.file}: {self.message}"


@dataclass
class Problems:
    """All that was found.

    Attributes:
        first: The first ones.
        total: How many there are.
        notes: How often something was let pass, by its words.
    """

    first: list[Problem] = field(default_factory=list)
    total: int = 0
    notes: Counter[str] = field(default_factory=Counter)

    def add(self, file: str, place: str, message: str) -> None:
        """Take note of a problem."""
        self.total += 1
        if len(self.first) < _KEPT:
            self.first.append(Problem(file, place, message))

    def take(self, file: str, complaints: list[Complaint]) -> bool:
        """Take note of complaints; whether one of them is fatal."""
        is_fatal = False
        for complaint in complaints:
            if complaint.is_fatal:
                is_fatal = True
                self.add(file, complaint.place, complaint.message)
            else:
                self.note(f"{complaint.place}: {complaint.message}")
        return is_fatal

    def note(self, words: str) -> None:
        """Count what was let pass."""
        if words in self.notes or len(self.notes) < _KEPT:
            self.notes[words] += 1
