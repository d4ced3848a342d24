"""Whether somebody is looking."""

from typing import TextIO


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal; one that was closed before this program began is none."""
    return stream is not None and stream.isatty()
