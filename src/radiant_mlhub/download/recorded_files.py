"""What a finished download's manifest says must be on disk, read without writing to it."""

import re
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from .. import layout
from ..exceptions import NotADownload
from ..transfer import FileRecord, has_to_stop
from .dry_run import ONLY_TRIED
from .manifest import alternates_of
from .manifest_errors import is_damage, out_of_files
from .manifest_file import APPLICATION_ID, SCHEMA_VERSION
from .stopping import check_whether_to_stop_verifying

_IS_ONLY_TRIED = f"EXISTS (SELECT 1 FROM run WHERE name = '{ONLY_TRIED}')"  # noqa: S608 - a name of ours
# One row a file: those that the last download wanted and those that any run recorded as complete.
# A path has one address in a catalog; of the assets that share it the first one speaks, as in
# the plan of a download. Only numbers are copied, so that millions of files cost little, and
# no cursor on the manifest stays open while files are read: a download may go on meanwhile.
_EXPECTED = f"""
CREATE TEMP TABLE named AS
    SELECT MIN(hrefs.number) AS href, hrefs.save_path AS save_path
    FROM hrefs JOIN items ON items.number = hrefs.item
         LEFT JOIN files ON files.save_path = hrefs.save_path
    WHERE files.href = hrefs.href
          OR (COALESCE(hrefs.rejected_by, items.rejected_by) IS NULL AND NOT {_IS_ONLY_TRIED})
    GROUP BY hrefs.save_path;
CREATE TEMP TABLE expected (number INTEGER PRIMARY KEY, href INTEGER, save_path TEXT);
INSERT INTO expected (href) SELECT href FROM named ORDER BY href;
INSERT INTO expected (save_path)
    SELECT save_path FROM files WHERE save_path NOT IN (SELECT save_path FROM named) ORDER BY 1;
DROP TABLE named;
"""  # noqa: S608 - names of ours
_JOINED = """
FROM expected LEFT JOIN hrefs ON hrefs.number = expected.href
     LEFT JOIN files ON files.save_path = COALESCE(expected.save_path, hrefs.save_path)
"""
_PAGE = f"""
SELECT expected.number, COALESCE(expected.save_path, hrefs.save_path), COALESCE(hrefs.href, files.href),
       hrefs.size_bytes, hrefs.digests,
       (SELECT addresses FROM alternates WHERE alternates.href = hrefs.number),
       files.href, files.size_bytes, files.mtime_ns, files.validator, files.digest, files.verified_by
{_JOINED} WHERE expected.number > :after ORDER BY expected.number LIMIT :rows
"""  # noqa: S608 - names of ours
_TOTAL = f"SELECT TOTAL(COALESCE(files.size_bytes, hrefs.size_bytes)) {_JOINED}"
# Stated when every row of the catalog is there.
_HOW_FAR = f"SELECT EXISTS (SELECT 1 FROM run WHERE name = 'catalog'), {_IS_ONLY_TRIED}"  # noqa: S608
_ROWS_A_PAGE = 5000
_STEPS_BETWEEN = 100_000  # of SQLite's machine: some milliseconds
# On any system: absolute, a drive, a step up, a NUL.
_LEADS_OUT = re.compile(r"\A(?:[/\\]|[A-Za-z]:)|(?:\A|[/\\])\.\.(?:[/\\]|\Z)|\0")


@dataclass(frozen=True, slots=True)
class Expected:
    """A file that must be on disk, and what is known of it.

    Attributes:
        save_path: Its path, posix, relative to the dataset's folder.
        href: Its address.
        size_bytes: Length the catalog names; None where it names none.
        digests: Digests the catalog names, ``"<name>:<hex>"``.
        alternates: Other addresses of its bytes.
        recorded_href: Address of the file that was recorded at this path; None without a record.
        record: What was recorded when it was complete; None for a file that never was.
    """

    save_path: str
    href: str
    size_bytes: int | None = None
    digests: tuple[str, ...] = ()
    alternates: tuple[str, ...] = ()
    recorded_href: str | None = None
    record: FileRecord | None = None

    @property
    def bytes_known(self) -> int:
        """How long it should be; 0 where nobody told."""
        return self.record.size_bytes if self.record else self.size_bytes or 0

    @property
    def is_beside(self) -> bool:
        """It lies beside the dataset's folder, as the catalog archive does, and not in it."""
        return self.save_path.startswith("../")

    def path(self, folder: str) -> str:
        """Its place, where the dataset's folder is ``folder``."""
        if self.is_beside:
            return str(Path(folder).parent / self.save_path.removeprefix("../"))
        return f"{folder}/{self.save_path}"


