"""The rows of the manifest that a plan is made of: the queries, and what a row says."""

from typing import Any, NamedTuple

from ..transfer import FileRecord
from .manifest import Manifest

_WANTED = """
FROM hrefs JOIN items ON items.number = hrefs.item
     LEFT JOIN files ON files.save_path = hrefs.save_path
WHERE hrefs.rejected_by IS NULL
"""
_ONE_A_PATH = "AND (NOT is_shared OR hrefs.number IN (SELECT number FROM first_of_shared))"
PLANNED = f"{_WANTED} {_ONE_A_PATH}"
_COLUMNS = """
SELECT hrefs.number, collection_id, item_id, asset_key, hrefs.href, hrefs.save_path, is_common,
       hrefs.size_bytes, hrefs.digests,
       (SELECT addresses FROM alternates WHERE alternates.href = hrefs.number),
       files.href, files.size_bytes, files.mtime_ns, files.validator, files.digest, files.verified_by
"""
_NEXT = "AND hrefs.number > :after ORDER BY hrefs.number LIMIT :rows"
AHEAD_PAGE = f"{_COLUMNS} {_WANTED} AND NOT waits AND hrefs.number <= :last {_NEXT}"
PAGE = f"{_COLUMNS} {_WANTED} AND NOT waits {_NEXT}"
LATE_PAGE = f"{_COLUMNS} {PLANNED} AND waits {_NEXT}"
EVERY_PAGE = f"{_COLUMNS} {PLANNED} {_NEXT}"
THESE = f"{_COLUMNS} {_WANTED} AND hrefs.number IN (SELECT value FROM json_each(?)) ORDER BY 1"  # noqa: S608 - ours
# Of a finished download every row is asked for what is recorded of it, and nothing else.
_RECORDED = """
SELECT hrefs.number, hrefs.save_path, hrefs.size_bytes, hrefs.digests,
       files.size_bytes, files.mtime_ns, files.digest, files.verified_by
FROM hrefs LEFT JOIN files ON files.save_path = hrefs.save_path AND files.href = hrefs.href
WHERE hrefs.rejected_by IS NULL
"""
RECORDED_PAGE = f"{_RECORDED} AND NOT waits {_NEXT}"
RECORDED_LATE_PAGE = f"{_RECORDED} {_ONE_A_PATH} AND waits {_NEXT}"
EXPECTED = f"""
SELECT TOTAL(bytes_named + files_unnamed * COALESCE(mean, 0)) FROM (
    SELECT TOTAL(CASE WHEN files.save_path IS NULL THEN hrefs.size_bytes END) AS bytes_named,
           SUM(files.save_path IS NULL AND hrefs.size_bytes IS NULL) AS files_unnamed,
           AVG(files.size_bytes) AS mean
    {PLANNED} GROUP BY asset_key
)
"""  # noqa: S608 - names of ours


class Row(NamedTuple):
    """A row of the plan, with what is recorded at its path."""

    number: int
    collection_id: str
    item_id: str | None
    asset_key: str
    href: str
    save_path: str
    is_common: int
    size_bytes: int | None
    digests: str | None
    alternates: str | None
    recorded_href: str | None
    recorded: FileRecord | None


def row_of(columns: tuple[Any, ...]) -> Row:
    """A row as the queries give it; what is recorded of another address's bytes is left out."""
    href, recorded_href = columns[4], columns[10]
    return Row._make((*columns[:11], FileRecord(*columns[11:]) if recorded_href == href else None))


def asset_of(manifest: Manifest, number: int) -> tuple[str, str | None, str, str]:
    """Collection, item, key and href of a row: what the error report names."""
    row = manifest.connection.execute(
        "SELECT collection_id, item_id, asset_key, href FROM hrefs"
        " JOIN items ON items.number = hrefs.item WHERE hrefs.number = ?",
        (number,),
    ).fetchone()
    return row[0], row[1], row[2], row[3]


def asset_at(manifest: Manifest, save_path: str) -> tuple[str | None, ...]:
    """The same of a row that has this path, one that is wanted before others; empty without any."""
    row = manifest.connection.execute(
        "SELECT number FROM hrefs WHERE save_path = ? ORDER BY rejected_by IS NOT NULL, number LIMIT 1",
        (save_path,),
    ).fetchone()
    return () if row is None else asset_of(manifest, row[0])
