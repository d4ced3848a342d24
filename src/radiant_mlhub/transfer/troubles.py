"""What an exception of a request means: another try, or the end. The one border to requests' errors."""

import http.client
import ssl
from collections.abc import Iterator

import requests
from urllib3.exceptions import HTTPError, NameResolutionError, ReadTimeoutError

from ..exceptions import HubRetired, TransferFailed
from ..masking import masked
from .steps import Trouble

_OF_THE_NETWORK = (requests.RequestException, HTTPError, http.client.HTTPException, OSError)
_BROKEN_OFF = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError, TimeoutError)


def trouble_of(error: BaseException) -> Trouble:
    """``error`` as trouble, in words that hold no address and no key."""
    chain = list(_chain(error))
    if isinstance(error, ValueError | TransferFailed | HubRetired):
        return Trouble(_words([error]), is_final=True)
    if _has(chain, ssl.SSLError) and not _has(chain, *_BROKEN_OFF):
        return Trouble(f"no secure connection: {_words(chain)}", is_final=True)
    if isinstance(error, _OF_THE_NETWORK):
        is_slow = isinstance(error, requests.Timeout | TimeoutError) or _has(chain, ReadTimeoutError)
        return Trouble(_said_plainly(error, chain), is_slow=is_slow)
    return Trouble(f"{type(error).__name__}: {_words([error])}", is_final=True)


def _said_plainly(error: BaseException, chain: list[BaseException]) -> str:
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.Timeout | TimeoutError) or _has(chain, ReadTimeoutError):
        return "the server fell silent"
    if _has(chain, NameResolutionError):
        return "the host's name cannot be resolved"
    return f"the connection failed: {_words(chain)}"


def _words(chain: list[BaseException]) -> str:
    """The innermost reason; the outer ones quote the address, key and all."""
    for error in reversed(chain):
        if isinstance(error, OSError) and error.strerror:
            return masked(str(error.strerror))
    return masked(str(chain[-1])) or type(chain[-1]).__name__


def _has(chain: list[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(error, kinds) for error in chain)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """``error``, and what it was made of: causes, contexts, and exceptions given as arguments."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inner = [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]
        waiting.extend(each for each in inner if isinstance(each, BaseException))
