"""What is installed, by the metadata of the packages."""

import platform
import re
from collections.abc import Iterator
from importlib import metadata

import pycurl

from ..__version__ import __version__
from .finding import Finding

_DISTRIBUTION = "radiant-mlhub"
_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)[^;]*(?:;(?P<marker>.*))?")
_EXTRA = re.compile(r"extra\s*==\s*['\"](?P<extra>[^'\"]+)['\"]")


def installed_findings() -> Iterator[Finding]:
    """This package and its Python, the libraries it needs, and its extras."""
    python = f"Python {platform.python_version()}"
    yield Finding("ok", "mlhub", f"{__version__}, {python}, {platform.system()} {platform.machine()}")
    needed, by_extra = _required()
    yield _libraries(needed)
    yield Finding("ok", "libcurl", pycurl.version.removeprefix("PycURL/").strip())
    for extra, names in sorted(by_extra.items()):
        yield _extra(extra, names)


def _libraries(needed: list[str]) -> Finding:
    versions = {name: _version(name) for name in needed}
    missing = [name for name, version in versions.items() if version is None]
    if missing:
        return Finding(
            "problem", "libraries", f"not installed: {', '.join(missing)}", f"pip install {' '.join(missing)}"
        )
    return Finding("ok", "libraries", ", ".join(f"{name} {version}" for name, version in versions.items()))


def _extra(extra: str, names: list[str]) -> Finding:
    missing = [name for name in names if _version(name) is None]
    if not missing:
        versions = (f"{name} {_version(name)}" for name in names if name != _DISTRIBUTION)
        return Finding("ok", f"extra {extra}", ", ".join(versions))
    return Finding(
        "note",
        f"extra {extra}",
        f"not installed: {', '.join(missing)}",
        f"pip install '{_DISTRIBUTION}[{extra}]'",
    )


def _required() -> tuple[list[str], dict[str, list[str]]]:
    """Names of what the package needs, and of what each of its extras needs."""
    needed: list[str] = []
    by_extra: dict[str, list[str]] = {}
    try:
        requirements = metadata.requires(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:  # imported from a folder without being installed
        requirements = []
    for requirement in requirements:
        found = _REQUIREMENT.match(requirement)
        marker = (found and found["marker"]) or ""
        extra = _EXTRA.search(marker)
        if found is None or (marker and not extra):
            continue  # only for some machines: nothing is wrong without it
        (by_extra.setdefault(extra["extra"], []) if extra else needed).append(found["name"])
    return needed, by_extra


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
