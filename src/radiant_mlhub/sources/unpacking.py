"""A catalog archive's files written to disk, here or, for a large one, by a process beside this one.

Imports little, since that process pays for it in time and memory.
"""

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from ..exceptions import ArchiveBroken, CatalogBroken, DirectoryUnusable
from ..tar_reader import Limits, Refused
from ..unpacked import Damaged, Unpacked
from .archive_members import catalog_members
from .local_reading import read_from
from .tree import Tree, sweep

# This much holds some 2,000 items. The process takes 17 MiB at its peak, and saves this one the time of
# unpacking, of 10,000 items a seventh of a whole download. Of 700 items there is nothing to gain.
WORTH_A_PROCESS_BYTES = 300_000
_TOLD_EVERY = 500


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
        with Tree(folder) as tree:
            for place, member in catalog_members(archive, dataset_id, limits or Limits()):
                if isinstance(member, Refused):
                    continue
                if member.kind == "directory":
                    tree.enter(place)
                    continue
                tree.put(place, member.content, member.mtime)
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
        import subprocess  # noqa: PLC0415 - the process started below has no use for it

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
    with read_from(archive):
        size_bytes = archive.stat().st_size
    if is_python(sys.executable) and size_bytes >= WORTH_A_PROCESS_BYTES:
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
