"""How many files each filter took out, in distinct paths."""

from collections.abc import Collection
from dataclasses import dataclass

from .manifest import Manifest

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
