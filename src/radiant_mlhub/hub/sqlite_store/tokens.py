"""Where a page ended, as a text that says nothing and cannot be used for another search.

A token names the last item given, not a number of items: it keeps its meaning when the dataset is
published again meanwhile. The next page then goes on in the new version, behind that place.
"""

import base64
import binascii
import contextlib
import dataclasses
import hashlib
import json
from typing import Annotated, Any

import msgspec

from ..queries import BadQuery, ItemQuery

_DIGEST_BYTES = 9
_MAX_CHARACTERS = 8192

Position = list[Any]

# The digest is no secret: whoever makes a token by hand may put anything behind it.
_Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_POSITION = msgspec.json.Decoder(list[_Integer | float | str | None])


def token_of(position: Position, query: ItemQuery) -> str:
    """A token for what comes behind the position: the values sorted by, collection id, item id."""
    body = json.dumps(position, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_digest(body, query) + body).decode().rstrip("=")


def position_of(token: str, query: ItemQuery, length: int) -> Position:
    """The position that the token stands for.

    Raises:
        BadQuery: The token was not made for this search.
    """
    try:
        whole = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        whole = b""
    digest, body = whole[:_DIGEST_BYTES], whole[_DIGEST_BYTES:]
    if len(token) <= _MAX_CHARACTERS and digest == _digest(body, query):
        with contextlib.suppress(msgspec.DecodeError):
            position = _POSITION.decode(body)
            if len(position) == length:
                return position
    raise BadQuery("The token is not one of this search. Begin again without a token.")


def _digest(body: bytes, query: ItemQuery) -> bytes:
    # The limit may change from page to page.
    same = dataclasses.replace(query, token=None, limit=0)
    told = json.dumps(dataclasses.asdict(same), sort_keys=True, default=repr)
    return hashlib.blake2b(told.encode() + b"\0" + body, digest_size=_DIGEST_BYTES).digest()
