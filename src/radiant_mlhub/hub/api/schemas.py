"""What answers and bodies look like, as JSON Schemas: STAC's from stac-pydantic, the others here."""

from functools import cache

import msgspec
from pydantic.json_schema import models_json_schema
from stac_pydantic import Collection, Item
from stac_pydantic.api import Conformance, LandingPage

from ..store import Json
from .requests import MAX_SEARCH_LIMIT, SearchBody

REF = "#/components/schemas/"

OBJECT: Json = {"type": "object"}
_TEXT: Json = {"type": "string"}
_COUNT: Json = {"type": "integer", "minimum": 0}


def reference(name: str) -> Json:
    """A schema by its name in the document."""
    return {"$ref": REF + name}


def array(items: Json) -> Json:
    """A list of ``items``."""
    return {"type": "array", "items": items}


def _object(required: Json, optional: Json | None = None) -> Json:
    return {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}}


_LINKS = array(_object({"rel": _TEXT, "href": _TEXT}))

LANDING_PAGE = reference("LandingPage")
CONFORMANCE = reference("Conformance")
COLLECTION = reference("Collection")
ITEM = reference("Item")
DATASET = reference("Dataset")
SEARCH = reference("SearchBody")
ERROR = reference("Error")

COLLECTIONS = _object({"collections": array(COLLECTION), "links": _LINKS})
CHILDREN = _object({"children": array(COLLECTION), "links": _LINKS})
# An item with fields left out is no whole item.
ITEMS = _object(
    {"type": {"const": "FeatureCollection"}, "features": array(OBJECT), "links": _LINKS},
    {
        "numberMatched": _COUNT,
        "numberReturned": _COUNT,
        "context": _object({"limit": _COUNT, "returned": _COUNT}, {"matched": _COUNT}),
    },
)
CATALOG_INFO = _object({"dataset": _TEXT, "stac_catalog_size": _COUNT, "estimated_dataset_size": _COUNT})
ARCHIVE_INFO = _object({"collection": _TEXT, "dataset": _TEXT, "size": _COUNT, "types": array(_TEXT)})


@cache
def components() -> Json:
    """The schemas that have names."""
    models = [(model, "serialization") for model in (Item, Collection, LandingPage, Conformance)]
    _, from_pydantic = models_json_schema(models, ref_template=REF + "{model}")  # type: ignore[arg-type]
    _, from_msgspec = msgspec.json.schema_components([SearchBody], ref_template=REF + "{name}")
    from_msgspec["SearchBody"]["properties"]["limit"] = {
        "type": ["integer", "null"],
        "minimum": 1,
        "maximum": MAX_SEARCH_LIMIT,
    }
    collections = array(_object({"id": _TEXT}, {"types": array(_TEXT), "license": _TEXT}))
    return {
        **from_pydantic["$defs"],
        **from_msgspec,
        "Dataset": _object({"id": _TEXT, "collections": collections}),
        "Error": _object({"detail": _TEXT}),
    }
