"""Between the rules and the carrier: each host gets as many requests at once as it is worth."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from ..masking import masked
from ..progress_events import Wait
from .answers import Answer, retry_after_of
from .asking import origin_of
from .carriers import FIRST_ERROR, Carrier, Exchange, Sink
from .hosts import TOO_MUCH, Host
from .patience import Patience
from .steps import Ask, Trouble


class PoliteCarrier:
    """Hands exchanges on to ``carrier`` as their hosts allow.

    Args:
        carrier: Carries them.
        patience: How long a host may fail, and how long it may ask to be left alone.
        max_connections: The most that any host gets at once.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        carrier: Carrier,
        patience: Patience,
        max_connections: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._carrier = carrier
        self._patience = patience
        self._max_connections = max_connections
        self._clock = clock
        self._hosts: dict[str, Host] = {}
        self._queues: dict[Host, deque[_Watched]] = {}
        carrier.when_free = self._send_held_back

    @property
    def resting(self) -> int:
        """How many exchanges wait for hosts that asked to be left alone."""
        if not self._queues:
            return 0
        now = self._clock()
        return sum(len(queue) for host, queue in self._queues.items() if now < host.rests_until)

    def waits(self) -> tuple[Wait, ...]:
        """The hosts that asked to be left alone, and for how long still."""
        now = self._clock()
        return tuple(
            Wait(host.name, round(host.rests_until - now, 1))
            for host in self._hosts.values()
            if host.rests_until > now
        )

    def start(self, ask: Ask, sink: Sink) -> Exchange:
        """Send ``ask`` as soon as its host may be asked."""
        host = self._host_of(ask.href)
        exchange = _Watched(ask, sink, host, self._carrier, self._clock)
        now = self._clock()
        if host not in self._queues and host.may_be_asked(now) and not host.is_given_up(now):
            exchange.sent()
            self._carrier.start(exchange)
        else:
            self._queues.setdefault(host, deque()).append(exchange)
        return exchange

    def poll(self, timeout_s: float) -> None:
        """Let the carrier work, and send what was held back."""
        if self._queues:
            self._send_held_back()
        self._carrier.poll(timeout_s)

    def cancel(self, exchange: Exchange) -> None:
        """Drop ``exchange``."""
        exchange.over()
        self._carrier.cancel(exchange)

    def close(self) -> None:
        """Drop everything."""
        self._queues.clear()
        self._carrier.close()

    def _host_of(self, href: str) -> Host:
        name = origin_of(href)
        host = self._hosts.get(name)
        if host is None:
            host = Host(masked(name), self._max_connections, self._patience, self._clock())
            self._hosts[name] = host
        return host

    def _send_held_back(self) -> None:
        now = self._clock()
        for host, queue in list(self._queues.items()):
            if host.is_given_up(now):
                _give_up(host, queue)
            while queue and host.may_be_asked(now):
                exchange = queue.popleft()
                if not exchange.is_cancelled:
                    exchange.sent()
                    self._carrier.start(exchange)
            if not queue:
                del self._queues[host]


class _Watched(Exchange):
    """An exchange that tells its host what becomes of it."""

    __slots__ = ("_carrier", "_clock", "_host", "_is_under_way")

    def __init__(
        self, ask: Ask, sink: Sink, host: Host, carrier: Carrier, clock: Callable[[], float]
    ) -> None:
        super().__init__(ask, sink)
        self._host = host
        self._carrier = carrier
        self._clock = clock
        self._is_under_way = False

    def sent(self) -> None:
        """The request is on its way."""
        self._is_under_way = True
        self._host.sent()

    def over(self) -> None:
        """Its connection is free; said twice, it counts once."""
        if self._is_under_way:
            self._is_under_way = False
            self._host.over(self._clock(), self._carrier.idle_s)

    def head(self, answer: Answer) -> None:
        """Hear status and headers."""
        status = answer.status
        if status < FIRST_ERROR:
            self._host.answered_well()
        else:
            asked_s = retry_after_of(answer) if status in TOO_MUCH else None
            self._host.answered(status, asked_s, self._clock())
        self.sink.head(answer)

    def end(self, trouble: Trouble | None) -> None:
        """Hear that nothing more will come."""
        self.over()
        if trouble is not None:
            self._host.failed(is_slow=trouble.is_slow, now=self._clock())
        self.sink.end(trouble)


def _give_up(host: Host, queue: deque[_Watched]) -> None:
    while queue:
        exchange = queue.popleft()
        if not exchange.is_cancelled:
            exchange.end(
                Trouble(f"{host.name} is given up: it has failed at everything for too long", is_final=True)
            )
