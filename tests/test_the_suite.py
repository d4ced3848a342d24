"""What the suite promises to whoever runs it."""

import socket

import pycurl
import pytest

# Reserved for documentation (RFC 5737): nobody is there, and nobody is asked.
ELSEWHERE = "192.0.2.1"


def test_no_socket_of_pythons_leaves_this_machine():
    with socket.socket() as one, pytest.raises(OSError, match="loopback only"):
        one.connect((ELSEWHERE, 80))


@pytest.mark.parametrize("is_used_again", [False, True])
def test_no_socket_of_libcurls_leaves_this_machine(is_used_again):
    """Not of a handle that was reset, either."""
    handle = pycurl.Curl()
    if is_used_again:
        handle.reset()
    handle.setopt(pycurl.URL, f"http://{ELSEWHERE}/")
    handle.setopt(pycurl.TIMEOUT_MS, 2000)

    with pytest.raises(pycurl.error) as error:
        handle.perform()

    assert error.value.args[0] == pycurl.E_COULDNT_CONNECT
    assert handle.getinfo(pycurl.OS_ERRNO) == 0  # the system was not even asked
    handle.close()
