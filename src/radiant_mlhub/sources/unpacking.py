"""A catalog archive's files written to disk, here or, for a large one, by a process beside this one.

Imports little, since that process pays for it in time and memory.
"""

import contextlib
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ..exceptions import ArchiveBroken, CatalogBroken, DirectoryUnusable
from ..tar_reader import Limits, Member, Refused
from ..unpacked import Damaged, Unpacked
from .archive_members import catalog_members

STAGE = ".unpacking."
"""Beginning of the name of the folder in which files are written before they get their place."""

# A process takes 50 MiB. This much holds some 25,000 items, which are unpacked here in two seconds.
WORTH_A_PROCESS_BYTES = 3_000_000
_TOLD_EVERY = 500
# A process whose parent was killed ends by itself, after the file it is writing.
_DYING_S = 1.0
# Folders come before what is in them, mostly; a folder forgotten costs a look.
_FOLDERS_REMEMBERED = 10_000


def unpack(archive: Path, dataset_id: str, folder: Path, limits: Limits | None = None) -> Iterator[str]:
    """Write the archive's files into ``folder``; the path of each comes when it is there.

    A file that holds these very bytes already is left alone, so that an interrupted unpack is
    repaired and an unchanged one costs no writes. Each has the archive's time of change.

    Raises:
        CatalogBroken: The archive is cut, damaged or no tar at all.
        DirectoryUnusable: ``folder`` cannot be written, or a link in it leads outside.
    """
    place = ""
    try:
        with _Tree(folder) as tree:
            for place, member in catalog_members(archive, dataset_id, limits or Limits()):
                if not isinstance(member, Refused):
                    tree.put(place, member)
                    if member.kind == "file":
                        yield place
    except CatalogBroken:
        raise
    except OSError as error:
        raise DirectoryUnusable(
            f'"{place}" of {archive.name} cannot be written to {folder}: {error}'
        ) from error


