"""Pictures of a few items: right, small, drawn once, and never read further than needed."""

import contextlib
import json
import logging
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import rasterio
import requests
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine

from radiant_mlhub.hub import drawing
from radiant_mlhub.hub.drawing import SIDE_PIXELS, Task, palette
from radiant_mlhub.hub.web.examples import Example, examples
from radiant_mlhub.hub.web.previews import Previews
from support.web_datasets import eastern_half, geotiff, half_and_half
from support.web_hub import web_hub

BBOX = [34.0, 0.0, 34.0032, 0.0032]
DEGREES = Affine(0.0001, 0, 34, 0, -0.0001, 1)


@pytest.fixture
def picture(pages):
    """One of the pictures of the dataset of crops."""

    def picture(number: int, kind: str) -> requests.Response:
        version = pages.store.version("crops_2026")
        return requests.get(
            f"{pages.origin}/datasets/crops_2026/previews/{version}/{number}/{kind}", timeout=30
        )

    return picture


@pytest.fixture
def draw(tmp_path):
    """Let the program draw; what it says on stdout, or on stderr where it fails."""

    def draw(**task: object) -> str:
        task = Task(image_file=str(tmp_path / "image.png"), labels_file=str(tmp_path / "labels"), **task)
        command = [sys.executable, "-m", drawing.__name__]
        done = subprocess.run(
            command, input=task.as_json(), capture_output=True, text=True, check=False, timeout=30
        )
        return done.stdout if done.returncode == 0 else done.stderr

    return draw


def pixels_of(content: bytes) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # a PNG says nothing about its place
        with rasterio.MemoryFile(content) as file, file.open() as raster:
            return raster.read()


def test_an_image_is_drawn_in_its_colours(picture):
    answer = picture(0, "image")
    shown = pixels_of(answer.content)

    assert answer.headers["Content-Type"] == "image/png"
    assert shown.shape == (4, 32, 32)
    assert list(shown[:, 5, 5]) == [255, 0, 0, 255]
    assert list(shown[:, 5, 25]) == [0, 255, 0, 255]


def test_polygons_lie_over_the_pixels_that_they_speak_of(picture):
    answer = picture(0, "labels")

    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert 'viewBox="0 0 32 32"' in answer.text
    assert "M16.0 32.0L32.0 32.0L32.0 0.0L16.0 0.0L16.0 32.0Z" in answer.text
    assert f'fill="{palette.colour(1)}"' in answer.text  # maize is the second class


def test_a_raster_of_labels_is_coloured_as_the_legend_says(picture):
    shown = pixels_of(picture(2, "labels").content)

    assert tuple(shown[:3, 5, 5]) == palette.rgb(0)
    assert tuple(shown[:3, 5, 25]) == palette.rgb(1)
    assert 0 < shown[3].min() == shown[3].max() < 255


def test_only_the_items_that_are_shown_can_be_drawn(picture, pages):
    assert picture(3, "image").status_code == 404
    assert picture(10**9, "image").status_code == 404
    answer = requests.get(f"{pages.origin}/datasets/crops_2026/previews/another/0/image", timeout=10)
    assert answer.status_code == 404


def test_a_picture_is_drawn_once_and_goes_with_its_version(tmp_path):
    with web_hub(tmp_path / "hub") as hub:
        bbox = [0, 0, 1, 1]
        with hub.publish("one") as shelf:
            chip = shelf.file("chip.tif", geotiff(tmp_path, half_and_half(), bbox), "image/tiff")
            shelf.item("source", "chip", bbox, {"image": chip})
        with hub.publish("other"):
            pass
        previews = Previews(hub.path, hub.store)
        [example] = examples(hub.store, hub.path, hub.store.dataset("one"))

        first = previews.picture("v-one", 0, example).image
        drawn_at = first.stat().st_mtime_ns
        again = previews.picture("v-one", 0, example).image

        assert again.stat().st_mtime_ns == drawn_at
        hub.store.unpublish("one")
        hub.store.forget_versions(0)
        previews.picture("v-other", 0, Example("nothing"))
        assert not first.exists()


def test_a_picture_that_takes_too_long_is_given_up(tmp_path, caplog):
    with web_hub(tmp_path / "hub") as hub, caplog.at_level(logging.WARNING):
        previews = Previews(hub.path, hub.store, time_limit_s=0.05)

        shown = previews.picture("v", 0, Example("slow", bands=[tmp_path / "slow.tif"]))

    assert shown is None
    assert "it took more than 0.05 s" in caplog.text


