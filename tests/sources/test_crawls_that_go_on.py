"""A crawl that was ended, by whatever, goes on where it was; a later one asks what has changed."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.download.options import checked_options
from radiant_mlhub.download.pipeline import Download
from radiant_mlhub.exceptions import DownloadFailed, DownloadStopped
from radiant_mlhub.sources.static_catalog import StaticCatalog
from radiant_mlhub.transfer import plain_request_for
from support.fault_server import FaultServer
from support.faults import Fault
from support.interrupted import AT_ONCE_S, interrupted
from support.scripted_hub import item
from support.static_catalogs import catalog, child, on_the_web, scenes, to_item
from support.time_limits import wait_until
from support.wire import Response

SEED = 20261127
KILLS = int(os.environ.get("CRAWL_KILLS", "10"))
REPEATED_AT_MOST = 0.05
ITEMS = 600
FEW = 40
CONNECTIONS = 4

CRAWL = """
import sys
from radiant_mlhub.download.options import checked_options
from radiant_mlhub.download.pipeline import Download
from radiant_mlhub.sources.static_catalog import StaticCatalog
from radiant_mlhub.transfer import plain_request_for
location, folder, connections, dry_run = sys.argv[1:]
source = StaticCatalog(location, "ds", {}, plain_request_for())
options = checked_options(
    "ds", output_dir=folder, progress=False, dry_run=dry_run == "dry", max_connections=int(connections)
)
Download(options, source).run()
"""


def served(server, items, **scene):
    """A catalog of so many items in three collections, each with the same asset."""
    image = server.add("image.tif", b"pixels").href
    server.location = on_the_web(server, scenes(items, collections=3, asset=image), **scene)
    return server


@pytest.fixture
def small(web):
    return served(web, FEW)


def json_requests(server):
    return [request for request in server.requests if request.path.endswith(".json")]


def items_of(folder):
    with closing(sqlite3.connect(folder / "ds/mlhub_stac_assets.db")) as connection:
        return connection.execute("SELECT collection_id, item_id FROM items ORDER BY number").fetchall()


def crawled(location, folder, **options):
    source = StaticCatalog(location, "ds", {}, plain_request_for())
    checked = checked_options("ds", output_dir=folder, progress=False, max_connections=CONNECTIONS, **options)
    return Download(checked, source).run()


@pytest.mark.timeout(60 + 12 * KILLS)
def test_a_killed_crawl_goes_on_where_it_was(web, tmp_path):
    """kill -9 at a random request: one more run ends with the same items, and asks little twice."""
    # What arrived is recorded every 0.02 s, in which a server at no distance sends 5 % of so few files.
    large = served(web, ITEMS, delay_s=0.006)
    chance = random.Random(SEED)
    crawled(large.location, tmp_path / "whole", dry_run=True)
    expected, files = items_of(tmp_path / "whole"), ITEMS + 4
    told, too_many = [], []

    for number in range(KILLS):
        large.requests.clear()
        folder, at = tmp_path / str(number), chance.randrange(1, files)
        is_dry = number % 3 > 0  # in every third, assets come meanwhile, and JSON takes its place
        how = "dry" if is_dry else "whole"
        command = [sys.executable, "-c", CRAWL, large.location, folder, str(CONNECTIONS), how]
        process = subprocess.Popen(command)
        wait_until(lambda at=at: len(json_requests(large)) >= at, seconds=60)
        process.send_signal(signal.SIGKILL)
        process.wait()
        before = len(json_requests(large))

        report = crawled(large.location, folder, dry_run=is_dry)

        repeated = len(json_requests(large)) - files
        told.append((at, before, repeated))
        if before < files and repeated > REPEATED_AT_MOST * files:
            too_many.append(told[-1])
        assert items_of(folder) == expected
        assert (report.failed, report.planned) == (0, ITEMS)
        assert is_dry or list((folder / "ds").glob(".*")) == []
    assert too_many == []
    print(f"seed {SEED}: (killed at request, requests then, repeated) {told}")


def test_a_later_crawl_asks_what_has_changed(small, tmp_path):
    """304 for every file that is as it was: no byte of JSON comes twice, whatever was read in between."""
    crawled(small.location, tmp_path)
    small.requests.clear()

    report = crawled(small.location, tmp_path)

    asked = json_requests(small)
    assert len(asked) == FEW + 4
    assert all("If-None-Match" in request.headers for request in asked)
    assert sum(request.bytes_sent for request in asked) == 0
    assert (report.kept, report.fetched) == (FEW, 0)


def test_a_dry_run_is_not_for_nothing(small, tmp_path):
    """Its files are kept, so that the download after it asks only whether they changed."""
    crawled(small.location, tmp_path, dry_run=True)
    small.requests.clear()

    report = crawled(small.location, tmp_path)

    assert sum(request.bytes_sent for request in json_requests(small)) == 0
    assert report.fetched == FEW
    assert list((tmp_path / "ds").glob(".*")) == []


def test_what_changed_comes_anew_and_what_is_gone_goes(web, tmp_path):
    files = scenes(3)
    location = on_the_web(web, files)
    Dataset.from_stac(location).download(tmp_path, catalog_only=True, progress=False)
    changed = {**files["c0/i000001/i000001.json"], "properties": {"datetime": "2022-01-01T00:00:00Z"}}
    web.add("stac/c0/i000001/i000001.json", json.dumps(changed).encode())
    last = dict(files["c0/collection.json"])
    last["links"] = last["links"][:2]
    web.add("stac/c0/collection.json", json.dumps(last).encode())

    Dataset.from_stac(location).download(tmp_path, catalog_only=True, progress=False)

    written = json.loads((tmp_path / "ds/c0/i000001/i000001.json").read_text())
    assert written["properties"] == {"datetime": "2022-01-01T00:00:00Z"}
    assert web.requests_of("stac/c0/i000000/i000000.json")[-1].bytes_sent == 0


def test_a_file_that_somebody_changed_here_comes_anew(small, tmp_path):
    """Of the same length, so that only its digest tells."""
    crawled(small.location, tmp_path)
    path = tmp_path / "ds/c0/i000000/i000000.json"
    original = path.read_bytes()
    path.write_bytes(original.replace(b"i000000", b"i999999"))

    crawled(small.location, tmp_path)

    assert path.read_bytes() == original


def test_catalogs_below_the_root_are_asked_conditionally_too(web, tmp_path):
    """They have no place in the dataset's folder."""
    files = {
        "catalog.json": catalog("ds", child("deep/catalog.json")),
        "deep/catalog.json": catalog("deep", to_item("a.json")),
        "deep/a.json": item("a", {}),
    }
    location = on_the_web(web, files)
    for _ in range(2):
        Dataset.from_stac(location).download(tmp_path, catalog_only=True, progress=False)

    assert [request.bytes_sent for request in web.requests_of("stac/deep/catalog.json")][1:] == [0]


