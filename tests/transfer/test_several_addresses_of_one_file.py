"""A file that may be had in several places: each is asked once the one before has failed for good."""

import threading
import time

import pytest

from radiant_mlhub.transfer import Patience, Request, Transfer, fetch_all, plain_request_for
from support.faults import Fault, made_up
from support.fetching import IMPATIENT, attempt, left_over

MIB = 1024 * 1024
# A server that breaks off is given up at once, so that the next one has its turn.
ONE_TRY = Patience(connect_s=1, silence_s=0.2, tries=1)

pytestmark = pytest.mark.usefixtures("each_carrier")


@pytest.mark.parametrize("size_bytes", [500, 2 * MIB])
@pytest.mark.parametrize("status", [403, 404, 410])
def test_the_next_address_is_asked_when_one_has_failed_for_good(server, tmp_path, status, size_bytes):
    gone = server.add("old/scene.tif", status=status)
    here = server.add("new/scene.tif", size_bytes=size_bytes)

    outcome = attempt(gone.href, tmp_path / "x", addresses=(gone.href, here.href))

    assert (tmp_path / "x").read_bytes() == here.content
    assert outcome.state == "fetched"
    assert outcome.came_from == here.href
    assert outcome.transfer.href == gone.href
    assert [r.path for r in server.requests] == ["/old/scene.tif", "/new/scene.tif"]


def test_the_first_that_answers_is_the_last_that_is_asked(server, tmp_path):
    mirror = server.add("mirror.tif", size_bytes=500)
    href = server.add("scene.tif", size_bytes=500).href

    outcome = attempt(href, tmp_path / "x", addresses=(mirror.href, href))

    assert outcome.came_from == mirror.href
    assert [r.path for r in server.requests] == ["/mirror.tif"]


def test_of_the_catalogs_own_address_nothing_is_said(server, tmp_path):
    scene = server.add("scene.tif", size_bytes=500)

    outcome = attempt(scene.href, tmp_path / "x", addresses=(server.url + "/nothing", scene.href))

    assert outcome.came_from is None
    assert outcome.record.validator is not None


def test_a_validator_is_kept_for_the_address_that_gave_it_alone(server, tmp_path):
    """Shown to the catalog's own address by a later run, it would mean nothing there."""
    mirror = server.add("mirror.tif", size_bytes=500)

    outcome = attempt(f"{server.url}/gone", tmp_path / "x", addresses=(mirror.href,))

    assert outcome.record.validator is None
    assert outcome.record.digest is not None


def test_when_all_have_failed_each_is_named_with_its_reason(server, tmp_path):
    href = server.add("scene.tif", status=404).href
    mirror = server.add("mirror.tif", status=403).href

    outcome = attempt(href, tmp_path / "x", addresses=(mirror, href))

    assert outcome.error == (f"{href} could not be fetched: {mirror}: 403 Forbidden; {href}: 404 Not Found")
    assert outcome.status == 404


def test_a_dead_host_is_no_end_while_there_is_another(server, tmp_path):
    here = server.add("scene.tif", size_bytes=500)

    outcome = attempt(
        "http://127.0.0.1:9/scene.tif", tmp_path / "x", addresses=("http://127.0.0.1:9/x", here.href)
    )

    assert outcome.state == "fetched"


def test_other_bytes_than_the_catalog_names_are_looked_for_elsewhere(server, tmp_path):
    wrong = server.add("wrong.tif", size_bytes=400)
    right = server.add("right.tif", size_bytes=500)

    outcome = attempt(wrong.href, tmp_path / "x", size_bytes=500, addresses=(wrong.href, right.href))

    assert (tmp_path / "x").read_bytes() == right.content
    assert outcome.came_from == right.href


