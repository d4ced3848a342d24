"""Where everything of a hub lies: a folder, and nothing outside of it.

::

    {hub}/
    ├── hub.sqlite                                  what the store knows
    ├── publications/
    │   ├── {version}/                              one publication of one dataset
    │   │   ├── assets/{collection}/{item}/{key}.tif
    │   │   ├── assets/_common/{key}.pdf
    │   │   └── archives/{collection}.tar.gz
    │   └── {version}.lock                          while it is being made
    └── catalogs/{digest of base URL}/
        └── {version}.tar.gz                        made when it is asked for
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from .. import environment

_DIGEST_LETTERS = 16


@dataclass(frozen=True)
class HubFolder:
    """A hub's folder, which need not be there yet."""

    path: Path

    @property
    def publications(self) -> Path:
        """Where the files of all publications lie."""
        return self.path / "publications"

    @property
    def catalogs(self) -> Path:
        """Where catalog archives lie."""
        return self.path / "catalogs"

    def publication(self, version: str) -> Path:
        """Where the files of one publication lie."""
        return self.publications / version

    def publication_lock(self, version: str) -> Path:
        """The file that is locked while a publication is being made."""
        return self.publications / f"{version}.lock"

    def catalog_archive(self, base_url: str, version: str) -> Path:
        """The catalog archive of a version whose hrefs begin with ``base_url``."""
        digest = hashlib.sha256(base_url.encode()).hexdigest()[:_DIGEST_LETTERS]
        return self.catalogs / digest / f"{version}.tar.gz"


def hub_folder(path: Path | None = None) -> HubFolder:
    """The hub at ``path``, else the one of ``MLHUB_HUB``, else the one of the platform's data folder."""
    chosen = path or environment.hub() or platformdirs.user_data_path("mlhub", appauthor=False) / "hub"
    return HubFolder(chosen.expanduser().resolve())
