"""One hub with the demo's dataset for many tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from radiant_mlhub.hub.demo_hub import DemoHub, demo_hub


@pytest.fixture(scope="session")
def hub_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the hub's files lie; its parent holds a file that nobody may get."""
    folder = tmp_path_factory.mktemp("hub") / "files"
    (folder.parent / "secret.txt").write_text("outside")
    return folder


@pytest.fixture(scope="session")
def hub(hub_folder: Path) -> Iterator[DemoHub]:
    """A running hub that serves ``hub_folder``."""
    with demo_hub(hub_folder) as hub:
        yield hub
