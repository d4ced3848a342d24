"""Files on loopback and what goes wrong with them: the scripts of the fault server."""

from __future__ import annotations

import base64
import functools
import gzip as gzip_coding
import hashlib
import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime

from support.wire import Ending, Request, Wire, reset

STORED_AT = 1_600_000_000  # seconds since the epoch: Last-Modified of every scene
DATED_EARLIER = {"Last-Modified": formatdate(STORED_AT - 86_400, usegmt=True)}
"""For an older version of one."""


@dataclass(frozen=True)
class Fault(Ending):
    """How one answer of a scene differs from a right one. Without arguments it is right.

    Attributes:
        status: Answer with this status and a short text instead of the content.
        retry_after: Value of a Retry-After header (seconds or an HTTP date).
        redirect: Answer 302 (or ``status``) to this address.
        refuse: Reset the connection instead of answering.
        reset_after: Reset the connection after this many body bytes.
        cut_after: Close the connection after this many body bytes, without a reset.
        stall_after: Send this many body bytes, then nothing, until the client leaves.
        delay_s: Wait before the answer.
        trickle_s: Wait this long between pieces of ``piece_bytes``.
        chunked: Send the body chunked, without a length.
        no_length: Send the body without a length and close after it (HTTP/1.0 manner).
        length_off: Added to the Content-Length that is sent; the body stays the same.
        ignores_range: Answer 200 with everything to a range request.
        ignores_if_range: Answer 206 also where the validator of If-Range is another's.
        range_shift: A 206 starts this many bytes later (negative: earlier) than asked, and says so.
        range_lies: A 206 says another start than it has: this many bytes later.
        total_off: Added to the total in Content-Range.
        flip_byte: Invert the byte at this place of the content.
        gzip: Send the body gzip-coded: True always, ``"if accepted"`` when the client lists it.
        content: Other bytes under the same address, with a validator of their own.
        etag: The ETag to send; ``"auto"`` is made from the content, None sends none.
        headers: Added to the answer, or changed in it; a value of None leaves the header out.
    """

    status: int | None = None
    retry_after: str | int | None = None
    redirect: str | None = None
    refuse: bool = False
    delay_s: float = 0.0
    ignores_range: bool = False
    ignores_if_range: bool = False
    range_shift: int = 0
    range_lies: int = 0
    total_off: int = 0
    flip_byte: int | None = None
    gzip: bool | str = False
    content: bytes | None = None
    etag: str | None = "auto"
    headers: Mapping[str, str | None] = field(default_factory=dict)


class Scene:
    """One file of the server, with its script.

    Attributes:
        href: Its address.
        content: What it serves now; assign to change the object (and so its validators).
        faults: What goes wrong with the first GETs, one after the other.
        always: What goes wrong with each GET after those.
        head: What goes wrong with each HEAD; None: the same as ``always``.
    """

    def __init__(self, href: str, content: bytes, faults: Sequence[Fault | None], always: Fault) -> None:
        self.href = href
        self.content = content
        self.faults = list(faults)
        self.always = always
        self.head: Fault | None = None
        self.content_md5 = True
        self.last_modified: str | None = formatdate(STORED_AT, usegmt=True)
        self._served = 0
        self._lock = threading.Lock()

    def restart(self) -> None:
        """Begin ``faults`` from the first one again."""
        with self._lock:
            self._served = 0

    def next_fault(self, method: str) -> Fault:
        if method == "HEAD":
            return self.head or self.always
        with self._lock:
            turn = self._served
            self._served += 1
        if turn < len(self.faults):
            return self.faults[turn] or Fault()
        return self.always


def answer_scene(wire: Wire, scene: Scene, fault: Fault) -> bool:
    request = wire.request
    if fault.delay_s and wire.stopping.wait(fault.delay_s):
        return False
    if fault.refuse:
        reset(wire.sock)
        return False
    if fault.redirect is not None:
        wire.send_body(
            fault.status or 302, {"Location": fault.redirect, "Content-Length": "0"}, b"", Ending()
        )
        return True
    if fault.status is not None:
        text = b"as the script says"
        headers = {"Content-Length": str(len(text)), "Content-Type": "text/plain"}
        return wire.send_body(fault.status, _with_extras(headers, fault), text, Ending())
    content = scene.content if fault.content is None else fault.content
    headers = _headers_of_scene(scene, content, fault)
    if _is_unchanged(request, headers):
        return wire.send_body(304, _with_extras(headers, fault), b"", Ending())
    status, body = _status_and_body(request, content, headers, fault)
    if scene.content_md5 and status in {200, 206}:
        name = "Content-MD5" if status == 200 else "x-ms-blob-content-md5"
        whole = body if fault.gzip and "Content-Encoding" in headers else content
        headers[name] = content_md5_of(whole)
    if fault.chunked:
        headers["Transfer-Encoding"] = "chunked"
    elif not fault.no_length:
        headers["Content-Length"] = str(len(body) + fault.length_off)
    else:
        headers["Connection"] = "close"
    return wire.send_body(status, _with_extras(headers, fault), body, fault)


