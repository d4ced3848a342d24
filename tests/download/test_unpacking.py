"""A catalog archive on disk: by this process, or by one beside it."""

import io
import os
import re
import subprocess
import sys
import tarfile

import pytest

from radiant_mlhub.exceptions import CatalogBroken, DirectoryUnusable
from radiant_mlhub.sources import tree, unpacking
from radiant_mlhub.sources.unpacking import Helper, helper, unpack
from support.scripts import run_script

MADE_AT = 1_600_000_000
FILES = {"c/collection.json": b"{}", "c/a/a.json": b'{"id": "a"}', "c/b/b.json": b'{"id": "b"}'}


# Writes into a folder for 0.2 s, as long as there is one.
WRITER = """
import contextlib, itertools, sys, time
end = time.monotonic() + 0.2
for number in itertools.count():
    with contextlib.suppress(OSError):
        open(f"{sys.argv[1]}/new{number}", "wb").close()
    if number == 0:
        print("writing", flush=True)
    if time.monotonic() > end:
        break
"""


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "ds.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, content in FILES.items():
            member = tarfile.TarInfo(f"ds/{name}")
            member.size, member.mtime = len(content), MADE_AT
            tar.addfile(member, io.BytesIO(content))
    return path


def files_in(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_files_come_with_the_archives_time(archive, tmp_path):
    told = list(unpack(archive, "ds", tmp_path / "ds"))

    assert told == list(FILES)
    assert files_in(tmp_path / "ds") == FILES
    assert {(tmp_path / "ds" / name).stat().st_mtime for name in FILES} == {MADE_AT}


def test_what_is_there_already_is_left_alone(archive, tmp_path):
    list(unpack(archive, "ds", tmp_path / "ds"))
    before = [(tmp_path / "ds" / name).stat().st_ino for name in FILES]

    list(unpack(archive, "ds", tmp_path / "ds"))

    assert [(tmp_path / "ds" / name).stat().st_ino for name in FILES] == before


def test_what_a_killed_run_left_half_written_goes(archive, tmp_path):
    stage = tmp_path / "ds" / f"{tree.STAGE}1"
    stage.mkdir(parents=True)
    (stage / "file").write_bytes(b"half")

    list(unpack(archive, "ds", tmp_path / "ds"))

    assert files_in(tmp_path / "ds") == FILES
    assert not stage.exists()


def test_one_that_is_just_ending_does_not_disturb_the_next(archive, tmp_path):
    """A killed run's process beside it may still write for a moment, into a folder that is being deleted."""
    stage = tmp_path / "ds" / f"{tree.STAGE}1"
    stage.mkdir(parents=True)
    for number in range(2000):  # so that deleting takes longer than writing one
        (stage / f"old{number}").touch()
    with subprocess.Popen([sys.executable, "-c", WRITER, stage], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "writing\n"

        list(unpack(archive, "ds", tmp_path / "ds"))

    assert files_in(tmp_path / "ds") == FILES
    assert tree.is_swept(tmp_path / "ds")


@pytest.mark.parametrize("place", ["../a.json", "c/../../a.json", "c/../a.json"])
def test_a_place_outside_is_refused(tmp_path, place):
    """Whatever a source calls a place."""
    with tree.Tree(tmp_path / "ds") as folder, pytest.raises(OSError, match="leads outside"):
        folder.put(place, b"{}")

    assert files_in(tmp_path) == {}


def test_a_link_that_leads_outside_is_refused(archive, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "ds").mkdir()
    (tmp_path / "ds/c").symlink_to(tmp_path / "outside")

    with pytest.raises(DirectoryUnusable, match="is a link that leads outside"):
        list(unpack(archive, "ds", tmp_path / "ds"))

    assert files_in(tmp_path / "outside") == {}


def test_a_file_where_a_folder_is_needed_is_told(archive, tmp_path):
    (tmp_path / "ds").mkdir()
    (tmp_path / "ds/c").write_bytes(b"a file")

    with pytest.raises(DirectoryUnusable, match="a folder is needed there"):
        list(unpack(archive, "ds", tmp_path / "ds"))


def test_a_process_beside_this_one_does_the_same(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "WORTH_A_PROCESS_BYTES", 0)
    told = []

    with helper(archive, "ds", tmp_path / "ds") as beside:
        assert beside is not None
        assert beside.wait(told.append)

    assert sum(told) == len(FILES)
    assert files_in(tmp_path / "ds") == FILES


def test_a_small_archive_is_not_worth_a_process(archive, tmp_path):
    with helper(archive, "ds", tmp_path / "ds") as beside:
        assert beside is None


def test_a_process_writes_nothing_of_an_archive_that_is_cut(archive, tmp_path):
    """Its last CRC is looked at first; this process then tells what is wrong."""
    archive.write_bytes(archive.read_bytes()[:-9])

    beside = Helper(archive, "ds", tmp_path / "ds")
    is_done = beside.wait(lambda _: None)
    beside.stop()

    assert not is_done
    assert not (tmp_path / "ds").exists()
    with pytest.raises(CatalogBroken, match="cut short"):
        list(unpack(archive, "ds", tmp_path / "ds"))


def test_a_process_that_is_stopped_leaves_nothing_half_written(archive, tmp_path, monkeypatch):
    """As when a filter leaves no asset: whole files stay, the folder it wrote in goes."""
    monkeypatch.setattr(unpacking, "WORTH_A_PROCESS_BYTES", 0)
    with helper(archive, "ds", tmp_path / "ds"):
        (tmp_path / "ds" / f"{tree.STAGE}1").mkdir(parents=True)

    assert files_in(tmp_path / "ds").items() <= FILES.items()
    assert tree.is_swept(tmp_path / "ds")


def test_a_process_that_is_stopped_is_gone(archive, tmp_path):
    beside = Helper(archive, "ds", tmp_path / "ds")

    beside.stop()

    with pytest.raises(ChildProcessError):
        os.waitpid(beside._process.pid, os.WNOHANG)


UNPACKING = """
import sys
from pathlib import Path
from radiant_mlhub.sources import unpacking
assert list(unpacking.unpack(Path({archive!r}), "ds", Path({folder!r})))
print(*sys.modules)
print(Path("/proc/self/status").read_text() if sys.platform == "linux" else "")
"""
HEAVY = {
    "requests",
    "urllib3",
    "http.client",
    "ssl",
    "hashlib",
    "inspect",
    "sqlite3",
    "pycurl",
    "shapely",
    "pystac",
}


def test_what_the_process_runs_loads_little(archive, tmp_path):
    """14 MiB on 64-bit Linux, of which Python takes 9; with requests and OpenSSL they would be 30."""
    said = run_script(UNPACKING.format(archive=str(archive), folder=str(tmp_path / "ds"))).stdout

    loaded, _, status = said.partition("\n")
    assert "radiant_mlhub.tar_reader" in loaded.split()
    assert HEAVY & set(loaded.split()) == set()
    if sys.platform == "linux":
        peak_kib = int(re.search(r"VmHWM:\s*(\d+)", status)[1])
        assert peak_kib < 20 * 1024


@pytest.mark.parametrize(
    ("executable", "is_one"),
    [
        ("/usr/bin/python3.12", True),
        ("/opt/conda/bin/pypy3", True),
        ("python.exe", True),
        ("/usr/bin/qgis", False),
        ("/Applications/Blender.app/Contents/MacOS/Blender", False),
        ("", False),
        (None, False),
    ],
)
def test_only_python_itself_is_started_as_a_helper(executable, is_one):
    """In a desktop program's console, ``sys.executable`` is that program."""
    assert unpacking.is_python(executable) is is_one
