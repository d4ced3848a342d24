"""What addresses of buckets mean, and how the environment says they are to be asked. No network."""

import datetime
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from radiant_mlhub.exceptions import TransferFailed
from radiant_mlhub.sources.asking import CloudAccess, request_for_hrefs
from radiant_mlhub.sources.buckets import Place, place_of
from radiant_mlhub.transfer import Request

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIexampleSECRETKEY"}
ACCOUNT = {"AZURE_STORAGE_ACCOUNT_NAME": "own"}
# A key is 64 bytes in base64; this one is of nobody.
AZURE_KEY = "A" * 86 + "=="


def asked(href, access=CloudAccess()):  # noqa: B008 - frozen
    made = request_for_hrefs(None, access)(href)
    return made if isinstance(made, Request) else made()


@pytest.fixture
def setenv(monkeypatch):
    def set_all(variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_all


@pytest.mark.parametrize(
    ("href", "place"),
    [
        ("s3://bucket/a/b.tif", Place("s3", "bucket", "a/b.tif")),
        ("S3://bucket/a/b.tif", Place("s3", "bucket", "a/b.tif")),
        ("s3://bucket/a%20b.tif", Place("s3", "bucket", "a b.tif")),
        ("s3://bucket/a?b#c.tif", Place("s3", "bucket", "a?b#c.tif")),
        ("gs://bucket/b.tif", Place("gs", "bucket", "b.tif")),
        ("az://container/b.tif", Place("az", "container", "b.tif")),
        ("abfs://container/b.tif", Place("az", "container", "b.tif")),
        ("abfss://c@acct.dfs.core.windows.net/b.tif", Place("az", "c", "b.tif", "acct")),
        ("https://bucket.s3.amazonaws.com/b.tif", None),
        ("ftp://example.org/b.tif", None),
    ],
)
def test_an_address_names_a_cloud_a_bucket_and_a_key(href, place):
    assert place_of(href) == place


@pytest.mark.parametrize(
    ("href", "says"),
    [
        ("s3://", "names no bucket"),
        ("s3:///key", "names no bucket"),
        ("s3://bucket", "names no object"),
        ("s3://bucket/", "names no object"),
        ("s3://[/x", "is no address"),
    ],
)
def test_an_address_without_an_object_is_none(href, says):
    with pytest.raises(TransferFailed, match=says):
        place_of(href)


@pytest.mark.parametrize(
    ("variables", "href", "url"),
    [
        ({}, "s3://bucket/a/b.tif", "https://bucket.s3.amazonaws.com/a/b.tif"),
        ({}, "s3://dots.in.it/a b.tif", "https://s3.amazonaws.com/dots.in.it/a%20b.tif"),
        ({"AWS_ENDPOINT_URL": "http://h:1/"}, "s3://bucket/b.tif", "http://h:1/bucket/b.tif"),
        ({"AWS_ENDPOINT_URL_S3": "http://h:2", "AWS_ENDPOINT_URL": "http://h:1"}, "s3://b/k", "http://h:2/b/k"),
        ({**KEYS, "AWS_SKIP_SIGNATURE": "true"}, "s3://b/k", "https://b.s3.amazonaws.com/k"),
        ({}, "gs://bucket/a b.tif", "https://storage.googleapis.com/bucket/a%20b.tif"),
        (ACCOUNT, "az://c/b.tif", "https://own.blob.core.windows.net/c/b.tif"),
        (ACCOUNT, "abfs://c@other.dfs.core.windows.net/b", "https://other.blob.core.windows.net/c/b"),
        ({"AZURE_STORAGE_USE_EMULATOR": "true", "AZURE_SKIP_SIGNATURE": "true"}, "az://c/b", "http://127.0.0.1:10000/devstoreaccount1/c/b"),
        (
            {"AZURE_STORAGE_CONNECTION_STRING": "AccountName=x;BlobEndpoint=http://h:3/x;SharedAccessSignature=sv=1&sig=abc"},
            "az://c/b",
            "http://h:3/x/c/b?sv=1&sig=abc",
        ),
        ({**ACCOUNT, "AZURE_STORAGE_SAS_TOKEN": "?sv=1&sig=abc"}, "az://c/b", "https://own.blob.core.windows.net/c/b?sv=1&sig=abc"),
        (
            {**ACCOUNT, "AZURE_STORAGE_SAS_TOKEN": "sv=1&sig=abc"},
            "abfs://c@other.dfs.core.windows.net/b",
            "https://other.blob.core.windows.net/c/b",
        ),
    ],
)  # fmt: skip
def test_without_keys_an_object_has_its_public_address(setenv, variables, href, url):
    setenv(variables)

    assert asked(href).url == url


@pytest.mark.parametrize(
    ("variables", "href", "begins"),
    [
        (KEYS, "s3://bucket/a b.tif", "https://s3.us-east-1.amazonaws.com/bucket/a%20b.tif?"),
        ({**KEYS, "AWS_REGION": "eu-west-1"}, "s3://b.c/k", "https://s3.eu-west-1.amazonaws.com/b.c/k?"),
        ({**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "s3://b/k", "http://127.0.0.1:9/b/k?"),
        (
            {**ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": AZURE_KEY},
            "az://c/b",
            "https://own.blob.core.windows.net/c/b?",
        ),
    ],
)
def test_with_keys_of_the_environment_it_is_signed(setenv, variables, href, begins):
    pytest.importorskip("obstore")
    setenv(variables)

    url = asked(href).url

    assert url.startswith(begins)
    assert "ignature=" in url or "sig=" in url


def test_unsigned_shows_no_credentials(setenv):
    setenv({**KEYS, **ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": AZURE_KEY, "AZURE_STORAGE_SAS_TOKEN": "sig=abc"})
    unsigned = CloudAccess(unsigned=True)

    assert asked("s3://bucket/k", unsigned).url == "https://bucket.s3.amazonaws.com/k"
    assert asked("az://c/b", unsigned).url == "https://own.blob.core.windows.net/c/b"


def test_a_key_is_shown_to_its_own_account_alone(setenv):
    setenv({**ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": AZURE_KEY})

    assert asked("abfss://c@other.dfs.core.windows.net/b").url == "https://other.blob.core.windows.net/c/b"


def test_who_pays_says_so_in_the_signature(setenv):
    pytest.importorskip("obstore")
    setenv(KEYS)

    query = parse_qs(urlsplit(asked("s3://bucket/k", CloudAccess(requester_pays=True)).url).query)

    assert query["x-amz-request-payer"] == ["requester"]


def test_a_container_without_an_account_is_refused_in_one_sentence():
    with pytest.raises(TransferFailed, match="names no storage account, and neither does the environment"):
        asked("az://c/b")


def test_google_signs_with_the_key_of_a_service_account(setenv):
    """There is no emulator here: this is the shape of the address, signed without asking anybody."""
    pytest.importorskip("obstore")
    rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")
    from cryptography.hazmat.primitives import serialization

    pem = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "project_id": "p",
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": "reader@p.iam.gserviceaccount.com",
        "token_uri": "http://127.0.0.1:9/token",
    }
    setenv({"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(account)})

    parts = urlsplit(asked("gs://bucket/a b.tif").url)

    assert (parts.hostname, parts.path) == ("storage.googleapis.com", "/bucket/a%20b.tif")
    query = parse_qs(parts.query)
    today = datetime.datetime.now(datetime.UTC).strftime("%Y%m%d")
    assert query["X-Goog-Credential"] == [
        f"reader@p.iam.gserviceaccount.com/{today}/auto/storage/goog4_request"
    ]
    assert query["X-Goog-Expires"] == ["3600"]
    assert len(query["X-Goog-Signature"][0]) == 512


def test_a_signature_is_made_once_while_it_is_good(setenv):
    pytest.importorskip("obstore")
    setenv(KEYS)
    request_for = request_for_hrefs()
    first = request_for("s3://bucket/k")()

    again = request_for("s3://bucket/k")

    assert isinstance(again, Request)
    assert again.url == first.url


def test_addresses_of_the_web_are_never_signed(setenv):
    """Not those of the very stores that the environment has keys for."""
    setenv({**KEYS, **ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": AZURE_KEY})

    for href in ("https://bucket.s3.amazonaws.com/k", "https://own.blob.core.windows.net/c/b"):
        assert asked(href).url == href
