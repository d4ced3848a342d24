"""A dry run changes nothing of what downloads wrote down, and what verify expects is theirs."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

import radiant_mlhub
from radiant_mlhub import Dataset
from radiant_mlhub.download.folder_lock import kept_for_one_run
from radiant_mlhub.exceptions import DirectoryUnusable, DownloadFailed, NoAssetsMatched, NotADownload
from support.fault_server import FaultServer
from support.faults import Fault
from support.scripted_hub import item
from support.static_catalogs import on_the_web, scenes

WEST, EAST = [-10.0, 0.0, -9.0, 1.0], [9.0, 0.0, 10.0, 1.0]
NOWHERE = [50.0, 0.0, 51.0, 1.0]
TRIED = [{}, {"bbox": EAST}, {"assets": ["mask"]}, {"filter": "id = 'east'"}, {"max_items": 1}]


@pytest.fixture
def published(hub):
    """Two items of two assets each."""
    items = []
    for name, box in (("west", WEST), ("east", EAST)):
        assets = {key: hub.file(f"{name}-{key}.tif", size_bytes=200).href for key in ("image", "mask")}
        items.append(item(name, assets, bbox=box))
    hub.publish("ds", items)
    return hub


def download(folder, **options):
    return Dataset.fetch("ds").download(folder, progress=False, **options)


def tried(folder, **options):
    return download(folder, dry_run=True, **options)


def verified(folder):
    """What verify tells, but for its times."""
    report = radiant_mlhub.verify(folder, progress=False)
    failures = [(each.path, each.state, each.reason) for each in report.failures]
    return report.checked, report.right, report.compared, report.unlisted, failures


def not_a_download(folder):
    with pytest.raises(NotADownload) as caught:
        radiant_mlhub.verify(folder, progress=False)
    return str(caught.value)


def rows(folder):
    """All of the manifest, by table."""
    with closing(sqlite3.connect(folder / "ds/mlhub_stac_assets.db")) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"
        ).fetchall()
        return {name: set(connection.execute(f"SELECT * FROM {name}")) for (name,) in tables}


@pytest.mark.parametrize("asked", [*TRIED, {"bbox": NOWHERE}, {"assets": ["nothing"]}], ids=str)
def test_what_verify_expects_is_what_the_last_download_wanted(published, tmp_path, asked):
    download(tmp_path, bbox=WEST)
    before, told = rows(tmp_path), verified(tmp_path)

    try:
        tried(tmp_path, **asked, mirrors={"https://a.example/": "https://b.example/"})
    except (NoAssetsMatched, ValueError):
        assert asked in ({"bbox": NOWHERE}, {"assets": ["nothing"]})

    assert verified(tmp_path) == told
    assert rows(tmp_path) == before
    assert radiant_mlhub.verify(tmp_path, repair=True, progress=False).is_whole
    assert not (tmp_path / "ds/scenes/east").exists() or not list((tmp_path / "ds/scenes/east").glob("*.tif"))


def test_what_a_download_did_not_bring_stays_missing(published, tmp_path):
    published.file("west-mask.tif", size_bytes=200, faults=[Fault(status=404)] * 9)
    with pytest.raises(DownloadFailed):
        download(tmp_path, bbox=WEST)
    told = verified(tmp_path)
    assert [(path.name, state) for path, state, _ in told[-1]] == [("mask.tif", "missing")]

    for asked in TRIED:
        tried(tmp_path, **asked)
        assert verified(tmp_path) == told


@pytest.mark.parametrize("asked", [{}, {"bbox": EAST}, {"bbox": NOWHERE}], ids=str)
def test_before_the_first_download_nothing_is_missing(published, tmp_path, asked):
    for filters in (asked, {"assets": ["mask"]}):
        try:
            tried(tmp_path, **filters)
        except NoAssetsMatched:
            assert filters == {"bbox": NOWHERE}
        assert "No download into" in not_a_download(tmp_path)
        assert "its manifest is that of a dry run" in not_a_download(tmp_path / "ds")

    assert download(tmp_path, bbox=WEST).fetched == 2
    assert verified(tmp_path)[:2] == (3, 3)


def test_beside_a_download_a_folder_of_dry_runs_says_nothing(published, tmp_path):
    published.publish("other", [item("c", {"image": published.file("c.tif", size_bytes=10).href})])
    tried(tmp_path)
    Dataset.fetch("other").download(tmp_path, progress=False)

    report = radiant_mlhub.verify(tmp_path, progress=False)

    assert (report.right, report.checked, report.unlisted) == (3, 3, ())  # two archives and a file


@pytest.mark.parametrize("asked", TRIED, ids=str)
@pytest.mark.parametrize("brought", [None, {"bbox": WEST}], ids=str)
def test_a_download_after_a_dry_run_is_like_one_without(published, tmp_path, brought, asked):
    """By the filters of the dry run, and by others."""
    for folder, is_tried in ((tmp_path / "one", True), (tmp_path / "other", False)):
        if brought is not None:
            download(folder, **brought)
        if is_tried:
            tried(folder, **asked)
    for then in (asked, {"bbox": EAST}, {}):
        one, other = (download(tmp_path / name, **then) for name in ("one", "other"))
        assert (one.planned, one.fetched, one.kept) == (other.planned, other.fetched, other.kept)
        assert verified(tmp_path / "one")[:4] == verified(tmp_path / "other")[:4]


@pytest.mark.parametrize("brought", [None, {"bbox": WEST}], ids=str)
def test_other_filters_and_the_download_are_answered_without_the_catalog(published, tmp_path, brought):
    if brought is None:
        tried(tmp_path)
    else:
        download(tmp_path, **brought)
    archive = tmp_path / "ds.tar.gz"
    told = archive.stat()
    archive.write_bytes(b"\0" * told.st_size)
    os.utime(archive, ns=(told.st_atime_ns, told.st_mtime_ns))

    assert [tried(tmp_path, **asked).planned for asked in ({}, {"bbox": EAST}, {"assets": ["mask"]})] == [
        4,
        2,
        2,
    ]


def test_a_plan_counts_what_is_here_and_names_no_file(published, tmp_path):
    download(tmp_path, bbox=WEST)

    plan = tried(tmp_path)

    assert (plan.planned, plan.kept, list(plan.paths)) == (4, 2, [])


def test_a_new_catalog_is_planned_and_the_old_download_verified(published, tmp_path):
    """Its archive took the place of the one before, and verify knows it."""
    download(tmp_path)
    told = verified(tmp_path)
    hrefs = {key: published.file(f"new-{key}.tif", size_bytes=99).href for key in ("image", "mask")}
    published.publish("ds", [item("west", hrefs, bbox=WEST), item("new", hrefs)])

    assert tried(tmp_path).planned == 4
    assert verified(tmp_path) == told

    assert download(tmp_path).fetched == 4


def test_a_download_that_is_killed_after_a_dry_run_lists_nothing_of_that(published, tmp_path):
    """Here it ends before it has judged: only what it brought is looked at, and more may be missing."""
    tried(tmp_path, bbox=EAST)
    with closing(sqlite3.connect(tmp_path / "ds/mlhub_stac_assets.db")) as connection:
        [(place, href)] = connection.execute(
            "SELECT save_path, href FROM hrefs WHERE save_path LIKE '%west/image.tif'"
        )
        (tmp_path / "ds" / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "ds" / place).write_bytes(b"12345")
        values = (place, href, 5, 1, None, None, "length", None)
        connection.execute("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
        connection.commit()

    told = verified(tmp_path)

    assert (told[:2], told[3]) == ((2, 2), (tmp_path / "ds",))
    tried(tmp_path)
    assert verified(tmp_path) == told


@pytest.mark.parametrize("brought", [None, {"bbox": WEST}], ids=str)
def test_a_dry_run_that_was_killed_has_changed_nothing(published, tmp_path, brought):
    if brought is not None:
        download(tmp_path, **brought)
        before = rows(tmp_path), verified(tmp_path)
    published.publish("ds", [item(f"i{n}", {"image": "https://h.example/x"}) for n in range(2000)])

    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], check=False, timeout=60, env=dict(os.environ)
    )

    assert killed.returncode == -9
    if brought is None:
        assert "No download into" in not_a_download(tmp_path)
    else:
        after = rows(tmp_path), verified(tmp_path)
        assert after[1] == before[1]
        assert {k: v for k, v in after[0].items() if k != "files"} == {
            k: v for k, v in before[0].items() if k != "files"
        }
    assert not list(tmp_path.rglob("*-copy"))
    assert tried(tmp_path).planned == 2000


KILLED = """
import os, signal, sys
from radiant_mlhub import Dataset
def hear(event):
    if event.phase == "index" and event.ended:
        os.kill(os.getpid(), signal.SIGKILL)