class RecordedFiles:
    """The files that a dataset's folder must hold, for as long as a ``with`` lasts.

    Attributes:
        folder: The dataset's folder.
        bytes_known: Sum of the sizes that the manifest names.
        is_listed: The last download had listed all its files; else some may be wanted that nobody named.
        is_only_tried: No download had listed any: what the catalog names, dry runs wrote down.
    """

    def __init__(self, folder: Path, cancel: threading.Event | None = None) -> None:
        """Open the manifest of ``folder`` for reading.

        Args:
            folder: The dataset's folder.
            cancel: Once set, it is given up: a manifest of millions of rows takes seconds.

        Raises:
            DownloadStopped: ``cancel`` was set, or the program is ending.
            NotADownload: It is damaged, or another program's.
            OSError: No more files can be opened.
        """
        self.folder = folder
        path = layout.manifest_file(folder)
        try:
            self._connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
            try:
                # Python hears Ctrl-C only between its own instructions: on the way into this one, too.
                self._connection.set_progress_handler(lambda: has_to_stop(cancel), _STEPS_BETWEEN)
                _check(self._connection, path)
                self._connection.executescript(_EXPECTED)
                self.bytes_known = int(self._connection.execute(_TOTAL).fetchone()[0])
                [is_read, is_only_tried] = self._connection.execute(_HOW_FAR).fetchone()
                self.is_only_tried = bool(is_only_tried)
                self.is_listed = bool(is_read and not is_only_tried)
            except BaseException:  # Ctrl-C too: nobody else can close it
                self._connection.close()
                raise
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                check_whether_to_stop_verifying(folder, cancel)
                raise KeyboardInterrupt from None
            refused = out_of_files(error)
            if refused is not None:
                raise refused from error
            text = f"{path} cannot be read ({error})"
            raise (_unusable(f"{text}. Delete it") if is_damage(error) else _unusable(text)) from error

    def __enter__(self) -> "RecordedFiles":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def expected(self) -> Iterator[Expected]:
        """Every file, in catalog order; then what the catalog no longer names, by path.

        The catalog archive is among them if it still lies beside the folder. No other path
        outside of the folder is ever looked at, whoever wrote the manifest.
        """
        after, rows = 0, _ROWS_A_PAGE
        while rows == _ROWS_A_PAGE:
            page = self._connection.execute(_PAGE, {"after": after, "rows": _ROWS_A_PAGE}).fetchall()
            rows = len(page)
            for number, save_path, href, size_bytes, digests, alternates, recorded_href, *record in page:
                after = number
                # A download that goes on meanwhile may have replaced the catalog's rows.
                if save_path is not None and href is not None and self._may_be_looked_at(save_path):
                    yield Expected(
                        save_path,
                        href,
                        size_bytes,
                        tuple((digests or "").split()),
                        alternates_of(alternates),
                        recorded_href,
                        FileRecord(*record) if recorded_href is not None else None,
                    )

    def _may_be_looked_at(self, save_path: str) -> bool:
        if save_path == f"../{self.folder.name}.tar.gz":
            return (self.folder.parent / save_path.removeprefix("../")).is_file()
        return _LEADS_OUT.search(save_path) is None


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone() == (0,):
        raise _unusable(f"{path} is empty")
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        raise _unusable(f"{path} is of another client (0.5.5 or older), which recorded no sizes or digests")
    if version != SCHEMA_VERSION:
        raise _unusable(f"{path} has format {version}, and this version reads format {SCHEMA_VERSION}")


def _unusable(text: str) -> NotADownload:
    error = NotADownload(text)
    error.add_note(
        "Run the download again into this folder: it checks what is there against the server, "
        "fetches only what is missing, and writes a manifest to verify with"
    )
    return error
