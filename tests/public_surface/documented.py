"""What the documentation of 0.5.5 names: modules, names and parameters, in its order.

Each signature is written as the documentation has it, without annotations. What differs on
purpose is in ``DEVIATIONS``, with the reason; what is new is keyword-only and not listed.
"""

KEY = "*, api_key=None, profile=None"
BY_ID = "{0}, " + KEY

COLLECTION = (
    "id, description, extent, title=None, stac_extensions=None, href=None, extra_fields=None, "
    "catalog_type=None, license='proprietary', keywords=None, providers=None, summaries=None, " + KEY
)
ML_MODEL = (
    "id, geometry, bbox, datetime, properties, stac_extensions=None, href=None, collection=None, "
    "extra_fields=None, " + KEY
)
DATASET = "id, collections, title=None, registry=None, doi=None, citation=None, " + KEY + ", **_"
FROM_DICT = "d, href=None, root=None, migrate=False, preserve_dict=True, " + KEY
ARCHIVE = "archive_id, output_dir=None, *, if_exists='resume', api_key=None, profile=None"
DOWNLOAD = (
    "output_dir='(the working directory)', *, asset_output_dir=None, catalog_only=False, "
    "if_exists='resume', api_key=None, profile=None, bbox=None, intersects=None, datetime=None, "
    "collection_filter=None"
)
CONFIG = (
    "*, api_key=None, bbox=None, catalog_only=False, collection_filter=None, dataset_id, "
    "if_exists='resume', intersects=None, output_dir, asset_output_dir=None, profile=None, "
    "mlhub_api_session, temporal_query=None"
)
DOWNLOADER = (
    "url, out_file, desc=None, session=None, if_exists='overwrite', disable_progress_bar=True, "
    "chunk_size=1024, chunk_unit='KB'"
)

SIGNATURES = {
    "client.collections.get_collection": BY_ID.format("collection_id"),
    "client.collections.get_collection_item": "collection_id, item_id, api_key=None, profile=None",
    "client.collections.list_collection_items": (
        "collection_id, *, page_size=None, extensions=None, limit=10, api_key=None, profile=None"
    ),
    "client.collections.list_collections": KEY,
    "client.datasets.download_collection_archive": ARCHIVE,
    "client.datasets.get_catalog_info": BY_ID.format("dataset_id"),
    "client.datasets.get_collection_archive_info": BY_ID.format("archive_id"),
    "client.datasets.get_dataset": BY_ID.format("dataset_id_or_doi"),
    "client.datasets.get_dataset_by_doi": BY_ID.format("dataset_doi"),
    "client.datasets.get_dataset_by_id": BY_ID.format("dataset_id"),
    "client.datasets.list_datasets": "*, tags=None, text=None, api_key=None, profile=None",
    "client.ml_models.get_model_by_id": BY_ID.format("model_id"),
    "client.ml_models.list_models": KEY,
    "client.datetime_utils.one_to_one_check": "d1, d2",
    "client.datetime_utils.one_to_range_check": "d1, d2",
    "client.datetime_utils.range_to_range_check": "d1, d2",
    "client.catalog_downloader.CatalogDownloader": "config",
    "client.catalog_downloader.CatalogDownloaderConfig": CONFIG,
    "client.resumable_downloader.ResumableDownloader": DOWNLOADER,
    "models.collection.Collection": COLLECTION,
    "models.collection.Collection.download": (
        "output_dir, *, if_exists='resume', api_key=None, profile=None"
    ),
    "models.collection.Collection.fetch": BY_ID.format("collection_id"),
    "models.collection.Collection.fetch_item": BY_ID.format("item_id"),
    "models.collection.Collection.from_dict": FROM_DICT,
    "models.collection.Collection.get_items": KEY,
    "models.collection.Collection.list": KEY,
    "models.dataset.Dataset": DATASET,
    "models.dataset.Dataset.download": DOWNLOAD,
    "models.dataset.Dataset.fetch": BY_ID.format("dataset_id_or_doi"),
    "models.dataset.Dataset.fetch_by_doi": BY_ID.format("dataset_doi"),
    "models.dataset.Dataset.fetch_by_id": BY_ID.format("dataset_id"),
    "models.dataset.Dataset.list": "*, tags=None, text=None, api_key=None, profile=None",
    "models.ml_model.MLModel": ML_MODEL,
    "models.ml_model.MLModel.fetch": BY_ID.format("model_id"),
    "models.ml_model.MLModel.from_dict": FROM_DICT,
    "models.ml_model.MLModel.list": KEY,
    "session.Session": "*, api_key",
    "session.Session.from_config": "profile=None",
    "session.Session.from_env": "",
    "session.Session.paginate": "url, **kwargs",
    "session.Session.request": "method, url, **kwargs",
    "session.get_session": KEY,
}

DEVIATIONS = {
    # The documentation shows the folder of the machine it was built on: the default was the
    # working directory at import. Ours is that of the call, which a default can only say by None.
    "models.dataset.Dataset.download": {"output_dir": None},
}

ALL = {
    "": {"Collection", "Dataset", "DownloadIfExistsOpts", "MLModel", "__version__", "get_session"},
    "client": {
        "CatalogDownloader",
        "CatalogDownloaderConfig",
        "download_collection_archive",
        "get_catalog_info",
        "get_collection",
        "get_collection_archive_info",
        "get_collection_item",
        "get_dataset",
        "get_dataset_by_doi",
        "get_dataset_by_id",
        "get_model_by_id",
        "list_collection_items",
        "list_collections",
        "list_datasets",
        "list_models",
    },
    "models": {"Collection", "Dataset", "MLModel"},
}

# Names of our own beside the documented ones.
ADDED = {"": {"ProgressEvent", "verify"}}

MODULES = [
    "cli",
    "client",
    "client.catalog_downloader",
    "client.collections",
    "client.datasets",
    "client.datetime_utils",
    "client.ml_models",
    "client.resumable_downloader",
    "exceptions",
    "if_exists",
    "models",
    "models.collection",
    "models.dataset",
    "models.ml_model",
    "retry_config",
    "session",
]

# Attributes of classes and modules, documented without parameters.
NAMES = [
    "cli.mlhub",
    "client.catalog_downloader.AssetRecord",
    "client.catalog_downloader.COMMON_ASSET_NAMES",
    "client.resumable_downloader.ResumableDownloader.run",
    "exceptions.APIKeyNotFound",
    "exceptions.AuthenticationError",
    "exceptions.EntityDoesNotExist",
    "exceptions.MLHubException",
    "if_exists.DownloadIfExistsOpts.overwrite",
    "if_exists.DownloadIfExistsOpts.resume",
    "if_exists.DownloadIfExistsOpts.skip",
    "models.collection.Collection.archive_size",
    "models.collection.Collection.registry_url",
    "models.dataset.CollectionType.LABELS",
    "models.dataset.CollectionType.SOURCE",
    "models.dataset.Dataset.collections",
    "models.dataset.Dataset.estimated_dataset_size",
    "models.dataset.Dataset.stac_catalog_size",
    "models.dataset._CollectionList",
    "models.dataset._CollectionWithType",
    "session.ANONYMOUS_PROFILE",
    "session.Session.API_KEY_ENV_VARIABLE",
    "session.Session.DEFAULT_ROOT_URL",
    "session.Session.MLHUB_HOME_ENV_VARIABLE",
    "session.Session.PROFILE_ENV_VARIABLE",
    "session.Session.ROOT_URL_ENV_VARIABLE",
]

OPTIONS = {"": {"--version"}, "configure": {"--profile", "--api-key"}}
