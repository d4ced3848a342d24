"""The session that carries requests where the caller brought none."""

from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import HTTPBasicAuth
from requests.utils import get_netrc_auth

from ..adapters import Adapter


class PooledSession(requests.Session):
    """A plain session with room for many connections, which asks the environment once a host.

    ``requests`` reads proxies, certificates and ``~/.netrc`` anew for every request: with
    small files over loopback that was over a third of all the time.
    """

    def __init__(self, max_connections: int) -> None:
        super().__init__()
        self._settings: dict[str, dict[str, Any]] = {}
        self._logins: dict[str, HTTPBasicAuth | None] = {}
        self.auth = self._log_in
        for scheme in ("http://", "https://"):
            self.mount(scheme, Adapter(pool_maxsize=max_connections))

    def merge_environment_settings(self, url: Any, *arguments: Any) -> Any:
        """Proxies and certificates for the host of ``url``, as the environment had them at first."""
        host = _host_of(url)
        if host not in self._settings:
            self._settings[host] = dict(super().merge_environment_settings(url, *arguments))
        # A copy each: requests adds to the one it is given.
        return {**self._settings[host], "proxies": dict(self._settings[host]["proxies"])}

    def _log_in(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        host = _host_of(request.url)
        if host not in self._logins:
            found = get_netrc_auth(request.url or "")
            self._logins[host] = None if found is None else HTTPBasicAuth(*found)
        login = self._logins[host]
        if login is None or "Authorization" in request.headers:
            return request
        signed: requests.PreparedRequest = login(request)
        return signed


def _host_of(url: Any) -> str:
    parts = urlsplit(str(url))
    return f"{parts.scheme}://{parts.netloc}"
