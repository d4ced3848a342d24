"""How libcurl reaches a host: proxy, certificates and login, as requests would have them."""

import os
import sys
from dataclasses import dataclass
from typing import Any

import certifi
import pycurl

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
        self._settings: dict[str, HostSettings] = {}

    def settings_for(self, url: str) -> HostSettings:
        """How the host of ``url`` is reached; the same object every time."""
        host = origin_of(url)
        known = self._settings.get(host)
        if known is None:
            known = self._settings[host] = _settings_of(url)
        return known


def _settings_of(url: str) -> HostSettings:
    trusted = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or certifi.where()
    is_folder = os.path.isdir(trusted)  # noqa: PTH112 - the path is text from the environment
    return HostSettings(
        proxy=_proxy_of(url),
        ca_file=None if is_folder else trusted,
        ca_path=trusted if is_folder else None,
        login=_login_of(url),
    )


def _proxy_of(url: str) -> str:
    # On these systems their settings name proxies, too. Elsewhere, where there is none, nobody has
    # to load requests, which takes 16 MiB.
    if sys.platform not in {"darwin", "win32"} and not any(
        name.lower().endswith("_proxy") for name in os.environ
    ):
        return ""
    from requests.utils import get_environ_proxies, select_proxy  # noqa: PLC0415

    return select_proxy(url, get_environ_proxies(url)) or ""


def _login_of(url: str) -> str | None:
    paths = [os.environ["NETRC"]] if "NETRC" in os.environ else ["~/.netrc", "~/_netrc"]
    if not any(os.path.exists(os.path.expanduser(path)) for path in paths):  # noqa: PTH110, PTH111 - as above
        return None
    from requests.utils import get_netrc_auth  # noqa: PLC0415

    login = get_netrc_auth(url)
    return None if login is None else ":".join(login)
