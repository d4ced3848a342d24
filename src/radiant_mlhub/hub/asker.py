"""Whether whoever asked is still there: a search for nobody is not gone on with.

The server notes it for the task that answers; the threads which that task hands work to see it, too.
"""

from collections.abc import Callable
from contextvars import ContextVar

_is_gone: ContextVar[Callable[[], bool] | None] = ContextVar("is_gone", default=None)


def told_by(is_gone: Callable[[], bool]) -> None:
    """From now on, in this task, ``is_gone`` tells."""
    _is_gone.set(is_gone)


def gone() -> Callable[[], bool]:
    """What tells, from any thread, whether who is answered here has left."""
    return _is_gone.get() or _never


def _never() -> bool:
    return False
