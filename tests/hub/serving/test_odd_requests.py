"""What two servers could read in two ways is refused, and the connection ends."""

import pytest

from support.served import exchange, get, status

HEAD = b"POST /echo HTTP/1.1\r\nHost: hub\r\n"
SECOND = b"GET /open HTTP/1.1\r\nHost: hub\r\n\r\n"
CHUNKED = b"0\r\n\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED + SECOND,
        HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + CHUNKED + SECOND,
        HEAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello" + SECOND,
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello" + SECOND,
        HEAD + b"Content-Length: 5, 5\r\n\r\nhello" + SECOND,
        HEAD + b"Content-Length: +5\r\n\r\nhello" + SECOND,
        HEAD + b"Content-Length: -1\r\n\r\n" + SECOND,
        HEAD + b"Content-Length: 0x5\r\n\r\nhello" + SECOND,
        HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n" + SECOND,
        HEAD + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKED + SECOND,
        HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKED + SECOND,
        HEAD + b"Transfer-Encoding : chunked\r\n\r\n" + CHUNKED + SECOND,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + SECOND,
        b"GET /open HTTP/1.1\r\n\r\n" + SECOND,
        b"GET /open HTTP/1.1\r\nHost: hub\r\nHost: other\r\n\r\n" + SECOND,
        b"GET /open HTTP/1.1\r\nHost: hub\r\n X: folded\r\n\r\n" + SECOND,
        b"GET /open HTTP/1.1\r\nHost: hub\r\nX: a\0b\r\n\r\n" + SECOND,
        b"GET /open\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /" + b"\xff\xfe HTTP/1.1\r\nHost: hub\r\n\r\n" + SECOND,
    ],
)
def test_an_ambiguous_request_is_refused_once_and_closes(origin, request_bytes):
    """Nothing behind it is read as a request of its own."""
    answer = exchange(origin, request_bytes)

    assert status(answer) == 400
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"connection: close\r\n" in answer


def test_a_hundred_headers_are_taken_and_one_more_is_not(origin):
    def asked(count):
        return exchange(origin, get("/open", {f"X-{number}": "1" for number in range(count - 2)}))

    assert status(asked(100)) == 200
    assert status(asked(101)) == 431


@pytest.mark.parametrize(
    "request_bytes",
    [
        get("/open", {"X": "x" * 33_000}),
        get("/open?" + "x" * 33_000),
        get("/open", {f"X-{number}": "x" * 400 for number in range(90)}),
    ],
)
def test_more_than_32_kib_of_head_is_refused(origin, request_bytes):
    assert status(exchange(origin, request_bytes)) == 431


def test_32_kib_of_head_are_taken(origin):
    assert status(exchange(origin, get("/open", {"X": "x" * 32_000}))) == 200


def test_a_head_without_end_is_refused_before_it_ends(origin):
    answer = exchange(origin, b"GET /open HTTP/1.1\r\nX: " + b"x" * 1_000_000)

    assert status(answer) == 431


@pytest.mark.parametrize("upgrade", ["websocket", "h2c", "TLS/1.0, HTTP/1.1"])
def test_an_upgrade_is_declined_by_an_ordinary_answer(origin, upgrade):
    answer = exchange(origin, get("/open", {"Connection": "close, Upgrade", "Upgrade": upgrade}))

    assert status(answer) == 200
    assert answer.endswith(b"open")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"BREW /pot HTTP/1.1\r\nHost: hub\r\n\r\n",
    ],
)
def test_what_no_hub_does_is_refused(origin, request_bytes):
    assert status(exchange(origin, request_bytes, timeout_s=3)) in (400, 404, 405)


@pytest.mark.parametrize("endless", [b"0\r\nX: ", b"5;", b'5;name="'])
def test_a_trailer_or_an_extension_of_a_chunk_without_end_is_refused(origin, endless):
    """The parser would keep it, and the body has its own bound."""
    head = b"POST /echo HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n"

    answer = exchange(origin, head + endless + b"x" * 3_000_000)

    assert status(answer) in (400, 431)


def test_an_answer_under_way_stays_whole_when_rubbish_follows(shelf, origin):
    """The second request is refused by closing, not in the middle of the first one's answer."""
    content = b"abcdefgh" * 500_000
    row = shelf.add("a.bin", content)
    shelf.publish()

    answer = exchange(origin, get(shelf.address(row), close=False) + b"\x00rubbish\r\n\r\n")

    head, _, body = answer.partition(b"\r\n\r\n")
    assert status(head) == 200
    assert body == content


def test_requests_sent_in_one_piece_are_answered_in_order(shelf, origin):
    first, second = shelf.add("1.bin", b"1" * 300_000), shelf.add("2.bin", b"2" * 300_000)
    shelf.publish()

    asked = get(shelf.address(first), close=False) + get("/open", close=False)
    answer = exchange(origin, asked + get(shelf.address(second)))

    bodies = [part.partition(b"\r\n\r\n")[2] for part in answer.split(b"HTTP/1.1 200 OK")[1:]]
    assert bodies == [b"1" * 300_000, b"open", b"2" * 300_000]


def test_a_hundred_requests_may_wait_for_their_answers(origin):
    """Ten thousand would fit into one piece that the server reads, and take a hundred times its memory."""
    answer = exchange(origin, get("/open", close=False) * 1000)

    assert 100 <= answer.count(b"HTTP/1.1 200 OK") <= 102
    assert answer.endswith(b"open")
    assert answer.count(b"connection: close") == 1


def test_requests_before_one_that_is_refused_are_answered(shelf, origin):
    row = shelf.add("first.bin", b"1" * 3_000_000)
    shelf.publish()
    asked = get(shelf.address(row), close=False) + get("/open", close=False) * 2

    answer = exchange(origin, asked + b"rubbish\r\n\r\n")

    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert answer.endswith(b"open")
