"""``--progress``: events for programs, lines for logs, and nothing where nobody reads."""

import json

import pytest

from radiant_mlhub.cli.progress import LongStepsTold, told_progress
from radiant_mlhub.progress_events import ProgressEvent
from support.scripted_hub import item


@pytest.fixture
def hub(hub):
    hub.publish("ds", [item("a", {"image": hub.file("a.tif", b"a" * 5000).href})])
    hub.models["net"] = item("net", {"weights": hub.file("w.pt", b"w" * 2000).href})
    hub.archive("labels", b"archive")
    return hub


@pytest.mark.parametrize(
    ("words", "phases"),
    [
        (["download", "ds"], {"catalog", "index", "unpack", "assets"}),
        (["download-model", "net"], {"model"}),
        (["archive", "labels"], {"archive"}),
    ],
)
def test_a_program_reads_events(run, hub, words, phases):
    """A JSON object a line, on stderr; the answer on stdout stays alone."""
    result = run(*words, "--progress", "json", "--json")

    events = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    assert result.exit_code == 0
    assert {event["phase"] for event in events} == phases
    assert {event["phase"] for event in events if event["ended"]} == phases
    assert {"files_done", "files_total", "bytes_done", "bytes_total", "bytes_per_s", "seconds_left"} <= set(
        events[0]
    )
    assert isinstance(json.loads(result.stdout), dict)


def test_verify_tells_events_too(run, hub):
    run("download", "ds", "--quiet")

    result = run("verify", "ds", "--progress", "json")

    last = json.loads(result.stderr.splitlines()[-1])
    assert (last["phase"], last["ended"], last["files_done"]) == ("verify", True, 2)


@pytest.mark.parametrize("words", [[], ["--progress", "off"], ["--quiet"]])
def test_a_pipe_hears_nothing_of_what_is_quick(run, hub, words):
    result = run("download", "ds", *words)

    assert [line for line in result.stderr.splitlines() if not line.startswith("hint:")] == []


def test_a_log_hears_every_half_minute_of_what_takes_long(capsys):
    """And how it ended."""
    told = LongStepsTold()

    for seconds in (0, 10, 29, 31, 45, 60.5, 62, 70):
        told(ProgressEvent("assets", "ds", int(seconds), 70, seconds=float(seconds)))
    told(ProgressEvent("assets", "ds", 70, 70, seconds=71.0, ended=True))
    told(ProgressEvent("unpack", "ds", 70, 70, seconds=3.0, ended=True))

    said = capsys.readouterr().err.splitlines()
    assert [line.partition("/")[0].rpartition(" ")[2] for line in said] == ["31", "62", "70"]
    assert all(line.startswith("ds: download assets: ") for line in said)


def test_quiet_goes_before_auto_and_not_before_a_program():
    assert told_progress("auto", quiet=True) is False
    assert callable(told_progress("json", quiet=True))
