"""GDAL reads a part of a chip from where its item says it is, without fetching the rest."""

import hashlib
import logging
import re

import pytest

from radiant_mlhub.hub.sqlite_store import open_store
from radiant_mlhub.hub.store import OWN_HREF, StoredFile
from support.published import chip, collection_of, publish_dataset, published_hub

np = pytest.importorskip("numpy")
rasterio = pytest.importorskip("rasterio")

SIDE = 2_048
ACCESS_LOG = "radiant_mlhub.hub.access"


@pytest.fixture
def folder(tmp_path):
    """A hub's folder with one item, whose chip is 8 MiB in tiles."""
    path = tmp_path / "publications" / "v1" / "assets" / "chip.tif"
    path.parent.mkdir(parents=True)
    pixels = np.arange(SIDE * SIDE, dtype="uint16").reshape(SIDE, SIDE)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=SIDE,
        height=SIDE,
        count=1,
        dtype="uint16",
        crs="EPSG:4326",
        transform=rasterio.Affine(0.1 / SIDE, 0, 34, 0, -0.1 / SIDE, 0.1),
        tiled=True,
    ) as file:
        file.write(pixels, 1)
    content, there = path.read_bytes(), path.stat()
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    row = StoredFile(
        "assets/chip.tif", "publications/v1/assets/chip.tif", len(content), there.st_mtime_ns, md5
    )
    item = chip("chips", "chip", (34, 0), "2019-06-06T00:00:00Z")
    item["assets"]["image"]["href"] = f"{OWN_HREF}files/v1/assets/chip.tif"
    store = open_store(tmp_path)
    dataset = {"id": "chips", "collections": [{"id": "chips"}]}
    publish_dataset(store, dataset, [collection_of("chips", [item])], [item], version="v1", files=[row])
    store.close()
    return tmp_path


def test_a_window_of_a_chip_is_read_by_ranges(folder, caplog):
    with published_hub(folder) as hub, caplog.at_level(logging.INFO, logger=ACCESS_LOG):
        href = hub.get("collections/chips/items/chip").json()["assets"]["image"]["href"]
        with (
            rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", CPL_VSIL_CURL_ALLOWED_EXTENSIONS=".tif"),
            rasterio.open(f"/vsicurl/{href}") as remote,
        ):
            place = remote.bounds
            window = remote.read(1, window=rasterio.windows.Window(1_000, 1_500, 3, 2))

    assert place == pytest.approx((34, 0, 34.1, 0.1))
    assert window.tolist() == [
        [(row * SIDE + 1_000 + n) % 65_536 for n in range(3)] for row in (1_500, 1_501)
    ]
    statuses = re.findall(r'"GET /files/v1/assets/chip\.tif" (\d+)', caplog.text)
    assert set(statuses) == {"206"}
    assert len(statuses) <= 4