def test_what_was_missing_is_asked_for_again(web, tmp_path):
    files = scenes(3, asset=web.add("a.tif").href)
    location = on_the_web(web, files)
    path = "stac/c0/i000001/i000001.json"
    web.add(path, status=404)
    with pytest.raises(DownloadFailed):
        Dataset.from_stac(location).download(tmp_path, progress=False)
    web.add(path, json.dumps(files["c0/i000001/i000001.json"]).encode())

    report = Dataset.from_stac(location).download(tmp_path, progress=False)

    assert (report.planned, report.fetched, report.kept) == (3, 1, 2)


def test_assets_come_while_the_crawl_goes_on(web, tmp_path):
    """The last item takes a second; by then, the assets of all others are here."""
    files = scenes(20, asset=web.add("a.tif", b"pixels").href)
    last = "c0/i000019/i000019.json"
    text = json.dumps(files.pop(last)).encode()
    here = []

    def answer(_):
        time.sleep(1.5)
        here.extend(tmp_path.glob("ds/c0/*/image.tif"))
        return Response(200, {}, text)

    location = on_the_web(web, files)
    web.route("GET", f"stac/{last}", answer)

    report = Dataset.from_stac(location).download(tmp_path, progress=False)

    assert (len(here), report.fetched) == (19, 20)


