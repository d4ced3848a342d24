"""What may be published, brought to one shape: a folder of STAC objects.

An archive is unpacked next to where its publication is made, safely (``tar_reader`` and
``layout.member_path``); a download is read where it lies, its assets by its manifest.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ... import layout, tar_reader
from ...exceptions import ArchiveBroken, PublicationRefused, UnsafeName
from .hrefs import BadHref, SourceFolder
from .problems import Problems

_NAMES = ("catalog.json", "collection.json")
# Archives of collections hold the assets, too; each member is in memory while it is written.
_LIMITS = tar_reader.Limits(member_bytes=2 * 1024**3)


@dataclass(frozen=True)
class Source:
    """A folder of STAC objects.

    Attributes:
        start: Its ``catalog.json`` or ``collection.json``.
        folder: The folder around it.
        saved: The files of a download; None for other sources.
        is_unpacked: Whether its files were made for this publication, so that they may be moved.
    """

    start: Path
    folder: SourceFolder
    saved: "SavedAssets | None" = None
    is_unpacked: bool = False


class SavedAssets:
    """Where ``Dataset.download`` put assets, by the documented view ``assets`` of its manifest."""

    def __init__(self, manifest: Path) -> None:
        self.manifest = manifest
        self._connection = sqlite3.connect(f"{manifest.resolve().as_uri()}?mode=ro", uri=True)
        # The view has no index to look things up by; a table of our own, outside of the file, has.
        self._connection.executescript(
            "CREATE TEMP TABLE saved (collection_id, item_id, asset_key, save_path,"
            " PRIMARY KEY (collection_id, item_id, asset_key)) WITHOUT ROWID;"
            "INSERT OR IGNORE INTO saved SELECT collection_id, ifnull(item_id, ''), asset_key,"
            " asset_save_path FROM assets WHERE filtered = 0;"
        )

    def path_of(self, collection_id: str, item_id: str, asset_key: str) -> str | None:
        """Where the asset was to lie, relative to the manifest; None when it was not asked for.

        Args:
            item_id: Empty for an asset of the collection itself.
        """
        row = self._connection.execute(
            "SELECT save_path FROM saved WHERE collection_id = ? AND item_id = ? AND asset_key = ?",
            (collection_id, item_id, asset_key),
        ).fetchone()
        return str(row[0]) if row else None

    def close(self) -> None:
        """Let go of the manifest."""
        self._connection.close()


@contextmanager
def opened(path: Path, unpack_to: Path, problems: Problems) -> Iterator[Source]:
    """The source at ``path``.

    Args:
        unpack_to: A folder that an archive may be unpacked into; not there yet.

    Raises:
        PublicationRefused: It is nothing that can be published.
        ArchiveBroken: The archive is damaged.
    """
    if path.is_file() and path.suffix == ".json":
        yield Source(path.resolve(), SourceFolder(path.parent))
    elif path.is_file():
        _unpack(path, unpack_to, problems)
        yield Source(_start_in(unpack_to, path), SourceFolder(unpack_to), is_unpacked=True)
    elif path.is_dir():
        with _opened_folder(path.resolve()) as source:
            yield source
    else:
        raise PublicationRefused(
            f"There is no {path}. Name a folder, a catalog.json or an archive (.tar.gz)."
        )


@contextmanager
def _opened_folder(path: Path) -> Iterator[Source]:
    folder = SourceFolder(path)
    found = _start_in(path, path).relative_to(path).as_posix()
    try:
        start = Path(folder.resolve(f"./{found}", path / "catalog.json") or "")
    except BadHref as error:
        raise PublicationRefused(f"{path} cannot be published: {error}.") from error
    manifest = layout.manifest_file(start.parent)
    if not manifest.is_file():
        yield Source(start, folder)
        return
    try:
        saved = SavedAssets(manifest)
    except sqlite3.Error as error:
        raise PublicationRefused(
            f"{manifest} cannot be read ({error}). Finish the download, or delete that file to publish "
            "the catalog alone."
        ) from error
    with closing(saved):
        yield Source(start, folder, saved=saved)


def _start_in(folder: Path, told_as: Path) -> Path:
    """The one catalog, or else the one collection, in the folder or right below it."""
    for level in ([folder], sorted(each for each in folder.iterdir() if each.is_dir())):
        for name in _NAMES:
            found = [each / name for each in level if (each / name).is_file()]
            if len(found) > 1:
                others = " and ".join(each.relative_to(folder).as_posix() for each in found[:2])
                raise PublicationRefused(f"{told_as} holds several of {name}: {others}. Name one of them.")
            if found:
                return found[0]
    raise PublicationRefused(
        f"{told_as} holds no catalog.json and no collection.json. "
        "mlhub catalog makes one from a folder of chips and a folder of labels."
    )


def _unpack(archive: Path, folder: Path, problems: Problems) -> None:
    folder.mkdir(parents=True)
    for member in tar_reader.members(archive, _LIMITS):
        if isinstance(member, tar_reader.Refused):
            problems.note(f"{member.name} in {archive.name} was not unpacked: {member.reason}")
        elif member.kind == "file":
            try:
                path = folder / layout.member_path(member.name)
            except UnsafeName as error:
                raise ArchiveBroken(f"{archive} cannot be published: {error}", member.name) from error
            path.parent.mkdir(parents=True, exist_ok=True)
            # Where a name comes twice the later one counts, as with tar.
            path.write_bytes(member.content)
