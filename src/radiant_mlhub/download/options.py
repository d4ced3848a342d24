"""What was asked for, checked whole before any request."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from .. import layout
from ..exceptions import DirectoryUnusable, InvalidArgument, UnsafeName
from ..if_exists import DownloadIfExistsOpts
from ..mirrors import Mirror, checked_mirrors
from ..progress_events import ProgressCallback
from .bucket_address import bucket_address, staging_folder
from .intervals import Interval, interval
from .place_asked import checked_bbox, checked_intersects
from .places import Box
from .running import MOST_CONNECTIONS, checked_connections, checked_event, checked_progress, checked_rate
from .selecting import (
    checked_collection_filter,
    checked_max_items,
    checked_sample,
    checked_seed,
    checked_texts,
)

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


FILTERS = (
    *("collection_filter", "assets", "ids", "datetime", "bbox", "intersects"),
    *("filter", "sample", "max_items"),
)
"""The filters, in the order in which they are asked."""


@dataclass(frozen=True, slots=True)
class DownloadOptions:
    """One download as it was asked for.

    Attributes:
        dataset_id: The dataset.
        output_dir: Absolute folder of the catalog archive and its tree.
        asset_output_dir: Absolute folder of the assets; ``output_dir`` unless asked otherwise.
        bucket: Address of a folder in a bucket, to which all goes that these two folders only
            pass on; None where they are where it stays.
        catalog_only: Bring the catalog, no assets.
        if_exists: What to do with files that are there.
        bbox: West, south, east, north in degrees; west > east crosses the antimeridian.
        intersects: A GeoJSON geometry.
        interval: The times wanted.
        collection_filter: Collection id to the asset keys wanted; no keys are all keys.
        assets: Patterns of which one has to fit an asset's key, a role or its media type.
        ids: The ids of the items wanted.
        filter: A CQL2 filter, as CQL2 JSON.
        sample: Fraction of the items wanted, above 0 and up to 1.
        seed: What the sample is drawn by.
        max_items: How many items are wanted, in catalog order.
        exact: Judge places by an item's geometry, not its bounding box.
        dry_run: Plan and report; bring the catalog alone.
        progress: Show how it gets on, or tell a callable.
        max_connections: Most connections at once.
        max_bytes_per_s: Most bytes from the network a second, on average; None for no limit.
        mirrors: What is asked before the catalog's own addresses, in order.
        unsigned: Ask buckets without the environment's credentials.
        requester_pays: Tell buckets that who asks pays.
        cancel: Once set, the download stops.
    """

    dataset_id: str
    output_dir: Path
    asset_output_dir: Path
    bucket: str | None = None
    catalog_only: bool = False
    if_exists: DownloadIfExistsOpts = DownloadIfExistsOpts.resume
    bbox: Box | None = None
    intersects: Mapping[str, Any] | None = None
    interval: Interval | None = None
    collection_filter: Mapping[str, tuple[str, ...]] | None = None
    assets: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None
    filter: Mapping[str, Any] | None = None
    sample: float | None = None
    seed: int = 0
    max_items: int | None = None
    exact: bool = False
    dry_run: bool = False
    progress: bool | ProgressCallback = True
    max_connections: int = MOST_CONNECTIONS
    max_bytes_per_s: int | None = None
    mirrors: tuple[Mirror, ...] = ()
    unsigned: bool = False
    requester_pays: bool = False
    cancel: Event | None = None

    @property
    def takes_a_part(self) -> bool:
        """Whether it is a part of what the other filters leave that is wanted."""
        return self.sample is not None or self.max_items is not None


def asked_filters(options: DownloadOptions) -> set[str]:
    """The names of the filters that are asked for, as the manifest and reports call them."""
    return {name for name in FILTERS if asked_filter(options, name) is not None}


def asked_filter(options: DownloadOptions, name: str) -> Any:
    """What is asked of the filter of that name; None for nothing."""
    return getattr(options, "interval" if name == "datetime" else name)


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
    assets: Any = None,
    ids: Any = None,
    filter: Any = None,
    sample: Any = None,
    seed: Any = None,
    max_items: Any = None,
    exact: bool = False,
    dry_run: bool = False,
    progress: bool | ProgressCallback = True,
    max_connections: int = MOST_CONNECTIONS,
    max_bytes_per_s: int | None = None,
    mirrors: Any = None,
    unsigned: bool = False,
    requester_pays: bool = False,
    cancel: Event | None = None,
) -> DownloadOptions:
    """The options of a download, ready to be trusted.

    Args:
        dataset_id: The dataset's id.
        output_dir: Folder of the catalog, ``~`` expanded; None is the working directory of now. Or the
            address of a folder in a bucket: ``s3://``, ``gs://`` or ``az://``.
        asset_output_dir: Folder of the assets; None is ``output_dir``.
        catalog_only: Bring the catalog, no assets.
        if_exists: ``resume``, ``skip`` or ``overwrite``.
        bbox: 4 numbers in degrees, or 6 with heights, which are not judged.
        intersects: A GeoJSON geometry, Feature or FeatureCollection, or an object with
            ``__geo_interface__``. One across the antimeridian is cut there, as RFC 7946 has it.
        datetime: See ``intervals.interval``.
        collection_filter: A dict of collection id to a list of asset keys.
        assets: A list of asset keys, roles, media types or patterns of them: see ``AssetFilter``.
        ids: A list of item ids.
        filter: CQL2, as a text or as JSON: see ``checked_filter``.
        sample: A fraction of the items, above 0 and up to 1.
        seed: What the sample is drawn by, 0 where it is None.
        max_items: A number of items, from 1.
        exact: Judge places by the item's geometry.
        dry_run: Plan and report only.
        progress: Show how it gets on, or tell a callable.
        max_connections: Most connections at once, 1 to 1024.
        max_bytes_per_s: Most bytes from the network a second, from 1; None for no limit.
        mirrors: See ``mirrors.checked_mirrors``.
        unsigned: Ask buckets without the environment's credentials.
        requester_pays: Tell buckets that who asks pays.
        cancel: Once set, the download stops.

    Raises:
        InvalidArgument: An argument that cannot be meant, or one that needs a library which is not there.
        DirectoryUnusable: A folder to write to is a file.
    """
    if bbox is not None and intersects is not None:
        raise InvalidArgument("Provider either bbox or intersects option (not both")
    bucket = bucket_address(output_dir)
    if bucket is not None and asset_output_dir is not None:
        raise InvalidArgument("asset_output_dir and a bucket as output_dir exclude each other.")
    if bucket is not None:
        output_dir = staging_folder(bucket)
    root = checked_folder("output_dir", Path.cwd() if output_dir is None else output_dir)
    asset_root = root if asset_output_dir is None else checked_folder("asset_output_dir", asset_output_dir)
    return DownloadOptions(
        dataset_id=_dataset_id(dataset_id),
        output_dir=root,
        asset_output_dir=asset_root,
        bucket=bucket,
        catalog_only=catalog_only,
        if_exists=checked_if_exists(if_exists),
        bbox=None if bbox is None else checked_bbox(bbox),
        intersects=None if intersects is None else checked_intersects(intersects),
        interval=interval(datetime),
        collection_filter=None if collection_filter is None else checked_collection_filter(collection_filter),
        assets=None if assets is None else checked_texts("assets", assets),
        ids=None if ids is None else checked_texts("ids", ids),
        filter=None if filter is None else _cql2(filter),
        sample=None if sample is None else checked_sample(sample),
        seed=checked_seed(seed, is_sampled=sample is not None),
        max_items=None if max_items is None else checked_max_items(max_items),
        exact=exact,
        dry_run=dry_run,
        progress=checked_progress(progress),
        max_connections=checked_connections(max_connections),
        max_bytes_per_s=None if max_bytes_per_s is None else checked_rate(max_bytes_per_s),
        mirrors=checked_mirrors(mirrors),
        unsigned=unsigned,
        requester_pays=_pays(requester_pays, unsigned=unsigned),
        cancel=checked_event(cancel),
    )


def _pays(requester_pays: bool, *, unsigned: bool) -> bool:
    if requester_pays and unsigned:
        raise InvalidArgument("requester_pays and unsigned exclude each other: who pays has to sign.")
    return requester_pays


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
            f"{name} is {text!r}; downloads go to a folder of this machine, or to a bucket named as a text."
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


def _cql2(value: Any) -> Mapping[str, Any]:
    from .cql2_filter import checked_filter  # noqa: PLC0415 - only who asks for such a filter pays for it

    return checked_filter(value)
