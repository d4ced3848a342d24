"""The hosted MLHub of 2022 on loopback, answering what was recorded of it.

Standard library only, and nothing of the package under test: the same hub also stands
before the original client. The API has one port, the files another, as they had two hosts.
What was not recorded is made in its likeness: the later pages of items, the archive of a
collection, and the bytes of every asset (the same at each run).

::

    with RecordedHub() as hub:
        monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url)
        Dataset.fetch("nasa_marine_debris", api_key=hub.key).download(tmp_path)
        hub.assets["nasa-marine-debris/documentation.pdf"].content
"""

from __future__ import annotations

import io
import json
import tarfile
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from support.fault_server import FaultServer
from support.faults import Scene, made_up
from support.wire import Request, Response

RECORDINGS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "mlhub_api"
WHY_SKIPPED = f"the recorded answers are not at {RECORDINGS}"

API_HOSTS = ("https://staging.api.radiant.earth", "https://api.radiant.earth")
FILES_HOST = "https://radiantearth.blob.core.windows.net"
ROOT = "/mlhub/v1"

ITEMS_MATCHED = 52  # what the recorded page of ten says of its collection
PAGE_ITEMS = 10
ARCHIVE_BYTES = 252_970  # recorded: ref_african_crops_kenya_02_labels.tar.gz

Json = dict[str, Any]


def available() -> bool:
    """Whether the recorded answers lie beside the project."""
    return RECORDINGS.is_dir()


@cache
def body(name: str) -> bytes:
    """One recorded body by the name of its file."""
    return (RECORDINGS / "bodies" / name).read_bytes()


def recorded(name: str) -> Any:
    """One recorded JSON body, parsed anew at each call."""
    return json.loads(body(name))


class RecordedHub:
    """The recorded hub, from entering the ``with`` to its end.

    Attributes:
        key: An API key that it takes; any other that is not empty does as well, unless ``keys`` is set.
        keys: The only keys it takes; None takes all.
        api: The API's server, with its log of requests.
        files: The files' server, likewise.
        assets: The scenes of the catalog's assets by their path below ``/mlhub/``, once
            the catalog was asked for or ``catalog()`` was called.
    """

    key = "recorded-hub-key-0123456789"

    def __init__(self, *, rewrite: bool = True) -> None:
        """Make a hub; ``rewrite=False`` leaves the hosts of 2022 in its answers."""
        self.keys: set[str] | None = None
        self.api = FaultServer()
        self.files = FaultServer()
        self.assets: dict[str, Scene] = {}
        self._rewrite = rewrite
        self._archives: dict[str, Scene] = {}
        self._catalog_scene: Scene | None = None
        self._lock = threading.Lock()
        self.api.route("GET", ROOT, self._answer)

    def __enter__(self) -> RecordedHub:
        self.api.__enter__()
        self.files.__enter__()
        self.archive("ref_african_crops_kenya_02_labels", size_bytes=ARCHIVE_BYTES)
        return self

    def __exit__(self, *problem: object) -> None:
        self.files.__exit__(*problem)
        self.api.__exit__(*problem)

    @property
    def root_url(self) -> str:
        """What ``MLHUB_ROOT_URL`` is to be set to."""
        return f"{self.api.url}{ROOT}/"

    def paths(self) -> list[str]:
        """The paths asked of the API so far, below its root."""
        return [unquote(r.path).removeprefix(ROOT) for r in self.api.requests]

    def rewritten(self, text: str) -> str:
        """``text`` with the hosts of 2022 replaced by these servers."""
        if not self._rewrite:
            return text
        for host in API_HOSTS:
            text = text.replace(host, self.api.url)
        return text.replace(FILES_HOST, self.files.url)

    def archive(self, collection_id: str, content: bytes | None = None, **scene: Any) -> Scene:
        """Offer an archive of a collection; arguments as of ``FaultServer.add``."""
        path = f"/mlhub/archives/{collection_id}.tar.gz"
        self._archives[collection_id] = self.files.add(path, content, **scene)
        return self._archives[collection_id]

    def catalog(self) -> Scene:
        """The recorded catalog archive, its hrefs leading to these servers, and every asset served."""
        path = "/mlhub/catalogs/nasa_marine_debris.tar.gz"
        with self._lock:
            if self._catalog_scene is None:
                content = _rewritten_archive(body("catalog__nasa_marine_debris.tar.gz"), self._published)
                self._catalog_scene = self.files.add(path, content)
            return self._catalog_scene

    def _published(self, stac: bytes) -> bytes:
        for asset in json.loads(stac).get("assets", {}).values():
            path = urlsplit(asset["href"]).path.removeprefix("/mlhub/")
            if path not in self.assets:
                content = made_up(200 + sum(path.encode()) % 1800, path)
                self.assets[path] = self.files.add(f"/mlhub/{path}", content)
        return self.rewritten(stac.decode()).encode()

    def _answer(self, request: Request) -> Response:
        key = request.args.get("key", [""])[0]
        parts = unquote(request.path).removeprefix(ROOT).strip("/").split("/")
        room, rest = parts[0], parts[1:]
        rooms: dict[str, Callable[[list[str], Request], Response]] = {
            "datasets": self._datasets,
            "collections": self._collections,
            "models": self._models,
            "catalog": self._catalog,
            "archive": self._archive,
        }
        needs_key = room in {"catalog", "archive"} or "items" in rest
        if needs_key and not key:
            detail = recorded("collections__bigearthnet_v1_source__items__401.json")
            return _json(detail, status=401)
        if key and self.keys is not None and key not in self.keys:
            return _json({"detail": "Invalid API key."}, status=401)
        if room in rooms:
            return rooms[room](rest, request)
        return self._ok({"id": "mlhub", "title": "Radiant MLHub API"} if not room else None)

    def _datasets(self, rest: list[str], request: Request) -> Response:
        datasets = [_whole(d) for d in recorded("datasets.json")]
        if not rest:
            wanted = request.args
            return self._ok(
                [d for d in datasets if _matches(d, wanted.get("tags", []), wanted.get("text", []))]
            )
        field, value = ("doi", "/".join(rest[1:])) if rest[0] == "doi" else ("id", rest[0])
        datasets += [_whole(recorded("datasets__bigearthnet_v1.json"))]
        return self._ok(_only(datasets, field, value), f"Dataset {value}")

    def _collections(self, rest: list[str], request: Request) -> Response:
        answer = recorded("collections.json")
        if not rest:
            return self._ok(answer)
        collection = _only(answer["collections"], "id", rest[0])
        if collection is None or len(rest) == 1:
            return self._ok(collection, f"Collection {rest[0]}")
        items = _items(rest[0])
        if len(rest) == 2:
            return self._ok(self._page(rest[0], items, request))
        return self._ok(_only(items, "id", rest[2]), f"Item {rest[2]}")

    def _page(self, collection_id: str, items: list[Json], request: Request) -> Json:
        page = recorded("collections__ref_african_crops_kenya_02_source__items__page1.json")
        start = int(request.args.get("token", ["next:0"])[0].partition(":")[2])
        limit = int(request.args.get("limit", [str(PAGE_ITEMS)])[0])
        page["features"] = items[start : start + limit]
        page["context"] = {"limit": limit, "matched": len(items), "returned": len(page["features"])}
        page["links"] = [link for link in page["links"] if link["rel"] != "next"]
        if start + limit < len(items):
            path = f"{ROOT}/collections/{collection_id}/items?limit={limit}&token=next:{start + limit}"
            page["links"].append({"rel": "next", "method": "GET", "href": API_HOSTS[0] + path})
        return page

    def _models(self, rest: list[str], _: Request) -> Response:
        models = recorded("models.json")
        return self._ok(_only(models, "id", rest[0]), f"Model {rest[0]}") if rest else self._ok(models)

    def _catalog(self, rest: list[str], _: Request) -> Response:
        if rest[0] != "nasa_marine_debris":
            return self._ok(None, f"Catalog {rest[0]}")
        if rest[1:] == ["info"]:
            return self._ok(recorded("catalog__nasa_marine_debris__info.json"))
        return Response(303, {"Location": self.catalog().href, "Content-Length": "0"})

    def _archive(self, rest: list[str], _: Request) -> Response:
        scene = self._archives.get(rest[0])
        if rest[1:] == ["info"]:
            info = recorded("archive__bigearthnet_v1_labels__info.json")
            if scene is not None:
                info = {**info, "collection": rest[0], "size": len(scene.content)}
            return self._ok(info if info["collection"] == rest[0] else None, f"Archive {rest[0]}")
        if scene is None:
            return self._ok(None, f"Archive {rest[0]}")
        return Response(303, {"Location": scene.href, "Content-Length": "0"})

    def _ok(self, answer: Any, missing: str = "Path") -> Response:
        """``answer``, or the 404 that the hub gave for what it has not."""
        if answer is None:
            return _json({"detail": f"{missing} does not exist."}, status=404)
        return _json(json.loads(self.rewritten(json.dumps(answer))))


