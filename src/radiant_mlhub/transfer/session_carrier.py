"""Requests carried by a ``requests.Session``: the caller's, or ours where there is no libcurl."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

import requests
from requests.utils import get_netrc_auth

from .answers import Answer, content_length_of
from .carriers import PIECE_BYTES, SMALL_BODY_BYTES, Exchange
from .crew import Crew
from .own_session import PooledSession
from .patience import Patience
from .steps import Ask, Trouble
from .transfers import Request, RequestFor
from .troubles import trouble_of

# Pieces that wait for the loop, all exchanges together: 16 MiB at most.
MOST_PIECES_WAITING = 64
LOOK_AROUND_S = 0.1

_Event = tuple[Exchange, Callable[..., None], tuple[Any, ...]]


class SessionCarrier:
    """Carries requests by a ``requests.Session``, in threads that nobody has to wait for.

    Args:
        session: The caller's, used as it is, adapters, auth, hooks and cookies included; None
            for a session of our own with as many connections as may be used.
        request_for: Makes an address ready; called in the thread that sends the request.
        patience: How long to wait for a connection and for a byte.
        max_connections: How many requests may be under way at once.
    """

    def __init__(
        self,
        session: requests.Session | None,
        request_for: RequestFor,
        patience: Patience,
        max_connections: int,
    ) -> None:
        self._is_own = session is None
        self._session = PooledSession(max_connections) if session is None else session
        self._request_for = request_for
        self._timeout = (patience.connect_s, patience.silence_s)
        self._max_connections = max_connections
        self._asks: queue.SimpleQueue[Exchange | None] = queue.SimpleQueue()
        self._events: queue.Queue[list[_Event]] = queue.Queue(MOST_PIECES_WAITING)
        self.idle_s = 0.0
        self.when_free = _never_called
        self._open: set[Exchange] = set()
        self._crew = Crew("mlhub-transfer")
        self._is_closed = threading.Event()

    def start(self, exchange: Exchange) -> None:
        """Send its request as soon as a thread is free."""
        self._open.add(exchange)
        self._asks.put(exchange)
        if len(self._crew) < min(len(self._open), self._max_connections):
            self._crew.add(self._work)

    def poll(self, timeout_s: float) -> None:
        """Hand over what has come, or wait up to ``timeout_s``."""
        began = time.monotonic()
        try:
            events = self._events.get(timeout=timeout_s)
        except queue.Empty:
            return
        finally:
            self.idle_s += time.monotonic() - began
        self._tell(events)
        # Only what is here by now: where bytes come faster than they are written, there is always more.
        for _ in range(self._events.qsize()):
            self._tell(self._events.get_nowait())

    def cancel(self, exchange: Exchange) -> None:
        """Drop ``exchange``; its thread closes the connection at the next byte."""
        # Not by shutting the socket: it may just have gone back to the pool, and to another thread.
        exchange.is_cancelled = True
        self._open.discard(exchange)

    def close(self) -> None:
        """Drop everything.

        A thread that waits for a server to say anything at all ends when it does, or when
        ``patience`` does: nobody can get at the socket of a caller's session before it has answered.
        """
        self._is_closed.set()
        for exchange in list(self._open):
            self.cancel(exchange)
            if exchange.response is not None:
                _shut(exchange.response)
        for _ in range(len(self._crew)):
            self._asks.put(None)
        self._crew.see_off()
        if self._is_own:
            self._session.close()

    def _tell(self, events: list[_Event]) -> None:
        for exchange, call, arguments in events:
            if exchange.is_cancelled:
                continue
            if call == exchange.end:
                self._open.discard(exchange)
            call(*arguments)

    def _work(self) -> None:
        while (exchange := self._asks.get()) is not None:
            if not (exchange.is_cancelled or self._is_closed.is_set()):
                self._carry(exchange)

    def _carry(self, exchange: Exchange) -> None:
        try:
            made = self._request_for(exchange.ask.href)
            request = made if isinstance(made, Request) else made()
            exchange.response = self._send(exchange.ask, request)
        except Exception as error:  # noqa: BLE001 - hooks, auth and signers are foreign code
            self._hand_over([(exchange, exchange.end, (trouble_of(error),))])
            return
        with contextlib.closing(exchange.response):
            self._bring(exchange, exchange.response, request)

    def _send(self, ask: Ask, request: Request) -> requests.Response:
        session = self._session
        headers = {**request.headers, **ask.headers}
        # A session of the hub adds its key to the hub's own address alone when asked like this.
        send = getattr(session, "own_request", None)
        try:
            if send is None and self._leaves_its_login(ask, request.url):
                return self._sent_elsewhere(ask.method, request.url, headers)
            response: requests.Response = (send or session.request)(
                ask.method,
                request.url,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=self._timeout,
            )
        except requests.HTTPError as error:  # a hook that raises for a status
            if error.response is None:
                raise
            return error.response
        return response

    def _leaves_its_login(self, ask: Ask, url: str) -> bool:
        """A redirect led to another host; a session of ours keeps the hosts' logins apart by itself."""
        if self._is_own or ask.sent_from is None:
            return False
        return bool(self._session.should_strip_auth(ask.sent_from, url))  # type: ignore[no-untyped-call]

    def _sent_elsewhere(self, method: str, url: str, headers: Mapping[str, str]) -> requests.Response:
        """Send to another host than the first; the session's login and parameters stay behind.

        As requests does it where it follows redirects by itself.
        """
        session = self._session
        own = {
            name: value
            for name, value in session.headers.items()
            if name.lower() != "authorization" and value is not None  # None: left out, as requests has it
        }
        prepared = requests.Request(
            method,
            url,
            headers={**own, **headers},
            cookies=session.cookies,
            auth=get_netrc_auth(url) if session.trust_env else None,
            hooks=session.hooks,
        ).prepare()
        settings = session.merge_environment_settings(url, {}, True, None, None)
        return session.send(prepared, allow_redirects=False, timeout=self._timeout, **settings)

    def _bring(self, exchange: Exchange, response: requests.Response, request: Request) -> None:
        if response.status_code < HTTPStatus.OK:
            # http.client takes 103 for the answer; the one that follows would be taken for the next one's.
            self._hand_over([(exchange, exchange.end, (_trouble_of_interim(response),))])
            return
        headers = {name.lower(): value for name, value in response.headers.items()}
        answer = Answer(response.status_code, headers, response.url, request.refusals)
        events: list[_Event] = [(exchange, exchange.head, (answer,))]
        length = content_length_of(answer)
        trouble = None
        if exchange.ask.method == "GET":
            is_small = length is not None and length <= SMALL_BODY_BYTES
            try:
                for piece in _pieces(response):
                    events.append((exchange, exchange.data, (piece,)))
                    if not is_small:
                        self._hand_over(events)
                        events = []
                    if exchange.is_cancelled:
                        return
            except Exception as error:  # noqa: BLE001 - adapters of the caller raise what they like
                trouble = trouble_of(error)
        events.append((exchange, exchange.end, (trouble,)))
        self._hand_over(events)

    def _hand_over(self, events: list[_Event]) -> None:
        while not self._is_closed.is_set():
            with contextlib.suppress(queue.Full):
                self._events.put(events, timeout=LOOK_AROUND_S)
                return


def _never_called() -> None:
    """Threads ask for the next request by themselves."""


def _pieces(response: requests.Response) -> Iterator[bytes]:
    """The body as it came over the wire, in pieces as they arrive."""
    raw = response.raw
    # read1 gives what is there; read would hold bytes back until it has all it was asked for.
    read = getattr(raw, "read1", None) or raw.read
    while piece := read(PIECE_BYTES, decode_content=False):
        yield piece


def _trouble_of_interim(response: requests.Response) -> Trouble:
    """What is wrong with a session that does not read past an interim answer."""
    return Trouble(
        f"the server says {response.status_code} first, and this session takes it for the whole answer. "
        "Without a session of your own, it can be read",
        is_final=True,
    )


def _shut(response: requests.Response) -> None:
    """Wake whoever reads this response, by closing its connection."""
    with contextlib.suppress(Exception):  # it may be closed already, by its reader or its server
        response.raw.shutdown()
