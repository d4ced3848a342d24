"""A container on loopback that gives its files to whoever shows its shared signature, as Azure's does."""

from __future__ import annotations

import hashlib
from urllib.parse import unquote

from support.fault_server import FaultServer
from support.wire import Request, Response


class SharedContainer:
    """One container behind a fault server.

    Attributes:
        objects: Content by name.
        query: What an address has to end in.
        refused: Paths that were asked for with another query, or with none.
        url: Its address.
    """

    def __init__(self, server: FaultServer, signature: str, name: str = "c") -> None:
        self.objects: dict[str, bytes] = {}
        self.refused: list[str] = []
        self.url = f"{server.url}/{name}"
        self.query = ""
        self.sign(signature)
        self._name = name
        server.route("GET", f"/{name}", self._answer)

    def sign(self, signature: str) -> None:
        """From now on this signature opens it, and no other."""
        self.query = f"sv=2023-11-03&sr=c&sp=r&se=2030-01-01T00%3A00%3A00Z&sig={signature}"

    def put(self, name: str, content: bytes) -> str:
        """A file; its address, without the signature."""
        self.objects[name] = content
        return f"{self.url}/{name}"

    def signed(self, name: str) -> str:
        """The address of a file, with the signature."""
        return f"{self.url}/{name}?{self.query}"

    def _answer(self, request: Request) -> Response:
        if request.query != self.query and not request.query.endswith(f"&{self.query}"):
            self.refused.append(request.path)
            return Response(403, {"x-ms-error-code": "AuthenticationFailed"}, b"<Error/>")
        content = self.objects.get(unquote(request.path).removeprefix(f"/{self._name}/"))
        if content is None:
            return Response(404, {"x-ms-error-code": "BlobNotFound"}, b"<Error/>")
        etag = f'"{hashlib.md5(content).hexdigest()}"'
        is_known = request.headers.get("If-None-Match") == etag
        return Response(304 if is_known else 200, {"ETag": etag}, b"" if is_known else content)
