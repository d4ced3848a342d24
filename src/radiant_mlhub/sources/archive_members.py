"""What a catalog archive holds, under the paths its files have in the dataset's folder."""

from collections.abc import Iterator
from pathlib import Path

from .. import layout
from ..exceptions import ArchiveBroken, CatalogBroken, UnsafeName
from ..tar_reader import Limits, Member, Refused, members
from .local_reading import read_from

CatalogMember = tuple[str, Member | Refused]


def catalog_members(archive: Path, dataset_id: str, limits: Limits) -> Iterator[CatalogMember]:
    """Path and content of each member, in the archive's order; what is unsafe comes as ``Refused``.

    Raises:
        CatalogBroken: The archive is cut, damaged, no tar at all, or cannot be read.
    """
    top = _TopFolder(dataset_id)
    try:
        with read_from(archive):
            for member in members(archive, limits):
                kept = _kept(member, top)
                if kept is not None:
                    yield kept
    except ArchiveBroken as error:
        raise CatalogBroken(
            f"{archive} is no catalog that can be read: {error} "
            'Ask for it again with if_exists="overwrite"; if it stays so, tell the hub\'s publisher.'
        ) from error


def _kept(member: Member | Refused, top: "_TopFolder") -> CatalogMember | None:
    """The member with its path, or why it has none; None for the top folder itself."""
    if isinstance(member, Refused):
        return member.name, member
    try:
        place = top.left_out_of(layout.member_path(member.name))
    except UnsafeName as error:
        return member.name, Refused(member.name, str(error))
    return (place, member) if place else None


class _TopFolder:
    """The archive's top folder, whatever it is called, which becomes the dataset's folder."""

    def __init__(self, dataset_id: str) -> None:
        self._dataset_id = dataset_id
        self._name: str | None = None

    def left_out_of(self, path: str) -> str:
        """The path below the top folder; empty for that folder itself."""
        top, _, rest = path.partition("/")
        if self._name is None:
            self._name = top if rest or top == self._dataset_id or "." not in top else ""
        return rest if top in (self._name, self._dataset_id) else path
