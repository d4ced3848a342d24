"""Collections of a hub: ``pystac.Collection`` with what MLHub adds to it."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

import pystac

from .. import client
from ..exceptions import EntityDoesNotExist
from ..if_exists import DownloadIfExistsOpts
from ..progress_events import ProgressCallback
from ._answers import made, made_of_each
from ._as_read import STAC_VERSION, AsRead, FetchedItem
from ._credentials import for_call
from ._display import collection_html

__all__ = ["Collection"]

_REGISTRY = "https://mlhub.earth"
_WHOLE_EARTH_ALWAYS = {
    "spatial": {"bbox": [[-180.0, -90.0, 180.0, 90.0]]},
    "temporal": {"interval": [[None, None]]},
}


class Collection(AsRead, pystac.Collection):
    """A STAC collection of a hub.

    ``list`` and ``fetch`` make them; the key or profile given there is used for every later
    call on the object, unless that call names its own. ``to_dict``, ``clone`` and the links
    never touch the network, and a collection that was read as STAC 1.0 is written as 1.0.

    Attributes:
        session_kwargs: ``api_key`` or ``profile`` this collection was fetched with.
    """

    _required: ClassVar = {
        "type": "Collection",
        "stac_version": STAC_VERSION,
        "description": "",
        "license": "proprietary",
        "extent": _WHOLE_EARTH_ALWAYS,
        "links": [],
    }

    def __init__(  # noqa: PLR0917  # the documented order
        self,
        id: str,  # noqa: A002
        description: str,
        extent: pystac.Extent,
        title: str | None = None,
        stac_extensions: builtins.list[str] | None = None,
        href: str | None = None,
        extra_fields: dict[str, Any] | None = None,
        catalog_type: pystac.CatalogType | None = None,
        license: str = "proprietary",  # noqa: A002
        keywords: builtins.list[str] | None = None,
        providers: builtins.list[pystac.Provider] | None = None,
        summaries: pystac.Summaries | None = None,
        *,
        assets: dict[str, pystac.Asset] | None = None,
        api_key: str | None = None,
        profile: str | None = None,
        **pystac_options: Any,
    ) -> None:
        """Make a collection by hand; parameters are those of ``pystac.Collection``.

        Args:
            api_key: Key for calls on behalf of this collection.
            profile: Profile for calls on behalf of this collection.
            **pystac_options: What the installed pystac takes beyond these, such as ``strategy``.
        """
        super().__init__(
            id=id,
            description=description,
            extent=extent,
            title=title,
            stac_extensions=stac_extensions,
            href=href,
            extra_fields=extra_fields,
            catalog_type=catalog_type,
            license=license,
            keywords=keywords,
            providers=providers,
            summaries=summaries,
            assets=assets,
            api_key=api_key,
            profile=profile,
            **pystac_options,
        )

    def __str__(self) -> str:
        return f"{self.id}: {self.description}"

    def __repr__(self) -> str:
        return f"<Collection id={self.id}>"

    def _repr_html_(self) -> str:
        return collection_html(self)

    @classmethod
    def list(cls, *, api_key: str | None = None, profile: str | None = None) -> builtins.list[Collection]:
        """All collections of the hub; those it describes wrongly are left out with a warning.

        Args:
            api_key: Key for this request and for later calls on the collections.
            profile: Profile for this request and for later calls on the collections.

        Raises:
            RequestRefused: The hub answered 400 or more.
        """
        answers = client.list_collections(api_key=api_key, profile=profile)
        return made_of_each(partial(cls.from_dict, api_key=api_key, profile=profile), answers, "Collection")

    @classmethod
    def fetch(
        cls, collection_id: str, *, api_key: str | None = None, profile: str | None = None
    ) -> Collection:
        """The collection of one id. Fetches what is known of it, no data.

        Args:
            collection_id: The collection's id.
            api_key: Key for this request and for later calls on the collection.
            profile: Profile for this request and for later calls on the collection.

        Raises:
            EntityDoesNotExist: The hub has no collection of that id.
            RequestRefused: It answered 400 or more otherwise.
        """
        answer = client.get_collection(collection_id, api_key=api_key, profile=profile)
        make = partial(cls.from_dict, api_key=api_key, profile=profile)
        return made(make, answer, f'Collection "{collection_id}"')

    @property
    def registry_url(self) -> str | None:
        """The page of this collection's DOI; None without a DOI."""
        doi = self.extra_fields.get("sci:doi")
        return f"{_REGISTRY}/{doi}" if doi else None

    @cached_property
    def archive_size(self) -> int | None:
        """Bytes of this collection's archive; None if there is none. Asked for once."""
        try:
            return client.get_collection_archive_info(self.id, **self.session_kwargs).get("size")
        except EntityDoesNotExist:
            return None

    # pystac's own takes other arguments; the documented one takes these, and refuses.
    def get_items(  # type: ignore[override]
        self, *, api_key: str | None = None, profile: str | None = None
    ) -> Iterator[pystac.Item]:
        """Not implemented: collections may hold hundreds of thousands of items.

        ``client.list_collection_items`` lists them page by page.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            "For performance reasons, the get_items method has not been implemented for Collection "
            "instances. Please use the Dataset.download method to download Dataset assets."
        )

    def fetch_item(
        self, item_id: str, *, api_key: str | None = None, profile: str | None = None
    ) -> pystac.Item:
        """One item of this collection.

        Args:
            item_id: The item's id.
            api_key: Key for this request; without, the collection's own.
            profile: Profile for this request; without, the collection's own.

        Raises:
            EntityDoesNotExist: There is no such item.
            RequestRefused: The hub answered 400 or more otherwise.
        """
        credentials = for_call(self.session_kwargs, api_key, profile)
        answer = client.get_collection_item(self.id, item_id, **credentials)
        item = made(FetchedItem.from_dict, answer, f'Item "{item_id}" of collection "{self.id}"')
        item.session_kwargs = credentials
        return item

    def download(
        self,
        output_dir: Path | str,
        *,
        if_exists: DownloadIfExistsOpts | str = DownloadIfExistsOpts.resume,
        api_key: str | None = None,
        profile: str | None = None,
        progress: bool | ProgressCallback = True,
    ) -> Path:
        """Bring this collection's archive to disk; see ``client.download_collection_archive``.

        Args:
            output_dir: Folder for the archive, made if need be; ``~`` is expanded.
            if_exists: What to do with an archive that is there already.
            api_key: Key for this download; without, the collection's own.
            profile: Profile for this download; without, the collection's own.
            progress: Show how it gets on; or, given a callable, tell that (``ProgressEvent``).

        Returns:
            The archive's full path.

        Raises:
            EntityDoesNotExist: The collection has no archive.
            InvalidArgument: An argument cannot be meant. Before any request.
            TransferFailed: The archive did not arrive.
            DirectoryUnusable: The archive cannot be written to the folder.
        """
        credentials = for_call(self.session_kwargs, api_key, profile)
        return client.download_collection_archive(
            self.id, output_dir, if_exists=if_exists, progress=progress, **credentials
        )
