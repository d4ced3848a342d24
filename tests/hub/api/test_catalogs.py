"""The catalog archive, from the first redirect to its last byte: the recorded one, published anew."""

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from radiant_mlhub.hub.folder import HubFolder
from radiant_mlhub.hub.publishing import publish
from support import recorded_hub
from support.published import PublishedHub, published_hub

pytestmark = pytest.mark.skipif(not recorded_hub.available(), reason=recorded_hub.WHY_SKIPPED)

ARCHIVE = recorded_hub.RECORDINGS / "bodies" / "catalog__nasa_marine_debris.tar.gz"


@pytest.fixture(scope="module")
def debris(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublishedHub]:
    """A hub with the recorded catalog, its assets left where they are."""
    folder = tmp_path_factory.mktemp("debris")
    with published_hub(folder) as hub:
        publish(HubFolder(folder), hub.store, ARCHIVE, dataset_id="nasa_marine_debris", how="remote")
        yield hub


@pytest.fixture
def address(debris) -> str:
    """Where the hub says that the archive is."""
    return debris.get("catalog/nasa_marine_debris").headers["Location"]


def ask(method: str, address: str, **headers: str) -> requests.Response:
    return requests.request(method, address, headers=headers, timeout=60, allow_redirects=False)


def members(archive: bytes) -> dict[str, dict]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        files = [member for member in opened if member.isfile()]
        return {member.name: json.load(opened.extractfile(member)) for member in files}


def test_the_redirect_leads_to_a_file_of_the_datasets_name(debris, address):
    """The original client names what it saves after the last part of the address."""
    answer = debris.get("catalog/nasa_marine_debris")

    assert (answer.status_code, answer.content) == (303, b"")
    assert urlsplit(address).path.endswith("/nasa_marine_debris.tar.gz")
    assert debris.ask("HEAD", "catalog/nasa_marine_debris").status_code == 303


def test_the_archive_holds_the_recorded_items_and_assets(address):
    ours, theirs = members(ask("GET", address).content), members(ARCHIVE.read_bytes())

    assert ours.keys() == theirs.keys()
    for name, recorded in theirs.items():
        assert ours[name]["id"] == recorded["id"] or name == "nasa_marine_debris/catalog.json"
        hrefs = {key: asset["href"] for key, asset in recorded.get("assets", {}).items()}
        assert {key: asset["href"] for key, asset in ours[name].get("assets", {}).items()} == hrefs


def test_the_headers_are_those_of_the_recorded_store(address):
    rows = map(json.loads, (recorded_hub.RECORDINGS / "requests.jsonl").read_text().splitlines())
    recorded = next(row["response_headers"] for row in rows if not row["api"])

    answer = ask("GET", address)

    of_azure = {name for name in recorded if name.startswith("x-ms-")} | {
        "server",
        "access-control-allow-origin",
    }
    assert recorded.keys() - of_azure <= {name.lower() for name in answer.headers}
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    digest = hashlib.md5(answer.content, usedforsecurity=False).digest()
    assert answer.headers["Content-MD5"] == base64.b64encode(digest).decode()


def test_a_part_a_head_and_a_condition_are_answered(address):
    whole = ask("GET", address)

    head = ask("HEAD", address)
    part = ask("GET", address, Range="bytes=100-199")
    beyond = ask("GET", address, Range=f"bytes={len(whole.content)}-")
    known = ask("GET", address, **{"If-None-Match": whole.headers["ETag"]})

    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(whole.content)))
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(whole.content)}")
    assert (known.status_code, known.content) == (304, b"")


def test_the_archive_wants_its_token(address):
    without, _, token = address.partition("?")

    assert ask("GET", without).status_code == 401
    assert ask("GET", f"{without}?token={'0' * 40}").status_code == 401
    assert ask("GET", f"{without.replace('nasa', 'esa')}?{token}").status_code == 401


def test_an_address_of_another_version_is_refused_with_advice(debris, address):
    """Published anew, the dataset has another archive; who asks again is led to it."""
    version = urlsplit(address).path.split("/")[-2]
    answer = debris.get("catalog/nasa_marine_debris", headers={})
    other = requests.get(
        address.replace(version, "another-version").partition("?")[0],
        headers={"Authorization": f"Bearer {debris.key}"},
        timeout=60,
    )

    assert answer.status_code == 303
    assert (other.status_code, "Ask for the catalog again" in other.json()["detail"]) == (404, True)


def test_its_size_is_told_beforehand(debris, address):
    assert debris.get("catalog/nasa_marine_debris/info").json() == {
        "dataset": "nasa_marine_debris",
        "stac_catalog_size": int(ask("HEAD", address).headers["Content-Length"]),
        "estimated_dataset_size": 0,
    }
