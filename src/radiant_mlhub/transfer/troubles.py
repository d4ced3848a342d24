"""What an exception of a request means: another try, or the end. The one border to requests' errors.

Loaded by those who do without requests, and asked when there may be no file left to open: so it
imports none of the modules whose errors it knows. While nobody has loaded them, there can be none.
"""

import sys
from collections.abc import Iterator

from ..exceptions import TransferFailed
from ..masking import masked
from .steps import Trouble

_Kinds = tuple[type[BaseException], ...]


def trouble_of(error: BaseException) -> Trouble:
    """``error`` as trouble, in words that hold no address and no key."""
    chain = list(_chain(error))
    final: _Kinds = (ValueError, TransferFailed, *_of("radiant_mlhub.requests_exceptions", "HubRetired"))
    if isinstance(error, final):
        return Trouble(_words([error]), is_final=True)
    broken_off: _Kinds = (*_of("ssl", "SSLEOFError", "SSLZeroReturnError"), ConnectionError, TimeoutError)
    if _has(chain, *_of("ssl", "SSLError")) and not _has(chain, *broken_off):
        return Trouble(f"no secure connection: {_words(chain)}", is_final=True)
    if isinstance(error, (OSError, *_of_the_network())):
        return Trouble(_said_plainly(error, chain), is_slow=_is_slow(error, chain))
    return Trouble(f"{type(error).__name__}: {_words([error])}", is_final=True)


def _of(module: str, *names: str) -> _Kinds:
    """Exceptions of a module; none while it is not loaded."""
    loaded = sys.modules.get(module)
    return tuple(getattr(loaded, name) for name in names if hasattr(loaded, name))


def _of_the_network() -> _Kinds:
    return (
        *_of("requests.exceptions", "RequestException"),
        *_of("urllib3.exceptions", "HTTPError"),
        *_of("http.client", "HTTPException"),
    )


def _is_slow(error: BaseException, chain: list[BaseException]) -> bool:
    timeouts: _Kinds = (TimeoutError, *_of("requests.exceptions", "Timeout"))
    return isinstance(error, timeouts) or _has(chain, *_of("urllib3.exceptions", "ReadTimeoutError"))


def _said_plainly(error: BaseException, chain: list[BaseException]) -> str:
    if isinstance(error, _of("requests.exceptions", "ConnectTimeout")):
        return "no connection in time"
    if _is_slow(error, chain):
        return "the server fell silent"
    if _has(chain, *_of("urllib3.exceptions", "NameResolutionError")):
        return "the host's name cannot be resolved"
    if _has(chain, *_of("urllib3.exceptions", "ProxyError")):
        return f"the connection to the proxy failed: {_words(chain)}"
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