def test_bytes_of_two_addresses_are_never_mixed(server, tmp_path):
    """A mirror that breaks off half-way is not continued by another one, whatever it holds."""
    content = made_up(4 * MIB, "a")
    mirror = server.add("mirror.tif", content, cut_after=3 * MIB)
    href = server.add("scene.tif", made_up(4 * MIB, "b"))

    outcome = attempt(href.href, tmp_path / "x", addresses=(mirror.href, href.href), patience=ONE_TRY)

    assert outcome.state == "fetched"
    assert (tmp_path / "x").read_bytes() == href.content
    assert "range" not in server.requests_of("/scene.tif")[0].headers
    assert left_over(tmp_path) == []


def test_what_a_mirror_gave_is_continued_there_by_the_next_run(server, tmp_path):
    """Though another address comes first, and answers: the bytes that are here are the mirror's."""
    mirror = server.add("mirror.tif", size_bytes=4 * MIB, faults=[Fault(cut_after=3 * MIB)])
    first = server.add("first.tif", status=404)
    addresses = (first.href, mirror.href)
    failed = attempt("http://127.0.0.1:9/x", tmp_path / "x", addresses=addresses, patience=ONE_TRY)
    assert failed.state == "failed"
    server.requests.clear()

    outcome = attempt("http://127.0.0.1:9/x", tmp_path / "x", addresses=addresses)

    assert outcome.came_from == mirror.href
    assert [(r.path, r.headers.get("range")) for r in server.requests] == [
        ("/mirror.tif", f"bytes={3 * MIB}-")
    ]
    assert (tmp_path / "x").read_bytes() == mirror.content


def test_what_the_first_gave_is_kept_while_all_others_fail(server, tmp_path):
    href = server.add("scene.tif", size_bytes=4 * MIB, faults=[Fault(cut_after=3 * MIB)])
    gone = server.add("gone.tif", status=404)
    addresses = (href.href, gone.href)
    failed = attempt(href.href, tmp_path / "x", addresses=addresses, patience=ONE_TRY)
    assert failed.state == "failed"
    server.requests.clear()

    attempt(href.href, tmp_path / "x", addresses=addresses)

    assert [r.headers.get("range") for r in server.requests] == [f"bytes={3 * MIB}-"]
    assert (tmp_path / "x").read_bytes() == href.content
    assert left_over(tmp_path) == []


def test_an_unfinished_file_of_the_older_client_survives_a_mirror_without_it(server, tmp_path):
    scene = server.add("scene.tif", size_bytes=4 * MIB)
    (tmp_path / "x").write_bytes(scene.content[: 3 * MIB])

    outcome = attempt(scene.href, tmp_path / "x", addresses=(f"{server.url}/gone.tif", scene.href))

    assert outcome.state == "fetched"
    assert outcome.bytes_fetched <= MIB
    assert (tmp_path / "x").read_bytes() == scene.content


class Signer:
    """Adds a signature that counts up; a refusal makes it sign anew."""

    def __init__(self, is_slow=False):
        self.is_slow = is_slow
        self.signed = {}

    def __call__(self, href):
        return (lambda: self._request(href)) if self.is_slow else self._request(href)

    def _request(self, href):
        if self.is_slow:
            time.sleep(0.02)
        number = self.signed.setdefault(href, 1)
        return Request(f"{href}?sig={number}", refusals=Told(self, href))


class Told:
    def __init__(self, signer, href):
        self.signer, self.href = signer, href

    def is_worth_another(self, status, headers):
        self.signer.signed[self.href] += 1
        return status == 403

    def reason(self, status, headers):
        return "the credentials were refused"


@pytest.mark.parametrize("is_slow", [False, True])
@pytest.mark.parametrize("size_bytes", [500, 2 * MIB])
def test_what_a_refusal_says_can_be_asked_otherwise_is_asked_once_more(server, tmp_path, is_slow, size_bytes):
    scene = server.add("scene.tif", size_bytes=size_bytes, faults=[Fault(status=403)])
    signer = Signer(is_slow)

    outcome = attempt(scene.href, tmp_path / "x", request_for=signer)

    assert outcome.state == "fetched"
    assert [r.query for r in server.requests] == ["sig=1", "sig=2"]


