"""Which key, and which hub: the documented order, in one place.

Key: the ``api_key`` argument, ``MLHUB_API_KEY``, the ``profile`` argument, ``MLHUB_PROFILE``,
the profile ``default``. Hub: ``MLHUB_ROOT_URL``, ``root_url`` of the profile, the documented
default. An empty value counts as absent everywhere.
"""

from dataclasses import dataclass, field

from . import environment
from .addresses import checked_root_url
from .answers import RETIRED_HINTS, noted
from .exceptions import APIKeyNotFound, InvalidArgument
from .mirrors import Mirror, checked_mirrors
from .profiles import (
    ANONYMOUS_PROFILE,
    DEFAULT_PROFILE,
    Profile,
    configure_command,
    profile_with_key,
    profiles_file,
    read_profiles,
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a session starts with.

    Attributes:
        api_key: None to ask anonymously.
        root_url: The hub a profile names; None where the environment or the default decides.
        overruled: The profile that was asked for by argument and gave way to ``MLHUB_API_KEY``.
        source: Where the key is from, in words.
        profile: The profile whose hub and mirrors count; None without any.
    """

    api_key: str | None = field(repr=False)
    root_url: str | None = None
    overruled: str | None = None
    source: str = ""
    profile: str | None = None


def resolved(api_key: str | None, profile: str | None) -> Credentials:
    """The key and the hub for these arguments.

    Raises:
        APIKeyNotFound: Nothing names a key. Its notes say where was looked.
        ProfilesFileBroken: The profiles file was needed and cannot be understood.
        InvalidArgument: A profile's root_url is no address, or an argument is no text.
    """
    asked_for = checked_text(profile, "profile")
    name = asked_for or environment.profile() or DEFAULT_PROFILE
    given = checked_text(api_key, "api_key")
    if given:
        return Credentials(given, root_url_of(name), source="the argument api_key", profile=name)
    in_environment = environment.api_key()
    if in_environment:
        root_url = root_url_of(name)
        return Credentials(
            in_environment, root_url, overruled=asked_for, source=environment.API_KEY, profile=name
        )
    if name == ANONYMOUS_PROFILE:
        return Credentials(None, root_url_of(name), source=f'profile "{name}"', profile=name)
    return of_profile(name)


def checked_text(value: str | None, what: str) -> str | None:
    """``value`` without space around it; None for a blank one.

    Raises:
        InvalidArgument: It is no text. The error does not show it: it may be a key.
    """
    if not isinstance(value, str | None):
        raise InvalidArgument(f"{what} should be a text, not of type {type(value).__name__}.")
    return (value or "").strip() or None


def of_profile(profile: str | None) -> Credentials:
    """The key of one profile, and its hub.

    Raises:
        APIKeyNotFound: No file, no such section, or no key in it.
    """
    found = profile_with_key(profile, profiles_file())
    source = f'profile "{found.name}" in {profiles_file()}'
    return Credentials(found.api_key, root_url_of(found.name), source=source, profile=found.name)


def root_url_of(name: str) -> str | None:
    """The hub a profile names; None where the environment names one, or the profile none.

    Who asks anonymously names no profile, so the default one's hub is meant.
    """
    if environment.root_url():
        return None
    path = profiles_file()
    found: Profile | None = read_profiles(path).get(DEFAULT_PROFILE if name == ANONYMOUS_PROFILE else name)
    if found is None or found.root_url is None:
        return None
    return checked_root_url(found.root_url, f'root_url of profile "{found.name}" in {path}')


def mirrors_of(name: str | None) -> tuple[Mirror, ...]:
    """The mirrors that a profile names; none without a profile. Of nobody, those of the default one.

    Raises:
        ProfilesFileBroken: The file cannot be understood.
        InvalidArgument: One of them is none.
    """
    if name is None:
        return ()
    path = profiles_file()
    found = read_profiles(path).get(DEFAULT_PROFILE if name == ANONYMOUS_PROFILE else name)
    if found is None or not found.mirrors:
        return ()
    return checked_mirrors(found.mirrors, f'mirror of profile "{found.name}" in {path}')


def not_found(cause: APIKeyNotFound, profile: str | None) -> APIKeyNotFound:
    """The documented error for no key at all, with where was looked and what to do below it."""
    error = APIKeyNotFound("Could not resolve an API key from arguments, the environment, or a config file.")
    name = (profile or "").strip() or environment.profile() or DEFAULT_PROFILE
    noted(
        error,
        f"No api_key argument; {environment.API_KEY} is not set; {cause}",
        f"Store a key: {configure_command(profile)} (or set MLHUB_API_KEY, or pass api_key=)",
        f'Datasets, collections and models can be listed without a key: profile="{ANONYMOUS_PROFILE}" '
        f"(mlhub datasets --profile {ANONYMOUS_PROFILE})",
    )
    known = read_profiles(profiles_file())
    if known and name not in known:
        noted(error, f"The profiles there are: {', '.join(known)}")
    if not environment.root_url() and not root_url_of(name):
        noted(error, *RETIRED_HINTS)
    return error


def overruling(profile: str) -> str:
    """What to say when the key of the environment goes before a profile that was asked for."""
    return (
        f'{environment.API_KEY} is set and goes before profile="{profile}", as documented: requests are made '
        f"with the key of the environment. Unset it to use the profile."
    )
