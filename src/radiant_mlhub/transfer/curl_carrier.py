"""Requests carried by libcurl's multi interface: many connections, one thread, no queue between."""

import os
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import certifi
import pycurl
from requests.utils import get_netrc_auth, select_proxy

from .answers import Answer, content_length_of
from .asking import origin_of
from .carriers import Exchange
from .curl_text import header_line, quoted, read_head
from .own_session import PooledSession
from .patience import Patience
from .steps import Trouble
from .transfers import RequestFor
from .troubles import trouble_of

BUFFER_BYTES = 128 * 1024
# The rest of an answer nobody wants is read to its end up to here: cheaper than a new connection.
WORTH_DRAINING_BYTES = 64 * 1024
SILENCE_CHECK_S = 0.1
FEWEST_TO_WAIT_S = 0.001

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
        self.headers: tuple[Mapping[str, str], Mapping[str, str]] | None = None
        self.method = "GET"
        self.raised: BaseException | None = None
        # libcurl appends the lines of the headers by itself: a call into Python for each of
        # them costs a fifth of a small file's time. They are read once the body begins.
        self.head_lines: list[bytes] = []
        self.silent_since = 0.0
        self._answer: Answer | None = None
        self._received_bytes = -1
        _set_for_life(self)

    def begin(self, exchange: Exchange, url: str) -> None:
        """Forget the last exchange."""
        self.exchange = exchange
        self.url = url
        self.head_lines.clear()
        self.silent_since = 0.0
        self._answer = None
        self._received_bytes = -1

    def body(self, piece: bytes) -> int | None:
        """Hear bytes of the body; anything but None ends the exchange."""
        exchange = self.exchange
        if exchange is None or (self._answer is None and not self._tell_head()):
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
        if self._answer is None:
            return False
        length = content_length_of(self._answer)
        return length is not None and length <= WORTH_DRAINING_BYTES

    @property
    def is_looking_up_its_host(self) -> bool:
        """The name of the host is being resolved: there is no connection yet, old or new."""
        getinfo = self.handle.getinfo
        return bool(getinfo(pycurl.NAMELOOKUP_TIME) == 0 == getinfo(pycurl.REQUEST_SIZE))

    @property
    def _has_head(self) -> bool:
        """The headers came to their end; an answer without a body has told them to nobody yet."""
        return self.head_lines[-1:] == [b"\r\n"] and read_head(self.head_lines, "").status >= HTTPStatus.OK

    def has_moved(self) -> bool:
        """Whether any byte has come since this was asked last."""
        getinfo = self.handle.getinfo
        received = getinfo(pycurl.SIZE_DOWNLOAD_T) + getinfo(pycurl.HEADER_SIZE)
        before, self._received_bytes = self._received_bytes, received
        return bool(received != before)

    def ended(self, trouble: Trouble | None) -> None:
        """Tell the sink what it has not heard yet, and that this is the end."""
        if self._answer is None and (trouble is None or self._has_head) and not self._tell_head():
            return
        exchange, self.exchange = self.exchange, None
        if exchange is not None and not exchange.is_cancelled:
            exchange.end(trouble)

    def _tell_head(self) -> bool:
        """Read the headers and tell them to the sink; False where it raised."""
        self._answer = answer = read_head(self.head_lines, self.url)
        exchange = self.exchange
        if exchange is None or exchange.is_cancelled:
            return True
        try:
            exchange.head(answer)
        except BaseException as error:  # noqa: BLE001 - libcurl would swallow it; poll raises it again
            self.raised = error
            return False
        return True


