"""What is wrong with a STAC object: the core by stac-pydantic, extensions by models of our own.

Nothing is asked of any network. What MLHub's own catalogs of 2022 are seen to do is let pass with a
note: an extension that is no URL, a label item without label fields, a smaller box that leaves the
larger one, a summary that is a bare value, words in place of a DOI.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from stac_pydantic import Catalog, Collection, Item

from ... import digests, layout
from ...exceptions import UnsafeName
from ..store import Json
from .extension_models import FileFields, LabelProperties, MLModelProperties, ScientificFields
from .problems import Complaint

_VERSIONS = ("1.0.", "1.1.")
_EXTENSIONS_ORIGIN = "https://stac-extensions.github.io/"
_LONGEST_ID = 500
_PLAIN = (int, float, str, bool)
_OF_A_BOX = (4, 6)


def implements(body: Mapping[str, Any], extension: str) -> bool:
    """Whether the object lists the extension, by its URL or, as long ago, by its short name."""
    listed = body.get("stac_extensions") or ()
    prefix = f"{_EXTENSIONS_ORIGIN}{extension}/"
    return any(isinstance(each, str) and (each == extension or each.startswith(prefix)) for each in listed)


def check_item(body: Json) -> tuple[Item | None, list[Complaint]]:
    """The item as stac-pydantic reads it, None where it cannot; and what is to be said about it."""
    item, complaints = _checked_core(Item, body)
    if item is None:
        return None, complaints
    complaints += _id_complaints(body["id"], "$.id")
    complaints += _box_complaints(body.get("bbox"))
    properties = body["properties"]
    for extension, model in _OF_PROPERTIES.items():
        if implements(body, extension):
            complaints += _checked_fields(model, properties, "$.properties")
    complaints += _asset_complaints(body.get("assets") or {})
    return item, complaints


def check_collection(body: Json) -> list[Complaint]:
    """What is to be said about a collection."""
    collection, complaints = _checked_core(Collection, body)
    if collection is None:
        return complaints
    complaints += _id_complaints(body["id"], "$.id")
    if implements(body, "scientific"):
        complaints += _checked_fields(ScientificFields, body, "$")
    return complaints + _asset_complaints(body.get("assets") or {})


def check_catalog(body: Json) -> list[Complaint]:
    """What is to be said about a catalog."""
    return _checked_core(Catalog, body)[1]


_OF_PROPERTIES: Mapping[str, type[BaseModel]] = {
    "label": LabelProperties,
    "ml-model": MLModelProperties,
    "scientific": ScientificFields,
}


def _checked_core(model: type[Any], body: Json) -> tuple[Any, list[Complaint]]:
    version = body.get("stac_version")
    if not (isinstance(version, str) and version.startswith(_VERSIONS)):
        said = f"is {version!r}; STAC 1.0 and 1.1 are understood. Migrate it, with pystac for instance"
        return None, [Complaint("$.stac_version", said)]
    if any(key.startswith("mlhub:archive") for key in body):
        return None, [Complaint("$['mlhub:archive']", "is a member that the hub keeps for itself")]
    try:
        return model.model_validate(body), []
    except ValidationError as error:
        complaints = _told(error, body, "$")
    is_broken = any(complaint.is_fatal for complaint in complaints)
    # What is let pass leaves no model; nobody asks for one but of items.
    return (None if is_broken else _without_checks(model, body)), complaints


def _without_checks(model: type[Any], body: Json) -> Any:
    if model is not Item:
        return body
    return Item.model_validate({**body, "stac_extensions": []})


def _told(error: ValidationError, body: Any, root: str) -> list[Complaint]:
    complaints: dict[str, Complaint] = {}
    for each in error.errors(include_url=False, include_context=False):
        place, value = _place(each["loc"], body, root)
        message = each["msg"].removeprefix("Value error, ")
        is_fatal = not _is_let_pass(each["type"], place, value, message)
        complaints.setdefault(place, Complaint(place, message, is_fatal))
    return list(complaints.values())


def _is_let_pass(kind: str, place: str, value: Any, message: str) -> bool:
    if place.startswith("$.stac_extensions"):
        return kind.startswith("url") and isinstance(value, str)
    if "sci:doi" in place and isinstance(value, str):
        return "://" not in value
    if place.startswith("$.summaries"):
        return isinstance(value, _PLAIN)
    return place == "$.extent.spatial.bbox" and "not fully contained" in message


def _place(location: Iterable[int | str], body: Any, root: str) -> tuple[str, Any]:
    """The JSON path of an error and what stands there; pydantic's names of union members are left out."""
    path, node = root, body
    steps = list(location)
    for number, step in enumerate(steps):
        is_there = (isinstance(node, Mapping) and step in node) or (
            isinstance(node, list) and isinstance(step, int) and step < len(node)
        )
        is_missing = isinstance(node, Mapping) and number + 1 == len(steps)
        if is_there:
            node = node[step]
        if is_there or is_missing:
            path += f"[{step}]" if isinstance(step, int) else _member(step)
    return path, node


def _member(name: str) -> str:
    return f".{name}" if name.replace("_", "a").isalnum() else f"['{name}']"


def _checked_fields(model: type[BaseModel], fields: Mapping[str, Any], root: str) -> list[Complaint]:
    try:
        model.model_validate(fields)
    except ValidationError as error:
        missing = {each["loc"] for each in error.errors() if each["type"] == "missing"}
        noted = [
            Complaint(_place(location, fields, root)[0], "is missing", is_fatal=False) for location in missing
        ]
        told = _told(error, fields, root)
        places = {complaint.place for complaint in noted}
        return sorted(noted, key=lambda one: one.place) + [each for each in told if each.place not in places]
    return []


def _asset_complaints(assets: Mapping[str, Json]) -> list[Complaint]:
    complaints = []
    for key, asset in assets.items():
        place = f"$.assets{_member(key)}"
        complaints += _name_complaints(key, place)
        if any(name.startswith("file:") for name in asset):
            complaints += _checked_fields(FileFields, asset, place)
            complaints += _checksum_complaints(asset.get("file:checksum"), place)
    return complaints


def _checksum_complaints(checksum: Any, place: str) -> list[Complaint]:
    if not isinstance(checksum, str):
        return []
    try:
        digests.from_multihash(checksum)
    except ValueError as error:
        is_unknown = "unknown kind" in str(error)
        return [Complaint(f"{place}['file:checksum']", str(error), is_fatal=not is_unknown)]
    return []


def _id_complaints(name: str, place: str) -> list[Complaint]:
    """What speaks against a name that is to be a part of addresses and file names."""
    if len(name) > _LONGEST_ID:
        return [Complaint(place, f"has {len(name)} characters; {_LONGEST_ID} are allowed")]
    if "/" in name or "\\" in name:
        return [Complaint(place, f"{name!r} holds a slash, so that no address of the hub can name it")]
    return _name_complaints(name, place)


def _name_complaints(name: str, place: str) -> list[Complaint]:
    try:
        layout.safe_component(name)
    except UnsafeName as error:
        return [Complaint(place, str(error))]
    return []


def _box_complaints(bbox: Any) -> list[Complaint]:
    if bbox is None:
        return []
    half = len(bbox) // 2
    if len(bbox) not in _OF_A_BOX or not all(map(math.isfinite, bbox)):
        return [Complaint("$.bbox", "is no box of 4 or 6 numbers")]
    west, south, east, north = bbox[0], bbox[1], bbox[half], bbox[half + 1]
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004 - degrees
        return [Complaint("$.bbox", f"{bbox} is no box of degrees: west, south, east, north")]
    return []
