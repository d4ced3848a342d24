"""Files are served as careful clients need them, and only files of the hub."""

import base64
import hashlib
import http.client
import os
import time
from urllib.parse import urlsplit

import pytest
import requests

NAME = "demo-crops/documentation.pdf"


@pytest.fixture
def ask(hub):
    """Ask for a file; keyword arguments are headers."""

    def ask(method: str = "GET", name: str = NAME, **headers: str) -> requests.Response:
        headers = {field.replace("_", "-"): value for field, value in headers.items()}
        return requests.request(method, f"{hub.origin}/files/{name}", headers=headers, timeout=10)

    return ask


@pytest.fixture
def content(hub, hub_folder) -> bytes:
    return (hub_folder / NAME).read_bytes()


def test_a_whole_file_comes_with_its_length_digest_and_validators(ask, content):
    answer = ask()

    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["Content-MD5"] == base64.b64encode(hashlib.md5(content).digest()).decode()
    assert answer.headers["ETag"] == f'"{hashlib.md5(content).hexdigest()}"'
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert "GMT" in answer.headers["Last-Modified"]


def test_head_says_what_get_says(ask):
    def without_date(answer: requests.Response) -> dict[str, str]:
        return {name: value for name, value in answer.headers.items() if name != "date"}

    assert without_date(ask("HEAD")) == without_date(ask("GET"))
    assert ask("HEAD").content == b""


@pytest.mark.parametrize(
    ("asked", "first", "end"), [("bytes=10-19", 10, 20), ("bytes=800-", 800, None), ("bytes=-7", -7, None)]
)
def test_a_range_is_that_part(ask, content, asked, first, end):
    answer = ask(Range=asked)

    assert (answer.status_code, answer.content) == (206, content[first:end])
    start = first % len(content)
    last = start + len(answer.content) - 1
    assert answer.headers["Content-Range"] == f"bytes {start}-{last}/{len(content)}"


def test_a_part_does_not_carry_the_digest_of_the_whole_as_its_own(ask, content):
    answer = ask(Range="bytes=0-9")

    assert "Content-MD5" not in answer.headers
    assert base64.b64decode(answer.headers["x-ms-blob-content-md5"]) == hashlib.md5(content).digest()


def test_a_range_that_ends_one_byte_late_is_answered_with_what_there_is(ask, content):
    """Client 0.5.5 asks so for the last range of an archive."""
    answer = ask(Range=f"bytes=0-{len(content)}")

    assert (answer.status_code, answer.content) == (206, content)


def test_a_range_past_the_end_is_refused_with_the_length(ask, content):
    answer = ask(Range=f"bytes={len(content)}-")

    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(content)}"


def test_a_range_of_another_version_is_answered_with_the_whole(ask, content):
    etag = ask("HEAD").headers["ETag"]

    assert ask(Range="bytes=5-", If_Range=etag).status_code == 206
    assert ask(Range="bytes=5-", If_Range='"older"').content == content


def test_who_has_this_version_gets_no_body(ask):
    etag = ask("HEAD").headers["ETag"]

    answer = ask(If_None_Match=f'"older", W/{etag}')

    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == etag
    assert ask(If_None_Match='"older"').status_code == 200


def test_a_file_that_changes_within_a_second_has_another_etag(ask, hub_folder):
    path = hub_folder / "changing.txt"
    path.write_bytes(b"one")
    moment = time.time_ns()
    os.utime(path, ns=(moment, moment))
    before = ask(name="changing.txt").headers["ETag"]

    path.write_bytes(b"two")
    os.utime(path, ns=(moment + 1000, moment + 1000))

    assert ask(name="changing.txt").headers["ETag"] != before


@pytest.mark.parametrize(
    "path",
    [
        "/files/../secret.txt",
        "/files/%2e%2e/secret.txt",
        "/files/..%2fsecret.txt",
        "/files/%2e%2e%2fsecret.txt",
        "/files/demo-crops/../../secret.txt",
        "/files/demo-crops/..%5c..%5csecret.txt",
        "/files//etc/passwd",
        "/files/%2fetc%2fpasswd",
        "/files/demo-crops%00/documentation.pdf",
        "/files/%ff%fe",
        "/files/" + "a" * 5000,
        "/files/",
        "/files/demo-crops",
        "/files/link-out",
        "/files/folder-out/secret.txt",
    ],
)
def test_nothing_outside_the_folder_is_given(hub, hub_folder, path):
    """The paths go over the wire as they stand here: no client tidies them up."""
    for name, target in (("link-out", "secret.txt"), ("folder-out", "")):
        link = hub_folder / name
        if not link.is_symlink():
            link.symlink_to(hub_folder.parent / target)
    connection = http.client.HTTPConnection(urlsplit(hub.origin).netloc, timeout=10)

    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()

    assert answer.status == 404
    assert b"outside" not in body


def test_the_log_of_requests_holds_no_key(hub, get_with_key):
    get_with_key("datasets")

    assert hub.answers[-1] == "GET /mlhub/v1/datasets 200"
