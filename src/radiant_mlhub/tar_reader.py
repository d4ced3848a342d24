"""Archives (``.tar``, ``.tar.gz``) read as a stream that trusts nothing.

The standard library's ``tarfile`` in stream mode loses the members behind a second gzip member and
takes a gzip cut in half for whole, both without a word; a catalog must not shrink like that. Here
an archive is whole, to the last CRC, or ``ArchiveBroken`` is raised; what is whole but has no
place in a catalog (links, devices, sparse files) comes as ``Refused``, and the rest goes on.

Read are the formats of POSIX (ustar with its prefix field, pax ``x`` and ``g`` headers with
``path``, ``size``, ``mtime``) and of GNU (long names ``L``, base-256 numbers), and V7's. Names are
as the archive gives them: whoever writes files must check them (``layout.member_path``). Where a
name occurs twice the later one counts, as with ``tar``.

Sources: IEEE Std 1003.1-2017, pax, "pax Interchange Format" and "ustar Interchange Format"; the GNU
tar manual, "Basic Tar Format"; RFC 1952 (gzip).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from . import tar_headers
from .exceptions import ArchiveBroken
from .tar_members import Limits, Member, Refused
from .unpacked import Damaged, Unpacked

__all__ = ["Limits", "Member", "Refused", "members"]

_BLOCK = tar_headers.BLOCK
_ZERO_BLOCK = bytes(_BLOCK)
# GNU tar and pax writers stay far below; a longer one is an attack on memory.
_LONGEST_EXTENSION_BYTES = 1024 * 1024

_FILE_TYPES = b"0\x007"  # "7" is a contiguous file: POSIX has it treated as a regular one
_EXTENSION_TYPES = b"LKxXg"
_REFUSED_TYPES = {
    b"1": "it is a hard link",
    b"2": "it is a symbolic link",
    b"3": "it is a character device",
    b"4": "it is a block device",
    b"6": "it is a FIFO",
    b"S": "it is a sparse file",
    b"M": "it continues a file of another volume",
    b"V": "it is a volume label",
}
_TYPES_WITHOUT_DATA = b"123456"
# What macOS and old tars leave beside the real members: resource forks, pax headers as files.
_LITTER = re.compile(r"(?:\A|/)(?:\._|PaxHeaders?(?:\.[0-9]+)?/)")


def members(source: str | Path | BinaryIO, limits: Limits | None = None) -> Iterator[Member | Refused]:
    """The members of an archive in their order, one at a time, in bounded memory.

    Args:
        source: A path, or a binary file at the archive's first byte, which is left open.
        limits: What the archive may ask for; None for as much as catalogs ever do.

    Raises:
        ArchiveBroken: Cut short, a wrong checksum or CRC, data after the end, over a limit. It
            comes where the fault is met: members before it were handed out already.
        OSError: The file cannot be read.
    """
    with _opened(source) as file:
        yield from _Reader(file, limits or Limits()).members()


@contextmanager
def _opened(source: str | Path | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(source, str | Path):
        with Path(source).open("rb") as file:
            yield file
    else:
        yield source


def _is_litter(name: str) -> bool:
    return ("._" in name or "PaxHeader" in name) and _LITTER.search(name) is not None


class _Reader:
    """Walks the blocks of one archive."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._source = Unpacked(file)
        self._limits = limits
        self._data = b""
        self._at = 0
        self._count = 0
        self._last_name: str | None = None
        self._global: dict[str, bytes] = {}
        self._local: dict[str, bytes] = {}

    def members(self) -> Iterator[Member | Refused]:
        """The members.

        Raises:
            ArchiveBroken: Wherever a fault is met.
        """
        try:
            yield from self._members()
        except Damaged as damage:
            last = self._last_name
            place = "before its first member" if last is None else f"after the member {last!r}"
            raise ArchiveBroken(f"The archive cannot be used: {damage}, {place}.", last) from damage

    def _members(self) -> Iterator[Member | Refused]:
        while True:
            yield from self._plain_members()
            header = self._header()
            if header is None:
                break
            self._count += 1
            if self._count > self._limits.members:
                raise Damaged(f"it has more than {self._limits.members} members")
            kind = header[156:157]
            size = tar_headers.number(header[124:136], "size")
            if kind in _EXTENSION_TYPES:
                self._extend(kind, size)
                continue
            member = self._member(kind, size, header)
            self._local = {}
            self._last_name = member.name
            if not _is_litter(member.name):
                yield member
        if self._local:
            raise Damaged("a header at its end describes no member")
        self._expect_nothing_more()

    def _plain_members(self) -> Iterator[Member]:
        """Files and folders with nothing odd about them that lie whole in the piece at hand."""
        while not self._local and not self._global and self._count + 1 < self._limits.members:
            found = tar_headers.plain_member(self._data, self._at)
            if found is None:
                return
            name, kind, size, mtime, start, headers = found
            stripped = name.rstrip("/")
            if kind == b"5":
                member = Member(stripped, "directory", 0, mtime, b"")
                end = start
            else:
                end = start + size + -size % _BLOCK
                if end > len(self._data) or not stripped or size > self._limits.member_bytes:
                    return
                member = Member(stripped, "file", size, mtime, self._data[start : start + size])
            self._at = end
            self._count += headers
            self._last_name = stripped
            if not _is_litter(stripped):
                yield member

    def _member(self, kind: bytes, size: int, header: bytes) -> Member | Refused:
        if kind == b"S":
            self._skip_sparse_map(header)
        if self._global or self._local:
            return self._extended_member(kind, size, header)
        return self._named(
            kind, tar_headers.name_of(header), size, tar_headers.number(header[136:148], "mtime")
        )

    def _extended_member(self, kind: bytes, size: int, header: bytes) -> Member | Refused:
        """A member of which extension headers say more than its own does."""
        fields = {**self._global, **self._local}
        if "size" in fields:
            size = tar_headers.decimal(fields["size"], "size")
        mtime = (
            tar_headers.decimal(fields["mtime"], "mtime")
            if "mtime" in fields
            else tar_headers.number(header[136:148], "mtime")
        )
        raw = fields.get("path")
        if raw is None:
            raw = fields.get("GNU.longname") or tar_headers.name_of(header)
        is_sparse = any(key.startswith("GNU.sparse.") for key in fields)
        return self._named(kind, raw, size, mtime, sparse=is_sparse)

    def _named(
        self, kind: bytes, raw: bytes, size: int, mtime: int, *, sparse: bool = False
    ) -> Member | Refused:
        try:
            name = raw.decode()
        except UnicodeDecodeError:
            self._skip(kind, size)
            return Refused(raw.decode(errors="backslashreplace"), "its name is not UTF-8")
        return self._content(kind, name, size, mtime, sparse=sparse)

    def _content(self, kind: bytes, name: str, size: int, mtime: int, *, sparse: bool) -> Member | Refused:
        stripped = name.rstrip("/")
        if kind == b"5" or (kind == b"\0" and name.endswith("/")):
            return Member(stripped, "directory", 0, mtime, b"")
        reason = self._reason_to_refuse(kind, size, sparse=sparse)
        if reason is None and stripped:
            content = self._take(size + -size % _BLOCK)[:size]
            return Member(stripped, "file", size, mtime, content)
        self._skip(kind, size)
        return Refused(name, reason or "it has no name")

    def _reason_to_refuse(self, kind: bytes, size: int, *, sparse: bool) -> str | None:
        if sparse:
            return _REFUSED_TYPES[b"S"]
        if kind not in _FILE_TYPES:
            return _REFUSED_TYPES.get(
                kind, f"it is of the unknown type {kind.decode(errors='backslashreplace')!r}"
            )
        if size > self._limits.member_bytes:
            return f"its {size} bytes are more than the {self._limits.member_bytes} that a member may have"
        return None

    def _extend(self, kind: bytes, size: int) -> None:
        """Keep what an extension header says of the next member, or of all that follow."""
        if size > _LONGEST_EXTENSION_BYTES:
            raise Damaged(f"a header of {size} bytes stands in it")
        body = self._take(size)
        self._take(-size % _BLOCK)
        if kind == b"L":
            self._local["GNU.longname"] = body.partition(b"\0")[0]
        elif kind in b"xX":
            self._local.update(tar_headers.pax_records(body))
        elif kind == b"g":
            self._global.update(tar_headers.pax_records(body))

    def _header(self) -> bytes | None:
        """The next header block, its checksum verified; None at the end of the archive."""
        if self._at == len(self._data) and not self._refill():
            # Some writers leave out the closing zero blocks. Only gzip's own end proves
            # that nothing was cut off with them.
            if self._last_name is None:
                raise Damaged("it is empty")
            if not self._source.is_gzip:
                raise Damaged("it ends without an end-of-archive block")
            return None
        header = self._take(_BLOCK)
        if header == _ZERO_BLOCK:
            return None
        if tar_headers.number(header[148:156], "checksum") not in tar_headers.checksums(header):
            raise Damaged("the checksum of a header is wrong")
        return header

    def _expect_nothing_more(self) -> None:
        """Read on to the end, so that gzip's CRC is checked; padding is zeros."""
        while True:
            if self._data.count(0, self._at) != len(self._data) - self._at:
                raise Damaged("something follows its end-of-archive block")
            self._at = len(self._data)
            if not self._refill():
                return

    def _skip(self, kind: bytes, size: int) -> None:
        if kind in _TYPES_WITHOUT_DATA:
            return
        remaining = size + -size % _BLOCK
        while remaining:
            part = min(remaining, len(self._data) - self._at)
            self._at += part
            remaining -= part
            if remaining and not self._refill():
                raise Damaged("it is cut short")

    def _skip_sparse_map(self, header: bytes) -> None:
        """Blocks of GNU's old sparse format that lie between a header and its data."""
        more = header[482]
        while more:
            more = self._take(_BLOCK)[504]

    def _take(self, size: int) -> bytes:
        end = self._at + size
        if end <= len(self._data):
            taken = self._data[self._at : end]
            self._at = end
            return taken
        parts = [self._data[self._at :]]
        missing = size - len(parts[0])
        while missing:
            self._at = len(self._data)
            if not self._refill():
                raise Damaged("it is cut short")
            parts.append(self._data[:missing])
            missing -= len(parts[-1])
            self._at = len(parts[-1])
        return b"".join(parts)

    def _refill(self) -> bool:
        self._data = self._source.piece()
        self._at = 0
        unpacked, packed = self._source.bytes_out, self._source.bytes_in
        if unpacked > self._limits.ratio_from_bytes and unpacked > self._limits.ratio * packed:
            raise Damaged(f"it unpacks to more than {self._limits.ratio:g} times its size")
        return bool(self._data)
