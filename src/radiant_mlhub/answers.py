"""The one rule from a refused, missing or odd answer to an exception of this package.

Each function returns the exception instead of raising it: raised outside of the ``except`` that
caught the foreign one, it does not drag along a hidden context whose text holds the key.
"""

import errno
import json
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests import exceptions as foreign
from urllib3 import exceptions as urllib3_errors

from .exceptions import (
    AuthenticationError,
    HubRetired,
    HubUnreachable,
    InvalidArgument,
    MLHubException,
    RequestRefused,
    UnexpectedAnswer,
)
from .masking import masked, masked_key

RETIRED_HINTS = (
    "The hosted Radiant MLHub (api.radiant.earth) was switched off in October 2023; "
    "there are no new keys for it.",
    "To use a hub that runs, set MLHUB_ROOT_URL to its address; ask the group that publishes the dataset. "
    "A dataset that you have can be served to others: mlhub serve",
    "The datasets' files are at https://source.coop, or still where their STAC catalogs point. Catalogs "
    "were at https://radiantearth.blob.core.windows.net/mlhub/catalogs/{dataset_id}.tar.gz "
    "(nobody has verified lately that they are).",
)
_ROOT_URL_HINT = (
    "Is the root URL (MLHUB_ROOT_URL, or root_url in the profile) that of a hub, "
    "up to and including /mlhub/v1?"
)
AnyError = TypeVar("AnyError", bound=MLHubException)
_LONGEST_DETAIL = 300
# Statuses from this one up say that the server failed, not that the request was wrong.
_SERVER_FAULT = 500


def noted(error: AnyError, *notes: str | None) -> AnyError:
    """``error`` with ``notes`` below its text (PEP 678)."""
    for note in filter(None, notes):
        error.add_note(note)
    return error


def refusal(
    response: requests.Response, *, key: str | None, from_hub: bool, configure: str
) -> RequestRefused:
    """The error for an answer of 400 or more.

    Args:
        response: The answer. Its addresses are masked, since it travels on the error.
        key: The key the request carried.
        from_hub: Whether the hub gave it, and not a host it sent us on to.
        configure: What to type to store another key for who asked.
    """
    detail = _detail(response, key)
    _mask_addresses(response, key)
    if from_hub and response.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        told = f"API Key: {masked_key(key)}" if key else "No API key provided."
        error: RequestRefused = AuthenticationError(f"Authentication failed. {told}", response=response)
        noted(error, f"The hub says: {detail}" if detail else None, _asked(response))
    else:
        reason = response.reason or _phrase(response.status_code)
        said = f' The server says: "{detail}".' if detail else ""
        error = RequestRefused(
            f"An unknown error occurred: {response.status_code} ({reason}). {_asked(response)}.{said}",
            response=response,
        )
    noted(error, _what_to_do(response, has_key=key is not None, from_hub=from_hub, configure=configure))
    return error


def no_answer(error: Exception, *, method: str, url: str, key: str | None) -> MLHubException:
    """The error for a request that got no answer, or could not be sent.

    Every class of requests and urllib3 has a place here.
    """
    asked = f"{method} {masked(url, key)}"
    reason = masked(_reason(error), key)
    # What requests raises otherwise than as its own error is about arguments: a file of certificates
    # that is missing, a limit in time that is none.
    is_about_arguments = not isinstance(error, foreign.RequestException | urllib3_errors.HTTPError)
    if getattr(_innermost(error), "errno", None) in (errno.EMFILE, errno.ENFILE):
        return noted(HubUnreachable(f"No answer to {asked}: {reason}"), "Raise the limit (ulimit -n)")
    if is_about_arguments or isinstance(error, _NEVER_SENT):
        return InvalidArgument(f"{asked} cannot be sent: {reason}")
    if isinstance(error, foreign.TooManyRedirects | foreign.ContentDecodingError):
        return UnexpectedAnswer(f"The answer to {asked} cannot be used: {reason}")
    unreachable = HubUnreachable(f"No answer to {asked}: {reason}")
    return noted(unreachable, _how_to_reach(error))


def retired(url: str) -> HubRetired:
    """The error for a request to the host of 2022."""
    error = HubRetired(
        f"{urlsplit(url).hostname} does not answer as a hub any more: the hosted Radiant MLHub "
        "was switched off in October 2023. "
        "Set MLHUB_ROOT_URL to the address of a hub that runs."
    )
    noted(error, *RETIRED_HINTS[1:])
    return error


def is_of_no_hub(response: requests.Response | MLHubException) -> bool:
    """Whether no hub gives this answer: none, a page for a browser, or a refusal that is no JSON."""
    if isinstance(response, MLHubException):
        return isinstance(response, HubUnreachable)
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    is_refused = response.status_code >= HTTPStatus.BAD_REQUEST
    return is_html(response) or (is_refused and not media_type.endswith(("/json", "+json")))


def first_address(response: requests.Response) -> str:
    """The address that was asked, before any redirect; with the key, if it carried one."""
    return (response.history or [response])[0].request.url or ""


def is_read(response: requests.Response) -> bool:
    """Whether the body is here; a streamed one is the caller's to read."""
    return response.raw is None or bool(getattr(response, "_content_consumed", True))