def _set_for_life(line: _Line) -> None:
    handle = line.handle
    handle.setopt(pycurl.NOSIGNAL, 1)
    handle.setopt(pycurl.FOLLOWLOCATION, 0)
    handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
    handle.setopt(pycurl.BUFFERSIZE, BUFFER_BYTES)
    handle.setopt(pycurl.TCP_NODELAY, 1)
    handle.setopt(pycurl.HEADERFUNCTION, line.head_lines.append)
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
        self.idle_s = 0.0

    def start(self, exchange: Exchange) -> None:
        """Send its request when the loop comes round and a connection is free."""
        self._asked.append(exchange)

    def poll(self, timeout_s: float) -> None:
        """Let libcurl do what it can, or wait up to ``timeout_s`` for something to do."""
        self._cut_the_dropped()
        self._send_what_was_asked()
        if not self._step() and not self._asked:
            began = time.monotonic()
            self._wait(timeout_s)
            self.idle_s += time.monotonic() - began
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
        is_looking_up = any(line.is_looking_up_its_host for line in self._busy.values())
        for line in self._busy.values():
            self._multi.remove_handle(line.handle)
            line.handle.close()
        for line in self._idle:
            line.handle.close()
        self._busy.clear()
        self._idle.clear()
        self._asked.clear()
        if is_looking_up:
            # libcurl waits for the system's resolver, which takes 10 s where no name server answers.
            threading.Thread(target=self._multi.close, name="mlhub-lookup", daemon=True).start()
        else:
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
                exchange.end(trouble_of(error))
                continue
            self._busy[exchange] = line
            self._multi.add_handle(line.handle)

    def _prepared(self, exchange: Exchange) -> _Line:
        request = self._request_for(exchange.ask.href)
        url = quoted(request.url)
        line = self._idle.pop() if self._idle else _Line()
        settings = self._settings_for(url)
        if line.settings != settings:
            self._apply(settings, line)
        line.begin(exchange, url)
        line.handle.setopt(pycurl.URL, url)
        headers = (request.headers, exchange.ask.headers)
        if headers != line.headers:
            lines = [header_line(*field) for field in {**headers[0], **headers[1]}.items()]
            line.handle.setopt(pycurl.HTTPHEADER, lines)
            line.headers = headers
        if exchange.ask.method != line.method:
            line.method = exchange.ask.method
            line.handle.setopt(pycurl.HTTPGET if line.method == "GET" else pycurl.NOBODY, 1)
        return line

    def _apply(self, settings: _Settings, line: _Line) -> None:
        handle = line.handle
        if line.settings is not None:  # not every option can be taken back by itself
            handle.reset()
            _set_for_life(line)
            line.headers, line.method = None, "GET"
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
        host = origin_of(url)
        known = self._settings.get(host)
        if known is None:
            known = self._settings[host] = self._settings_of(url)
        return known

    def _settings_of(self, url: str) -> _Settings:
        """Proxy, certificates and login for the host of ``url``, as requests would have them."""
        told: dict[str, Any] = self._environment.merge_environment_settings(url, {}, True, None, None)
        verify = told["verify"]
        trusted = certifi.where() if verify is True else str(verify or certifi.where())
        is_folder = os.path.isdir(trusted)  # noqa: PTH112 - the path is text from the environment
        login = get_netrc_auth(url)
        cert = told.get("cert")
        cert, key = cert if isinstance(cert, tuple) else (cert, None)
        return _Settings(
            proxy=select_proxy(url, told["proxies"]) or "",
            verify=bool(verify),
            ca_file=None if is_folder else trusted,
            ca_path=trusted if is_folder else None,
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
        _raise_what_it_raised(line)

    def _trouble(self, line: _Line, code: int) -> Trouble:
        if code in _FINAL:
            return Trouble(_FINAL[code], is_final=True)
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return Trouble("no connection in time", is_slow=True)
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
            if line.has_moved():
                line.silent_since = now
            elif now - line.silent_since >= longest:
                self._cut(exchange, line)
                line.ended(Trouble("the server fell silent", is_slow=True))
                _raise_what_it_raised(line)

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


def _raise_what_it_raised(line: _Line) -> None:
    """Raise what a sink raised while libcurl called it: Ctrl-C, or a fault of ours."""
    if line.raised is not None:
        raised, line.raised = line.raised, None
        raise raised
