"""Ctrl-C in the middle of a download into a bucket: out at once, whole objects, and the next run goes on."""

import signal
import sys

import pytest

from radiant_mlhub import Dataset
from support.bucket_downloads import BUCKET, assets_of, published
from support.interrupted import AT_ONCE_S, interrupted
from support.scripts import download_script

MIB = 1024 * 1024


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder of one's own for both runs."""
    monkeypatch.setenv("MLHUB_HOME", str(tmp_path / "mlhub_home"))
    return tmp_path


@pytest.mark.usefixtures("credentials")
@pytest.mark.skipif(sys.platform == "win32", reason="no signals that a process of its own hears there")
@pytest.mark.parametrize("moment", ["first_objects", "parts_of_a_large_one"])
def test_ctrl_c_ends_it_at_once_and_the_next_run_goes_on(hub, s3, stored, home, moment):
    scenes = published(hub, {**{f"i{n}": 20_000 for n in range(100)}, "large": 60 * MIB})
    address = f"s3://{BUCKET}/{moment}"
    reached = {
        "first_objects": lambda _: objects_below(s3, moment) > 5,
        "parts_of_a_large_one": lambda _: uploads_in_parts(s3, moment) > 0,
    }

    code, said, seconds = interrupted(
        download_script(address), hub.root_url, home, reached[moment], signal.SIGINT
    )

    assert code == -signal.SIGINT, said
    assert seconds < AT_ONCE_S
    wanted = {f"ds/scenes/{name}/image.tif": scene.content for name, scene in scenes.items()}
    there = assets_of(stored(moment))
    assert there.items() <= wanted.items()
    assert len(there) < len(wanted)

    again = Dataset.fetch("ds").download(address, progress=False)

    assert again.kept >= len(there)
    assert again.kept + again.fetched == len(wanted)
    assert assets_of(stored(moment)) == wanted
    assert list(again.folder.rglob("*.tif")) == []
    assert list(again.folder.rglob(".*.part")) == []


def objects_below(s3, prefix):
    return s3.client.list_objects_v2(Bucket=BUCKET, Prefix=f"{prefix}/")["KeyCount"]


def uploads_in_parts(s3, prefix):
    found = s3.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    return sum(each["Key"].startswith(f"{prefix}/") for each in found)
