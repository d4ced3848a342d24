"""A dataset that no hub describes: read from a STAC source that a user named."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..download.catalog import request_for_session
from ..download.options import checked_options
from ..download.whole import download_from
from ..masking import masked
from ..session import Session, session_or_anonymous
from ..sources.described import FoundCollection, OpenSource
from ..sources.folder_catalog import catalog_path
from ..sources.local_reading import read_from
from ..sources.opening import open_source
from ._answers import made
from ._collection_list import CollectionType, _CollectionList, _CollectionWithType
from ._credentials import session_kwargs
from .collection import Collection
from .dataset import Dataset

if TYPE_CHECKING:
    from ..download.report import DownloadReport


class SourceDataset(Dataset):
    """A ``Dataset`` whose collections and catalog come from a STAC source: see ``Dataset.from_stac``."""

    def __init__(self, source: OpenSource, credentials: Mapping[str, str]) -> None:
        title, doi, citation = (source.root.get(name) for name in ("title", "sci:doi", "sci:citation"))
        super().__init__(source.dataset_id, [], title, doi=doi, citation=citation, **credentials)
        if isinstance(description := source.root.get("description"), str):
            self.extra_fields["description"] = description
        self._source = source

    def __repr__(self) -> str:
        return f"<Dataset id={self.id} title={self.title!r} source={masked(self._source.location)!r}>"

    @classmethod
    def opened(
        cls,
        location: str | os.PathLike[str],
        dataset_id: str | None,
        collections: Sequence[str] | None,
        api_key: str | None,
        profile: str | None,
    ) -> SourceDataset:
        """The dataset at ``location``; see ``Dataset.from_stac``."""
        session = session_or_anonymous(api_key, profile)
        source = open_source(
            location,
            session=session,
            request_for=request_for_session(session),
            dataset_id=dataset_id,
            collections=collections,
        )
        return cls(source, session_kwargs(api_key, profile))

    def _fetched_collections(self) -> _CollectionList:
        return _CollectionList(map(_with_type, self._source.collections()))

    @cached_property
    def _catalog_info(self) -> dict[str, Any]:
        path = catalog_path(self._source.location)
        if path is None:
            return {}
        with read_from(path):
            status = path.stat()
        return {} if stat.S_ISDIR(status.st_mode) else {"stac_catalog_size": status.st_size}

    def _opened(self, session: Session) -> OpenSource:
        return self._source

    def _downloaded(self, credentials: Mapping[str, str], **asked: Any) -> DownloadReport:
        options = checked_options(self.id, **asked)
        session = session_or_anonymous(credentials.get("api_key"), credentials.get("profile"))
        return download_from(options, self._source, session)


def _with_type(found: FoundCollection) -> _CollectionWithType:
    kind = CollectionType.LABELS if found.has_labels else CollectionType.SOURCE
    name = found.body.get("id")
    collection = made(
        lambda body: Collection.from_dict(body, href=found.href), dict(found.body), f'Collection "{name}"'
    )
    return _CollectionWithType(collection, [kind])
