"""A bucket on loopback that gives its objects to whoever signs his request, and looks at the signature.

As S3 does it: AWS Signature Version 4 in the query, of the host and the address, good for so many seconds.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import defaultdict
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, unquote

from support.fault_server import FaultServer
from support.wire import Request, Response

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIexampleSECRETKEY"}


class SignedBucket:
    """One bucket behind a fault server.

    Attributes:
        objects: Content by key.
        signatures: Every signature that was shown for a key, right or wrong.
        refusals: How many requests were refused, and why.
        busy: Keys whose next request is answered 408.
        longest_s: Signatures end after this, whatever they say themselves.
        url: Its endpoint.
        region: Where it lies; a signature of another region is told so.
    """

    def __init__(self, server: FaultServer, name: str = "bucket") -> None:
        self.objects: dict[str, bytes] = {}
        self.signatures: dict[str, set[str]] = defaultdict(set)
        self.refusals: dict[str, int] = defaultdict(int)
        self.busy: set[str] = set()
        self.longest_s = 7 * 24 * 3600.0
        self.region = "us-east-1"
        self._name = name
        self._host = f"127.0.0.1:{server.port}"
        self.url = server.url
        server.route("GET", f"/{name}", self._answer)

    def put(self, key: str, content: bytes) -> str:
        """An object; its ``s3://`` address."""
        self.objects[key] = content
        return f"s3://{self._name}/{key}"

    def _answer(self, request: Request) -> Response:
        key = unquote(request.path).removeprefix(f"/{self._name}/")
        query = dict(parse_qsl(request.query))
        self.signatures[key].add(query.get("X-Amz-Signature", ""))
        if query.get("X-Amz-Credential", "").split("/")[2:3] != [self.region]:
            return self._refused(
                "AuthorizationQueryParametersError", 400, {"x-amz-bucket-region": self.region}
            )
        if self._signature(request) != query["X-Amz-Signature"]:
            return self._refused("SignatureDoesNotMatch", 403)
        made = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
        if time.time() > made + min(float(query["X-Amz-Expires"]), self.longest_s):
            return self._refused("AccessDenied: Request has expired", 403)
        if key in self.busy:
            self.busy.remove(key)
            return Response(408)
        if key not in self.objects:
            return Response(404, {}, b"<Error><Code>NoSuchKey</Code></Error>")
        etag = hashlib.md5(self.objects[key]).hexdigest()
        return Response(200, {"ETag": f'"{etag}"'}, self.objects[key])

    def _refused(self, code: str, status: int, headers: dict[str, str] | None = None) -> Response:
        self.refusals[code] += 1
        return Response(status, headers or {}, f"<Error><Code>{code}</Code></Error>".encode())

    def _signature(self, request: Request) -> str:
        fields = [pair for pair in parse_qsl(request.query) if pair[0] != "X-Amz-Signature"]
        query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(fields))
        canonical = f"GET\n{request.path}\n{query}\nhost:{self._host}\n\nhost\nUNSIGNED-PAYLOAD"
        told = dict(fields)
        scope = told["X-Amz-Credential"].split("/", 1)[1]
        lines = [
            "AWS4-HMAC-SHA256",
            told["X-Amz-Date"],
            scope,
            hashlib.sha256(canonical.encode()).hexdigest(),
        ]
        key = f"AWS4{KEYS['AWS_SECRET_ACCESS_KEY']}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.new(key, "\n".join(lines).encode(), "sha256").hexdigest()