class Helper:
    """A process that unpacks an archive while this one reads it.

    It writes nothing before the archive has proven whole. It ends with this process, however
    that ends. Whatever goes wrong in it goes wrong again, and is told, where ``unpack`` is
    called afterwards.
    """

    def __init__(self, archive: Path, dataset_id: str, folder: Path) -> None:
        command = [sys.executable, "-P", "-m", __name__, str(archive), dataset_id, str(folder)]
        self._process = subprocess.Popen(  # noqa: S603 - our own module, and no shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def wait(self, advance: Callable[[int], object]) -> bool:
        """Wait for its end; whether everything is unpacked.

        Args:
            advance: Called with numbers of files that are there.
        """
        output = self._process.stdout
        for line in output or ():
            advance(int(line))
        return self._process.wait() == 0

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


@contextlib.contextmanager
def helper(archive: Path, dataset_id: str, folder: Path) -> Iterator[Helper | None]:
    """A process that unpacks the archive; None where that is not worth one, or there can be none."""
    started = None
    if is_python(sys.executable) and archive.stat().st_size >= WORTH_A_PROCESS_BYTES:
        with contextlib.suppress(OSError):  # no process to be had: this one unpacks
            started = Helper(archive, dataset_id, folder)
    try:
        yield started
    finally:
        if started is not None:
            started.stop()
            with contextlib.suppress(OSError):  # the next unpacking sweeps, too
                sweep(folder)


def is_python(executable: str | None) -> bool:
    """Whether this program can be told to run a module.

    Inside of another program (a desktop GIS with a Python console), ``sys.executable`` is that
    program, and starting it would open a second window.
    """
    return Path(executable or "").stem.lower().startswith(("python", "pypy"))


def is_swept(folder: Path) -> bool:
    """Whether no unpacking that was killed left something in ``folder``."""
    return not any(name.startswith(STAGE) for name in os.listdir(folder))  # noqa: PTH208 - names alone


def sweep(folder: Path | str) -> None:
    """Delete what unpackings that were killed left in ``folder``.

    Raises:
        OSError: It cannot be deleted.
    """
    if os.path.isdir(folder):  # noqa: PTH112
        for name in os.listdir(folder):  # noqa: PTH208
            if name.startswith(STAGE):
                _remove(Path(folder, name), time.monotonic() + _DYING_S)


def _remove(stage: Path, deadline: float) -> None:
    """Delete a folder in which a process that is just ending may still write."""
    while stage.exists():
        is_last_try = time.monotonic() >= deadline
        try:
            shutil.rmtree(stage)
        except FileNotFoundError:  # deleted by two at once
            continue
        except OSError:
            if is_last_try:
                raise
            time.sleep(0.01)


class _Tree:
    """A folder that files of an archive are put into, none of them outside of it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._root = os.path.realpath(folder)
        self._stage = os.path.join(self._root, f"{STAGE}{os.getpid()}")  # noqa: PTH118 - strings all the way, for speed
        self._sound: set[str] = set()

    def __enter__(self) -> "_Tree":
        sweep(self._root)
        os.mkdir(self._stage)  # noqa: PTH102
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._stage, ignore_errors=True)

    def put(self, place: str, member: Member) -> None:
        """Make the member's folder or file.

        Raises:
            OSError: It cannot be written, or would be written outside of the root.
        """
        if member.kind == "directory":
            self._enter(place)
            return
        self._enter(place.rpartition("/")[0])
        path = f"{self._root}/{place}"
        if not _holds(path, member):
            self._write(path, member)

    def _enter(self, folder: str) -> None:
        """Make ``folder`` unless a link on the way leads out of the root."""
        if not folder or folder in self._sound:
            return
        self._enter(folder.rpartition("/")[0])
        path = f"{self._root}/{folder}"
        try:
            os.mkdir(path)  # noqa: PTH102
        except FileExistsError:
            if not stat.S_ISDIR(os.lstat(path).st_mode):
                self._check_inside(path)
        if len(self._sound) >= _FOLDERS_REMEMBERED:
            self._sound.clear()
        self._sound.add(folder)

    def _check_inside(self, path: str) -> None:
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(self._root):
            raise OSError(f"{path} is a link that leads outside")
        if not real.is_dir():
            raise NotADirectoryError(f"{path} is a file, and a folder is needed there")

    def _write(self, path: str, member: Member) -> None:
        staged = f"{self._stage}/file"
        with open(staged, "wb", buffering=0) as file:  # noqa: PTH123
            remaining = memoryview(member.content)
            while remaining:
                remaining = remaining[file.write(remaining) :]
            set_mtime(file.fileno(), member.mtime)
        os.replace(staged, path)  # noqa: PTH105


def set_mtime(file: int | str, mtime_s: int) -> None:
    """Give a file the archive's time; one that the file system cannot keep is left away."""
    with contextlib.suppress(OSError, OverflowError):
        os.utime(file, (mtime_s, mtime_s))


def _holds(path: str, member: Member) -> bool:
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode) or found.st_size != member.size:
            return False
        with open(path, "rb") as file:  # noqa: PTH123
            if file.read() != member.content:
                return False
    except FileNotFoundError:
        return False
    if int(found.st_mtime) != member.mtime:
        set_mtime(path, member.mtime)
    return True


def _check_whole(archive: Path) -> None:
    """Read the file to its last CRC.

    Raises:
        Damaged: It is cut or damaged.
    """
    with archive.open("rb") as file:
        unpacked = Unpacked(file)
        while unpacked.piece():
            pass


def _end_with_parent() -> None:
    """Wait for the other end of stdin, which closes however the parent ends."""
    os.read(0, 1)  # not by sys.stdin, whose lock this thread would hold when Python ends
    os._exit(1)


def _tell(count: int) -> None:
    os.write(1, b"%d\n" % count)


def main(archive: str, dataset_id: str, folder: str) -> int:
    """What the helper process does; prints how many files are there since the last line."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        _check_whole(Path(archive))
        waiting = 0
        for _ in unpack(Path(archive), dataset_id, Path(folder)):
            waiting += 1
            if waiting == _TOLD_EVERY:
                _tell(waiting)
                waiting = 0
        _tell(waiting)
    except (Damaged, ArchiveBroken, CatalogBroken, DirectoryUnusable):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
