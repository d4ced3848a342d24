"""The key or profile an object was fetched with, for every later call on its behalf."""

from collections.abc import Mapping


def session_kwargs(api_key: str | None, profile: str | None) -> dict[str, str]:
    """Arguments of ``get_session``: those of the two that are given and not empty."""
    given = {"api_key": api_key, "profile": profile}
    return {name: value for name, value in given.items() if value}


def for_call(kept: Mapping[str, str], api_key: str | None, profile: str | None) -> dict[str, str]:
    """The credentials of one call: those it names itself, else those kept by the object.

    Never a mixture: a kept key would win over a profile named for this call.
    """
    return session_kwargs(api_key, profile) or dict(kept)
