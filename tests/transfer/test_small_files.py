"""What comes whole with one answer takes a short way: it ends as the rules, step by step, would end."""

import pytest

from radiant_mlhub import digests
from radiant_mlhub.transfer import Patience, fetch_all, plain_fetch, plain_request_for
from support.faults import Fault, made_up
from support.fetching import attempt, transfer_to

CONTENT = made_up(5000, "small")
PATIENCE = Patience(first_wait_s=0.005, longest_wait_s=0.01, silence_s=0.1, tries=3)


def named(name, content=CONTENT):
    return f"{name}:{digests.of_bytes(content, [name])[name]}"


ANSWERS = {
    "plain": {"content_md5": False},
    "with Content-MD5": {},
    "without a validator": {"etag": None, "last_modified": None},
    "with a weak ETag": {"etag": 'W/"weak"'},
    "empty": {"content": b"", "content_md5": False},
    "chunked": {"chunked": True},
    "without a length": {"no_length": True},
    "gzip": {"gzip": True},
    "a flipped byte": {"flip_byte": 7},
    "a flipped byte, once": {"faults": [Fault(flip_byte=7)]},
    "too short": {"length_off": 10},
    "too long": {"length_off": -10},
    "cut, once": {"faults": [Fault(cut_after=3000)]},
    "reset, once": {"faults": [Fault(reset_after=3000)]},
    "refused, once": {"faults": [Fault(refuse=True)]},
    "503, once": {"faults": [Fault(status=503)]},
    "404": {"status": 404},
    "redirected nowhere": {"redirect": "ftp://example.org/"},
    "a range nobody asked for": {"headers": {"Content-Range": "bytes 0-4999/6000"}},
}
FIELDS = {
    "nothing named": {},
    "its digest named": {"digests": (named("sha2-256"),)},
    "two digests named": {"digests": (named("md5"), named("sha1")), "size_bytes": 5000},
    "another digest named": {"digests": (named("md5", b"another"),)},
    "another length named": {"size_bytes": 4999},
    "no length at all named": {"size_bytes": 0},
}


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS.keys())
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_the_short_way_ends_as_the_rules_do(server, tmp_path, monkeypatch, answer, fields):
    """Same outcome, same record, same bytes on disk, and nothing beside them."""
    ends = []
    for way, most_bytes in (("short", plain_fetch.SMALL_BODY_BYTES), ("rules", -1)):
        monkeypatch.setattr(plain_fetch, "SMALL_BODY_BYTES", most_bytes)
        scene = server.add("small", **{"content": CONTENT, **answer})
        target = tmp_path / way / "small"

        outcome = attempt(scene.href, target, patience=PATIENCE, **fields)

        record = outcome.record and outcome.record._replace(mtime_ns=0)
        found = {path.name: path.read_bytes() for path in target.parent.glob("*")}
        told = outcome._replace(transfer=None, record=record, seconds=0)
        ends.append((told, found, len(server.requests)))
        server.requests.clear()

    assert ends[0] == ends[1]


def test_a_small_file_is_on_disk_once_it_is_recorded(server, tmp_path):
    """Under the name of a part: its own name comes after."""
    scene = server.add("small", CONTENT)
    seen = []

    def record(outcomes):
        seen.extend((path.suffix, path.read_bytes()) for path in tmp_path.iterdir())

    transfers = [transfer_to(tmp_path / "small", scene.href)]
    outcomes = list(fetch_all(transfers, request_for=plain_request_for(), record=record))

    assert [outcome.state for outcome in outcomes] == ["fetched"]
    assert seen == [(".part", CONTENT)]
