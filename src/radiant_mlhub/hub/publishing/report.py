"""What came of a publication."""

from dataclasses import dataclass, field

from .problems import Problem


@dataclass(frozen=True)
class PublishedCollection:
    """A collection as it was published.

    Attributes:
        types: ``source_imagery``, ``labels`` or both.
        archive_bytes: Size of its archive; None without one.
    """

    collection_id: str
    types: list[str]
    items: int
    archive_bytes: int | None = None


@dataclass(frozen=True)
class PublicationReport:
    """What was published, or would be.

    Attributes:
        version: None when nothing was published: the source was only checked.
        is_replacement: Whether an earlier version of the dataset was replaced, or would be.
        items: How many are published.
        files: How many files of assets, each counted once.
        file_bytes: Their size together.
        skipped: How many problems were left out, with the objects they are in.
        problems: The first of them.
        notes: How often something was let pass, by its words.
        emptied: Ids of collections that were left out, since not one of their items is valid.
    """

    dataset_id: str
    version: str | None
    is_replacement: bool
    collections: list[PublishedCollection]
    items: int
    files: int
    file_bytes: int
    skipped: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    emptied: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing had to be left out."""
        return not self.skipped
