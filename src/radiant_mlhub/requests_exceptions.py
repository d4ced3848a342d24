"""The errors that are also requests' own; ``exceptions`` names them, and loads them on first use."""

import requests

from .exceptions import MLHubException

# Where they are imported from, as tracebacks, pickles and the reference name them.
_SHOWN_AS = "radiant_mlhub.exceptions"


class RequestRefused(MLHubException, requests.HTTPError):
    """A server answered 400 or more. ``.response`` is that answer."""

    __module__ = _SHOWN_AS


class AuthenticationError(RequestRefused):
    """The hub refused the key, or wants one (401, 403)."""

    __module__ = _SHOWN_AS


class HubUnreachable(MLHubException, requests.ConnectionError):
    """No answer came: no network, no such host, no listener, or none in time."""

    __module__ = _SHOWN_AS


class HubRetired(MLHubException, requests.ConnectionError):
    """The hosted service of 2022 was asked; it was switched off in October 2023."""

    __module__ = _SHOWN_AS
