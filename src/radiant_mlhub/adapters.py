"""The adapter of our own sessions of requests: it reads past interim answers, and closes its connections.

``http.client`` skips 100 alone. It takes every other answer of 1xx, such as 103 Early Hints, for the
whole one, and the answer proper stays on the connection, where the next request finds it and takes it
for its own. Source: RFC 9110, section 15.2: a client must be able to parse one or more of them.
"""

from http import HTTPStatus
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection


class _Response(HTTPResponse):
    def begin(self) -> None:
        super().begin()
        while is_interim(self.status):
            self.headers = None  # type: ignore[assignment]  # as before anything was read
            super().begin()


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class Adapter(HTTPAdapter):
    """``HTTPAdapter`` for servers that send more than one answer, and for processes that go on."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the connections."""
        super().init_poolmanager(*args, **kwargs)
        _teach(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Make the connections through a proxy."""
        return _teach(super().proxy_manager_for(*args, **kwargs))

    def close(self) -> None:
        """Close the connections now. urllib3 2 leaves that to the garbage collector."""
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for host in manager.pools.keys():  # noqa: SIM118 - it cannot be iterated over
                if (pool := manager.pools.get(host)) is not None:
                    pool.close()
        super().close()


def is_interim(status: int) -> bool:
    """Whether another answer follows. After 101 none does: another protocol begins."""
    return status < HTTPStatus.OK and status != HTTPStatus.SWITCHING_PROTOCOLS


def _teach(manager: PoolManager) -> PoolManager:
    # A SOCKS proxy has connections of its own.
    if manager.pool_classes_by_scheme.get("https") is HTTPSConnectionPool:
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return manager
