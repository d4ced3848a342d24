"""Where a dry run writes down what it finds, so that it changes nothing of what downloads wrote down.

As long as nothing was downloaded into a folder, dry runs write its manifest: what they read of the
catalog need not be read again. A fact in it, ``ONLY_TRIED``, says that no download wanted these rows. Later
dry runs judge on a copy, which goes with them.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from .manifest import Manifest
from .manifest_file import is_of_this_version
from .options import DownloadOptions
from .stopping import check_whether_to_stop

ONLY_TRIED = "dry run"
"""Name of the fact. The first download takes it back, once its filters have judged every row."""


@contextmanager
def ledgers(path: Path, options: DownloadOptions) -> Iterator[tuple[Manifest, Manifest]]:
    """The ledger for what a run knows of files and sources, and the one that it judges in: mostly the same.

    Raises:
        DirectoryUnusable: It cannot be written or read.
        DownloadStopped: It was told to.
    """
    if not options.dry_run:
        with closing(Manifest(path)) as manifest:
            yield manifest, manifest
    elif path.is_file() and not is_of_this_version(path):  # a download replaces it
        with closing(Manifest(path, is_lasting=False)) as manifest:
            yield manifest, manifest
    else:
        with closing(Manifest(path)) as lasting:
            if _is_only_tried(lasting):
                lasting.state(ONLY_TRIED, "")
                yield lasting, lasting
                return
            with closing(Manifest(path, is_lasting=False)) as copy:
                copy.take_over(lasting, lambda: check_whether_to_stop(options))
                yield lasting, copy


def _is_only_tried(manifest: Manifest) -> bool:
    """Whether no download has begun to judge; each states a fact before."""
    names = [name for (name,) in manifest.connection.execute("SELECT name FROM run")]
    return not names or ONLY_TRIED in names
