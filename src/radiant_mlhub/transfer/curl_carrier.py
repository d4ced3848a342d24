"""Requests carried by libcurl's multi interface: many connections, one thread, no queue between.

What has come is dealt with only after the next requests are on their way, so that the server and the
network are at work while files are written: at 50 ms round trip that saves up to half of the time.
"""

import os
import time
from collections import deque
from collections.abc import Callable

import pycurl

from ..masking import masked
from .carriers import FIRST_ERROR, Exchange
from .chores import Chores
from .crew import Crew
from .curl_line import MOST_PIECES, Ended, Line
from .curl_settings import Environment
from .curl_text import quoted
from .destination import why_refused
from .open_files import out_of_files, refused_to_open
from .patience import Patience
from .steps import Trouble
from .transfers import Request, RequestFor, Slow
from .troubles import trouble_of

SILENCE_CHECK_S = 0.1
FEWEST_TO_WAIT_S = 0.001
# Requests made by threads, as signatures may have to be: how many threads, and how often they are asked.
MOST_MAKERS = 8
MAKERS_CHECK_S = 0.002

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


class CurlCarrier:
    """Carries requests by libcurl, in the thread that polls.

    Args:
        request_for: Makes an address ready, just before the try; what it takes its time for is
            done in another thread.
        patience: How long to wait for a connection and for a byte.
        max_connections: How many requests may be under way at once.
    """

    def __init__(self, request_for: RequestFor, patience: Patience, max_connections: int) -> None:
        self.idle_s = 0.0
        self.when_free: Callable[[], None] = _do_nothing
        self._request_for = request_for
        self._patience = patience
        self._max_connections = max_connections
        self._environment = Environment()
        self._multi = _multi()
        self._multi.setopt(pycurl.M_MAXCONNECTS, max_connections)
        self._idle: list[Line] = []
        self._busy: dict[Exchange, Line] = {}
        self._asked: deque[Exchange] = deque()
        self._ready: deque[tuple[Exchange, Request]] = deque()
        self._makers = Chores("mlhub-sign", MOST_MAKERS)
        self._making: set[Exchange] = set()
        self._last_made = 0.0
        self._dropped: list[Exchange] = []
        self._ended: deque[Ended] = deque()
        self._next_silence_check = 0.0
        self._is_looking_up = False

    def start(self, exchange: Exchange) -> None:
        """Send its request when the loop comes round and a connection is free."""
        self._asked.append(exchange)

    def poll(self, timeout_s: float) -> None:
        """Let libcurl do what it can, or wait up to ``timeout_s`` for something to do."""
        self._cut_the_dropped()
        self._makers.poll()
        self._send_what_was_asked()
        self._step()
        if not self._ended and not self._asked and not self._ready:
            began = time.monotonic()
            self._wait(timeout_s)
            self.idle_s += time.monotonic() - began
            self._step()
        if self._ended:
            self.when_free()
            if self._asked:
                self._send_what_was_asked()
                self._step()
        self._tell()
        self._end_the_silent(time.monotonic())

    def cancel(self, exchange: Exchange) -> None:
        """Drop ``exchange``: what is short is read to its end, what is long loses its connection."""
        exchange.is_cancelled = True
        self._dropped.append(exchange)  # libcurl may be calling us: its handles are not to be touched now

    def close(self) -> None:
        """Drop everything and close the connections."""
        while self._busy:
            _, line = self._busy.popitem()
            self._is_looking_up |= line.is_looking_up_its_host
            # By that it leaves the others. Ctrl-C may have come just when it had been taken out
            # (see _free), and what is not among them cannot be taken out: libcurl's error would
            # be told in place of Ctrl-C.
            line.handle.close()
        for line in self._idle:
            line.handle.close()
        self._idle.clear()
        self._asked.clear()
        self._ready.clear()
        self._makers.close()
        self._ended.clear()
        if self._is_looking_up:
            # libcurl waits for the system's resolver, which takes 10 s where no name server answers.
            crew = Crew("mlhub-lookup")
            crew.add(self._multi.close)
            crew.see_off()
        else:
            self._multi.close()

    def _send_what_was_asked(self) -> None:
        while (self._ready or self._asked) and len(self._busy) < self._max_connections:
            exchange, request = self._ready.popleft() if self._ready else (self._asked.popleft(), None)
            if exchange.is_cancelled:
                continue
            try:
                made = self._request_for(exchange.ask.href) if request is None else request
                if not isinstance(made, Request):
                    self._make_ready(exchange, made)
                    continue
                line = self._begun(exchange, made)
            except Exception as error:  # noqa: BLE001 - signers are foreign code
                exchange.end(trouble_of(error))
                continue
            self._busy[exchange] = line
            self._multi.add_handle(line.handle)

    def _make_ready(self, exchange: Exchange, slow: Slow) -> None:
        """Let a thread make the request, which may have to ask somebody else."""

        def made_ready(made: Request | Trouble) -> None:
            self._last_made = time.monotonic()
            if exchange not in self._making:
                return  # it was given up
            self._making.discard(exchange)
            if isinstance(made, Request):
                self._ready.append((exchange, made))
            elif not exchange.is_cancelled:
                exchange.end(made)

        if not self._making:
            self._last_made = time.monotonic()
        self._making.add(exchange)
        self._makers.start(lambda _: _made(slow), made_ready)

    def _begun(self, exchange: Exchange, request: Request) -> Line:
        url = quoted(request.url)
        line = self._idle.pop() if self._idle else Line(self._patience)
        try:
            ready = request if url is request.url else request._replace(url=url)
            line.begin(exchange, ready, self._environment.settings_for(url))
        except BaseException:
            line.handle.close()
            raise
        return line

    def _step(self) -> None:
        """Let libcurl work, and free the connections of what has ended."""
        self._multi.perform()
        for line in self._busy.values():
            if len(line.pieces) > MOST_PIECES:
                line.bound()
        left = 1
        while left:
            left, fine, failed = self._multi.info_read()
            for handle in fine:
                self._free(handle.line, None)
            for handle, code, _ in failed:
                self._free(handle.line, self._trouble(handle.line, code))

    def _free(self, line: Line, trouble: Trouble | None) -> None:
        self._multi.remove_handle(line.handle)
        self._idle.append(line)
        ended = line.finish(trouble)
        if ended is not None:
            del self._busy[ended.exchange]
        if line.raised is not None:
            raised, line.raised = line.raised, None
            try:
                raise raised
            finally:
                del raised  # else it and this frame would keep each other, and all open files with them
        if ended is not None:
            self._ended.append(ended)
            if trouble is None and (ended.answer is None or ended.answer.status < FIRST_ERROR):
                ended.exchange.over()  # of an error its host is to hear before it is asked again

    def _tell(self) -> None:
        """Tell the exchanges what has come."""
        while self._ended:
            self._ended.popleft().tell()
        for line in self._busy.values():
            if line.pieces:
                line.hand_over()

    def _trouble(self, line: Line, code: int) -> Trouble:
        if code in _FINAL:
            return Trouble(_FINAL[code], is_final=True)
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return Trouble("no connection in time", is_slow=True)
        text = _AGAIN.get(code, f"the connection failed (libcurl: {code})")
        if code == pycurl.E_COULDNT_CONNECT and line.proxy:
            text = f"the connection to the proxy {masked(line.proxy)} failed"
        errno = line.handle.getinfo(pycurl.OS_ERRNO)
        if errno:
            return Trouble(f"{text}: {os.strerror(errno)}")
        # Of a socket that the system does not give, libcurl says no more than this.
        refused = refused_to_open(1) if code == pycurl.E_COULDNT_CONNECT else None
        return Trouble(text if refused is None else f"{text}: {why_refused(refused)}")

    def _wait(self, timeout_s: float) -> None:
        if self._makers.pending:
            timeout_s = min(timeout_s, MAKERS_CHECK_S)
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
        if now < self._next_silence_check:
            return
        self._next_silence_check = now + SILENCE_CHECK_S
        if self._making and now - self._last_made >= self._patience.silence_s:
            self._give_up_making()
        for exchange, line in list(self._busy.items()):
            if line.has_moved():
                line.silent_since = now
            elif now - line.silent_since >= self._patience.silence_s:
                self._cut(exchange, line)
                ended = line.finish(Trouble("the server fell silent", is_slow=True))
                if ended is not None:
                    ended.tell()

    def _give_up_making(self) -> None:
        """Whoever makes requests ready has not made one for too long: nobody waits for that without end."""
        given_up, self._making = self._making, set()
        for exchange in given_up:
            if not exchange.is_cancelled:
                exchange.end(Trouble("nobody signed the address in time"))

    def _cut_the_dropped(self) -> None:
        dropped, self._dropped = self._dropped, []
        for exchange in dropped:
            line = self._busy.get(exchange)
            if line is not None and not line.is_worth_draining:
                self._cut(exchange, line)

    def _cut(self, exchange: Exchange, line: Line) -> None:
        """End an exchange at once, and its connection with it."""
        del self._busy[exchange]
        self._multi.remove_handle(line.handle)
        line.handle.close()


def _multi() -> pycurl.CurlMulti:
    try:
        return pycurl.CurlMulti()
    except pycurl.error as error:  # it opens a file or two to be woken by, and says of nothing else why not
        raise out_of_files() from error


def _made(slow: Slow) -> Request | Trouble:
    try:
        return slow()
    except Exception as error:  # noqa: BLE001 - signers are foreign code
        return trouble_of(error)


def _do_nothing() -> None:
    """What there is to do for somebody who waits for no connection."""
