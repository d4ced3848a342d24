"""Files of a download on their way to a bucket, where they stay; here they only pass through.

The engine brings a file to the staging folder, whole and checked, as to any other. Then it is put
into the bucket, written down as there, and deleted here. So a bucket has the same promises as a
folder, at the price of a little disk: as many files as are on their way.
"""

import os
import threading
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ..exceptions import DirectoryUnusable
from ..layout import MANIFEST_NAME
from ..sources.ahead import fetched_ahead
from ..sources.bucket_folder import BucketFolder
from ..transfer.chores import Chores
from .manifest import Manifest, relative_place

# Files on their way, before more are fetched.
_MOST_BYTES_WAITING = 512 * 1024 * 1024
_MOST_FILES_WAITING = 500
_AT_ONCE = 16
# A bucket that refuses so many in a row, and took none, will refuse the others, too.
_ENOUGH_REFUSALS = 8
_LISTED_AT_ONCE = 1000

# An empty file is the same at all times: the error report is written anew by every run.
_HELD = """
SELECT 1 FROM uploads WHERE save_path = ? AND size_bytes = ? AND (mtime_ns = ? OR size_bytes = 0)
"""
_NOT_YET_THERE = """
SELECT save_path, size_bytes, mtime_ns FROM files
WHERE save_path NOT LIKE '../%' AND NOT EXISTS (
    SELECT 1 FROM uploads WHERE uploads.save_path = files.save_path
    AND uploads.size_bytes = files.size_bytes AND uploads.mtime_ns = files.mtime_ns
)
"""
# The catalog, where it is one file, lies beside the dataset's folder.
_BESIDE_THE_FOLDER = "../"
_OWN_ARCHIVES = "SELECT save_path FROM files WHERE save_path LIKE '../%'"
_ARCHIVES_PUT = "SELECT save_path FROM uploads WHERE save_path LIKE '../%'"


class Refused(NamedTuple):
    """A file that the bucket did not take; it stays here, and the next run tries again."""

    path: Path
    error: str


