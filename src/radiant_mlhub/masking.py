"""Keys and signatures taken out of text before anybody reads it."""

import re

# Query parameters that carry a secret: the hub's key, and what object stores sign with
# (Azure SAS "sig", S3 and GCS presigned "X-Amz-*"/"X-Goog-*" values).
_SECRET = re.compile(
    r"([?&](?:key|api_key|token|access_token|sig|signature"
    r"|x-(?:amz|goog)-(?:signature|credential|security-token))=)[^&#\s'\"<>)\]]*",
    re.IGNORECASE,
)

SHORTEST_SECRET = 16


def masked(text: str) -> str:
    """``text`` with the value of every secret query parameter replaced by ``***``.

    Example:
        >>> masked("GET https://hub.example/datasets?key=0123456789abcdef&text=maize")
        'GET https://hub.example/datasets?key=***&text=maize'
    """
    return _SECRET.sub(r"\1***", text)


def masked_key(key: str) -> str:
    """An API key as it may be shown: whole under 16 characters, else its last 4.

    A key that short is a typo, and the documented 401 text shows it.
    """
    return key if len(key) < SHORTEST_SECRET else f"****{key[-4:]}"
