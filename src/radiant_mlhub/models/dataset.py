"""Datasets of a hub: collections that belong together, and the way to bring them to disk."""

from __future__ import annotations

import builtins
import datetime as dt
import threading
import warnings
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import client, layout
from ..download.catalog import request_for_session
from ..download.options import checked_folder
from ..download.running import MOST_CONNECTIONS
from ..download.verify import verify
from ..exceptions import RequestRefused, UnexpectedAnswer
from ..if_exists import DownloadIfExistsOpts
from ..progress_events import ProgressCallback
from ..sources.stac_api import StacApi
from ._collection_list import CollectionType, _CollectionList, _CollectionWithType
from ._credentials import for_call
from ._display import dataset_html
from ._downloaded import downloaded
from ._fetched_collections import fetched_collections, is_settled
from ._found import Found
from ._pictured import Pictured

if TYPE_CHECKING:
    from ..download.report import DownloadReport
    from ..download.verify_report import VerifyReport
    from ..session import Session
    from ..sources.described import OpenSource

__all__ = ["CollectionType", "Dataset", "_CollectionList", "_CollectionWithType"]

# What names a time: an instant, a day, or either as RFC 3339 text.
_Time = dt.datetime | dt.date | str
# Prefixes of addresses and what takes their place.
_Mirrors = Mapping[str, str] | Iterable[str | tuple[str, str]]


