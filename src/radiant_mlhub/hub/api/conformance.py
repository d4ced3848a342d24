"""The conformance classes that are kept; each of CQL2 has examples in ``tests/hub/api``."""

_STAC = "https://api.stacspec.org/"
_OGC = "http://www.opengis.net/spec/"
_CQL2 = (
    "cql2-text",
    "cql2-json",
    "basic-cql2",
    "advanced-comparison-operators",
    "case-insensitive-comparison",
    "accent-insensitive-comparison",
    "basic-spatial-functions",
    "basic-spatial-functions-plus",
    "spatial-functions",
    "array-functions",
    "property-property",
    "arithmetic",
)

CONFORMANCE = [
    f"{_STAC}v1.0.0/core",
    f"{_STAC}v1.0.0/collections",
    f"{_STAC}v1.0.0/ogcapi-features",
    f"{_STAC}v1.0.0/ogcapi-features#fields",
    f"{_STAC}v1.0.0/ogcapi-features#sort",
    f"{_STAC}v1.0.0/item-search",
    f"{_STAC}v1.0.0/item-search#fields",
    f"{_STAC}v1.0.0/item-search#sort",
    f"{_STAC}v1.0.0-rc.2/item-search#filter",
    f"{_STAC}v1.0.0-rc.1/collection-search",
    f"{_STAC}v1.0.0-rc.1/collection-search#free-text",
    f"{_STAC}v1.0.0-rc.2/children",
    f"{_OGC}ogcapi-common-2/1.0/conf/simple-query",
    f"{_OGC}ogcapi-features-1/1.0/conf/core",
    f"{_OGC}ogcapi-features-1/1.0/conf/geojson",
    f"{_OGC}ogcapi-features-3/1.0/conf/filter",
    f"{_OGC}ogcapi-features-3/1.0/conf/features-filter",
    *(f"{_OGC}cql2/1.0/conf/{name}" for name in _CQL2),
]
