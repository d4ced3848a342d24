"""The hub's ``{dataset_id}.tar.gz``: a dataset's whole STAC catalog in one file."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from .. import layout
from ..exceptions import ArchiveBroken, CatalogBroken, DirectoryUnusable, UnsafeName
from ..tar_reader import Limits, Member, Refused, members
from ..transfer import Request, RequestFor
from .source import SourceObject


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A member of the archive and whether its file had to be written."""

    place: str
    written: bool
    error: str | None = None


class CatalogArchive:
    """A catalog archive that lies on disk, verified.

    Attributes:
        dataset_id: The dataset.
        archive: The file.
        members: How many files and folders it holds; None before it was read to its end.
    """

    sees_everything = True

    def __init__(
        self, dataset_id: str, archive: Path, request_for: RequestFor, limits: Limits | None = None
    ) -> None:
        self.dataset_id = dataset_id
        self.archive = archive
        self.members: int | None = None
        self._request_for = request_for
        self._limits = limits or Limits()
        self._top: str | None = None

    def request_for(self, href: str) -> Request:
        """How to ask for ``href`` right now."""
        return self._request_for(href)

    def objects(self) -> Iterator[SourceObject]:
        """Every STAC object of the archive, in its order, and a reason for every member refused.

        Raises:
            CatalogBroken: The archive is cut, damaged or no tar at all.
        """
        for place, member in self._places():
            if isinstance(member, Refused):
                yield SourceObject(place, None, error=member.reason)
            elif member.kind == "file" and place.endswith(".json") and Path(place).name != "catalog.json":
                yield parsed(place, member.read())

    def places(self) -> Iterator[str]:
        """The path of every file of the archive, relative to the dataset's folder."""
        for place, member in self._places():
            if not isinstance(member, Refused) and member.kind == "file":
                yield place

    def unpack(self, folder: Path) -> Iterator[Unpacked]:
        """Write the archive's files into ``folder``, and say of each whether that was needed.

        A file that holds these very bytes already is left alone, so that an interrupted
        unpack is repaired and an unchanged one costs no writes.

        Raises:
            CatalogBroken: The archive is cut, damaged or no tar at all.
            DirectoryUnusable: ``folder`` cannot be written, or a link in it leads outside.
        """
        root = Path(os.path.realpath(folder))
        sound: set[Path] = set()
        for place, member in self._places():
            if isinstance(member, Refused):
                continue
            try:
                _folder_made(root, (root / place).parent if member.kind == "file" else root / place, sound)
                written = member.kind == "file" and _written(root / place, member.read())
            except OSError as error:
                raise DirectoryUnusable(
                    f'"{place}" of {self.archive.name} cannot be written to {root}: {error}'
                ) from error
            yield Unpacked(place, written)

    def _places(self) -> Iterator[tuple[str, Member | Refused]]:
        count = 0
        try:
            for member in members(self.archive, self._limits):
                if isinstance(member, Refused):
                    yield member.name, member
                    continue
                try:
                    place = self._place(layout.member_path(member.name))
                except UnsafeName as error:
                    yield member.name, Refused(member.name, str(error))
                    continue
                if place:
                    count += 1
                    yield place, member
            self.members = count
        except ArchiveBroken as error:
            raise CatalogBroken(
                f"{self.archive} is no catalog that can be read: {error} "
                'Ask for it again with if_exists="overwrite"; if it stays so, tell the hub\'s publisher.'
            ) from error

    def _place(self, path: str) -> str:
        """The member's path without the archive's top folder, whatever that is called."""
        top, _, rest = path.partition("/")
        if self._top is None:
            self._top = top if rest or top == self.dataset_id or "." not in top else ""
        return rest if top in (self._top, self.dataset_id) else path


def parsed(place: str, text: bytes) -> SourceObject:
    """The STAC object in ``text``, or why it cannot be read."""
    try:
        body = _json(text)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        return SourceObject(place, None, error=f"no JSON that can be read ({reason})")
    if not isinstance(body, dict):
        return SourceObject(place, None)
    return SourceObject(place, body, base_href=_self_href(body))


def _json(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # The standard library also takes what some catalogs were written with: NaN and a BOM.
        return json.loads(text.decode("utf-8-sig"))


def _self_href(body: Mapping[str, Any]) -> str | None:
    links = body.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "self" and isinstance(link.get("href"), str):
            return link["href"] if urlsplit(link["href"]).scheme in ("http", "https") else None
    return None


def _folder_made(root: Path, folder: Path, sound: set[Path]) -> None:
    """Make ``folder`` unless a link on the way leads out of ``root``."""
    if folder in sound:
        return
    folder.mkdir(parents=True, exist_ok=True)
    if not Path(os.path.realpath(folder)).is_relative_to(root):
        raise OSError(f"{folder} is a link that leads outside")
    sound.add(folder)


def _written(path: Path, content: bytes) -> bool:
    if _holds(path, content):
        return False
    part = path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return True


def _holds(path: Path, content: bytes) -> bool:
    try:
        if path.is_symlink() or path.stat().st_size != len(content):
            return False
        return path.read_bytes() == content
    except FileNotFoundError:
        return False
