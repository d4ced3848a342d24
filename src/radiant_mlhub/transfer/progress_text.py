"""What people read of an event: the same words in a terminal, a notebook and a log."""

from ..progress_events import ProgressEvent
from ..readable import in_unit, readable_duration, readable_size, readable_time, unit_of, visible

_LABELS = {
    "catalog": "{}: fetch stac catalog",
    "index": "{}: read stac catalog",
    "assets": "{}: download assets",
    "unpack": "{}: unpack stac catalog",
    "archive": "{}",
    "model": "download {}",
    "file": "{}",
    "verify": "verify {}",
    "repair": "repair {}",
}
# The units of ResumableDownloader, documented as they are.
_BYTES_IN = {"B": 1, "KB": 1_000, "M": 1_000_000, "MB": 1_000_000, "GB": 1_000_000_000}
_LONGEST_HOST = 40


def label(event: ProgressEvent) -> str:
    """Which step of what: ``crops: download assets``."""
    return visible(_LABELS[event.phase].format(event.subject))


def percent(event: ProgressEvent) -> int | None:
    """How much of it is done, of 100; None while it cannot be told."""
    for done, total in ((event.bytes_done, event.bytes_total), (event.files_done, event.files_total)):
        if total:
            return min(100 * done // total, 100)
    return 100 if event.ended and 0 in (event.bytes_total, event.files_total) else None


def line(event: ProgressEvent, unit: str | None = None) -> str:
    """All there is to say, in one line."""
    done = percent(event)
    told = ", ".join(text for _, text in parts(event, unit))
    return f"{label(event)}: " + (told if done is None else f"{done} %, {told}" if told else f"{done} %")


def fitted(event: ProgressEvent, unit: str | None, width: int | None) -> str:
    """As much of it as fits into ``width`` columns, the least needed left out first."""
    told = parts(event, unit)
    while width is not None and len(told) > 1 and len(_joined(told)) > width:
        told.remove(min(told))
    return _joined(told)


def parts(event: ProgressEvent, unit: str | None = None) -> list[tuple[int, str]]:
    """What there is to say in the order in which it is said, each with how much it is needed."""
    counts_bytes = event.bytes_total is not None
    told = [
        (2 if counts_bytes else 5, _files(event)),
        (5 if counts_bytes else 2, _bytes(event, unit)),
        (1, _time(event) if event.ended else _speed(event)),
        (4, _left(event)),
        (3, _retries(event)),
        (6, _waits(event)),
    ]
    return [(need, text) for need, text in told if text]


def _joined(told: list[tuple[int, str]]) -> str:
    return ", ".join(text for _, text in told)


def _files(event: ProgressEvent) -> str:
    if event.files_total == 1 or (not event.files_done and event.files_total is None):
        return ""
    total = "" if event.files_total is None else f"/{event.files_total:,}"
    return f"{event.files_done:,}{total} {'items' if event.phase == 'index' else 'files'}"


def _bytes(event: ProgressEvent, unit: str | None) -> str:
    if not event.bytes_done and not event.bytes_total:
        return ""
    divisor = _BYTES_IN.get(unit or "")
    if divisor is not None:
        total = "" if event.bytes_total is None else f"/{event.bytes_total / divisor}"
        return f"{event.bytes_done / divisor}{total} {unit}"
    if event.bytes_total is None:
        return readable_size(event.bytes_done)
    shown_in = unit_of(event.bytes_total)
    return f"{in_unit(event.bytes_done, shown_in)}/{readable_size(event.bytes_total)}"


def _speed(event: ProgressEvent) -> str:
    return f"{readable_size(event.bytes_per_s)}/s" if event.bytes_per_s >= 1 else ""


def _time(event: ProgressEvent) -> str:
    return f"in {readable_duration(event.seconds)}"


def _left(event: ProgressEvent) -> str:
    if event.ended or event.seconds_left is None:
        return ""
    return f"{readable_time(event.seconds_left)} left"


def _retries(event: ProgressEvent) -> str:
    told = f"{event.retrying:,} waiting for another try" if event.retrying and not event.waits else ""
    if told:
        return told
    return f"{event.retries:,} {'retry' if event.retries == 1 else 'retries'}" if event.retries else ""


def _waits(event: ProgressEvent) -> str:
    if not event.waits:
        return ""
    longest = max(event.waits, key=lambda wait: wait.seconds)
    others = f" and {len(event.waits) - 1} others" if len(event.waits) > 1 else ""
    host = longest.host.partition("://")[2] or longest.host
    if len(host) > _LONGEST_HOST:
        host = f"...{host[3 - _LONGEST_HOST :]}"
    return f"{host}{others} asked to wait {readable_time(max(longest.seconds, 1))}"
