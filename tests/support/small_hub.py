"""A hub of a few routes on loopback: what the tests of sessions and commands talk to."""

from __future__ import annotations

import json
from typing import Any

from support.fault_server import FaultServer
from support.wire import Request, Response

ROOT = "/mlhub/v1"


class SmallHub(FaultServer):
    """A fault server whose routes below ``root_url`` answer JSON."""

    @property
    def root_url(self) -> str:
        return self.url + ROOT

    def answers(self, path: str, body: Any = None, *, status: int = 200, **headers: str) -> None:
        """Let ``path``, below the root, always answer ``body`` as JSON."""
        self.route("*", f"{ROOT}/{path}", lambda _: json_response(body, status, **headers))

    def answers_in_turn(self, path: str, *responses: Response) -> None:
        """Let ``path`` give these answers one after the other, and then the last one again."""
        left = list(responses)
        self.route("*", f"{ROOT}/{path}", lambda _: left.pop(0) if len(left) > 1 else left[0])

    def redirects(self, path: str, to: str, status: int = 302) -> None:
        """Let ``path`` send whoever asks to ``to``."""
        self.route("*", f"{ROOT}/{path}", lambda _: Response(status, {"Location": to}))

    @property
    def last(self) -> Request:
        return self.requests[-1]


def json_response(body: Any, status: int = 200, **headers: str) -> Response:
    """``body`` as a hub would send it; an underscore in a header's name stands for a hyphen."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, {"Content-Type": "application/json", **named}, json.dumps(body).encode())


def html_response(status: int = 200) -> Response:
    """A page for a browser, as a proxy, a login or a parked name gives it."""
    return Response(status, {"Content-Type": "text/html; charset=utf-8"}, b"<html><h1>Welcome</h1></html>")
