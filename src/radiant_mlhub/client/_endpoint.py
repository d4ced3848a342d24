"""One endpoint asked: ids quoted into its path, and what an answer of 404 means.

Everything else an answer may mean is the session's rule (``RequestRefused``,
``AuthenticationError``, ``HubUnreachable``, ``UnexpectedAnswer``...).
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from operator import index
from typing import Any, TypeVar
from urllib.parse import quote

from ..exceptions import EntityDoesNotExist, InvalidArgument, RequestRefused, UnexpectedAnswer
from ..masking import masked
from ..session import Session, get_session

JsonType = TypeVar("JsonType", bound=dict[str, Any] | list[Any])

# Segments that a path means otherwise than as names, whoever reads it on the way.
_CLIMBING = {".", ".."}
_SESSIONS_KEPT = 8

_sessions: OrderedDict[tuple[int, str, str], Session] = OrderedDict()
_sessions_lock = threading.Lock()


def session_for(api_key: str | None = None, profile: str | None = None) -> Session:
    """A session with the key these resolve to, its connections shared by all calls with that key.

    The key is looked up at every call, so a changed environment or profile counts at once.

    Raises:
        APIKeyNotFound: None of the documented places holds a key.
    """
    fresh = get_session(api_key=api_key, profile=profile)
    # A forked process must not speak on its parent's sockets, hence the process id.
    identity = (os.getpid(), fresh.root_url, str(fresh.params))
    with _sessions_lock:
        session = _sessions.setdefault(identity, fresh)
        _sessions.move_to_end(identity)
        while len(_sessions) > _SESSIONS_KEPT:
            _sessions.popitem(last=False)
    return session


def quoted_id(value: str, what: str) -> str:
    """An id as one segment of a path: ``#``, ``?``, ``%`` and ``/`` in it stay part of the id.

    Args:
        value: The id.
        what: What it names, for the error: "dataset_id".

    Raises:
        InvalidArgument: It is no text, empty, or climbs the path (``..``). Servers and proxies
            decode ``%2F`` before they resolve ``..``, so quoting alone would not hold it.
    """
    return _quoted(value, what, safe="")


def quoted_doi(value: str) -> str:
    """A DOI as the segments of a path: its slashes are the endpoint's own, all else is quoted.

    Raises:
        InvalidArgument: As for ``quoted_id``.
    """
    return _quoted(value, "dataset_doi", safe="/")


def get_json(
    path: str,
    expected: type[JsonType],
    *,
    not_found: str | None = None,
    params: Mapping[str, Any] | None = None,
    api_key: str | None = None,
    profile: str | None = None,
) -> JsonType:
    """The JSON at ``path`` of the hub.

    Args:
        path: Relative to the root URL, quoted.
        expected: ``dict`` or ``list``, as documented of this endpoint.
        not_found: Text of the error for 404; None leaves a 404 the refusal it is.
        params: Query parameters; a list repeats its name.

    Raises:
        EntityDoesNotExist: The hub answered 404. At once: it is an answer, not a fault.
        RequestRefused: It answered 400 or more otherwise.
        UnexpectedAnswer: What it sent is no JSON, or of another shape.
    """
    session = session_for(api_key, profile)
    try:
        answer = session.get_json(path, params=params)
    except RequestRefused as refused:
        if not_found is None or status_of(refused) != HTTPStatus.NOT_FOUND:
            raise
        raise EntityDoesNotExist(not_found) from refused
    return shaped(answer, expected, f"{session.root_url.rstrip('/')}/{path}")


def get_pages(
    path: str,
    *,
    params: Mapping[str, Any] | None = None,
    api_key: str | None = None,
    profile: str | None = None,
) -> Iterator[dict[str, Any]]:
    """Each page from ``path`` on, asked for when it is needed."""
    session = session_for(api_key, profile)
    for page in session.paginate(path, params=params):
        yield shaped(page, dict, f"{session.root_url.rstrip('/')}/{path}")


def listed(page: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
    """The list under ``field`` of a page; none where the hub leaves the field out.

    Raises:
        UnexpectedAnswer: There is something else.
    """
    return shaped(page.get(field) or [], list, f'"{field}" of a page')


def shaped(answer: Any, expected: type[JsonType], what: str) -> JsonType:
    """``answer``, known to be of the type the documentation says.

    Raises:
        UnexpectedAnswer: It is of another.
    """
    if isinstance(answer, expected):
        return answer
    raise UnexpectedAnswer(
        f"{masked(what)} should be a JSON {_JSON_NAMES[expected]}, but is of type {type(answer).__name__}. "
        "Is the root URL (MLHUB_ROOT_URL, or root_url in the profile) that of a hub?"
    )


def status_of(refused: RequestRefused) -> int | None:
    """The HTTP status of a refusal."""
    return None if refused.response is None else refused.response.status_code


def texts(value: Any, what: str) -> list[str] | None:
    """One text or several as a list; None for None.

    Raises:
        InvalidArgument: There is something else among them, or a text is empty.
    """
    if value is None:
        return None
    values = [value] if isinstance(value, str) else list(value) if isinstance(value, Iterable) else [value]
    if not all(isinstance(text, str) and text.strip() for text in values):
        raise InvalidArgument(f"{what} should be a text or several that are not empty, not {value!r}.")
    return values


def whole_number(value: Any, what: str, *, least: int, none_means: str) -> int | None:
    """A number that is ``least`` or more; None for None.

    Args:
        value: The argument.
        what: Its name, for the error.
        least: The smallest that is allowed.
        none_means: What None stands for, for the error.

    Raises:
        InvalidArgument: It is less, or no whole number.
    """
    if value is None:
        return None
    with suppress(TypeError):
        if (number := index(value)) >= least:
            return number
    raise InvalidArgument(f"{what} should be {least} or more, or None for {none_means}, not {value!r}.")


_JSON_NAMES: dict[type, str] = {dict: "object", list: "array"}


def _quoted(value: str, what: str, safe: str) -> str:
    if not isinstance(value, str):
        raise InvalidArgument(f"{what} should be a text, not {value!r} ({type(value).__name__}).")
    if not value.strip() or not _CLIMBING.isdisjoint(value.replace("\\", "/").split("/")):
        raise InvalidArgument(f"{what} {value!r} cannot be an id: it is empty, or a path that climbs.")
    try:
        return quote(value, safe=safe)
    except UnicodeEncodeError as broken:
        raise InvalidArgument(f"{what} {value!r} cannot be an id: it is no valid Unicode.") from broken
