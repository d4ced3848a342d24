"""What a run that was broken off has left, and which of it a later run needs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import CatalogBroken
from radiant_mlhub.transfer.owners import this_owner
from radiant_mlhub.transfer.parts import stem_of
from support.scripted_hub import item


def download(folder, **options):
    return Dataset.fetch("ds").download(folder, progress=False, **options)


def break_off(hub, folder):
    """A run that ends with an error before its work is done."""
    hub.publish("ds")
    hub.blobs.add("/mlhub/catalogs/ds.tar.gz", b"no archive")
    with pytest.raises(CatalogBroken):
        download(folder)


def ended_process():
    """Number of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def leave_part(folder, name, pid):
    """A part and its note, as process ``pid`` would have left them, of a file called ``name``."""
    folder.mkdir(parents=True, exist_ok=True)
    owner = this_owner()._replace(pid=pid, start=start_of(pid))
    part = folder / f".{stem_of(name)}.00000000.{owner}.0.part"
    part.write_bytes(b"half")
    part.with_name(f"{part.name}.json").write_text("{}")
    return part


def start_of(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except OSError:
        return "1"


def test_parts_of_assets_that_the_catalog_no_longer_names_go(hub, tmp_path):
    break_off(hub, tmp_path)
    pid = ended_process()
    parts = [leave_part(tmp_path / "ds/scenes/gone", name, pid) for name in ("image.tif", "n" * 240 + ".tif")]
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])

    download(tmp_path)

    assert not any(part.exists() for part in parts)
    assert list((tmp_path / "ds/scenes/gone").iterdir()) == []


def test_a_part_beside_a_whole_file_goes(hub, tmp_path):
    """Of two runs at one time the one that lost has left it: no transfer looks at a recorded file again."""
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])
    download(tmp_path)
    part = leave_part(tmp_path / "ds/scenes/a", "image.tif", ended_process())
    break_off(hub, tmp_path)
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])

    assert download(tmp_path).kept == 1

    assert not part.exists()


def test_parts_that_are_needed_or_written_stay(hub, tmp_path):
    """Of an asset that another filter wants, and of a process that is alive."""
    break_off(hub, tmp_path)
    long_key = "n" * 240
    wanted_later = [
        leave_part(tmp_path / "ds/scenes/b", f"{key}.tif", ended_process()) for key in ("image", long_key)
    ]
    written = leave_part(tmp_path / "ds/scenes/gone", "image.tif", os.getppid())
    scenes = {name: hub.file(f"{name}.tif").href for name in ("a", "b")}
    far = item("b", {"image": scenes["b"], long_key: scenes["b"]}, bbox=[70, 1, 71, 2])
    hub.publish("ds", [item("a", {"image": scenes["a"]}), far])

    download(tmp_path, bbox=[0, 0, 60, 60])

    assert all(part.exists() for part in wanted_later)
    assert written.exists()


def test_a_dry_run_deletes_nothing(hub, tmp_path):
    break_off(hub, tmp_path)
    part = leave_part(tmp_path / "ds/scenes/gone", "image.tif", ended_process())
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])

    download(tmp_path, dry_run=True)
    assert part.exists()

    download(tmp_path)
    assert not part.exists()
