"""A dataset's folder that is a link, as to a larger disk, is followed; links inside it lead nowhere else."""

import shutil

import pytest

from radiant_mlhub import Dataset, verify
from radiant_mlhub.download.folder_lock import kept_for_one_run
from radiant_mlhub.exceptions import DirectoryUnusable, DownloadFailed
from support.scripted_hub import item


@pytest.fixture
def disk(hub, tmp_path):
    """A folder of another name, which a link in ``data`` leads to, in the place of the dataset's."""
    hub.publish("ds", [item("a", {"image": hub.file("a.tif", b"a" * 500).href})])
    disk = tmp_path / "disk/large"
    disk.mkdir(parents=True)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/ds").symlink_to(disk)
    return disk


def download(folder):
    return Dataset.fetch("ds").download(folder, progress=False)


def test_everything_comes_to_where_the_link_leads(disk, tmp_path):
    report = download(tmp_path / "data")

    assert report.fetched == 1
    assert (disk / "scenes/a/image.tif").read_bytes() == b"a" * 500
    for name in ("catalog.json", "scenes/a/a.json", "mlhub_stac_assets.db", "err_report.csv"):
        assert (disk / name).is_file()
    assert (tmp_path / "data/ds").is_symlink()
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["ds", "ds.tar.gz"]


def test_a_second_run_finds_it_there(hub, disk, tmp_path):
    download(tmp_path / "data")
    hub.blobs.requests.clear()

    report = download(tmp_path / "data")

    assert (report.kept, report.fetched) == (1, 0)
    assert hub.asset_requests() == []


@pytest.mark.parametrize("folder", ["data", "data/ds"])
def test_it_is_verified_and_repaired_there(disk, tmp_path, folder):
    """With the catalog archive, which lies beside the link."""
    download(tmp_path / "data")
    (disk / "scenes/a/image.tif").unlink()

    report = verify(tmp_path / folder, repair=True, progress=False)

    assert (report.checked, report.right, report.repaired) == (2, 2, 1)
    assert (disk / "scenes/a/image.tif").read_bytes() == b"a" * 500


def test_a_repair_keeps_out_of_the_way_of_a_download(disk, tmp_path):
    """The lock of both lies beside the link, whatever the folder is called that it leads to."""
    download(tmp_path / "data")

    with (
        kept_for_one_run("ds", tmp_path / "data"),
        pytest.raises(DirectoryUnusable, match='"ds" is being downloaded'),
    ):
        verify(tmp_path / "data/ds", repair=True, progress=False)


def test_a_link_inside_it_that_leads_out_is_not_followed(disk, tmp_path):
    download(tmp_path / "data")
    shutil.move(disk / "scenes/a", tmp_path / "elsewhere")
    (disk / "scenes/a").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/image.tif").write_bytes(b"not ours")

    with pytest.raises(DownloadFailed) as caught:
        download(tmp_path / "data")

    assert caught.value.report.failed == 1
    assert (tmp_path / "elsewhere/image.tif").read_bytes() == b"not ours"


@pytest.mark.parametrize("in_the_way", ["file", "link"])
def test_what_is_no_folder_is_told(hub, disk, tmp_path, in_the_way):
    """A file, or a link that leads nowhere: a disk that is not mounted."""
    disk.rmdir()
    if in_the_way == "file":
        disk.write_bytes(b"a file")

    with pytest.raises(DirectoryUnusable) as caught:
        download(tmp_path / "data")

    assert str(caught.value) == (
        f"{tmp_path / 'data/ds'} is no folder, and one is needed there. Move it, or choose another folder."
    )
    assert hub.asset_requests() == []