def is_html(response: requests.Response) -> bool:
    """Whether the answer calls itself a page for a browser."""
    return response.headers.get("Content-Type", "").lower().startswith(("text/html", "application/xhtml"))


def decoded(response: requests.Response, key: str | None = None) -> Any:
    """The JSON of an answer, whatever it calls itself.

    Raises:
        UnexpectedAnswer: It is none, for example the page of a proxy or a login.
    """
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError) as broken:
        fault = "is nested too deeply" if isinstance(broken, RecursionError) else "is no JSON"
    media_type = response.headers.get("Content-Type") or "no content type"
    raise noted(
        UnexpectedAnswer(
            f"The answer to {_asked(response, key)} {fault} ({media_type}, {len(response.content)} bytes)."
        ),
        _ROOT_URL_HINT,
        "A proxy or a login page may have answered in its place: open the address in a browser."
        if is_html(response)
        else None,
    )


def _asked(response: requests.Response, key: str | None = None) -> str:
    return f"{response.request.method} {masked(response.url, key)}"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"


def _detail(response: requests.Response, key: str | None) -> str | None:
    """What the server says about it: the words in its JSON, or its plain text; pages of HTML are left out."""
    try:
        # A streamed body too: it is short, and until it is read nobody closes its connection.
        content = response.content
    except (foreign.RequestException, urllib3_errors.HTTPError):
        response.close()
        return None
    if is_html(response):
        return None
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = response.text if response.headers.get("Content-Type", "").startswith("text/plain") else None
    if isinstance(body, dict):
        body = next((body[name] for name in ("detail", "description", "message") if body.get(name)), None)
    if not body:
        return None
    text = " ".join((body if isinstance(body, str) else json.dumps(body)).split())
    # Not printable are escape sequences above all: no server writes to somebody's terminal.
    return masked("".join(filter(str.isprintable, text)), key)[:_LONGEST_DETAIL]


def _what_to_do(response: requests.Response, *, has_key: bool, from_hub: bool, configure: str) -> str:
    status = response.status_code
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        if not from_hub:
            return "This answer is not the hub's, and the hub's key is not for this host."
        if has_key:
            return f"Check that the key belongs to this hub, or store another one: {configure}"
        return f"Store a key: {configure} (or set MLHUB_API_KEY, or pass api_key=)"
    if status == HTTPStatus.NOT_FOUND:
        return f"Nothing is at this address. {_ROOT_URL_HINT}"
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= _SERVER_FAULT:
        wait = response.headers.get("Retry-After")
        asked = f" It asks to wait: {wait} (seconds, or until then)." if wait else ""
        return f"The server could not do it now, also when asked again.{asked} Try again later."
    return "The server does not accept this request; trying it again as it is will not help."


def _mask_addresses(response: requests.Response, key: str | None) -> None:
    for answer in (*response.history, response):
        answer.url = masked(answer.url, key)
        # A copy: hooks and tests may hold the request that was sent.
        answer.request = answer.request.copy()
        answer.request.url = masked(answer.request.url or "", key)


_NEVER_SENT = (
    foreign.InvalidURL,
    foreign.InvalidSchema,
    foreign.MissingSchema,
    foreign.InvalidHeader,
    foreign.InvalidJSONError,
    foreign.URLRequired,
    foreign.UnrewindableBodyError,
    foreign.StreamConsumedError,
    urllib3_errors.LocationValueError,
)


def _how_to_reach(error: Exception) -> str:
    if isinstance(error, foreign.SSLError):
        return (
            "The server's certificate is not trusted; REQUESTS_CA_BUNDLE names a file of further authorities."
        )
    if isinstance(error, foreign.ProxyError):
        return "Check the proxy in HTTPS_PROXY and HTTP_PROXY; NO_PROXY lists hosts to reach without it."
    return "Is the address right (MLHUB_ROOT_URL, or root_url in the profile), and does the hub run?"


def _reason(error: BaseException) -> str:
    """What went wrong, in a few words: the innermost cause that says something."""
    cause = _innermost(error)
    if isinstance(cause, urllib3_errors.NameResolutionError):
        return "the host's name does not resolve"
    if isinstance(cause, urllib3_errors.ConnectTimeoutError | foreign.ConnectTimeout):
        return "no connection in time"
    if isinstance(cause, urllib3_errors.ReadTimeoutError | foreign.ReadTimeout | TimeoutError):
        return "no answer in time"
    if isinstance(cause, ConnectionRefusedError):
        return "connection refused"
    if isinstance(cause, urllib3_errors.IncompleteRead):
        return "the answer broke off before its end"
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__


def _innermost(error: BaseException) -> BaseException:
    """The cause wrapped deepest; a name that does not resolve and a timeout say it themselves."""
    inner = [error.__cause__, getattr(error, "reason", None), *reversed(error.args)]
    is_timeout = isinstance(error, urllib3_errors.TimeoutError)
    # "No connection" is a timeout to urllib3, whatever the reason; the reason is inside.
    if isinstance(error, urllib3_errors.NameResolutionError) or (
        is_timeout and not isinstance(error, urllib3_errors.NewConnectionError)
    ):
        return error
    following = next((cause for cause in inner if isinstance(cause, BaseException)), None)
    return error if following is None else _innermost(following)
