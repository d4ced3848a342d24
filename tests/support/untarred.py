"""Catalog archives unpacked as anybody would, by ``tar``."""

import subprocess
from pathlib import Path


def untar(archive: Path | bytes, folder: Path) -> None:
    """Unpack ``archive`` into ``folder``, which is made where there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    content = archive if isinstance(archive, bytes) else archive.read_bytes()
    subprocess.run(["tar", "-xzf", "-", "-C", str(folder)], input=content, check=True, timeout=60)
