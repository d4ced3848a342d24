"""The hub that would be asked: who asks, by which way, and what it answers."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import certifi
import requests

from .. import credentials, environment
from ..adapters import Adapter
from ..exceptions import APIKeyNotFound, AuthenticationError, MLHubException
from ..masking import SHORTEST_SECRET, masked, masked_key
from ..profiles import ANONYMOUS_PROFILE, configure_command
from ..session import Session
from .finding import Finding

_PATIENCE_S = (5.0, 10.0)
_SLOW_S = 2.0
# Signed addresses of object stores are refused a quarter of an hour off; the smallest that is told.
_CLOCK_OFF_S = 60.0


def hub_findings(api_key: str | None, profile: str | None) -> Iterator[Finding]:
    """The key, the hub's address, proxy and certificates, its answer, and its clock."""
    try:
        found, key = _key(api_key, profile)
        session = Session._of(found)  # as get_session does
    except MLHubException as error:
        yield Finding("problem", "key", str(error), next(iter(getattr(error, "__notes__", ())), None))
        return
    yield key
    yield _address(session, found, profile)
    yield from _way(session)
    yield from _answer(session, has_key=found.api_key is not None)


def _key(api_key: str | None, profile: str | None) -> tuple[credentials.Credentials, Finding]:
    try:
        found = credentials.resolved(api_key, profile)
    except APIKeyNotFound as error:
        anonymous = credentials.resolved(None, ANONYMOUS_PROFILE)
        reason = str(error)
        return anonymous, Finding("problem", "key", f"none: {reason}", _store_a_key(profile))
    if found.api_key is None:
        text = "none: the hub is asked anonymously, which is enough for lists"
        return found, Finding("note", "key", text, _store_a_key(profile))
    shown = masked_key(found.api_key) if len(found.api_key) >= SHORTEST_SECRET else "****"
    overruled = credentials.overruling(found.overruled) if found.overruled else None
    return found, Finding("note" if overruled else "ok", "key", f"{shown} from {found.source}", overruled)


def _store_a_key(profile: str | None) -> str:
    return f"store a key: {configure_command(profile)}"


def _address(session: Session, found: credentials.Credentials, profile: str | None) -> Finding:
    if environment.root_url():
        return Finding("ok", "address", f"{masked(session.root_url)} from {environment.ROOT_URL}")
    if found.root_url:
        return Finding("ok", "address", f"{masked(session.root_url)} from the profile")
    return Finding(
        "problem",
        "address",
        f"{session.root_url}, the documented default, which was switched off in October 2023",
        f"name a hub that runs: {configure_command(profile)} --root-url URL",
    )


def _way(session: Session) -> Iterator[Finding]:
    settings = session.merge_environment_settings(session.root_url, {}, None, None, None)
    proxy = requests.utils.select_proxy(session.root_url, settings["proxies"])
    yield Finding("ok", "proxy", masked(proxy) if proxy else "none")
    if not session.root_url.startswith("https:"):
        return
    authorities = settings["verify"] if isinstance(settings["verify"], str) else certifi.where()
    if Path(authorities).exists():
        yield Finding("ok", "certificates", f"of the authorities in {authorities}")
    else:
        text = f"{authorities} is not there"
        yield Finding("problem", "certificates", text, "REQUESTS_CA_BUNDLE names a file with authorities")


def _answer(session: Session, *, has_key: bool) -> Iterator[Finding]:
    for prefix in list(session.adapters):
        session.mount(prefix, Adapter(max_retries=0))
    started_s = time.monotonic()
    try:
        answer = session.request("GET", "datasets", timeout=_PATIENCE_S)
    except MLHubException as error:
        name = "key" if isinstance(error, AuthenticationError) else "hub"
        yield Finding("problem", name, str(error), next(reversed(getattr(error, "__notes__", ())), None))
        return
    took_s = time.monotonic() - started_s
    try:
        count = len(answer.json())
    except (ValueError, TypeError):
        text = f"{masked(session.root_url)} answers, but not as a hub does"
        yield Finding("problem", "hub", text, "is the address right, up to and including /mlhub/v1?")
        return
    with_key = ", takes the key" if has_key else ""
    text = f"answers in {took_s * 1000:.0f} ms{with_key}, has {count:,} dataset{'' if count == 1 else 's'}"
    yield Finding("note" if took_s > _SLOW_S else "ok", "hub", text)
    yield from _clock(answer)


def _clock(answer: requests.Response) -> Iterator[Finding]:
    try:
        theirs = parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, ValueError):
        return
    off_s = (datetime.now(UTC) - theirs).total_seconds()
    if abs(off_s) <= _CLOCK_OFF_S:
        yield Finding("ok", "clock", "agrees with the hub's")
        return
    way = "ahead of" if off_s > 0 else "behind"
    text = f"{abs(off_s):,.0f} s {way} the hub's"
    yield Finding("problem", "clock", text, "set this machine's clock; signed addresses expire by it")
