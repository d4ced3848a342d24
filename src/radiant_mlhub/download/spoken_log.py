"""The log a person sees who configured none: INFO lines of this package, and of nothing else.

The root logger and the application's own set-up are never touched.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TextIO

from ..log import LOGGER_NAME, logger
from ..transfer.listeners import between_bars

_SETS_LEVEL = f"{LOGGER_NAME} (level set for a run)"
_lock = Lock()


class _BesideBars(logging.StreamHandler[TextIO]):
    """Writes its lines above the bars that are on the screen."""

    def emit(self, record: logging.LogRecord) -> None:
        with between_bars(self.stream):
            super().emit(record)


@contextmanager
def spoken_log() -> Iterator[None]:
    """INFO lines on stderr for the time of a run, if the application configured no logging.

    The lines look as the documentation shows them: ``INFO:<logger>:<message>``.
    """
    with _lock:
        handler = _handler_added(logger)
    try:
        yield
    finally:
        if handler is not None:
            with _lock:
                _handler_removed(logger, handler)


def _handler_added(logger: logging.Logger) -> logging.Handler | None:
    """The handler of this run; None where somebody else's (or another run's) is there."""
    if logger.hasHandlers():
        return None
    handler = _BesideBars()
    handler.setFormatter(logging.Formatter("%(levelname)s:%(name)s:%(message)s"))
    logger.addHandler(handler)
    if not _has_a_level(logger):
        logger.setLevel(logging.INFO)
        handler.set_name(_SETS_LEVEL)
    return handler


def _handler_removed(logger: logging.Logger, handler: logging.Handler) -> None:
    logger.removeHandler(handler)
    if handler.get_name() == _SETS_LEVEL:
        logger.setLevel(logging.NOTSET)


def _has_a_level(logger: logging.Logger) -> bool:
    """Somebody has said how much this package is to say, here or above, below the root."""
    above: logging.Logger | None = logger
    while above is not None and above is not logging.root:
        if above.level != logging.NOTSET:
            return True
        above = above.parent
    return False
