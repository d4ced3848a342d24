"""The notebooks of the guides, run by a kernel of their own against the demo's hub, as a reader would."""

import base64
import io
import re
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from support.demo import hub, hub_folder
from support.interrupted import AT_ONCE_S
from support.scripted_hub import ScriptedHub, item
from support.time_limits import wait_until

__all__ = ["hub", "hub_folder"]

nbclient = pytest.importorskip("nbclient", reason="make .venv/.notebook installs what executes notebooks")
pytest.importorskip("ipykernel", reason="make .venv/.notebook installs what executes notebooks")
pytest.importorskip("geopandas", reason="pip install 'radiant-mlhub[notebook]'")
nbformat = pytest.importorskip("nbformat")

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
NOTEBOOKS = sorted(path.name for path in GUIDES.glob("*.ipynb"))


def read(name):
    return nbformat.read(GUIDES / name, as_version=4)


@pytest.fixture
def executed(hub, tmp_path, monkeypatch):
    """Executes a notebook in an empty folder; an error in a cell is an error here."""
    monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url)
    monkeypatch.setenv("MLHUB_API_KEY", hub.key)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))

    def execute(notebook):
        folder = tmp_path / "work"
        folder.mkdir()
        client = nbclient.NotebookClient(
            notebook, timeout=100, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
        )
        return client.execute().cells

    return execute


def outputs(cells, kind):
    shown = [output for cell in cells for output in cell.get("outputs", [])]
    return [output.data[kind] for output in shown if kind in output.get("data", {})]


def streams(cells, name):
    return "".join(o.text for cell in cells for o in cell.get("outputs", []) if o.get("name") == name)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebooks_are_stored_without_what_they_made(name):
    """Outputs come from running them; links lead to pages that are there."""
    notebook = read(name)
    nbformat.validate(notebook)

    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
        for target in re.findall(r"\]\(([^):]+)\)", cell.source if cell.cell_type == "markdown" else ""):
            assert (GUIDES / target).is_file(), target


def test_the_tour_goes_from_the_list_to_a_chip_with_its_labels(executed, tmp_path):
    cells = executed(read("tour.ipynb"))

    assert "demo_crops: Demo Crops" in streams(cells, "stdout")
    assert streams(cells, "stderr") == ""
    cards = "".join(outputs(cells, "text/html"))
    expected = (
        "Dataset</span>",
        "2 collections",
        "Dry run",
        "Download</span>",
        "all files are right",
        "srcdoc",
    )
    for shown in expected:
        assert shown in cards
    pictures = [pixels(data) for data in outputs(cells, "image/png")]
    assert len(pictures) == 3
    assert all(len({*map(tuple, picture.reshape(-1, picture.shape[-1]))}) > 50 for picture in pictures)
    assert (tmp_path / "work" / "tour" / "demo_crops" / "mlhub_stac_assets.db").is_file()


def test_a_download_in_a_notebook_has_one_line_a_step(executed):
    """Each updated in its place, and complete in the notebook that is saved."""
    code = "from radiant_mlhub import Dataset\nreport = Dataset.fetch('demo_floods').download('floods')\n"
    cells = executed(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)]))

    lines = [Line(html) for html in outputs(cells, "text/html")]
    steps = [line.text.split(": ")[1] for line in lines]
    every = {"download assets", "fetch stac catalog", "read stac catalog", "unpack stac catalog"}
    assert (len(steps), set(steps)) == (4, every)
    assert {line.value for line in lines} == {"100"}
    assert all(" in " in line.text for line in lines)
    assert "\r" not in streams(cells, "stderr")


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """A kernel at work in an empty folder, and who talks to it."""
    from jupyter_client.manager import start_new_kernel

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("MLHUB_API_KEY", "a-key-of-the-tests")
    folder = tmp_path / "work"
    folder.mkdir()
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder))
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def reply_to(client, message_id):
    """What a kernel answers to one message; it may not have answered all earlier ones yet."""
    for _ in range(100):
        reply = client.get_shell_msg(timeout=20)
        if reply["parent_header"]["msg_id"] == message_id:
            return reply["content"]
    raise AssertionError("a hundred answers to other messages")


INTERRUPTED = """
import os, time
os.environ["MLHUB_ROOT_URL"] = {root_url!r}
from radiant_mlhub import Dataset
try:
    Dataset.fetch("silent").download("data")
finally:  # before the kernel draws the traceback, which takes it half a second
    ended = time.monotonic()
"""
NOTHING_RUNS = """
import threading
assert ended - {began} < {at_once_s}, ended - {began}
assert not [each.name for each in threading.enumerate() if each.name.startswith("mlhub")]
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows interrupts a kernel in another way")
def test_a_cell_that_is_interrupted_ends_at_once_and_leaves_nothing(kernel, tmp_path):
    """Of servers that say nothing, or nothing more; and the next cell runs."""
    manager, client = kernel
    with ScriptedHub() as hub:
        files = [hub.file(f"{n}.bin", size_bytes=900_000, stall_after=n % 2 * 500) for n in range(40)]
        hub.publish("silent", [item(f"i{n}", {"a": file.href}) for n, file in enumerate(files)])
        # Another cell follows, which is not to be dropped for the error of this one.
        cell = client.execute(INTERRUPTED.format(root_url=hub.root_url), stop_on_error=False)
        wait_until(lambda: len(hub.asset_requests()) >= 20, seconds=30)
        began = time.monotonic()

        manager.interrupt_kernel()

        assert reply_to(client, cell)["ename"] == "KeyboardInterrupt"
        after = reply_to(client, client.execute(NOTHING_RUNS.format(began=began, at_once_s=AT_ONCE_S)))
        assert after["status"] == "ok", after
    assert list((tmp_path / "work/data").glob(".*")) == []


class Line(HTMLParser):
    """What a line of progress says, and how far its bar is."""

    def __init__(self, html):
        super().__init__()
        self.text, self.value = "", None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "progress":
            self.value = dict(attrs).get("value")

    def handle_data(self, data):
        self.text += data.strip()


def pixels(png):
    from matplotlib.image import imread

    return imread(io.BytesIO(base64.b64decode(png)))
