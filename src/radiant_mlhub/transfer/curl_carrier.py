"""Requests carried by libcurl's multi interface: many connections, one thread, no queue between."""

import os
import re
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import certifi
import pycurl
import requests
from requests.utils import get_netrc_auth, select_proxy

from .answers import Answer
from .carriers import Exchange, Sink
from .own_session import PooledSession
from .patience import Patience
from .steps import Ask, Trouble
from .transfers import RequestFor
from .troubles import trouble_of

BUFFER_BYTES = 128 * 1024
# The rest of an answer nobody wants is read to its end up to here: cheaper than a new connection.
WORTH_DRAINING_BYTES = 64 * 1024
SILENCE_CHECK_S = 0.1
FEWEST_TO_WAIT_S = 0.001

# Addresses that can go out as they are; every other is quoted as requests does it.
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+/[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*")
_BROKEN_HEADER = re.compile(r"[\r\n\0]")

_FINAL = {
    pycurl.E_URL_MALFORMAT: "the address cannot be understood",
    pycurl.E_UNSUPPORTED_PROTOCOL: "the address is neither http nor https",
    pycurl.E_PEER_FAILED_VERIFICATION: "no secure connection: the server's certificate cannot be verified",
    pycurl.E_SSL_CERTPROBLEM: "no secure connection: the client's certificate cannot be used",
    pycurl.E_SSL_CACERT_BADFILE: "no secure connection: the file of trusted certificates cannot be read",
    pycurl.E_SSL_CIPHER: "no secure connection: no cipher in common",
    pycurl.E_TOO_MANY_REDIRECTS: "too many redirects",
}
_AGAIN = {
    pycurl.E_COULDNT_RESOLVE_HOST: "the host's name cannot be resolved",
    pycurl.E_COULDNT_RESOLVE_PROXY: "the proxy's name cannot be resolved",
    pycurl.E_COULDNT_CONNECT: "the connection failed",
    pycurl.E_PARTIAL_FILE: "the body ended early",
    pycurl.E_GOT_NOTHING: "the connection was closed without an answer",
    pycurl.E_RECV_ERROR: "the connection was lost",
    pycurl.E_SEND_ERROR: "the connection was lost",
    pycurl.E_SSL_CONNECT_ERROR: "no secure connection",
}


@dataclass(frozen=True, slots=True)
class _Settings:
    """How one host is reached: what requests would make of the environment."""

    proxy: str
    verify: bool
    ca_file: str | None
    ca_path: str | None
    cert: str | None
    key: str | None
    login: str | None


class _Line:
    """One easy handle and the exchange it carries; used again for the next one."""

    def __init__(self) -> None:
        self.handle = pycurl.Curl()
        self.exchange: Exchange | None = None
        self.url = ""
        self.settings: _Settings | None = None
        self.last_byte = 0.0
        self.raised: BaseException | None = None
        self._status = 0
        self._headers: dict[str, str] = {}
        self._has_head = False
        self._is_head_told = False
        _set_for_life(self)

    def begin(self, exchange: Exchange, url: str) -> None:
        """Forget the last exchange."""
        self.exchange = exchange
        self.url = url
        self.last_byte = time.monotonic()
        self._status = 0
        self._headers = {}
        self._has_head = False
        self._is_head_told = False

    def header(self, line: bytes) -> int | None:
        """Hear one line of the headers."""
        self.last_byte = time.monotonic()
        if self._is_head_told:
            return None  # a trailer
        if line in (b"\r\n", b"\n"):
            return self._head_ended()
        if line.startswith(b"HTTP/"):
            self._status = int(line.split(None, 2)[1])
            self._headers = {}
            return None
        name, _, value = line.decode("iso-8859-1").partition(":")
        name = name.strip().lower()
        value = value.strip()
        known = self._headers.get(name)
        self._headers[name] = value if known is None else f"{known}, {value}"
        return None

    def body(self, piece: bytes) -> int | None:
        """Hear bytes of the body; anything but None ends the exchange."""
        self.last_byte = time.monotonic()
        exchange = self.exchange
        if exchange is None or (not self._is_head_told and self._tell_head() is not None):
            return -1
        try:
            if not exchange.is_cancelled:
                exchange.sink.data(piece)
        except BaseException as error:  # noqa: BLE001 - as in _tell_head
            self.raised = error
            return -1
        return -1 if exchange.is_cancelled and not self.is_worth_draining else None

    @property
    def is_worth_draining(self) -> bool:
        """The rest of the answer is short enough to be read to its end."""
        length = self._headers.get("content-length", "") if self._has_head else ""
        return length.isascii() and length.isdigit() and int(length) <= WORTH_DRAINING_BYTES

    def _head_ended(self) -> int | None:
        if self._status < 200:  # noqa: PLR2004 - 100 Continue, 103 Early Hints: the answer follows
            return None
        self._has_head = True
        # Through a proxy's tunnel the answer to CONNECT comes first and looks the same.
        if self.settings is not None and self.settings.proxy and self.url.startswith("https:"):
            return None
        return self._tell_head()

    def _tell_head(self) -> int | None:
        self._is_head_told = True
        exchange = self.exchange
        if exchange is None or exchange.is_cancelled:
            return None
        try:
            exchange.sink.head(Answer(self._status, self._headers, self.url))
        except BaseException as error:  # noqa: BLE001 - libcurl would swallow it; poll raises it again
            self.raised = error
            return -1
        return None

    def ended(self, trouble: Trouble | None) -> None:
        """Tell the sink what it has not heard yet, and that this is the end."""
        if trouble is None and not self._is_head_told:
            self._tell_head()
        exchange, self.exchange = self.exchange, None
        if exchange is not None and not exchange.is_cancelled:
            exchange.sink.end(trouble)


def _set_for_life(line: _Line) -> None:
    handle = line.handle
    handle.setopt(pycurl.NOSIGNAL, 1)
    handle.setopt(pycurl.FOLLOWLOCATION, 0)
    handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
    handle.setopt(pycurl.BUFFERSIZE, BUFFER_BYTES)
    handle.setopt(pycurl.TCP_NODELAY, 1)
    handle.setopt(pycurl.HEADERFUNCTION, line.header)
    handle.setopt(pycurl.WRITEFUNCTION, line.body)
    handle.line = line


class CurlCarrier:
    """Carries requests by libcurl, in the thread that polls.

    Args:
        request_for: Makes an address ready; called in the polling thread, just before the try.
        patience: How long to wait for a connection and for a byte.
        max_connections: How many requests may be under way at once.
    """

    def __init__(self, request_for: RequestFor, patience: Patience, max_connections: int) -> None:
        self._request_for = request_for
        self._patience = patience
        self._max_connections = max_connections
        self._environment = PooledSession(1)
        self._settings: dict[str, _Settings] = {}
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, max_connections)
        self._idle: list[_Line] = []
        self._busy: dict[Exchange, _Line] = {}
        self._asked: deque[Exchange] = deque()
        self._dropped: list[Exchange] = []
        self._next_silence_check = 0.0

    def start(self, ask: Ask, sink: Sink) -> Exchange:
        """Send ``ask`` when the loop comes round and a connection is free."""
        exchange = Exchange(ask, sink)
        self._asked.append(exchange)
        return exchange

    def poll(self, timeout_s: float) -> None:
        """Let libcurl do what it can, or wait up to ``timeout_s`` for something to do."""
        self._cut_the_dropped()
        self._send_what_was_asked()
        if not self._step() and not self._asked:
            self._wait(timeout_s)
            self._step()
        now = time.monotonic()
        if now >= self._next_silence_check:
            self._next_silence_check = now + SILENCE_CHECK_S
            self._end_the_silent(now)

    def cancel(self, exchange: Exchange) -> None:
        """Drop ``exchange``: what is short is read to its end, what is long loses its connection."""
        exchange.is_cancelled = True
        self._dropped.append(exchange)  # libcurl may be calling us: its handles are not to be touched now

    def close(self) -> None:
        """Drop everything and close the connections."""
        for line in self._busy.values():
            self._multi.remove_handle(line.handle)
            line.handle.close()
        for line in self._idle:
            line.handle.close()
        self._busy.clear()
        self._idle.clear()
        self._asked.clear()
        self._multi.close()
        self._environment.close()

    def _send_what_was_asked(self) -> None:
        while self._asked and len(self._busy) < self._max_connections:
            exchange = self._asked.popleft()
            if exchange.is_cancelled:
                continue
            try:
                line = self._prepared(exchange)
            except Exception as error:  # noqa: BLE001 - signers are foreign code
                exchange.sink.end(trouble_of(error))
                continue
            self._busy[exchange] = line
            self._multi.add_handle(line.handle)

    def _prepared(self, exchange: Exchange) -> _Line:
        request = self._request_for(exchange.ask.href)
        url = quoted(request.url)
        headers = {**request.headers, **exchange.ask.headers}
        line = self._idle.pop() if self._idle else _Line()
        settings = self._settings_for(url)
        if line.settings != settings:
            self._apply(settings, line)
        line.begin(exchange, url)
        handle = line.handle
        handle.setopt(pycurl.URL, url)
        handle.setopt(pycurl.HTTPHEADER, [_header_line(name, value) for name, value in headers.items()])
        handle.setopt(pycurl.NOBODY, exchange.ask.method == "HEAD")
        if exchange.ask.method != "HEAD":
            handle.setopt(pycurl.HTTPGET, 1)
        return line

    def _apply(self, settings: _Settings, line: _Line) -> None:
        handle = line.handle
        if line.settings is not None:  # not every option can be taken back by itself
            handle.reset()
            _set_for_life(line)
        # Said even where there is none: by itself libcurl reads the environment in a way of its own.
        handle.setopt(pycurl.PROXY, settings.proxy)
        handle.setopt(pycurl.NOPROXY, "")
        handle.setopt(pycurl.SSL_VERIFYPEER, 1 if settings.verify else 0)
        handle.setopt(pycurl.SSL_VERIFYHOST, 2 if settings.verify else 0)
        for option, value in (
            (pycurl.CAINFO, settings.ca_file),
            (pycurl.CAPATH, settings.ca_path),
            (pycurl.SSLCERT, settings.cert),
            (pycurl.SSLKEY, settings.key),
            (pycurl.USERPWD, settings.login),
        ):
            if value is not None:
                handle.setopt(option, value)
        handle.setopt(pycurl.CONNECTTIMEOUT_MS, int(self._patience.connect_s * 1000))
        line.settings = settings

    def _settings_for(self, url: str) -> _Settings:
        host = "/".join(url.split("/", 3)[:3])
        known = self._settings.get(host)
        if known is None:
            known = self._settings[host] = self._settings_of(url)
        return known

    def _settings_of(self, url: str) -> _Settings:
        """Proxy, certificates and login for the host of ``url``, as requests would have them."""
        told: dict[str, Any] = self._environment.merge_environment_settings(url, {}, True, None, None)
        verify = told["verify"]
        trusted = certifi.where() if verify is True else str(verify or certifi.where())
        login = get_netrc_auth(url)
        cert = told.get("cert")
        cert, key = cert if isinstance(cert, tuple) else (cert, None)
        return _Settings(
            proxy=select_proxy(url, told["proxies"]) or "",
            verify=bool(verify),
            ca_file=None if Path(trusted).is_dir() else trusted,
            ca_path=trusted if Path(trusted).is_dir() else None,
            cert=cert,
            key=key,
            login=None if login is None else ":".join(login),
        )

    def _step(self) -> bool:
        """Let libcurl work, end what has ended; whether anything has."""
        self._multi.perform()
        has_ended = False
        while True:
            left, fine, failed = self._multi.info_read()
            for handle in fine:
                self._ended(handle.line, None)
            for handle, code, _ in failed:
                self._ended(handle.line, self._trouble(handle.line, code))
            has_ended = has_ended or bool(fine or failed)
            if not left:
                return has_ended

    def _ended(self, line: _Line, trouble: Trouble | None) -> None:
        self._multi.remove_handle(line.handle)
        self._idle.append(line)
        if line.exchange is not None:
            del self._busy[line.exchange]
        if line.raised is None:
            line.ended(trouble)
        if line.raised is not None:
            raised, line.raised = line.raised, None
            raise raised

    def _trouble(self, line: _Line, code: int) -> Trouble:
        if code in _FINAL:
            return Trouble(_FINAL[code], is_final=True)
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return Trouble("no connection in time")
        text = _AGAIN.get(code, f"the connection failed (libcurl: {code})")
        errno = line.handle.getinfo(pycurl.OS_ERRNO)
        return Trouble(f"{text}: {os.strerror(errno)}" if errno else text)

    def _wait(self, timeout_s: float) -> None:
        if not self._busy:
            time.sleep(min(timeout_s, SILENCE_CHECK_S))
            return
        wanted = self._multi.timeout()
        if wanted >= 0:
            timeout_s = min(timeout_s, wanted / 1000)
        if timeout_s > 0 and self._multi.select(timeout_s) == -1:
            time.sleep(FEWEST_TO_WAIT_S)  # a name is being resolved: there is no socket yet

    def _end_the_silent(self, now: float) -> None:
        """libcurl's own low-speed limit fires late, so each line has a clock."""
        longest = self._patience.silence_s
        for exchange, line in list(self._busy.items()):
            if now - line.last_byte >= longest:
                self._cut(exchange, line)
                if not exchange.is_cancelled:
                    exchange.sink.end(Trouble("the server fell silent"))

    def _cut_the_dropped(self) -> None:
        dropped, self._dropped = self._dropped, []
        for exchange in dropped:
            line = self._busy.get(exchange)
            if line is not None and not line.is_worth_draining:
                self._cut(exchange, line)

    def _cut(self, exchange: Exchange, line: _Line) -> None:
        """End an exchange at once, and its connection with it."""
        del self._busy[exchange]
        self._multi.remove_handle(line.handle)
        line.handle.close()


def quoted(url: str) -> str:
    """``url`` fit to be sent, quoted as requests does it.

    Raises:
        ValueError: It is none.
    """
    if _PLAIN_URL.fullmatch(url):
        return url
    return str(requests.Request("GET", url).prepare().url)


def _header_line(name: str, value: str) -> str:
    if _BROKEN_HEADER.search(name + value):
        raise ValueError(f"the header {name} holds a line break")
    # libcurl takes "Name:" for a header that is to be left out.
    return f"{name}: {value}" if value else f"{name};"
