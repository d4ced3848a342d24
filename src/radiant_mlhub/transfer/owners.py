"""Who is writing a part: host, boot, process. A part of the dead may be claimed."""

import hashlib
import os
import socket
import time
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

# On another host nobody can be asked for: a part untouched for this long has no writer, since
# every wait of a transfer is shorter. A wrong guess loses nothing: see ``Part.publish``.
ABANDONED_AFTER_S = 15 * 60


class Owner(NamedTuple):
    """One process, so that no other one, before or after, has the same name.

    Attributes:
        host: Fingerprint of the host's name.
        boot: Fingerprint of what changes when it boots; empty where the system does not tell.
        pid: The process.
        start: When the process began, in the kernel's ticks; empty where not told.
    """

    host: str
    boot: str
    pid: int
    start: str

    def __str__(self) -> str:
        return f"{self.host}-{self.boot}-{self.pid}-{self.start}"

    def is_alive(self, part: str) -> bool:
        """Whether it may still be writing ``part``."""
        return _is_recent(part) if self.host != this_owner().host else self.is_running_here

    @property
    def is_running_here(self) -> bool:
        """It is a process of this machine that has not ended."""
        here = this_owner()
        if (self.host, self.boot) != (here.host, here.boot):
            return False
        return _exists(self.pid) and _start_of(self.pid) == self.start


def this_owner() -> Owner:
    """This process."""
    pid = os.getpid()
    return _owner(pid)


def this_owner_name() -> str:
    """This process, as the name of a part spells it."""
    return _owner_name(os.getpid())


def owner_named(text: str) -> Owner | None:
    """The owner whose name is ``text``; None when it is nobody's."""
    host, _, rest = text.partition("-")
    boot, _, rest = rest.partition("-")
    pid, _, start = rest.partition("-")
    return Owner(host, boot, int(pid), start) if pid.isascii() and pid.isdigit() else None


@lru_cache(maxsize=1)
def _owner(pid: int) -> Owner:  # by pid, since a forked child is another owner
    return Owner(_fingerprint(socket.gethostname()), _boot(), pid, _start_of(pid))


@lru_cache(maxsize=1)
def _owner_name(pid: int) -> str:
    return str(_owner(pid))


def _boot() -> str:
    try:
        return _fingerprint(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii"))
    except OSError:
        return ""


def _start_of(pid: int) -> str:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The second field is the program's name, in parentheses, and may hold blanks itself.
    return fields.rpartition(")")[2].split()[19]


def _exists(pid: int) -> bool:
    if os.name == "nt":  # signal 0 would end the process there
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True


def _is_recent(part: str) -> bool:
    try:
        return time.time() - Path(part).stat().st_mtime < ABANDONED_AFTER_S
    except OSError:
        return False


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]