def _json(answer: Any, *, status: int = 200) -> Response:
    return Response(status, {"Content-Type": "application/json"}, json.dumps(answer).encode())


def _only(things: list[Json], field: str, value: str) -> Json | None:
    return next((thing for thing in things if thing[field] == value), None)


def _whole(dataset: Json) -> Json:
    """The dataset as it is fetched by itself, where that was recorded."""
    name = f"datasets__{dataset['id']}.json"
    return recorded(name) if (RECORDINGS / "bodies" / name).exists() else dataset


def _matches(dataset: Json, tags: list[str], phrases: list[str]) -> bool:
    text = json.dumps(dataset, ensure_ascii=False).lower()
    return set(tags) <= set(dataset["tags"] or ()) and all(p.lower() in text for p in phrases)


def _items(collection_id: str) -> list[Json]:
    """52 items of any collection: the ten recorded ones, and copies under other ids."""
    page = body("collections__ref_african_crops_kenya_02_source__items__page1.json").decode()
    page = page.replace("ref_african_crops_kenya_02_source", collection_id)
    items: list[Json] = []
    for round_number in range(-(-ITEMS_MATCHED // PAGE_ITEMS)):
        for feature in json.loads(page)["features"]:
            if round_number:
                feature["id"] += f"_copy_{round_number}"
            items.append(feature)
    return items[:ITEMS_MATCHED]


def _rewritten_archive(archive: bytes, rewritten: Callable[[bytes], bytes]) -> bytes:
    """The same members in the same order, each file's content passed through ``rewritten``."""
    copy = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as old,
        tarfile.open(fileobj=copy, mode="w:gz", compresslevel=6, format=tarfile.GNU_FORMAT) as new,
    ):
        for member in old:
            content = old.extractfile(member)
            if content is None:
                new.addfile(member)
                continue
            stac = rewritten(content.read())
            member.size = len(stac)
            member.pax_headers = {}
            new.addfile(member, io.BytesIO(stac))
    return copy.getvalue()
