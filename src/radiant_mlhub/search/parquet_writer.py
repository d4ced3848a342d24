"""Items as stac-geoparquet, for other programs: written by rustac, which wants to see all of them first."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..exceptions import CatalogBroken
from ..extras import needed
from ..log import logger
from ..sources.described import OpenSource
from ..sources.geoparquet import NO_GEOMETRY
from ..sources.links import LinkBroken, joined
from ..sources.parsing import parsed
from ..sources.source import EVERYTHING
from ..transfer import RequestFor
from .reading import objects_of
from .refused import not_written

_TOLD_EVERY = 2000


def write_parquet(
    source: OpenSource, path: Path, request_for: RequestFor, told: Callable[[int], object] = lambda _: None
) -> int:
    """Write every item of ``source`` to ``path``, which appears whole or not at all; how many.

    All items are in memory meanwhile, about 10 kB each: their columns are those that any of them has.
    ``index_writer`` writes what is too much for that.

    Args:
        source: The source.
        path: The file; one that is there is replaced once the new one is whole.
        request_for: How addresses are asked for.
        told: Hears how many items were read since it was told last.

    Raises:
        ExtraMissing: rustac is not installed.
        CatalogBroken: The source cannot be read, or has no items.
        TransferFailed: It cannot be had.
        DirectoryUnusable: The file cannot be written.
    """
    with needed("geoparquet", "A .parquet file"):
        import rustac  # noqa: PLC0415
    items = []
    with objects_of(source, EVERYTHING, request_for) as objects:
        for each in objects:
            whole = parsed(each)
            if whole.error is not None:
                logger.warning("%s is not in %s: %s", whole.place, path.name, whole.error)
            body = _with_whole_hrefs(whole.body, whole.base_href)
            if body is not None and body.get("type") == "Feature":
                items.append(_with_a_geometry(body))
                if len(items) % _TOLD_EVERY == 0:
                    told(_TOLD_EVERY)
    told(len(items) % _TOLD_EVERY)
    if not items:
        empty = CatalogBroken(f'"{source.dataset_id}" has no items, and a .parquet cannot be without.')
        empty.add_note("a .db can: mlhub index SOURCE -o FILE.db")
        raise empty
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".mlhub-", dir=path.parent) as folder:
            part = Path(folder, "items.parquet")
            rustac.write_sync(str(part), {"type": "FeatureCollection", "features": items})
            part.replace(path)
    except (OSError, rustac.RustacError) as error:
        raise not_written(path, error) from error
    return len(items)


def _with_whole_hrefs(body: Mapping[str, Any] | None, base_href: str | None) -> Mapping[str, Any] | None:
    """An item whose relative addresses start nowhere else once it lies in another file."""
    if body is None or base_href is None:
        return body
    assets = body.get("assets")
    if not isinstance(assets, Mapping):
        return body
    return {**body, "assets": {key: _whole(asset, base_href) for key, asset in assets.items()}}


def _whole(asset: Any, base_href: str) -> Any:
    if not isinstance(asset, Mapping):
        return asset
    whole = dict(asset)
    if isinstance(asset.get("href"), str) and asset["href"]:
        with suppress(LinkBroken):
            whole["href"] = joined(base_href, asset["href"].strip())
    if isinstance(alternate := asset.get("alternate"), Mapping):
        whole["alternate"] = {name: _whole(other, base_href) for name, other in alternate.items()}
    return whole


def _with_a_geometry(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """An item as rustac takes it: the column of geometries has no null, but an empty one."""
    if body.get("geometry") is not None:
        return body
    return {**{name: value for name, value in body.items() if name != "bbox"}, "geometry": NO_GEOMETRY}
