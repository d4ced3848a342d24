"""A small download in which one file operation fails, and the same call once more."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from support.downloads_apart import Interpreter
from support.scripted_hub import ScriptedHub
from support.syscalls import fills_disks
from support.whole_downloads import PublishedDataset

# What a user is told about a disk that is full; nothing at all where the operation can be done without.
TELLING = {None, "DirectoryUnusable", "DownloadFailed", "TransferFailed"}


@dataclass(frozen=True)
class Failed:
    """What came of one failing operation; ``wrong`` is empty where all is as promised."""

    number: int
    operation: str
    wrong: list[str]


class FailingOperations:
    """Lets the operations of a download fail.

    Attributes:
        seen: The operations of an undisturbed run, in words.
    """

    def __init__(
        self, interpreter: Interpreter, hub: ScriptedHub, dataset: PublishedDataset, folder: Path
    ) -> None:
        self._interpreter = interpreter
        self._hub = hub
        self._dataset = dataset
        self._folder = folder / "data"
        self.seen = self._run({}).operations
        shutil.rmtree(self._folder)

    def numbers(self, how: str) -> list[int]:
        """The operations that can fail so."""
        return [n for n, each in enumerate(self.seen) if how == "kill" or fills_disks(each)]

    def fail(self, number: int, how: str) -> Failed:
        """Run with the operation of that number failing, run once more, judge."""
        first = self._run({"fail_at": number, "how": how})
        wrong = []
        if first.told.get("error") not in TELLING:
            wrong.append(f"it ended with {first.told['error']}: {first.told['text']}")
        if first.told.get("threads") or first.told.get("open"):
            wrong.append(f"it left {first.told['threads']} and {first.told['open']}")
        second = self._run(None)
        if "error" in second.told:
            wrong.append(f"the next run ended with {second.told['error']}: {second.told['text']}")
        wrong += self._dataset.differences(self._folder)
        shutil.rmtree(self._folder)
        # Small differences in timing shift the numbers, so the operation is that of this very run.
        operation = first.operations[number] if number < len(first.operations) else "none"
        return Failed(number, operation, wrong)

    def _run(self, traced: dict | None):
        run = self._interpreter.start(self._hub.root_url, self._folder, traced=traced)
        run.wait()
        return run
