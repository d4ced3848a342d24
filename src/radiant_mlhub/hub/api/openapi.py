"""The OpenAPI document, from the operations that are served."""

import re
from collections.abc import Iterable

from radiant_mlhub.__version__ import __version__

from ..settings import HubSettings
from ..store import API_PATH, Json
from .answers import JSON
from .operations import Operation
from .schemas import ERROR, components

_PATH_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
# What any operation may answer: who may ask, how often, and how busy the hub is. 400 comes for
# what is no HTTP, too.
_ANYWHERE = (401, 429, 503)
_WORDS = {
    304: "As before: the client has it",
    400: "The question cannot be answered as asked",
    401: "A key is needed, or is not the right one",
    404: "There is no such thing here",
    413: "The body has more than 1 MiB",
    429: "Too many wrong keys came from this address",
    503: "The hub is busy; Retry-After says when to come back",
}
_SECURITY: list[Json] = [{"key": []}, {"bearer": []}, {}]


def document(operations: Iterable[Operation], settings: HubSettings, base_url: str) -> Json:
    """The document of a hub that is reached at ``base_url``."""
    paths: dict[str, Json] = {}
    for operation in operations:
        path = "/" + _PATH_PARAMETER.sub(r"{\1}", operation.path)
        method = "get" if operation.body is None else "post"
        paths.setdefault(path, {})[method] = _described(operation, f"{method}{path}")
    return {
        "openapi": "3.1.0",
        "info": {"title": settings.title, "version": __version__},
        "servers": [{"url": base_url + API_PATH.rstrip("/")}],
        "paths": paths,
        "components": {
            "schemas": components(),
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "query", "name": "key"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _described(operation: Operation, name: str) -> Json:
    described: Json = {
        "operationId": re.sub(r"\W+", "_", name).strip("_"),
        "summary": operation.summary,
        "parameters": [*map(_path_parameter, _PATH_PARAMETER.findall(operation.path)), *operation.parameters],
        "responses": _responses(operation),
        "security": _SECURITY,
    }
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": operation.body}}}
    return described


def _path_parameter(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _responses(operation: Operation) -> Json:
    if operation.schema is None:
        header = {"description": "Where it is, for an hour", "schema": {"type": "string", "format": "uri"}}
        went_well: Json = {"description": "It is elsewhere", "headers": {"Location": header}}
    else:
        went_well = {
            "description": "As asked",
            "content": {operation.media_type: {"schema": operation.schema}},
        }
    errors = sorted({*operation.errors, *_ANYWHERE})
    refusals = {str(status): _refusal(status) for status in errors}
    return {str(operation.status): went_well, "304": {"description": _WORDS[304]}, **refusals}


def _refusal(status: int) -> Json:
    return {"description": _WORDS[status], "content": {JSON: {"schema": ERROR}}}
