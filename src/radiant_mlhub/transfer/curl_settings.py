"""How libcurl reaches a host: proxy, certificates and login, as requests would have them."""

import os
from dataclasses import dataclass
from typing import Any

import certifi
import pycurl
from requests.utils import get_netrc_auth, select_proxy

from .asking import origin_of
from .own_session import PooledSession


@dataclass(frozen=True, slots=True)
class HostSettings:
    """How one host is reached."""

    proxy: str
    verify: bool
    ca_file: str | None
    ca_path: str | None
    cert: str | None
    key: str | None
    login: str | None

    def apply(self, handle: Any) -> None:
        """Set the options of ``handle``, of which none of these was set before."""
        # Said even where there is none: by itself libcurl reads the environment in a way of its own.
        handle.setopt(pycurl.PROXY, self.proxy)
        handle.setopt(pycurl.NOPROXY, "")
        handle.setopt(pycurl.SSL_VERIFYPEER, 1 if self.verify else 0)
        handle.setopt(pycurl.SSL_VERIFYHOST, 2 if self.verify else 0)
        for option, value in (
            (pycurl.CAINFO, self.ca_file),
            (pycurl.CAPATH, self.ca_path),
            (pycurl.SSLCERT, self.cert),
            (pycurl.SSLKEY, self.key),
            (pycurl.USERPWD, self.login),
        ):
            if value is not None:
                handle.setopt(option, value)


class Environment:
    """What the environment says of hosts, asked once for each of them."""

    def __init__(self) -> None:
        self._session = PooledSession(1)
        self._settings: dict[str, HostSettings] = {}

    def settings_for(self, url: str) -> HostSettings:
        """How the host of ``url`` is reached; the same object every time."""
        host = origin_of(url)
        known = self._settings.get(host)
        if known is None:
            known = self._settings[host] = self._settings_of(url)
        return known

    def close(self) -> None:
        """Forget everything."""
        self._session.close()

    def _settings_of(self, url: str) -> HostSettings:
        told: dict[str, Any] = self._session.merge_environment_settings(url, {}, True, None, None)
        verify = told["verify"]
        trusted = certifi.where() if verify is True else str(verify or certifi.where())
        is_folder = os.path.isdir(trusted)  # noqa: PTH112 - the path is text from the environment
        login = get_netrc_auth(url)
        cert = told.get("cert")
        cert, key = cert if isinstance(cert, tuple) else (cert, None)
        return HostSettings(
            proxy=select_proxy(url, told["proxies"]) or "",
            verify=bool(verify),
            ca_file=None if is_folder else trusted,
            ca_path=trusted if is_folder else None,
            cert=cert,
            key=key,
            login=None if login is None else ":".join(login),
        )
