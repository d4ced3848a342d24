"""The command in a terminal: what a person sees, and what they do not."""

import click
import pytest

pytest.importorskip("pty", reason="pseudo-terminals are POSIX's")

from support.scripted_hub import item
from support.terminal import Terminal


def test_the_key_is_not_seen_while_it_is_typed(profiles):
    with Terminal("configure") as terminal:
        terminal.wait_for("API Key: ")
        terminal.type("typed-key\n")
        terminal.wait_for(f"Wrote profile to {profiles}")
        assert terminal.exit_code() == 0

    assert "typed-key" not in terminal.seen
    assert profiles.read_text() == "[default]\napi_key = typed-key\n"


def test_overwriting_is_asked_about(profiles):
    profiles.write_text("[default]\napi_key = 0123456789abcdef0123456789123456\n")

    with Terminal("configure") as terminal:
        terminal.wait_for("API Key: ")
        terminal.type("typed-key\n")
        terminal.wait_for("Overwrite existing API Key (****3456) [y/N]: ")
        terminal.type("n\n")
        terminal.wait_for("Aborted!")
        assert terminal.exit_code() == 1

    assert profiles.read_text() == "[default]\napi_key = 0123456789abcdef0123456789123456\n"


def test_ctrl_c_at_the_prompt(profiles):
    with Terminal("configure") as terminal:
        terminal.wait_for("API Key: ")
        terminal.type("half a ke\x03")
        terminal.wait_for("Interrupted.")
        assert terminal.exit_code() == 130

    assert not profiles.exists()


@pytest.fixture
def large(hub):
    """A dataset of three files that are small, whatever the hub says: 24 GB."""
    hub.publish(
        "ds",
        [
            item(name, {"image": hub.file(f"{name}.tif").href}, bbox=[x, 0, x, 0])
            for name, x in zip("abc", (1, 2, 3), strict=True)
        ],
    )
    hub.answer(
        "catalog/ds/info",
        body={"dataset": "ds", "stac_catalog_size": 1, "estimated_dataset_size": 24_000_000_000},
    )
    return hub


QUESTION = "About 24.0 GB in 3 files would come; "


def test_before_a_large_download_is_a_question(large, tmp_path):
    with Terminal("download", "ds") as terminal:
        terminal.wait_for(QUESTION)
        terminal.wait_for("are free. Go on? [y/N]: ")
        terminal.type("n\n")
        terminal.wait_for("Aborted!")
        assert terminal.exit_code() == 1

    assert not list(tmp_path.rglob("*.tif"))

    with Terminal("download", "ds") as terminal:
        terminal.wait_for("Go on? [y/N]: ")
        terminal.type("y\n")
        assert terminal.exit_code() == 0

    assert len(list(tmp_path.rglob("*.tif"))) == 3


@pytest.mark.parametrize(
    ("words", "files"),
    [(["--yes"], 3), (["--bbox", "0,0,1.5,1"], 1), (["--dry-run"], 0), (["--catalog-only"], 0)],
)
def test_no_question_where_none_is_due(large, tmp_path, words, files):
    """It was answered beforehand; the filters leave a third, 8 GB; nothing large would come."""
    with Terminal("download", "ds", *words) as terminal:
        assert terminal.exit_code() == 0

    assert "Go on?" not in terminal.seen
    assert len(list(tmp_path.rglob("*.tif"))) == files


def test_a_script_is_asked_nothing(large, tmp_path, run_process):
    result = run_process("download", "ds")

    assert (result.returncode, "Go on?" in result.stderr) == (0, False)
    assert len(list(tmp_path.rglob("*.tif"))) == 3


def test_a_terminal_sees_colours_unless_it_wants_none(large, monkeypatch):
    """The words are the same."""
    with Terminal("datasets") as coloured:
        assert coloured.exit_code() == 0
    monkeypatch.setenv("NO_COLOR", "1")
    with Terminal("datasets") as plain:
        assert plain.exit_code() == 0

    assert "\x1b[" in coloured.seen
    assert "\x1b[" not in plain.seen
    assert click.unstyle(coloured.seen) == plain.seen
    assert plain.seen.splitlines() == [
        "ID  TITLE     TAGS",
        "ds  About ds",
        "hint: what is in one: mlhub dataset ds",
    ]
