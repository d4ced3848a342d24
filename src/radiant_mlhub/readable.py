"""Sizes and times as people say them, and what others wrote as it may be shown."""

import re

# Of C0, C1 and DEL all but tabs and line ends.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def readable_size(size_bytes: float) -> str:
    """A size in powers of 1000: ``77.2 MB``."""
    unit = unit_of(size_bytes)
    return "1 byte" if size_bytes == 1 else f"{in_unit(size_bytes, unit)} {unit}"


def visible(text: str) -> str:
    r"""``text`` with its control characters shown as ``\x1b``: nobody's catalog writes to a terminal."""
    return _CONTROLS.sub(lambda control: f"\\x{ord(control[0]):02x}", text)


def unit_of(size_bytes: float) -> str:
    """The unit in which a size is at least 1 and below 1000, from bytes to TB."""
    for unit in _UNITS[:-1]:
        if size_bytes < 1000:  # noqa: PLR2004
            return unit
        size_bytes /= 1000
    return _UNITS[-1]


def in_unit(size_bytes: float, unit: str) -> str:
    """The number of a size in a unit: ``77.2``."""
    if unit == "bytes":
        return f"{size_bytes:.0f}"
    return f"{size_bytes / unit_in_bytes(unit):.1f}"


def unit_in_bytes(unit: str) -> int:
    """How many bytes a unit of ``unit_of`` is."""
    return int(1000 ** _UNITS.index(unit))


def readable_duration(seconds: float) -> str:
    """How long something took: ``0.4 s``, ``1:05``."""
    return f"{seconds:.1f} s" if seconds < 59.95 else readable_time(seconds)  # noqa: PLR2004 - 60.0 by then


def readable_time(seconds: float) -> str:
    """A time in hours, minutes and seconds: ``12 s``, ``1:05``, ``1:01:05``."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes}:{rest:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
