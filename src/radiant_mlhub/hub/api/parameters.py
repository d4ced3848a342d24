"""The parameters of query strings, as the OpenAPI document has them."""

from ..store import Json
from .filters import CRS84, LANGUAGES
from .requests import DEFAULT_LIMIT, MAX_LIMIT, MAX_SEARCH_LIMIT

_LIMIT_SCHEMA: Json = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}


def _parameter(name: str, description: str, schema: Json | None = None, **more: object) -> Json:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema or {"type": "string"},
        **more,
    }


def _listed(name: str, description: str) -> Json:
    schema = {"type": "array", "items": {"type": "string"}}
    return _parameter(name, description, schema, style="form", explode=False)


def _repeated(name: str, description: str) -> Json:
    schema = {"type": "array", "items": {"type": "string"}, "maxItems": 20}
    return _parameter(name, description, schema, style="form", explode=True)


LIMIT = _parameter("limit", "How many at most.", {**_LIMIT_SCHEMA, "default": DEFAULT_LIMIT})
SEARCH_LIMIT = _parameter(
    "limit",
    f"How many at most; a page never holds more than {MAX_LIMIT:,}.",
    {**_LIMIT_SCHEMA, "maximum": MAX_SEARCH_LIMIT, "default": DEFAULT_LIMIT},
)
COLLECTIONS_LIMIT = _parameter("limit", "How many at most; all where it is left out.", _LIMIT_SCHEMA)
TOKEN = _parameter("token", "Where to go on, from the next link of an earlier page.")
BBOX = _parameter(
    "bbox",
    "West, south, east and north in degrees, or six numbers with heights. West above east means "
    "across the 180th meridian. What touches the box is in it.",
    {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6},
    style="form",
    explode=False,
)
DATETIME = _parameter(
    "datetime",
    "A moment of RFC 3339, or an interval of two with a slash between; .. stands for an open end.",
    example="2018-01-01T00:00:00Z/2018-12-31T23:59:59Z",
)
INTERSECTS = _parameter("intersects", "A GeoJSON geometry; not together with bbox.")
COLLECTIONS = _listed("collections", "Ids of collections.")
IDS = _listed("ids", "Ids of items.")
EXTENSIONS = _repeated("extensions", "Items that implement all of them, each by URL or short name (label).")
FIELDS = _listed("fields", "Members of the items; with - in front, those that are left out.")
SORTBY = _listed("sortby", "id, datetime, collection or properties.{name}; with - in front, downward.")
FILTER = _parameter("filter", "A CQL2 expression.")
FILTER_LANG = _parameter("filter-lang", "How it is written.", {"type": "string", "enum": list(LANGUAGES)})
FILTER_CRS = _parameter("filter-crs", "That of its geometries.", {"type": "string", "enum": [CRS84]})
TAGS = _repeated("tags", "Tags that a dataset has to have, all of them.")
TEXT = _repeated(
    "text", "Phrases that have to stand in its id, title, description, citation, tags or creator."
)
Q = _listed("q", "Words of which one has to stand in id, title, description or keywords.")

_ITEMS_AND_SEARCH = [TOKEN, BBOX, DATETIME, IDS, FIELDS, SORTBY, FILTER, FILTER_LANG, FILTER_CRS]
ITEMS = [LIMIT, EXTENSIONS, *_ITEMS_AND_SEARCH]
SEARCH = [SEARCH_LIMIT, COLLECTIONS, INTERSECTS, *_ITEMS_AND_SEARCH]
COLLECTION_SEARCH = [COLLECTIONS_LIMIT, TOKEN, BBOX, DATETIME, Q]
DATASETS = [TAGS, TEXT]
