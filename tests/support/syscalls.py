"""The file operations of a process, one of which fails: by ptrace, so SQLite's and libcurl's too.

Linux on x86-64 only. The process has asked to be traced and stopped itself; its parent calls
``follow``.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

IS_POSSIBLE = sys.platform == "linux" and platform.machine() == "x86_64"

_SYSCALL, _POKEUSER, _SETOPTIONS, _GET_SYSCALL_INFO = 24, 6, 0x4200, 0x420E
# TRACESYSGOOD, TRACEFORK, TRACEVFORK, TRACECLONE, EXITKILL
_OPTIONS = 1 | 2 | 4 | 8 | 0x100000
_ENTRY, _EXIT = 1, 2
_WALL = 0x40000000
_RAX, _ORIG_RAX = 80, 120  # offsets in struct user

# Which argument is the descriptor, or the path; from arch/x86/entry/syscalls/syscall_64.tbl.
_BY_DESCRIPTOR = {
    1: "write",
    18: "write",
    20: "write",
    296: "write",
    74: "fsync",
    75: "fsync",
    77: "truncate",
}
_BY_PATH = {2: "open", 82: "rename", 83: "mkdir", 87: "unlink", 84: "rmdir"}
_BY_FOLDER_AND_PATH = {257: "open", 264: "rename", 316: "rename", 258: "mkdir", 263: "unlink"}
_FILLS_DISKS = {"write", "open", "rename", "mkdir", "fsync", "truncate"}
_MODE_ARGUMENT = {2: 1, 257: 2}


class _Info(ctypes.Structure):
    _fields_ = [
        ("op", ctypes.c_uint8),
        ("padding", ctypes.c_uint8 * 3),
        ("arch", ctypes.c_uint32),
        ("instruction", ctypes.c_uint64),
        ("stack", ctypes.c_uint64),
        ("number", ctypes.c_uint64),
        ("args", ctypes.c_uint64 * 6),
    ]


@dataclass
class Followed:
    """How a traced process ended, and what it did to files below the folder."""

    status: int
    operations: list[str] = field(default_factory=list)


def follow(pid: int, folder: str, *, fail_at: int = -1, how: str = "kill") -> Followed:
    """Let a stopped process run to its end, with one failing operation.

    Args:
        pid: The process; the leader of its group.
        folder: Operations on files below it are counted, from 0.
        fail_at: The operation that fails; negative for none.
        how: "kill" ends the group before the operation; "full" makes it fail with ENOSPC.
    """
    followed = Followed(0)
    failing = 0
    _wait(pid)
    _ptrace(_SETOPTIONS, pid, 0, _OPTIONS)
    _ptrace(_SYSCALL, pid)
    while True:
        stopped, status = os.waitpid(-1, _WALL)
        if not os.WIFSTOPPED(status):
            if stopped == pid:
                followed.status = status
                return followed
            continue
        number = os.WSTOPSIG(status)
        if number == signal.SIGTRAP | 0x80:
            info = _info(stopped)
            if failing == stopped and info.op == _EXIT:
                _ptrace(_POKEUSER, stopped, _RAX, -errno.ENOSPC & 0xFFFFFFFFFFFFFFFF)
                failing = 0
            operation = _operation(stopped, info, folder) if info.op == _ENTRY else None
            if operation is not None:
                followed.operations.append(operation)
                if len(followed.operations) - 1 == fail_at:
                    if how == "kill":
                        os.killpg(pid, signal.SIGKILL)
                    else:
                        failing = stopped
                        _ptrace(_POKEUSER, stopped, _ORIG_RAX, 0xFFFFFFFFFFFFFFFF)
            number = 0
        elif number in {signal.SIGTRAP, signal.SIGSTOP}:
            number = 0  # news of a fork, and the first stop of the child
        with contextlib.suppress(ProcessLookupError):  # just killed
            _ptrace(_SYSCALL, stopped, 0, number)


def fills_disks(operation: str) -> bool:
    """Whether an operation can fail because there is no space left."""
    return operation.split(maxsplit=1)[0] in _FILLS_DISKS


def _operation(pid: int, info: _Info, folder: str) -> str | None:
    """The operation in words, if it changes something below ``folder``."""
    number = info.number
    if number in _BY_DESCRIPTOR:
        name, path = _BY_DESCRIPTOR[number], _readlink(f"/proc/{pid}/fd/{ctypes.c_int(info.args[0]).value}")
    elif number in _BY_PATH:
        name, path = _BY_PATH[number], _text_at(pid, info.args[0])
    elif number in _BY_FOLDER_AND_PATH:
        name, path = _BY_FOLDER_AND_PATH[number], _text_at(pid, info.args[1])
        if not path.startswith("/"):
            path = f"{_readlink(f'/proc/{pid}/fd/{ctypes.c_int(info.args[0]).value}')}/{path}"
    else:
        return None
    if number in _MODE_ARGUMENT and not info.args[_MODE_ARGUMENT[number]] & (os.O_ACCMODE | os.O_CREAT):
        return None
    return f"{name} {path[len(folder) + 1 :]}" if path.startswith(f"{folder}/") else None


def _readlink(path: str) -> str:
    try:
        return str(Path(path).readlink())
    except OSError:
        return ""


def _text_at(pid: int, address: int) -> str:
    try:
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            memory.seek(address)
            return os.fsdecode(memory.read(4096).partition(b"\0")[0])
    except (OSError, ValueError, OverflowError):
        return ""


def _info(pid: int) -> _Info:
    info = _Info()
    _ptrace(_GET_SYSCALL_INFO, pid, ctypes.sizeof(info), ctypes.addressof(info))
    return info


def _wait(pid: int) -> None:
    os.waitpid(pid, _WALL | os.WUNTRACED)


def _ptrace(request: int, pid: int, address: int = 0, data: int = 0) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(request, pid, address, data) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
