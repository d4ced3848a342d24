"""Parts of pages that are made of the code itself when the site is built: directives for MyST.

``{hub-operations}`` is a table of what a hub answers, ``{hub-parameters}`` of what may be asked, both
from its own OpenAPI document; ``{error-tree}`` is the tree of errors. Beside them, what Sphinx renders
otherwise than a reader would write it.
"""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from radiant_mlhub.exceptions import MLHubException
from radiant_mlhub.hub.app import hub_app
from radiant_mlhub.hub.folder import HubFolder
from radiant_mlhub.hub.settings import HubSettings
from radiant_mlhub.hub.sqlite_store import open_store
from radiant_mlhub.hub.store import API_PATH

_SPELLED_OUT = {
    "builtins.": "",
    "_Time": "datetime | date | str",
    "_Mirrors": "Mapping[str, str] | Iterable[str | tuple[str, str]]",
}
"""What signatures say in short for those who read the code."""


class HubOperations(SphinxDirective):
    """Every operation of the hub's OpenAPI document, with its parameters."""

    def run(self) -> list[nodes.Node]:
        """The nodes of the table."""
        return self.parse_text_to_nodes("\n".join(operation_lines(openapi_document())))


class HubParameters(SphinxDirective):
    """Every parameter of a query string in the hub's OpenAPI document."""

    def run(self) -> list[nodes.Node]:
        """The nodes of the table."""
        return self.parse_text_to_nodes("\n".join(parameter_lines(openapi_document())))


class ErrorTree(SphinxDirective):
    """Every error of the package below its base, and what else it is."""

    def run(self) -> list[nodes.Node]:
        """The nodes of the list."""
        return self.parse_text_to_nodes("\n".join(error_lines(MLHubException)))


def error_lines(error: type[Exception], depth: int = 0) -> Iterator[str]:
    """A nested list in Markdown: an error, its built-in or foreign bases, and the first line about it."""
    also = [base for base in error.__bases__ if not issubclass(base, MLHubException)]
    names = [f"`{_name_of(base)}`" for base in also if base is not Exception]
    words = (error.__doc__ or "").partition("\n")[0]
    aside = f", also a {' and a '.join(names)}" if names else ""
    yield f"{'  ' * depth}- {{py:exc}}`~{error.__module__}.{error.__name__}`{aside}: {words}"
    for below in error.__subclasses__():
        if below.__module__ == error.__module__:  # others are a room's own, and do not leave it
            yield from error_lines(below, depth + 1)


def _name_of(error: type[BaseException]) -> str:
    package = error.__module__.partition(".")[0]
    return error.__name__ if package == "builtins" else f"{package}.{error.__name__}"


def operation_lines(document: dict[str, Any]) -> Iterator[str]:
    """A table in Markdown: each path, what it answers, and what may be asked."""
    yield from ("| operation | answers | may be asked with |", "| --- | --- | --- |")
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            asked = [one["name"] for one in operation["parameters"] if one["in"] == "query"]
            if "requestBody" in operation:
                body = operation["requestBody"]["content"]["application/json"]["schema"]
                asked = list(_resolved(body, document)["properties"])
            names = " ".join(f"`{name}`" for name in asked)
            yield f"| `{method.upper()} {path}` | {operation['summary']} | {names} |"


def parameter_lines(document: dict[str, Any]) -> Iterator[str]:
    """A table in Markdown: each parameter, once for each thing that is said about it, and where."""
    yield from ("| parameter | means | at |", "| --- | --- | --- |")
    paths: dict[tuple[str, str], list[str]] = {}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for one in operation["parameters"]:
                if one["in"] == "query":
                    paths.setdefault((one["name"], one["description"]), []).append(path.rpartition("/")[2])
    for (name, description), places in paths.items():
        yield f"| `{name}` | {description} | {', '.join(places)} |"


@cache
def openapi_document() -> dict[str, Any]:
    """What a hub without datasets answers at ``openapi.json``."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        try:
            settings = HubSettings(base_url="https://hub.example.org")
            app = hub_app(store, HubFolder(Path(folder)), settings)
            answer: dict[str, Any] = json.loads(asyncio.run(_asked(app, f"{API_PATH}openapi.json")))
            return answer
        finally:
            store.close()


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema


async def _asked(app: Any, path: str) -> bytes:
    """The body of the answer to one GET, without a server between."""
    body = b""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal body
        body += message.get("body", b"")

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"hub.example.org")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 443),
    }
    await app(scope, receive, send)
    return body


def examples_as_code(_app: Sphinx, _context: Any, lines: list[str]) -> None:
    """``Example: mlhub ...`` in a command's help, as a block to copy."""
    for number in reversed([at for at, line in enumerate(lines) if line.startswith("Example: ")]):
        end = next((at for at in range(number, len(lines)) if not lines[at].strip()), len(lines))
        words = " ".join(part.strip() for part in lines[number:end])
        lines[number:end] = [".. code-block:: bash", "", f"   {words.removeprefix('Example: ')}", ""]


def plain_signature(
    _app: Sphinx,
    _kind: str,
    _name: str,
    _object: Any,
    _options: Any,
    signature: str | None,
    returns: str | None,
) -> tuple[str | None, str | None]:
    """A signature as a reader writes it: ``list`` is no method there, and aliases are spelled out."""
    return _plain(signature), _plain(returns)


def without_drawn_tree(
    _app: Sphinx, kind: str, name: str, _object: Any, _options: Any, lines: list[str]
) -> None:
    """The tree of errors stands on its page as a list with links; the drawing is for readers of the code."""
    if kind == "module" and name == MLHubException.__module__:
        lines.clear()


def fields_as_read(_app: Sphinx, doctree: nodes.document) -> None:
    """Sphinx writes two hyphens for a dash, and "Variables" for what these pages call attributes."""
    for field in doctree.findall(nodes.field):
        for text in list(field.findall(nodes.Text)):
            if text == " -- ":
                text.parent.replace(text, nodes.Text(" \N{EN DASH} "))
            elif text == "Variables":
                text.parent.replace(text, nodes.Text("Attributes"))


def _plain(text: str | None) -> str | None:
    for written, read in _SPELLED_OUT.items():
        text = text and text.replace(written, read)
    return text


def setup(app: Sphinx) -> dict[str, Any]:
    """What Sphinx calls."""
    app.add_directive("hub-operations", HubOperations)
    app.add_directive("error-tree", ErrorTree)
    app.add_directive("hub-parameters", HubParameters)
    app.connect("autodoc-process-docstring", without_drawn_tree)
    app.connect("autodoc-process-signature", plain_signature)
    app.connect("doctree-read", fields_as_read)
    app.connect("sphinx-click-process-description", examples_as_code)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