@pytest.mark.parametrize("is_slow", [False, True])
def test_a_second_refusal_is_the_end_of_that_file_and_says_why(server, tmp_path, is_slow):
    scene = server.add("scene.tif", status=403)

    outcome = attempt(scene.href, tmp_path / "x", request_for=Signer(is_slow))

    assert outcome.error == f"{scene.href} could not be fetched: 403 Forbidden: the credentials were refused"
    assert [r.query for r in server.requests] == ["sig=1", "sig=2"]


def test_a_signature_refused_in_the_middle_of_a_file_costs_none_of_its_bytes(server, tmp_path):
    faults = [Fault(cut_after=3 * MIB), Fault(status=403)]
    scene = server.add("scene.tif", size_bytes=4 * MIB, faults=faults)

    outcome = attempt(scene.href, tmp_path / "x", request_for=Signer())

    assert outcome.state == "fetched"
    assert outcome.bytes_fetched < 4 * MIB + 64 * 1024
    assert [r.query for r in server.requests] == ["sig=1", "sig=1", "sig=2"]


def test_what_takes_its_time_to_be_made_ready_holds_up_nobody_else(server, tmp_path):
    """200 signatures of 20 ms each: one after the other they would take 4 s."""
    scenes = [server.add(f"{number}.tif", size_bytes=100) for number in range(200)]
    signer = Signer(is_slow=True)
    transfers = [
        Transfer(s.href, str(tmp_path / s.href[-7:].replace("/", "_")), str(tmp_path)) for s in scenes
    ]

    began = time.monotonic()
    outcomes = list(fetch_all(transfers, request_for=signer, patience=IMPATIENT))

    assert {outcome.state for outcome in outcomes} == {"fetched"}
    assert time.monotonic() - began < 3


def test_what_cannot_be_made_ready_is_an_outcome(server, tmp_path):
    def unsigned(href):
        def ask_somebody():
            raise ValueError("nobody signs this")

        return ask_somebody

    outcome = attempt(f"{server.url}/x", tmp_path / "x", request_for=unsigned)

    assert outcome.error == f"{server.url}/x could not be fetched: nobody signs this"


def test_a_redirect_to_nowhere_is_told_to_who_made_the_request(server, tmp_path):
    """A bucket of another region answers 301 without a Location."""
    scene = server.add("scene.tif", size_bytes=500)
    moved = Fault(status=301, headers={"x-amz-bucket-region": "eu-west-1"})
    elsewhere = server.add("elsewhere.tif", faults=[moved])
    told = []

    class Regions:
        def is_worth_another(self, status, headers):
            told.append((status, headers["x-amz-bucket-region"]))
            return True

    def request_for(href):
        return plain_request_for()(scene.href) if told else Request(href, refusals=Regions())

    outcome = attempt(elsewhere.href, tmp_path / "x", request_for=request_for)

    assert outcome.state == "fetched"
    assert told == [(301, "eu-west-1")]


def test_who_never_makes_a_request_ready_is_not_waited_for(server, tmp_path):
    """The file fails, and whatever comes after it does not wait."""
    pytest.importorskip("pycurl")
    stuck = threading.Event()
    here = server.add("x.tif", size_bytes=100)

    def request_for(href):
        return (lambda: stuck.wait(30)) if "stuck" in href else Request(href)

    hrefs = [f"{server.url}/stuck", here.href]
    transfers = [Transfer(href, str(tmp_path / href[-5:]), str(tmp_path)) for href in hrefs]

    outcomes = list(fetch_all(transfers, request_for=request_for, patience=IMPATIENT))
    stuck.set()

    told = {outcome.transfer.href: outcome.error for outcome in outcomes}
    assert told[here.href] is None
    assert "nobody signed the address in time" in told[f"{server.url}/stuck"]
