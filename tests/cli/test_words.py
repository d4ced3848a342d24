"""Errors and hints: broken between words in a terminal, whole in a log."""

import contextlib
import io

import click
import pytest

from radiant_mlhub.cli.words import error, hint
from support.terminals import Terminal


@pytest.fixture
def said(monkeypatch):
    """What a terminal of 40 columns is told by a call; ``into`` is another stream."""
    monkeypatch.setenv("COLUMNS", "40")

    def call(say, text, into=None):
        stream = Terminal() if into is None else into
        with contextlib.redirect_stderr(stream):
            say(text)
        return click.unstyle(stream.getvalue())

    return call


def test_a_terminal_gets_whole_words_under_each_other(said):
    assert said(error, "api.radiant.earth does not answer as a hub any more") == (
        "Error: api.radiant.earth does not answer\n"
        "       as a hub any more\n"
    )  # fmt: skip


def test_a_command_to_copy_stays_on_its_line(said):
    """Copied over two lines, it would be two commands."""
    assert said(hint, "all there are, and much more: mlhub items demo_crops_source --limit 0") == (
        "hint: all there are, and much more:\n"
        "      mlhub items demo_crops_source --limit 0\n"
    )  # fmt: skip


def test_a_log_gets_a_line(said):
    text = "all there are, and much more than that: mlhub items demo_crops_source --limit 0"

    assert said(hint, text, io.StringIO()) == f"hint: {text}\n"


def test_what_would_command_the_terminal_is_shown(said):
    assert said(hint, "a\x1b[2Jb \x9bc \rd", io.StringIO()) == "hint: a\\x1b[2Jb \\x9bc \\x0dd\n"
