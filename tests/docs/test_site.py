"""The documentation builds without a warning, leads nowhere that is not there, and needs no internet."""

import posixpath
import re
from urllib.parse import unquote, urlsplit

import click
import pytest

import radiant_mlhub
from radiant_mlhub import client, exceptions, models
from radiant_mlhub.cli import mlhub

pytestmark = pytest.mark.timeout(300)


def test_links_inside_lead_to_what_is_there(pages):
    """To a page of the site, and where they name a part of it, to that."""
    astray = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(parts.path)))
            target = target if parts.path else path
            anchor = unquote(parts.fragment)
            if target not in pages or (anchor and anchor not in pages[target].anchors):
                astray.append((path, link))

    assert astray == []


def test_nothing_is_loaded_from_elsewhere(site, pages):
    """No font, script, style or picture: the pages are whole on a machine without a network."""
    for path, page in pages.items():
        for address in page.loads:
            parts = urlsplit(address)
            assert parts.scheme == parts.netloc == "", (path, address)
            assert (site / posixpath.dirname(path) / unquote(parts.path)).is_file(), (path, address)
    for style in site.rglob("*.css"):
        outside = re.findall(r"url\(\s*['\"]?(https?:[^)]*)", style.read_text(encoding="utf-8"))
        assert outside == [], style


def test_every_public_name_is_explained(site):
    """What the package and its documented modules export, and every error."""
    from sphinx.util.inventory import InventoryFile

    content = (site / "objects.inv").read_bytes()
    objects = InventoryFile.loads(content, uri="").data
    explained = {name for kind, names in objects.items() if kind.startswith("py:") for name in names}
    errors = [name for name, found in vars(exceptions).items() if isinstance(found, type)]
    of_ours = {
        name for name in errors if issubclass(vars(exceptions)[name], radiant_mlhub.exceptions.MLHubException)
    }

    assert {f"radiant_mlhub.{name}" for name in radiant_mlhub.__all__} <= explained
    assert {f"radiant_mlhub.client.{name}" for name in client.__all__} <= explained
    assert {f"radiant_mlhub.{name}" for name in models.__all__} <= explained
    assert {f"radiant_mlhub.exceptions.{name}" for name in of_ours} <= explained


def test_every_command_is_explained(pages):
    """In the reference, with its options, as it says itself."""
    explained = pages["reference/cli.html"].anchors

    def names(command, path):
        yield "-".join(path)
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                yield from names(command.get_command(context, name), [*path, name])

    assert set(names(mlhub, ["mlhub"])) <= explained


def test_every_decision_is_listed(pages):
    listed = pages["decisions/index.html"].links
    written = [path for path in pages if re.match(r"decisions/\d", path)]

    assert len(written) > 10
    assert {posixpath.basename(path) for path in written} <= set(listed)
    numbers = [posixpath.basename(path)[:4] for path in written]
    assert len(numbers) == len(set(numbers)), "two decisions of one number"
