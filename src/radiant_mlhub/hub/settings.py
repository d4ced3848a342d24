"""How a hub shows itself and whom it lets in: what an operator decides when starting it."""

import secrets
from dataclasses import dataclass, field
from typing import Literal

Access = Literal["keys", "public", "private"]
"""``keys``: anybody sees what there is; items, search, catalogs and archives want a key.
``public``: anybody does everything, and keys are ignored. ``private``: nothing without a key."""

DEFAULT_TITLE = "Radiant MLHub API"


@dataclass(frozen=True)
class HubSettings:
    """What the same folder may be served with differently.

    Attributes:
        base_url: Where clients reach the hub, such as ``https://hub.example.org``, without a
            slash behind it. None: each request's own address, as a trusted proxy tells it or the
            socket it came in by.
        access: Who needs a key for what.
        trusted_proxies: Addresses or networks (``10.0.0.0/8``) whose ``X-Forwarded-*`` is believed.
        title: What the hub is called on its landing page and its web pages.
        token_secret: What the addresses of archives are signed with; one that is made anew at each
            start ends the addresses that were given before.
    """

    base_url: str | None = None
    access: Access = "keys"
    trusted_proxies: tuple[str, ...] = ()
    title: str = DEFAULT_TITLE
    token_secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
