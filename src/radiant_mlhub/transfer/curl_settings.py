"""How libcurl reaches a host: proxy, certificates and login, as requests would have them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import certifi
import pycurl
import requests
from requests.utils import get_netrc_auth, select_proxy

from .asking import origin_of


@dataclass(frozen=True, slots=True)
class HostSettings:
    """How one host is reached."""

    proxy: str
    ca_file: str | None
    ca_path: str | None
    login: str | None

    def apply(self, handle: Any) -> None:
        """Set the options of ``handle``, of which none of these was set before."""
        # Said even where there is none: by itself libcurl reads the environment in a way of its own.
        handle.setopt(pycurl.PROXY, self.proxy)
        handle.setopt(pycurl.NOPROXY, "")
        handle.setopt(pycurl.SSL_VERIFYPEER, 1)
        handle.setopt(pycurl.SSL_VERIFYHOST, 2)
        for option, value in (
            (pycurl.CAINFO, self.ca_file),
            (pycurl.CAPATH, self.ca_path),
            (pycurl.USERPWD, self.login),
        ):
            if value is not None:
                handle.setopt(option, value)


class Environment:
    """What the environment says of hosts, asked once for each of them."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._settings: dict[str, HostSettings] = {}

    def settings_for(self, url: str) -> HostSettings:
        """How the host of ``url`` is reached; the same object every time."""
        host = origin_of(url)
        known = self._settings.get(host)
        if known is None:
            known = self._settings[host] = self._settings_of(url)
        return known

    def _settings_of(self, url: str) -> HostSettings:
        told: Mapping[str, Any] = self._session.merge_environment_settings(url, {}, True, None, None)
        # True where the environment names no certificates: it has no word for trusting everybody.
        trusted = certifi.where() if told["verify"] is True else str(told["verify"])
        is_folder = os.path.isdir(trusted)  # noqa: PTH112 - the path is text from the environment
        login = get_netrc_auth(url)
        return HostSettings(
            proxy=select_proxy(url, told["proxies"]) or "",
            ca_file=None if is_folder else trusted,
            ca_path=trusted if is_folder else None,
            login=None if login is None else ":".join(login),
        )
