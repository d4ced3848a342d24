"""Few connections, little memory, no surprises for the program around it."""

import logging
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from radiant_mlhub import Dataset
from support.fault_server import made_up
from support.scripted_hub import item
from support.scripts import download_script, run_script, started_script
from support.terminals import Terminal
from support.time_limits import wait_until
from support.wire import Response


def publish_many(hub, count, **script):
    files = [hub.file(f"{n}.tif", size_bytes=1000, **script) for n in range(count)]
    hub.publish("ds", [item(f"i{n}", {"image": scene.href}) for n, scene in enumerate(files)])
    return files


@pytest.mark.weakness(61)
def test_connections_are_used_again(hub, tmp_path):
    """400 assets need no more connections than may be open at once."""
    publish_many(hub, 400)

    Dataset.fetch("ds").download(tmp_path)

    assert len({request.connection for request in hub.asset_requests()}) <= 256


@pytest.mark.weakness(62)
def test_ctrl_c_ends_the_run_and_not_the_queue(hub, tmp_path):
    """120 slow assets, interrupted after the first: few more are asked for, and the process ends."""
    publish_many(hub, 120, delay_s=0.2)

    with started_script(download_script(tmp_path)) as running:
        wait_until(lambda: any(r.bytes_sent for r in hub.asset_requests()), seconds=20)
        running.send_signal(signal.SIGINT)
        code = running.wait(timeout=8)

    assert code != 0
    assert len(hub.asset_requests()) <= 70


@pytest.mark.weakness(62)
def test_the_number_of_connections_is_the_callers_to_choose(hub, tmp_path):
    publish_many(hub, 40)

    Dataset.fetch("ds").download(tmp_path, max_connections=2)

    assert len({request.connection for request in hub.asset_requests()}) <= 3


@pytest.mark.weakness(63)
@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the peak on Linux only")
def test_an_archive_does_not_pile_up_in_memory(hub, tmp_path):
    """Its first piece is the slowest one: the other 40 MB are not held back for it in memory."""
    size_bytes = 60_000_000
    content = made_up(1_000_000) * 60

    def in_ranges(request):
        first, _, last = (request.headers.get("Range") or "bytes=0-")[len("bytes=") :].partition("-")
        start, end = int(first), min(int(last or size_bytes), size_bytes - 1)
        head = {"Content-Length": str(end + 1 - start), "Accept-Ranges": "bytes", "ETag": '"one"'}
        if "Range" in request.headers:
            head["Content-Range"] = f"bytes {start}-{end}/{size_bytes}"
        return Response(206 if "Range" in request.headers else 200, head, slowly(start, end + 1))

    def slowly(start, end):
        if start == 0:
            until = time.monotonic() + 1.0
            while time.monotonic() < until and hub.blobs.bytes_sent() < size_bytes * 0.6:
                time.sleep(0.01)
        for place in range(start, end, 1_000_000):
            yield content[place : min(place + 1_000_000, end)]

    hub.archive("small", size_bytes=1000)
    hub.answer("archive/scenes", 303, Location=f"{hub.blobs.url}/big/scenes.tar.gz")
    hub.blobs.route("GET", "/big", in_ranges)

    printed = run_script(
        "import re\n"
        "from pathlib import Path\n"
        "from radiant_mlhub.client import download_collection_archive\n"
        "def peak_kib():\n"
        "    return int(re.search('VmHWM:(.*)kB', Path('/proc/self/status').read_text())[1])\n"
        f"download_collection_archive('small', {str(tmp_path)!r})\n"
        "before = peak_kib()\n"
        f"download_collection_archive('scenes', {str(tmp_path)!r})\n"
        "print(peak_kib() - before)\n"
    ).stdout

    assert (tmp_path / "scenes.tar.gz").read_bytes() == content
    # 0.5.5 grows by more than the archive; buffers of a fixed size are no pile.
    assert int(printed.split()[-1]) * 1024 < size_bytes * 2 / 3


@pytest.mark.weakness(64)
def test_a_second_run_asks_for_no_asset(hub, tmp_path):
    """What is known to be whole is not asked about again."""
    publish_many(hub, 20)
    Dataset.fetch("ds").download(tmp_path)
    before = len(hub.asset_requests())

    Dataset.fetch("ds").download(tmp_path)

    assert before >= 20
    assert hub.asset_requests()[before:] == []


@pytest.mark.weakness(65)
def test_bars_can_be_turned_off(hub, tmp_path, capfd):
    publish_many(hub, 2)

    Dataset.fetch("ds").download(tmp_path, progress=False)

    shown = capfd.readouterr().err
    assert "it/s" not in shown
    assert "download assets" not in shown


