"""Bounds for calls that may not come back: used before clients that are known to hang."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any


class TookTooLong(AssertionError):
    """A call that had not come back in time. It goes on in its daemon thread."""


def within(seconds: float, call: Callable[[], Any]) -> Any:
    """What ``call()`` returns or raises, if it does so within ``seconds``."""
    outcome: dict[str, Any] = {}

    def run() -> None:
        try:
            outcome["value"] = call()
        except BaseException as error:
            outcome["error"] = error

    thread = threading.Thread(target=run, name="within", daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise TookTooLong(f"had not come back after {seconds} s")
    if "error" in outcome:
        raise outcome["error"]
    return outcome["value"]


def as_a_user_would(call: Callable[[], Any], times: int = 3) -> Any:
    """What ``call()`` returns; after an error it is called again, ``times`` in all."""
    for _ in range(times - 1):
        try:
            return call()
        except Exception:
            continue
    return call()


def wait_until(truth: Callable[[], bool], seconds: float = 10.0) -> None:
    """Come back once ``truth()`` holds."""
    deadline = time.monotonic() + seconds
    while not truth():
        if time.monotonic() > deadline:
            raise TookTooLong(f"was not so within {seconds} s")
        time.sleep(0.005)
