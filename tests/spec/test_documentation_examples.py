"""The documentation's prompts run, one after the other, and print what the page shows.

They run against the recorded answers of 2022. Where the page and the run differ, the table
``DEVIATIONS`` says why. White space is not compared: the page's text has lost its indents.
"""

import ast
import builtins
import contextlib
import io
import json
import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from support import recorded_hub
from support.documentation import DOCUMENTATION, Prompt, prompts
from support.recorded_hub import RecordedHub
from support.scripted_hub import catalog_members, collection, item, tar_gz
from support.wire import Response

IS_HERE = DOCUMENTATION.is_file() and recorded_hub.available()
PROMPTS = prompts(DOCUMENTATION.read_text(encoding="utf-8")) if IS_HERE else []

pytestmark = pytest.mark.skipif(not IS_HERE, reason=f"the documentation is not at {DOCUMENTATION}")


@dataclass(frozen=True)
class Deviation:
    """How a prompt runs or prints otherwise than the page shows.

    Attributes:
        why: The decision or the fact behind it.
        prints: A part of what is printed instead; empty where nothing is.
        instead: What is run in place of the documented line; empty: nothing can be.
        raises: Name of the error the line ends with.
    """

    why: str
    prints: str = ""
    instead: str | None = None
    raises: str | None = None


RECORDING = "the recording of 2022 holds other entities, or more fields, than the page's example"
SLIP = "a slip of the documentation"
REPORT = "download() returns a report; bars and log lines go to stderr"
INSTALL = "the package index's release is the old client; this one is installed from its clone"
PLACE = "the page shows its author's folder"
GENERATED = "the entity was not recorded; the test generates a small one"

DEVIATIONS = {
    15: Deviation(INSTALL, instead=""),
    17: Deviation(INSTALL, instead=""),
    23: Deviation(PLACE, prints="Wrote profile to"),
    42: Deviation(RECORDING, prints="bigearthnet_v1: BigEarthNet"),
    55: Deviation("the title as the API gave it", prints="bigearthnet_v1: BigEarthNet"),
    66: Deviation(
        "the page shows IPython's way", prints="<class 'radiant_mlhub.models.collection.Collection'>"
    ),
    76: Deviation(
        "the root link keeps what was read: the title on the page came over the network",
        prints="'sci:doi': '10.14279/depositonce-10149'",
    ),
    123: Deviation(REPORT, prints="2,825"),
    156: Deviation("the page leaves the path out", instead="r = session.get('datasets')"),
    218: Deviation(PLACE, prints="Wrote profile to"),
    241: Deviation(
        f"{SLIP}: the profile is called project2", instead="session = get_session(profile='project2')"
    ),
    242: Deviation(
        "the documented order of resolution stands",
        instead="session.params['key']",
        prints="yet_another_api_key",
    ),
    261: Deviation(RECORDING, prints="103"),
    269: Deviation("the endpoint is made up", raises="RequestRefused"),
    272: Deviation(
        "the suite talks to loopback only", instead="session.get(another_host)", prints="<Response [200]>"
    ),
    308: Deviation(RECORDING, prints="bigearthnet_v1: BigEarthNet"),
    351: Deviation(RECORDING, prints="'id': 'idiv_asia_crop_type'"),
    361: Deviation(f"{SLIP}: this prints the id alone", prints="bigearthnet_v1"),
    381: Deviation(RECORDING, prints="'id': 'bigearthnet_v1'"),
    406: Deviation(f"{SLIP}: the id of the labels", prints="'umd_mali_crop_type_labels'"),
    447: Deviation(REPORT, prints="2,825"),
    459: Deviation(REPORT, prints="DownloadReport"),
    470: Deviation(REPORT, prints="2,825"),
    494: Deviation("a command of IPython, no Python", instead=""),
    495: Deviation(REPORT, prints="DownloadReport"),
    650: Deviation(RECORDING, prints="sample_in_edge_labels"),
    667: Deviation(RECORDING, prints="'id': 'sample_in_edge_labels'"),
    682: Deviation(
        "the address that was live, not the page's", prints="https://mlhub.earth/10.34911/rdnt.u41j87"
    ),
    721: Deviation(GENERATED, prints="5000"),
    725: Deviation(PLACE, prints="Downloads/sn1_AOI_1_RIO.tar.gz"),
    749: Deviation(PLACE, prints="sn1_AOI_1_RIO.tar.gz"),
    770: Deviation(
        RECORDING, prints="model-cyclone-wind-estimation-torchgeo-v1: Tropical Cyclone Wind Estimation"
    ),
    777: Deviation(RECORDING, prints="'inferencing-checkpoint': <Asset href=https://zenodo.org/record"),
}

