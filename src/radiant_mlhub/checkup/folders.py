"""The working directory's disk, and the file of profiles."""

import os
import shlex
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .. import environment
from ..exceptions import MLHubException
from ..profiles import profiles_file, read_profiles
from ..readable import readable_size
from .finding import Finding

_LITTLE_BYTES = 1_000_000_000
_ON_OTHER_MACHINES = ("nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "fuse.s3fs", "fuse.gcsfuse", "9p")
_IN_MEMORY = ("tmpfs", "ramfs")
_MOUNTS = Path("/proc/self/mounts")


def folder_findings() -> Iterator[Finding]:
    """Space and kind of the working directory's file system, and whether profiles can be read."""
    folder = Path.cwd()
    yield _space(folder)
    kind = file_system_of(folder)
    if kind in _ON_OTHER_MACHINES:
        yield Finding(
            "note",
            "file system",
            f"{kind}: {folder} lies on another machine",
            "assets may lie there; keep the catalog on a local disk: mlhub download ID --assets-to DIR",
        )
    elif kind in _IN_MEMORY:
        yield Finding(
            "note",
            "file system",
            f"{kind}: {folder} lies in memory",
            "choose a folder on a disk: --output DIR",
        )
    elif kind is not None:
        yield Finding("ok", "file system", kind)
    yield _profiles()


def file_system_of(folder: Path) -> str | None:
    """The kind of file system a folder is on; None where the system has no such list."""
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    found: tuple[int, str] | None = None
    for line in lines:
        _, point, kind, *_ = line.split(" ")
        mounted = Path(point.replace("\\040", " "))
        if folder.is_relative_to(mounted) and (found is None or len(mounted.parts) >= found[0]):
            found = len(mounted.parts), kind
    return None if found is None else found[1]


def _space(folder: Path) -> Finding:
    free = readable_size(free_bytes := shutil.disk_usage(folder).free)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        text = f"{folder} cannot be written: {error.strerror}"
        return Finding("problem", "disk", text, "choose another folder: --output DIR")
    if free_bytes < _LITTLE_BYTES:
        return Finding(
            "problem", "disk", f"{free} free in {folder}", "free some space, or choose another folder"
        )
    return Finding("ok", "disk", f"{free} free in {folder}")


def _profiles() -> Finding:
    path = profiles_file()
    try:
        found = read_profiles(path)
    except MLHubException as error:
        return Finding("problem", "profiles", str(error))
    if not path.exists():
        return Finding("note", "profiles", f"there is no {path}", "store a key and a hub: mlhub configure")
    if sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        command = f"chmod 600 {shlex.quote(str(path))}"
        return Finding("problem", "profiles", f"others may read {path}", command)
    owner = "" if os.access(path, os.W_OK) else ", which cannot be written"
    wanted = environment.profile()
    if wanted and wanted not in found:
        text = f"{environment.PROFILE} is {wanted}, which is not in {path}"
        return Finding("problem", "profiles", text, "see those there are: mlhub profiles")
    return Finding("ok", "profiles", f"{', '.join(found) or 'none'} in {path}{owner}")
