"""stac-api-validator without the internet: ``python offline_validator.py SCHEMAS ARGUMENTS...``.

Runs under the interpreter of an environment of its own (``make .venv-checkers/.whole``), so it
imports nothing of this project. SCHEMAS is a folder with an older pystac, whose wheel carries the
schemas of STAC 1.0.0 and GeoJSON; those of STAC 1.1.0 lie in the pystac installed there. No package
carries the schemas of extensions: they are answered with one that everything meets, and
the hub's own models check extension fields when something is published. Whatever else is not on
this machine is refused, so that a test that passes has asked nobody.
"""

import io
import json
import runpy
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pystac
import requests

INSIDE = Path("validation/jsonschemas")
ANYTHING_IS_VALID = {"$schema": "http://json-schema.org/draft-07/schema#"}


def local_copy(url, schemas):
    """The document at ``url``, from this machine; None for an address on it."""
    parts = urlsplit(url)
    if parts.hostname in ("127.0.0.1", "localhost"):
        return None
    if parts.hostname == "schemas.stacspec.org":
        version, _, _, name = parts.path.strip("/").split("/")
        roots = [schemas / "pystac", Path(pystac.__file__).parent]
        found = [root / INSIDE / "stac-spec" / version / name for root in roots]
        return next(path for path in found if path.exists()).read_bytes()
    if parts.hostname == "geojson.org":
        return (schemas / "pystac" / INSIDE / "geojson" / Path(parts.path).name).read_bytes()
    if parts.hostname == "stac-extensions.github.io":
        return json.dumps({**ANYTHING_IS_VALID, "$id": url}).encode()
    raise OSError(f"{url} is not on this machine")


def answer_from(schemas):
    """Let requests and urllib answer schema hosts from local copies."""
    send, urlopen = requests.Session.send, urllib.request.OpenerDirector.open

    def offline_send(session, request, **options):
        body = local_copy(request.url, schemas)
        if body is None:
            return send(session, request, **options)
        response = requests.Response()
        response.status_code, response.url, response.raw = 200, request.url, io.BytesIO(body)
        response.headers["Content-Type"] = "application/json"
        return response

    def offline_open(opener, request, *arguments, **options):
        url = request if isinstance(request, str) else request.full_url
        body = local_copy(url, schemas)
        if body is None:
            return urlopen(opener, request, *arguments, **options)
        return urllib.response.addinfourl(io.BytesIO(body), {"Content-Type": "application/json"}, url, 200)

    requests.Session.send = offline_send
    urllib.request.OpenerDirector.open = offline_open


if __name__ == "__main__":
    answer_from(Path(sys.argv[1]))
    sys.argv = ["stac-api-validator", *sys.argv[2:]]
    runpy.run_module("stac_api_validator", run_name="__main__")