Dataset.fetch("ds").download(sys.argv[1], dry_run=True, progress=hear)
"""


def test_a_dry_run_waits_for_no_download_and_disturbs_none(published, tmp_path):
    download(tmp_path, bbox=WEST)
    before = rows(tmp_path)

    with kept_for_one_run("ds", tmp_path), pytest.raises(DirectoryUnusable, match="another thread"):
        tried(tmp_path)

    assert rows(tmp_path) == before


@pytest.mark.parametrize(
    "statement",
    ["PRAGMA user_version = 5", "PRAGMA application_id = 7", None],
    ids=["older", "another's", "garbage"],
)
def test_a_manifest_of_another_version_is_let_be(published, tmp_path, statement):
    """The plan is made without it; the next download replaces it."""
    download(tmp_path, bbox=WEST)
    path = tmp_path / "ds/mlhub_stac_assets.db"
    if statement is None:
        path.write_bytes(b"garbage" * 1000)
    else:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(statement)
            connection.commit()
    before, told = path.read_bytes(), not_a_download(tmp_path)

    plan = tried(tmp_path)

    assert (plan.planned, list(plan.paths)) == (4, [])
    assert (path.read_bytes(), not_a_download(tmp_path)) == (before, told)
    assert {each.name for each in path.parent.iterdir()} >= {path.name}
    assert not path.with_name(path.name + "-wal").exists()
    assert download(tmp_path).planned == 4
    assert verified(tmp_path)[:2] == (5, 5)


def test_what_an_earlier_version_left_of_a_download_is_one(published, tmp_path):
    """Its manifest has the same tables, and no fact of dry runs."""
    download(tmp_path, bbox=WEST)
    with closing(sqlite3.connect(tmp_path / "ds/mlhub_stac_assets.db")) as connection:
        connection.execute("DELETE FROM run WHERE name NOT IN ('catalog', 'asking')")
        connection.commit()
    told = verified(tmp_path)

    tried(tmp_path)

    assert verified(tmp_path) == told


def test_a_crawl_reads_only_what_changed_also_after_a_dry_run(tmp_path):
    """What a dry run read of a source is kept, though its rows are not."""
    with FaultServer() as server:
        image = server.add("image.tif", b"pixels").href
        location = on_the_web(server, scenes(20, asset=image))
        dataset = Dataset.from_stac(location)
        first = dataset.download(tmp_path, progress=False, max_items=5)
        told = verified(tmp_path)

        assert dataset.download(tmp_path, progress=False, dry_run=True).planned > first.planned
        assert verified(tmp_path) == told

        assert dataset.download(tmp_path, progress=False).kept == first.planned
