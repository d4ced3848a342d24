"""The drawing program: a task on stdin, what came of it on stdout."""

import json
import sys
from pathlib import Path

from . import Task, images, labels

_MEMORY_BYTES = 3 << 30
"""Of address space, most of it libraries: a tenth is in use while a chip is drawn."""


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - Windows has none

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        if most == resource.RLIM_INFINITY or most > _MEMORY_BYTES:
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))


def main() -> None:
    """Draw what stdin asks for; exit code 1 and a sentence on stderr where that cannot be done."""
    task = Task(**json.load(sys.stdin))
    _limit_memory()
    try:
        if task.bands:
            grid = images.draw_image([Path(path) for path in task.bands], Path(task.image_file))
        else:
            grid = images.grid_over(task.bbox or (-180, -90, 180, 90))
    except (OSError, ValueError, MemoryError, images.RasterError) as error:
        sys.exit(str(error) or type(error).__name__)
    json.dump({"labels": _labels_suffix(task, grid)}, sys.stdout)


def _labels_suffix(task: Task, grid: images.Grid) -> str | None:
    try:
        return labels.draw_labels(task, grid)
    except Exception as error:  # noqa: BLE001 - whatever a file of labels holds, its image is shown
        sys.stderr.write(f"no labels: {error!r}")
        return None


if __name__ == "__main__":
    main()
