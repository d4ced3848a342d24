"""The rules of one file, asked and answered by hand: no socket, no file."""

import pytest

from radiant_mlhub.transfer import FileRecord, Patience, Transfer
from radiant_mlhub.transfer.answers import Answer, Version
from radiant_mlhub.transfer.present import FileFound, Found, PartFound
from radiant_mlhub.transfer.rules import FileRules
from radiant_mlhub.transfer.steps import (
    Ask,
    Digests,
    Failed,
    Fetched,
    Hash,
    Kept,
    NewPart,
    Pause,
    Receive,
    Trouble,
)

HREF = "https://example.org/scene.tif"


class Play:
    """Answers the rules' steps, and keeps the step that comes next."""

    def __init__(self, found=None, patience=None, **fields):
        self.rules = FileRules(
            Transfer(HREF, "/data/scene.tif", "/data", **fields),
            found or Found(),
            patience or Patience(),
            lambda: 1.0,
        )
        self.steps = self.rules.main()
        self.verdict = None
        self.step = None
        self.send(None)

    def send(self, value):
        try:
            self.step = self.steps.send(value)
        except StopIteration as stop:
            self.step, self.verdict = None, stop.value
        return self.step

    def answer(self, status, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(Answer(status, named, HREF))

    def receive(self, size, trouble=None):
        """Bytes arrive as the driver would bring them."""
        assert isinstance(self.step, Receive)
        at, stretch = self.step.at, self.step.stretch
        size = stretch.wanted(at, size)
        self.rules.done.add(at, at + size)
        stretch.pos = max(stretch.pos, at + size)
        return self.send(trouble)


def test_a_fresh_file_is_one_plain_request_and_a_look_at_its_digest():
    play = Play()
    assert play.step == Ask(HREF, {"Accept-Encoding": "identity"})

    assert isinstance(play.answer(200, content_length="10", etag='"a"'), NewPart)
    assert play.send(None).at == 0
    play.receive(10)
    assert play.verdict is None
    finish = play.rules.finish()
    assert next(finish) == Hash(frozenset({"crc32"}))
    with pytest.raises(StopIteration) as stop:
        finish.send(Digests({"crc32": "00000000"}))

    assert stop.value.value == Fetched("crc32:00000000", "length")


def test_after_trouble_it_waits_and_asks_for_the_rest_of_this_version():
    play = Play()
    play.answer(200, content_length="100", etag='"a"')
    play.send(None)

    assert play.receive(40, Trouble("cut")) == Pause(0.5)

    assert play.send(None).headers == {
        "Accept-Encoding": "identity",
        "Range": "bytes=40-",
        "If-Range": '"a"',
    }


@pytest.mark.parametrize(
    ("headers", "if_range"),
    [
        ({"etag": '"a"', "last_modified": "Mon"}, '"a"'),
        ({"etag": 'W/"a"', "last_modified": "Mon"}, "Mon"),
        ({"last_modified": "Mon"}, "Mon"),
        ({"etag": 'W/"a"'}, None),
        ({"etag": "0x8D4BCC2E4835CD0"}, None),
    ],
)
def test_if_range_holds_a_strong_etag_else_the_date(headers, if_range):
    """A weak ETag, or one without quotes, is compared in the answer instead."""
    play = Play()
    play.answer(200, content_length="100", **headers)
    play.send(None)
    play.receive(40, Trouble("cut"))

    asked = play.send(None).headers

    assert asked["Range"] == "bytes=40-"
    assert asked.get("If-Range") == if_range


def test_a_silent_server_is_waited_for_as_long_as_is_documented():
    """Ten seconds for a connection, a minute for the next byte, unless somebody says otherwise."""
    assert (Patience().connect_s, Patience().silence_s) == (10, 60)


def test_waits_double_up_to_a_limit_and_end_after_six_tries():
    play = Play(patience=Patience(longest_wait_s=3))
    waits = []
    while play.verdict is None:
        step = play.send(Trouble("no"))
        if step is not None:
            waits.append(step.seconds)
            play.send(None)

    assert waits == [0.5, 1, 2, 3, 3]
    assert isinstance(play.verdict, Failed)


def test_retry_after_is_kept_where_it_is_longer():
    assert Play().answer(503, retry_after="7") == Pause(7.0)


def test_416_is_whole_only_if_length_and_version_agree():
    part = PartFound(Version(etag='"a"', total=None), ((0, 50),))

    play = Play(Found(part=part))
    assert play.step.headers["Range"] == "bytes=50-"
    play.answer(416, content_range="bytes */50", etag='"a"')
    assert (play.step, play.verdict) == (None, None)

    for headers in (
        {"content_range": "bytes */49", "etag": '"a"'},
        {"content_range": "bytes */50", "etag": '"b"'},
    ):
        play = Play(Found(part=part))
        assert isinstance(play.answer(416, **headers), Pause)
        assert "Range" not in play.send(None).headers


def test_a_record_that_agrees_needs_no_step_at_all():
    record = FileRecord(5, 7, '"a"', "md5:00")
    play = Play(Found(file=FileFound("/data/scene.tif", 5, 7)), record=record)

    assert play.verdict == Kept('"a"', "md5:00", "length")


@pytest.mark.parametrize(
    ("validator", "header"),
    [('"a"', "If-None-Match"), ("Mon, 01 Jan 2024 00:00:00 GMT", "If-Modified-Since")],
)
def test_revalidating_names_what_is_recorded(validator, header):
    found = Found(file=FileFound("/data/scene.tif", 5, 7))
    play = Play(found, record=FileRecord(5, 7, validator, "md5:00"), revalidate=True)

    assert play.step.headers[header] == validator
    play.answer(304)

    assert play.verdict == Kept(validator, "md5:00", "length", is_unchanged=True)


def test_a_304_that_nobody_asked_for_is_an_error():
    play = Play()
    play.answer(304)

    assert play.verdict == Failed("304 Not Modified", 304)