BEFORE = {
    # The page's "given the following profiles file", and "as long as we haven't set...".
    232: "write_documented_profiles(); forget_environment()",
    398: "first_dataset = Dataset.fetch('umd_mali_crop_type')",
    418: "dataset = Dataset.fetch('spacenet1')",
    459: "sen12floods = Dataset.fetch_by_id('sen12floods')",
}
"""What the page's reader has at that line, and an unbroken run has not."""


@dataclass(frozen=True)
class Ran:
    """What running one prompt printed on stdout and stderr, and the error it ended with."""

    printed: str
    error: str | None
    said: str = ""


class Reader:
    """Somebody who pastes the page's lines into one interpreter, in a folder of their own."""

    def __init__(self, home: Path, hub: RecordedHub) -> None:
        self.home = home
        self.hub = hub
        self.names = {
            "__builtins__": builtins,
            "another_host": f"{hub.files.url}/mlhub/documentation",
            "write_documented_profiles": self.write_documented_profiles,
            "forget_environment": self.forget_environment,
        }

    def paste(self, prompt: Prompt) -> Ran:
        deviation = DEVIATIONS.get(prompt.line)
        code = prompt.code if deviation is None or deviation.instead is None else deviation.instead
        if not code:
            return Ran("", None)
        if prompt.is_shell:
            return self.shell(code)
        out, err, error = io.StringIO(), io.StringIO(), None
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                exec(BEFORE.get(prompt.line, ""), self.names)
                # "single" prints what an expression is, as a prompt does; it takes no bare comment.
                mode = "exec" if code.startswith("#") else "single"
                exec(compile(f"{code}\n", f"line {prompt.line}", mode), self.names)
            except Exception as raised:
                error = f"{type(raised).__name__}: {raised}"
        printed = out.getvalue().replace(self.hub.api.url, recorded_hub.API_HOSTS[1])
        return Ran(printed, error, err.getvalue())

    def shell(self, line: str) -> Ran:
        """Run a line with the commands of this environment; a key and a yes are typed in."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            line.split(),
            env={**os.environ, "PATH": path},
            input="typed-in-key\ny\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ran(done.stdout + done.stderr, None if done.returncode == 0 else done.stderr)

    def write_documented_profiles(self) -> None:
        text = DOCUMENTATION.read_text(encoding="utf-8")
        start = text.index("[default]\napi_key = default_api_key")
        end = text.index("yet_another_api_key", start) + len("yet_another_api_key")
        (self.home / ".mlhub/profiles").write_text(text[start:end] + "\n[my-profile]\napi_key = mine\n")

    def forget_environment(self) -> None:
        for name in ("MLHUB_API_KEY", "MLHUB_PROFILE"):
            os.environ.pop(name, None)


def add_what_was_not_recorded(hub: RecordedHub) -> None:
    hub.archive("sn1_AOI_1_RIO", size_bytes=5000)
    names = ("umd_mali_crop_type_source", "umd_mali_crop_type_labels")
    mali = {"id": "umd_mali_crop_type", "title": "2019 Mali CropType Training Data", "doi": None}
    types = (["source_imagery"], ["labels"])
    mali["collections"] = [{"id": name, "types": kind} for name, kind in zip(names, types, strict=True)]
    answer = Response(200, {"Content-Type": "application/json"}, json.dumps(mali).encode())
    hub.api.route("GET", f"{recorded_hub.ROOT}/datasets/umd_mali_crop_type", lambda _: answer)
    hub.files.add("/mlhub/documentation", b"{}")
    band = hub.files.add("/mlhub/sen12floods/B02.tif")
    items = [item("one", {"B02": band.href}, collection="sen12floods_s2_source")]
    members = catalog_members("sen12floods", items, [collection("sen12floods_s2_source")])
    catalog = hub.files.add("/mlhub/catalogs/sen12floods.tar.gz", tar_gz(members))
    found = Response(303, {"Location": catalog.href, "Content-Length": "0"})
    hub.api.route("GET", f"{recorded_hub.ROOT}/catalog/sen12floods", lambda _: found)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """What each prompt did, by its line and place in the line, all of them run in order."""
    home = tmp_path_factory.mktemp("home")
    (home / ".mlhub").mkdir()
    with RecordedHub() as hub, pytest.MonkeyPatch.context() as patch, no_logging_configured():
        add_what_was_not_recorded(hub)
        patch.setenv("HOME", str(home))
        patch.setenv("MLHUB_HOME", str(home / ".mlhub"))
        patch.setenv("MLHUB_ROOT_URL", hub.root_url)
        patch.setenv("MLHUB_API_KEY", "")  # so that what a prompt sets is undone at the end
        patch.setenv("MLHUB_PROFILE", "")
        patch.chdir(home)
        reader = Reader(home, hub)
        reader.write_documented_profiles()
        return {prompt: reader.paste(prompt) for prompt in PROMPTS}


@contextlib.contextmanager
def no_logging_configured():
    """As in a new interpreter; whatever a prompt configures is undone."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    root.handlers.clear()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def without_space(text: str) -> str:
    return "".join(text.split())


