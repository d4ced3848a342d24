"""What a download asks for, in the terms of sources that can leave the rest out."""

from ..sources.source import Wanted
from .options import DownloadOptions
from .places import box_of_geometry


def wanted_of(options: DownloadOptions) -> Wanted:
    """What ``options`` ask a source for."""
    reach = options.bbox if options.intersects is None else box_of_geometry(options.intersects)
    return Wanted(
        bbox=options.bbox,
        intersects=options.intersects,
        reach=reach,
        datetime=None if options.interval is None else str(options.interval),
        collections=None if options.collection_filter is None else tuple(options.collection_filter),
        ids=options.ids,
        filter=options.filter,
        max_connections=options.max_connections,
        max_bytes_per_s=options.max_bytes_per_s,
    )
