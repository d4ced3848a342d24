"""Ctrl-C while libcurl hands over what has come: the one place where it passes through foreign code."""

import sys

import pytest

from radiant_mlhub.transfer import fetch_all, plain_request_for
from support.fetching import transfer_to

pycurl = pytest.importorskip("pycurl")


@pytest.fixture
def at_its_beginning():
    """A function: raise KeyboardInterrupt where ``code`` begins, before any handler of its own is there.

    That is where the interpreter looks for signals first.
    """

    def raise_at(code):
        def called(frame, _event, _value):
            if frame.f_code is code:
                sys.settrace(None)
                raise KeyboardInterrupt

        sys.settrace(called)

    before = sys.gettrace()
    yield raise_at
    sys.settrace(before)


def test_it_is_told_as_such_although_libcurl_goes_on_calling(server, tmp_path, at_its_beginning):
    """An older pycurl calls the next function with it pending, which fails for a reason of its own."""
    from radiant_mlhub.transfer.curl_line import Line

    files = [server.add(f"{n}.bin", bytes(2_000_000), trickle_s=0.01) for n in range(8)]
    transfers = [transfer_to(tmp_path / f"{n}.bin", file.href) for n, file in enumerate(files)]

    at_its_beginning(Line._body.__code__)
    with pytest.raises(KeyboardInterrupt):
        list(fetch_all(transfers, request_for=plain_request_for()))
