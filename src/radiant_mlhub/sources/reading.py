"""A small JSON file of a source, read whole: by the engine where it is an address."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..exceptions import CatalogBroken
from ..tar_reader import Limits
from ..transfer import RequestFor, Transfer, fetch_one
from .parsing import json_value

BROKEN_JSON, EMPTY, NUL_BYTES = "JSON that cannot be read", "empty", "filled with NUL bytes"
_LONGEST_BEGINNING = 1024
_MAGIC = {
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"II*\x00": "an image",
    b"MM\x00*": "an image",
    b"%PDF": "a PDF file",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a file packed with gzip",
    b"PAR1": "a Parquet file",
}
_MARKS = {
    b"<listbucketresult": "the listing of a bucket",
    b"<title>index of": "the listing of a folder",
    b"<title>directory listing": "the listing of a folder",
    b"<!doctype html": "a web page",
    b"<html": "a web page",
    b"<": "XML",
}


def read_bytes(href: str, request_for: RequestFor) -> bytes:
    """What is at ``href``, with the patience, the checks and the manners of a download.

    Raises:
        TransferFailed: It cannot be had, or is longer than a STAC file may be (64 MiB); ``.status``
            is what a server answered, if one refused it.
    """
    with tempfile.TemporaryDirectory(prefix="mlhub-") as folder:
        target = Path(folder, "file")
        transfer = Transfer(href, str(target), folder, most_bytes=Limits().member_bytes)
        fetch_one(transfer, request_for=request_for)
        return target.read_bytes()


def json_object(content: bytes, label: str) -> Mapping[str, Any]:
    """The JSON object that ``content`` is.

    Raises:
        CatalogBroken: It is none; the sentence says what it looks like.
    """
    try:
        value = json_value(content)
    except (ValueError, RecursionError) as error:
        raise CatalogBroken(f"{label} is no STAC: it is {what_it_is(content)}.") from error
    if not isinstance(value, dict):
        raise CatalogBroken(f"{label} is no STAC: its JSON is no object.")
    return value


def what_it_is(content: bytes) -> str:
    """What a file that is no JSON looks like, by its first bytes."""
    beginning = content[:_LONGEST_BEGINNING].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if not beginning:
        return EMPTY
    for magic, name in _MAGIC.items():
        if content.startswith(magic):
            return name
    if beginning.startswith(b"<"):
        return next(name for mark, name in _MARKS.items() if mark in beginning)
    if beginning[0] in b"{[":
        return BROKEN_JSON
    if b"\0" in content[:_LONGEST_BEGINNING] or beginning[0] > 0x7E:  # noqa: PLR2004 - the last of ASCII
        return "a binary file" if content.strip(b"\0") else NUL_BYTES
    return "no JSON"
