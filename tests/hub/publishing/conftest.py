from contextlib import closing

import pytest

from radiant_mlhub.hub.folder import HubFolder
from radiant_mlhub.hub.sqlite_store import open_store
from support.training_dataset import TrainingDataset


@pytest.fixture
def folder(tmp_path):
    return HubFolder(tmp_path / "hub")


@pytest.fixture
def store(folder):
    with closing(open_store(folder.path)) as store:
        yield store


@pytest.fixture
def crops(tmp_path):
    return TrainingDataset(tmp_path / "crops")
