"""The documented door to a dataset download: a checked configuration and a callable."""

import csv
import sqlite3
from datetime import datetime
from functools import cached_property
from io import TextIOWrapper
from pathlib import Path
from threading import Event
from typing import Any, TypedDict

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from .. import layout
from ..download.options import DownloadOptions, checked_folder, checked_options
from ..download.report import DownloadReport
from ..download.running import MOST_CONNECTIONS
from ..download.whole import download
from ..if_exists import DownloadIfExistsOpts
from ..layout import COMMON_ASSET_NAMES
from ..progress_events import ProgressCallback
from ..session import Session

__all__ = ["COMMON_ASSET_NAMES", "AssetRecord", "CatalogDownloader", "CatalogDownloaderConfig"]


class AssetRecord(TypedDict):
    """A row of the view ``assets`` in ``mlhub_stac_assets.db``."""

    rowid: int
    asset_key: str
    asset_save_path: str
    asset_url: str
    bbox_json: str | None
    collection_id: str
    common_asset: bool
    single_datetime: datetime | None
    start_datetime: datetime | None
    end_datetime: datetime | None
    filtered: bool
    geometry_json: str | None
    item_id: str | None


class CatalogDownloaderConfig(BaseModel):
    """What to download, checked when it is made: a bad value is a ``ValueError`` before any request.

    Attributes are those of ``Dataset.download``; ``temporal_query`` is its ``datetime``.
    ``mlhub_api_session`` makes the calls to the hub. A session of your own kind (a subclass,
    mounted adapters, auth, hooks) carries the asset requests too.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    api_key: str | None = Field(default=None, repr=False)
    bbox: Any = None
    catalog_only: bool = False
    collection_filter: Any = None
    dataset_id: str
    if_exists: DownloadIfExistsOpts = DownloadIfExistsOpts.resume
    intersects: Any = None
    output_dir: Path
    asset_output_dir: Path | None = None
    profile: str | None = None
    mlhub_api_session: Session
    temporal_query: Any = None
    assets: Any = None
    ids: Any = None
    filter: Any = None
    sample: Any = None
    seed: Any = None
    max_items: Any = None
    exact: bool = False
    dry_run: bool = False
    progress: bool | ProgressCallback = True
    max_connections: int = MOST_CONNECTIONS
    max_bytes_per_s: int | None = None
    mirrors: Any = None
    unsigned: bool = False
    requester_pays: bool = False
    cancel: Event | None = Field(default=None, repr=False)

    _options: DownloadOptions = PrivateAttr()

    @field_validator("output_dir", "asset_output_dir", mode="before")
    @classmethod
    def _folder(cls, value: Any, info: ValidationInfo) -> Any:
        # Before pydantic makes a Path of it: Path("") is the working directory, Path("s3://b") a folder.
        return value if value is None else checked_folder(str(info.field_name), value)

    @model_validator(mode="after")
    def _checked(self) -> "CatalogDownloaderConfig":
        self._options = checked_options(
            self.dataset_id,
            output_dir=self.output_dir,
            asset_output_dir=self.asset_output_dir,
            catalog_only=self.catalog_only,
            if_exists=self.if_exists,
            bbox=self.bbox,
            intersects=self.intersects,
            datetime=self.temporal_query,
            collection_filter=self.collection_filter,
            assets=self.assets,
            ids=self.ids,
            filter=self.filter,
            sample=self.sample,
            seed=self.seed,
            max_items=self.max_items,
            exact=self.exact,
            dry_run=self.dry_run,
            progress=self.progress,
            max_connections=self.max_connections,
            max_bytes_per_s=self.max_bytes_per_s,
            mirrors=self.mirrors,
            unsigned=self.unsigned,
            requester_pays=self.requester_pays,
            cancel=self.cancel,
        )
        return self

    @property
    def options(self) -> DownloadOptions:
        """What was asked, as the download's rooms understand it."""
        return self._options


class CatalogDownloader:
    """Downloads a dataset's catalog and the assets that its filters leave, when called.

    Attributes:
        catalog_file: The catalog archive.
        work_dir: Where the catalog is unpacked.
        asset_dir: Where the assets, the manifest and the error report lie.
        err_report_path: ``err_report.csv``.

    Example:
        >>> CatalogDownloader(config)()  # doctest: +SKIP
        <DownloadReport nasa_marine_debris: fetched 2,825 of 2,825 files (77.2 MB), ...>
    """

    catalog_file: Path
    asset_dir: Path
    work_dir: Path
    err_report_path: Path

    def __init__(self, config: CatalogDownloaderConfig) -> None:
        self.config = config
        options = config.options
        self.catalog_file = layout.catalog_file(options.output_dir, options.dataset_id)
        self.work_dir = layout.work_dir(options.output_dir, options.dataset_id)
        self.asset_dir = layout.asset_dir(options.asset_output_dir, options.dataset_id)
        self.err_report_path = layout.err_report_file(self.asset_dir)

    def __call__(self) -> DownloadReport:
        """Run the download.

        Raises:
            EntityDoesNotExist: The hub has no catalog of that dataset.
            AuthenticationError: The hub wants a key, or another one.
            HubRetired: The hub is the hosted service of 2022.
            RuntimeError: The filters leave no asset.
            DownloadStopped: ``cancel`` was set.
            OSError: Something did not arrive (``DownloadFailed``, with ``.report``), or a
                folder cannot be written.
        """
        return download(self.config.options, self.config.mlhub_api_session)

    @cached_property
    def db_conn(self) -> sqlite3.Connection:
        """A read-only connection to the manifest, opened when first asked for; yours to close."""
        uri = f"{layout.manifest_file(self.asset_dir).resolve().as_uri()}?mode=ro"
        return sqlite3.connect(uri, uri=True)

    @cached_property
    def db_cur(self) -> sqlite3.Cursor:
        """A cursor of ``db_conn``."""
        return self.db_conn.cursor()

    @cached_property
    def err_report(self) -> TextIOWrapper:
        """``err_report.csv``, open for further rows when first asked for; yours to close."""
        return self.err_report_path.open("a+", encoding="utf-8", newline="")

    @cached_property
    def err_writer(self) -> Any:
        """A ``csv.writer`` on ``err_report``."""
        return csv.writer(self.err_report)
