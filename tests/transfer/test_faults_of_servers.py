"""The faults under which other clients were measured: a file arrives whole, or not at all."""

import hashlib
from email.utils import formatdate

import pytest

from radiant_mlhub.transfer import Patience
from support.fault_server import FaultServer
from support.faults import DATED_EARLIER, Fault, made_up
from support.fetching import attempt, fetch, left_over

pytestmark = pytest.mark.usefixtures("each_carrier")

SIZE = 3_000_000
HALF = 1_500_000
MIB = 1024 * 1024
OLD = "an older version"

# Name: what goes wrong, one after the other; and what is always so.
SURVIVED = {
    "no fault": ([], {}),
    "reset mid-body": ([Fault(reset_after=HALF)], {}),
    "cut short by a clean close": ([Fault(cut_after=HALF)], {}),
    "cut short twice": ([Fault(cut_after=HALF), Fault(cut_after=1_000_000)], {}),
    "chunked, cut": ([Fault(cut_after=HALF, chunked=True)], {}),
    "chunked, whole": ([], {"chunked": True}),
    "no Content-Length, whole": ([], {"no_length": True}),
    "no Content-Length, cut": ([Fault(cut_after=HALF, no_length=True)], {}),
    "Content-Length too low": ([Fault(length_off=-100)], {}),
    "Content-Length too high": ([Fault(length_off=100)], {}),
    "503 and Retry-After, twice": ([Fault(status=503, retry_after=0)] * 2, {}),
    "429 and a date in the past": ([Fault(status=429, retry_after="Wed, 21 Oct 2015 07:28:00 GMT")], {}),
    "408": ([Fault(status=408)], {}),
    "425": ([Fault(status=425)], {}),
    "500 three times": ([Fault(status=500)] * 3, {}),
    "refused connections": ([Fault(refuse=True)] * 3, {}),
    "stall mid-body": ([Fault(stall_after=HALF)], {}),
    "stall before the first byte": ([Fault(stall_after=0)], {}),
    "no ranges, reset": ([Fault(reset_after=HALF)], {"ignores_range": True}),
    "206 starts early": ([Fault(reset_after=HALF), Fault(range_shift=-4096)], {}),
    "206 starts late, twice": ([Fault(reset_after=HALF)] + [Fault(range_shift=10)] * 2, {}),
    "206 says another total": ([Fault(reset_after=HALF), Fault(total_off=5)], {}),
    "206 without Content-Range": (
        [Fault(reset_after=HALF), Fault(headers={"Content-Range": None})],
        {},
    ),
    "206 says another start": ([Fault(reset_after=HALF), Fault(range_lies=7)], {}),
    "object changed, same size": ([Fault(reset_after=HALF, content=made_up(SIZE, OLD))], {}),
    "object changed, larger": ([Fault(reset_after=HALF, content=made_up(SIZE - 999, OLD))], {}),
    "object changed, smaller": ([Fault(reset_after=HALF, content=made_up(SIZE + 999, OLD))], {}),
    "object far smaller than the part": ([Fault(reset_after=5_000_000, content=made_up(6_000_000, OLD))], {}),
    "object changed, If-Range ignored": (
        [Fault(reset_after=HALF, content=made_up(SIZE, OLD))],
        {"ignores_if_range": True},
    ),
    "changed and smaller, If-Range ignored": (
        [Fault(reset_after=5_000_000, content=made_up(6_000_000, OLD))],
        {"ignores_if_range": True},
    ),
    "gzip if accepted, reset": ([Fault(gzip="if accepted", reset_after=HALF)], {"gzip": "if accepted"}),
    "gzip unasked": ([], {"gzip": True}),
    "gzip unasked, reset": ([Fault(gzip=True, reset_after=HALF)], {"gzip": True}),
    "gzip unasked, chunked, cut": (
        [Fault(gzip=True, chunked=True, cut_after=HALF)],
        {"gzip": True, "chunked": True},
    ),
    "weak ETag, reset": (
        [Fault(reset_after=HALF, etag='W/"1"')],
        {"etag": 'W/"1"'},
    ),
    **{
        f"weak ETag changed, and the size by {more}": (
            [Fault(reset_after=HALF, etag='W/"1"', content=made_up(SIZE - more, OLD))],
            {"etag": 'W/"2"'},
        )
        for more in (0, 999, -999)
    },
    "no ETag, reset": ([Fault(reset_after=HALF, etag=None)], {"etag": None}),
    **{
        f"no ETag, changed, and the size by {more}{and_more}": (
            [Fault(reset_after=HALF, etag=None, content=made_up(SIZE - more, OLD), headers=DATED_EARLIER)],
            {"etag": None, **always},
        )
        for more in (0, 999, -999)
        # Were "If-Range" in the name, a test below would leave out the date.
        for and_more, always in {"": {}, ", condition ignored": {"ignores_if_range": True}}.items()
    },
    "byte flipped; Content-MD5": ([Fault(flip_byte=HALF)], {}),
    "byte flipped in the second half": ([Fault(reset_after=HALF), Fault(flip_byte=HALF + 5)], {}),
}