def is_what_the_page_shows(printed: str, prompt: Prompt) -> bool:
    """Whether the first lines that the page shows are this, whole lines; prose may follow them.

    The page's ``...`` stands for the rest, and ``..`` begins some of its lines. An expression prints
    what the page has below it: nothing is not what the page shows.
    """
    page = [without_space(line.removeprefix(".. ")) for line in prompt.shown.splitlines()]
    told = without_space(printed)
    shown_before_the_rest = page.index("...") if "..." in page else 0
    if told and shown_before_the_rest:
        return told.startswith("".join(page[:shown_before_the_rest]))
    fewest = 1 if prompt.shown and not prompt.is_shell and _is_expression(prompt.code) else 0
    return any(told == "".join(page[:count]) for count in range(fewest, len(page) + 1))


def _is_expression(code: str) -> bool:
    if code.startswith("%"):  # IPython's
        return False
    return [type(statement) for statement in ast.parse(code).body] == [ast.Expr]


@pytest.mark.parametrize("prompt", PROMPTS, ids=[f"line {prompt.line}" for prompt in PROMPTS])
def test_a_prompt_prints_what_the_page_shows(ran, prompt):
    did = ran[prompt]
    deviation = DEVIATIONS.get(prompt.line)

    if deviation is None:
        assert did.error is None
        assert is_what_the_page_shows(did.printed, prompt), did.printed
    elif deviation.raises is not None:
        assert (did.error or "").startswith(deviation.raises)
    else:
        assert did.error is None
        assert without_space(deviation.prints) in without_space(did.printed)


def test_a_download_speaks_as_the_page_shows(ran):
    """Every log line, and the words before each bar; speed, time and folder are the reader's own."""
    did, shown = next((did, prompt.shown) for prompt, did in ran.items() if prompt.line == 123)

    speech = [line for line in shown.splitlines() if "INFO:" in line or "[00:0" in line or "it/s" in line]
    assert len(speech) == 7
    for line in speech:
        words = line.removesuffix("nasa_marine_debris") if "INFO:" in line else line.partition(": ")[0]
        assert words in did.said


def test_every_deviation_is_one(ran):
    """A line that prints what the page shows needs no entry."""
    assert set(DEVIATIONS) | set(BEFORE) <= {prompt.line for prompt in PROMPTS}
    for prompt, did in ran.items():
        deviation = DEVIATIONS.get(prompt.line)
        if deviation and deviation.instead is None and deviation.raises is None:
            assert not is_what_the_page_shows(did.printed, prompt), prompt.line


def test_the_whole_page_was_read():
    assert len(PROMPTS) > 150