def test_whoever_waits_for_pictures_takes_nothing_from_others(tmp_path):
    """Eighty ask for one that cannot be read to its end: sixty-four wait, and all else is answered."""
    with web_hub(tmp_path / "hub") as hub, ThreadPoolExecutor(80) as pool:
        with hub.publish("one") as shelf:
            chip = shelf.file("chip.tif", geotiff(tmp_path, half_and_half(), BBOX), "image/tiff")
            shelf.item("source", "chip", BBOX, {"image": chip})
        pipe = tmp_path / "hub/publications/v-one/chip.tif"
        pipe.unlink()
        os.mkfifo(pipe)
        image = f"{hub.origin}/datasets/one/previews/v-one/0/image"
        waiting = [pool.submit(requests.get, image, timeout=60) for _ in range(80)]
        try:
            wait_until(lambda: sum(each.done() for each in waiting) == 80 - 64)
            page = requests.get(f"{hub.origin}/", timeout=5)
        finally:
            wait_until(lambda: end_for_readers(pipe) or all(each.done() for each in waiting))
        answers = [each.result() for each in waiting]

    assert page.status_code == 200
    refused = [answer for answer in answers if answer.status_code == 503]
    assert {answer.headers["Retry-After"] for answer in refused} == {"2"}
    assert sorted(answer.status_code for answer in answers) == [200] * 64 + [503] * 16


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def end_for_readers(pipe: Path) -> None:
    """Whoever reads the pipe comes to its end."""
    with contextlib.suppress(OSError):  # nobody reads it at the moment
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))


def test_what_cannot_be_drawn_is_shown_as_its_published_picture(tmp_path):
    with web_hub(tmp_path / "hub") as hub:
        with hub.publish("one") as shelf:
            thumbnail = shelf.file("a.jpg", b"jpeg", "image/jpeg")
            labels = shelf.file("l.geojson", json.dumps(eastern_half(BBOX)).encode(), "application/geo+json")
            shelf.item("source", "a", BBOX, {"thumbnail": thumbnail})
            shelf.item("labels", "l", BBOX, {"labels": labels})
        answers = [
            requests.get(f"{hub.origin}/datasets/one/previews/v-one/0/{kind}", timeout=30)
            for kind in ("image", "labels")
        ]

    assert (answers[0].content, answers[0].headers["Content-Type"]) == (b"jpeg", "image/jpeg")
    assert "M192.0 384.0L384.0 384.0" in answers[1].text


def test_a_published_picture_that_is_another_file_by_now_is_not_shown(tmp_path):
    """A name may come to lead to any file of the machine; what was published is what is shown."""
    with web_hub(tmp_path / "hub") as hub:
        with hub.publish("one") as shelf:
            shelf.item("source", "a", BBOX, {"thumbnail": shelf.file("a.jpg", b"jpeg", "image/jpeg")})
        [picture] = hub.path.rglob("a.jpg")
        (tmp_path / "secret").write_bytes(b"of another size")
        answers = []
        for change in (picture.unlink, lambda: picture.symlink_to(tmp_path / "secret")):
            change()
            answers.append(requests.get(f"{hub.origin}/datasets/one/previews/v-one/0/image", timeout=30))

    assert [answer.headers["Content-Type"] for answer in answers] == ["image/svg+xml"] * 2


def test_files_elsewhere_are_never_fetched(tmp_path):
    with web_hub(tmp_path / "hub") as hub:
        with hub.publish("remote") as shelf:
            for number, href in enumerate(
                [
                    "http://127.0.0.1:9/a.tif",
                    "/etc/passwd",
                    "file:///etc/passwd",
                    "mlhub-hub:/files/v/../x",
                    None,
                ]
            ):
                asset = {"href": href, "type": "image/tiff", "roles": ["data"]}
                shelf.item("source", str(number), BBOX, {"image": asset})

        assert examples(hub.store, hub.path, hub.store.dataset("remote")) == []


def test_the_image_that_a_label_names_is_shown_with_it(tmp_path):
    with web_hub(tmp_path / "hub") as hub:
        with hub.publish("pairs") as shelf:
            for name in ("early", "late"):
                chip = shelf.file(f"{name}.png", name.encode(), "image/png")
                shelf.item("source", name, BBOX, {"image": chip})
            labels = shelf.file("l.geojson", b"{}", "application/geo+json")
            source = {"rel": "source", "href": "mlhub-hub:/mlhub/v1/collections/pairs_source/items/late"}
            shelf.item("labels", "l", BBOX, {"labels": labels}, links=[source])

        [example] = examples(hub.store, hub.path, hub.store.dataset("pairs"))

    assert example.picture.path == "late.png"


