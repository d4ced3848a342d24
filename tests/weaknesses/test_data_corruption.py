"""What is under a final name is whole and right, or it is not there."""

import base64
import hashlib
import json
import threading

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.client import download_collection_archive
from radiant_mlhub.client.resumable_downloader import ResumableDownloader
from support.fault_server import made_up
from support.faults import Fault
from support.scripted_hub import item
from support.scripts import run_script
from support.time_limits import as_a_user_would, wait_until, within


def fetch(href, path, if_exists="resume"):
    ResumableDownloader(href, path, if_exists=if_exists).run()


@pytest.mark.weakness(12)
def test_a_short_body_is_never_a_whole_asset(hub, tmp_path):
    """300 of 1,000 bytes and a closed connection: asked for again, until it is whole."""
    scene = hub.file("a.tif", size_bytes=1000, faults=[Fault(cut_after=300)])
    hub.publish("ds", [item("a", {"image": scene.href})])

    as_a_user_would(lambda: Dataset.fetch("ds").download(tmp_path, if_exists="skip"))

    assert (tmp_path / "ds/scenes/a/image.tif").read_bytes() == scene.content


@pytest.mark.weakness(12)
def test_a_short_body_is_never_a_whole_archive(hub, tmp_path):
    scene = hub.archive("scenes", size_bytes=10_240, faults=[Fault(cut_after=8240)])

    path = as_a_user_would(lambda: download_collection_archive("scenes", tmp_path, if_exists="skip"))

    assert path.read_bytes() == scene.content


@pytest.mark.weakness(13)
def test_a_server_that_ignores_range_yields_one_copy(hub, tmp_path):
    """An archive of three of the original's pieces: every answer is the whole file."""
    scene = hub.archive("scenes", size_bytes=12_000_000, ignores_range=True)

    path = within(30, lambda: download_collection_archive("scenes", tmp_path))

    assert path.stat().st_size == len(scene.content)
    assert path.read_bytes() == scene.content


@pytest.mark.weakness(14)
def test_an_archive_longer_than_the_remote_one_is_fetched_anew(hub, tmp_path):
    """Asked from behind its end, the store answers with the whole archive."""
    scene = hub.archive("scenes", size_bytes=10_240, ignores_range=True)
    (tmp_path / "scenes.tar.gz").write_bytes(made_up(20_000, "old"))

    path = within(20, lambda: download_collection_archive("scenes", tmp_path))

    assert path.read_bytes() == scene.content


@pytest.mark.weakness(15)
def test_an_object_that_changes_midway_is_not_spliced(hub, tmp_path):
    """The first answer breaks off after half of AAAA; then the object is BBBB, equally long."""
    old, new = b"A" * 400_000, b"B" * 400_000
    scene = hub.file("a.tif", new, faults=[Fault(content=old, reset_after=200_000)])

    as_a_user_would(lambda: within(20, lambda: fetch(scene.href, tmp_path / "a.tif")))

    assert (tmp_path / "a.tif").read_bytes() == new


@pytest.mark.weakness(16)
def test_a_wrong_byte_is_noticed_where_the_server_names_the_digest(hub, tmp_path):
    """Content-MD5 is that of the right bytes; the first answer has one wrong byte."""
    scene = hub.file("a.tif", size_bytes=1000)
    md5 = base64.b64encode(hashlib.md5(scene.content).digest()).decode()
    scene.faults = [Fault(flip_byte=500, headers={"Content-MD5": md5})]

    as_a_user_would(lambda: fetch(scene.href, tmp_path / "a.tif"))

    assert (tmp_path / "a.tif").read_bytes() == scene.content


@pytest.mark.weakness(17)
def test_nothing_stands_under_the_final_name_before_it_is_whole(hub, tmp_path):
    scene = hub.file("a.tif", size_bytes=400_000, trickle_s=0.02, piece_bytes=50_000)
    seen = []
    running = threading.Thread(target=fetch, args=(scene.href, tmp_path / "a.tif"), daemon=True)

    running.start()
    wait_until(lambda: any(r.bytes_sent for r in hub.asset_requests()))
    while running.is_alive():
        if (tmp_path / "a.tif").exists():
            seen.append((tmp_path / "a.tif").stat().st_size)
        running.join(0.005)

    assert set(seen) <= {400_000}
    assert (tmp_path / "a.tif").read_bytes() == scene.content


