"""The hub of the demo."""

from support.demo import hub, hub_folder

__all__ = ["hub", "hub_folder"]
