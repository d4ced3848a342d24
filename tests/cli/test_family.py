"""The commands are one family: each has help, examples that hold, and the same names for the same things."""

import re
import shlex
from collections import defaultdict
from pathlib import Path

import click
import pytest

import radiant_mlhub
from radiant_mlhub.cli import mlhub
from radiant_mlhub.cli.commands import COMMANDS
from support.scripts import run_script

DOCS = Path(__file__).parents[2] / "docs"
TEMPLATES = Path(radiant_mlhub.__file__).parent / "hub/web/templates"
EXAMPLE = re.compile(r"^ *Example: (mlhub .*)$", re.MULTILINE)
# What every command that has it calls by this name, and explains in the same way.
SHARED = (
    *("profile", "api_key", "root_url", "hub"),
    *("bbox", "intersects", "ids", "limit", "output_dir", "if_exists", "progress"),
)
ANSWERING = {
    "datasets",
    "dataset",
    "collections",
    "items",
    "models",
    "model",
    "download",
    "archive",
    "verify",
}


def whole_family():
    """Every command by the words that call it, groups and what is in them."""
    context = click.Context(mlhub, info_name="mlhub")
    found = {"mlhub": mlhub}
    for name in mlhub.list_commands(context):
        command = mlhub.get_command(context, name)
        found[f"mlhub {name}"] = command
        if isinstance(command, click.Group):
            found.update({f"mlhub {name} {each}": one for each, one in command.commands.items()})
    return found


FAMILY = whole_family()


@pytest.mark.parametrize("words", FAMILY)
def test_a_command_and_its_options_have_help(words):
    command = FAMILY[words]

    assert command.help, words
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert parameter.help.endswith("."), parameter.help


@pytest.mark.parametrize("words", FAMILY)
def test_a_command_has_examples_that_it_understands(words, tmp_path, monkeypatch):
    """Each is parsed by the command it calls; the files it speaks of are there."""
    monkeypatch.chdir(tmp_path)
    for folder in ("chips", "labels", "farms"):
        (tmp_path / folder).mkdir()
    (tmp_path / "model.json").write_text("{}")

    examples = EXAMPLE.findall(FAMILY[words].help)

    assert examples
    for example in examples:
        understand(example)


def test_a_hubs_pages_and_answers_name_commands_that_are_whole(tmp_path, monkeypatch):
    from radiant_mlhub.hub.serving.access import WRONG_KEY

    monkeypatch.chdir(tmp_path)
    (tmp_path / "FOLDER").mkdir()
    pages = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.html"))

    told = [*re.findall(r"<code>(mlhub [^<{]*)</code>", pages), WRONG_KEY.rpartition(": ")[2]]

    assert len(told) == 4
    for each in told:
        understand(each)


def understand(typed):
    """Parse what is typed by the command that it calls; it fails where something is missing."""
    _, *called = shlex.split(re.split(" >+ ", typed)[0])
    command, context = mlhub, click.Context(mlhub, info_name="mlhub", **mlhub.context_settings)
    while isinstance(command, click.Group):
        command = command.get_command(context, called.pop(0))
        assert command is not None, typed
    # Below its group: a command keeps the names of its help option that it has at first.
    with command.make_context("example", called, parent=context):
        pass


def test_the_list_says_what_the_commands_say():
    """The list is shown without loading a command; its words are the first sentence of each."""
    for name, listed in COMMANDS.items():
        assert FAMILY[f"mlhub {name}"].help.splitlines()[0] == listed.words, name


def test_the_same_option_has_the_same_name_and_words():
    meant = defaultdict(set)
    for command in FAMILY.values():
        for parameter in command.params:
            if parameter.name in SHARED:
                meant[parameter.name].add((*parameter.opts, parameter.metavar))
            if "--json" in parameter.opts:
                meant["as_json"].add((parameter.name, parameter.is_flag))
            if "--quiet" in parameter.opts:
                meant["quiet"].add((parameter.name, parameter.is_flag))

    assert {name: len(ways) for name, ways in meant.items()} == dict.fromkeys(
        [*SHARED, "as_json", "quiet"], 1
    ), meant


def test_every_command_that_answers_does_so_in_json():
    for name in ANSWERING:
        assert any("--json" in each.opts for each in FAMILY[f"mlhub {name}"].params), name


def test_help_is_grouped_and_needs_no_command(run):
    """80 columns are enough; nothing is cut."""
    shown = run("--help").stdout

    assert re.findall(r"^(\S+):$", shown, re.MULTILINE) == [
        "Options",
        "Finding",
        "Downloading",
        "Publishing",
        "Set-up",
    ]
    assert shown.count("...") == 1  # [ARGS]...
    assert max(map(len, shown.splitlines())) <= 80


def test_help_waits_for_no_library():
    """What it costs to load: 0.1 s for requests, as much again for pystac."""
    loaded = run_script(
        "import sys\n"
        "from radiant_mlhub.cli import mlhub\n"
        "try:\n"
        "    mlhub(['--help'])\n"
        "except SystemExit:\n"
        "    pass\n"
        "print(sorted({'requests', 'pystac', 'pycurl', 'pydantic', 'shapely'} & set(sys.modules)))\n"
    )
    assert loaded.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_page_in_the_documentation(name):
    """Its screens; `make screens` writes it. (Its options are in the reference that Sphinx makes.)"""
    page = DOCS / f"reference/commands/mlhub-{name}.md"

    assert page.read_text(encoding="utf-8").startswith(f"# mlhub {name}\n\n{COMMANDS[name].words}\n")
    assert f"mlhub-{name}\n" in (DOCS / "reference/commands/index.md").read_text(encoding="utf-8")
