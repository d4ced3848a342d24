"""Every environment variable this package reads, in the one place that reads them.

An empty variable counts as absent: ``export MLHUB_API_KEY=`` is how shells unset things.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

API_KEY = "MLHUB_API_KEY"
PROFILE = "MLHUB_PROFILE"
ROOT_URL = "MLHUB_ROOT_URL"
HOME = "MLHUB_HOME"
HUB = "MLHUB_HUB"
SOURCE_COOP_URL = "MLHUB_SOURCE_COOP_URL"
# Beginnings of the names under which the clouds' own programs look for credentials and addresses.
_OF_CLOUDS = ("AWS_", "AZURE_", "AZURITE_", "GOOGLE_")


def api_key() -> str | None:
    """The API key in ``MLHUB_API_KEY``."""
    return _value(API_KEY)


def profile() -> str | None:
    """The profile's name in ``MLHUB_PROFILE``."""
    return _value(PROFILE)


def root_url() -> str | None:
    """The hub's address in ``MLHUB_ROOT_URL``, as written."""
    return _value(ROOT_URL)


def home() -> Path:
    """The folder of the profiles file: ``MLHUB_HOME`` with ``~`` expanded, else ``~/.mlhub``.

    The ``~`` stays where nobody knows the user's home, as for a number without an account
    in a container: such a path can be shown, and nothing is found or written there.
    """
    folder = Path(_value(HOME) or "~/.mlhub")
    try:
        return folder.expanduser()
    except RuntimeError:
        return folder


def hub() -> Path | None:
    """The folder of the hub in ``MLHUB_HUB``, as written."""
    folder = _value(HUB)
    return Path(folder) if folder else None


def source_coop_url() -> str | None:
    """The address of Source Cooperative's data in ``MLHUB_SOURCE_COOP_URL``, for a mirror of it."""
    return _value(SOURCE_COOP_URL)


def no_color() -> bool:
    """Whether nobody wants colours: ``NO_COLOR`` is set (https://no-color.org), or the terminal is dumb."""
    return _value("NO_COLOR") is not None or _value("TERM") == "dumb"


@contextmanager
def asking_hub(root_url: str) -> Iterator[None]:
    """Let ``MLHUB_ROOT_URL`` be ``root_url`` for as long as the ``with`` lasts."""
    before = os.environ.get(ROOT_URL)
    os.environ[ROOT_URL] = root_url
    try:
        yield
    finally:
        if before is None:
            del os.environ[ROOT_URL]
        else:
            os.environ[ROOT_URL] = before


def clouds() -> Mapping[str, str]:
    """The variables by which clouds are asked: credentials, regions, endpoints (``AWS_REGION``...)."""
    told = {name: value.strip() for name, value in os.environ.items() if name.startswith(_OF_CLOUDS)}
    return {name: value for name, value in told.items() if value}


def _value(name: str) -> str | None:
    return os.environ.get(name, "").strip() or None
