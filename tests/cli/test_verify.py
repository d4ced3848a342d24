"""``mlhub verify``: what a person reads, what a script sees."""

import json
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from radiant_mlhub import Dataset, session
from radiant_mlhub.download.folder_lock import kept_for_one_run
from support.faults import Fault
from support.scripted_hub import item


@pytest.fixture
def scenes(hub, tmp_path):
    """A download of two files into ``downloads``, in the working directory."""
    scenes = {
        "a": hub.file("a.tif", b"a" * 500),
        "b": hub.file("b.tif", b"b" * 700, content_md5=False),
    }
    hub.publish("ds", [item(name, {"image": scene.href}) for name, scene in scenes.items()])
    Dataset.fetch("ds").download("downloads", progress=False)
    return {name: tmp_path / f"downloads/ds/scenes/{name}/image.tif" for name in scenes}


def test_all_is_right(run, scenes):
    result = run("verify", "downloads")

    assert (result.exit_code, result.stderr) == (0, "")
    first, *others = result.stdout.splitlines()
    assert first.startswith("3 of 3 files right (")
    assert others == [
        "  2 by a digest that the server or the catalog named",
        "  1 by our own crc32, taken while they were written",
    ]


def test_what_is_not_right_is_named_line_by_line(run, scenes):
    """On stdout, with an exit code of its own and a hint that can be pasted."""
    scenes["a"].write_bytes(b"A" * 500)
    scenes["b"].unlink()

    result = run("verify", "downloads")

    assert result.exit_code == 6
    assert result.stdout.splitlines()[:2] == [
        "wrong: scenes/a/image.tif: its md5 is not the one named when it came",
        "missing: scenes/b/image.tif: it is not there",
    ]
    assert result.stdout.splitlines()[2].startswith("1 of 3 files right (1 wrong, 1 missing, ")
    assert result.stderr == "hint: fetch only these: mlhub verify downloads --repair\n"


def test_what_a_download_that_is_under_way_has_not_brought_yet(run, run_process, scenes, tmp_path):
    """A repair would be refused; seen from the same process and from another one."""
    scenes["a"].unlink()

    with kept_for_one_run("ds", tmp_path / "downloads"):
        results = [run("verify", "downloads/ds"), run_process("verify", "downloads")]
        refused = run("verify", "downloads", "--repair")
    after = run("verify", "downloads")

    for result in results:
        assert result.stdout.startswith("missing: scenes/a/image.tif: it is not there\n")
        assert result.stderr == (
            f"hint: a download into {tmp_path}/downloads/ds is under way: verify it once that has ended\n"
        )
    assert '"ds" is being downloaded into' in refused.stderr
    assert after.stderr == "hint: fetch only these: mlhub verify downloads --repair\n"


def test_what_a_killed_download_left_is_no_download(run, scenes, tmp_path):
    """Its lock's file, which is left as it is."""
    scenes["a"].unlink()
    left = tmp_path / "downloads/.ds.in-use"
    left.write_text("process 1 on somewhere\n")

    assert "--repair" in run("verify", "downloads").stderr
    assert left.read_text() == "process 1 on somewhere\n"


def test_no_address_writes_to_a_terminal(run, hub):
    """Of a file that a repair could not fetch."""
    scene = hub.file("\x1b[31m.tif")
    hub.publish("ds", [item("a", {"image": scene.href.replace("%1B", "\x1b")})])
    Dataset.fetch("ds").download("downloads", progress=False)
    scene.always = Fault(status=404)
    Path("downloads/ds/scenes/a/image.tif").unlink()

    result = run("verify", "downloads", "--repair")

    assert result.exit_code == 6
    assert "/\\x1b[31m.tif could not be fetched" in result.stdout.replace("%5B", "[")
    assert "\x1b" not in result.stdout + result.stderr


def test_a_folder_that_looks_like_an_option_can_be_typed(run, hub, scenes):
    Path("downloads").rename("-downloads")
    Path("-downloads/ds/scenes/a/image.tif").unlink()

    hinted = run("verify", "--", "-downloads").stderr

    assert hinted == "hint: fetch only these: mlhub verify --repair -- -downloads\n"
    assert run(*shlex.split(hinted.partition(": mlhub ")[2])).exit_code == 0


def test_a_list_left_unfinished_is_told(run, scenes, tmp_path):
    """A download that stopped while it read the catalog: nobody knows what else it wanted."""
    with closing(sqlite3.connect("downloads/ds/mlhub_stac_assets.db")) as manifest:
        manifest.execute("DELETE FROM run WHERE name = 'catalog'")  # it is written after the last row
        manifest.commit()

    result = run("verify", "downloads")

    assert result.exit_code == 6
    assert result.stdout.startswith("3 of 3 files right")
    assert result.stderr == (
        f"hint: the last download into {tmp_path}/downloads/ds stopped before it had listed its files, "
        "so more may be missing: run it again\n"
    )