def test_after_an_outage_only_what_is_missing_is_asked_for(web, tmp_path):
    """What a server could not give for a passing reason is no end of a crawl; a 404 is."""
    files = scenes(20, asset=web.add("a.tif").href)
    location = on_the_web(web, files)
    missing = [f"c0/i{n:06}/i{n:06}.json" for n in (3, 4)]
    for path in missing:
        web.add(f"stac/{path}", status=503, retry_after=1000)
    with pytest.raises(DownloadFailed):
        Dataset.from_stac(location).download(tmp_path, progress=False)
    for path in missing:
        web.add(f"stac/{path}", json.dumps(files[path]).encode())
    dataset = Dataset.from_stac(location)
    web.requests.clear()

    report = dataset.download(tmp_path, progress=False)

    assert (report.planned, report.fetched, report.kept) == (20, 2, 18)
    # Side by side, so in any order.
    assert sorted(request.path.removeprefix("/stac/") for request in json_requests(web)) == missing


def test_a_server_that_goes_in_the_middle_and_comes_back(tmp_path):
    """Connections reset twice for half of the files."""
    refused = [Fault(refuse=True)] * 2
    with FaultServer() as server:
        files = scenes(60, asset=server.add("a.tif").href)
        location = on_the_web(server, files)
        for number, path in enumerate(files):
            if number > 30:
                server.add(
                    f"stac/{path}",
                    json.dumps(files[path]).encode(),
                    faults=refused,
                )

        report = Dataset.from_stac(location).download(tmp_path, progress=False)

    assert (report.planned, report.failed) == (60, 0)


SILENT = {
    "silent": {"stall_after": 0},
    "cut": {"stall_after": 50},
    "busy": {"status": 503, "retry_after": 60},
}


@pytest.fixture(params=SILENT)
def waiting(request, web):
    """A catalog with an item that does not come."""
    files = scenes(30, asset=web.add("a.tif").href)
    location = on_the_web(web, files)
    web.add("stac/c0/i000007/i000007.json", b'{"type": "Feature"}' * 10, **SILENT[request.param])
    web.location = location
    return web


def is_waited_for(web):
    return bool(web.requests_of("stac/c0/i000007/i000007.json"))


@pytest.mark.parametrize("options", [{}, {"catalog_only": True}, {"dry_run": True}], ids=str)
def test_it_is_left_at_once_when_it_is_told_to_stop(waiting, tmp_path, options):
    dataset, cancel, told = Dataset.from_stac(waiting.location), threading.Event(), []

    def run():
        try:
            dataset.download(tmp_path, progress=False, cancel=cancel, **options)
        except DownloadStopped as error:
            told.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(lambda: is_waited_for(waiting))
    began = time.monotonic()
    cancel.set()
    thread.join(20)

    assert (len(told), time.monotonic() - began < AT_ONCE_S) == (1, True)
    assert list(tmp_path.glob("ds/*-wal")) == []


@pytest.mark.skipif(sys.platform != "linux", reason="as the tests of Ctrl-C")
def test_ctrl_c_ends_it_at_once(waiting, tmp_path):
    code = (
        "from radiant_mlhub import Dataset\n"
        f"Dataset.from_stac({waiting.location!r}).download({str(tmp_path)!r}, progress=False)"
    )

    status, said, seconds = interrupted(
        code, waiting.url, tmp_path, lambda _: is_waited_for(waiting), signal.SIGINT
    )

    assert (status, seconds < AT_ONCE_S) == (-signal.SIGINT, True), said
    assert list(Path(tmp_path).glob("ds/*-wal")) == []
