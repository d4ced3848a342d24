"""The recorded catalog of nasa_marine_debris in every form that a source can have.

::

    with RecordedHub() as hub, ExitStack() as running:
        Dataset.from_stac(FORMS["STAC API"](hub, tmp_path, running), id="nasa_marine_debris")
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.hub.folder import HubFolder
from radiant_mlhub.hub.publishing import publish
from radiant_mlhub.hub.settings import HubSettings
from support.published import published_hub
from support.recorded_hub import RecordedHub
from support.untarred import untar

DATASET = "nasa_marine_debris"


def objects(hub: RecordedHub) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path and JSON of every object of the catalog, its hrefs leading to ``hub``, in the archive's order."""
    with tarfile.open(fileobj=io.BytesIO(hub.catalog().content)) as archive:
        for member in archive:
            if member.name.endswith(".json"):
                yield member.name.removeprefix(f"{DATASET}/"), json.load(archive.extractfile(member))


def items(hub: RecordedHub) -> list[dict[str, Any]]:
    """Every item of the catalog."""
    return [body for _, body in objects(hub) if body["type"] == "Feature"]


def _archive(hub: RecordedHub, folder: Path, _: ExitStack) -> str:
    path = folder / f"{DATASET}.tar.gz"
    path.write_bytes(hub.catalog().content)
    return str(path)


def _archive_on_the_web(hub: RecordedHub, _folder: Path, _: ExitStack) -> str:
    return hub.catalog().href


def _item_collection(hub: RecordedHub, folder: Path, _: ExitStack) -> str:
    path = folder / "items.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": items(hub)}))
    return str(path)


def _lines(hub: RecordedHub, folder: Path, _: ExitStack) -> str:
    path = folder / "items.ndjson"
    path.write_text("".join(f"{json.dumps(item)}\n" for item in items(hub)))
    return str(path)


def _folder(hub: RecordedHub, folder: Path, _: ExitStack) -> str:
    untar(hub.catalog().content, folder)
    return str(folder / DATASET)


def _static_catalog(hub: RecordedHub, folder: Path, running: ExitStack) -> str:
    """The same folder, served by the server of the files."""
    root = Path(_folder(hub, folder, running))
    for path in root.rglob("*.json"):
        hub.files.add(f"stac/{path.relative_to(root).as_posix()}", path.read_bytes())
    return f"{hub.files.url}/stac/catalog.json"


def _geoparquet(hub: RecordedHub, folder: Path, _: ExitStack) -> str:
    rustac = pytest.importorskip("rustac")
    pytest.importorskip("pyarrow")
    path = folder / "items.parquet"
    rustac.write_sync(str(path), {"type": "FeatureCollection", "features": items(hub)})
    return str(path)


def _index(hub: RecordedHub, folder: Path, running: ExitStack) -> str:
    archive = Dataset.from_stac(_archive(hub, folder, running))
    return str(archive.index(folder / "items.db", progress=False))


def _stac_api(hub: RecordedHub, folder: Path, running: ExitStack) -> str:
    """Published on a hub of ours, which anybody may ask."""
    published = running.enter_context(published_hub(folder / "hub", HubSettings(access="public")))
    archive = _archive(hub, folder, running)
    publish(HubFolder(folder / "hub"), published.store, Path(archive), dataset_id=DATASET, how="remote")
    return published.root_url


FORMS: dict[str, Callable[[RecordedHub, Path, ExitStack], str]] = {
    "archive": _archive,
    "archive on the web": _archive_on_the_web,
    "ItemCollection": _item_collection,
    "ndjson": _lines,
    "folder": _folder,
    "static catalog": _static_catalog,
    "STAC API": _stac_api,
    "geoparquet": _geoparquet,
    "index": _index,
}
"""Form to what makes it, in an empty folder, and tells where it is; its servers run as long as the stack."""