def test_quiet_is_silent_but_for_what_is_not_right(run, scenes):
    assert run("verify", "downloads", "--quiet").output == ""

    scenes["b"].unlink()
    result = run("verify", "--quiet", "downloads")

    assert (result.exit_code, result.output) == (6, "missing: scenes/b/image.tif: it is not there\n")


def test_json_is_one_object(run, scenes, tmp_path):
    scenes["a"].write_bytes(b"A" * 500)
    scenes["b"].unlink()

    result = run("verify", "downloads", "--json")

    report = json.loads(result.stdout)
    failures = report.pop("failures")
    assert report.pop("seconds") >= 0
    assert report == {
        "folders": [str(tmp_path / "downloads/ds")],
        "checked": 3,
        "right": 1,
        "wrong": 1,
        "missing": 1,
        "unrecorded": 0,
        "repaired": 0,
        "unlisted": [],
        "under_way": [],
        "compared": {"named": 1, "own": 0, "length": 0},
        "bytes_checked": 500 + (tmp_path / "downloads/ds.tar.gz").stat().st_size,
        "bytes_fetched": 0,
    }
    assert [(each["path"], each["state"]) for each in failures] == [
        (str(scenes["a"]), "wrong"),
        (str(scenes["b"]), "missing"),
    ]


def test_json_of_a_right_download(run, scenes):
    result = run("verify", "downloads", "--json")

    assert (result.exit_code, json.loads(result.stdout)["failures"]) == (0, [])


def test_repair(run, scenes):
    scenes["a"].write_bytes(b"A" * 500)

    result = run("verify", "downloads", "--repair")

    assert result.exit_code == 0
    assert result.stdout.startswith("3 of 3 files right (1 repaired, ")
    assert scenes["a"].read_bytes() == b"a" * 500


@pytest.mark.parametrize("now", [None, "another"])
def test_a_repair_says_nothing_of_a_profile_that_nobody_named(run, scenes, caplog, monkeypatch, now):
    """The key of the environment goes before none: the download asked for none, whatever is set by now."""
    if now is not None:
        monkeypatch.setenv("MLHUB_PROFILE", now)
    scenes["a"].unlink()
    caplog.clear()
    session._say_once.cache_clear()

    assert run("verify", "downloads", "--repair").exit_code == 0

    assert "goes before" not in caplog.text


def test_a_repair_tells_of_the_profile_that_the_download_named(run, scenes, caplog):
    Dataset.fetch("ds", profile="field work").download("downloads", progress=False)
    scenes["a"].unlink()
    caplog.clear()
    session._say_once.cache_clear()

    assert run("verify", "downloads", "--repair").exit_code == 0

    assert 'goes before profile="field work"' in caplog.text


def test_what_cannot_be_repaired_says_why(run, scenes, tmp_path):
    scenes["a"].unlink()
    scenes["a"].mkdir()

    result = run("verify", "downloads", "--repair")

    assert result.exit_code == 6
    assert "wrong: scenes/a/image.tif: " in result.stdout
    assert "a folder is in the way" in result.stdout
    assert "run the same command again" in result.stderr


def test_where_there_is_no_download(run, scenes):
    result = run("verify", "downloads/ds/scenes")

    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("Error: There is no download in ")
    assert "hint: It is part of the download in " in result.stderr


def test_a_dry_run_is_no_download_and_changes_none(run, scenes):
    """Neither by filters that leave other files, nor where nothing else was there."""
    assert run("download", "ds", "-o", "part", "--ids", "a").exit_code == 0
    assert run("download", "ds", "-o", "part", "--ids", "b", "--dry-run").exit_code == 0
    assert run("verify", "part").exit_code == 0

    run("download", "ds", "-o", "tried", "--dry-run")
    result = run("verify", "tried")

    assert (result.exit_code, result.stdout) == (3, "")
    assert "No download into" in result.stderr
    assert "hint: Run the same download without dry_run=True (--dry-run), then verify it" in result.stderr


def test_no_folder_is_usage(run):
    assert run("verify").exit_code == 2


def test_paths_of_several_datasets_are_whole(run, scenes, tmp_path):
    """Two datasets may have a file of the same name."""
    scenes["a"].unlink()
    (tmp_path / "downloads/ds").rename(tmp_path / "downloads/one")
    (tmp_path / "downloads/two").mkdir()
    manifest = tmp_path / "downloads/one/mlhub_stac_assets.db"
    (tmp_path / "downloads/two/mlhub_stac_assets.db").write_bytes(manifest.read_bytes())

    result = run("verify", "downloads", "--quiet")

    assert result.stdout.splitlines()[:2] == [
        f"missing: {tmp_path}/downloads/one/scenes/a/image.tif: it is not there",
        f"missing: {tmp_path}/downloads/two/scenes/a/image.tif: it is not there",
    ]


def test_in_a_process_of_its_own_a_pipe_gets_words_alone(run_process, scenes):
    """No bars where nobody looks, no colours."""
    result = run_process("verify", "downloads")

    assert (result.returncode, result.stderr) == (0, "")
    assert "\x1b" not in result.stdout
    assert "\r" not in result.stdout
