"""What one client, and all together, may take of the server."""

import sys
from dataclasses import dataclass

_FILES_A_CONNECTION = 3  # the socket, its copy while a file is sent, and the file
_FILES_KEPT_BACK = 128  # for the database, the log, the interpreter
_MOST_CONNECTIONS = 10_000


@dataclass(frozen=True)
class Limits:
    """Deadlines and bounds of the server.

    Attributes:
        headers_s: A request's head must be there that long after its first byte, or after the connection.
        body_s: Its body must be there that long after its head.
        stall_s: A client that takes no byte of its answer for that long is cut off.
        idle_s: A connection on which nothing is asked is kept that long.
        linger_s: After a refusal, what a client goes on sending is taken and thrown away that long,
            so that it comes to read why: closing at once would reset the connection.
        check_every_s: How often deadlines are looked at.
        head_bytes: Of request line and headers; more are answered with 431.
        headers: How many there may be.
        connections: Open at once; the next one is told to come back.
    """

    headers_s: float = 10
    body_s: float = 60
    stall_s: float = 60
    idle_s: int = 60
    linger_s: float = 2
    check_every_s: float = 1
    head_bytes: int = 32 * 1024
    headers: int = 100
    connections: int = 1000


def limits_here() -> Limits:
    """The limits of a server that may open as many files as this machine allows; it asks for that."""
    wanted = _MOST_CONNECTIONS * _FILES_A_CONNECTION + _FILES_KEPT_BACK
    return Limits(connections=(_files_allowed(wanted) - _FILES_KEPT_BACK) // _FILES_A_CONNECTION)


def _files_allowed(wanted: int) -> int:
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - Windows has none

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        if most != resource.RLIM_INFINITY:
            wanted = min(wanted, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return wanted
