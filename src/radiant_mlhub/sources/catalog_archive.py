"""The hub's ``{dataset_id}.tar.gz``: a dataset's whole STAC catalog in one file."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from ..tar_reader import Limits, Refused
from ..transfer import Request, RequestFor, Slow
from .archive_members import catalog_members
from .source import SourceObject
from .unpacking import Helper, helper, unpack


class CatalogArchive:
    """A catalog archive that lies on disk: a ``Catalog`` by itself.

    Attributes:
        dataset_id: The dataset.
        archive: The file.
        label: Its name.
        version: What says whether it is the one that an earlier run read; None where nothing does.
    """

    sees_everything = True

    def __init__(
        self,
        dataset_id: str,
        archive: Path,
        request_for: RequestFor,
        limits: Limits | None = None,
        *,
        version: str | None = None,
    ) -> None:
        self.dataset_id = dataset_id
        self.archive = archive
        self.label = archive.name
        self.version = version
        self._request_for = request_for
        self._limits = limits

    def request_for(self, href: str) -> Request | Slow:
        """How to ask for ``href`` right now."""
        return self._request_for(href)

    def objects(self) -> Iterator[SourceObject]:
        """Every file of the archive, in its order, and a reason for every member refused.

        Raises:
            CatalogBroken: The archive is cut, damaged or no tar at all.
        """
        for place, member in catalog_members(self.archive, self.dataset_id, self._limits or Limits()):
            if isinstance(member, Refused):
                yield SourceObject(place, error=member.reason)
            elif member.kind == "file":
                text = member.read() if _may_be_an_object(place) else None
                yield SourceObject(place, text=text, size_bytes=member.size, mtime_s=member.mtime)

    def unpack(self, folder: Path) -> Iterator[str]:
        """Write the archive's files into ``folder``: see ``unpacking.unpack``."""
        return unpack(self.archive, self.dataset_id, folder, self._limits)

    def unpacked_beside(self, folder: Path | None) -> AbstractContextManager[Helper | None]:
        """A process that unpacks the archive into ``folder``, where there can be one and it is worth it.

        Args:
            folder: None where nothing is to be unpacked.
        """
        if folder is None or self._limits is not None:  # limits, of which the process would not know
            return nullcontext()
        return helper(self.archive, self.dataset_id, folder)


def _may_be_an_object(place: str) -> bool:
    return place.endswith(".json") and place.rpartition("/")[2] != "catalog.json"
