"""Where the files of a made catalog lie."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ... import layout

How = Literal["copy", "link"]


@dataclass(frozen=True)
class Placing:
    """Brings files into the folder of a catalog, unless they lie in it already.

    Attributes:
        output: The folder.
        how: ``link`` makes hard links, and copies where the system cannot.
    """

    output: Path
    how: How

    def item_asset(self, source: Path, collection_id: str, item_id: str, key: str) -> Path:
        """Where an item's asset lies in the end."""
        return self._placed(source, layout.item_asset_path(collection_id, item_id, key, _suffix(source)))

    def common_asset(self, source: Path, key: str) -> Path:
        """Where an asset lies in the end that every item points at."""
        return self._placed(source, layout.dataset_common_path(key, _suffix(source)))

    def _placed(self, source: Path, place: str) -> Path:
        if source.resolve().is_relative_to(self.output.resolve()):
            return source
        target = self.output / place
        target.parent.mkdir(parents=True, exist_ok=True)
        # What a former run linked must not be written through.
        target.unlink(missing_ok=True)
        if self.how == "link":
            try:
                os.link(source.resolve(), target)
            except OSError:
                pass  # another file system, or one without links: a copy serves as well
            else:
                return target
        shutil.copyfile(source, target)
        return target


def _suffix(path: Path) -> str:
    return layout.extension(path.name, None)
