"""``/search`` with random boxes and months: this hub beside stac-fastapi with pgstac.

Each question goes to one server and then to the other, a connection each that stays open: once to warm both
and to compare the answers, then timed. The latest items come first, which is pgstac's own order; no two
items are of the same moment, so that there is one right page.
"""

import http.client
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from urllib.parse import urlencode

from benchmarks.hub.place import Options, Place, Section
from benchmarks.hub.questions import Question, questions
from benchmarks.hub.search_servers import SearchServer, our_hub, pgstac, versions

LIMIT = 50
_TIMEOUT_S = 120.0
_COLUMNS = "server", "median ms", "p99 ms", "most ms", "items an answer", "answers of the same ids"


@dataclass
class Asked:
    """One server, a connection that stays open, and how long it took to answer."""

    server: SearchServer
    seconds: list[float] = field(default_factory=list)
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=_TIMEOUT_S)

    def answer(self, question: Question) -> frozenset[tuple[str, str]]:
        """The ids of the first page; the time until its last byte is noted."""
        query = urlencode(
            {
                "bbox": ",".join(f"{edge}" for edge in question.bbox),
                "datetime": question.interval,
                "limit": LIMIT,
                "sortby": "-datetime",
            }
        )
        started = time.perf_counter()
        self.connection.request("GET", f"{self.server.path}?{query}")
        response = self.connection.getresponse()
        body = response.read()
        self.seconds.append(time.perf_counter() - started)
        if response.status != http.client.OK:
            raise RuntimeError(f"{self.server.name} answered {response.status}: {body[:300]!r}")
        return frozenset((item["collection"], item["id"]) for item in json.loads(body)["features"])

    @property
    def median_ms(self) -> float:
        return median(self.seconds) * 1000

    @property
    def p99_ms(self) -> float:
        return quantiles(self.seconds, n=100)[98] * 1000


def measure(options: Options, place: Place) -> Section:
    """Both servers over the same items, the same questions."""
    with (
        our_hub(place.folder, place.free_port(), options.items) as ours,
        pgstac(place.folder, (place.free_port(), place.free_port()), options.items, options.pgstac) as theirs,
    ):
        asked = [Asked(ours), Asked(theirs)]
        every = list(questions(options.questions))
        pages = [[each.answer(question) for each in asked] for question in every]
        for each in asked:
            each.seconds.clear()
        for turn, question in enumerate(every):
            for each in asked if turn % 2 else asked[::-1]:
                each.answer(question)
    equal = sum(len(set(answers)) == 1 for answers in pages)
    first, second = asked
    held = equal == len(every) and first.median_ms <= second.median_ms and first.p99_ms <= second.p99_ms
    title = f"`/search`: {options.questions:,} boxes and months over {options.items:,} items, {LIMIT} a page"
    lines = [*_table(asked, pages, equal), "", f"{versions(options.pgstac)}."]
    return Section("search", title, lines, held)


def _table(
    asked: Sequence[Asked], pages: Sequence[Sequence[frozenset[tuple[str, str]]]], equal: int
) -> Iterator[str]:
    yield f"| {' | '.join(_COLUMNS)} |"
    yield "| --- " * len(_COLUMNS) + "|"
    for number, each in enumerate(asked):
        found = sum(len(answers[number]) for answers in pages) / len(pages)
        times = f"{each.median_ms:.1f} | {each.p99_ms:.1f} | {max(each.seconds) * 1000:.1f}"
        yield f"| {each.server.name} | {times} | {found:.1f} | {equal:,} of {len(pages):,} |"