class Uploads:
    """The uploads of one run.

    Attributes:
        refused: What did not get there, since it was looked at last.
    """

    def __init__(self, bucket: BucketFolder, manifest: Manifest, output_dir: Path, asset_dir: Path) -> None:
        """Take where files go, where they are written down, and where they pass through."""
        self.refused: list[Refused] = []
        self._bucket = bucket
        self._connection = manifest.connection
        self._output_dir = output_dir
        self._asset_dir = asset_dir
        self._chores = Chores("mlhub-upload", _AT_ONCE)
        self._bytes_waiting = 0
        self._put = 0
        self._once_refused: set[Path] = set()

    @property
    def is_full(self) -> bool:
        """Whether so much is on its way that no more should be fetched."""
        return self._bytes_waiting > _MOST_BYTES_WAITING or self._chores.pending > _MOST_FILES_WAITING

    def look_at_bucket(self) -> Iterator[None]:
        """Forget what is written down as there and is not, a moment at a time.

        By name and size: an ETag changes where no byte does (Azure's with an object's metadata, that of
        S3 with each put under a key of one's own), and everything would come again.

        Raises:
            DirectoryUnusable: The bucket cannot be used.
        """
        connection = self._connection
        connection.execute("CREATE TEMP TABLE there (save_path TEXT PRIMARY KEY, size_bytes INTEGER)")
        archives = [path for (path,) in connection.execute(_ARCHIVES_PUT).fetchall()]
        # In a thread: obstore, which may wait for long, is deaf to Ctrl-C.
        for page in fetched_ahead(_in_pages(self._found(archives))):
            connection.executemany("INSERT OR REPLACE INTO there VALUES (?, ?)", page or ())
            yield
        connection.execute(
            "DELETE FROM uploads WHERE NOT EXISTS (SELECT 1 FROM there"
            " WHERE there.save_path = uploads.save_path AND there.size_bytes = uploads.size_bytes)"
        )
        connection.execute("DROP TABLE there")
        connection.commit()

    def holds(self, save_path: str, size_bytes: int, mtime_ns: int) -> bool:
        """Whether the bucket holds the file that was recorded with this size and time."""
        asked = (save_path, size_bytes, mtime_ns)
        return self._connection.execute(_HELD, asked).fetchone() is not None

    def send_leftovers(self) -> None:
        """Send what an earlier run fetched and did not get to the bucket."""
        for save_path, size_bytes, mtime_ns in self._connection.execute(_NOT_YET_THERE).fetchall():
            path = self._asset_dir / save_path
            if _is_as_recorded(path, size_bytes, mtime_ns):
                self.send(path)

    def send(self, path: Path, *, keep: bool = False) -> None:
        """Begin to put the file at ``path`` into the bucket.

        Args:
            path: A whole file in the staging folder.
            keep: Leave it here as well.
        """
        found = path.stat()
        self._bytes_waiting += found.st_size
        place = relative_place(self._output_dir, str(path))

        def put(stop: threading.Event) -> None:
            if stop.is_set():
                raise DirectoryUnusable(f"{place} was not sent: the run is over.")
            self._bucket.put(path, place)

        def then(result: DirectoryUnusable | None) -> None:
            self._bytes_waiting -= found.st_size
            if result is not None:
                self._refuse(path, result)
                return
            self._put += 1
            row = (relative_place(self._asset_dir, str(path)), found.st_size, found.st_mtime_ns)
            self._connection.execute("INSERT OR REPLACE INTO uploads VALUES (?, ?, ?)", row)
            if not keep and _is_as_recorded(path, found.st_size, found.st_mtime_ns):
                path.unlink(missing_ok=True)

        self._chores.start(put, then)

    def poll(self) -> None:
        """Write down what got there.

        Raises:
            DirectoryUnusable: The bucket takes nothing.
        """
        self._chores.poll()
        self._connection.commit()
        if self._put == 0 and len(self.refused) >= _ENOUGH_REFUSALS:
            raise DirectoryUnusable(self.refused[0].error)

    def drained(self) -> Iterator[None]:
        """Wait until nothing is on its way, a moment at a time."""
        while self._chores.pending:
            self.poll()
            yield
        self.poll()

    def send_catalog(self) -> Iterator[None]:
        """Send what lies beside the assets: the catalog, its archive and the error report."""
        for path in self._beside():
            found = path.stat()
            save_path = relative_place(self._asset_dir, str(path))
            if not self.holds(save_path, found.st_size, found.st_mtime_ns):
                self.send(path, keep=True)
            while self.is_full:
                self.poll()
                yield
            yield

    def close(self) -> None:
        """Give up what is on its way; it stays here."""
        self._chores.close()

    def _beside(self) -> Iterator[Path]:
        recorded = self._connection.execute(_OWN_ARCHIVES).fetchall()
        archives = [self._output_dir / path.removeprefix(_BESIDE_THE_FOLDER) for (path,) in recorded]
        for path in (*archives, *self._asset_dir.rglob("*")):
            is_ours = path.name.startswith((".", MANIFEST_NAME)) or path in self._once_refused
            if path.is_file() and not is_ours:
                yield path

    def _refuse(self, path: Path, error: DirectoryUnusable) -> None:
        self.refused.append(Refused(path, str(error)))
        self._once_refused.add(path)

    def _found(self, archives: Iterable[str]) -> Iterator[tuple[str, int]]:
        """What the bucket holds of this dataset: paths as ``uploads`` has them, and sizes in bytes."""
        own = f"{relative_place(self._output_dir, str(self._asset_dir))}/"
        for path, size_bytes in self._bucket.files(own):
            yield path.removeprefix(own), size_bytes
        # No list of the dataset's folder has them.
        for save_path in archives:
            found = self._bucket.size_bytes(save_path.removeprefix(_BESIDE_THE_FOLDER))
            if found is not None:
                yield save_path, found


def _in_pages(found: Iterator[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
    while page := list(islice(found, _LISTED_AT_ONCE)):
        yield page


def _is_as_recorded(path: Path, size_bytes: int, mtime_ns: int) -> bool:
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return (found.st_size, found.st_mtime_ns) == (size_bytes, mtime_ns)
