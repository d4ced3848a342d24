"""Requests to a hub: who asks (key), whom (root URL), how long, and what a refusal means.

``get_session`` finds the key and the hub; ``Session`` is a ``requests.Session`` that knows both.
The key goes to the hub's scheme, host and port alone, except where somebody calls
``Session.request`` with an absolute address by hand, as the documentation shows.
"""

import platform
import time
from collections.abc import Iterator
from functools import lru_cache
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import urlsplit

import requests
from requests.exceptions import ChunkedEncodingError
from urllib3.exceptions import HTTPError as Urllib3Error

from . import answers, credentials, environment, retry_config
from .__version__ import __version__
from .adapters import Adapter
from .addresses import (
    checked_address,
    checked_root_url,
    is_absolute,
    joined,
    key_in,
    origin,
    redirected,
    with_key,
    without_key,
)
from .exceptions import APIKeyNotFound, InvalidArgument, MLHubException
from .log import logger
from .masking import SHORTEST_SECRET, mask_urllib3_logs, masked
from .paging import PageRequest, Parameters, not_named_by, pages, pairs
from .profiles import ANONYMOUS_PROFILE, configure_command

__all__ = ["ANONYMOUS_PROFILE", "Session", "get_session"]

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 60.0
CONNECTIONS = 32
# How often a body that broke off is asked for; until the headers are there, urllib3 tries again.
TRIES_FOR_A_BODY = 3
# Arguments of requests that say who is asking.
_CREDENTIALS = ("auth", "cookies", "cert")


class HubAdapter(Adapter):
    """What a session starts with: an adapter of any other class is its owner's."""


