"""A PostgreSQL cluster of the benchmark's own, on loopback, gone at the end."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.processes import ENDS_WITH_US
from benchmarks.servers import listening

_LIMIT_S = 120.0

# What its manual and pgstac's advise for a machine of this size, with everything in memory. Nothing waits
# for a disk, and a crash may lose all of it.
SETTINGS = {
    "shared_buffers": "4GB",
    "effective_cache_size": "12GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "1GB",
    "max_wal_size": "8GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "off",
}


@contextmanager
def cluster(folder: Path, port: int) -> Iterator[dict[str, str]]:
    """A running server; the environment that leads clients to its database ``stac``."""
    binaries = binary_folder()
    data = folder / "postgresql"
    is_new = not data.exists()
    if is_new:
        data.mkdir(mode=0o700)
        if os.getuid() == 0:
            shutil.chown(data, "postgres", "postgres")
        _run(*_as_postgres(), binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8")
    told = {**SETTINGS, "listen_addresses": "127.0.0.1", "port": f"{port}", "unix_socket_directories": ""}
    options = [word for name, value in told.items() for word in ("-c", f"{name}={value}")]
    # Put again behind the change of user, which clears it.
    command = [*_as_postgres(), *ENDS_WITH_US, binaries / "postgres", "-D", data, *options]
    with listening(command, (port,), folder / "postgresql.log"):
        environment = {
            "PGHOST": "127.0.0.1",
            "PGPORT": f"{port}",
            "PGUSER": "postgres",
            "PGPASSWORD": "unused",
            "PGDATABASE": "stac",
        }
        if is_new:
            _run(binaries / "createdb", "-h", "127.0.0.1", "-p", port, "-U", "postgres", "stac")
        yield environment


def binary_folder() -> Path:
    """Debian keeps each version's programs in a folder of its own.

    Raises:
        FileNotFoundError: There are none.
    """
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        raise FileNotFoundError("PostgreSQL is missing: apt-get install postgresql postgresql-15-postgis-3")
    return found[-1].parent


def _as_postgres() -> tuple[str, ...]:
    """PostgreSQL refuses to be run by root."""
    if os.getuid() != 0:
        return ()
    return ("setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups", "--")


def _run(*command: object) -> None:
    finished = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        check=False,
        cwd="/",
    )
    if finished.returncode:
        raise RuntimeError(f"{command[0]} ended with {finished.returncode}: {finished.stderr.strip()}")
