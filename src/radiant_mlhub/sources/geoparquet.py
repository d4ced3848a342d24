"""A file of stac-geoparquet: an item a row, its place and time in columns that are looked at first.

pyarrow leaves out whole row groups by their statistics, and rows by their columns; rustac makes
items of the rows that are left. Both are of the extra ``geoparquet``.

Source: the stac-geoparquet specification, 1.0: columns ``id``, ``geometry`` (WKB), ``bbox`` (a struct of
``xmin``, ``ymin``, ``xmax``, ``ymax``), ``assets``, ``links``, and one for each property.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..exceptions import CatalogBroken
from ..extras import needed
from ..transfer import Request, RequestFor, Slow
from .item_index import widened
from .local_reading import read_from
from .source import Memory, SourceObject, Wanted
from .tree import object_place

_EXTRA, _WHAT = "geoparquet", "A .parquet file"
_ROWS_AT_ONCE = 1000
# rustac writes no assets where no item has one; without both of the last, it is another geoparquet.
_COLUMNS_OF_ITEMS = (("id",), ("geometry",), ("assets", "stac_version"))
_CORNERS = ("xmin", "ymin", "xmax", "ymax")
NO_GEOMETRY: Mapping[str, Any] = {"type": "GeometryCollection", "geometries": []}
"""What stands for a missing geometry, which the column of geometries cannot do without."""

_TIMES = ("datetime", "start_datetime", "end_datetime")
_Ends = tuple[datetime | None, datetime | None]
# 64 bits of nanoseconds reach 292 years from 1970 to either side.
_FIRST_IN_NS, _LAST_IN_NS = datetime(1678, 1, 1, tzinfo=UTC), datetime(2262, 1, 1, tzinfo=UTC)


class GeoparquetFile:
    """A file of stac-geoparquet on this machine.

    Attributes:
        dataset_id: The dataset; also the collection of items that name none.
        label: The file's name.
        version: What tells it from another file of that name.
    """

    def __init__(
        self,
        dataset_id: str,
        path: Path,
        request_for: RequestFor,
        *,
        base_href: str | None = None,
        version: str | None = None,
    ) -> None:
        """Take the file; it is opened when it is read.

        Raises:
            ExtraMissing: pyarrow or rustac is not installed.
        """
        with needed(_EXTRA, _WHAT):
            import pyarrow.dataset  # noqa: PLC0415
            import rustac  # noqa: F401, PLC0415
        self._arrow: Any = pyarrow
        self.dataset_id = dataset_id
        self.label = path.name
        self.version = version
        self._path = path
        self._base_href = base_href
        self._request_for = request_for

    def narrows(self, wanted: Wanted) -> bool:
        """Whether rows are left out."""
        asked = (wanted.reach, wanted.datetime, wanted.collections, wanted.ids)
        return any(each is not None for each in asked)

    def request_for(self, href: str) -> Request | Slow:
        """How to ask for ``href`` right now."""
        return self._request_for(href)

    def objects(self, wanted: Wanted, memory: Memory) -> Iterator[SourceObject]:
        """The items that may be what is wanted, in the file's order.

        Raises:
            CatalogBroken: It is no file of STAC items.
        """
        for body in self.items(wanted):
            try:
                place = object_place(body, self.dataset_id)
            except ValueError as error:
                yield SourceObject(f"an item of {self.label}", error=str(error))
            else:
                yield SourceObject(place, body, base_href=self._base_href)

    def items(self, wanted: Wanted) -> Iterator[Mapping[str, Any]]:
        """The same as JSON."""
        table = self._opened()
        scanner = table.scanner(filter=self._left(table.schema, wanted), batch_size=_ROWS_AT_ONCE)
        for batch in self._batches(scanner):
            if batch.num_rows:
                yield from self._items_of(batch)

    def _batches(self, scanner: Any) -> Iterator[Any]:
        try:
            yield from scanner.to_batches()
        except (OSError, self._arrow.ArrowException) as error:
            raise CatalogBroken(f"{self._path} cannot be read: {error}") from error

    def _items_of(self, batch: Any) -> list[Mapping[str, Any]]:
        import rustac  # noqa: PLC0415

        # Copied: rustac 0.9 takes a slice of a larger batch for the whole, and panics.
        copied = batch.take(self._arrow.array(range(batch.num_rows)))
        try:
            table = _with_assets(self._arrow.Table.from_batches([copied]), self._arrow)
            found = rustac.from_arrow(table)["features"]
        # A panic of Rust is no Exception; whatever it is, the file cannot be read.
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
                raise
            raise CatalogBroken(f"{self._path} holds rows that are no STAC items: {error}") from error
        return [{**body, "geometry": None} if body.get("geometry") == NO_GEOMETRY else body for body in found]

    def collections(self) -> Iterator[tuple[str, bool]]:
        """Ids of collections, and whether an item of it was seen to carry labels."""
        labels: dict[str, bool] = {}
        table = self._opened()
        columns = [name for name in ("collection", "stac_extensions") if name in table.schema.names]
        for batch in self._batches(table.scanner(columns=columns)):
            for row in batch.to_pylist():
                collection_id = str(row.get("collection") or self.dataset_id)
                uses = row.get("stac_extensions") or ()
                labels[collection_id] = labels.get(collection_id, False) or any(
                    "/label/" in each for each in uses
                )
        yield from labels.items()

    def _opened(self) -> Any:
        with read_from(self._path):  # pyarrow takes a folder, too, and of what is missing says little
            self._path.open("rb").close()
        try:
            table = self._arrow.dataset.dataset(self._path, format="parquet")
        except (OSError, ValueError) as error:  # ArrowInvalid is a ValueError
            raise CatalogBroken(f"{self._path} is no Parquet file that can be read: {error}") from error
        for either in _COLUMNS_OF_ITEMS:
            if not set(either) & set(table.schema.names):
                raise CatalogBroken(
                    f'{self._path} is no stac-geoparquet: it has no column "{either[0]}", '
                    "which every item has."
                )
        return table

    def _left(self, schema: Any, wanted: Wanted) -> Any:
        """An expression that keeps what may be wanted, and every row that does not tell."""
        field = self._arrow.dataset.field
        tests = []
        if wanted.collections is not None and "collection" in schema.names:
            tests.append(field("collection").isin(wanted.collections) | field("collection").is_null())
        if wanted.ids is not None:
            tests.append(field("id").isin(wanted.ids))
        if wanted.reach is not None and _has_boxes(schema, self._arrow):
            tests.append(_in_box(field, widened(*wanted.reach)))
        if wanted.datetime is not None:
            names = [name for name in _TIMES if name in schema.names]
            tell_all = names in (list(_TIMES), ["datetime"])
            ends = _ends(wanted.datetime)
            if tell_all and all(_tells_time(schema, name, ends, self._arrow) for name in names):
                tests.append(_in_time(field, names, *ends))
        whole = None
        for test in tests:
            whole = test if whole is None else whole & test
        return whole


def _with_assets(table: Any, arrow: Any) -> Any:
    """Rows whose assets are null have none: rustac, which writes ``{}`` so, does not read it."""
    number = table.schema.get_field_index("assets")
    if number < 0:
        return table
    column = table.column(number).combine_chunks()
    if not column.null_count or not arrow.types.is_struct(column.type):
        return table
    whole = arrow.StructArray.from_arrays(column.flatten(), fields=list(column.type))
    return table.set_column(number, table.schema.field(number), whole)


def _has_boxes(schema: Any, arrow: Any) -> bool:
    if "bbox" not in schema.names:
        return False
    kind = schema.field("bbox").type
    return arrow.types.is_struct(kind) and all(kind.get_field_index(name) >= 0 for name in _CORNERS)


def _tells_time(schema: Any, name: str, ends: _Ends, arrow: Any) -> bool:
    """Whether a column holds instants that can be compared with ``ends``."""
    kind = schema.field(name).type
    if not arrow.types.is_timestamp(kind) or kind.tz is None:
        return False
    # pyarrow takes what it compares with into the column's unit, and refuses what is too far for that:
    # then every row is looked at.
    return kind.unit != "ns" or all(end is None or _FIRST_IN_NS <= end <= _LAST_IN_NS for end in ends)


def _in_box(field: Any, box: tuple[float, float, float, float]) -> Any:
    west, south, east, north = box
    xmin, ymin, xmax, ymax = (field("bbox", name) for name in _CORNERS)
    # Boxes at the antimeridian, however they are written, are for the filter to judge.
    lies_around = (xmin > xmax) | (xmin <= -180) | (xmax >= 180)  # noqa: PLR2004
    meets = ((xmin <= east) & (xmax >= west)) | lies_around
    return (meets & (ymin <= north) & (ymax >= south)) | xmin.is_null()


def _in_time(field: Any, names: list[str], start: datetime | None, end: datetime | None) -> Any:
    single = field("datetime")
    if not {"start_datetime", "end_datetime"} <= set(names):
        return _between(single, single, start, end) | single.is_null()
    first, last = field("start_datetime"), field("end_datetime")
    tells_half = first.is_null() | last.is_null()
    return (
        _between(first, last, start, end)
        | (_between(single, single, start, end) & tells_half)
        | (tells_half & (single.is_null() | first.is_valid() | last.is_valid()))
    )


def _between(first: Any, last: Any, start: datetime | None, end: datetime | None) -> Any:
    if start is None:
        return first <= end
    return last >= start if end is None else (first <= end) & (last >= start)


def _ends(text: str) -> _Ends:
    start, slash, end = text.partition("/")
    return _instant(start), _instant(end if slash else start)


def _instant(text: str) -> datetime | None:
    return None if text in ("", "..") else datetime.fromisoformat(text)
