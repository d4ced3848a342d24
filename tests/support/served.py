"""A hub's server with a few files and routes behind it, and raw sockets to ask it with."""

import asyncio
import hashlib
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from radiant_mlhub.hub import asker
from radiant_mlhub.hub.folder import HubFolder
from radiant_mlhub.hub.serving.access import check_key, digest_of
from radiant_mlhub.hub.serving.base_url import base_url_of
from radiant_mlhub.hub.serving.files import file_routes
from radiant_mlhub.hub.serving.limits import Limits
from radiant_mlhub.hub.serving.middleware import wrapped
from radiant_mlhub.hub.serving.server import listener, serving
from radiant_mlhub.hub.settings import HubSettings
from radiant_mlhub.hub.sqlite_store import FILE_NAME, SqliteStore
from radiant_mlhub.hub.store import StoredFile, StoredKey
from support.stored import publication

KEY = "mlhub_" + "k" * 43

logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)


@dataclass
class Shelf:
    """A hub's folder with files in one publication.

    Attributes:
        path: The hub's folder.
        version: The last one that was published.
    """

    path: Path
    store: SqliteStore
    rows: dict[str, StoredFile] = field(default_factory=dict)
    version: str = ""

    def add(self, path: str, content: bytes, *, in_place: Path | None = None, **told: object) -> StoredFile:
        """A file of the publication, in the hub's folder or left in its place."""
        location = f"publications/files/{path}"
        file = in_place or self.path / location
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        there = file.stat()
        row = StoredFile(
            path,
            str(in_place or location),
            there.st_size,
            there.st_mtime_ns,
            hashlib.md5(content).hexdigest(),
            **told,
        )
        self.rows[path] = row
        return row

    def publish(self) -> None:
        whole = publication(files=self.rows.values())
        self.store.publish(whole)
        self.version = whole.version

    def address(self, row: StoredFile) -> str:
        """Below which path the server has the file, as it was published last."""
        return f"/files/{self.version}/{row.path}"

    def file(self, row: StoredFile) -> Path:
        return self.path / row.location


@contextmanager
def shelf_in(folder: Path) -> Iterator[Shelf]:
    store = SqliteStore(folder / FILE_NAME)
    try:
        store.add_key(StoredKey("k1", "tests", digest_of(KEY), "2026-01-01T00:00:00Z"))
        yield Shelf(folder, store)
    finally:
        store.close()


@contextmanager
def served(
    shelf: Shelf,
    settings: HubSettings | None = None,
    *,
    limits: Limits | None = None,
    most_at_once: int = 1000,
    grace_s: float = 1,
    host: str = "127.0.0.1",
) -> Iterator[str]:
    """The origin of a server over the shelf, with the routes below beside its files."""
    settings = settings or HubSettings()
    app = Starlette(routes=[*file_routes(shelf.store, HubFolder(shelf.path), settings), *_ROUTES])
    app.router.redirect_slashes = False
    around = wrapped(app, settings, store=shelf.store, most_at_once=most_at_once)
    opened = listener(host)
    port = opened.getsockname()[1]
    with serving(around, opened, grace_s=grace_s, limits=limits or Limits()):
        yield f"http://127.0.0.1:{port}"


def exchange(origin: str, request: bytes, *, timeout_s: float = 10) -> bytes:
    """Send the bytes as they are; what comes back until the server closes."""
    with connected(origin, timeout_s=timeout_s) as connection:
        connection.sendall(request)
        return everything(connection)


def connected(origin: str, *, timeout_s: float = 10) -> socket.socket:
    host, port = origin.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=timeout_s)


def everything(connection: socket.socket) -> bytes:
    """What comes until the end, or until a reset."""
    read = b""
    try:
        while piece := connection.recv(1 << 16):
            read += piece
    except ConnectionResetError:
        pass
    return read


def get(path: str, headers: Mapping[str, str] | None = None, *, close: bool = True) -> bytes:
    told = {"Host": "hub", **({"Connection": "close"} if close else {}), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def memory_mib(pid: int | None = None) -> float:
    """Resident memory of a process (Linux)."""
    pages = int(Path(f"/proc/{pid or os.getpid()}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def _open(request: Request) -> Response:
    check_key(request, needs_key=False)
    return PlainTextResponse("open")


async def _locked(request: Request) -> Response:
    check_key(request, needs_key=True)
    return PlainTextResponse("locked")


async def _echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def _slow(_request: Request) -> Response:
    await asyncio.sleep(0.5)
    return PlainTextResponse("slow")


async def _many(_request: Request) -> Response:
    return Response(b"x" * 2_000_000)


left = threading.Event()
"""Set once whoever asked ``/waits`` has left, by the thread that answers it."""


def _waits(_request: Request) -> Response:
    is_gone = asker.gone()
    for _ in range(1000):
        if is_gone():
            left.set()
            break
        time.sleep(0.01)
    return PlainTextResponse("waited")


async def _where(request: Request) -> Response:
    client = request.client.host if request.client else None
    return JSONResponse({"base_url": base_url_of(request), "client": client})


_ROUTES = [
    Route("/open", _open),
    Route("/locked", _locked),
    Route("/echo", _echo, methods=["POST"]),
    Route("/slow", _slow),
    Route("/many", _many),
    Route("/waits", _waits),
    Route("/where", _where),
]
