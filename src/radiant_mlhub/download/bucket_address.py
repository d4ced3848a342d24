"""Where a download to a bucket passes through on this machine."""

import hashlib
from pathlib import Path
from typing import Any

from .. import environment
from ..sources.buckets import SCHEMES


def bucket_address(output_dir: Any) -> str | None:
    """The address of a bucket's folder, if ``output_dir`` is one: a text with a cloud's scheme."""
    if not isinstance(output_dir, str):
        return None
    scheme, separator, _ = output_dir.partition("://")
    return output_dir.rstrip("/") if separator and scheme.lower() in SCHEMES else None


def staging_folder(bucket: str) -> Path:
    """The folder of this machine that holds manifest, catalog and lock of downloads to ``bucket``.

    Below ``MLHUB_HOME``, by the address alone: the next run with this address finds it again.
    """
    return _staging_folders() / hashlib.sha256(bucket.encode()).hexdigest()[:16]


def is_staging(folder: Path) -> bool:
    """Whether ``folder``, resolved, holds a download to a bucket, whose assets are not here."""
    return folder.is_relative_to(_staging_folders().resolve())


def _staging_folders() -> Path:
    return environment.home() / "buckets"
