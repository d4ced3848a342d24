"""A hub on loopback that serves the demo's datasets: for the demo, the guides and the tests."""

import shutil
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ..app import hub_app
from ..folder import HubFolder
from ..publishing import publish, publish_model
from ..serving.access import digest_of
from ..serving.server import LOOPBACK, RequestLog, listener, serving
from ..settings import HubSettings
from ..sqlite_store import open_store
from ..store import API_PATH, FILES_PATH, Store, StoredKey
from . import crops, floods, model

DEMO_KEY = "demo"
_LICENSE = "CC0-1.0"
_CREATOR = "The radiant_mlhub contributors"
_SEED = 2019


@dataclass(frozen=True)
class DemoHub:
    """Where a running hub is, and what it has been asked.

    Attributes:
        origin: Scheme, host and port.
        key: A key that it accepts.
        answers: What it answered so far, such as ``"GET /mlhub/v1/datasets 200"``; the last 10,000.
    """

    origin: str
    key: str
    answers: deque[str]

    @property
    def root_url(self) -> str:
        """What ``MLHUB_ROOT_URL`` should hold."""
        return self.origin + API_PATH

    def files_sent(self) -> int:
        """How many of the answers carried a file, or a part of one."""
        return sum(
            line.startswith(f"GET {FILES_PATH}") and line.endswith((" 200", " 206")) for line in self.answers
        )


@contextmanager
def demo_hub(folder: Path, *, port: int = 0, key: str = DEMO_KEY) -> Iterator[DemoHub]:
    """A hub that serves the demo's datasets from ``folder`` until the block ends.

    Args:
        folder: The hub's folder; it is made when missing.
        port: Where to listen; 0 takes any free port.
        key: The one API key it accepts.

    Raises:
        OSError: The port is taken, or the folder cannot be written.
    """
    with listener(port=port) as listening:
        origin = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
        hub = HubFolder(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with closing(open_store(folder)) as store:
            publish_demo(hub, store)
            now = datetime.now(UTC).isoformat(timespec="seconds")
            store.add_key(StoredKey("demo", "whoever tries it", digest_of(key), now))
            app = RequestLog(hub_app(store, hub, HubSettings(base_url=origin)))
            with serving(app, listening):
                yield DemoHub(origin, key, app.lines)


def publish_demo(hub: HubFolder, store: Store, *, seed: int = _SEED) -> None:
    """Make the demo's datasets and model, and publish them.

    Args:
        seed: Another seed draws other landscapes of the same shape.
    """
    rng = np.random.default_rng(seed)
    made = hub.path / "demo"
    places = crops.places(rng)
    publish(
        hub,
        store,
        crops.write_crops(made / "crops", places, rng, license=_LICENSE),
        dataset_id=crops.DATASET_ID,
        title=crops.TITLE,
        description=crops.DESCRIPTION,
        doi=crops.DOI,
        citation=f"{_CREATOR}: {crops.TITLE}",
        tags=crops.TAGS,
        creator=_CREATOR,
        how="link",
    )
    publish(
        hub,
        store,
        floods.write_floods(made / "floods", rng, license=_LICENSE),
        dataset_id=floods.DATASET_ID,
        title=floods.TITLE,
        description=floods.DESCRIPTION,
        citation=f"{_CREATOR}: {floods.TITLE}",
        tags=floods.TAGS,
        creator=_CREATOR,
        how="link",
    )
    publish_model(hub, store, model.write_model(made / "model", places, rng, license=_LICENSE))
    shutil.rmtree(made)
