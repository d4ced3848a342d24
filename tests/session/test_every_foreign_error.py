"""Whatever requests or urllib3 raises, people see an error of ours."""

import errno
import inspect
import os

import pytest
import requests
import urllib3

from radiant_mlhub.answers import no_answer
from radiant_mlhub.exceptions import HubUnreachable, MLHubException


def error_classes(module, base):
    classes = [value for _, value in inspect.getmembers(module, inspect.isclass)]
    # InvalidChunkLength never leaves urllib3 by itself, and has no text without the socket it was read from.
    left_out = (Warning, urllib3.exceptions.InvalidChunkLength)
    return [each for each in classes if issubclass(each, base) and not issubclass(each, left_out)]


FOREIGN = [
    *error_classes(requests.exceptions, requests.RequestException),
    *error_classes(urllib3.exceptions, urllib3.exceptions.HTTPError),
    FileNotFoundError,
    ValueError,
]


@pytest.mark.parametrize("foreign", FOREIGN, ids=lambda each: f"{each.__module__}.{each.__name__}")
def test_every_class_has_a_place(foreign):
    """Built without its constructor: each release of the libraries may add one of any shape."""
    error = no_answer(
        foreign.__new__(foreign), method="GET", url="http://hub.example/x?key=secret", key="secret"
    )

    assert isinstance(error, MLHubException)
    assert "GET http://hub.example/x?key=***" in str(error)


@pytest.mark.parametrize("foreign", FOREIGN, ids=lambda each: f"{each.__module__}.{each.__name__}")
def test_every_class_is_caught(foreign):
    """The session catches OSError, ValueError and urllib3's HTTPError: that is all of them."""
    assert issubclass(foreign, (OSError, ValueError, urllib3.exceptions.HTTPError))


def test_too_few_open_files_are_no_argument_of_anybody():
    refused = OSError(errno.EMFILE, os.strerror(errno.EMFILE), "cacert.pem")

    error = no_answer(refused, method="GET", url="http://hub.example/x", key=None)

    assert isinstance(error, HubUnreachable)
    assert str(error) == "No answer to GET http://hub.example/x: Too many open files"
    assert error.__notes__ == ["Raise the limit (ulimit -n)"]