@pytest.mark.weakness(65)
def test_the_bar_of_the_catalog_counts_its_bytes_right(hub, tmp_path, monkeypatch):
    """150,000 bytes in many pieces: the bar ends at their sum, and it is closed."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    publish_many(hub, 2)
    archive = hub.publish(
        "ds", [item("a", {"image": hub.file("a.tif").href})], members={"ds/noise.bin": made_up(150_000)}
    )

    Dataset.fetch("ds").download(tmp_path, catalog_only=True)

    shown = [line for line in terminal.getvalue().replace("\r", "\n").split("\n") if "fetch stac" in line]
    kilobytes = len(archive.content) / 1000
    assert f"100%|██████████| {kilobytes}/{kilobytes} " in shown[-1]


@pytest.mark.weakness(66)
def test_the_logging_of_the_program_around_it_is_left_alone(hub, tmp_path):
    """Nothing is set on the root logger, neither by the import nor by a download."""
    publish_many(hub, 1)

    printed = run_script(
        "import logging\n"
        "before = list(logging.root.handlers), logging.root.level\n"
        + download_script(tmp_path)
        + "print((list(logging.root.handlers), logging.root.level) == before)\n"
    ).stdout

    assert printed.split()[-1] == "True"


@pytest.mark.weakness(66)
def test_a_failed_asset_is_a_line_and_not_a_traceback(hub, tmp_path, caplog):
    hub.publish("ds", [item("a", {"image": hub.file("a.tif", status=400).href})])

    with caplog.at_level(logging.INFO), pytest.raises(OSError, match=r"err_report\.csv"):
        Dataset.fetch("ds").download(tmp_path)

    assert "Traceback" not in caplog.text


@pytest.mark.weakness(67)
def test_a_download_says_what_it_did(hub, tmp_path):
    files = publish_many(hub, 3)

    report = Dataset.fetch("ds").download(tmp_path)

    assert (report.planned, report.fetched, report.kept, report.failed) == (3, 3, 0, 0)
    assert report.bytes_fetched == sum(len(scene.content) for scene in files)
    assert {path.name for path in report.paths} == {"image.tif"}


@pytest.mark.weakness(67)
def test_a_dry_run_says_what_it_would_do(hub, tmp_path):
    publish_many(hub, 3)

    report = Dataset.fetch("ds").download(tmp_path, dry_run=True)

    assert (report.planned, report.fetched) == (3, 0)
    assert hub.asset_requests() == []


@pytest.mark.weakness(68)
def test_both_sizes_of_a_dataset_are_one_question(hub):
    hub.publish("ds")
    dataset = Dataset.fetch("ds")
    before = len(hub.api.requests)

    assert dataset.stac_catalog_size
    assert dataset.estimated_dataset_size == 12345

    assert len(hub.api.requests) == before + 1


@pytest.mark.weakness(69)
def test_the_shell_can_look_around_download_and_check(hub, tmp_path):
    """The command of the same environment, without a line of Python."""
    publish_many(hub, 2)
    mlhub = Path(sys.executable).with_name("mlhub")

    for words in (["datasets"], ["dataset", "ds"], ["download", "ds"], ["verify", "ds"]):
        done = subprocess.run([mlhub, *words], cwd=tmp_path, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, words
        assert done.stdout, words

    assert len(list(tmp_path.rglob("image.tif"))) == 2


@pytest.mark.weakness(70)
@pytest.mark.not_under_the_original(
    "names that only Windows refuses: a test of our functions that name files"
)
@pytest.mark.parametrize("name", ["a:b", "what?", "star*", "CON", "nul.tif", "COM1", "dot.", "space "])
def test_names_that_windows_refuses_are_written_otherwise(name):
    """Pure functions, on every system: the stored name holds nothing Windows refuses."""
    from radiant_mlhub.layout import safe_component

    stored = safe_component(name)

    assert not set(stored) & set('<>:"/\\|?*')
    assert stored.partition(".")[0].upper() not in {"CON", "NUL", "COM1"}
    assert stored[-1] not in ". "


@pytest.mark.weakness(71)
def test_an_import_changes_nothing_outside(hub):
    """The wire log of http.client stays as the program set it."""
    printed = run_script(
        "import http.client, logging\n"
        "http.client.HTTPConnection.debuglevel = 7\n"
        "import radiant_mlhub, radiant_mlhub.cli, radiant_mlhub.client.catalog_downloader\n"
        "print(http.client.HTTPConnection.debuglevel)\n"
    ).stdout

    assert printed.split() == ["7"]


@pytest.mark.weakness(71)
def test_nothing_looks_at_the_test_environment(hub, tmp_path, monkeypatch):
    """A suite of its user downloads what it asks for."""
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "theirs")
    monkeypatch.setenv("MLHUB_CI", "1")
    scene = publish_many(hub, 1)[0]

    run_script(download_script(tmp_path))

    assert (tmp_path / "ds/scenes/i0/image.tif").read_bytes() == scene.content
