"""Keys and signatures taken out of text before anybody reads it."""

import logging
import re
from urllib.parse import quote, quote_plus

# Query parameters that carry a secret: the hub's key, and what object stores sign with
# (Azure SAS "sig", S3 and GCS presigned "X-Amz-*"/"X-Goog-*" values).
_SECRET = re.compile(
    r"([?&](?:key|api_key|token|access_token|sig|signature"
    r"|x-(?:amz|goog)-(?:signature|credential|security-token))=)[^&#\s'\"<>)\]]*",
    re.IGNORECASE,
)
# User name and password in front of a host name, as in a proxy's address.
_USERINFO = re.compile(r"(?<=://)[^/?#@\s'\"]+@")

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
    """Lets every record through, its text masked."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = masked(record.getMessage()), ()
        return True


_MASKING = _Masking()


def mask_urllib3_logs() -> None:
    """From now on no key stands in what urllib3 logs, at any level; calling it twice is harmless.

    urllib3 logs the address of each request at DEBUG and of each retry at WARNING.
    """
    for name in _URLLIB3_LOGGERS:
        logging.getLogger(f"urllib3.{name}").addFilter(_MASKING)
