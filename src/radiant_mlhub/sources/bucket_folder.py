"""A folder of a bucket, written to: by obstore (the extra ``cloud``), since uploads are its trade.

An object appears once it is whole: that is what a PUT, and the end of an upload in parts, promise.
Uploads in parts that a kill cut short stay invisible; a bucket's rule for unfinished uploads
sweeps them, since obstore can neither list nor abort those of others.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .. import environment
from ..exceptions import DirectoryUnusable, InvalidArgument, TransferFailed
from ..extras import needed
from .azure import Azure
from .buckets import place_of
from .google import Google
from .s3 import S3

# A larger file goes in parts of this size, a few at a time.
PART_BYTES = 8 * 1024 * 1024
_PARTS_AT_ONCE = 4
_KEYS_A_PAGE = 1000
_MISSING = "there is no such bucket"
_CODES_OF_MISSING = ("NoSuchBucket", "ContainerNotFound")  # of S3 and Google; of Azure


class BucketFolder:
    """A prefix of a bucket, below which files have places as in a folder.

    Attributes:
        address: ``s3://bucket/prefix``, without a slash behind it.
    """

    def __init__(self, address: str) -> None:
        """Take the address; nobody is asked yet.

        Raises:
            InvalidArgument: It names no bucket.
            ExtraMissing: obstore is not installed.
            DirectoryUnusable: The environment holds no credentials to write with.
        """
        self.address = address.rstrip("/")
        try:
            place = place_of(f"{self.address}/x")
        except TransferFailed as error:
            raise InvalidArgument(f"{address} names no bucket to write to: {error}") from error
        if place is None:
            raise InvalidArgument(f"{address} is no address of a bucket; s3, gs and az can be written to.")
        with needed("cloud", "Writing to a bucket"):
            import obstore  # noqa: PLC0415
        self._obstore: Any = obstore
        self._prefix = place.key.rpartition("/")[0]
        variables = environment.clouds()
        clouds: dict[str, Any] = {"az": Azure(variables), "gs": Google(variables)}
        cloud = clouds.get(place.cloud) or S3(variables, requester_pays=False)
        if not cloud.has_credentials(place):
            raise DirectoryUnusable(
                f"{self.address} cannot be written to without credentials. Set {cloud.wanted()}."
            )
        self._store = cloud.store(place)

    def files(self, below: str) -> Iterator[tuple[str, int]]:
        """Path, relative to the folder, and size in bytes of every file below ``below``.

        Raises:
            DirectoryUnusable: The bucket is not there, or refuses.
        """
        prefix = self._key(below)
        skipped = len(self._prefix) + 1 if self._prefix else 0
        try:
            for page in self._obstore.list(self._store, prefix, chunk_size=_KEYS_A_PAGE):
                for found in page:
                    yield found["path"][skipped:], int(found["size"])
        # A name that no object can have is a ValueError.
        except (self._obstore.exceptions.BaseError, OSError, ValueError) as error:
            raise self._unusable(error) from error

    def size_bytes(self, place: str) -> int | None:
        """Size of the file under ``place``; None where there is none, or where one may not ask.

        A list, which wants another right, does not look at one name alone.

        Raises:
            DirectoryUnusable: The bucket gives no such answer.
        """
        errors = self._obstore.exceptions
        try:
            return int(self._obstore.head(self._store, self._key(place))["size"])
        except (errors.NotFoundError, errors.PermissionDeniedError, FileNotFoundError):
            return None
        # A name that no object can have is a ValueError.
        except (errors.BaseError, OSError, ValueError) as error:
            raise self._unusable(error) from error

    def put(self, path: Path, place: str) -> None:
        """Put the file at ``path`` under ``place``, in place of what is there.

        Raises:
            DirectoryUnusable: It was refused, or did not get there.
        """
        try:
            in_parts = path.stat().st_size > PART_BYTES
            with path.open("rb") as file:
                self._obstore.put(
                    self._store,
                    self._key(place),
                    file,
                    use_multipart=in_parts,
                    chunk_size=PART_BYTES,
                    max_concurrency=_PARTS_AT_ONCE,
                )
        # A name that no object can have is a ValueError.
        except (self._obstore.exceptions.BaseError, OSError, ValueError) as error:
            raise self._unusable(error) from error

    def _key(self, place: str) -> str:
        return f"{self._prefix}/{place}" if self._prefix else place

    def _unusable(self, error: Exception) -> DirectoryUnusable:
        text = str(error).strip()
        # What follows its first line is for those who work on obstore.
        reason = _MISSING if any(code in text for code in _CODES_OF_MISSING) else text.partition("\n")[0]
        return DirectoryUnusable(f"{self.address} cannot be used: {reason}")
