"""When to leave off."""

import threading


def has_to_stop(cancel: threading.Event | None) -> bool:
    """Whether ``cancel`` is set, or the program is ending.

    A loop in another thread than the main one hears no Ctrl-C: it ends when the main thread has.
    One whose ``join()`` Ctrl-C interrupted is not waited for by Python 3.11 (bpo-45274), and hears nothing.
    """
    return (cancel is not None and cancel.is_set()) or not threading.main_thread().is_alive()
