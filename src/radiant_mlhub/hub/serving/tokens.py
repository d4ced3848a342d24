"""Addresses of files that are good for a while, for whoever was let in at the door.

The original client sends no key to where a redirect leads. So ``/catalog`` and ``/archive``,
which want a key, redirect to an address that holds a token: an expiry, and a digest over path
and expiry that only this hub can make.
"""

import hmac
import os
import secrets
import time
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

from ..settings import HubSettings

LIFETIME_S = 3600
"""Enough for a client that pauses between redirect and download; a download under way goes on."""

PARAMETER = "token"
FILE_NAME = "token.secret"
_SECRET_BYTES = 32
_LONGEST_EXPIRY = 12


def signed_path(path: str, settings: HubSettings) -> str:
    """``path`` with a token behind it, good for an hour.

    Args:
        path: The path as the address holds it, percent-encoded, such as ``/files/v1/archives/a.tar.gz``.
        settings: Whose secret signs.
    """
    expiry = str(int(time.time()) + LIFETIME_S)
    return f"{path}?{PARAMETER}={expiry}.{_signature(unquote(path), expiry, settings.token_secret)}"


def is_valid(path: str, token: str, settings: HubSettings) -> bool:
    """Whether this hub made the token for this path (decoded), and its time has not run out."""
    expiry, _, signature = token.partition(".")
    if not (expiry.isascii() and expiry.isdigit() and len(expiry) <= _LONGEST_EXPIRY):
        return False
    expected = _signature(path, expiry, settings.token_secret)
    is_ours = hmac.compare_digest(signature.encode(), expected.encode())
    return is_ours and time.time() < int(expiry)


def secret_in(folder: Path) -> bytes:
    """The secret of the hub in ``folder``, which is made, readable by its owner alone, where there is none.

    Raises:
        OSError: It cannot be read or made.
        ValueError: What stands in it is no secret.
    """
    file = folder / FILE_NAME
    if not file.exists():
        _make(file)
    secret = file.read_bytes()
    if len(secret) != _SECRET_BYTES:
        raise ValueError(f"{file} holds no secret of {_SECRET_BYTES} bytes. Delete it: a new one is made.")
    return secret


def _make(file: Path) -> None:
    """Write whole, then name: of two processes that start at once, both read what the first named."""
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(secrets.token_bytes(_SECRET_BYTES))
    try:
        os.link(part, file)
    except FileExistsError:
        pass
    finally:
        part.unlink()


def _signature(path: str, expiry: str, secret: bytes) -> str:
    return hmac.new(secret, f"{path}\n{expiry}".encode(), sha256).hexdigest()
