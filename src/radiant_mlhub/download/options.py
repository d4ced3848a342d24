"""What was asked for, checked whole before any request."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from .. import layout
from ..exceptions import DirectoryUnusable, InvalidArgument, UnsafeName
from ..if_exists import DownloadIfExistsOpts
from ..progress_events import ProgressCallback
from .intervals import Interval, interval
from .places import Box, NoPlace, checked_box, checked_geometry
from .running import MOST_CONNECTIONS, checked_connections, checked_event, checked_progress, checked_rate

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
# Scripts match on this text; what is wrong follows it.
_NO_GEOMETRY = "intersects must be geojson with a geometry property"


@dataclass(frozen=True, slots=True)
class DownloadOptions:
    """One download as it was asked for.

    Attributes:
        dataset_id: The dataset.
        output_dir: Absolute folder of the catalog archive and its tree.
        asset_output_dir: Absolute folder of the assets; ``output_dir`` unless asked otherwise.
        catalog_only: Bring the catalog, no assets.
        if_exists: What to do with files that are there.
        bbox: West, south, east, north in degrees; west > east crosses the antimeridian.
        intersects: A GeoJSON geometry.
        interval: The times wanted.
        collection_filter: Collection id to the asset keys wanted; no keys are all keys.
        exact: Judge places by an item's geometry, not its bounding box.
        dry_run: Plan and report; bring the catalog alone.
        progress: Show how it gets on, or tell a callable.
        max_connections: Most connections at once.
        max_bytes_per_s: Most bytes from the network a second, on average; None for no limit.
        cancel: Once set, the download stops.
    """

    dataset_id: str
    output_dir: Path
    asset_output_dir: Path
    catalog_only: bool = False
    if_exists: DownloadIfExistsOpts = DownloadIfExistsOpts.resume
    bbox: Box | None = None
    intersects: Mapping[str, Any] | None = None
    interval: Interval | None = None
    collection_filter: Mapping[str, tuple[str, ...]] | None = None
    exact: bool = False
    dry_run: bool = False
    progress: bool | ProgressCallback = True
    max_connections: int = MOST_CONNECTIONS
    max_bytes_per_s: int | None = None
    cancel: Event | None = None


def checked_options(
    dataset_id: str,
    *,
    output_dir: Path | str | None = None,
    asset_output_dir: Path | str | None = None,
    catalog_only: bool = False,
    if_exists: DownloadIfExistsOpts | str = DownloadIfExistsOpts.resume,
    bbox: Any = None,
    intersects: Any = None,
    datetime: Any = None,
    collection_filter: Any = None,
    exact: bool = False,
    dry_run: bool = False,
    progress: bool | ProgressCallback = True,
    max_connections: int = MOST_CONNECTIONS,
    max_bytes_per_s: int | None = None,
    cancel: Event | None = None,
) -> DownloadOptions:
    """The options of a download, ready to be trusted.

    Args:
        dataset_id: The dataset's id.
        output_dir: Folder of the catalog, ``~`` expanded; None is the working directory of now.
        asset_output_dir: Folder of the assets; None is ``output_dir``.
        catalog_only: Bring the catalog, no assets.
        if_exists: ``resume``, ``skip`` or ``overwrite``.
        bbox: 4 numbers in degrees, or 6 with heights, which are not judged.
        intersects: A GeoJSON geometry, Feature or FeatureCollection, or an object with
            ``__geo_interface__``. One across the antimeridian is cut there, as RFC 7946 has it.
        datetime: See ``intervals.interval``.
        collection_filter: A dict of collection id to a list of asset keys.
        exact: Judge places by the item's geometry.
        dry_run: Plan and report only.
        progress: Show how it gets on, or tell a callable.
        max_connections: Most connections at once, 1 to 1024.
        max_bytes_per_s: Most bytes from the network a second, from 1; None for no limit.
        cancel: Once set, the download stops.

    Raises:
        InvalidArgument: An argument that cannot be meant.
        DirectoryUnusable: A folder to write to is a file.
    """
    if bbox is not None and intersects is not None:
        raise InvalidArgument("Provider either bbox or intersects option (not both")
    root = checked_folder("output_dir", Path.cwd() if output_dir is None else output_dir)
    asset_root = root if asset_output_dir is None else checked_folder("asset_output_dir", asset_output_dir)
    return DownloadOptions(
        dataset_id=_dataset_id(dataset_id),
        output_dir=root,
        asset_output_dir=asset_root,
        catalog_only=catalog_only,
        if_exists=checked_if_exists(if_exists),
        bbox=None if bbox is None else _bbox(bbox),
        intersects=None if intersects is None else _geometry(intersects),
        interval=interval(datetime),
        collection_filter=None if collection_filter is None else _collection_filter(collection_filter),
        exact=exact,
        dry_run=dry_run,
        progress=checked_progress(progress),
        max_connections=checked_connections(max_connections),
        max_bytes_per_s=None if max_bytes_per_s is None else checked_rate(max_bytes_per_s),
        cancel=checked_event(cancel),
    )


def checked_if_exists(value: DownloadIfExistsOpts | str) -> DownloadIfExistsOpts:
    """The option of that name.

    Raises:
        InvalidArgument: There is none.
    """
    try:
        return DownloadIfExistsOpts(value)
    except ValueError as error:
        names = ", ".join(f'"{one.value}"' for one in DownloadIfExistsOpts)
        raise InvalidArgument(f"if_exists is {value!r}; it must be one of {names}.") from error


def _dataset_id(value: str) -> str:
    if not isinstance(value, str):
        raise InvalidArgument(f"The dataset's id is {value!r}; it must be a text.")
    try:
        layout.safe_component(value)
    except UnsafeName as error:
        raise InvalidArgument(f"The dataset's id {value!r} cannot name a folder: {error}") from error
    return value


def checked_folder(name: str, value: Path | str) -> Path:
    """``value`` as an absolute folder, which need not be there yet.

    Raises:
        InvalidArgument: It is empty, an address, or no path at all.
        DirectoryUnusable: There is something else.
    """
    try:
        text = os.fspath(value)
    except TypeError as error:
        raise InvalidArgument(f"{name} is {value!r}; it must be a path.") from error
    if not isinstance(text, str) or not text.strip() or "\0" in text:
        raise InvalidArgument(f'{name} is {text!r}; name a folder, "." for the working directory.')
    if _SCHEME.match(text):
        raise InvalidArgument(
            f"{name} is {text!r}; downloads go to a folder of this machine, not to an address."
        )
    try:
        folder = Path(text).expanduser().absolute()
        is_something_else = folder.exists() and not folder.is_dir()
    except (OSError, RuntimeError) as error:
        raise DirectoryUnusable(f"{name} {text!r} cannot be used: {error}") from error
    if is_something_else:
        refused = DirectoryUnusable(f"{name} is not directory.")  # the documented text
        refused.add_note(f"{folder} is a file. Choose another folder.")
        raise refused
    return folder


def _bbox(value: Any) -> Box:
    try:
        return checked_box(value)
    except NoPlace as error:
        raise InvalidArgument(f"bbox {error}.") from error


def _geometry(value: Any) -> Mapping[str, Any]:
    """The GeoJSON geometry that is meant; a FeatureCollection becomes a GeometryCollection."""
    if not isinstance(value, Mapping):
        value = getattr(value, "__geo_interface__", value)
    if isinstance(value, str):
        raise InvalidArgument(f"{_NO_GEOMETRY}; it is a text: parse it with json.loads first.")
    try:
        geometry = _geometry_of(value)
        is_somewhere = checked_geometry(geometry)
        if is_somewhere:
            _check_with_shapely(geometry)
    except NoPlace as error:
        raise InvalidArgument(f"{_NO_GEOMETRY}; it {error}.") from error
    if not is_somewhere:
        raise InvalidArgument(f"{_NO_GEOMETRY}; its geometry is empty.")
    return geometry


def _geometry_of(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise NoPlace("is no GeoJSON object")
    if value.get("type") == "FeatureCollection":
        features = value.get("features")
        if not isinstance(features, list | tuple):
            raise NoPlace('is a FeatureCollection without "features"')
        geometries = [_geometry_of(feature) for feature in features if _has_geometry(feature)]
        return {"type": "GeometryCollection", "geometries": geometries}
    if value.get("type") == "Feature" or "geometry" in value:
        if not _has_geometry(value):
            raise NoPlace("is a Feature without a geometry")
        return _geometry_of(value["geometry"])
    return value


def _has_geometry(feature: Any) -> bool:
    return isinstance(feature, Mapping) and feature.get("geometry") is not None


def _check_with_shapely(geometry: Mapping[str, Any]) -> None:
    from .shapes import valid_shape  # noqa: PLC0415 - only a place filter pays for shapely

    valid_shape(geometry)


def _collection_filter(value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise InvalidArgument(
            f'collection_filter is {value!r}; it must be a dict like {{"collection_id": ["asset_key"]}}.'
        )
    if not value:
        raise InvalidArgument(
            "collection_filter is empty, which keeps nothing; leave it out to keep everything."
        )
    return {
        _collection_id(collection_id): _keys(collection_id, keys) for collection_id, keys in value.items()
    }


def _collection_id(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidArgument(f"collection_filter names the collection {value!r}; ids are texts.")
    return value


def _keys(collection_id: str, keys: Any) -> tuple[str, ...]:
    if isinstance(keys, str):
        raise InvalidArgument(
            f"collection_filter has the text {keys!r} for {collection_id!r}; a list is wanted: [{keys!r}]."
        )
    if not isinstance(keys, Iterable) or isinstance(keys, Mapping):
        raise InvalidArgument(
            f"collection_filter has {keys!r} for {collection_id!r}; a list of asset keys is wanted."
        )
    listed = tuple(keys)
    for key in listed:
        if not isinstance(key, str) or not key:
            raise InvalidArgument(
                f"collection_filter has the asset key {key!r} for {collection_id!r}; keys are texts."
            )
    return listed
