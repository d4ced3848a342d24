"""Runs that did not come to their end, and the parts they left that nobody will ask for again."""

import os
import time
from pathlib import Path

from ..transfer.owners import owner_named, this_owner, this_owner_name
from ..transfer.sweeping import PartsByFolder, parts_below, sweep
from .manifest import Manifest

_OPEN = "open "
_PAGE = "SELECT number, save_path FROM hrefs WHERE number > :after ORDER BY number LIMIT :rows"


class Unfinished:
    """Knows which runs in this folder ended without a word.

    A part is continued, or swept, by the transfer to its target. One whose asset the catalog no
    longer names, or has by now, is looked at by no transfer: after a run that was killed or broken
    off, the next one to come to its end sweeps those. Looking for them costs a second for 100,000
    folders, so it is not done where every run before ended well.
    """

    def __init__(self, manifest: Manifest, folder: Path) -> None:
        """Note that a run has begun in ``folder``."""
        self._manifest = manifest
        self._folder = folder
        rows = manifest.connection.execute("SELECT name FROM run").fetchall()
        self._earlier = [name for (name,) in rows if name.startswith(_OPEN)]
        # Nothing is known of what was before: the manifest is new, and the folder is not.
        self._is_unknown = not rows and any(folder.glob("*/"))
        self._this = f"{_OPEN}{this_owner_name()} {time.time_ns()}"
        manifest.state(self._this, "")

    def end(self) -> None:
        """Note that the run has come to its end; what it need not keep for a later one goes."""
        if self._earlier or self._is_unknown:
            found = parts_below(self._folder)
            if found:
                sweep(found, self._to_come(found))
        for name in (*self._earlier, self._this):
            if not _is_of_another(name):  # which may break off when this one has ended
                self._manifest.forget(name)

    def _to_come(self, found: PartsByFolder) -> list[str]:
        """Paths beside parts that the catalog names and that are not here yet, wanted this time or not."""
        paths = (
            f"{self._folder}{os.sep}{save_path.replace('/', os.sep)}"
            for _, save_path in self._manifest.pages(_PAGE)
        )
        return [path for path in paths if path.rpartition(os.sep)[0] in found and not Path(path).exists()]


def _is_of_another(mark: str) -> bool:
    """A run that goes on beside this one, where no lock keeps them apart."""
    owner = owner_named(mark.removeprefix(_OPEN).partition(" ")[0])
    return owner is not None and owner != this_owner() and owner.is_running_here
