"""Packages that only some of what this one does needs, and what is said where they are missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from .exceptions import ExtraMissing


@contextmanager
def needed(extra: str, what: str) -> Iterator[None]:
    """Import inside what the extra brings.

    Args:
        extra: Its name: ``"geoparquet"``.
        what: What needs it, as the beginning of a sentence: ``"A .parquet file"``.

    Raises:
        ExtraMissing: It is not installed; the note says how to.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library == "radiant_mlhub":
            raise
        missing = ExtraMissing(f"{what} needs {library}, which is not installed.", name=error.name)
        missing.add_note(f"pip install 'radiant-mlhub[{extra}]'")
        raise missing from error
