"""How a dataset is to be published, in the words of whoever publishes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .asset_files import How

HOWS: tuple[How, ...] = ("copy", "link", "in-place", "remote")


@dataclass(frozen=True)
class About:
    """What the publisher says of the dataset; what is None is taken from its collections."""

    dataset_id: str
    title: str | None = None
    description: str | None = None
    doi: str | None = None
    citation: str | None = None
    tags: Sequence[str] = ()
    creator: str | None = None
    contact: str | None = None
    documentation: str | None = None


@dataclass(frozen=True)
class Wishes:
    """How a dataset is to be published.

    Attributes:
        labels: Ids of collections that are labels, whatever their items say.
        source_imagery: Ids of collections that are source imagery, likewise.
        archives: Whether each collection gets an archive, which takes as much room as its files.
        progress: Told how many items are done, now and then.
    """

    about: About
    how: How = "copy"
    labels: Sequence[str] = ()
    source_imagery: Sequence[str] = ()
    skip_invalid: bool = False
    archives: bool = True
    progress: Callable[[int], None] | None = field(default=None, compare=False)
