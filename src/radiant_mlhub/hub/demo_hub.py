"""A hub on loopback that serves the demo's dataset: for the demo, the guides and the tests."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .demo_app import hub_app
from .demo_data import write_demo_data
from .holdings import API_PATH, FILES_PATH
from .server import HOST, RequestLog, loopback_listener, serving

DEMO_KEY = "demo"


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
    """A hub that serves the demo's dataset from ``folder`` until the block ends.

    Args:
        folder: Where the dataset is written; it is made when missing.
        port: Where to listen; 0 takes any free port.
        key: The one API key it accepts.

    Raises:
        OSError: The port is taken, or the folder cannot be written.
    """
    with loopback_listener(port) as listener:
        origin = f"http://{HOST}:{listener.getsockname()[1]}"
        folder.mkdir(parents=True, exist_ok=True)
        holdings = write_demo_data(folder, origin)
        app = RequestLog(hub_app(holdings, folder, keys=[key]))
        with serving(app, listener):
            yield DemoHub(origin, key, app.lines)
