"""Who does the work: this client, the original, curl, tar. Each run has fresh processes and is checked."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.catalogs import HUB_PATH
from benchmarks.checks import wrong_result
from benchmarks.data_sets import LONE_KEY
from benchmarks.processes import ENDS_WITH_US, Command, Finished, run
from benchmarks.rows import CURL, MD5, TAR, Row
from benchmarks.servers import RequestLog, Site, files_url

WORKER = Path(__file__).with_name("worker.py")
HASH_SPEED = Path(__file__).with_name("hash_speed.py")
IN_FLIGHT = (16, 50, 128, 300)
API_KEY = "key-of-the-benchmarks-0123456789"


@dataclass(frozen=True)
class Task:
    """One run of a row: where it lands, and how long it may take."""

    row: Row
    folder: Path
    scratch: Path
    served: Path
    site: Site
    limit_s: float

    @property
    def download_folder(self) -> Path:
        return self.folder / self.row.dataset_id

    @property
    def archive(self) -> Path:
        return self.served / "catalogs" / f"{self.row.dataset_id}.tar.gz"


@dataclass(frozen=True)
class Run:
    """What one run came to.

    Attributes:
        contestant: The client, with its setting: ``curl at 50``.
        wall_s: Time of the call; for other programs of the whole process; for the walk ``first asset``
            the time from the call to the first request for an asset.
        peak_mib: None where it was not looked at.
        asset_requests: As the server's log counts them.
        failed_requests: Those with a status from 400 up, in the same log.
        error: What went wrong; then no figure counts.
    """

    row: str
    client: str
    contestant: str
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mib: float | None = None
    asset_requests: int = 0
    failed_requests: int = 0
    version: str = ""
    error: str = ""


@dataclass(frozen=True)
class Contestant:
    """A client with one setting."""

    client: str
    setting: tuple[str, ...] = ()
    python: Path = Path(sys.executable)

    @property
    def name(self) -> str:
        return (
            " ".join((self.client, *self.setting))
            .replace("--parallel-max", "at")
            .replace("--http1.1", "(HTTP/1.1)")
        )

    def run(self, task: Task) -> Run:
        """Do the work of the task once."""
        log = task.site.log_from_now()
        if self.client == MD5:
            return self._hash_speed(task)
        if self.client in (CURL, TAR):
            return self._program(task, log)
        return self._download_call(task, log)

    def _download_call(self, task: Task, log: RequestLog) -> Run:
        result = task.scratch / "result.json"
        result.unlink(missing_ok=True)
        work = {
            "dataset_id": task.row.dataset_id,
            "output_dir": str(task.folder),
            "collection_filter": filter_of(task.row),
            "result": str(result),
        }
        is_stopped_early = task.row.walk == "first asset"
        finished = run(
            [*ENDS_WITH_US, self.python, "-I", WORKER, json.dumps(work)],
            env=environment_for(task),
            limit_s=task.limit_s,
            log=task.scratch / "client.log",
            until=(lambda: log.first_asset() is not None) if is_stopped_early else None,
        )
        measured = json.loads(result.read_text()) if result.exists() else {}
        first = log.first_asset()
        if is_stopped_early and first:
            measured |= {"wall_s": first.began_at - measured["called_at"], "cpu_s": finished.cpu_s}
        elif is_stopped_early or finished.status:
            return self._failed(task, finished)
        return self._counted(task, log, measured)

    def _program(self, task: Task, log: RequestLog) -> Run:
        unpacking: Command = ["tar", "-xzf", task.archive, "-C", task.folder]
        command = self._curl_command(task) if self.client == CURL else unpacking
        finished = run(
            command, env=environment_for(task), limit_s=task.limit_s, log=task.scratch / "client.log"
        )
        if finished.status:
            return self._failed(task, finished)
        return self._counted(task, log, {"wall_s": finished.wall_s, "cpu_s": finished.cpu_s})

    def _curl_command(self, task: Task) -> Command:
        listing = task.scratch / "curl.config"
        with listing.open("w") as file:
            for path in task.row.data_set.asset_paths():
                file.write(f'url = "{files_url(task.row, task.site.ports)}/{path}"\n')
                file.write(f'output = "{task.download_folder}/{path}"\n')
        trusted: Sequence[str | Path] = ("--cacert", task.site.ca_bundle) if "tls" in task.row.route else ()
        quietly = ("--silent", "--show-error", "--fail", "--create-dirs")
        return ["curl", "--disable", "--parallel", *self.setting, *quietly, *trusted, "--config", listing]

    def _hash_speed(self, task: Task) -> Run:
        result = task.scratch / "hash_speed.json"
        command: Command = [sys.executable, "-I", HASH_SPEED, str(task.row.data_set.total_bytes), result]
        log = task.scratch / "client.log"
        finished = run(command, env=environment_for(task), limit_s=task.limit_s, log=log)
        if finished.status:
            return self._failed(task, finished)
        wall_s = json.loads(result.read_text())["wall_s"]
        return Run(task.row.key, self.client, self.name, wall_s, finished.cpu_s)

    def _failed(self, task: Task, finished: Finished) -> Run:
        why = f"took more than {task.limit_s:.0f} s" if finished.wall_s >= task.limit_s else finished.said
        return Run(task.row.key, self.client, self.name, error=f"status {finished.status}: {why}")

    def _counted(self, task: Task, log: RequestLog, measured: dict[str, float]) -> Run:
        requests = list(log.requests())
        return Run(
            task.row.key,
            self.client,
            self.name,
            measured["wall_s"],
            measured.get("cpu_s", 0.0),
            measured.get("peak_mib"),
            asset_requests=sum(each.is_for_an_asset for each in requests),
            failed_requests=sum(each.status >= 400 for each in requests),  # noqa: PLR2004 - where HTTP's errors begin
            version=str(measured.get("version", "")),
            error=wrong_result(task.row, self.client, task.folder, task.served),
        )


def contestants(row: Row, pythons: dict[str, Path], left_out: Sequence[str]) -> Iterator[Contestant]:
    """The clients of a row, curl once for each number in flight (and over TLS with HTTP/1.1, too)."""
    for client in row.clients:
        if client in left_out:
            continue
        if client != CURL:
            yield Contestant(client, python=pythons.get(client, Path(sys.executable)))
            continue
        protocols: tuple[tuple[str, ...], ...] = ((), ("--http1.1",)) if "tls" in row.route else ((),)
        for in_flight in IN_FLIGHT if row.data_set.file_count > 1 else IN_FLIGHT[:1]:
            for protocol in protocols:
                yield Contestant(CURL, ("--parallel-max", str(in_flight), *protocol))


def filter_of(row: Row) -> dict[str, list[str]] | None:
    """For the index: the one asset that each collection's last item has beyond the others."""
    if row.walk != "index":
        return None
    return {collection_id: [LONE_KEY] for collection_id in row.data_set.collection_ids}


def environment_for(task: Task) -> dict[str, str]:
    """Nothing of the caller's but PATH: no profiles, no proxies, no settings of Python."""
    home = task.scratch / "home"
    home.mkdir(exist_ok=True)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "MLHUB_API_KEY": API_KEY,
        "MLHUB_ROOT_URL": f"{task.site.ports.base_url(task.row.route)}/{HUB_PATH}/",
        "REQUESTS_CA_BUNDLE": str(task.site.ca_bundle),
    }
