"""What a figure depends on: the machine, the versions, the date, the file systems."""

import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.servers import nginx_binary

LIMIT_S = 30.0
# Who built an interpreter decides much of its speed (record 0015). Debian's and Fedora's are built with
# profile-guided optimisation, and say so in no variable.
_VERSION = """
import platform, sys, sysconfig
optimised = "--enable-optimizations" in str(sysconfig.get_config_var("CONFIG_ARGS"))
build = f"built {'with' if optimised else 'without'} profile-guided optimisation"
print(f"{platform.python_version()}, {build if sys.base_prefix != '/usr' else 'built by the distribution'}")
"""
GIB = 1024**3


def machine(downloads: Path, disk: Path, pythons: Mapping[str, Path]) -> dict[str, str]:
    """Facts by name, in the order in which they are printed; each client has its interpreter."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / GIB:.0f} GiB",
        "system": f"{_distribution()}, Linux {platform.release()}",
        **{f"python ({client})": _first_line(str(path), "-c", _VERSION) for client, path in pythons.items()},
        "curl": _first_line("curl", "--version").partition(" (")[0],
        "nginx": _first_line(nginx_binary(), "-v").removeprefix("nginx version: "),
        "openssl": _first_line("openssl", "version"),
        "commit": _first_line("git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"),
        "folders": f"{file_system(downloads)}; on disk: {file_system(disk)}",
    }


def file_system(folder: Path) -> str:
    """The kind of file system that a folder lies on: ``tmpfs``, ``ext4``."""
    mounts = (line.split()[1:3] for line in Path("/proc/self/mounts").read_text().splitlines())
    above = [(len(point), kind) for point, kind in mounts if folder.resolve().is_relative_to(point)]
    return max(above)[1]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _distribution() -> str:
    return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")


def _first_line(*command: str) -> str:
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except FileNotFoundError:
        return "not found"
    lines = (finished.stdout or finished.stderr).splitlines()
    return lines[0] if lines else "unknown"
