"""Archives of ours are read by tarfile, byte by byte, whatever their members are called."""

import hashlib
import tarfile

import pytest

from radiant_mlhub import tar_reader
from radiant_mlhub.hub.publishing.tar_writer import _header, tar_gz

NAMES = [
    "a",
    "a" * 100,
    "a" * 101,
    f"{'a' * 155}/{'b' * 100}",
    f"{'a' * 156}/{'b' * 100}",
    f"{'a/' * 60}{'b' * 90}",
    f"crops/{'item' * 20}/{'item' * 20}.json",
    "crops/città/stac.json",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_member_is_read_as_it_was_written(tmp_path, name):
    content = b"x" * 1000

    with tar_gz(tmp_path / "a.tar.gz") as archive:
        archive.add(name, content)
        archive.add("behind", b"")

    with tarfile.open(tmp_path / "a.tar.gz") as read:
        found = {member.name: read.extractfile(member).read() for member in read}
    assert found == {name: content, "behind": b""}
    assert [member.name for member in tar_reader.members(tmp_path / "a.tar.gz")] == [name, "behind"]


def test_a_member_has_no_owner_and_no_time(tmp_path):
    with tar_gz(tmp_path / "a.tar.gz") as archive:
        archive.add("a/b.json", b"{}")

    with tarfile.open(tmp_path / "a.tar.gz") as read:
        [member] = read.getmembers()
    assert (member.mtime, member.uid, member.gid, member.uname, member.mode) == (0, 0, 0, "", 0o644)


def test_what_was_written_is_told(tmp_path):
    with tar_gz(tmp_path / "a.tar.gz") as archive:
        archive.add("a", b"a")

    packed = (tmp_path / "a.tar.gz").read_bytes()
    assert (archive.written.size, archive.written.md5) == (len(packed), hashlib.md5(packed).hexdigest())


def test_a_member_of_many_gigabytes_has_its_size(tmp_path):
    """More than ustar's eleven octal digits hold; the file is sparse, and only its header is looked at."""
    header = _header("large.tif", 8**11)

    assert tarfile.TarInfo.frombuf(header[-512:], "utf-8", "strict").name == "large.tif"
    assert b"size=8589934592\n" in header
