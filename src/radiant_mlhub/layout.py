"""Where everything of a dataset lies on disk, by name alone: nothing here touches the disk.

::

    {output_dir}/
    ├── {dataset_id}.tar.gz                       catalog_file
    └── {dataset_id}/                             work_dir: the catalog, unpacked
        └── {collection_id}/{item_id}/*.json
    {asset_output_dir or output_dir}/
    └── {dataset_id}/                             asset_dir
        ├── mlhub_stac_assets.db                  manifest_file
        ├── err_report.csv                        err_report_file
        ├── _common/{asset_key}.tif               one file for the whole dataset
        └── {collection_id}/
            ├── {asset_key}.tif                   an asset of the collection itself
            ├── _common/{asset_key}.tif           one file for the collection
            └── {item_id}/{asset_key}.tif

Ids and asset keys come from catalogs, so they are checked and encoded as one path component
each, by the same rules on every system: a folder made on Linux can be copied to Windows.
"""

import re
import unicodedata
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from .exceptions import UnsafeName

COMMON_ASSET_NAMES = ["documentation", "readme", "test_split", "train_split", "validation_split"]
COMMON_FOLDER = "_common"
MANIFEST_NAME = "mlhub_stac_assets.db"
ERR_REPORT_NAME = "err_report.csv"

LONGEST_NAME_BYTES = 255
"""Longest name of ext4, APFS and NTFS, in UTF-8 bytes (NTFS counts UTF-16 units: never fewer)."""

_OWN_FILES = frozenset(
    {MANIFEST_NAME, ERR_REPORT_NAME} | {MANIFEST_NAME + s for s in ("-wal", "-shm", "-journal", "-copy")}
)

# Nearly all real ids and keys; at five letters or more, what fits needs no further look.
_ORDINARY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{4,150}")
_ORDINARY_PATH = re.compile(rf"{_ORDINARY.pattern}(?:/{_ORDINARY.pattern})*(?:\.json)?")
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_FORBIDDEN_SOMEWHERE = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|]')
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?= *(?:\.|\Z))", re.IGNORECASE
)
_DRIVE = re.compile(r"[A-Za-z]:[/\\]")
_LOOKS_ENCODED = re.compile(r"%(?=[0-9A-Fa-f]{2})")

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,16}\Z")
_COMPOUND_SUFFIX = re.compile(r"(?:\.[A-Za-z][A-Za-z0-9]{0,9})?\.(?:gz|bz2|xz|zst|lz4|br)\Z", re.IGNORECASE)
_SCHEME_AND_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")

# Written out, since the mimetypes module answers differently on every machine.
_EXTENSION_OF_MEDIA_TYPE = {
    "application/geo+json": ".geojson",
    "application/geopackage+sqlite3": ".gpkg",
    "application/gzip": ".gz",
    "application/json": ".json",
    "application/netcdf": ".nc",
    "application/pdf": ".pdf",
    "application/vnd.apache.parquet": ".parquet",
    "application/vnd.google-earth.kml+xml": ".kml",
    "application/vnd.google-earth.kmz": ".kmz",
    "application/vnd.laszip": ".laz",
    "application/vnd.laszip+copc": ".laz",
    "application/x-hdf": ".hdf",
    "application/x-hdf5": ".h5",
    "application/x-ipynb+json": ".ipynb",
    "application/x-netcdf": ".nc",
    "application/x-parquet": ".parquet",
    "application/x-tar": ".tar",
    "application/xml": ".xml",
    "application/zip": ".zip",
    "image/jp2": ".jp2",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/tiff": ".tif",
    "image/vnd.stac.geotiff": ".tif",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "text/xml": ".xml",
}

# In this order client 0.5.5 looked for them anywhere in the address; ".tiff" was never reached.
_ORIGINAL_EXTENSIONS = (".tif", ".json", ".pdf", ".png", ".jpg", ".jpeg", ".csv")


def safe_component(name: str) -> str:
    """One path component for an id or an asset key; ordinary ones stay as they are.

    A character that some system forbids in a name is percent-encoded (``/`` becomes ``%2F``), as
    are a dot at the front (dot names belong to downloads under way), a dot or space at the end,
    the first letter of a Windows device or of a name this layout uses itself, and a ``%`` that
    would be taken for such a code. ``urllib.parse.unquote`` gives the name back, unless it was
    longer than 255 bytes: then its end is replaced by ``~`` and 16 hex digits of its SHA-256.

    Raises:
        UnsafeName: Empty, or made to leave its folder: a ``..`` or ``.`` between separators, an
            absolute path, a drive, a NUL, half of a surrogate pair.

    Example:
        >>> safe_component("tile 7"), safe_component("2019/07"), safe_component("NUL")
        ('tile 7', '2019%2F07', '%4EUL')
    """
    return _component(name, LONGEST_NAME_BYTES)


