"""The two servers of the search: this hub, and stac-fastapi with pgstac; one server process each."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.hub.items import COLLECTIONS, as_json, collection, items
from benchmarks.hub.postgres import binary_folder, cluster
from benchmarks.processes import Command, run
from benchmarks.servers import listening
from radiant_mlhub.hub.sqlite_store import open_store
from radiant_mlhub.hub.store import Publication, StoredItem

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LOAD_LIMIT_S = 3600.0


@dataclass(frozen=True)
class SearchServer:
    """A server that answers ``path`` on loopback."""

    name: str
    port: int
    path: str


@contextmanager
def our_hub(folder: Path, port: int, count: int) -> Iterator[SearchServer]:
    """``mlhub serve --public`` over ``count`` items, which its store holds."""
    hub = filled_hub(folder, count)
    command = [Path(sys.executable).with_name("mlhub"), "serve", "--hub", hub]
    with listening([*command, "--public", "--quiet", "--port", f"{port}"], (port,), folder / "hub.log"):
        yield SearchServer("this hub", port, "/mlhub/v1/search")


def filled_hub(folder: Path, count: int) -> Path:
    """The folder of a hub whose store holds ``count`` items."""
    hub = folder / f"hub-{count}"
    if not hub.exists():
        _fill(hub, count)
    return hub


def _fill(hub: Path, count: int) -> None:
    store = open_store(hub)
    stac = [collection(collection_id) for collection_id in COLLECTIONS]
    dataset = {"id": "bench", "collections": [{"id": each, "types": ["labels"]} for each in COLLECTIONS]}
    stored = (
        StoredItem(
            item.collection_id,
            item.item_id,
            item.bbox,
            (item.moment - _EPOCH) // _MICROSECOND,
            (item.moment - _EPOCH) // _MICROSECOND,
            as_json(item.body),
        )
        for item in items(count)
    )
    store.publish(Publication("v1", dataset, stac, stored, ()))
    store.close()


@contextmanager
def pgstac(folder: Path, ports: tuple[int, int], count: int, programs: Path) -> Iterator[SearchServer]:
    """stac-fastapi.pgstac under uvicorn, with its database."""
    place = folder / f"pgstac-{count}"
    is_new = not place.exists()
    place.mkdir(exist_ok=True)
    place.chmod(0o755)
    database_port, port = ports
    with cluster(place, database_port) as environment:
        through = ["env", *(f"{name}={value}" for name, value in environment.items())]
        if is_new:
            _load(folder, through, programs, count)
        app = ["--factory", "stac_fastapi.pgstac.app:create_app", "--log-level", "warning"]
        command: Command = [*through, programs / "uvicorn", *app, "--host", "127.0.0.1", "--port", f"{port}"]
        with listening(command, (port,), folder / "pgstac.log"):
            yield SearchServer("stac-fastapi with pgstac", port, "/search")


def _load(folder: Path, through: list[str], programs: Path, count: int) -> None:
    """pgstac's own loader, then what its manual advises after a load."""
    lists = {
        "collections": (collection(collection_id) for collection_id in COLLECTIONS),
        "items": (item.body for item in items(count)),
    }

    def must(*command: str | Path) -> None:
        finished = run([*through, *command], env=os.environ, limit_s=_LOAD_LIMIT_S, log=folder / "load.log")
        if finished.status:
            raise RuntimeError(f"{command[0]} ended with {finished.status}: {finished.said}")

    must(programs / "pypgstac", "migrate")
    for table, bodies in lists.items():
        file = folder / f"{table}.ndjson"
        with file.open("w") as lines:
            lines.writelines(as_json(body) + "\n" for body in bodies)
        must(programs / "pypgstac", "load", table, file, "--method", "insert")
        file.unlink()
        if table == "collections":
            # Its questions name a time, so that most partitions can be passed over.
            must("psql", "--quiet", "--command", "UPDATE pgstac.collections SET partition_trunc = 'year'")
    must("psql", "--quiet", "--command", "VACUUM ANALYZE")


def versions(programs: Path) -> str:
    """What stands behind the peer's name."""
    ask = "from importlib.metadata import version; print(*map(version, ('stac-fastapi.pgstac', 'pypgstac')))"
    postgres = _said(binary_folder() / "postgres", "--version").split()[2]
    app, pgstac_version = _said(programs / "python", "-c", ask).split()
    return f"PostgreSQL {postgres}, pgstac {pgstac_version}, stac-fastapi.pgstac {app}"


def _said(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
