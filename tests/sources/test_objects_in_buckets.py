"""Objects in buckets of real servers, by the one engine: moto for S3, azurite for Azure."""

import logging
import threading
import time

import pytest

from radiant_mlhub.sources.asking import CloudAccess, request_for_hrefs
from radiant_mlhub.sources.buckets import place_of
from radiant_mlhub.sources.s3 import S3
from radiant_mlhub.sources.signing import Signatures
from radiant_mlhub.transfer import Patience, Transfer, fetch_all
from support.faults import made_up
from support.fetching import attempt
from support.moto_server import KEYS
from support.signed_bucket import SignedBucket
from support.wire import Response

MIB = 1024 * 1024
NO_CREDENTIALS = "403 Forbidden: it wants credentials, and the environment holds none that fit in "


pytestmark = pytest.mark.usefixtures("signs")


@pytest.fixture(scope="module")
def signs():
    pytest.importorskip("obstore", reason="obstore, which signs, is not installed (make .venv/.servers)")


@pytest.fixture
def setenv(monkeypatch):
    def set_all(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_all


def fetched(href, tmp_path, access=None, **fields):
    request_for = request_for_hrefs(None, access) if access else request_for_hrefs()
    return attempt(href, tmp_path / "x", request_for=request_for, **fields)


@pytest.mark.parametrize("size_bytes", [1000, 3 * MIB])
def test_s3_signed_with_the_keys_of_the_environment(s3, setenv, tmp_path, size_bytes):
    setenv(**KEYS, AWS_ENDPOINT_URL=s3.url)
    s3.bucket(f"private-{size_bytes}")
    content = made_up(size_bytes, "a")
    href = s3.put(f"private-{size_bytes}", "a b/ü.tif", content)

    outcome = fetched(href, tmp_path)

    assert outcome.error is None
    assert (tmp_path / "x").read_bytes() == content


def test_s3_anonymous(s3, setenv, tmp_path):
    setenv(AWS_ENDPOINT_URL=s3.url)
    s3.bucket("public", is_public=True)
    href = s3.put("public", "scene.tif", b"scene", is_public=True)

    assert fetched(href, tmp_path).error is None
    assert (tmp_path / "x").read_bytes() == b"scene"


def test_s3_without_credentials_is_one_sentence(s3, setenv, tmp_path):
    setenv(AWS_ENDPOINT_URL=s3.url)
    s3.bucket("closed")
    href = s3.put("closed", "scene.tif", b"scene")

    outcome = fetched(href, tmp_path)

    assert outcome.error == (
        f"{href} could not be fetched: {NO_CREDENTIALS}AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )


def test_azure_signed_with_the_accounts_key(azure, setenv, tmp_path):
    from support.azurite import KEY

    azure.container("private")
    content = made_up(3 * MIB, "a")
    href = azure.put("private", "a b/ü.tif", content)
    setenv(**azure.variables, AZURE_STORAGE_ACCOUNT_KEY=KEY)

    outcome = fetched(href, tmp_path)

    assert outcome.error is None
    assert (tmp_path / "x").read_bytes() == content
    assert outcome.record.verified_by == "digest"


def test_azure_by_its_connection_string(azure, setenv, tmp_path):
    from support.azurite import ACCOUNT, KEY

    azure.container("connected")
    href = azure.put("connected", "x.tif", b"scene").replace("az:", "abfs:")
    fields = f"AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={azure.url}"
    setenv(AZURE_STORAGE_CONNECTION_STRING=f"DefaultEndpointsProtocol=http;{fields};")

    assert fetched(href, tmp_path).error is None


def test_azure_anonymous(azure, setenv, tmp_path):
    azure.container("public", is_public=True)
    href = azure.put("public", "x.tif", b"scene")
    setenv(**azure.variables)

    assert fetched(href, tmp_path).error is None


def test_azure_with_a_shared_signature(azure, setenv, tmp_path):
    from datetime import UTC, datetime, timedelta

    from azure.storage.blob import ContainerSasPermissions, generate_container_sas

    from support.azurite import ACCOUNT, KEY

    azure.container("shared")
    href = azure.put("shared", "x.tif", b"scene")
    until = datetime.now(UTC) + timedelta(hours=1)
    may = ContainerSasPermissions(read=True)
    shared = generate_container_sas(
        ACCOUNT, "shared", KEY, permission=may, expiry=until, version="2023-11-03"
    )
    setenv(**azure.variables, AZURE_STORAGE_SAS_TOKEN=shared)

    assert fetched(href, tmp_path).error is None

    azure.container("other")
    refused = fetched(azure.put("other", "x.tif", b"scene"), tmp_path, if_exists="overwrite")
    assert "403 Forbidden: the shared signature of the environment was refused" in refused.error
    assert "sig=" not in refused.error


def test_azure_without_credentials_is_one_sentence(azure, setenv, tmp_path):
    azure.container("closed")
    href = azure.put("closed", "x.tif", b"scene")
    setenv(**azure.variables)

    outcome = fetched(href, tmp_path)

    assert (
        "it wants credentials, and the environment holds none that fit in AZURE_STORAGE_ACCOUNT_NAME"
        in outcome.error
    )


@pytest.fixture
def bucket(web, setenv):
    setenv(**KEYS, AWS_ENDPOINT_URL=web.url)
    return SignedBucket(web)


def test_a_signature_of_ours_is_one_that_s3_takes(bucket, tmp_path):
    href = bucket.put("a.tif", b"scene")

    assert fetched(href, tmp_path).error is None
    assert dict(bucket.refusals) == {}


def test_wrong_keys_are_refused_once_more_and_said_in_one_sentence(bucket, setenv, tmp_path):
    setenv(AWS_SECRET_ACCESS_KEY="wrong")
    href = bucket.put("a.tif", b"scene")

    outcome = fetched(href, tmp_path)

    assert outcome.error.startswith(
        f"{href} could not be fetched: 403 Forbidden: the environment's credentials were refused; "
    )
    assert bucket.refusals == {"SignatureDoesNotMatch": 2}


def test_a_bucket_in_another_region_is_found_and_the_rest_of_it_asked_there_at_once(bucket, tmp_path):
    bucket.region = "eu-central-1"
    hrefs = [bucket.put(f"{number}.tif", b"scene") for number in range(20)]
    transfers = [Transfer(href, str(tmp_path / href[12:]), str(tmp_path)) for href in hrefs]

    outcomes = list(fetch_all(transfers, request_for=request_for_hrefs(), max_connections=2))

    assert {outcome.error for outcome in outcomes} == {None}
    assert bucket.refusals["AuthorizationQueryParametersError"] <= 3


def test_who_pays_says_so_under_his_signature(bucket, web, tmp_path):
    """What is asked is signed, the payer too: the bucket looks at both."""
    outcome = fetched(bucket.put("a.tif", b"scene"), tmp_path, CloudAccess(requester_pays=True))

    assert outcome.error is None
    assert web.requests[-1].args["x-amz-request-payer"] == ["requester"]


def test_a_region_that_cannot_be_followed_is_said_in_one_sentence(web, monkeypatch, tmp_path):
    """Unsigned, at an endpoint that is the same for all regions."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", web.url)
    web.route("GET", "/bucket", lambda request: Response(301, {"x-amz-bucket-region": "eu-west-1"}))

    outcome = fetched("s3://bucket/a.tif", tmp_path)

    assert outcome.error.endswith("301 Moved Permanently: the bucket is in eu-west-1: set AWS_REGION")
    assert len(web.requests) == 2


def test_no_signature_stands_in_an_outcome_or_a_log(bucket, setenv, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    setenv(AWS_SECRET_ACCESS_KEY="wrong")

    outcome = fetched(bucket.put("a.tif", b"scene"), tmp_path)
    gone = fetched("s3://bucket/gone.tif", tmp_path)

    shown = f"{outcome!r}{gone!r}{caplog.text}".lower()
    assert "x-amz-signature=" not in shown.replace("x-amz-signature=***", "")
    assert KEYS["AWS_ACCESS_KEY_ID"].lower() not in shown


def test_signatures_that_end_in_the_middle_of_a_run_are_made_anew(bucket, tmp_path):
    """1,000 assets; half of them fail at first, and when they are tried again, their signatures have ended.

    The client takes these for good (its own clock says so), is refused, and signs anew, once.
    """
    bucket.longest_s = 3.0
    hrefs = [bucket.put(f"{number}.tif", made_up(2000, str(number))) for number in range(1000)]
    bucket.busy = {f"{number}.tif" for number in range(0, 1000, 2)}
    signatures = Signatures(S3({**KEYS, "AWS_ENDPOINT_URL": bucket.url}, requester_pays=False), {})
    transfers = [Transfer(href, str(tmp_path / href[12:]), str(tmp_path)) for href in hrefs]

    def request_for(href):
        return signatures.request(place_of(href))

    began = time.monotonic()
    outcomes = list(fetch_all(transfers, request_for=request_for, patience=Patience(first_wait_s=8)))

    assert {outcome.error for outcome in outcomes} == {None}
    assert all((tmp_path / key).read_bytes() == content for key, content in bucket.objects.items())
    assert {len(bucket.signatures[f"{number}.tif"]) for number in range(0, 1000, 2)} == {2}
    assert {len(bucket.signatures[f"{number}.tif"]) for number in range(1, 1000, 2)} == {1}
    assert signatures.made == 1500
    assert bucket.refusals == {"AccessDenied: Request has expired": 500}
    print(f"{signatures.made} signatures in {time.monotonic() - began:.1f} s")


def test_a_file_is_continued_under_another_signature(s3, setenv, tmp_path):
    """The identity of a part is its href, which no signature enters."""
    setenv(**KEYS, AWS_ENDPOINT_URL=s3.url)
    s3.bucket("continued")
    href = s3.put("continued", "x.tif", made_up(4 * MIB, "x"))
    _stopped_half_way(href, tmp_path)

    outcome = fetched(href, tmp_path)

    assert outcome.error is None
    assert 0 < outcome.bytes_fetched < 4 * MIB
    assert (tmp_path / "x").read_bytes() == made_up(4 * MIB, "x")


def _stopped_half_way(href, tmp_path):
    """Begin to fetch, slowly, and leave once a note says that some of it is here."""
    cancel = threading.Event()

    def watch():
        while not any('"ranges": [[' in note.read_text() for note in tmp_path.glob(".*.part.json")):
            time.sleep(0.01)
        cancel.set()

    threading.Thread(target=watch, daemon=True).start()
    transfers = [Transfer(href, str(tmp_path / "x"), str(tmp_path))]
    requested = request_for_hrefs()
    assert list(fetch_all(transfers, request_for=requested, cancel=cancel, max_bytes_per_s=2 * MIB)) == []
