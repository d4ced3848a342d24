"""if_exists, records, and files that an older client left."""

import hashlib
import os

import pytest

from radiant_mlhub.transfer import FileRecord
from support.faults import Fault
from support.fetching import attempt, fetch, left_over

SIZE = 3_000_000


def record_of(path, **fields):
    told = path.stat()
    return FileRecord(told.st_size, told.st_mtime_ns, **fields)


@pytest.fixture
def scene(server):
    return server.add("scene.tif", size_bytes=SIZE)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "scene.tif"


def test_a_recorded_file_is_kept_without_a_request(server, scene, target):
    """The second run over a complete download asks the server nothing."""
    first = fetch(scene.href, target)
    server.requests.clear()

    again = fetch(scene.href, target, record=first.record)

    assert (again.state, again.record, again.bytes_fetched) == ("kept", first.record, 0)
    assert server.requests == []


def test_a_copied_folder_is_rehashed_not_fetched(server, scene, target):
    """Same size, other time: the bytes decide, and the record learns the new time."""
    first = fetch(scene.href, target)
    os.utime(target, ns=(0, 0))
    server.requests.clear()

    again = fetch(scene.href, target, record=first.record)

    assert (again.state, again.record.digest, again.record.mtime_ns) == ("kept", first.record.digest, 0)
    assert server.requests == []


def test_a_file_changed_on_disk_is_fetched_again(server, scene, target):
    first = fetch(scene.href, target)
    target.write_bytes(b"x" * SIZE)

    again = fetch(scene.href, target, record=first.record)

    assert again.state == "fetched"
    assert target.read_bytes() == scene.content


def test_a_recorded_file_that_lost_bytes_is_fetched_again(scene, target):
    first = fetch(scene.href, target)
    os.truncate(target, 10)

    again = fetch(scene.href, target, record=first.record)

    assert again.state == "fetched"
    assert target.read_bytes() == scene.content


def test_a_catalog_that_names_another_digest_by_now_is_believed(server, target):
    old = server.add("scene.tif", b"old" * 1000)
    first = fetch(old.href, target, digests=(f"md5:{hashlib.md5(old.content).hexdigest()}",))
    new = server.add("scene.tif", b"new" * 1000)

    again = fetch(
        new.href, target, record=first.record, digests=(f"md5:{hashlib.md5(new.content).hexdigest()}",)
    )

    assert again.state == "fetched"
    assert target.read_bytes() == new.content


@pytest.mark.parametrize("always", [{}, {"etag": None}], ids=["ETag", "Last-Modified"])
def test_an_unchanged_object_is_kept_after_one_question(server, target, always):
    scene = server.add("scene.tif", size_bytes=SIZE, **always)
    first = fetch(scene.href, target)
    server.requests.clear()

    again = fetch(scene.href, target, record=first.record, revalidate=True)

    assert (again.state, again.unchanged, again.record) == ("kept", True, first.record)
    assert [request.status for request in server.requests] == [304]


def test_a_changed_object_is_fetched_by_the_same_question(server, scene, target):
    first = fetch(scene.href, target)
    scene.content = b"another catalog" * 1000
    server.requests.clear()

    again = fetch(scene.href, target, record=first.record, revalidate=True)

    assert (again.state, again.unchanged) == ("fetched", False)
    assert target.read_bytes() == scene.content
    assert [request.status for request in server.requests] == [200]


def test_without_a_validator_revalidating_means_fetching(server, target):
    scene = server.add("scene.tif", size_bytes=SIZE, etag=None, last_modified=None)
    first = fetch(scene.href, target)

    assert fetch(scene.href, target, record=first.record, revalidate=True).state == "fetched"


def test_skip_keeps_whatever_is_there_and_asks_nothing(server, scene, target):
    target.write_bytes(b"somebody's own")

    outcome = fetch(scene.href, target, if_exists="skip")

    assert (outcome.state, outcome.record.verified_by) == ("kept", "nothing")
    assert target.read_bytes() == b"somebody's own"
    assert server.requests == []


@pytest.mark.parametrize("if_exists", ["skip", "resume", "overwrite"])
def test_an_unrecorded_empty_file_is_not_a_file(scene, target, if_exists):
    """The older client left one behind for every request that failed."""
    target.touch()

    assert fetch(scene.href, target, if_exists=if_exists).state == "fetched"
    assert target.read_bytes() == scene.content


@pytest.mark.parametrize("if_exists", ["skip", "resume"])
def test_a_recorded_empty_file_is_one(server, target, if_exists):
    scene = server.add("empty.txt", b"")
    first = fetch(scene.href, target)
    server.requests.clear()

    assert fetch(scene.href, target, record=first.record, if_exists=if_exists).state == "kept"
    assert server.requests == []


def test_overwrite_fetches_a_recorded_file_again(server, scene, target):
    first = fetch(scene.href, target)

    again = fetch(scene.href, target, record=first.record, if_exists="overwrite")

    assert (again.state, again.bytes_fetched) == ("fetched", SIZE)


def test_overwrite_keeps_the_old_copy_until_the_new_one_is_whole(server, target):
    """A failed overwrite costs nothing."""
    target.write_bytes(b"the good copy")
    scene = server.add("scene.tif", status=500)

    outcome = attempt(scene.href, target, if_exists="overwrite")

    assert outcome.state == "failed"
    assert target.read_bytes() == b"the good copy"


