"""Ctrl-C at any place at which the interpreter looks for it: it is told as such, and nothing is left.

A signal sent to a process hits whatever is slow, and so the same few places again and again. Here it
comes to places that are passed within a microsecond, too.
"""

import json
import random
import sys

import pytest

from support.places import Place
from support.scripted_hub import item
from support.whole_downloads import PublishedDataset, ended_well

SEED = 20261127
SAMPLE = 12
# Where Ctrl-C was told as an error of libcurl's, was lost, or left a folder locked for the whole program.
SEEN_TO_FAIL = (
    *("CurlCarrier._free", "Line.finish", "Run.close", "CurlCarrier.close"),
    *("_locked", "_take", "_give_back", "_drop"),
)

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="the places are those of one version's bytecode"
)


@pytest.mark.timeout(100)
def test_ctrl_c_is_told_wherever_it_comes_and_nothing_is_left(interpreter, hub, tmp_path):
    PublishedDataset(hub, small=4, large_bytes=[1_300_000])
    seen = places_of_a_whole_run(interpreter, hub, tmp_path / "whole")
    chance = random.Random(SEED)
    chosen = chance.sample(sorted(seen), SAMPLE)
    for function in SEEN_TO_FAIL:
        chosen += chance.sample(sorted(place for place in seen if place.function == function), 2)

    wrong = []
    for number, place in enumerate(chosen):
        nth = chance.randint(1, seen[place])
        folder = tmp_path / str(number)
        run = interpreter.start(hub.root_url, folder, places=(tmp_path / "seen", place, nth))
        run.wait()
        was_reached = dict_of(tmp_path / "seen").get(place, 0) >= nth
        told = run.told.get("error"), run.told.get("threads"), run.told.get("open")
        if was_reached and told != ("KeyboardInterrupt", [], []):
            wrong.append((place, nth, told, run.told.get("trace")))

    assert wrong == []
    assert ended_well(interpreter.start(hub.root_url, tmp_path / "0"))


def test_ctrl_c_in_a_function_that_sqlite_calls_is_told_as_such(interpreter, hub, tmp_path):
    """SQLite says no more of it than that the function raised."""
    href = hub.file("guide.pdf", b"How to read the labels").href
    hub.publish("shared", [item(id_, {"documentation": href}) for id_ in "ab"])
    how = {"dataset_id": "shared", "dry_run": True}  # which names no files later on
    seen = places_of_a_whole_run(interpreter, hub, tmp_path / "whole", **how)
    place = next(place for place in seen if place.function == "folded")

    run = interpreter.start(
        hub.root_url, tmp_path / "stopped", places=(tmp_path / "seen", place, seen[place]), **how
    )
    run.wait()

    assert run.told["error"] == "KeyboardInterrupt", run.told
    assert "sqlite3.OperationalError" in run.told["trace"]


def places_of_a_whole_run(interpreter, hub, folder, **how):
    file = folder.with_suffix(".places")
    assert ended_well(interpreter.start(hub.root_url, folder, places=(file, None, 0), **how))
    return dict_of(file)


def dict_of(file):
    return {Place(*place): count for place, count in json.loads(file.read_text())}