@pytest.mark.parametrize("name", SURVIVED)
def test_a_file_arrives_whole_whatever_the_server_does_at_first(server, tmp_path, name):
    """Every byte as served, no part left, whichever fault came before."""
    faults, always = SURVIVED[name]
    scene = server.add("scene.tif", size_bytes=SIZE, faults=faults, **always)

    outcome = fetch(scene.href, tmp_path / "scene.tif")

    assert (tmp_path / "scene.tif").read_bytes() == scene.content
    assert outcome.state == "fetched"
    assert outcome.record.verified_by == "digest"
    if "unasked" not in name:  # there, Content-MD5 is that of the coded body
        assert outcome.record.digest == f"md5:{hashlib.md5(scene.content).hexdigest()}"
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("name", SURVIVED)
def test_a_second_version_is_never_glued_to_a_first_without_any_digest(server, tmp_path, name):
    """The same faults without Content-MD5: what needs no digest to be noticed is noticed."""
    faults, always = SURVIVED[name]
    if "flipped" in name or name in {
        "Content-Length too low",
        "no Content-Length, cut",
        "206 says another start",
    }:
        pytest.skip("nothing but a digest can tell")
    last_modified = None if "weak" in name or "If-Range" in name else "auto"
    scene = server.add(
        "scene.tif", size_bytes=SIZE, faults=faults, content_md5=False, last_modified=last_modified, **always
    )

    outcome = fetch(scene.href, tmp_path / "scene.tif")

    assert (tmp_path / "scene.tif").read_bytes() == scene.content
    assert outcome.record.verified_by == ("nothing" if always.get("no_length") else "length")


@pytest.mark.parametrize(
    "name", ["reset mid-body", "cut short by a clean close", "chunked, cut", "stall mid-body"]
)
def test_a_retry_goes_on_where_the_last_one_ended(server, tmp_path, name):
    """Not one byte is fetched twice when the version is known."""
    scene = server.add("scene.tif", size_bytes=SIZE, faults=SURVIVED[name][0])

    outcome = fetch(scene.href, tmp_path / "scene.tif")

    assert outcome.bytes_fetched == SIZE
    first, second = server.requests_of("scene.tif")
    assert "Range" not in first.headers
    assert second.headers["Range"] == f"bytes={HALF}-"
    assert second.headers["If-Range"].startswith('"')


def test_every_request_asks_for_plain_bytes(server, tmp_path):
    """Ranges of a coded body cannot be put together."""
    scene = server.add("scene.tif", size_bytes=SIZE, faults=[Fault(reset_after=HALF)])

    fetch(scene.href, tmp_path / "scene.tif")

    assert [r.headers["Accept-Encoding"] for r in server.requests] == ["identity", "identity"]


def test_a_coded_answer_is_never_continued(server, tmp_path):
    scene = server.add("scene.tif", size_bytes=SIZE, faults=[Fault(gzip=True, reset_after=HALF)], gzip=True)

    fetch(scene.href, tmp_path / "scene.tif")

    assert all("Range" not in request.headers for request in server.requests)


def test_without_a_validator_a_cut_file_is_fetched_from_its_first_byte(server, tmp_path):
    scene = server.add(
        "scene.tif", size_bytes=SIZE, faults=[Fault(cut_after=HALF, etag=None)], etag=None, last_modified=None
    )

    fetch(scene.href, tmp_path / "scene.tif")

    assert "Range" not in server.requests[-1].headers
    assert (tmp_path / "scene.tif").read_bytes() == scene.content


FINAL = {
    "404": (404, "404 Not Found"),
    "403": (403, "403 Forbidden"),
    "401": (401, "401 Unauthorized"),
    "410": (410, "410 Gone"),
    "204": (204, "204 No Content"),
    "416 to a plain request": (416, "416 Requested Range Not Satisfiable"),
}


