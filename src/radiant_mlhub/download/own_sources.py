"""A catalog of this machine whose files lie where the download would put others."""

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from ..exceptions import DirectoryUnusable
from ..transfer.local_files import local_path
from .manifest import Manifest

# Those that the filters leave out, too: they are somebody's only copy all the same.
_LOCAL = """
SELECT number, href, save_path FROM hrefs
WHERE number > :after AND href LIKE 'file:%' ORDER BY number LIMIT :rows
"""
_FOLDERS_REMEMBERED = 1000


def refuse_own_sources(manifest: Manifest, folder: Path) -> None:
    """Refuse a download into the folder that its files are read from.

    A file that is where it would be put stays there, and harms nobody; of any other, the place may be
    wanted by another file, whose bytes would then replace it.

    Args:
        manifest: Names the files, and their final places.
        folder: The dataset's folder.

    Raises:
        DirectoryUnusable: A file that the catalog names lies in ``folder``, and not at its own place.
    """
    root = os.path.realpath(folder)
    real_folder = lru_cache(maxsize=_FOLDERS_REMEMBERED)(os.path.realpath)  # no longer: links may change
    for _, href, save_path in manifest.pages(_LOCAL):
        try:
            path = _real(local_path(href), real_folder)
        except ValueError:  # told where it is asked for
            continue
        if path.startswith(f"{root}{os.sep}") and path != os.path.join(root, *save_path.split("/")):  # noqa: PTH118
            raise DirectoryUnusable(
                f"{folder} holds files that the catalog itself names, such as {path}: others would be "
                "written over them. None was touched. Choose another folder (output_dir; mlhub download -o)"
            )


def _real(path: str, real_folder: Callable[[str], str]) -> str:
    path = os.path.normpath(path)
    if os.path.islink(path):  # noqa: PTH114 - text, for a million files
        return os.path.realpath(path)
    return os.path.join(real_folder(os.path.dirname(path)), os.path.basename(path))  # noqa: PTH118, PTH119, PTH120