def _headers_of_scene(scene: Scene, content: bytes, fault: Fault) -> dict[str, str]:
    headers = {"Content-Type": "application/octet-stream"}
    if not fault.ignores_range:
        headers["Accept-Ranges"] = "bytes"
    if fault.etag is not None:
        headers["ETag"] = etag_of(content) if fault.etag == "auto" else fault.etag
    if scene.last_modified is not None:
        headers["Last-Modified"] = scene.last_modified
    return headers


def _with_extras(headers: Mapping[str, str], fault: Fault) -> dict[str, str]:
    merged: dict[str, str | None] = {**headers, **fault.headers}
    if fault.retry_after is not None:
        merged["Retry-After"] = str(fault.retry_after)
    return {name: value for name, value in merged.items() if value is not None}


def _is_unchanged(request: Request, headers: Mapping[str, str]) -> bool:
    known = request.headers.get("If-None-Match")
    if known is not None:
        return headers.get("ETag") in [tag.strip() for tag in known.split(",")]
    since = request.headers.get("If-Modified-Since")
    if since is None or "Last-Modified" not in headers:
        return False
    return parsedate_to_datetime(headers["Last-Modified"]) <= parsedate_to_datetime(since)


def _status_and_body(
    request: Request, content: bytes, headers: dict[str, str], fault: Fault
) -> tuple[int, bytes]:
    """The status and the bytes of an answer; adds what belongs to them to ``headers``."""
    if fault.flip_byte is not None:
        place = fault.flip_byte
        content = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
    accepts = request.headers.get("Accept-Encoding") or ""
    if fault.gzip is True or (fault.gzip and "gzip" in accepts):
        headers["Content-Encoding"] = "gzip"
        return 200, _gzipped(content)
    wanted = request.headers.get("Range")
    if wanted is None or fault.ignores_range or not _if_range_holds(request, headers, fault):
        return 200, content
    return _range_of(wanted, content, headers, fault)


def _if_range_holds(request: Request, headers: Mapping[str, str], fault: Fault) -> bool:
    condition = request.headers.get("If-Range")
    if condition is None or fault.ignores_if_range:
        return True
    # A weak ETag never satisfies If-Range: RFC 9110, section 13.1.5.
    return not condition.startswith("W/") and condition in (headers.get("ETag"), headers.get("Last-Modified"))


def _range_of(wanted: str, content: bytes, headers: dict[str, str], fault: Fault) -> tuple[int, bytes]:
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    size = len(content)
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last), size - 1) if first and last else size - 1
    if start >= size or start > end:
        headers["Content-Range"] = f"bytes */{size + fault.total_off}"
        return 416, b""
    start = max(start + fault.range_shift, 0)
    said = start + fault.range_lies
    headers["Content-Range"] = f"bytes {said}-{end}/{size + fault.total_off}"
    return 206, content[start : end + 1]


@functools.lru_cache(maxsize=16)
def _gzipped(content: bytes) -> bytes:
    # Once: on a busy machine, 3 MB take longer than an impatient client waits for a byte.
    return gzip_coding.compress(content, mtime=0)


@functools.lru_cache(maxsize=4096)
def content_md5_of(content: bytes) -> str:
    """Content-MD5 of ``content``: RFC 1864."""
    return base64.b64encode(hashlib.md5(content).digest()).decode()


@functools.lru_cache(maxsize=4096)
def etag_of(content: bytes) -> str:
    """The strong ETag under which ``content`` is served."""
    return f'"{hashlib.sha1(content).hexdigest()[:16]}"'


def made_up(size_bytes: int, seed: str = "") -> bytes:
    """Bytes that do not repeat, the same for the same arguments."""
    return random.Random(f"{size_bytes} {seed}").randbytes(size_bytes)
