"""Rounds: everybody works once, then everybody once more, so that the machine's moods hit all alike."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.clients import Contestant, Run, Task
from benchmarks.machine import file_system
from benchmarks.rows import Row
from benchmarks.servers import Site

FEWEST_SECONDS = 60.0
SLOWEST_FILES_PER_S = 10.0  # the original at 50 ms over TLS does 28
SLOWEST_ITEMS_PER_S = 300.0  # the original's index does 1,400
SLOWEST_BYTES_PER_S = 20e6  # the original does 84 MB/s


@dataclass(frozen=True)
class Workplace:
    """Where downloads land and what lies beside them."""

    scratch: Path
    served: Path
    downloads: Path
    disk: Path

    @contextmanager
    def fresh_folder(self, row: Row) -> Iterator[Path]:
        """A folder nobody used before.

        On a disk it stays to the end of the run: after many files were deleted, ext4 makes new ones up to
        ten times slower.
        """
        above = self.disk if row.on_disk else self.downloads
        os.sync()
        folder = Path(tempfile.mkdtemp(dir=above))
        try:
            yield folder
        finally:
            if file_system(folder) == "tmpfs":
                shutil.rmtree(folder)


@dataclass(frozen=True)
class Rounds:
    """How a row is measured.

    Attributes:
        tell: Gets each run that counts, or went wrong, as it ends.
    """

    count: int
    workplace: Workplace
    site: Site
    tell: Callable[[Run], None]

    def measure(self, row: Row, contestants: Sequence[Contestant]) -> None:
        """All runs of a row; each round begins with another contestant."""
        if row.walk == "again":
            self._measure_again(row, contestants)
            return
        for number in range(self.count):
            turn = number % len(contestants)
            for contestant in (*contestants[turn:], *contestants[:turn]):
                with self.workplace.fresh_folder(row) as folder:
                    self.tell(self._once(row, contestant, folder))

    def _measure_again(self, row: Row, contestants: Sequence[Contestant]) -> None:
        """Over one complete download each; the runs that made it are told only when they went wrong."""
        with self.workplace.fresh_folder(row) as folder:
            complete = {}
            for contestant in contestants:
                own_folder = folder / contestant.client
                own_folder.mkdir()
                first = self._once(row, contestant, own_folder)
                if first.error:
                    self.tell(first)
                else:
                    complete[contestant] = own_folder
            for _ in range(self.count):
                for contestant, own_folder in complete.items():
                    self.tell(self._once(row, contestant, own_folder))

    def _once(self, row: Row, contestant: Contestant, folder: Path) -> Run:
        place = self.workplace
        return contestant.run(Task(row, folder, place.scratch, place.served, self.site, _limit_s(row)))


def _limit_s(row: Row) -> float:
    """Far beyond what the slowest client needs."""
    data_set = row.data_set
    files_s = data_set.file_count / SLOWEST_FILES_PER_S if data_set.has_files else 0.0
    items_s = data_set.item_count / SLOWEST_ITEMS_PER_S
    return FEWEST_SECONDS + files_s + items_s + data_set.total_bytes / SLOWEST_BYTES_PER_S