@pytest.mark.parametrize("name", FINAL)
def test_a_refusal_is_final_at_once(server, tmp_path, name):
    """One request, one clear sentence, the status for whoever wants to act on it."""
    status, text = FINAL[name]
    scene = server.add("scene.tif", status=status)

    outcome = attempt(scene.href, tmp_path / "scene.tif")

    assert outcome.error == f"{scene.href} could not be fetched: {text}"
    assert (outcome.state, outcome.status, outcome.record) == ("failed", status, None)
    assert len(server.requests) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_stays_broken_is_given_up_after_six_tries(server, tmp_path):
    scene = server.add("scene.tif", status=503)

    outcome = attempt(scene.href, tmp_path / "scene.tif")

    assert outcome.error == (
        f"{scene.href} could not be fetched: 503 Service Unavailable, 6 times without progress. "
        "Run the same call again to go on"
    )
    assert outcome.status == 503
    assert len(server.requests) == 6


def test_a_host_that_does_not_listen_is_given_up_after_six_tries(tmp_path):
    with FaultServer() as gone:
        href = f"{gone.url}/scene.tif"

    outcome = attempt(href, tmp_path / "scene.tif")

    assert outcome.error == (
        f"{href} could not be fetched: the connection failed: Connection refused, "
        "6 times without progress. Run the same call again to go on"
    )
    assert outcome.status is None


