"""How the hrefs of a catalog are asked for: on the web, in a bucket, in a folder of this machine."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .. import environment
from ..exceptions import TransferFailed
from ..masking import masked
from ..transfer.asking import AZURE_STORAGE_VERSION, plain_request_for
from ..transfer.local_files import is_local, local_path
from ..transfer.transfers import Request, RequestFor, Slow
from .azure import Azure
from .buckets import Place, place_of
from .clouds import Cloud
from .google import Google
from .obstore_signing import is_installed as can_sign
from .planetary import PlanetaryComputer
from .planetary import is_installed as has_planetary_computer
from .s3 import S3
from .signing import OfUnsigned, Signatures

_BLOB_STORAGE = ".blob.core.windows.net/"


@dataclass(frozen=True, slots=True)
class CloudAccess:
    """What of the environment's credentials is shown to the clouds.

    Attributes:
        unsigned: None.
        requester_pays: Those of who pays for what he reads; only S3 knows of it.
    """

    unsigned: bool = False
    requester_pays: bool = False


AS_THE_ENVIRONMENT_SAYS = CloudAccess()


def request_for_hrefs(
    headers: Mapping[str, str] | None = None,
    access: CloudAccess = AS_THE_ENVIRONMENT_SAYS,
    local: Iterable[str] = (),
) -> RequestFor:
    """How to ask for hrefs of a catalog: signed where that is wanted, else as they are.

    Buckets (``s3://``, ``gs://``, ``az://``, ``abfs://``) are asked with the environment's
    credentials where it holds any that fit, else by their public address. Addresses of the web stay as
    they are, but for those of the Planetary Computer, where its package is installed.

    Args:
        headers: Go with every request.
        access: Which of the environment's credentials are used.
        local: Beginnings of the ``file:`` addresses that may be read, ``file:///`` for all of them: none
            of a catalog that comes from elsewhere.
    """
    plain = plain_request_for(headers)
    buckets = _Buckets(headers or {}, access)
    folders = [local_path(each) for each in local]
    on_the_web: RequestFor = plain
    if has_planetary_computer() and not access.unsigned:
        blob_storage = PlanetaryComputer(plain)
        on_the_web = lambda href: blob_storage.request(href) if _BLOB_STORAGE in href else plain(href)  # noqa: E731

    def request_for(href: str) -> Request | Slow:
        if href.startswith(("https:", "http:")):
            return on_the_web(href)
        if is_local(href):
            return _of_this_machine(href, folders)
        place = place_of(href)
        return plain(href) if place is None else buckets.request(place)

    return request_for


def _of_this_machine(href: str, folders: list[str]) -> Request:
    try:
        path = os.path.normpath(local_path(href))
    except ValueError as error:
        raise TransferFailed(f"{masked(href)} cannot be read: {error}", href=href) from error
    if any(is_below(path, folder) for folder in folders):
        return Request(href)
    raise TransferFailed(
        f"{masked(href)} is a file of this machine, and its catalog is not: it was not read", href=href
    )


def is_below(path: str, folder: str) -> bool:
    """Whether a normal path is ``folder`` or lies in it. Links are followed: they are this machine's."""
    folder = os.path.normpath(folder)
    return path == folder or path.startswith(folder if folder.endswith(os.sep) else folder + os.sep)


class _Buckets:
    """Asks for objects in buckets, as the environment was when the first of them was asked for."""

    def __init__(self, headers: Mapping[str, str], access: CloudAccess) -> None:
        self._headers = headers
        self._access = access
        self._clouds: dict[str, tuple[Cloud, Signatures]] = {}

    def request(self, place: Place) -> Request | Slow:
        """How to ask for the object at ``place``."""
        cloud, signatures = self._cloud(place.cloud)
        is_meant = self._access.unsigned
        if not is_meant and cloud.has_credentials(place) and can_sign():
            return signatures.request(place)
        refusals = OfUnsigned(cloud, place, is_meant=is_meant)
        return Request(cloud.plain_address(place), self._headers_of(place.cloud), refusals)

    def _cloud(self, name: str) -> tuple[Cloud, Signatures]:
        if name not in self._clouds:
            cloud = self._made(name)
            self._clouds[name] = cloud, Signatures(cloud, self._headers_of(name))
        return self._clouds[name]

    def _made(self, name: str) -> Cloud:
        variables = environment.clouds()
        if name == "az":
            return Azure(variables, unsigned=self._access.unsigned)
        if name == "gs":
            return Google(variables)
        return S3(variables, requester_pays=self._access.requester_pays)

    def _headers_of(self, name: str) -> Mapping[str, str]:
        return {"x-ms-version": AZURE_STORAGE_VERSION, **self._headers} if name == "az" else self._headers
