"""Labels over an image: GeoJSON as SVG, a raster of classes as a PNG one can see through."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
from rasterio.warp import transform_geom

from . import Task, images
from .images import Grid
from .palette import colour_of, rgb

_MOST_BYTES = 16 << 20
_MOST_FEATURES = 2_000
_MOST_POINTS = 50_000
_SEEN_THROUGH = 150

_Point = tuple[float, float]


def draw_labels(task: Task, grid: Grid) -> str | None:
    """Write the labels as they lie on ``grid``; the suffix of the file, None where there are none."""
    if task.polygons:
        Path(f"{task.labels_file}.svg").write_text(_svg(task, grid), encoding="utf-8")
        return ".svg"
    if task.raster:
        classes = images.read_classes(Path(task.raster), grid)
        images.write_picture(Path(f"{task.labels_file}.png"), _coloured(classes))
        return ".png"
    return None


def _coloured(classes: "np.ndarray[Any, np.dtype[np.int64]]") -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """Red, green, blue and how far one sees through; class 0 is not drawn."""
    picture = np.zeros((4, *classes.shape), dtype=np.uint8)
    for number in np.unique(classes[classes != 0])[:256]:
        colour = np.array([*rgb(int(number) - 1), _SEEN_THROUGH], dtype=np.uint8)
        picture[:, classes == number] = colour[:, np.newaxis]
    return picture


def _svg(task: Task, grid: Grid) -> str:
    shapes = "".join(_shapes(task, grid))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {grid.width} {grid.height}" '
        f'preserveAspectRatio="none" width="{grid.width}" height="{grid.height}">{shapes}</svg>'
    )


def _shapes(task: Task, grid: Grid) -> Iterator[str]:
    points_left = _MOST_POINTS
    for feature in _features(Path(str(task.polygons)))[:_MOST_FEATURES]:
        geometry = _on_image(feature.get("geometry"), grid)
        colour = quoteattr(colour_of(_class_of(feature, task.properties), task.classes))
        for kind, lines in _parts(geometry):
            points_left -= sum(len(line) for line in lines)
            if points_left < 0:
                return
            pixels = [[grid.pixel(float(point[0]), float(point[1])) for point in line] for line in lines]
            yield _shape(kind, pixels, colour)


def _features(path: Path) -> list[Mapping[str, Any]]:
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError("its labels are too large to be drawn")
    content = json.loads(path.read_text(encoding="utf-8"))
    features = content.get("features", [content]) if isinstance(content, dict) else []
    return [feature for feature in features if isinstance(feature, dict)]


def _class_of(feature: Mapping[str, Any], names: Sequence[str]) -> str | None:
    properties = feature.get("properties") or {}
    found = next((properties[name] for name in names if name in properties), None)
    return None if found is None else str(found)


def _on_image(geometry: Any, grid: Grid) -> Mapping[str, Any]:
    """The geometry (degrees) in the image's own coordinates; an empty one where there is none."""
    if not isinstance(geometry, dict) or not geometry.get("coordinates"):
        return {}
    if grid.crs is None or grid.crs.to_epsg() == 4326:  # noqa: PLR2004
        return geometry
    moved: Mapping[str, Any] = transform_geom("EPSG:4326", grid.crs, geometry)
    return moved


def _parts(geometry: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Each polygon, line and point of the geometry, as the lines that draw it."""
    kind = str(geometry.get("type"))
    coordinates: list[Any] = geometry.get("coordinates") or []
    # GeoJSON nests a Multi of something once deeper, a line once deeper than a point, rings twice.
    for part in coordinates if kind.startswith("Multi") else [coordinates]:
        match kind.removeprefix("Multi"):
            case "Polygon":
                yield "polygon", part
            case "LineString":
                yield "line", [part]
            case "Point":
                yield "point", [[part]]


def _shape(kind: str, lines: Sequence[Sequence[_Point]], colour: str) -> str:
    # Lines keep their width on the screen, however large the picture is shown.
    pen = f'stroke={colour} stroke-width="2" vector-effect="non-scaling-stroke"'
    if kind == "point":
        [[(x, y)]] = lines
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill={colour} {pen}/>'
    end, fill = (
        ("Z", f'fill={colour} fill-opacity="0.3" fill-rule="evenodd"')
        if kind == "polygon"
        else ("", 'fill="none"')
    )
    path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in line) + end for line in lines)
    return f'<path d="{path}" {fill} {pen}/>'