def member_path(name: str) -> str:
    """An archive member's path, relative and posix, fit to be written under a folder.

    ``./`` and doubled or trailing slashes go. Components are treated as in ``safe_component``, but
    ``%``, leading dots and ``_common`` stay, since an archive's tree is kept as it is.

    Raises:
        UnsafeName: Absolute, a drive, a backslash, ``..``, NUL, nothing at all, or the name of a
            file that this package writes itself.
    """
    if _ORDINARY_PATH.fullmatch(name):
        return name
    _refuse_what_is_no_name(name)
    if name.startswith("/") or "\\" in name or _DRIVE.match(name):
        raise UnsafeName(
            f"The archive member {name!r} has an absolute path or a backslash; it was not unpacked."
        )
    components = [part for part in name.split("/") if part not in ("", ".")]
    if not components or ".." in components:
        raise UnsafeName(f"The archive member {name!r} would leave its folder; it was not unpacked.")
    if not _OWN_FILES.isdisjoint(map(folded, components)):
        raise UnsafeName(
            f"The archive member {name!r} has the name of a file that downloads write themselves."
        )
    return "/".join(_shortened(_portable(part), LONGEST_NAME_BYTES) for part in components)


def extension(href: str, media_type: str | None) -> str:
    """The file extension for an asset, with its dot; ``""`` where nothing names one.

    It is taken from the last segment of the href's path, percent-decoded, as written (``.tiff``
    stays), compressed ones whole (``.csv.gz``); query and fragment are ignored. An href without
    one goes by ``media_type``, the asset's ``type``. Never more than ASCII letters, digits and dots.

    Example:
        >>> extension("https://h/x.tif_dir/a.geojson?sig=1", None), extension("https://h/d/7", "image/png")
        ('.geojson', '.png')
    """
    suffix = _suffix(unquote(_path(href).rpartition("/")[2]))
    if suffix or media_type is None:
        return suffix
    return _EXTENSION_OF_MEDIA_TYPE.get(media_type.partition(";")[0].strip().lower(), "")


def item_asset_path(collection_id: str, item_id: str, asset_key: str, ext: str) -> str:
    """Path of an item's asset in the dataset's folder. Raises ``UnsafeName`` as ``safe_component``."""
    return f"{safe_component(collection_id)}/{safe_component(item_id)}/{_file_name(asset_key, ext)}"


def item_path(collection_id: str, item_id: str) -> str:
    """Path of an item's own JSON in the dataset's folder. Raises ``UnsafeName``."""
    return item_asset_path(collection_id, item_id, item_id, ".json")


def collection_asset_path(collection_id: str, asset_key: str, ext: str) -> str:
    """Path of a collection's own asset in the dataset's folder. Raises ``UnsafeName``."""
    return f"{safe_component(collection_id)}/{_file_name(asset_key, ext)}"


def collection_common_path(collection_id: str, asset_key: str, ext: str) -> str:
    """Path of an asset that all items of a collection share. Raises ``UnsafeName``."""
    return f"{safe_component(collection_id)}/{COMMON_FOLDER}/{_file_name(asset_key, ext)}"


def dataset_common_path(asset_key: str, ext: str) -> str:
    """Path of an asset that the whole dataset shares. Raises ``UnsafeName``."""
    return f"{COMMON_FOLDER}/{_file_name(asset_key, ext)}"


def moved_path(path: str, n: int) -> str:
    """The ``n``-th path, from 2, for files that all claim ``path``: ``a/key.tif``, ``a/key~2.tif``, ..."""
    folder, slash, name = path.rpartition("/")
    suffix = _suffix(name)
    ending = f"~{n}{suffix}"
    stem = name.removesuffix(suffix)
    return f"{folder}{slash}{_shortened(stem, LONGEST_NAME_BYTES - len(ending))}{ending}"


def original_path(collection_id: str, item_id: str | None, asset_key: str, href: str) -> str | None:
    """Where client 0.5.5 put this very asset, in the dataset's folder, so that it can be adopted.

    It took the first of a few extensions that stood anywhere in the href, and kept common assets
    under their collection. None where it failed, or wrote to a place that is none of ours.

    Args:
        item_id: None for an asset of the collection itself.
    """
    ext = next((known for known in _ORIGINAL_EXTENSIONS if known in href), None)
    ext = ext or PurePosixPath(_path(href)).suffix
    if item_id is None:
        components = [collection_id]
    elif asset_key in COMMON_ASSET_NAMES:
        components = [collection_id, COMMON_FOLDER]
    else:
        components = [collection_id, item_id]
    components.append(asset_key + ext)
    if not ext or any(part in ("", ".", "..") or re.search(r"[\x00/\\]", part) for part in components):
        return None
    return "/".join(components)


