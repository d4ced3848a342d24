"""Objects in buckets: what ``s3://``, ``gs://``, ``az://`` and ``abfs://`` addresses name. No I/O."""

from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from ..exceptions import TransferFailed
from ..masking import masked

SCHEMES = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs"} | dict.fromkeys(
    ("az", "azure", "abfs", "abfss", "adl"), "az"
)
"""The cloud that an address's scheme names."""

ADDRESSES = ("s3", "gs", "az", "abfs", "abfss")
"""The schemes that are written, as people are told."""


class Place(NamedTuple):
    """Where an object lies.

    Attributes:
        cloud: ``s3``, ``gs`` or ``az``.
        bucket: The bucket, or Azure's container.
        key: Its name there, not encoded.
        account: Azure's storage account, where the address names it.
    """

    cloud: str
    bucket: str
    key: str
    account: str | None = None

    @property
    def path(self) -> str:
        """The key as an address has it."""
        return quote(self.key, safe="/~")


def place_of(href: str) -> Place | None:
    """The object that ``href`` names; None where its scheme is no cloud's.

    Azure's addresses are read as its own programs write them: ``az://container/key``,
    ``abfs://container/key`` and ``abfss://container@account.dfs.core.windows.net/key``.

    Raises:
        TransferFailed: It names no bucket, or no key.
    """
    cloud = SCHEMES.get(href.partition(":")[0].lower())
    if cloud is None:
        return None
    try:
        parts = urlsplit(href, allow_fragments=False)
        bucket, host = (parts.username, parts.hostname) if parts.username else (parts.netloc, None)
    except ValueError as error:
        raise TransferFailed(f"{masked(href)} is no address: {error}", href=href) from error
    # A "?" in a key is nothing special to the programs that write such addresses.
    key = unquote(f"{parts.path}?{parts.query}" if parts.query else parts.path).lstrip("/")
    if not bucket or not key:
        raise TransferFailed(f"{masked(href)} names no {'object' if bucket else 'bucket'}", href=href)
    return Place(cloud, bucket, key, host.partition(".")[0] if host and cloud == "az" else None)
