"""Buckets of S3 and of what speaks like it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from .buckets import Place
from .clouds import is_true
from .obstore_signing import signed

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
# Each line is enough to sign with. Roles of a machine are not among them: to find out whether it
# has one, its metadata address would have to be asked, for which everybody else waits seconds.
_CREDENTIALS = (
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI",),
)


class S3:
    """S3 as the environment's variables ``AWS_*`` say it is to be asked."""

    def __init__(self, variables: Mapping[str, str], *, requester_pays: bool) -> None:
        self._variables = variables
        self._requester_pays = requester_pays
        self._endpoint = next((variables[name] for name in _ENDPOINTS if name in variables), None)
        self._region = next((variables[name] for name in _REGIONS if name in variables), None)
        self._regions: dict[str, str] = {}
        self._stores: dict[tuple[str, str], Any] = {}

    def plain_address(self, place: Place) -> str:
        """The public address of an object."""
        if self._endpoint is not None:
            return f"{self._endpoint.rstrip('/')}/{place.bucket}/{place.path}"
        region = self._regions.get(place.bucket)
        host = f"s3.{region}.amazonaws.com" if region else "s3.amazonaws.com"
        if "." in place.bucket:  # the certificate of *.s3.amazonaws.com covers one label only
            return f"https://{host}/{place.bucket}/{place.path}"
        return f"https://{place.bucket}.{host}/{place.path}"

    def is_shared(self, place: Place) -> bool:
        """Never: each object has a signature of its own."""
        return False

    def has_credentials(self, place: Place) -> bool:
        """Whether the environment holds what to sign with."""
        if is_true(self._variables.get("AWS_SKIP_SIGNATURE")):
            return False
        return any(all(name in self._variables for name in names) for names in _CREDENTIALS)

    def sign(self, place: Place, lifetime: timedelta) -> str:
        """A signed address of an object, for the region that its bucket is known to be in."""
        region = self._region_of(place)
        store = self._stores.get((place.bucket, region))
        if store is None:
            store = self._stores[place.bucket, region] = self._store(place.bucket, region)
        return signed(store, place, lifetime)

    def _store(self, bucket: str, region: str) -> Any:
        from obstore.store import S3Store  # noqa: PLC0415 - the extra "cloud"

        # obstore reads the environment, too; what is told here goes before it.
        told: dict[str, Any] = {"region": region}
        if self._requester_pays:
            told["request_payer"] = True
        if self._endpoint is not None:
            told["endpoint"] = self._endpoint
            told["client_options"] = {"allow_http": self._endpoint.startswith("http:")}
        return S3Store(bucket, **told)

    def store(self, place: Place) -> Any:
        """The bucket as obstore knows it, to be written to."""
        return self._store(place.bucket, self._region_of(place))

    def learn(self, place: Place, headers: Mapping[str, str]) -> bool:
        """Take in the region of the bucket, which S3 tells whoever asks in another one."""
        region = headers.get("x-amz-bucket-region")
        if not region or region == self._region_of(place):
            return False
        self._regions[place.bucket] = region
        return True

    def wanted(self) -> str:
        """The variables that credentials would be in."""
        return "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"

    def _region_of(self, place: Place) -> str:
        return self._regions.get(place.bucket) or self._region or "us-east-1"
