"""Keys and signatures taken out of text before anybody reads it."""

import logging
import re
from urllib.parse import quote, quote_plus

# Query parameters that carry a secret: the hub's key, and what object stores sign with
# (Azure SAS "sig", S3 and GCS presigned "X-Amz-*"/"X-Goog-*" values). Percent-encoded too: a login
# page is told where to return to by an address in a parameter.
_SECRET = re.compile(
    r"((?:[?&]|%3F|%26)(?:key|api_key|token|access_token|sig|signature"
    r"|x-(?:amz|goog)-(?:signature|credential|security-token))(?:=|%3D))[^&#\s'\"<>)\]]*",
    re.IGNORECASE,
)
# User name and password in front of a host name, as in a proxy's address; passwords may hold an "@".
_USERINFO = re.compile(r"(?<=://)[^/?#\s'\"]+@")

SHORTEST_SECRET = 16

# The loggers of urllib3 that write addresses. A filter sees only what its own logger is given,
# never what a child of it is given, so each is named.
_URLLIB3_LOGGERS = ("connection", "connectionpool", "poolmanager", "response", "util.retry")


def masked(text: str, key: str | None = None) -> str:
    """``text`` without secrets: every secret query parameter, passwords in addresses, and ``key``.

    Args:
        text: Anything somebody may read.
        key: A key that may stand anywhere in it, for example in an answer that repeats it.
            One of under 16 characters is taken out of addresses only.

    Example:
        >>> masked("GET https://hub.example/datasets?key=0123456789abcdef&text=maize")
        'GET https://hub.example/datasets?key=***&text=maize'
    """
    if key is not None and len(key) >= SHORTEST_SECRET:
        for form in (key, quote(key, safe=""), quote_plus(key), quote(key)):
            text = text.replace(form, masked_key(key))
    return _USERINFO.sub("***@", _SECRET.sub(r"\1***", text))


def masked_key(key: str) -> str:
    """An API key as it may be shown: whole under 16 characters, else its last 4.

    A key that short is a typo, and the documented 401 text shows it.
    """
    return key if len(key) < SHORTEST_SECRET else f"****{key[-4:]}"


class _Masking(logging.Filter):
    """Lets every record through, its text masked.

    Attributes:
        keys: Keys in use. A hub may repeat one in an address under any name.
    """

    def __init__(self) -> None:
        super().__init__()
        self.keys: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        text = masked(record.getMessage())
        for key in tuple(self.keys):
            text = masked(text, key)
        record.msg, record.args = text, ()
        return True


_MASKING = _Masking()


def mask_urllib3_logs(key: str | None) -> None:
    """From now on urllib3 logs no secret parameter, and this key under no name, at any level.

    It logs the address of each request at DEBUG and of each retry at WARNING. Calling this twice
    is harmless.
    """
    if key:
        _MASKING.keys.add(key)
    for name in _URLLIB3_LOGGERS:
        logging.getLogger(f"urllib3.{name}").addFilter(_MASKING)
