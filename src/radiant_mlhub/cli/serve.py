"""``mlhub serve``: a hub answers, until it is stopped."""

import errno
import ipaddress
import logging
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..exceptions import HubStoreUnusable
from ..extras import needed
from .asking import quiet_option
from .hub_options import hub_option, of_the_hub
from .words import hint, say

if TYPE_CHECKING:
    from ..hub.settings import Access, HubSettings
    from ..hub.store import Store

PORT = 8000
_ANY = ("0.0.0.0", "::")  # noqa: S104  (compared with, not listened on)
_PUBLISH = "mlhub publish FOLDER --id ID"


@click.command("serve")
@hub_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="0: any free one."
)
@click.option("--base-url", metavar="URL", help="Where clients reach the hub, if that is another address.")
@click.option(
    "--trusted-proxy",
    "trusted_proxies",
    multiple=True,
    metavar="ADDRESS",
    help="Believe the X-Forwarded-* headers of this address or network. Repeatable.",
)
@click.option(
    "--public", "access", flag_value="public", help="Everybody may do everything; keys are ignored."
)
@click.option("--private", "access", flag_value="private", help="Nobody sees anything without a key.")
@click.option("--title", metavar="TEXT", help="What the hub is called on its pages and to STAC clients.")
@quiet_option("No line for each request.")
def command(
    *,
    hub: Path | None,
    host: str,
    port: int,
    base_url: str | None,
    trusted_proxies: tuple[str, ...],
    access: "Access | None",
    title: str | None,
    quiet: bool,
) -> None:
    """Serve the hub until Ctrl-C.

    It answers MLHub's API and a STAC API, with web pages and files. Only this machine reaches it, unless
    --host says otherwise. Everybody may look around; items, search and downloads need a key (mlhub
    keys create NAME).

    Example: mlhub serve --port 8000
    """
    with needed("serve", "A hub"):
        from ..hub.app import hub_app
        from ..hub.folder import hub_folder
        from ..hub.serving.server import serve_forever
        from ..hub.sqlite_store import open_store
    folder = hub_folder(hub)
    try:
        store = open_store(folder.path, read_only=True)
    except HubStoreUnusable as error:
        if not folder.path.exists():
            error.add_note(f"publish a dataset: {of_the_hub(_PUBLISH, hub)}")
            error.add_note("see one with generated datasets: mlhub demo")
        raise
    try:
        settings = _settings(folder.path, base_url, trusted_proxies, access, title)
        listener = _listener(host, port, hub)
        _log(quiet=quiet)
        app = hub_app(store, folder, settings)
        _say_where(settings, listener)
        _say_what_is_missing(store, settings, hub)
        serve_forever(app, listener)
    finally:
        store.close()
    say("Stopped.")


def _settings(
    folder: Path,
    base_url: str | None,
    trusted_proxies: tuple[str, ...],
    access: "Access | None",
    title: str | None,
) -> "HubSettings":
    from ..hub.serving.base_url import checked_base_url, checked_networks
    from ..hub.serving.tokens import secret_in
    from ..hub.settings import DEFAULT_TITLE, HubSettings

    try:
        checked_networks(trusted_proxies)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--trusted-proxy") from error
    try:
        checked = checked_base_url(base_url) if base_url else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--base-url") from error
    return HubSettings(
        checked, access or "keys", trusted_proxies, title or DEFAULT_TITLE, token_secret=secret_in(folder)
    )


def _listener(host: str, port: int, hub: Path | None) -> socket.socket:
    from ..hub.serving.server import listener

    try:
        return listener(host, port)
    except OSError as error:
        raise _cannot_listen(host, port, hub, error) from error


def _cannot_listen(host: str, port: int, hub: Path | None, error: OSError) -> click.ClickException:
    is_taken = error.errno == errno.EADDRINUSE
    reason = "somebody else listens there already" if is_taken else str(error)
    refusal = click.ClickException(f"The hub cannot listen on {host}, port {port}: {reason}")
    refusal.add_note(f"any free port: {of_the_hub('mlhub serve --port 0', hub)}")
    return refusal


def _log(*, quiet: bool) -> None:
    """Requests and troubles on stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    for name, level in (
        ("radiant_mlhub.hub", logging.WARNING if quiet else logging.INFO),
        # What clients do wrong is an answer, not a trouble of the hub's.
        ("uvicorn.error", logging.ERROR),
    ):
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.addHandler(handler)


def _say_where(settings: "HubSettings", listener: socket.socket) -> None:
    from ..hub.store import API_PATH

    host, port = listener.getsockname()[:2]
    here = f"[{host}]" if ":" in host else host
    base_url = settings.base_url or f"http://{'127.0.0.1' if host in _ANY else here}:{port}"
    key = "public" if settings.access == "public" else "YOUR-KEY"
    click.echo(f"export MLHUB_ROOT_URL={base_url}{API_PATH}")
    click.echo(f"export MLHUB_API_KEY={key}")
    say(f"The hub answers at {base_url}/ (Ctrl-C stops it).")
    if ipaddress.ip_address(host).is_loopback:
        say("Only this machine reaches it; --host 0.0.0.0 lets others in.")
    else:
        say(f"Whoever reaches this machine by network reaches it, on {here}:{port}.")
        if not settings.base_url:
            hint("--base-url tells under which address others reach it, so that links and catalogs hold it")


def _say_what_is_missing(store: "Store", settings: "HubSettings", hub: Path | None) -> None:
    if not (store.datasets() or store.models()):
        say("It has no datasets yet; what is published appears at once.")
        hint(f"publish one: {of_the_hub(_PUBLISH, hub)}")
    if settings.access != "public" and all(key.revoked for key in store.keys()):  # noqa: SIM118  (no dict)
        hint(f"nobody has a key yet: {of_the_hub('mlhub keys create NAME', hub)}")
