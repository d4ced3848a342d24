"""One hub with the demo's datasets for many tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from radiant_mlhub.hub.demo import DemoHub, demo_hub


@pytest.fixture(scope="session")
def hub_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hub's folder."""
    return tmp_path_factory.mktemp("hub") / "hub"


@pytest.fixture(scope="session")
def hub(hub_folder: Path) -> Iterator[DemoHub]:
    """A running hub that serves ``hub_folder``."""
    with demo_hub(hub_folder) as hub:
        yield hub
