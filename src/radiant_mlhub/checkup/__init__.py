"""What keeps this package from working on this machine: findings, each with what to do about it."""

from collections.abc import Iterator

from .asking import hub_findings
from .finding import Finding
from .folders import folder_findings
from .installed import installed_findings

__all__ = ["Finding", "findings"]


def findings(*, api_key: str | None = None, profile: str | None = None) -> Iterator[Finding]:
    """Everything that was looked at, one after the other, as soon as it is known.

    Args:
        api_key: Key to ask the hub with, before any other.
        profile: Profile to ask the hub with.
    """
    yield from installed_findings()
    yield from folder_findings()
    yield from hub_findings(api_key, profile)
