"""Who reads and who writes: connections for any thread, one writer, one publication at a time."""

import errno
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...exceptions import HubStoreUnusable
from ..locks import held_in_turn
from .schema import create_tables, is_ready, opened_reader, opened_writer

# More readers than this at once are served, too, each by a connection that is closed afterwards.
_KEPT_READERS = 16


class Connections:
    """The connections of one process to one database."""

    def __init__(self, path: Path, *, read_only: bool, publication_wait_s: float) -> None:
        """Open the database, made first where there is none.

        Args:
            publication_wait_s: How long one publication waits for another one to end.

        Raises:
            HubStoreUnusable: It is missing and must not be made, or cannot be used.
        """
        self.path = path
        self._read_only = read_only
        self._publication_wait_s = publication_wait_s
        self._idle: list[sqlite3.Connection] = []
        self._idle_lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._writer_lock = threading.Lock()
        self._is_open = True
        self._prepare()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state of the database until it is given back."""
        with told_plainly(self.path):
            connection = self._taken()
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                self._give_back(connection)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The writer's connection, inside one transaction that is kept unless something is raised."""
        with self._writer_lock, told_plainly(self.path):
            connection = self._opened_writer()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """Nobody else, in no process, publishes meanwhile. A killed process lets go at once.

        Raises:
            HubStoreUnusable: Another publication took longer than the wait.
        """
        self._refuse_if_read_only()
        lock = self.path.with_name("publishing.lock")
        with told_plainly(self.path), held_in_turn(lock, wait_s=self._publication_wait_s) as is_held:
            if not is_held:
                raise unusable(
                    errno.EBUSY,
                    f"Another publication into {self.path.parent} has been under way for at least "
                    f"{self._publication_wait_s:g} s. Try again when it has ended.",
                )
            yield

    def close(self) -> None:
        """Close what is idle now, and what is in use when it is given back."""
        with self._idle_lock:
            self._is_open = False
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
        with self._writer_lock:
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    def _prepare(self) -> None:
        with told_plainly(self.path):
            if self.path.exists():
                with self.reading() as connection:
                    if is_ready(connection, self.path):
                        return
        if self._read_only:
            raise unusable(
                errno.ENOENT, f"There is no hub in {self.path.parent}. Publish a dataset into it first."
            )
        with self.publishing(), told_plainly(self.path):
            writer = self._opened_writer()
            # Another process may have made them meanwhile.
            if not is_ready(writer, self.path):
                create_tables(writer)

    def _taken(self) -> sqlite3.Connection:
        with self._idle_lock:
            if not self._is_open:
                raise HubStoreUnusable(f"{self.path} was closed.")
            if self._idle:
                return self._idle.pop()
        return opened_reader(self.path)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if connection.in_transaction:
            connection.rollback()
        with self._idle_lock:
            if self._is_open and len(self._idle) < _KEPT_READERS:
                self._idle.append(connection)
                return
        connection.close()

    def _opened_writer(self) -> sqlite3.Connection:
        self._refuse_if_read_only()
        if not self._is_open:
            raise HubStoreUnusable(f"{self.path} was closed.")
        if self._writer is None:
            self._writer = opened_writer(self.path)
        return self._writer

    def _refuse_if_read_only(self) -> None:
        if self._read_only:
            raise unusable(errno.EROFS, f"{self.path} was opened for reading only.")


def unusable(number: int, text: str) -> HubStoreUnusable:
    """The error of that text, with an ``errno`` for scripts."""
    error = HubStoreUnusable(text)
    error.errno = number
    return error


@contextmanager
def told_plainly(path: Path) -> Iterator[None]:
    """What SQLite cannot do, as HubStoreUnusable; an interrupted search stays as it is."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "") or ""
        for start, number, sentence in _SENTENCES:
            if name.startswith(start):
                raise unusable(number, f"{path}: {sentence} ({error}).") from error
        raise


_SENTENCES = (
    ("SQLITE_FULL", errno.ENOSPC, "no space left on the disk. Nothing was published; make room, try again"),
    ("SQLITE_IOERR", errno.EIO, "the disk refuses. Nothing was published; make room or check the disk"),
    ("SQLITE_BUSY", errno.EBUSY, "another process keeps writing. Try again when it has ended"),
    ("SQLITE_LOCKED", errno.EBUSY, "another process keeps writing. Try again when it has ended"),
    (
        "SQLITE_READONLY",
        errno.EROFS,
        "whoever serves a hub or publishes must be allowed to write into its folder. Check its rights",
    ),
    ("SQLITE_CANTOPEN", errno.EACCES, "it cannot be opened. Check the folder and its rights"),
    ("SQLITE_PERM", errno.EACCES, "it cannot be opened. Check the folder and its rights"),
    (
        "SQLITE_CORRUPT",
        errno.EIO,
        "the database is damaged. Publish into a new folder, or bring back a backup",
    ),
    ("SQLITE_NOTADB", errno.EINVAL, "the file is no hub's database. Name another folder"),
)
