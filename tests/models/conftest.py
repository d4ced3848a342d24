"""The recorded hub, and tests that touch no network."""

from support.recorded import hub, no_sockets

__all__ = ["hub", "no_sockets"]