class Session(requests.Session):
    """A ``requests.Session`` that knows a hub.

    * Adds the API key as a ``key`` query parameter, and ``Accept`` and ``User-Agent`` headers.
    * Takes addresses without a scheme as paths below ``root_url``.
    * Raises ``AuthenticationError`` for 401 and 403 of the hub, ``RequestRefused`` (a
      ``requests.HTTPError``) for every other answer of 400 or more, ``HubUnreachable`` (a
      ``requests.ConnectionError``) for none.
    * Waits 10 s for a connection and 60 s for the next byte, unless told otherwise.

    Attributes:
        root_url: The hub's address, with or without a slash at its end.
        user_agent: What the header of that name says.
        profile: The profile whose key, hub or mirrors it was made with; None without any.
    """

    API_KEY_ENV_VARIABLE: ClassVar[str] = environment.API_KEY
    PROFILE_ENV_VARIABLE: ClassVar[str] = environment.PROFILE
    MLHUB_HOME_ENV_VARIABLE: ClassVar[str] = environment.HOME
    ROOT_URL_ENV_VARIABLE: ClassVar[str] = environment.ROOT_URL
    DEFAULT_ROOT_URL: ClassVar[str] = "https://api.radiant.earth/mlhub/v1/"

    # What requests copies and pickles of a session, and what ours adds.
    __attrs__: list[str] = [*requests.Session.__attrs__, "root_url", "user_agent", "profile", "_overruled"]  # noqa: RUF012

    def __init__(self, *, api_key: str | None) -> None:
        super().__init__()
        credentials.checked_text(api_key, "api_key")
        told = environment.root_url()
        self.root_url = checked_root_url(told, environment.ROOT_URL) if told else self.DEFAULT_ROOT_URL
        self.user_agent = f"radiant_mlhub/{__version__} ({platform.version()})"
        self.headers.update({"Accept": "application/json", "User-Agent": self.user_agent})
        self.params = {"key": api_key} if api_key else {}
        self.profile: str | None = None
        self._overruled: str | None = None
        for prefix in ("https://", "http://"):
            self.mount(prefix, HubAdapter(pool_maxsize=CONNECTIONS, max_retries=retry_config.config()))
        # Nobody waits for the retired host: one try tells.
        self.mount(str(origin(self.DEFAULT_ROOT_URL)), HubAdapter(max_retries=0))
        mask_urllib3_logs(api_key)

    @classmethod
    def from_env(cls) -> "Session":
        """A session with the key in ``MLHUB_API_KEY``.

        Raises:
            APIKeyNotFound: The variable is not set, or empty.
        """
        api_key = environment.api_key()
        if api_key is None:
            raise APIKeyNotFound(f'No "{environment.API_KEY}" variable found in environment.')
        return cls(api_key=api_key)

    @classmethod
    def from_config(cls, profile: str | None = None) -> "Session":
        """A session with the key of a profile, and with its hub where it names one.

        Args:
            profile: The section of the profiles file; None or blank for ``default``.

        Raises:
            APIKeyNotFound: No file, no such profile, or no ``api_key`` in it.
            ProfilesFileBroken: The file is there and cannot be understood.
        """
        return cls._of(credentials.of_profile(profile))

    @classmethod
    def _of(cls, found: credentials.Credentials) -> "Session":
        session = cls(api_key=found.api_key)
        session.root_url = found.root_url or session.root_url
        session.profile = found.profile
        session._overruled = found.overruled
        return session

    # The documented signature: whatever requests takes is passed on.
    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """Send a request and return its answer, below 400.

        Args:
            method: The request method.
            url: An address, or a path relative to ``root_url``. An address of another host gets
                the key too when it is asked for by hand here.
            **kwargs: Passed to ``requests.Session.request``. ``params`` may name another ``key``.

        Raises:
            AuthenticationError: The hub answered 401 or 403.
            RequestRefused: Any other answer of 400 or more.
            HubUnreachable: No answer came.
            HubRetired: The hosted service of 2022 was asked, which is no more.
        """
        url = self._absolute(url)
        parameters = pairs(kwargs.pop("params", None))
        given = {name for name, _ in parameters}
        parameters += [pair for pair in not_named_by(url, pairs(self.params)) if pair[0] not in given]
        return self._judged(method, url, parameters, **kwargs)

    def own_request(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        """``request`` for addresses that somebody else named: credentials go to the hub alone."""
        if self.is_hub(self._absolute(url)):
            return self.request(method, url, **kwargs)
        headers = {"Authorization": None, "Cookie": None, **(kwargs.pop("headers", None) or {})}
        kwargs.setdefault("auth", _unsigned)
        parameters = [pair for pair in pairs(kwargs.pop("params", None)) if pair[0] != "key"]
        return self._judged(method, without_key(url, self._key), parameters, headers=headers, **kwargs)

    def get_json(self, url: str, params: Any = None) -> Any:
        """The JSON at ``url``, asked with ``own_request``.

        Raises:
            UnexpectedAnswer: The answer is no JSON.
        """
        return answers.decoded(self.own_request("GET", url, params=params), self._key)

    def paginate(self, url: str, **kwargs: Any) -> Iterator[dict[str, Any]]:
        """Each page from ``url`` on, following the links of relation ``next``.

        Args:
            url: An address, or a path relative to ``root_url``.
            **kwargs: Passed to ``requests.Session.get``. On next links the parameters that the
                link names itself are not repeated.

        Raises:
            UnexpectedAnswer: A page is no JSON, or a next link was followed before.
        """
        response = self.request("GET", url, **kwargs)
        sent = answers.first_address(response)
        key = key_in(sent)
        body, headers = kwargs.pop("json", None), kwargs.pop("headers", None)
        first = PageRequest(without_key(sent, key), body=body, headers=headers or {})
        parameters = pairs(kwargs.pop("params", None))
        yield from pages(
            response, first, lambda page: self._follow(page, first, parameters, **kwargs), key=key
        )

    def own_pages(self, first: PageRequest) -> Iterator[Any]:
        """Each page from ``first`` on, as ``paginate``, asked with ``own_request``.

        Raises:
            UnexpectedAnswer: A page is no JSON, or a next link was followed before.
        """
        response = self._follow(first, first, [])
        yield from pages(response, first, lambda page: self._follow(page, first, []), key=self._key)

    def is_hub(self, url: str) -> bool:
        """Whether ``url`` has the scheme, host and port of ``root_url``."""
        its_origin = origin(url)
        return its_origin is not None and its_origin == origin(self.root_url)

    def request_for(self, href: str) -> tuple[str, dict[str, str]]:
        """How to ask for ``href``: its address, with the key if it is the hub's, and the headers."""
        url = self._absolute(href)
        if self._key and self.is_hub(url):
            url = with_key(url, self._key)
        return url, {"User-Agent": self.user_agent}

    def without_own_key(self, url: str) -> str:
        """``url`` as another origin may see it: without this session's key, whoever wrote it there.

        A key under 16 characters is a typo, and may well be an innocent value.
        """
        is_secret = self._key is not None and len(self._key) >= SHORTEST_SECRET
        return without_key(url, self._key) if is_secret else url

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """Keep the key from another origin when the server redirects there.

        Raises:
            UnexpectedAnswer: From https down to http, or to what is no address of the web.
        """
        super().rebuild_auth(prepared_request, response)  # type: ignore[no-untyped-call]
        prepared_request.url = redirected(response.request.url or "", prepared_request.url or "")

    @property
    def _key(self) -> str | None:
        params = self.params
        return (params if type(params) is dict else dict(pairs(params))).get("key") or None

    def _absolute(self, url: str | bytes) -> str:
        if isinstance(url, bytes):  # which requests takes, too
            url = url.decode()
        if not isinstance(url, str):
            raise InvalidArgument(f"url should be a text, not {url!r}.")
        return checked_address(url if is_absolute(url) else joined(self.root_url, url))

    def _follow(
        self, page: PageRequest, first: PageRequest, parameters: Parameters, **kwargs: Any
    ) -> requests.Response:
        """Ask for a page that a server named; a stranger's page gets nothing of the caller's."""
        headers = dict(page.headers)
        if origin(page.url) == origin(first.url):
            kwargs["params"] = not_named_by(page.url, parameters)
            headers = {**first.headers, **headers}
        else:
            kwargs = {name: value for name, value in kwargs.items() if name not in _CREDENTIALS}
        return self.own_request(page.method, page.url, json=page.body, headers=headers, **kwargs)

    def _judged(self, method: str, url: str, parameters: Parameters, **kwargs: Any) -> requests.Response:
        """The answer to one request, if it is one to go on with."""
        key = str(dict(parameters).get("key") or key_in(url) or "") or None
        started_s = time.monotonic()
        outcome = self._outcome(method, url, parameters, key, **kwargs)
        asked = url if isinstance(outcome, MLHubException) else answers.first_address(outcome)
        _log(f"{method} {masked(asked, key)}", outcome, started_s)
        is_retired = urlsplit(url).hostname == urlsplit(self.DEFAULT_ROOT_URL).hostname
        if is_retired and answers.is_of_no_hub(outcome):
            raise answers.retired(url)
        if isinstance(outcome, MLHubException):
            raise outcome
        if outcome.status_code >= HTTPStatus.BAD_REQUEST:
            refusal = answers.refusal(
                outcome,
                key=key,
                from_hub=self.is_hub(outcome.url),
                configure=configure_command(self.profile),
            )
            known = answers.RETIRED_HINTS if is_retired else ()
            raise answers.noted(refusal, *known, self._overruled and credentials.overruling(self._overruled))
        return outcome

    def _outcome(
        self, method: str, url: str, parameters: Parameters, key: str | None, **kwargs: Any
    ) -> requests.Response | MLHubException:
        """What one request came to. The error is returned: no hidden context of it tells the key."""
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
        # A list that is not empty: to every other, requests adds the session's parameters, the
        # key among them. A parameter of value None is not sent.
        kwargs["params"] = parameters or [("key", None)]
        try:
            return self._sent(method, url, **kwargs)
        except MLHubException as refused:
            return refused
        except (OSError, ValueError, Urllib3Error) as error:  # every error of requests is an OSError
            return answers.no_answer(error, method=method, url=url, key=key)

    def _sent(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        """The answer, body included: one that broke off is asked for again."""
        for _ in range(TRIES_FOR_A_BODY - 1):
            try:
                return super().request(method, url, **kwargs)
            except ChunkedEncodingError:
                if method.upper() not in retry_config.METHODS_WORTH_A_RETRY:
                    raise
        return super().request(method, url, **kwargs)


def get_session(*, api_key: str | None = None, profile: str | None = None) -> Session:
    """A session with the key and the hub that arguments, environment and profiles name.

    The key is the first there is of: ``api_key``, the variable ``MLHUB_API_KEY``, the profile
    ``profile``, the profile in ``MLHUB_PROFILE``, the profile ``default``. The profile
    ``"__anonymous__"`` means no key.

    Raises:
        APIKeyNotFound: There is none of these. The notes of the error say where was looked.
    """
    missing: APIKeyNotFound | None = None
    try:
        found = credentials.resolved(api_key, profile)
    except APIKeyNotFound as cause:
        missing = credentials.not_found(cause, profile)
    if missing is not None:
        raise missing
    if found.overruled:
        _say_once(credentials.overruling(found.overruled))
    return Session._of(found)


def session_or_anonymous(api_key: str | None, profile: str | None) -> Session:
    """A session of these arguments; of none, and without any key configured, an anonymous one.

    Raises:
        APIKeyNotFound: ``profile`` names one that is not there.
    """
    try:
        return get_session(api_key=api_key, profile=profile)
    except APIKeyNotFound:
        if api_key or profile:
            raise
        return get_session(profile=ANONYMOUS_PROFILE)


@lru_cache
def _say_once(warning: str) -> None:
    # Every call of the client has a session of its own; nobody reads the same line ten times.
    logger.warning("%s", warning)


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Credentials that are none: neither the session's nor those of ``~/.netrc``."""
    return request


def _log(asked: str, outcome: requests.Response | MLHubException, started_s: float) -> None:
    """One line a request at DEBUG: method, address, status, bytes, milliseconds."""
    spent_ms = (time.monotonic() - started_s) * 1000
    if isinstance(outcome, MLHubException):
        logger.debug("%s -> no answer, %.0f ms", asked, spent_ms)
        return
    read = answers.is_read(outcome)
    size = len(outcome.content) if read else outcome.headers.get("Content-Length", "?")
    logger.debug("%s -> %d, %s bytes, %.0f ms", asked, outcome.status_code, size, spent_ms)
