"""One file as an answer, with everything a careful client asks for.

Ranges, If-Range, HEAD and 416 are starlette's. The validator is ours: a digest of the bytes,
so that a file that changed within one second, or came back with an old date, has another one.
"""

import base64
import os
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from radiant_mlhub import digests, layout
from radiant_mlhub.exceptions import MLHubException


def path_within(root: Path, name: str) -> Path | None:
    """The file that ``name`` (decoded, ``/`` between its parts) means below ``root``.

    None when there is none, or when it lies elsewhere: through ``..``, an absolute
    name, or a link that leaves ``root``.
    """
    try:
        path = (root / layout.member_path(name)).resolve()
        is_inside = path.is_relative_to(root.resolve()) and path.is_file()
    except (MLHubException, OSError, ValueError):
        # A name no file system takes (NUL, 5,000 characters) is the name of no file.
        return None
    return path if is_inside else None


def file_answer(path: Path, request: Request) -> Response:
    """The file, a part of it, or 304 when the client has it already."""
    stat = path.stat()
    md5_hex = _md5(path, stat.st_size, stat.st_mtime_ns)
    etag = f'"{md5_hex}"'
    if _names(etag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers={"ETag": etag})
    # Content-MD5 speaks of the body sent (RFC 1864). Where a part may be sent, the digest
    # of the whole travels under the name that Azure Blob Storage gives it.
    digest_name = "x-ms-blob-content-md5" if "range" in request.headers else "Content-MD5"
    digest = base64.b64encode(bytes.fromhex(md5_hex)).decode("ascii")
    # Guessed from its name, a .tar.gz would be called a tar: the type of what is inside.
    media_type = "application/gzip" if path.suffix == ".gz" else None
    return FileResponse(
        path, headers={"ETag": etag, digest_name: digest}, media_type=media_type, stat_result=stat
    )


def _names(etag: str, if_none_match: str) -> bool:
    candidates = {candidate.strip().removeprefix("W/") for candidate in if_none_match.split(",")}
    return etag in candidates or "*" in candidates


@lru_cache(maxsize=10_000)
def _md5(path: os.PathLike[str], _size_bytes: int, _mtime_ns: int) -> str:
    return digests.of_file(Path(path), ["md5"])["md5"]