def test_a_file_of_an_older_client_that_is_whole_is_adopted(server, scene, target):
    """One HEAD; its Content-MD5 is held against the file."""
    target.write_bytes(scene.content)

    outcome = fetch(scene.href, target)

    assert (outcome.state, outcome.record.verified_by) == ("kept", "digest")
    assert [request.method for request in server.requests] == ["HEAD"]


def test_without_any_digest_an_adopted_file_counts_as_verified_by_length(server, target):
    scene = server.add("scene.tif", size_bytes=SIZE, content_md5=False)
    target.write_bytes(scene.content)

    outcome = fetch(scene.href, target)

    assert (outcome.state, outcome.record.verified_by) == ("kept", "length")
    assert outcome.record.digest.startswith("crc32:")


def test_a_file_that_the_catalogs_digest_vouches_for_needs_no_request(server, scene, target):
    target.write_bytes(scene.content)
    digest = f"sha2-256:{hashlib.sha256(scene.content).hexdigest()}"

    outcome = fetch(scene.href, target, digests=(digest,))

    assert (outcome.state, outcome.record.digest) == ("kept", digest)
    assert server.requests == []


def test_a_file_of_the_right_length_and_the_wrong_bytes_is_fetched_anew(server, scene, target):
    target.write_bytes(b"x" * SIZE)

    outcome = fetch(scene.href, target)

    assert outcome.state == "fetched"
    assert target.read_bytes() == scene.content


def test_a_shorter_file_of_an_older_client_is_continued(server, scene, target):
    target.write_bytes(scene.content[:2_000_000])

    outcome = fetch(scene.href, target)

    assert target.read_bytes() == scene.content
    assert (outcome.state, outcome.bytes_fetched) == ("fetched", SIZE - 2_000_000)
    assert server.requests[-1].headers["Range"] == "bytes=2000000-"
    assert left_over(target.parent) == []


def test_a_shorter_file_that_is_no_beginning_of_the_object_is_found_out(server, scene, target):
    target.write_bytes(b"x" * 2_000_000)

    fetch(scene.href, target)

    assert target.read_bytes() == scene.content


def test_a_longer_file_is_fetched_anew(server, scene, target):
    target.write_bytes(scene.content + b"and more")

    outcome = fetch(scene.href, target)

    assert (outcome.state, outcome.bytes_fetched) == ("fetched", SIZE)
    assert target.read_bytes() == scene.content


def test_a_longer_file_stays_until_the_new_one_is_whole(server, target):
    target.write_bytes(b"x" * 5000)
    scene = server.add("scene.tif", size_bytes=1000, status=404, head=Fault())

    assert attempt(scene.href, target).state == "failed"
    assert target.read_bytes() == b"x" * 5000


@pytest.mark.parametrize("left", [SIZE, 2_000_000, SIZE + 1])
@pytest.mark.parametrize(
    ("head", "always"),
    [
        (Fault(status=403), {}),
        (Fault(status=405), {}),
        (Fault(status=500), {}),
        (Fault(refuse=True), {}),
        (Fault(status=403), {"ignores_range": True}),
    ],
    ids=["403", "405", "500", "reset", "403, and no ranges"],
)
def test_where_head_is_refused_one_byte_is_asked_for(server, target, left, head, always):
    """Signed addresses are often good for GET alone."""
    scene = server.add("scene.tif", size_bytes=SIZE, head=head, **always)
    target.write_bytes((scene.content + b"!")[:left])

    outcome = fetch(scene.href, target)

    assert target.read_bytes() == scene.content
    assert outcome.state == ("kept" if left == SIZE else "fetched")
    assert server.requests[1].headers["Range"] == f"bytes={left - 1}-{left - 1}"


def test_a_copy_in_an_older_place_is_moved_not_fetched(server, scene, tmp_path):
    older = tmp_path / "collection" / "_common" / "scene.tif"
    older.parent.mkdir(parents=True)
    older.write_bytes(scene.content)
    target = tmp_path / "_common" / "scene.tif"

    outcome = fetch(scene.href, target, root=str(tmp_path), elsewhere=str(older))

    assert (outcome.state, outcome.bytes_fetched) == ("kept", 0)
    assert target.read_bytes() == scene.content
    assert not older.exists()


@pytest.mark.parametrize("content", [b"", b"x" * SIZE, b"x" * 100, b"x" * (SIZE + 1)])
def test_a_copy_in_an_older_place_that_is_another_file_stays_there(server, scene, tmp_path, content):
    older = tmp_path / "older.tif"
    older.write_bytes(content)
    target = tmp_path / "new" / "scene.tif"

    outcome = fetch(scene.href, target, root=str(tmp_path), elsewhere=str(older))

    assert outcome.state == "fetched"
    assert target.read_bytes() == scene.content
    assert older.read_bytes() == content


def test_a_link_in_an_older_place_is_not_followed(scene, tmp_path):
    (tmp_path / "real.tif").write_bytes(scene.content)
    (tmp_path / "older.tif").symlink_to(tmp_path / "real.tif")
    target = tmp_path / "scene.tif"

    assert fetch(scene.href, target, elsewhere=str(tmp_path / "older.tif")).state == "fetched"
    assert (tmp_path / "older.tif").is_symlink()
