"""The files of a publication: copied, linked or left where they are, each read once.

That one read computes every digest and makes the copy. For all but small files it happens in threads:
reading, writing and hashing all let other threads run.
"""

import contextlib
import io
import os
import sys
import threading
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from ... import digests, layout
from .staged import PlacedFile, Staged

How = Literal["copy", "link", "in-place", "remote"]

_PIECE_BYTES = 1024 * 1024
_THREADS = min(8, (os.cpu_count() or 1) + 2)
_ALWAYS = ("md5", "sha2-256")
_MOST_NAMES = 1000
_TASKS_AT_ONCE = 16
# Threads that have little to do in one go fight over the interpreter's lock: with 20,000 files of 1 KiB,
# each system call of the main thread took 33 us beside them and 5 us without.
_SMALL_BYTES = 64 * 1024


class Files(Protocol):
    """Where the files of assets go."""

    def place(
        self, source: str, wanted: str, common: str | None, media_type: str | None, named: Collection[str]
    ) -> Future[PlacedFile]:
        """See ``AssetFiles.place``."""
        ...

    def settled(self, source: str, placed: Future[PlacedFile]) -> PlacedFile:
        """See ``AssetFiles.settled``."""
        ...


class LookedAtFiles:
    """Only looks how large files are: for ``--check``, and once something is wrong."""

    def __init__(self, staged: Staged) -> None:
        self._staged = staged

    def place(
        self, source: str, wanted: str, common: str | None, media_type: str | None, named: Collection[str]
    ) -> Future[PlacedFile]:
        """The file without digests, where it is."""
        del common, named
        placed: Future[PlacedFile] = Future()
        try:
            status = Path(source).stat()
        except OSError as error:
            placed.set_exception(error)
        else:
            placed.set_result(
                PlacedFile(wanted, source, status.st_size, status.st_mtime_ns, "", "", media_type)
            )
        return placed

    def settled(self, source: str, placed: Future[PlacedFile]) -> PlacedFile:
        """The file, counted once however many name it."""
        file = placed.result()
        return self._staged.file_from(source) or self._staged.add_file(source, file)


class Stopped(Exception):
    """The publication was given up while a file was read."""


@dataclass(frozen=True, slots=True)
class _Task:
    source: str
    wanted: str
    media_type: str | None
    names: tuple[str, ...]
    placed: Future[PlacedFile]


