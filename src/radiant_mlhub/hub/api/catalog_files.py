"""Catalog archives as files: each is made for the address under which a client asks for it."""

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from radiant_mlhub import digests

from ..folder import HubFolder
from ..publishing.catalog_archives import catalog_archive
from ..serving.base_url import base_url_of
from ..serving.file_answer import FileAnswer, OpenFile
from ..serving.files import check_access
from ..settings import HubSettings
from ..store import FILES_PATH, Store

CATALOG_FILES_PATH = f"{FILES_PATH}catalogs/"
_SUFFIX = ".tar.gz"


def catalog_file_route(store: Store, folder: HubFolder, settings: HubSettings) -> Route:
    """The route to the catalog archives, ``/files/catalogs/{version}/{dataset_id}.tar.gz``."""
    return Route(
        CATALOG_FILES_PATH + "{version}/{name}", _endpoint(store, folder, settings), methods=["GET", "HEAD"]
    )


def _endpoint(store: Store, folder: HubFolder, settings: HubSettings) -> Callable[[Request], Response]:
    def catalog_file(request: Request) -> Response:
        check_access(request, settings, needs_token=True)
        dataset_id = request.path_params["name"].removesuffix(_SUFFIX)
        if store.version(dataset_id) != request.path_params["version"]:
            raise HTTPException(
                404, "There is no such file. Ask for the catalog again: it was published anew."
            )
        return FileAnswer(
            _opened(catalog_archive(folder, store, dataset_id, base_url_of(request))), request.headers
        )

    return catalog_file


def _opened(archive: Path) -> OpenFile:
    stream = archive.open("rb", buffering=0)
    stat = os.fstat(stream.fileno())  # of what is open, should another one take its name
    md5 = _md5(archive, stat.st_size, stat.st_mtime_ns)
    return OpenFile(stream, stat.st_size, stat.st_mtime_ns, md5, "application/gzip")


@lru_cache(maxsize=1024)
def _md5(archive: Path, _size_bytes: int, _mtime_ns: int) -> str:
    return digests.of_file(archive, ["md5"])["md5"]
