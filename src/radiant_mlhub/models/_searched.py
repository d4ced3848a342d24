"""A dataset's items, found without a download, or written to one file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..download.catalog import request_for_session
from ..download.options import checked_options
from ..download.running import checked_progress
from ..exceptions import InvalidArgument
from ..progress_events import ProgressCallback
from ..search.found import found_items
from ..search.index_writer import write_index
from ..search.parquet_writer import write_parquet
from ..search.texts import checked_phrases
from ..session import Session, session_or_anonymous
from ..sources.item_index import ENDING
from ..sources.one_file import KINDS, ending
from ..transfer.progress import progress as shown

if TYPE_CHECKING:
    from ..sources.described import OpenSource

_Time = dt.datetime | dt.date | str


class Searched:
    """What ``Dataset`` does with items alone."""

    id: str
    session_kwargs: dict[str, str]

    def search(
        self,
        *,
        text: str | Sequence[str] | None = None,
        bbox: list[float] | None = None,
        intersects: dict[str, Any] | None = None,
        datetime: _Time | tuple[_Time | None, _Time | None] | None = None,
        collections: Sequence[str] | None = None,
        ids: Sequence[str] | None = None,
        filter: str | dict[str, Any] | None = None,
        exact: bool = False,
    ) -> Iterator[Mapping[str, Any]]:
        """The JSON of each item that all filters leave, without a download, in the catalog's order.

        Of an index (``index``) they come in milliseconds; every other catalog is read for it, up to
        its end. What is no item is left out.

        Args:
            text: A phrase or several, whose words stand one after the other in an item's ids or
                among the texts of its properties; every one of them.
            bbox: As in ``download``.
            intersects: As in ``download``.
            datetime: As in ``download``.
            collections: Only items of these collections.
            ids: Only items of these ids.
            filter: As in ``download``: CQL2, as text or JSON.
            exact: Test an item's geometry instead of its box.

        Raises:
            InvalidArgument: An argument cannot be meant (a ``ValueError``). Before any request.
            CatalogBroken: The catalog cannot be read (an ``OSError``).
            TransferFailed: It cannot be had (an ``OSError``).

        Example:
            >>> [item["id"] for item in dataset.search(datetime="2019-06-06")]  # doctest: +SKIP
        """
        phrases = checked_phrases(text)
        options = checked_options(
            self.id,
            bbox=bbox,
            intersects=intersects,
            datetime=datetime,
            collection_filter=None if collections is None else {each: [] for each in collections},
            ids=None if ids is None else list(ids),
            filter=filter,
            exact=exact,
        )
        session = self._session()
        return found_items(self._opened(session), options, phrases, request_for_session(session))

    def index(self, path: Path | str, *, progress: bool | ProgressCallback = True) -> Path:
        """Write every item to one file, which searches and downloads read in milliseconds; its path.

        Args:
            path: The file, ``.db`` for this package, or ``.parquet`` (stac-geoparquet) for others as well.
                One that is there is replaced once the new one is whole.
            progress: As in ``download``.

        Raises:
            InvalidArgument: ``path`` has another ending (a ``ValueError``).
            ExtraMissing: A ``.parquet`` needs packages that are not installed (an ``ImportError``).
            CatalogBroken: The catalog cannot be read (an ``OSError``).
            TransferFailed: It cannot be had (an ``OSError``).
            DirectoryUnusable: The file cannot be written (an ``OSError``).

        Example:
            >>> dataset.index("crops.db")  # doctest: +SKIP
            >>> Dataset.from_stac("crops.db").download("data", bbox=[33, -1, 35, 1])  # doctest: +SKIP
        """
        target = Path(path).expanduser().absolute()
        is_index = target.suffix.lower() == ENDING
        if not is_index and KINDS.get(ending(target.name) or "") != "geoparquet":
            raise InvalidArgument(f'{target.name} has neither the ending "{ENDING}" nor ".parquet".')
        session = self._session()
        write = write_index if is_index else write_parquet
        with shown("index", self.id, checked_progress(progress)) as bar:

            def told(items: int) -> None:
                bar.count(items)
                bar.turn()

            write(self._opened(session), target, request_for_session(session), told)
        return target

    def _session(self) -> Session:
        kept = self.session_kwargs
        return session_or_anonymous(kept.get("api_key"), kept.get("profile"))

    def _opened(self, session: Session) -> OpenSource:
        """Where the items are."""
        raise NotImplementedError
