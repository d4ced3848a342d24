"""A large archive in ranges: bytes a second and processor time, beside nginx."""

import getpass
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.hub.place import Options, Place, Section
from benchmarks.servers import listening, nginx_binary
from radiant_mlhub.hub.sqlite_store import open_store
from radiant_mlhub.hub.store import FILES_PATH, Publication, StoredFile

MIB = 1 << 20
SIZE_BYTES = 1024 * MIB
RANGE_BYTES = 64 * MIB
ROUNDS = 5
AT_ONCE = (1, 4)
"""Clients that each ask for ranges one after the other; four of them use more than one core."""

ENOUGH = 0.5
"""Of nginx's bytes a second."""

_VERSION, _NAME = "v1", "archive.bin"
_LIMIT_S = 120


@dataclass
class Server:
    """One that has the archive, and what was measured of it: seconds and processor seconds a round."""

    name: str
    url: str
    processes: list[int]
    walls_s: dict[int, list[float]] = field(default_factory=lambda: {count: [] for count in AT_ONCE})
    cpus_s: dict[int, list[float]] = field(default_factory=lambda: {count: [] for count in AT_ONCE})

    def rate(self, at_once: int) -> float:
        """MiB a second, the median of the rounds."""
        return SIZE_BYTES / MIB / statistics.median(self.walls_s[at_once])


def measure(_options: Options, place: Place) -> Section:
    """The whole archive in ranges, by one client and by four at once, each server in turn."""
    folder = place.folder / "archives"
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack:
        servers = [stack.enter_context(each(folder, place.free_port())) for each in (_hub, _nginx)]
        for at_once in AT_ONCE:
            for number in range(ROUNDS + 1):
                for server in servers if number % 2 else reversed(servers):
                    _round(server, at_once, is_counted=number > 0)
    shutil.rmtree(folder)
    hub, nginx = servers
    lines = [
        "| server | clients | MiB a second | of nginx's | CPU s a GiB |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [_line(server, nginx, at_once) for at_once in AT_ONCE for server in servers]
    held = all(hub.rate(at_once) >= ENOUGH * nginx.rate(at_once) for at_once in AT_ONCE)
    title = f"An archive of {SIZE_BYTES // MIB:,} MiB in ranges of {RANGE_BYTES // MIB} MiB"
    return Section("archive", title, lines, held)


def _line(server: Server, nginx: Server, at_once: int) -> str:
    rate = server.rate(at_once)
    cpu_s = statistics.median(server.cpus_s[at_once]) * 1024 * MIB / SIZE_BYTES
    return f"| {server.name} | {at_once} | {rate:,.0f} | {rate / nginx.rate(at_once):.2f} | {cpu_s:.2f} |"


def _round(server: Server, at_once: int, *, is_counted: bool) -> None:
    share = SIZE_BYTES // at_once
    before_s, started = _cpu_s(server), time.perf_counter()
    clients = [_client(server, number * share, (number + 1) * share) for number in range(at_once)]
    statuses = [client.wait(timeout=_LIMIT_S) for client in clients]
    wall_s, cpu_s = time.perf_counter() - started, _cpu_s(server) - before_s
    if any(statuses):
        raise RuntimeError(f"curl could not read from {server.name}: {statuses}")
    if is_counted:
        server.walls_s[at_once].append(wall_s)
        server.cpus_s[at_once].append(cpu_s)


def _client(server: Server, start: int, end: int) -> subprocess.Popen[bytes]:
    """curl asks for each range over one connection, and fails where fewer bytes come."""
    command = ["curl", "--silent", "--fail"]
    for at in range(start, end, RANGE_BYTES):
        command += ["--range", f"{at}-{min(at + RANGE_BYTES, end) - 1}", "--output", os.devnull, server.url]
        command += ["--next", "--silent", "--fail"]
    return subprocess.Popen(command[:-3])


def _cpu_s(server: Server) -> float:
    """Processor time of the server's processes so far, user and system."""
    ticks = 0
    for pid in server.processes:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def _hub(folder: Path, port: int) -> Iterator[Server]:
    hub = folder / "hub"
    hub.mkdir()
    archive = hub / _NAME
    chance = random.Random(20261122)
    with archive.open("wb") as stream:
        for _ in range(SIZE_BYTES // MIB):
            stream.write(chance.randbytes(MIB))
    there = archive.stat()
    # The digest is not looked at by anybody here.
    row = StoredFile(_NAME, _NAME, there.st_size, there.st_mtime_ns, "0" * 32)
    store = open_store(hub)
    store.publish(Publication(_VERSION, {"id": "bench", "collections": []}, [], [], [row]))
    store.close()
    command = [Path(sys.executable).with_name("mlhub"), "serve", "--hub", hub, "--public", "--quiet"]
    with listening([*command, "--port", f"{port}"], (port,), folder / "hub.log"):
        url = f"http://127.0.0.1:{port}{FILES_PATH}{_VERSION}/{_NAME}"
        yield Server("this hub", url, _processes(port))


@contextmanager
def _nginx(folder: Path, port: int) -> Iterator[Server]:
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; worker_processes 1; user {getpass.getuser()}; pid {folder}/nginx.pid;"
        f"error_log {folder}/nginx.log;"
        f"events {{}} http {{ access_log off; sendfile on; tcp_nopush on; {temporary}"
        f"server {{ listen 127.0.0.1:{port}; root {folder}/hub; }} }}"
    )
    with listening([nginx_binary(), "-c", configuration], (port,), folder / "nginx.out"):
        yield Server("nginx", f"http://127.0.0.1:{port}/{_NAME}", _processes(port))


def _processes(port: int) -> list[int]:
    """The processes that hold the listening socket of the port (Linux)."""
    inodes = {
        fields[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if (fields := line.split())[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port
    }
    held = {f"socket:[{inode}]" for inode in inodes}
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if held & _opened(path)]


def _opened(process: Path) -> set[str]:
    try:
        return {str(link.readlink()) for link in (process / "fd").iterdir()}
    except OSError:
        return set()  # it has ended, or is somebody else's
