"""Tables and details: cut to a terminal's width, whole in a pipe."""

import contextlib
import io
import os

import click
import pytest

from radiant_mlhub.cli.tables import print_details, print_table, shown_width

ROWS = [
    (
        "nasa_marine_debris",
        "Marine Debris Dataset for Object Detection",
        "ocean, plastic",
    ),
    ("a", "", ""),
]


def titles_and_tags(rows):
    print_table(("id", "title", "tags"), rows, prose=("title", "tags"))


class Terminal(io.StringIO):
    def isatty(self):
        return True


def printed(print_it, *args, columns, monkeypatch):
    """What is printed to a terminal of so many columns; None is a pipe."""
    out = io.StringIO() if columns is None else Terminal()
    if columns is not None:
        monkeypatch.setenv("COLUMNS", str(columns))
    with contextlib.redirect_stdout(out):
        print_it(*args)
    return click.unstyle(out.getvalue())


def test_a_pipe_gets_every_letter_and_no_head(monkeypatch):
    shown = printed(titles_and_tags, ROWS, columns=None, monkeypatch=monkeypatch)

    assert shown == ("nasa_marine_debris  Marine Debris Dataset for Object Detection  ocean, plastic\na\n")


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (
            200,
            "ID                  TITLE                                       TAGS\n"
            "nasa_marine_debris  Marine Debris Dataset for Object Detection  ocean, plastic\n"
            "a\n",
        ),
        (
            60,
            "ID                  TITLE                     TAGS\n"
            "nasa_marine_debris  Marine Debris Dataset f…  ocean, plastic\n"
            "a\n",
        ),
        (
            40,
            "ID                  TITLE      TAGS\n"
            "nasa_marine_debris  Marine D…  ocean, p…\n"
            "a\n",
        ),
        (30, "ID                  TITLE\nnasa_marine_debris  Marine De…\na\n"),
        (10, "ID\nnasa_marine_debris\na\n"),
    ],
)  # fmt: skip
def test_a_terminal_gets_what_fits(columns, text, monkeypatch):
    """The widest columns give way first, and the last vanish before an id is cut: ids are copied."""
    shown = printed(titles_and_tags, ROWS, columns=columns, monkeypatch=monkeypatch)

    assert shown == text


def test_wide_letters_take_two_columns(monkeypatch):
    rows = [("作物", "x"), ("crops", "y")]

    shown = printed(print_table, ("id", "t"), rows, columns=None, monkeypatch=monkeypatch)

    assert shown == "作物   x\ncrops  y\n"
    assert shown_width("e\u0301") == 1


def test_what_others_wrote_cannot_move_the_cursor(monkeypatch):
    """Titles are the hub's: no escape sequence and no second line comes out of one."""
    shown = printed(
        print_table, ("id", "t"), [("a", "red \x1b[31m\nand\tmore")], columns=None, monkeypatch=monkeypatch
    )

    assert shown == "a  red [31m and more\n"


def test_details_wrap_under_their_value(monkeypatch):
    details = [("id", "a"), ("collection", "one"), ("collection", "two"), ("about", "words " * 6)]

    assert printed(print_details, details, columns=30, monkeypatch=monkeypatch) == (
        "id          a\n"
        "collection  one\n"
        "            two\n"
        "about       words words words\n"
        "            words words words\n"
    )
    assert printed(print_details, details, columns=None, monkeypatch=monkeypatch).splitlines()[-1] == (
        "about       words words words words words words"
    )


def test_an_encoding_that_lacks_a_letter_is_no_error(run_process, hub):
    hub.publish("ds")
    hub.datasets["ds"]["title"] = "作物"
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1:strict"}

    result = run_process("datasets", env=environment)

    assert (result.returncode, result.stdout) == (0, "ds  \\u4f5c\\u7269\n")
