"""How one run asks for its files, which its manifest remembers: a repair then asks in the same way."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from ..mirrors import Mirror, addresses, checked_mirrors
from ..session import Session
from ..sources.asking import CloudAccess
from ..transfer import RequestFor
from ..transfer.local_files import is_local
from .catalog import request_for_session

FACT = "asking"
"""Under which name the manifest remembers it."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How the hrefs of one run are asked for. Never a key.

    Attributes:
        mirrors: What is asked before the hrefs themselves, in order.
        unsigned: Buckets are asked without the environment's credentials.
        requester_pays: Buckets are told that who asks pays.
        profile: The profile that the run was started with; None where it named none.
        reads_local_files: ``file:`` hrefs may be read: the catalog is of this machine.
    """

    mirrors: tuple[Mirror, ...] = ()
    unsigned: bool = False
    requester_pays: bool = False
    profile: str | None = None
    reads_local_files: bool = False

    def addresses(self, href: str, alternates: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Where to ask for a file, in order; empty for ``href`` alone."""
        return addresses(href, alternates, self.mirrors) if self.mirrors or alternates else ()

    def request_for(self, session: Session) -> RequestFor:
        """How each address is asked for."""
        local = [mirror.new for mirror in self.mirrors if is_local(mirror.new)]
        if self.reads_local_files:
            local.append("file:///")
        return request_for_session(session, CloudAccess(self.unsigned, self.requester_pays), local)

    def as_json(self) -> str:
        """As the manifest has it."""
        told = asdict(self)
        return json.dumps({**told, "mirrors": [str(mirror) for mirror in self.mirrors]})


BY_ITS_HREF = Asking()


def asking_of(fact: str | None) -> Asking:
    """What a manifest remembers; the default where it cannot be understood."""
    try:
        told: dict[str, Any] = json.loads(fact or "{}")
        return Asking(**{**told, "mirrors": checked_mirrors(told.get("mirrors"))})
    except (ValueError, TypeError):
        return BY_ITS_HREF
