"""Find geospatial machine-learning datasets and bring exactly the part you need to disk.

The public names and modules load on first use, so that ``mlhub --version`` does not pay for pystac.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .__version__ import __version__
from .if_exists import DownloadIfExistsOpts

if TYPE_CHECKING:
    from .download.verify import verify
    from .models import Collection, Dataset, MLModel
    from .progress_events import ProgressEvent
    from .session import get_session

__all__ = [
    "Collection",
    "Dataset",
    "DownloadIfExistsOpts",
    "MLModel",
    "ProgressEvent",
    "__version__",
    "get_session",
    "verify",
]

_HOMES = {
    "Collection": ".models",
    "Dataset": ".models",
    "MLModel": ".models",
    "ProgressEvent": ".progress_events",
    "get_session": ".session",
    "verify": ".download.verify",
}

# What scripts write behind ``import radiant_mlhub`` alone: ``radiant_mlhub.client.list_datasets()``.
_MODULES = frozenset({"client", "exceptions", "models", "retry_config", "session"})


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