class AssetFiles:
    """Brings files into a publication."""

    def __init__(self, hub: Path, version_folder: Path, how: How, staged: Staged) -> None:
        self._hub = hub
        self._folder = version_folder
        self._how = how
        self._staged = staged
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="mlhub-publish")
        self._is_stopped = False
        self._at_work = 0
        self._change = threading.Condition()
        self._under_way: dict[str, Future[PlacedFile]] = {}
        self._batch: list[_Task] = []
        self._common: dict[str, str] = {}

    def place(
        self, source: str, wanted: str, common: str | None, media_type: str | None, named: Collection[str]
    ) -> Future[PlacedFile]:
        """A file of the publication for the file ``source``, the same one however often it is asked for.

        Args:
            source: A real path.
            wanted: Its path in the publication.
            common: A path that it may share with all who use it, unless another file has it.
            named: Further digests to compute, by name.
        """
        if (known := self._under_way.get(source)) is not None:
            return known
        placed: Future[PlacedFile]
        if (before := self._staged.file_from(source)) is not None:
            placed = Future()
            placed.set_result(before)
            return placed
        if common is not None and self._common.setdefault(common, source) == source:
            wanted = common
        placed = Future()
        self._under_way[source] = placed
        task = _Task(source, wanted, media_type, (*_ALWAYS, *named), placed)
        if _is_small(source):
            self._do(task)
        else:
            self._batch.append(task)
        if len(self._batch) == _TASKS_AT_ONCE:
            self._hand_over()
        return placed

    def settled(self, source: str, placed: Future[PlacedFile]) -> PlacedFile:
        """The file, once it is there, written down; for the thread that called ``place``.

        Raises:
            OSError: It could not be read or written.
        """
        if not placed.done():
            self._hand_over()
        file = placed.result()
        if self._under_way.pop(source, None) is not None:
            return self._staged.add_file(source, file)
        return self._staged.file_from(source) or file

    def close(self) -> None:
        """Stop what is under way, and drop what waits its turn; nothing is written afterwards."""
        with self._change:
            self._is_stopped = True
        self._pool.shutdown(cancel_futures=True)
        # Ctrl-C while a thread is being started leaves one that its pool does not know of.
        with self._change:
            self._change.wait_for(lambda: not self._at_work)

    def _hand_over(self) -> None:
        """Give what was gathered to a thread."""
        if self._batch:
            self._pool.submit(self._work, self._batch)
            self._batch = []

    def _work(self, tasks: list[_Task]) -> None:
        with self._change:
            if self._is_stopped:
                return
            self._at_work += 1
        try:
            for task in tasks:
                self._do(task)
        finally:
            with self._change:
                self._at_work -= 1
                self._change.notify_all()

    def _do(self, task: _Task) -> None:
        if self._is_stopped:
            return
        try:
            task.placed.set_result(self._placed(task))
        except BaseException as error:  # noqa: BLE001 - whoever waits for the file gets it
            task.placed.set_exception(error)

    def _placed(self, task: _Task) -> PlacedFile:
        hasher = digests.Hasher(dict.fromkeys(task.names))
        if self._how == "in-place":
            status, path, location = self._read(task.source, hasher), task.wanted, task.source
        else:
            status, path = self._brought(task.source, task.wanted, hasher)
            location = (self._folder / path).relative_to(self._hub).as_posix()
        found = hasher.hexdigests()
        md5, sha256 = found.pop("md5"), found.pop("sha2-256")
        named = tuple(found.items())
        return PlacedFile(
            path, location, status.st_size, status.st_mtime_ns, md5, sha256, task.media_type, named
        )

    def _brought(self, source: str, wanted: str, hasher: digests.Hasher) -> tuple[os.stat_result, str]:
        """Copy or link; the path is another one where a file system takes two names for one."""
        path = wanted
        for number in range(2, _MOST_NAMES):
            target = self._folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                return self._copied_or_linked(source, target, hasher), path
            except FileExistsError:
                path = layout.moved_path(wanted, number)
        raise FileExistsError(f"{wanted} and {_MOST_NAMES} names like it are taken")

    def _copied_or_linked(self, source: str, target: Path, hasher: digests.Hasher) -> os.stat_result:
        if self._how == "link":
            with contextlib.suppress(_NoLinks):
                _link(source, target)
                return self._read(source, hasher)
        return self._copy(source, target, hasher)

    def _read(self, source: str, hasher: digests.Hasher) -> os.stat_result:
        with io.FileIO(source) as file:
            status = os.fstat(file.fileno())
            for piece in self._pieces(file):
                hasher.update(piece)
        return status

    def _copy(self, source: str, target: Path, hasher: digests.Hasher) -> os.stat_result:
        with io.FileIO(source) as file, target.open("xb") as copy:
            status = os.fstat(file.fileno())
            for piece in self._pieces(file):
                hasher.update(piece)
                copy.write(piece)
        # When it last changed is told to whoever downloads it.
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
        return target.stat()

    def _pieces(self, file: io.FileIO) -> Iterator[bytes]:
        while piece := file.read(_PIECE_BYTES):
            if self._is_stopped:
                raise Stopped
            yield piece


def wait_for_the_disk() -> None:
    """The database's commit survives a power failure: the files that it names must be on the disk first."""
    # Once for all of them: for thousands of small files a sync of each takes longer.
    if sys.platform != "win32":  # which has no such call
        os.sync()


def _is_small(source: str) -> bool:
    try:
        return os.stat(source).st_size <= _SMALL_BYTES  # noqa: PTH116 - half the time of a Path
    except OSError:
        return True  # to be told by whoever opens it


class _NoLinks(OSError):
    """Hard links cannot be made here."""


def _link(source: str, target: Path) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError as error:  # another file system, too many links, or none at all
        raise _NoLinks from error
