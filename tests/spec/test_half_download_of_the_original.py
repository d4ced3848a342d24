"""A folder that client 0.5.5 left half filled, killed midway, is finished by this one."""

from pathlib import Path

import pytest

from radiant_mlhub import Dataset
from support.scripted_hub import ScriptedHub, item
from support.scripts import download_script, started_script
from support.time_limits import wait_until

ORIGINAL = Path(__file__).parents[2] / ".venv-original/bin"
KEY = "the-key-of-the-tests-0123456789"

pytestmark = pytest.mark.skipif(
    not (ORIGINAL / "mlhub").is_file(),
    reason="client 0.5.5 is not installed; `make test-original` installs it",
)


@pytest.fixture
def hub(monkeypatch):
    with ScriptedHub() as running:
        monkeypatch.setenv("MLHUB_ROOT_URL", running.root_url)
        monkeypatch.setenv("MLHUB_API_KEY", KEY)
        yield running


def publish(hub):
    """Forty quick assets and a slow one, a document shared by all, and a .tiff beside a .tif."""
    document = hub.file("documentation.pdf", size_bytes=3000)
    slow = hub.file("slow.tif", size_bytes=2_000_000, trickle_s=0.02, piece_bytes=20_000)
    items = [
        item(
            f"i{n}",
            {
                "image": hub.file(f"{n}.tif", size_bytes=5000 + n).href,
                "mask": hub.file(f"{n}.tiff", size_bytes=400 + n).href,
                "documentation": document.href,
            },
        )
        for n in range(20)
    ]
    hub.publish("ds", [item("slow", {"image": slow.href}), *items])
    return slow


def tree(folder):
    """Every file below ``folder`` and its bytes; the manifest aside, which holds times."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("mlhub_stac_assets.db")
    }


def leave_half(hub, folder):
    """Let 0.5.5 download into ``folder`` and kill it once the slow asset is half there."""
    image = folder / "ds/scenes/slow/image.tif"
    with started_script(download_script(folder), python=ORIGINAL / "python"):
        wait_until(lambda: image.exists() and image.stat().st_size >= 500_000, seconds=30)


def test_a_half_filled_folder_is_finished(hub, tmp_path):
    """Every file is then what a fresh download would have brought."""
    slow = publish(hub)
    leave_half(hub, tmp_path / "half")
    left_bytes = (tmp_path / "half/ds/scenes/slow/image.tif").stat().st_size
    assert 0 < left_bytes < len(slow.content)

    Dataset.fetch("ds").download(tmp_path / "half")

    Dataset.fetch("ds").download(tmp_path / "fresh")
    assert tree(tmp_path / "half") == tree(tmp_path / "fresh")


def test_what_the_original_had_finished_is_not_fetched_again(hub, tmp_path):
    """Its whole files are adopted: compared with what the server says of them, no bytes moved."""
    publish(hub)
    leave_half(hub, tmp_path)
    whole = {path: path.stat().st_ino for path in tmp_path.rglob("*.tif") if path.parent.name.startswith("i")}
    before = len(hub.asset_requests())

    Dataset.fetch("ds").download(tmp_path)

    sent = {r.path: r.bytes_sent for r in hub.asset_requests()[before:] if r.method == "GET"}
    assert whole
    assert sum(sent.get(f"/files/{path.parent.name[1:]}.tif", 0) for path in whole) == 0