def test_a_large_image_without_overviews_is_shown_by_its_middle(tmp_path, draw):
    """12,000 x 12,000 pixels in tiles that hold nothing: its middle third is read, and quickly."""
    options = {"transform": DEGREES, "sparse_ok": True, "tiled": True, "blockxsize": 256, "blockysize": 256}
    path = tmp_path / "large.tif"
    with rasterio.open(
        path, "w", driver="GTiff", count=1, height=12_000, width=12_000, dtype="uint8", **options
    ) as raster:
        middle = rasterio.windows.Window(5_888, 5_888, 256, 256)
        raster.write(np.full((1, 256, 256), 200, dtype="uint8"), window=middle)

    started = time.monotonic()
    assert json.loads(draw(bands=[str(path)])) == {"labels": None}

    shown = pixels_of((tmp_path / "image.png").read_bytes())
    assert shown.shape == (4, SIDE_PIXELS, SIDE_PIXELS)
    assert shown[0, SIDE_PIXELS // 2, SIDE_PIXELS // 2] == 255
    assert time.monotonic() - started < 10


def test_one_block_that_is_too_large_to_unpack_is_refused(tmp_path, draw):
    path = tmp_path / "bomb.tif"
    with rasterio.open(
        path, "w", driver="GTiff", count=1, height=9_000, width=9_000, dtype="uint8",
        sparse_ok=True, tiled=True, blockxsize=8192, blockysize=8192, transform=DEGREES,
    ):  # fmt: skip
        pass

    assert "it is one large block" in draw(bands=[str(path)])


def test_a_file_that_is_no_geotiff_is_not_read_as_anything_else(tmp_path, draw):
    """A VRT can name any file of the machine, or of another one."""
    chip = tmp_path / "chip.tif"
    chip.write_bytes(geotiff(tmp_path, half_and_half(), BBOX))
    vrt = tmp_path / "vrt.tif"
    vrt.write_text(
        '<VRTDataset rasterXSize="32" rasterYSize="32"><VRTRasterBand dataType="UInt16" band="1">'
        f"<SimpleSource><SourceFilename>{chip}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )

    assert "not recognized" in draw(bands=[str(vrt)])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"features": [1, {"geometry": 7}, {"geometry": {"type": "Polygon", "coordinates": [[["a"]]]}}]}',
        b'{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": 5}}',
        b"[" * 100_000,
    ],
)
def test_labels_that_cannot_be_drawn_leave_the_image(tmp_path, draw, content):
    chip, labels = tmp_path / "chip.tif", tmp_path / "labels.geojson"
    chip.write_bytes(geotiff(tmp_path, half_and_half(), BBOX))
    labels.write_bytes(content)

    assert json.loads(draw(bands=[str(chip)], polygons=str(labels)))["labels"] in (None, ".svg")
    assert pixels_of((tmp_path / "image.png").read_bytes()).shape == (4, 32, 32)


def test_names_of_classes_never_become_part_of_the_svg(tmp_path, draw):
    labels = eastern_half(BBOX)
    labels["features"][0]["properties"]["crop"] = '"/><script>alert(1)</script>'
    (tmp_path / "labels.geojson").write_text(json.dumps(labels))

    draw(bbox=BBOX, polygons=str(tmp_path / "labels.geojson"), properties=["crop"])

    assert "script" not in (tmp_path / "labels.svg").read_text()


def test_polygons_follow_an_image_in_metres(tmp_path, draw):
    """A chip in UTM: the corners of the labels are moved there from degrees."""
    from rasterio.warp import transform_bounds

    metres = [500_000, 0, 500_320, 320]
    degrees = transform_bounds("EPSG:32636", "EPSG:4326", *metres)
    (tmp_path / "chip.tif").write_bytes(geotiff(tmp_path, half_and_half(), metres, crs="EPSG:32636"))
    (tmp_path / "labels.geojson").write_text(json.dumps(eastern_half(degrees)))

    draw(bands=[str(tmp_path / "chip.tif")], polygons=str(tmp_path / "labels.geojson"))
    drawn = (tmp_path / "labels.svg").read_text().replace("-0.0", "0.0")
    assert "M16.0 32.0L32.0 32.0L32.0 0.0L16.0 0.0" in drawn


def test_bands_in_files_of_their_own_become_one_picture(tmp_path, draw):
    """Red at 10 m, green and blue at 20 m."""
    red, other = half_and_half()[:1], half_and_half()[1:2, ::2, ::2]
    for name, pixels in {"red": red, "green": other, "blue": other}.items():
        (tmp_path / f"{name}.tif").write_bytes(geotiff(tmp_path, pixels, BBOX))

    draw(bands=[str(tmp_path / f"{name}.tif") for name in ("red", "green", "blue")])

    shown = pixels_of((tmp_path / "image.png").read_bytes())
    assert list(shown[:3, 5, 5]) == [255, 0, 0]
    assert list(shown[:3, 5, 25]) == [0, 255, 255]


def test_a_hub_without_rasterio_says_so(pages, monkeypatch):
    monkeypatch.setattr(Previews, "can_draw", staticmethod(lambda: False))

    assert "this hub runs without" in requests.get(f"{pages.origin}/datasets/crops_2026", timeout=10).text
