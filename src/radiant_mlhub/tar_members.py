"""What an archive holds: files and folders, what has no place in a catalog, and how much it may ask for."""

from typing import Literal, NamedTuple


class Limits(NamedTuple):
    """How much an archive may ask of the machine that reads it.

    Attributes:
        member_bytes: Largest file that is handed out; a larger one is ``Refused``. The largest
            STAC objects known are a few MiB.
        members: Most members of any kind; more raise ``ArchiveBroken``.
        ratio: Most unpacked bytes for each packed one; more raise ``ArchiveBroken``. Catalogs of
            JSON reach about 30, their tar headers alone 100; a bomb of zeros 1000.
        ratio_from_bytes: Unpacked size from which the ratio is looked at.
    """

    member_bytes: int = 64 * 1024 * 1024
    members: int = 20_000_000
    ratio: float = 300.0
    ratio_from_bytes: int = 256 * 1024 * 1024


class Member(NamedTuple):
    """A file or directory of an archive.

    Attributes:
        name: Its path as the archive gives it, without trailing slashes; not checked for safety.
        kind: ``"file"`` or ``"directory"``.
        size: Length in bytes; 0 for a directory.
        mtime: Modification time in seconds since the epoch.
        content: The bytes of a file.
    """

    name: str
    kind: Literal["file", "directory"]
    size: int
    mtime: int
    content: bytes

    def read(self) -> bytes:
        """The whole content; empty for a directory."""
        return self.content


class Refused(NamedTuple):
    """A member that is not handed out; the archive around it is fine.

    Attributes:
        name: Its name; what is not UTF-8 in it is shown as ``\\xNN``.
        reason: Why, as the rest of a sentence: ``"it is a symbolic link"``.
    """

    name: str
    reason: str
