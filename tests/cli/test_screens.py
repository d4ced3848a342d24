"""The screens in the documentation are those that the commands show now, with colours and without."""

import re
import sys
from importlib.metadata import version

import pytest

pytest.importorskip("pty", reason="pseudo-terminals are POSIX's")

from screens.pages import NARROW, PAGES, WIDE, written_pages
from screens.recording import recorder
from support.demo import hub, hub_folder

__all__ = ["hub", "hub_folder"]

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_BAR = re.compile(r"%\||^demo_crops: (fetch stac|read stac|unpack stac|download assets)")
_MAKE = "the screens have changed: make screens, and look at what git says of docs/reference/commands"

# Recorded again in 80 columns alone: what differs in more of them are bars and line ends.
ONCE = (
    *("archive", "download-model", "catalog", "publish", "publish-model"),
    *("hub", "serve", "unpublish", "completion", "demo"),
)

pytestmark = [
    pytest.mark.skipif(
        tuple(map(int, version("click").split(".")[:2])) < (8, 5),
        reason="older releases of click word helps and completion in another way",
    ),
    pytest.mark.skipif(sys.platform != "linux", reason="folders and file systems are shown as on Linux"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def narrow(hub):
    """Every command in 80 columns, with colours."""
    with recorder(hub) as record:
        return record.record(NARROW)


@pytest.fixture(scope="module")
def wide(hub):
    """In 200 columns, for somebody who wants no colours: what is shown otherwise there."""
    with recorder(hub) as record:
        return record.record(WIDE, colour=False, without=ONCE)


def comparable(page):
    """A page without what differs from machine to machine: versions, and how far a bar or a time came."""
    if page.startswith("# mlhub doctor"):
        # Names of what is looked at: versions, disks, and which extras are missing, are the machine's own.
        names = re.findall(r"^(?:ok|note|problem) +(\w+)", page, re.MULTILINE)
        return [name for name in names if name != "extra"]
    return [line for line in page.splitlines() if not _BAR.search(line)]


@pytest.mark.parametrize("name", [path.name for path in sorted(PAGES.glob("*.md"))])
def test_a_page_shows_what_the_command_shows(narrow, wide, name):
    pages = written_pages(narrow, wide)
    kept = (PAGES / name).read_text(encoding="utf-8")
    if name.removeprefix("mlhub-").removesuffix(".md") in ONCE:
        kept = kept.partition("\n## In 200 columns")[0]

    assert comparable(pages[name]) == comparable(kept), _MAKE


def test_every_command_has_a_page(narrow):
    assert {path.name for path in PAGES.glob("*.md")} == set(written_pages(narrow, {})), _MAKE


def test_colours_are_there_and_can_be_unwanted(narrow, wide):
    assert all(
        _COLOUR.search(screens[0].written) for screens in map(narrow.get, ("datasets", "dataset", "doctor"))
    )
    for screens in wide.values():
        for screen in screens:
            assert not _COLOUR.search(screen.written), screen.words


def test_no_command_of_the_screens_has_a_fault(narrow, wide):
    """70 is what a traceback ends with here."""
    for screens in (*narrow.values(), *wide.values()):
        for screen in screens:
            assert screen.code != 70, screen
            assert "Traceback" not in screen.written
