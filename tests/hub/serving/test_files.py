"""Files as a careful client asks for them: ranges, conditions, digests, types (RFC 9110)."""

import base64
import hashlib
import os
import re
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from pathlib import Path

import pytest
import requests

from support.served import connected, everything, get, status

CONTENT = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def chip(shelf):
    row = shelf.add("assets/chip.tif", CONTENT)
    shelf.publish()
    return row


@pytest.fixture
def ask(origin, shelf, chip):
    def ask(headers=None, method="GET", row=chip):
        return requests.request(method, origin + shelf.address(row), headers=headers, timeout=10)

    return ask


def test_a_whole_file_comes_with_what_tells_it_from_another(ask, chip):
    answer = ask()

    md5 = hashlib.md5(CONTENT)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["ETag"] == f'"{md5.hexdigest()}"'
    assert answer.headers["Content-MD5"] == base64.b64encode(md5.digest()).decode()
    assert answer.headers["Last-Modified"] == formatdate(chip.mtime_ns // 10**9, usegmt=True)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Length"] == str(len(CONTENT))


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-9"}, {"If-None-Match": "*"}, {"If-Match": '"x"'}])
def test_head_is_get_without_a_body(ask, headers):
    """But for ranges, which HTTP defines for GET alone."""
    asked = ask({name: value for name, value in headers.items() if name != "Range"})
    told = ask(headers, method="HEAD")

    assert told.content == b""
    assert told.status_code == asked.status_code
    ignored = {"date", "content-length"} if asked.status_code == 412 else {"date"}
    assert _without(told.headers, ignored) == _without(asked.headers, ignored)


def _without(headers, names):
    return {name.lower(): value for name, value in headers.items() if name.lower() not in names}


@pytest.mark.parametrize(
    ("asked_for", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=5-9", 5, 10),
        ("bytes=10000-", 10_000, 10_240),
        ("bytes=10000-99999999999", 10_000, 10_240),
        ("bytes=-5", 10_235, 10_240),
        ("bytes=-99999", 0, 10_240),
        ("BYTES = 5-9", 5, 10),
        ("bytes=20000-30000, 7-8", 7, 9),
        ("bytes=,7-8,", 7, 9),
    ],
)
def test_a_part(ask, asked_for, start, end):
    answer = ask({"Range": asked_for})

    assert (answer.status_code, answer.content) == (206, CONTENT[start:end])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/10240"
    assert "Content-MD5" not in answer.headers  # that would speak of the part
    assert answer.headers["x-ms-blob-content-md5"] == base64.b64encode(hashlib.md5(CONTENT).digest()).decode()


def test_several_parts_come_in_the_order_asked_for(ask):
    answer = ask({"Range": "bytes=100-199, 0-9, -1"})

    assert answer.status_code == 206
    boundary = re.fullmatch(r"multipart/byteranges; boundary=(\w+)", answer.headers["Content-Type"])[1]
    parts = answer.content.split(f"--{boundary}".encode())
    told = [part.strip(b"\r\n").partition(b"\r\n\r\n")[0].decode() for part in parts[1:-1]]
    bodies = [part.partition(b"\r\n\r\n")[2][:-2] for part in parts[1:-1]]
    assert bodies == [CONTENT[100:200], CONTENT[0:10], CONTENT[-1:]]
    assert told[0] == ("Content-Type: image/tiff; application=geotiff\r\nContent-Range: bytes 100-199/10240")
    assert int(answer.headers["Content-Length"]) == len(answer.content)


@pytest.mark.parametrize(
    "asked_for",
    [
        "bytes=10240-",
        "bytes=99999-100000",
        "bytes=-0",
        "bytes=9-5",
        "bytes=0-9,5-14",
        "bytes=0-,0-",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=1-2-3",
        "bytes=+1-2",
        "bytes=1_0-20",
        "bytes=\u0663-9".encode(),
        "bytes=0x0-9",
        "bytes=--5",
        "bytes=0-" + "9" * 40,
        "bytes=" + ",".join(f"{2 * n}-{2 * n}" for n in range(101)),
    ],
)
def test_a_range_that_cannot_be_sent_is_refused_with_the_size(ask, asked_for):
    answer = ask({"Range": asked_for})

    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == "bytes */10240"
    assert answer.json()["detail"]


@pytest.mark.parametrize("asked_for", ["items=0-5", "seconds=1-2", "nonsense"])
def test_another_unit_is_ignored(ask, asked_for):
    assert ask({"Range": asked_for}).status_code == 200


def test_a_part_is_sent_only_of_the_file_the_client_has(ask):
    whole = ask()

    def status_if(if_range):
        return ask({"Range": "bytes=0-9", "If-Range": if_range}).status_code

    assert status_if(whole.headers["ETag"]) == 206
    assert status_if(whole.headers["Last-Modified"]) == 206
    assert status_if('"another"') == 200
    assert status_if(f"W/{whole.headers['ETag']}") == 200
    assert status_if("Mon, 01 Jan 2001 00:00:00 GMT") == 200
    assert ask({"Range": "bytes=99999-", "If-Range": '"another"'}).status_code == 200


def test_what_the_client_has_is_not_sent_again(ask, chip):
    etag, date = ask().headers["ETag"], ask().headers["Last-Modified"]
    earlier = formatdate(chip.mtime_ns // 10**9 - 60, usegmt=True)

    assert ask({"If-None-Match": etag}).status_code == 304
    assert ask({"If-None-Match": f'"x", W/{etag}'}).status_code == 304
    assert ask({"If-None-Match": "*"}).headers["ETag"] == etag
    assert ask({"If-None-Match": '"x"'}).status_code == 200
    assert ask({"If-Modified-Since": date}).status_code == 304
    assert ask({"If-Modified-Since": earlier}).status_code == 200
    assert ask({"If-Modified-Since": date, "If-None-Match": '"x"'}).status_code == 200
    assert ask({"If-Modified-Since": "yesterday"}).status_code == 200
    assert ask({"If-Match": '"x"'}).status_code == 412
    assert ask({"If-Match": etag}).status_code == 200
    assert ask({"If-Unmodified-Since": earlier}).status_code == 412
    assert ask({"If-Unmodified-Since": date}).status_code == 200


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("a.tif", "image/tiff; application=geotiff"),
        ("b.TIFF", "image/tiff; application=geotiff"),
        ("c.geojson", "application/geo+json"),
        ("d.parquet", "application/vnd.apache.parquet"),
        ("e.tar.gz", "application/gzip"),
        ("f.json", "application/json"),
        ("g.pdf", "application/pdf"),
        ("h", "application/octet-stream"),
    ],
)
def test_the_name_tells_the_media_type_where_the_catalog_does_not(shelf, ask, path, media_type):
    row = shelf.add(path, b"x")
    shelf.publish()

    assert ask(row=row).headers["Content-Type"] == media_type


