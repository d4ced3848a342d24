"""The servers of a run, on loopback: nginx, plain and TLS, and the delaying proxy in front of both.

nginx serves a folder:

- ``/plain/PATH``: the file ``files/PATH``; ``/md5/PATH``: the same with its Content-MD5, which nginx looks up
  in a map (one line a file, included in its configuration: no file is hashed while it is served);
- ``/shared/ANYTHING``: one and the same small file;
- ``/mlhub/v1/datasets/{id}``, ``/mlhub/v1/catalog/{id}`` (303 to the archive) and ``.../info``: the API.

TLS ends in nginx, so that the proxy only delays bytes. The log has one line a request, written at once.
"""

import getpass
import grp
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.catalogs import HUB_PATH
from benchmarks.data_sets import SHARED_FILE
from benchmarks.processes import Command, last_lines, running, wait_until
from benchmarks.rows import Route, Row

ONE_WAY_MS = 25
START_LIMIT_S = 30.0
NGINX_WORKERS = 2
PROXY = Path(__file__).with_name("delaying_proxy.py")
SERVED_FOLDERS = ("files", "catalogs", "datasets", "catalog_info")
LOG_PRECISION_S = 0.002
ASSET_PREFIXES = ("/plain/", "/md5/", "/shared/")


@dataclass(frozen=True)
class Ports:
    """Where the servers listen on 127.0.0.1; chosen before they start, since catalogs name them."""

    plain: int
    tls: int
    delayed: int
    delayed_tls: int

    @classmethod
    def free(cls) -> "Ports":
        with ExitStack() as stack:
            sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(4)]
            return cls(*(each.getsockname()[1] for each in sockets))

    def base_url(self, route: Route) -> str:
        return {
            "loopback": f"http://127.0.0.1:{self.plain}",
            "delayed": f"http://127.0.0.1:{self.delayed}",
            "delayed-tls": f"https://127.0.0.1:{self.delayed_tls}",
        }[route]


@dataclass(frozen=True)
class Logged:
    """A request as the server saw it; ``began_at`` in seconds since the epoch, to the millisecond."""

    began_at: float
    status: int
    path: str

    @property
    def is_for_an_asset(self) -> bool:
        return self.path.startswith(ASSET_PREFIXES)


