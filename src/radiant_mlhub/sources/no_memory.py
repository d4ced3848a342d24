"""The memory of one who reads a source once."""

from pathlib import Path


class NoMemory:
    """Remembers as long as it lives: a source that was interrupted is read from its beginning.

    Attributes:
        folder: Where a source may keep files meanwhile.
    """

    is_lasting = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._values: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        """What was put under that name."""
        return self._values.get(name)

    def put(self, name: str, value: str) -> None:
        """Remember ``value``."""
        self._values[name] = value

    def forget(self, name: str) -> None:
        """Forget what was put under that name."""
        self._values.pop(name, None)

    def keep(self) -> None:
        """Nothing is to survive."""