class Dataset(Found, Pictured):
    """A dataset: one or more collections of source imagery and labels.

    ``list`` and ``fetch`` make them; the key or profile given there is used for every later
    call on the object, unless that call names its own.

    Attributes:
        id: The dataset's id.
        title: Its title, if any.
        registry_url: The address of its page, if any.
        doi: Its DOI, if any.
        citation: How to cite it, if told.
        collection_descriptions: Id and types of each of its collections, as the API tells them.
        extra_fields: All other fields of the API's answer.
        session_kwargs: ``api_key`` or ``profile`` this dataset was fetched with.
    """

    _collections: _CollectionList | None = None

    @property
    def collections(self) -> _CollectionList:
        """This dataset's collections, fetched when first asked for, and kept.

        A list whose attributes ``source_imagery`` and ``labels`` are the lists of the
        collections of that type; a collection of both is in both. A collection that cannot be
        fetched is left out with a warning, and the reason is in the attribute ``missing``, by
        its id. What was missing for a passing reason is asked for again the next time;
        ``del dataset.collections`` lets all be asked for again.

        Raises:
            MLHubException: Not one collection could be fetched; the error of the first.
        """
        if self._collections is not None:
            return self._collections
        collections = self._fetched_collections()
        if is_settled(collections):
            self._collections = collections
        return collections

    @collections.deleter
    def collections(self) -> None:
        # As of a functools.cached_property, which the documentation calls it.
        self._collections = None

    @property
    def stac_catalog_size(self) -> int | None:
        """Bytes of the catalog archive; None where the hub does not tell. Asked for once."""
        return self._catalog_info.get("stac_catalog_size")

    @property
    def estimated_dataset_size(self) -> int | None:
        """Bytes of all assets, about; None where the hub does not tell. Asked for once."""
        return self._catalog_info.get("estimated_dataset_size")

    @property
    def total_archive_size(self) -> int | None:
        """Bytes of the archives of all collections; None without any. Removed in 0.5 of 2022.

        ``estimated_dataset_size`` is what ``download`` brings.
        """
        warnings.warn(
            "Dataset.total_archive_size counts the collections' archives, which Dataset.download "
            "no longer uses: see Dataset.estimated_dataset_size and Collection.archive_size.",
            DeprecationWarning,
            stacklevel=2,
        )
        sizes = [c.archive_size for c in self.collections if c.archive_size is not None]
        return sum(sizes) if sizes else None

    def download(
        self,
        output_dir: Path | str | None = None,
        *,
        asset_output_dir: Path | str | None = None,
        catalog_only: bool = False,
        if_exists: DownloadIfExistsOpts | str = DownloadIfExistsOpts.resume,
        api_key: str | None = None,
        profile: str | None = None,
        bbox: builtins.list[float] | None = None,
        intersects: dict[str, Any] | None = None,
        datetime: _Time | tuple[_Time | None, _Time | None] | None = None,
        collection_filter: dict[str, builtins.list[str]] | None = None,
        assets: Iterable[str] | None = None,
        ids: Iterable[str] | None = None,
        filter: str | dict[str, Any] | None = None,
        sample: float | None = None,
        seed: int | None = None,
        max_items: int | None = None,
        exact: bool = False,
        dry_run: bool = False,
        progress: bool | ProgressCallback = True,
        max_connections: int = MOST_CONNECTIONS,
        max_bytes_per_s: int | None = None,
        mirrors: _Mirrors | None = None,
        unsigned: bool = False,
        requester_pays: bool = False,
        cancel: threading.Event | None = None,
    ) -> DownloadReport:
        """Bring the catalog and its assets to disk, or the part of them that filters leave.

        Filters combine, but ``bbox`` and ``intersects`` exclude each other. Calling it again
        continues what was interrupted and fetches nothing that is there already.

        Args:
            output_dir: Folder for ``{id}.tar.gz`` and ``{id}/``, made if need be; None for the
                working directory of the moment. Or, as a text, the address of a folder in a bucket
                (``s3://``, ``gs://``, ``az://``; the extra ``cloud``), where the same tree is left.
            asset_output_dir: Folder for the assets' ``{id}/``; None for ``output_dir``.
            catalog_only: Bring the catalog alone.
            if_exists: ``"resume"``, ``"skip"`` or ``"overwrite"`` what is there already.
            api_key: Key for this download; without, the dataset's own.
            profile: Profile for this download; without, the dataset's own.
            bbox: Only items whose box meets ``[west, south, east, north]``, in degrees (EPSG:4326);
                west greater than east crosses the antimeridian.
            intersects: Only items whose box meets this GeoJSON geometry or feature.
            datetime: Only items of this moment, day (a date) or interval (a pair, ``None`` for
                open, or ``"start/end"``). Times without an offset are UTC.
            collection_filter: Only these collections, and of them these asset keys; ``[]`` for all.
            assets: Only assets with one of these keys, roles or media types, of whatever collection:
                ``["labels", "B0*", "image/tiff"]``.
            ids: Only items of these ids.
            filter: Only items of which this CQL2 is true: ``"eo:cloud_cover < 20"``, or CQL2 JSON.
                Needs the extra ``stac``.
            sample: Only this fraction of the items that the filters above leave: ``0.01`` is 1 %.
                Always the same ones, and a larger fraction has all of a smaller one.
            seed: A whole number other than 0 draws another sample.
            max_items: Only so many of the items that all other filters leave, the first ones. Imagery
                that labels name as their source is neither drawn nor counted: it goes with them.
            exact: Test an item's geometry instead of its box.
            dry_run: Fetch the catalog and report what would be fetched; of a bucket, only ask what is there.
                What an earlier download wanted, ``verify`` and the manifest go on to tell; before the first
                download, the manifest is the dry run's.
            progress: Show how it gets on; or, given a callable, tell that (``ProgressEvent``).
            max_connections: How many requests may be under way at once; fewer are, unless a host
                answers faster for it.
            max_bytes_per_s: The most to take from the network, on average; None for no limit.
            mirrors: Where else the files lie, asked in this order before the catalog's own addresses:
                ``["OLD_PREFIX=NEW_PREFIX"]``, a dict, or names of known relocations, none of which could
                be verified (``"source.coop"``, ``"azure"``, ``"aws"``). Those of the profile follow.
            unsigned: Ask buckets by their public addresses, whatever credentials the environment holds.
            requester_pays: Tell buckets of S3 that who asks pays for what he reads.
            cancel: Stops the download within a second, once another thread sets it. Ctrl-C is
                heard without it, in the main thread.

        Returns:
            What was planned, fetched, kept and left out.

        Raises:
            InvalidArgument: An argument cannot be meant (a ``ValueError``). Before any request.
            UnknownInFilter: A filter names what the catalog does not have (likewise a ``ValueError``).
                Before any asset is asked for.
            DirectoryUnusable: A folder is none, or cannot be written (an ``OSError``).
            NoAssetsMatched: The filters leave no asset (a ``RuntimeError``).
            DownloadStopped: ``cancel`` was set. What arrived stays; the same call goes on.
            DownloadFailed: Some assets did not arrive (an ``OSError``); the rest did.
                ``{id}/err_report.csv`` and the error's ``.report`` tell which.
        """
        return self._downloaded(
            for_call(self.session_kwargs, api_key, profile),
            output_dir=output_dir,
            asset_output_dir=asset_output_dir,
            catalog_only=catalog_only,
            if_exists=if_exists,
            bbox=bbox,
            intersects=intersects,
            datetime=datetime,
            collection_filter=collection_filter,
            assets=assets,
            ids=ids,
            filter=filter,
            sample=sample,
            seed=seed,
            max_items=max_items,
            exact=exact,
            dry_run=dry_run,
            progress=progress,
            max_connections=max_connections,
            max_bytes_per_s=max_bytes_per_s,
            mirrors=mirrors,
            unsigned=unsigned,
            requester_pays=requester_pays,
            cancel=cancel,
        )

    def verify(
        self,
        output_dir: Path | str | None = None,
        *,
        asset_output_dir: Path | str | None = None,
        repair: bool = False,
        api_key: str | None = None,
        profile: str | None = None,
        progress: bool | ProgressCallback = True,
        max_connections: int = MOST_CONNECTIONS,
        cancel: threading.Event | None = None,
    ) -> VerifyReport:
        """Compare the files of a download of this dataset with what was recorded when they came.

        Args:
            output_dir: The folder that ``download`` was given.
            asset_output_dir: The same.
            repair: Fetch what is wrong or missing again, and nothing else.
            api_key: Key for a repair; without, the dataset's own.
            profile: Profile for a repair; without, the dataset's own.
            progress: Show how it gets on; or, given a callable, tell that (``ProgressEvent``).
            max_connections: How many requests of a repair may be under way at once.
            cancel: Ends the call within a second, once another thread sets it.

        Returns:
            How many files are right, wrong and missing, and by what they were compared.

        Raises:
            DownloadStopped: ``cancel`` was set. What a repair brought until then stays.
            NotADownload: There is no download of this dataset, or its manifest cannot be read (an
                ``OSError``).
            DirectoryUnusable: A repair cannot write to the folder, or a download runs there (an
                ``OSError``).
            InvalidArgument: An argument cannot be meant (a ``ValueError``).
        """
        folder = output_dir if asset_output_dir is None else asset_output_dir
        return verify(
            layout.asset_dir(checked_folder("output_dir", Path.cwd() if folder is None else folder), self.id),
            repair=repair,
            progress=progress,
            max_connections=max_connections,
            cancel=cancel,
            **for_call(self.session_kwargs, api_key, profile),
        )

    def _repr_html_(self) -> str:
        return dataset_html(self, vars(self).get("_catalog_info", {}), self._collections)

    def _fetched_collections(self) -> _CollectionList:
        return fetched_collections(self.id, self.collection_descriptions, self.session_kwargs)

    def _opened(self, session: Session) -> OpenSource:
        """The hub as a STAC API, of which this dataset's collections are wanted."""
        ids = [str(each.get("id")) for each in self.collection_descriptions]
        root: dict[str, Any] = {}
        with suppress(RequestRefused, UnexpectedAnswer):  # a hub without a landing page
            root = session.get_json("")
        request_for = request_for_session(session)
        return StacApi(
            session.root_url, self.id, root, session=session, request_for=request_for, collections=ids
        )

    def _downloaded(self, credentials: Mapping[str, str], **asked: Any) -> DownloadReport:
        return downloaded(self.id, credentials, **asked)

    @cached_property
    def _catalog_info(self) -> dict[str, Any]:
        return client.get_catalog_info(self.id, **self.session_kwargs)
