"""The recorded hub."""

from support.recorded import hub

__all__ = ["hub"]
