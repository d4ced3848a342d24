"""The files of the hub's publications, by the rows of its database.

What is no row is not there: a path is looked up as text and never put together with a folder, so
no spelling of ``..`` leads out.
"""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ..folder import HubFolder
from ..settings import HubSettings
from ..store import FILES_PATH, Store, StoredFile
from . import access, tokens
from .file_answer import FileAnswer, OpenFile, media_type_of

_NO_FILE = "There is no such file."
_CHANGED = (
    "This file has changed since it was published, so that its digest and size are not what the "
    "catalog says. Publish the dataset again."
)
_NOT_VALID = "The token in this address is not valid, or not any more. Ask for the catalog or archive again."


def file_routes(store: Store, folder: HubFolder, settings: HubSettings) -> list[BaseRoute]:
    """The routes below ``/files/``."""
    endpoint = _file_endpoint(store, folder, settings)
    return [Route(FILES_PATH + "{version}/{path:path}", endpoint, methods=["GET", "HEAD"])]


def _file_endpoint(
    store: Store, folder: HubFolder, settings: HubSettings
) -> Callable[[Request], Awaitable[Response]]:
    async def file(request: Request) -> Response:
        # One lookup by a primary key and one open(): a hop to a thread would cost more than both.
        stored = store.file(request.path_params["version"], request.path_params["path"])
        check_access(request, settings, needs_token=stored is not None and stored.needs_token)
        if stored is None:
            raise HTTPException(404, _NO_FILE)
        return FileAnswer(opened(stored, folder), request.headers)

    return file


def check_access(request: Request, settings: HubSettings, *, needs_token: bool) -> None:
    """Let the request have the file, or refuse it.

    Raises:
        HTTPException: 401 or 429, as ``access.check_key``.
    """
    if settings.access == "public" or not (needs_token or settings.access == "private"):
        return
    token = request.query_params.get(tokens.PARAMETER)
    if token is None:
        access.check_key(request, needs_key=True)
    elif not tokens.is_valid(request.scope["path"], token, settings):
        raise HTTPException(401, _NOT_VALID)


def opened(stored: StoredFile, folder: HubFolder) -> OpenFile:
    """The file, open for reading; the caller closes it.

    Raises:
        HTTPException: 404; it is gone, or another one than was published.
    """
    location = Path(stored.location)
    # Nobody but the hub writes into its folder: a link there was planted.
    own = 0 if location.is_absolute() else getattr(os, "O_NOFOLLOW", 0)
    try:
        # O_NONBLOCK: the open of a pipe that somebody put there would wait for a writer.
        descriptor = os.open(folder.path / location, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | own)
    except OSError:
        raise HTTPException(404, _NO_FILE) from None
    if not stored.is_still(os.fstat(descriptor)):
        os.close(descriptor)
        raise HTTPException(404, _CHANGED)
    stream = os.fdopen(descriptor, "rb", buffering=0)
    media_type = media_type_of(stored.path, stored.media_type)
    return OpenFile(stream, stored.size, stored.mtime_ns, stored.md5, media_type)
