"""The pictures of a dataset's page, drawn once and kept.

The few items that are shown are the only ones that can be drawn, so that neither the time
nor the folder of pictures grows with what strangers ask for.
"""

import json
import logging
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from .. import drawing
from ..drawing import Task
from ..store import Json, Store
from .examples import Example

_FOLDER = "previews"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Picture:
    """A picture in the cache.

    Attributes:
        image: The PNG, or the picture that was published with the item.
        labels: SVG or PNG to lie over it; None where there are no labels.
    """

    image: Path
    labels: Path | None


@dataclass(frozen=True)
class Previews:
    """The pictures of a hub's datasets; one is drawn at a time, see ``LongWork``.

    Attributes:
        hub_folder: The hub's folder; pictures lie below ``previews/{version}/``.
        time_limit_s: How long a picture may be drawn.
    """

    hub_folder: Path
    store: Store
    time_limit_s: float = 20

    @staticmethod
    def can_draw() -> bool:
        """Whether what draws GeoTIFFs is installed."""
        return find_spec("rasterio") is not None and find_spec("numpy") is not None

    def picture(self, version: str, number: int, example: Example) -> Picture | None:
        """The picture of an example; None where it cannot be drawn, now or ever.

        Args:
            version: Of the dataset; its pictures are drawn once.
            number: The example's place on the page.
        """
        folder = self.hub_folder / _FOLDER / version
        try:
            self._draw(folder, number, example)
        except OSError as error:
            # The page is worth more than a picture: the disk is full, or not to be written.
            logger.warning("No pictures can be kept below %s: %s", folder, error)
            return None
        return _as_drawn(folder, self.hub_folder, number, example)

    def is_drawn(self, version: str, number: int) -> bool:
        """Whether it is known already what comes of the picture."""
        return _outcome(self.hub_folder / _FOLDER / version, number).is_file()

    def _draw(self, folder: Path, number: int, example: Example) -> None:
        outcome = _outcome(folder, number)
        if outcome.is_file():
            return
        if not folder.is_dir():
            self._forget_old_versions()
            folder.mkdir(parents=True, exist_ok=True)
        drawn = None
        if self.can_draw():
            task = example.task(folder / f"{number}.png", folder / f"{number}-labels")
            drawn = _drawn(task, self.time_limit_s)
        part = outcome.with_suffix(".part")
        part.write_text(json.dumps(drawn), encoding="utf-8")
        part.replace(outcome)

    def _forget_old_versions(self) -> None:
        """Pictures of versions that nobody can ask for any more go."""
        known = self.store.known_versions()
        for folder in (self.hub_folder / _FOLDER).glob("*"):
            if folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)


def _outcome(folder: Path, number: int) -> Path:
    """Where it is written what came of a picture, once its files are there."""
    return folder / f"{number}.json"


def _drawn(task: Task, time_limit_s: float) -> Json | None:
    """What the drawing program says; None where it could not draw."""
    command = [sys.executable, "-m", drawing.__name__]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, by our own interpreter
            command, input=task.as_json(), capture_output=True, text=True, timeout=time_limit_s, check=False
        )
    except subprocess.TimeoutExpired:
        logger.warning("%s was not drawn: it took more than %s s", task.image_file, time_limit_s)
        return None
    if done.returncode != 0:
        logger.warning("%s was not drawn: %s", task.image_file, done.stderr.strip()[-300:])
        return None
    drawn: Json = json.loads(done.stdout)
    return drawn


def _as_drawn(folder: Path, hub_folder: Path, number: int, example: Example) -> Picture | None:
    drawn: Json | None = json.loads(_outcome(folder, number).read_text(encoding="utf-8"))
    labels = folder / f"{number}-labels{drawn['labels']}" if drawn and drawn["labels"] else None
    if drawn and example.bands:
        return Picture(folder / f"{number}.png", labels)
    published = _published(example, hub_folder)
    return Picture(published, labels) if published else None


def _published(example: Example, hub_folder: Path) -> Path | None:
    """The picture that was published with the example; None where there is none, or another by now."""
    if example.picture is None:
        return None
    path = hub_folder / example.picture.location
    try:
        there = path.stat()
    except OSError:
        return None
    return path if example.picture.is_still(there) else None