def folded(path: str) -> str:
    """``path`` as a case-insensitive file system compares it: two that are equal are one file there.

    Canonical caseless matching, Unicode chapter 3.13, D145.
    """
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def catalog_file(output_dir: Path, dataset_id: str, ending: str = ".tar.gz") -> Path:
    """The dataset's catalog, where it is one file: the archive, or another. Raises ``UnsafeName``."""
    return output_dir / _file_name(dataset_id, ending)


def work_dir(output_dir: Path, dataset_id: str) -> Path:
    """The folder into which the catalog is unpacked. Raises ``UnsafeName``."""
    return output_dir / safe_component(dataset_id)


def asset_dir(asset_output_dir: Path, dataset_id: str) -> Path:
    """The folder of the dataset's assets, manifest and report. Raises ``UnsafeName``."""
    return asset_output_dir / safe_component(dataset_id)


def manifest_file(asset_dir: Path) -> Path:
    """The SQLite database of what was asked for and what arrived."""
    return asset_dir / MANIFEST_NAME


def lock_file(folder: Path, dataset_id: str) -> Path:
    """The file that is there while a run writes the dataset's places in ``folder``. Raises ``UnsafeName``."""
    return folder / f".{_file_name(dataset_id, '.in-use', LONGEST_NAME_BYTES - 1)}"


def err_report_file(asset_dir: Path) -> Path:
    """The CSV file of what did not arrive."""
    return asset_dir / ERR_REPORT_NAME


def _file_name(name: str, ext: str, longest_bytes: int = LONGEST_NAME_BYTES) -> str:
    return _component(name, longest_bytes - len(ext)) + ext


def _component(name: str, longest_bytes: int) -> str:
    if _ORDINARY.fullmatch(name):
        return name
    _refuse_what_is_no_name(name)
    if name[0] in "/\\" or _DRIVE.match(name) or {".", ".."} & set(re.split(r"[/\\]", name)):
        raise UnsafeName(f"The name {name!r} would lead out of its folder.")
    encoded = _portable(_LOOKS_ENCODED.sub("%25", name))
    if encoded[0] == "." or folded(encoded) == COMMON_FOLDER or folded(encoded) in _OWN_FILES:
        encoded = _percent(encoded[0]) + encoded[1:]
    return _shortened(encoded, longest_bytes)


def _refuse_what_is_no_name(name: str) -> None:
    if not name:
        raise UnsafeName("A name is empty.")
    if "\0" in name:
        raise UnsafeName(f"The name {name!r} holds a NUL.")
    if not name.isascii() and re.search(r"[\ud800-\udfff]", name):
        raise UnsafeName(f"The name {name!r} holds half of a surrogate pair.")


def _portable(component: str) -> str:
    """``component`` without what Windows forbids in a name."""
    encoded = _FORBIDDEN_SOMEWHERE.sub(lambda found: _percent(found[0]), component)
    if _DEVICE.match(encoded):
        encoded = _percent(encoded[0]) + encoded[1:]
    if encoded[-1] in ". ":
        encoded = encoded[:-1] + _percent(encoded[-1])
    return encoded


def _path(href: str) -> str:
    """The path of an absolute or relative href, as written, also where ``urlsplit`` would refuse."""
    return _SCHEME_AND_HOST.sub("", href.partition("#")[0].partition("?")[0], count=1)


def _percent(character: str) -> str:
    return f"%{ord(character):02X}"


def _shortened(name: str, longest_bytes: int) -> str:
    """``name`` in at most ``longest_bytes`` of UTF-8; two long names that differ stay different."""
    encoded = name.encode()
    if len(encoded) <= longest_bytes:
        return name
    import hashlib  # noqa: PLC0415 - OpenSSL's library takes 4 MiB, and few names are too long

    ending = "~" + hashlib.sha256(encoded).hexdigest()[:16]
    return encoded[: longest_bytes - len(ending)].decode(errors="ignore") + ending


def _suffix(name: str) -> str:
    """The extension of a file name, compound ones whole; a leading dot starts no extension."""
    for pattern in (_COMPOUND_SUFFIX, _SUFFIX):
        found = pattern.search(name, 1)
        if found:
            return found[0]
    return ""
