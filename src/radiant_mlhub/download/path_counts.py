"""How many files each filter took out, in distinct paths."""

from collections.abc import Collection
from dataclasses import dataclass

from ..exceptions import NoAssetsMatched
from ..log import logger
from .manifest import Manifest
from .options import DownloadOptions, asked_filter

# The filters in the order they are applied: their name in the manifest, what is said
# before and after, and what the error calls the one that leaves nothing.
_STEPS = (
    (
        "collection_filter",
        "filter by collection ids and asset keys",
        "collection",
        "collections_ids and asset keys",
    ),
    ("assets", "filter by asset keys, roles and media types", "asset", "assets"),
    ("ids", "filter by item ids", "id", "ids"),
    ("datetime", "filter by temporal query", "temporal", "temporal query"),
    ("bbox", "filter by bounding box", "bounding box", "bounding box"),
    ("intersects", "filter by intersects", "intersects", "intersects"),
    ("filter", "filter by CQL2", "CQL2", "CQL2 filter"),
    ("sample", "draw a sample", "sample", "sample"),
    ("max_items", "count items", "max_items", "max_items"),
)

# Of a filter of thousands of ids, an error shows the first.
_LONGEST = 1000

Rejection = str | None
"""Name of the filter that left an asset out; None when it stays in."""


@dataclass(frozen=True, slots=True)
class PathCounts:
    """Distinct paths of a catalog's assets by what the filters said of them."""

    _alone: dict[Rejection, int]
    _shared: dict[str, set[Rejection]]

    @classmethod
    def of(cls, manifest: Manifest) -> "PathCounts":
        """Count the rows; only paths that several rows may have need a look at the paths themselves."""
        alone = manifest.connection.execute(
            "SELECT rejected_by, COUNT(*) FROM hrefs WHERE NOT is_shared GROUP BY rejected_by"
        ).fetchall()
        shared: dict[str, set[Rejection]] = {}
        rows = manifest.connection.execute(
            "SELECT DISTINCT save_path, rejected_by FROM hrefs WHERE is_shared"
        )
        for save_path, rejected_by in rows:
            shared.setdefault(save_path, set()).add(rejected_by)
        return cls(dict(alone), shared)

    def total(self) -> int:
        """All paths."""
        return sum(self._alone.values()) + len(self._shared)

    def with_any_of(self, rejections: Collection[Rejection]) -> int:
        """Paths of which an asset has one of these verdicts."""
        return sum(self._alone.get(one, 0) for one in rejections) + sum(
            not said.isdisjoint(rejections) for said in self._shared.values()
        )


def removed_by_filters(manifest: Manifest, options: DownloadOptions) -> dict[str, int]:
    """How many assets each filter of ``options`` took out, by its name; each is told.

    Raises:
        NoAssetsMatched: One leaves nothing.
    """
    counts = PathCounts.of(manifest)
    logger.info("%s unique assets in stac catalog.", counts.total())
    removed: dict[str, int] = {}
    names = [step[0] for step in _STEPS]
    left = counts.with_any_of([None, *names])
    for position, (name, before, said, called) in enumerate(_STEPS):
        asked = asked_filter(options, name)
        if asked is None:
            continue
        logger.info(before)
        now = counts.with_any_of([None, *names[position + 1 :]])
        removed[name] = left - now
        left = now
        logger.info("%s assets after %s filter.", now, said)
        if not now:
            raise NoAssetsMatched(
                f"after filtering by {called}, zero assets to download. filter: {_shortened(str(asked))}",
                removed=removed,
            )
    return removed


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
