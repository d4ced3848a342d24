"""What the delaying proxy itself can carry: no client can be faster through it.

Many connections, on each all requests written at once (pipelined), the answers read and thrown away:
hardly any work for the one who asks, and the round trip is paid once or twice in all.
"""

import asyncio
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.data_sets import MIB
from benchmarks.rows import Row
from benchmarks.servers import Site, files_url

CONNECTIONS = 64
READ_BYTES = 4 * MIB
PROBES = 5
LIMIT_S = 120.0


@dataclass(frozen=True)
class Ceiling:
    """What was seen through the proxy.

    Attributes:
        wall_s: Time for all files of the row.
        first_round_trip_ms: Median of asking for one file over a new connection.
        round_trip_ms: Median of asking once more over the same one.
    """

    row: str
    files: int
    megabytes: float
    wall_s: float
    first_round_trip_ms: float
    round_trip_ms: float


def ceiling(row: Row, site: Site) -> Ceiling:
    """Fetch all files of the row through its route, and look at the delay. Takes some seconds."""
    return asyncio.run(asyncio.wait_for(_ceiling(row, site), LIMIT_S))


async def _ceiling(row: Row, site: Site) -> Ceiling:
    address = urlsplit(files_url(row, site.ports))
    context = ssl.create_default_context(cafile=str(site.ca_bundle)) if address.scheme == "https" else None
    paths = [f"{address.path}/{path}" for path in row.data_set.asset_paths()]
    route = _Route(address.port or 0, context)
    probes = sorted([await route.probe(paths[0]) for _ in range(PROBES)])
    started = time.perf_counter()
    sizes = await asyncio.gather(*(route.fetch(paths[n::CONNECTIONS]) for n in range(CONNECTIONS)))
    wall_s = time.perf_counter() - started
    if sum(sizes) < row.data_set.total_bytes:
        raise RuntimeError(f"Through {row.route} came {sum(sizes)} bytes of {row.data_set.total_bytes}.")
    first_ms, again_ms = (seconds * 1000 for seconds in probes[PROBES // 2])
    return Ceiling(row.key, len(paths), row.data_set.total_bytes / 1e6, wall_s, first_ms, again_ms)


@dataclass(frozen=True)
class _Route:
    port: int
    context: ssl.SSLContext | None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=self.context, limit=READ_BYTES)

    async def fetch(self, paths: Sequence[str]) -> int:
        """Bytes of all answers over one connection, heads included."""
        if not paths:
            return 0
        reader, writer = await self._open()
        asked = [f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" for path in paths]
        asked[-1] = asked[-1].replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
        writer.write("".join(asked).encode())
        count = 0
        while piece := await reader.read(READ_BYTES):
            count += len(piece)
        writer.close()
        return count

    async def probe(self, path: str) -> tuple[float, float]:
        """Seconds until the head of an answer is there: over a new connection, and over the same again."""
        started = time.perf_counter()
        reader, writer = await self._open()
        times = []
        for _ in range(2):
            writer.write(f"HEAD {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            await reader.readuntil(b"\r\n\r\n")
            times.append(time.perf_counter() - started)
            started = time.perf_counter()
        writer.close()
        return times[0], times[1]