def test_the_catalogs_media_type_goes_before_the_names(shelf, ask):
    cog = "image/tiff; application=geotiff; profile=cloud-optimized"
    row = shelf.add("a.tif", b"x", media_type=cog)
    shelf.publish()

    assert ask(row=row).headers["Content-Type"] == cog


@pytest.mark.parametrize(
    "told", ["image/tiff; “a”", "text/plain\r\nX-Told: yes", "image/png, text/html", " text/html", "none", ""]
)
def test_what_is_no_media_type_is_not_sent_as_one(shelf, ask, told):
    """Catalogs are other people's: a header holds nothing of theirs but what may stand in it."""
    row = shelf.add("a.tif", b"x", media_type=told)
    shelf.publish()
    answer = ask(row=row)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/tiff; application=geotiff"
    assert "X-Told" not in answer.headers


@pytest.mark.parametrize(
    "told", ["Text/HTML", "text/html;charset=utf-8", "application/atom+xml", "text/xsl", "multipart/mixed"]
)
def test_no_spelling_of_a_media_type_lets_a_page_run(shelf, ask, told):
    row = shelf.add("page", b"<script>alert(1)</script>", media_type=told)
    shelf.publish()

    assert ask(row=row).headers["Content-Security-Policy"].startswith("sandbox;")


@pytest.mark.parametrize("path", ["page.html", "drawing.svg", "page.xhtml", "style.xml"])
def test_a_published_page_runs_nothing_in_the_hubs_name(shelf, ask, path):
    """Publishing a page is not taking over the hub's own pages."""
    row = shelf.add(path, b"<script>alert(1)</script>")
    shelf.publish()

    assert ask(row=row).headers["Content-Security-Policy"].startswith("sandbox;")
    assert ask(row=row).headers["X-Content-Type-Options"] == "nosniff"


def test_an_empty_file(shelf, ask):
    row = shelf.add("empty", b"")
    shelf.publish()

    assert ask(row=row).content == b""
    assert ask({"Range": "bytes=0-"}, row=row).status_code == 416


@pytest.mark.parametrize("change", ["longer", "touched", "gone", "folder", "pipe"])
def test_a_file_left_in_its_place_that_is_another_now(shelf, ask, tmp_path, change):
    """The catalog's size and digest would be wrong: nothing is sent, and the answer says why."""
    mine = tmp_path / "mine.tif"
    row = shelf.add(f"{change}.tif", CONTENT, in_place=mine)
    shelf.publish()
    assert ask(row=row).content == CONTENT

    _change(mine, change)
    answer = ask(row=row)

    assert answer.status_code == 404
    assert change == "gone" or "has changed since it was published" in answer.text


def _change(file: Path, change: str) -> None:
    if change == "longer":
        file.write_bytes(CONTENT + b"x")
    elif change == "touched":
        os.utime(file, (1, 1))
    else:
        file.unlink()
    if change == "folder":
        file.mkdir()
    elif change == "pipe":
        os.mkfifo(file)


def test_a_file_being_sent_stays_whole_when_its_version_goes(shelf, origin):
    """The descriptor is open: what it names stays until it is closed."""
    content = os.urandom(1 << 20) * 8
    row = shelf.add("whole.bin", content)
    shelf.publish()
    with connected(origin) as connection:
        connection.sendall(get(shelf.address(row)))
        begun = connection.recv(100_000)

        shelf.file(row).unlink()
        shelf.store.unpublish("crops")
        answer = begun + everything(connection)

        assert status(answer) == 200
        assert answer.partition(b"\r\n\r\n")[2] == content


def test_a_file_cut_while_it_is_sent_ends_the_connection(shelf, origin):
    """Fewer bytes than announced: the client sees that something is missing."""
    row = shelf.add("cut.bin", b"x" * 8_000_000)
    shelf.publish()
    with connected(origin) as connection:
        connection.sendall(get(shelf.address(row)))
        begun = connection.recv(1000)

        os.truncate(shelf.file(row), 100_000)
        answer = begun + everything(connection)

        assert len(answer) < 8_000_000
        assert requests.get(f"{origin}/open", timeout=5).ok


def test_many_ask_for_one_file_at_once(shelf, origin):
    content = os.urandom(1 << 20)
    row = shelf.add("asked_by_many.bin", content)
    shelf.publish()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(requests.get, [origin + shelf.address(row)] * 16))

    assert [answer.content for answer in answers] == [content] * 16