@pytest.mark.weakness(18)
def test_a_failed_asset_leaves_nothing_that_counts_as_done(hub, tmp_path):
    """Refused once; the next run with skip does not take it for done."""
    scene = hub.file("a.tif", size_bytes=1000, faults=[Fault(status=400)])
    hub.publish("ds", [item("a", {"image": scene.href})])

    with pytest.raises(OSError, match=r"err_report\.csv"):
        Dataset.fetch("ds").download(tmp_path)
    left = (tmp_path / "ds/scenes/a/image.tif").exists()
    Dataset.fetch("ds").download(tmp_path, if_exists="skip")

    assert not left
    assert (tmp_path / "ds/scenes/a/image.tif").read_bytes() == scene.content


@pytest.mark.weakness(19)
def test_overwrite_keeps_the_old_copy_until_the_new_one_is_whole(hub, tmp_path):
    (tmp_path / "a.tif").write_bytes(b"the good copy")
    scene = hub.file("a.tif", status=400)

    with pytest.raises(OSError, match=r"."):
        fetch(scene.href, tmp_path / "a.tif", if_exists="overwrite")

    assert (tmp_path / "a.tif").read_bytes() == b"the good copy"


@pytest.mark.weakness(20)
def test_a_coded_answer_does_not_spoil_the_next_run(hub, tmp_path):
    """Stored gzip-coded and served so whatever is asked: decoded once, right twice."""
    scene = hub.file("a.csv", b"a,b\n" * 500, gzip=True)
    hub.publish("ds", [item("a", {"table": scene.href})])

    Dataset.fetch("ds").download(tmp_path)
    Dataset.fetch("ds").download(tmp_path)

    assert (tmp_path / "ds/scenes/a/table.csv").read_bytes() == scene.content


@pytest.mark.weakness(21)
def test_an_interrupted_unpack_is_repaired(hub, tmp_path):
    """An item file cut short on disk is whole after the next run."""
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])
    Dataset.fetch("ds").download(tmp_path)
    unpacked = tmp_path / "ds/scenes/a/a.json"
    whole = unpacked.read_bytes()
    unpacked.write_bytes(whole[:50])

    Dataset.fetch("ds").download(tmp_path)

    assert unpacked.read_bytes() == whole


@pytest.mark.weakness(22)
def test_a_new_catalog_is_unpacked_anew(hub, tmp_path):
    """The item's file and its assets are those of the catalog of today."""
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])
    Dataset.fetch("ds").download(tmp_path)
    more = hub.file("b.tif")
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href, "second": more.href}, bbox=[1, 1, 2, 2])])

    Dataset.fetch("ds").download(tmp_path)

    assert json.loads((tmp_path / "ds/scenes/a/a.json").read_text())["bbox"] == [1, 1, 2, 2]
    assert (tmp_path / "ds/scenes/a/second.tif").read_bytes() == more.content


@pytest.mark.weakness(23)
def test_common_assets_of_different_urls_are_all_kept(hub, tmp_path):
    """One key, two documents: both are there, whichever came first."""
    one, two = hub.file("one.pdf", b"one"), hub.file("two.pdf", b"two")
    hub.publish("ds", [item("a", {"documentation": one.href}), item("b", {"documentation": two.href})])

    Dataset.fetch("ds").download(tmp_path)

    assert sorted(path.read_bytes() for path in tmp_path.rglob("*.pdf")) == [b"one", b"two"]


@pytest.mark.weakness(24)
def test_two_urls_never_share_a_path_on_any_file_system(hub, tmp_path):
    """Keys that differ in case only, and one id twice: each URL has a file that nothing else has."""
    files = [hub.file(f"{n}.tif") for n in range(4)]
    hub.publish(
        "ds",
        [
            item("a", {"image": files[0].href, "IMAGE": files[1].href}),
            item("twice", {"image": files[2].href}),
            item("twice", {"image": files[3].href}),
        ],
    )

    Dataset.fetch("ds").download(tmp_path)

    paths = list(tmp_path.rglob("*.tif"))
    assert len({str(path).casefold() for path in paths}) == 4
    assert sorted(path.read_bytes() for path in paths) == sorted(scene.content for scene in files)


@pytest.mark.weakness(25)
def test_an_optimised_interpreter_checks_as_much(hub, tmp_path):
    """Under ``python -O`` a server that answers a range with everything still yields one copy."""
    everything = {"Content-Range": "bytes 0-999/1000"}
    scene = hub.file("a.tif", size_bytes=1000, ignores_range=True, headers=everything)
    scene.head = Fault()
    (tmp_path / "a.tif").write_bytes(scene.content[:300])

    run_script(
        "from pathlib import Path\n"
        "from radiant_mlhub.client.resumable_downloader import ResumableDownloader\n"
        f"ResumableDownloader({scene.href!r}, Path({str(tmp_path / 'a.tif')!r}), if_exists='resume').run()\n",
        "-O",
    )

    assert (tmp_path / "a.tif").read_bytes() == scene.content