class RequestLog:
    """The requests that began from a moment on.

    nginx writes a line when it lets go of a request: after those who looked at the proxy have hung up,
    it takes up to 5 s for the last one of each connection, which would count for the next client.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._start = path.stat().st_size
        self._since = round(time.time() - LOG_PRECISION_S, 3)

    def requests(self) -> Iterator[Logged]:
        with self._path.open("rb") as file:
            file.seek(self._start)
            for line in file:
                if line.endswith(b"\n"):
                    ended_at, took_s, status, path = line.decode().rstrip("\n").split(" ", 3)
                    began_at = float(ended_at) - float(took_s)
                    if began_at >= self._since:
                        yield Logged(began_at, int(status), path)

    def first_asset(self) -> Logged | None:
        return next((each for each in self.requests() if each.is_for_an_asset), None)


@dataclass(frozen=True)
class Site:
    """Running servers."""

    ports: Ports
    log_file: Path
    ca_bundle: Path

    def log_from_now(self) -> RequestLog:
        return RequestLog(self.log_file)


def make_folders(folder: Path) -> Path:
    """The folder to be served, with its empty parts."""
    served = folder / "served"
    for name in SERVED_FOLDERS:
        (served / name).mkdir(parents=True)
    return served


def make_certificate(folder: Path, known_authorities: Path) -> Path:
    """A certificate for 127.0.0.1 and its key beside it; gives the bundle that clients are told to trust.

    The bundle holds what clients trust in daily life, too: reading 150 certificates is part of the cost of
    a TLS session.
    """
    words = "req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 2 -subj /CN=127.0.0.1"
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", *words.split(), "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True, timeout=START_LIMIT_S)
    bundle = folder / "authorities.pem"
    bundle.write_bytes(known_authorities.read_bytes() + b"\n" + certificate.read_bytes())
    return bundle


@contextmanager
def site(
    folder: Path, ports: Ports, ca_bundle: Path, digests: Mapping[str, str], *, tls: str
) -> Iterator[Site]:
    """Run the servers as long as the block.

    Args:
        folder: Holds ``served`` and the certificate; gets logs and configuration.
        digests: Content-MD5 of served paths, by the address's path.
        tls: The one version spoken, ``1.2`` or ``1.3``: the newer saves a round trip a connection.
    """
    log_file = folder / "requests.log"
    log_file.touch()
    configuration = folder / "nginx.conf"
    (folder / "digests.map").write_text("".join(f'"{path}" "{md5}";\n' for path, md5 in digests.items()))
    configuration.write_text(_configuration(folder, ports, len(digests), tls))
    pairs = (f"{ports.delayed}:{ports.plain}", f"{ports.delayed_tls}:{ports.tls}")
    nginx: Command = [nginx_binary(), "-p", folder, "-e", folder / "nginx.errors", "-c", configuration]
    proxy: Command = [sys.executable, "-I", PROXY, str(ONE_WAY_MS), *pairs]
    with (
        listening(nginx, (ports.plain, ports.tls), folder / "nginx.log"),
        listening(proxy, (ports.delayed, ports.delayed_tls), folder / "proxy.log"),
    ):
        yield Site(ports, log_file, ca_bundle)


@contextmanager
def listening(command: Command, ports: tuple[int, ...], log: Path) -> Iterator[None]:
    """A server that answers at these ports as long as the block."""
    with running(command, log=log) as process:
        wait_until(
            lambda: process.poll() is not None or all(map(_answers, ports)),
            limit_s=START_LIMIT_S,
            what=f"Starting {command[0]}",
        )
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} ended with {process.returncode}: {last_lines(log)}")
        yield


def files_url(row: Row, ports: Ports) -> str:
    """The address under which a row's files are served."""
    digest = "md5" if row.with_md5 else "plain"
    prefix = digest if row.data_set.has_files else "shared"
    return f"{ports.base_url(row.route)}/{prefix}/{row.data_set.key}"


def nginx_binary() -> str:
    """Debian keeps nginx where only root's PATH looks."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "nginx"


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _configuration(folder: Path, ports: Ports, digest_count: int, tls: str) -> str:
    user = f"user {getpass.getuser()} {grp.getgrgid(os.getgid()).gr_name};" if os.getuid() == 0 else ""
    scratch = "\n".join(
        f"    {name}_temp_path {folder}/scratch;"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""
{user}
daemon off;
worker_processes {NGINX_WORKERS};
worker_rlimit_nofile 16384;
pid {folder}/nginx.pid;
error_log {folder}/nginx.errors warn;
events {{ worker_connections 4096; }}
http {{
{scratch}
    log_format short '$msec $request_time $status $request_uri';
    access_log {folder}/requests.log short;
    default_type application/octet-stream;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    server_tokens off;
    map_hash_bucket_size 512;
    map_hash_max_size {max(2048, 8 * digest_count)};
    map $uri $content_md5 {{ include {folder}/digests.map; }}
    ssl_protocols TLSv{tls};
    ssl_certificate {folder}/certificate.pem;
    ssl_certificate_key {folder}/key.pem;
    server {{
        listen 127.0.0.1:{ports.plain} backlog=4096;
        listen 127.0.0.1:{ports.tls} ssl http2 backlog=4096;
        root {folder}/served;
        location /plain/ {{ alias {folder}/served/files/; }}
        location /md5/ {{ alias {folder}/served/files/; add_header Content-MD5 $content_md5; }}
        location /shared/ {{ try_files /files/{SHARED_FILE} =404; }}
        location /catalogs/ {{ add_header Content-MD5 $content_md5; }}
        location /{HUB_PATH}/datasets/ {{
            default_type application/json;
            alias {folder}/served/datasets/;
        }}
        location ~ ^/{HUB_PATH}/catalog/([a-z0-9_]+)/info$ {{
            default_type application/json;
            alias {folder}/served/catalog_info/$1;
        }}
        location ~ ^/{HUB_PATH}/catalog/([a-z0-9_]+)$ {{
            return 303 $scheme://$http_host/catalogs/$1.tar.gz;
        }}
    }}
}}
"""
