"""Parts below a folder, whosever they are: for those that no transfer will look at again."""

import os
from collections.abc import Collection
from pathlib import Path

from .parts import ENDINGS, leftovers, remove, stem_of

PartsByFolder = dict[str, list[str]]
"""Names of parts and notes, by the folder they lie in."""


def parts_below(root: Path) -> PartsByFolder:
    """What lies below ``root``; links are not followed."""
    found = {}
    for folder, _, names in os.walk(root):
        parts = [name for name in names if name.endswith(ENDINGS)]
        if parts:
            found[folder] = parts
    return found


def sweep(found: PartsByFolder, to_come: Collection[str]) -> None:
    """Delete the parts that nobody writes any more, but for those of targets that are still to come.

    Args:
        found: What ``parts_below`` found.
        to_come: Paths of those targets.
    """
    kept = {(folder, stem_of(name)) for folder, _, name in (path.rpartition(os.sep) for path in to_come)}
    for folder, names in found.items():
        for stem in {name.rsplit(".part", 1)[0].rsplit(".", 3)[0].removeprefix(".") for name in names}:
            if (folder, stem) not in kept:
                for leftover in leftovers(f"{folder}{os.sep}{stem}", names):
                    remove(leftover.path)