def test_progress_resets_the_count_of_tries(server, tmp_path):
    """Nine cuts in a row are no reason to give up, as long as each brought 10 % more."""
    faults = [Fault(cut_after=SIZE // 10)] * 9
    scene = server.add("scene.tif", size_bytes=SIZE, faults=faults)

    outcome = fetch(scene.href, tmp_path / "scene.tif")

    assert (tmp_path / "scene.tif").read_bytes() == scene.content
    assert outcome.bytes_fetched == SIZE
    assert len(server.requests) == 10


def test_sending_the_same_bytes_over_and_over_is_no_progress(server, tmp_path):
    """A server without ranges that always cuts meets an end, and its bytes are not kept."""
    scene = server.add("scene.tif", size_bytes=SIZE, ignores_range=True, cut_after=HALF)

    outcome = attempt(scene.href, tmp_path / "scene.tif")

    assert outcome.state == "failed"
    assert "the connection failed" in outcome.error or "the body ended" in outcome.error
    assert len(server.requests) <= 8
    assert not (tmp_path / "scene.tif").exists()


def test_a_retry_after_beyond_the_cap_is_a_clear_error(server, tmp_path):
    scene = server.add("scene.tif", status=503, retry_after=3600)

    outcome = attempt(scene.href, tmp_path / "scene.tif")

    assert outcome.error == (
        f"{scene.href} could not be fetched: 503 Service Unavailable; the server asks to wait 3600 s, "
        "more than the 120 s that a transfer waits. Run the same call again later"
    )
    assert len(server.requests) == 1


def test_a_retry_after_date_is_measured_by_the_servers_own_clock(server, tmp_path):
    """A server whose clock is a year behind asks for nothing, though its date is long past or far off."""
    server_now = 1_700_000_000
    fault = Fault(
        status=503,
        retry_after=formatdate(server_now + 3600, usegmt=True),
        headers={"Date": formatdate(server_now, usegmt=True)},
    )
    scene = server.add("scene.tif", faults=[fault])

    outcome = attempt(scene.href, tmp_path / "scene.tif")

    assert "asks to wait 3600 s" in outcome.error


def test_a_wrong_digest_three_times_is_an_error_and_leaves_nothing(server, tmp_path):
    scene = server.add("scene.tif", size_bytes=SIZE, flip_byte=7)

    outcome = attempt(scene.href, tmp_path / "scene.tif")

    right = hashlib.md5(scene.content).hexdigest()
    assert f"but the server says {right}, 3 times" in outcome.error
    assert len(server.requests) == 3
    assert list(tmp_path.iterdir()) == []


def test_a_catalog_digest_that_is_wrong_while_the_servers_agrees_is_not_tried_again(server, tmp_path):
    """The bytes are as served: another fetch would bring the same ones."""
    scene = server.add("scene.tif", size_bytes=SIZE)

    outcome = attempt(scene.href, tmp_path / "scene.tif", digests=(f"sha2-256:{'0' * 64}",))

    assert "but the catalog says 000" in outcome.error
    assert "the server's own digest agrees with its bytes" in outcome.error
    assert len(server.requests) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_catalog_digest_is_checked_and_recorded(server, tmp_path):
    scene = server.add("scene.tif", size_bytes=SIZE, content_md5=False, faults=[Fault(flip_byte=3)])
    digest = f"sha2-256:{hashlib.sha256(scene.content).hexdigest()}"

    outcome = fetch(scene.href, tmp_path / "scene.tif", digests=(digest,))

    assert (tmp_path / "scene.tif").read_bytes() == scene.content
    assert (outcome.record.digest, outcome.record.verified_by) == (digest, "digest")


def test_a_length_that_the_catalog_does_not_name_is_refused_before_the_body(server, tmp_path):
    scene = server.add("scene.tif", size_bytes=SIZE)

    outcome = attempt(scene.href, tmp_path / "scene.tif", size_bytes=SIZE + 1)

    assert outcome.error == (
        f"{scene.href} could not be fetched: the server has {SIZE} bytes where the catalog says {SIZE + 1}"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_body_of_unknown_length_counts_as_unverified(server, tmp_path):
    """Only the closed connection says that it is whole."""
    scene = server.add("scene.tif", size_bytes=SIZE, no_length=True, content_md5=False)

    outcome = fetch(scene.href, tmp_path / "scene.tif")

    assert outcome.record.verified_by == "nothing"


def test_a_body_of_unknown_length_is_held_against_the_catalogs_length(server, tmp_path):
    scene = server.add(
        "scene.tif",
        size_bytes=SIZE,
        content_md5=False,
        no_length=True,
        faults=[Fault(no_length=True, cut_after=HALF)],
    )

    outcome = fetch(scene.href, tmp_path / "scene.tif", size_bytes=SIZE)

    assert (tmp_path / "scene.tif").read_bytes() == scene.content
    assert outcome.record.verified_by == "length"


def test_an_empty_file_is_a_file(server, tmp_path):
    scene = server.add("empty.txt", b"")

    outcome = fetch(scene.href, tmp_path / "empty.txt")

    assert (tmp_path / "empty.txt").read_bytes() == b""
    assert outcome.state == "fetched"


def test_a_coding_that_cannot_be_undone_is_said(server, tmp_path):
    scene = server.add("scene.tif", headers={"Content-Encoding": "br"})

    outcome = attempt(scene.href, tmp_path / "scene.tif")

    assert outcome.error == (
        f'{scene.href} could not be fetched: the body is coded as "br", which cannot be undone here'
    )


LONG = {
    "its length told": {},
    "in chunks": {"chunked": True},
    "until the connection ends": {"no_length": True},
    "coded": {"gzip": True},
}


@pytest.mark.parametrize("name", LONG)
def test_what_is_longer_than_it_may_be_is_not_read_to_its_end(server, tmp_path, name):
    """Nothing of it stays, and it is not tried again."""
    scene = server.add("scene.tif", size_bytes=5 * MIB, **LONG[name])

    outcome = attempt(scene.href, tmp_path / "scene.tif", most_bytes=2 * MIB, patience=Patience())

    assert outcome.error.endswith("it is longer than 2 MiB, the most that is read of such a file")
    assert outcome.bytes_fetched < 3 * MIB
    assert len(server.requests) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_turns_out_too_long_when_it_is_continued_is_not_read_to_its_end(server, tmp_path):
    """Its length is told by the 206 alone; the part that came before goes as well."""
    cut = Fault(cut_after=1_500_000, chunked=True)
    scene = server.add("scene.tif", size_bytes=5 * MIB, faults=[cut])

    outcome = attempt(scene.href, tmp_path / "scene.tif", most_bytes=2 * MIB)

    assert outcome.error.endswith("it is longer than 2 MiB, the most that is read of such a file")
    assert outcome.bytes_fetched < 3 * MIB
    assert "Range" in server.requests[1].headers
    assert len(server.requests) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", LONG)
def test_what_is_as_long_as_it_may_be_comes(server, tmp_path, name):
    scene = server.add(
        "scene.tif", size_bytes=2 * MIB, faults=[Fault(cut_after=MIB, **LONG[name])], **LONG[name]
    )

    attempt(scene.href, tmp_path / "scene.tif", most_bytes=2 * MIB, patience=Patience(first_wait_s=0.01))

    assert (tmp_path / "scene.tif").read_bytes() == scene.content
