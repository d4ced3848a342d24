"""What a filter may speak of, as a JSON Schema (OGC API - Features, part 3)."""

from ..store import Json

_ITEM_SCHEMA = "https://schemas.stacspec.org/v1.0.0/item-spec/json-schema/"


def queryables(href: str, title: str) -> Json:
    """The queryables document that stands at ``href``.

    Any other member of an item's properties can be asked for, too: by its name, or as
    ``properties.{name}``.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": href,
        "type": "object",
        "title": title,
        "properties": {
            "id": {
                "title": "Item",
                "$ref": f"{_ITEM_SCHEMA}item.json#/definitions/core/allOf/2/properties/id",
            },
            "collection": {"title": "Collection", "type": "string"},
            "geometry": {"title": "Footprint", "$ref": "https://geojson.org/schema/Geometry.json"},
            "datetime": {
                "title": "Time",
                "$ref": f"{_ITEM_SCHEMA}datetime.json#/properties/datetime",
            },
        },
        "additionalProperties": True,
    }
