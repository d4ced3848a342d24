"""Keys of a hub: made, shown once, kept as digests."""

import secrets
from datetime import UTC, datetime

from ..store import Store, StoredKey
from .access import digest_of

PREFIX = "mlhub_"
"""By which tools that look for leaked secrets recognise a key."""

_KEY_BYTES = 32
_ID_BYTES = 4


def make_key(store: Store, name: str) -> tuple[StoredKey, str]:
    """A new key, valid at once: what is kept of it, and the key itself, which nobody can tell again."""
    key = PREFIX + secrets.token_urlsafe(_KEY_BYTES)
    stored = StoredKey(secrets.token_hex(_ID_BYTES), name, digest_of(key), _now())
    store.add_key(stored)
    return stored, key


def revoke_key(store: Store, key_id: str) -> bool:
    """Let the key be refused from the next request on; False when no valid key has that id."""
    return store.revoke_key(key_id, _now())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
