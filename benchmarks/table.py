"""The figures in words: medians, spreads, ratios, what was asked; as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.ceiling import Ceiling
from benchmarks.clients import Run
from benchmarks.rows import CURL, MD5, ORIGINAL, OURS, TAR, Row

BEGIN, END = "<!-- benchmark: begin -->", "<!-- benchmark: end -->"
NOTHING = "-"


@dataclass(frozen=True)
class Figures:
    """The runs of one contestant at one row; seconds."""

    client: str
    name: str
    runs: tuple[Run, ...]

    @property
    def median_s(self) -> float:
        return median(run.wall_s for run in self.runs)

    @property
    def shown_s(self) -> str:
        times = [run.wall_s for run in self.runs]
        return f"{self.median_s:.3g} ({min(times):.3g}-{max(times):.3g})"

    @property
    def cpu_s(self) -> float:
        return median(run.cpu_s for run in self.runs)

    @property
    def peak_mib(self) -> float | None:
        """The most that any run had."""
        peaks = [run.peak_mib for run in self.runs if run.peak_mib is not None]
        return max(peaks) if peaks else None

    @property
    def asset_requests(self) -> int:
        return max(run.asset_requests for run in self.runs)


class Result:
    """All figures of one row; runs that went wrong count for nothing, and are told."""

    def __init__(self, row: Row, runs: Sequence[Run]) -> None:
        self.row = row
        self.errors = [f"{run.contestant}: {run.error}" for run in runs if run.error]
        names = dict.fromkeys(run.contestant for run in runs)
        self.contestants = [figures for name in names if (figures := _figures(name, runs))]

    def best(self, client: str) -> Figures | None:
        """The contestant of this client with the lowest median: for curl its best number in flight."""
        return min((each for each in self.contestants if each.client == client), key=_median_s, default=None)

    def ratio(self, numerator: str, denominator: str) -> float | None:
        """The median time of one client in those of another."""
        top, bottom = self.best(numerator), self.best(denominator)
        return top.median_s / bottom.median_s if top and bottom else None


def _figures(name: str, runs: Sequence[Run]) -> Figures | None:
    good = tuple(run for run in runs if run.contestant == name and not run.error)
    return Figures(good[0].client, name, good) if good else None


def _median_s(figures: Figures) -> float:
    return figures.median_s


def markdown(results: Sequence[Result], ceilings: Sequence[Ceiling], facts: Mapping[str, str]) -> str:
    """Everything a reader needs to judge the figures."""
    parts = [
        "\n".join(f"- {name}: {fact}" for name, fact in facts.items()),
        "\n".join(_main_table(results)),
        "\n".join(_all_contestants(results)),
        "\n".join(map(_ceiling_line, ceilings)),
        "\n".join(f"- {result.row.key}: {error}" for result in results for error in result.errors),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _main_table(results: Sequence[Result]) -> Iterator[str]:
    ours = "this client, s", "peak MiB", "asset requests"
    yield from _head("work", *ours, "original 0.5.5, s", "faster", "asked", "peer, s", "in its time", "asked")
    for result in results:
        aims = result.row.aims
        cells = [
            result.row.title,
            *_our_cells(result),
            _shown(result.best(ORIGINAL)),
            _times(result.ratio(ORIGINAL, OURS)),
            _asked(aims.times_original, "≥ {:g}"),
            *_peer_cells(result),
        ]
        yield f"| {' | '.join(cells)} |"


def _head(*titles: str) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield "| --- " * len(titles) + "|"


def _peer_cells(result: Result) -> list[str]:
    """Curl's three cells, with its best number in flight; another peer stands there by its name."""
    aims = result.row.aims
    if curl := result.best(CURL):
        shown = f"{curl.shown_s} {curl.name.removeprefix(CURL).strip()}"
        cells = [shown, _times(result.ratio(OURS, CURL)), _asked(aims.times_curl, "≤ {:g}")]
    elif tar := result.best(TAR):
        cells = [f"{tar.shown_s} tar -xzf", _times(result.ratio(OURS, TAR)), NOTHING]
    else:
        cells = [NOTHING, NOTHING, NOTHING]
    if (share := result.ratio(MD5, OURS)) is not None:
        cells[1] += f"; {share:.2f} of one core's MD5"
        cells[2] = _asked(aims.of_one_core_md5, "≥ {:g} of MD5")
    return cells


def _our_cells(result: Result) -> list[str]:
    ours, aims = result.best(OURS), result.row.aims
    if not ours:
        return [NOTHING, NOTHING, NOTHING]
    peak = NOTHING if ours.peak_mib is None else f"{ours.peak_mib:.0f}"
    peak += "" if aims.peak_mib is None else f" (asked: ≤ {aims.peak_mib:g})"
    requests = f"{ours.asset_requests:,}"
    requests += "" if aims.asset_requests is None else f" (asked: {aims.asset_requests})"
    return [ours.shown_s, peak, requests]


def _all_contestants(results: Sequence[Result]) -> Iterator[str]:
    yield from _head("work", "client", "median s", "least-most", "CPU s", "peak MiB", "asset requests")
    for result in results:
        for each in result.contestants:
            middle, spread = each.shown_s.removesuffix(")").split(" (")
            peak = NOTHING if each.peak_mib is None else f"{each.peak_mib:.0f}"
            cells = [
                result.row.key,
                each.name,
                middle,
                spread,
                f"{each.cpu_s:.3g}",
                peak,
                f"{each.asset_requests:,}",
            ]
            yield f"| {' | '.join(cells)} |"


def _ceiling_line(ceiling: Ceiling) -> str:
    return (
        f"- The proxy itself ({ceiling.row}): {ceiling.files:,} files in {ceiling.wall_s:.2f} s, "
        f"{ceiling.files / ceiling.wall_s:,.0f} files/s, {ceiling.megabytes / ceiling.wall_s:,.0f} MB/s; "
        f"an answer over a new connection after {ceiling.first_round_trip_ms:.0f} ms, "
        f"over a kept one after {ceiling.round_trip_ms:.1f} ms."
    )


def _shown(figures: Figures | None) -> str:
    return figures.shown_s if figures else NOTHING


def _times(ratio: float | None) -> str:
    return NOTHING if ratio is None else f"{ratio:.3g}x"


def _asked(aim: float | None, form: str) -> str:
    return NOTHING if aim is None else form.format(aim)


def write_between_marks(page: Path, text: str) -> None:
    """Replace what stands between the two marks of a page.

    Raises:
        ValueError: The page has no such marks.
    """
    old = page.read_text()
    head, begin, rest = old.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} has no line {BEGIN} followed by a line {END}.")
    page.write_text(f"{head}{BEGIN}\n\n{text}\n{END}{tail}")
