"""An open file as an answer: whole, a part, several parts, or word that the client has it already."""

import asyncio
import base64
import mimetypes
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import IO, NamedTuple

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from .preconditions import Validators
from .ranges import ByteRange, RangeNotSatisfiable, byte_ranges

ZERO_COPY = "http.response.zerocopysend"
"""The ASGI extension by which a server takes a descriptor in place of bytes."""

_PIECE_BYTES = 1 << 20  # what is in memory for one answer where the server wants bytes

_MEDIA_TYPES = {
    ".tif": "image/tiff; application=geotiff",
    ".tiff": "image/tiff; application=geotiff",
    ".geojson": "application/geo+json",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    # Guessed from its name, a .tar.gz would be called a tar: the type of what is inside.
    ".gz": "application/gzip",
}
# A type and its parameters. A comma may only stand in a list of types, of which browsers take the last.
_TYPE = r"[A-Za-z0-9!#$&^_.+-]+"
_MEDIA_TYPE = re.compile(rf"{_TYPE}/{_TYPE}(?: *;[ -+\--~]*)?")
# What a browser would run as a page of the hub itself: HTML, whatever is XML, and parts of any type.
_ACTIVE = re.compile(r"text/html|text/xsl|multipart/.*|.*[/+]xml|.*xhtml.*")


class OpenFile(NamedTuple):
    """A file that stays readable whatever happens to its name.

    Attributes:
        stream: Unbuffered; the answer closes it.
        md5: Hexadecimal.
    """

    stream: IO[bytes]
    size_bytes: int
    mtime_ns: int
    md5: str
    media_type: str


class FileAnswer(Response):
    """The file, or what a condition or range of the request makes of it. It closes the file."""

    def __init__(self, file: OpenFile, request_headers: Headers) -> None:
        self._file = file
        self._request_headers = request_headers
        self._validators = Validators(file.md5, file.mtime_ns)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        with self._file.stream:
            status = self._validators.status(self._request_headers)
            if status is not None:
                await self._without_body(status)(scope, receive, send)
                return
            try:
                ranges = self._ranges(scope["method"])
            except RangeNotSatisfiable as error:
                await self._refused(error)(scope, receive, send)
                return
            await self._send(ranges, scope, send)

    def _ranges(self, method: str) -> list[ByteRange]:
        # Ranges are defined for GET alone (RFC 9110, section 14.2): HEAD tells about the whole file.
        asked_for = self._request_headers.get("range") if method == "GET" else None
        if asked_for is None or not self._validators.may_send_part(self._request_headers.get("if-range")):
            return []
        return byte_ranges(asked_for, self._file.size_bytes)

    def _without_body(self, status: int) -> Response:
        response = Response(status_code=status, headers=self._validator_headers())
        if status == 304:  # noqa: PLR2004
            del response.headers["content-length"]
        return response

    def _refused(self, error: RangeNotSatisfiable) -> Response:
        headers = {"Content-Range": f"bytes */{self._file.size_bytes}", "Accept-Ranges": "bytes"}
        return JSONResponse({"detail": str(error)}, status_code=416, headers=headers)

    async def _send(self, ranges: list[ByteRange], scope: Scope, send: Send) -> None:
        parts = _parts(ranges, self._file)
        size_bytes = sum(len(part) if isinstance(part, bytes) else part.size_bytes for part in parts.body)
        headers = {**parts.headers, "Content-Length": str(size_bytes), **self._common_headers(bool(ranges))}
        raw_headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 206 if ranges else 200, "headers": raw_headers})
        if scope["method"] != "HEAD":
            can_take_descriptor = ZERO_COPY in (scope.get("extensions") or {})
            send_range = self._send_descriptor if can_take_descriptor else self._send_pieces
            for part in parts.body:
                if isinstance(part, bytes):
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                else:
                    await send_range(part, send)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_descriptor(self, part: ByteRange, send: Send) -> None:
        await send(
            {
                "type": ZERO_COPY,
                "file": self._file.stream.fileno(),
                "offset": part.start,
                "count": part.size_bytes,
                "more_body": True,
            }
        )

    async def _send_pieces(self, part: ByteRange, send: Send) -> None:
        offset = part.start
        while offset < part.end:
            count = min(_PIECE_BYTES, part.end - offset)
            piece = await asyncio.to_thread(_piece, self._file.stream, count, offset)
            if not piece:
                raise OSError(f"{self._file.stream.name} was cut at byte {offset} while it was sent.")
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            offset += len(piece)

    def _common_headers(self, is_part: bool) -> dict[str, str]:
        # Content-MD5 speaks of the body sent (RFC 1864). Beside a part, the digest of the whole
        # travels under the name that Azure Blob Storage gives it.
        digest_name = "x-ms-blob-content-md5" if is_part else "Content-MD5"
        digest = base64.b64encode(bytes.fromhex(self._file.md5)).decode("ascii")
        headers = {**self._validator_headers(), digest_name: digest, "X-Content-Type-Options": "nosniff"}
        if _ACTIVE.fullmatch(self._file.media_type.partition(";")[0].strip().lower()):
            headers["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
        return headers

    def _validator_headers(self) -> dict[str, str]:
        return {
            "ETag": self._validators.etag,
            "Last-Modified": self._validators.last_modified,
            "Accept-Ranges": "bytes",
        }


def _piece(stream: IO[bytes], count: int, offset: int) -> bytes:
    """Up to ``count`` bytes of a stream that nobody else reads."""
    stream.seek(offset)
    return stream.read(count)


def media_type_of(name: str, told: str | None = None) -> str:
    """The media type of a file as its catalog tells it; by its name where that is none."""
    if told is not None and _MEDIA_TYPE.fullmatch(told):
        return told
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122
    return _MEDIA_TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


class _Parts(NamedTuple):
    headers: Mapping[str, str]
    body: list[bytes | ByteRange]


def _parts(ranges: list[ByteRange], file: OpenFile) -> _Parts:
    """What is sent: the file, one range of it, or several with words between them (RFC 9110, 14.6)."""
    if not ranges:
        return _Parts({"Content-Type": file.media_type}, [ByteRange(0, file.size_bytes)])
    if len(ranges) == 1:
        headers = {"Content-Type": file.media_type, "Content-Range": _content_range(ranges[0], file)}
        return _Parts(headers, [ranges[0]])
    boundary = secrets.token_hex(16)
    body = list(_multipart(ranges, file, boundary))
    return _Parts({"Content-Type": f"multipart/byteranges; boundary={boundary}"}, body)


def _multipart(ranges: list[ByteRange], file: OpenFile, boundary: str) -> Iterator[bytes | ByteRange]:
    for each in ranges:
        yield (
            f"\r\n--{boundary}\r\nContent-Type: {file.media_type}\r\n"
            f"Content-Range: {_content_range(each, file)}\r\n\r\n"
        ).encode("latin-1")
        yield each
    yield f"\r\n--{boundary}--\r\n".encode("latin-1")


def _content_range(part: ByteRange, file: OpenFile) -> str:
    return f"bytes {part.start}-{part.end - 1}/{file.size_bytes}"
