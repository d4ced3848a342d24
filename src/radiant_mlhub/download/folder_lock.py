"""One run at a time in a dataset's folders; the second one is told who is there.

The system takes the lock away from a process that ends, however it ends, so a lock is never
stale. Its file, ``.{dataset_id}.in-use``, is deleted by the run that made it, or, where that was
killed, by the next one.

Where the system has no such locks (some network folders), runs are not kept apart. Their files
are whole all the same, since the parts of each have names of their own.
"""

import contextlib
import errno
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from .. import layout
from ..exceptions import DirectoryUnusable

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

# A run that is just ending is waited for; one in full swing is not.
WAIT_S = 2.0
_LOOK_EVERY_S = 0.05
_OPENED_TO_LOCK = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
_NO_LOCKS_HERE = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}

# The system does not keep two threads of one process apart, so this does.
_held: set[Path] = set()
_held_guard = threading.Lock()


def _begin_anew() -> None:
    """In a forked child, whose parent's locks are not its own, and whose parent's threads are gone."""
    global _held_guard  # noqa: PLW0603 - one of them may have been at the guard: it would stay locked
    _held_guard = threading.Lock()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


@contextlib.contextmanager
def kept_for_one_run(dataset_id: str, *folders: Path, wait_s: float = WAIT_S) -> Iterator[None]:
    """Keep the dataset's places in ``folders`` to this run.

    The folders are made, and locked in the order given. Other datasets in them are not concerned.

    Args:
        dataset_id: The dataset.
        folders: ``output_dir``, then ``asset_output_dir``; the same one twice counts once.
        wait_s: How long to wait for another run to end.

    Raises:
        DirectoryUnusable: Another run is there, or a folder cannot be written.
    """
    with contextlib.ExitStack() as stack:
        for folder in dict.fromkeys(map(_made, folders)):
            path = layout.lock_file(folder, dataset_id)
            stack.enter_context(_locked(path, dataset_id, time.monotonic() + wait_s))
        yield


def who_runs(dataset_id: str, folder: Path) -> str | None:
    """Who is at work at the dataset's places in ``folder``; None for nobody. Nothing is written."""
    path = layout.lock_file(folder.resolve(), dataset_id)
    held: list[int] = []
    try:
        if not path.exists() or _take(path, held):
            return None
    except DirectoryUnusable:  # it may not be locked by whoever asks
        return None
    finally:
        if held:
            _drop(path, held)
    return _holder(path)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return folder.resolve()
    except FileExistsError as error:  # a link that leads nowhere
        raise DirectoryUnusable(
            f"{folder} is no folder, and one is needed there. Move it, or choose another folder."
        ) from error
    except OSError as error:
        raise _unwritable(folder, error) from error


@contextlib.contextmanager
def _locked(path: Path, dataset_id: str, deadline: float) -> Iterator[None]:
    """Hold the lock at ``path``."""
    held: list[int] = []
    try:
        while not _take(path, held):
            if time.monotonic() >= deadline:
                raise DirectoryUnusable(
                    f'"{dataset_id}" is being downloaded into {path.parent} by {_holder(path)}. '
                    "Wait until that has ended, or choose another folder."
                )
            time.sleep(_LOOK_EVERY_S)
        _sign(held[0])
        yield
    finally:
        try:
            _give_back(path, held)
        except BaseException:  # Ctrl-C at its very beginning
            _give_back(path, held)
            raise


def _take(path: Path, held: list[int]) -> bool:
    """Put the lock's file, open and locked, into ``held``; False while somebody else has it."""
    with _held_guard:
        if path in _held:
            return False
        _held.add(path)
    try:
        # Opened and kept in one step of the interpreter: Ctrl-C may come after any.
        held.extend(map(os.open, (path,), (_OPENED_TO_LOCK,), (0o666,)))
        # Its last owner may have deleted it between these two calls: then it locks nobody out.
        if _lock(held[0]) and _is_still_at(path, held[0]):
            return True
    except OSError as error:
        _drop(path, held)
        raise _unwritable(path.parent, error) from error
    except BaseException:  # Ctrl-C: the next run of this process would be told that one is here
        _drop(path, held)
        raise
    _drop(path, held)
    return False


def _lock(file: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(file, 1 << 30, os.SEEK_SET)  # behind the text, which others then can read
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            # A record lock, unlike flock, is not inherited by children that outlive their parent.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in _NO_LOCKS_HERE
    return True


def _is_still_at(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.lstat())
    except FileNotFoundError:
        return False


def _sign(file: int) -> None:
    """Write down who is here."""
    with contextlib.suppress(OSError):  # a full disk: others are then told less
        os.lseek(file, 0, os.SEEK_SET)
        os.ftruncate(file, 0)
        os.write(file, f"process {os.getpid()} on {socket.gethostname()}\n".encode())


def _holder(path: Path) -> str:
    with _held_guard:
        if path in _held:
            return "another thread of this process"
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() or "another process"
    except OSError:
        return "another process"


def _give_back(path: Path, held: list[int]) -> None:
    if not held:
        return
    # Deleted while it is locked, so that nobody locks a file that is about to go. Windows deletes no
    # open file, and so none that somebody else has locked meanwhile.
    if sys.platform == "win32":
        _drop(path, held)
    try:
        with contextlib.suppress(OSError):  # what stays harms nobody
            if sys.platform == "win32" or _is_still_at(path, held[0]):
                path.unlink()
    finally:
        if sys.platform != "win32":
            _drop(path, held)


def _drop(path: Path, held: list[int]) -> None:
    try:
        # Closed and forgotten in one step of the interpreter, too.
        held[:] = filter(os.close, held)
    finally:
        with _held_guard:
            _held.discard(path)


def _unwritable(folder: Path, error: OSError) -> DirectoryUnusable:
    return DirectoryUnusable(f"{folder} cannot be written: {error.strerror or error}")
