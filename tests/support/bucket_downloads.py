"""A dataset for downloads into a bucket, and a bucket's server that forbids something."""

from urllib.parse import urlencode

import requests

from support.fault_server import FaultServer
from support.scripted_hub import item
from support.wire import Response

BUCKET = "training"


class Refusing(FaultServer):
    """A bucket's server as ``url`` has it, but for one object, of which ``method`` is forbidden."""

    def __init__(self, url, refused, method="PUT"):
        super().__init__()
        self._behind = url
        self._refused = refused
        self._method = method
        self.route("*", "/", self._passed_on)

    def _passed_on(self, request):
        if request.method == self._method and request.path.endswith(self._refused):
            return Response(
                403, {"Content-Type": "application/xml"}, b"<Error><Code>AccessDenied</Code></Error>"
            )
        query = f"?{urlencode(request.args, doseq=True)}" if request.args else ""
        headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        answer = requests.request(
            request.method,
            f"{self._behind}{request.path}{query}",
            data=request.body,
            headers=headers,
            timeout=30,
        )
        kept = {name: value for name, value in answer.headers.items() if name in ("Content-Type", "ETag")}
        return Response(answer.status_code, kept, answer.content)


def published(hub, sizes):
    scenes = {name: hub.file(f"{name}.tif", size_bytes=size) for name, size in sizes.items()}
    hub.publish("ds", [item(name, {"image": scene.href}) for name, scene in scenes.items()])
    return scenes


def files_here(report):
    """Names of all files that a run leaves on this machine."""
    return {path.relative_to(report.folder.parent) for path in report.folder.parent.rglob("*")}


def assets_of(content):
    return {key: value for key, value in content.items() if key.endswith(".tif")}
