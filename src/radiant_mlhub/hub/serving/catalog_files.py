"""Catalog archives as files: each is made for the address under which a client asks for it."""

import os
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from radiant_mlhub import digests
from radiant_mlhub.exceptions import EntityDoesNotExist

from ..folder import HubFolder
from ..publishing.catalog_archives import catalog_archive
from ..settings import HubSettings
from ..store import FILES_PATH, Store
from .base_url import base_url_of
from .file_answer import FileAnswer, OpenFile
from .files import check_access
from .long_work import LongWork

CATALOG_FILES_PATH = f"{FILES_PATH}catalogs/"
_SUFFIX = ".tar.gz"
_GONE = "There is no such file. Ask for the catalog again: it was published anew."
_BUSY = "The hub is packing other catalogs. Ask again later."
_MADE_AT_ONCE = 4
_MOST_WHO_WAIT = 64


def _packing() -> LongWork:
    return LongWork(threads=_MADE_AT_ONCE, most=_MOST_WHO_WAIT, busy=_BUSY)


@dataclass(frozen=True)
class CatalogFiles:
    """The catalog archives of a hub, made when they are asked for."""

    store: Store
    folder: HubFolder
    settings: HubSettings
    _work: LongWork = field(default_factory=_packing)

    def route(self) -> Route:
        """The route to them, ``/files/catalogs/{version}/{dataset_id}.tar.gz``."""
        return Route(CATALOG_FILES_PATH + "{version}/{name}", self._file, methods=["GET", "HEAD"])

    async def archive(self, dataset_id: str, base_url: str) -> Path:
        """The archive of the dataset as it is published now; see ``catalog_archive``.

        Raises:
            HTTPException: 404, there is no such dataset; 503, too many archives are being made.
            PublicationFailed: It cannot be made.
        """
        made = await run_in_threadpool(self._made, self.store.version(dataset_id), base_url)
        if made is not None:
            return made
        make = partial(catalog_archive, self.folder, self.store, dataset_id, base_url)
        try:
            return await self._work.done((dataset_id, base_url), make)
        except EntityDoesNotExist as error:
            raise HTTPException(404, str(error)) from None

    async def _file(self, request: Request) -> Response:
        check_access(request, self.settings, needs_token=True)
        version, base_url = request.path_params["version"], base_url_of(request)
        dataset_id = request.path_params["name"].removesuffix(_SUFFIX)
        if self.store.version(dataset_id) == version:
            archive: Path | None = await self.archive(dataset_id, base_url)
        elif self.store.dataset_of_version(version) == dataset_id:
            # Replaced lately: whoever has begun to download it comes to its end.
            archive = await run_in_threadpool(self._made, version, base_url)
        else:
            archive = None
        if archive is None:
            raise HTTPException(404, _GONE)
        return FileAnswer(await run_in_threadpool(_opened, archive), request.headers)

    def _made(self, version: str | None, base_url: str) -> Path | None:
        path = None if version is None else self.folder.catalog_archive(base_url, version)
        return path if path is not None and path.exists() else None


def _opened(archive: Path) -> OpenFile:
    try:
        stream = archive.open("rb", buffering=0)
    except FileNotFoundError:  # its time was over a moment ago
        raise HTTPException(404, _GONE) from None
    stat = os.fstat(stream.fileno())  # of what is open, should another one take its name
    md5 = _md5(archive, stat.st_size, stat.st_mtime_ns)
    return OpenFile(stream, stat.st_size, stat.st_mtime_ns, md5, "application/gzip")


@lru_cache(maxsize=1024)
def _md5(archive: Path, _size_bytes: int, _mtime_ns: int) -> str:
    return digests.of_file(archive, ["md5"])["md5"]
