"""Signed addresses: made by obstore of the environment's credentials, so that one engine carries all bytes.

A signature lasts an hour, and is made anew some minutes before it ends, or once it was refused.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import NamedTuple

from ..exceptions import TransferFailed
from ..transfer.transfers import Request, Slow
from .buckets import Place
from .clouds import EXTRA, Cloud

LIFETIME_S = 3600.0
# A request that waits for its turn, or is repeated, has a signature that lasts.
RENEWED_BEFORE_S = 300.0
# Only files that are under way, or tried again, are asked for once more.
REMEMBERED = 4096
REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
# What S3 may answer whoever asks in another region than the bucket's: HTTP has no status for it.
MAYBE_ELSEWHERE = (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.BAD_REQUEST, *REFUSED)
# Azure's words for a container that only credentials open: with status 409, and with 404.
CLOSED_TO_THE_PUBLIC = ("PublicAccessNotPermitted", "ResourceNotFound")

# What of the environment does the same as unsigned=True.
UNSIGNED_BY = {"s3": "AWS_SKIP_SIGNATURE", "az": "AZURE_SKIP_SIGNATURE", "gs": "GOOGLE_SKIP_SIGNATURE"}


class _Signed(NamedTuple):
    url: str
    ends_s: float


class Signatures:
    """Signs the addresses of one cloud, each as seldom as can be. Used by several threads.

    Attributes:
        made: How many were made.
    """

    def __init__(
        self,
        cloud: Cloud,
        headers: Mapping[str, str],
        *,
        lifetime_s: float = LIFETIME_S,
        renewed_before_s: float = RENEWED_BEFORE_S,
    ) -> None:
        self.made = 0
        self._cloud = cloud
        self._headers = headers
        self._lifetime = timedelta(seconds=lifetime_s)
        self._good_s = lifetime_s - renewed_before_s
        self._lock = threading.Lock()
        self._signed: OrderedDict[Place, _Signed] = OrderedDict()

    def request(self, place: Place) -> Request | Slow:
        """How to ask for an object: at once where its signature is known, else what makes one."""
        with self._lock:
            known = self._signed.get(place)
        if known is not None and time.monotonic() < known.ends_s:
            return self._request_of(place, known.url)
        return lambda: self._request_of(place, self._sign(place))

    def _request_of(self, place: Place, url: str) -> Request:
        return Request(url, self._headers, _OfSigned(self, place, url))

    def _sign(self, place: Place) -> str:
        began_s = time.monotonic()
        try:
            url = self._cloud.sign(place, self._lifetime)
        except ValueError as error:
            raise TransferFailed(f"the environment's credentials cannot sign: {error}") from error
        with self._lock:
            self.made += 1
            self._signed[place] = _Signed(url, began_s + self._good_s)
            if len(self._signed) > REMEMBERED:
                self._signed.popitem(last=False)
        return url

    def is_worth_another(self, place: Place, url: str, status: int, headers: Mapping[str, str]) -> bool:
        """Whether another signature may fare better than the one in ``url``, which was refused."""
        with self._lock:
            if status in MAYBE_ELSEWHERE and self._cloud.learn(place, headers):
                for each in [each for each in self._signed if each.bucket == place.bucket]:
                    del self._signed[each]
            known = self._signed.get(place)
            if known is not None and known.url == url and status in REFUSED:
                del self._signed[place]
            return place not in self._signed or self._signed[place].url != url

    def reason(self, place: Place, status: int, headers: Mapping[str, str]) -> str:
        """Why an address was refused, once it was signed anew."""
        if status == HTTPStatus.BAD_REQUEST or "x-amz-bucket-region" in headers:
            return elsewhere(headers)
        if status not in REFUSED:
            return ""
        return (
            "the environment's credentials were refused; temporary ones may have ended. A bucket whose "
            "readers pay wants requester_pays=True (--requester-pays); a public one can be asked with "
            f"unsigned=True (--unsigned, or {UNSIGNED_BY[place.cloud]}=true)"
        )


class _OfSigned:
    """What is made of the refusal of a signed address."""

    def __init__(self, signatures: Signatures, place: Place, url: str) -> None:
        self._signatures = signatures
        self._place = place
        self._url = url

    def is_worth_another(self, status: int, headers: Mapping[str, str]) -> bool:
        """Whether another signature may fare better."""
        return self._signatures.is_worth_another(self._place, self._url, status, headers)

    def reason(self, status: int, headers: Mapping[str, str]) -> str:
        """Why it was refused."""
        return self._signatures.reason(self._place, status, headers)


class OfUnsigned:
    """What is made of the refusal of an address without a signature of ours."""

    def __init__(self, cloud: Cloud, place: Place, *, is_meant: bool) -> None:
        """Take the object.

        Args:
            cloud: Its cloud.
            place: The object.
            is_meant: The caller wants no signatures.
        """
        self._cloud = cloud
        self._place = place
        self._is_meant = is_meant

    def is_worth_another(self, status: int, headers: Mapping[str, str]) -> bool:
        """Whether the bucket is in another region, which the next request is sent to."""
        return status in MAYBE_ELSEWHERE and self._cloud.learn(self._place, headers)

    def reason(self, status: int, headers: Mapping[str, str]) -> str:
        """Why it was refused."""
        if status in MAYBE_ELSEWHERE and "x-amz-bucket-region" in headers and status not in REFUSED:
            return elsewhere(headers)
        is_closed = headers.get("x-ms-error-code") in CLOSED_TO_THE_PUBLIC
        if status not in REFUSED and not is_closed:
            return ""
        if self._cloud.is_shared(self._place):
            return "the shared signature of the environment was refused"
        if self._is_meant:
            return "it was asked without credentials, as unsigned=True (--unsigned) says"
        if self._cloud.has_credentials(self._place):
            return f"it wants a signature, for which obstore is missing: {EXTRA}"
        return f"it wants credentials, and the environment holds none that fit in {self._cloud.wanted()}"


def elsewhere(headers: Mapping[str, str]) -> str:
    """What to say of a bucket that lies in another region than was asked."""
    region = headers.get("x-amz-bucket-region")
    if region:
        return f"the bucket is in {region}: set AWS_REGION"
    return "the region (AWS_REGION) is wrong, or temporary credentials have ended"
