"""What stands around the bodies: other origins, compression, versions."""

import gzip

import pytest

PAGE = "https://browser.example.org"


@pytest.mark.parametrize("path", ["datasets", "collections/fields", "search", "no/such/path"])
def test_pages_of_other_origins_may_read_every_answer(crops, path):
    answer = crops.get(path, headers={"Origin": PAGE})

    exposed = answer.headers["Access-Control-Expose-Headers"].lower().split(", ")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert {"etag", "content-range", "accept-ranges", "content-length", "last-modified"} <= set(exposed)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_browser_is_told_beforehand_what_it_may_send(crops, method):
    wanted = {"Origin": PAGE, "Access-Control-Request-Method": method}
    wanted["Access-Control-Request-Headers"] = "authorization,range,if-range,if-none-match,content-type"

    answer = crops.ask("OPTIONS", "search", with_key=False, headers=wanted)

    allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert answer.status_code == 200
    assert method in answer.headers["Access-Control-Allow-Methods"].split(", ")
    assert {"authorization", "range", "if-range", "if-none-match", "content-type"} <= set(allowed)


def test_larger_answers_are_compressed_for_those_who_take_it(crops):
    plain = crops.get("search", headers={"Accept-Encoding": "identity"})
    small = crops.get("search", headers={"Accept-Encoding": "deflate, gzip;q=0.5"}, stream=True)

    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small.headers["Vary"]
    assert gzip.decompress(small.raw.read()) == plain.content
    assert int(small.headers["Content-Length"]) < len(plain.content) / 2


@pytest.mark.parametrize("accepted", ["identity", "br", "gzip;q=0", "gzip; q=0.000", ""])
def test_others_get_them_as_they_are(crops, accepted):
    assert "Content-Encoding" not in crops.get("search", headers={"Accept-Encoding": accepted}).headers


def test_who_has_an_object_already_is_told_so(crops):
    first = crops.get("collections/fields")

    again = crops.get("collections/fields", headers={"If-None-Match": f'"other", {first.headers["ETag"]}'})
    other = crops.get("collections/labels", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert other.status_code == 200


def test_an_address_of_an_archive_is_kept_by_nobody(crops):
    assert crops.get("archive/labels").headers["Cache-Control"] == "no-store"
