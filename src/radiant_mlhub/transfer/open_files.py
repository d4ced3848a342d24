"""How many connections the system's limit of open files has room for."""

import sys

# Each transfer under way may have a socket and a part open.
FILES_A_TRANSFER = 2
# For the manifest, the archive, the interpreter, and whatever else the program has open.
KEPT_BACK = 128


def connections_affordable() -> int:
    """How many transfers may be under way before a file cannot be opened (``ulimit -n``).

    macOS allows 256 open files where nobody raised the limit.
    """
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - Windows has none

        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if limit != resource.RLIM_INFINITY:
            return max((limit - KEPT_BACK) // FILES_A_TRANSFER, 1)
    return sys.maxsize
