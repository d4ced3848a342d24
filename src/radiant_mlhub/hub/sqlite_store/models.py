"""Models come in and go, with the files of their assets."""

import sqlite3
import time
from collections.abc import Iterable

from ..store import Json, StoredFile
from .connections import Connections
from .leaving import PUBLISHED, REPLACED
from .rows import compact

# Files belong to publications. That of a model stands under a name that no dataset can have.
_OWNER = "model:{}"


def publish_model(
    connections: Connections, model: Json, version: str | None, files: Iterable[StoredFile]
) -> None:
    """Let the model and its files appear in place of earlier ones, in one transaction."""
    owner = _OWNER.format(model["id"])
    with connections.writing() as connection:
        _retire(connection, owner)
        connection.execute("INSERT OR REPLACE INTO models VALUES (?, ?)", (model["id"], compact(model)))
        if version is None:
            return
        number = connection.execute(
            "INSERT INTO publications (version, dataset_id, state, first_item, last_item) "
            "VALUES (?, ?, ?, 1, 0)",
            (version, owner, PUBLISHED),
        ).lastrowid
        connection.executemany(
            "INSERT INTO files (publication, path, location, size, mtime_ns, md5, media_type, needs_token) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (number, f.path, f.location, f.size, f.mtime_ns, f.md5, f.media_type, f.needs_token)
                for f in files
            ],
        )


def unpublish_model(connections: Connections, model_id: str) -> bool:
    """Take the model away; its files stay known for a while, as those of a replaced one."""
    with connections.writing() as connection:
        _retire(connection, _OWNER.format(model_id))
        return connection.execute("DELETE FROM models WHERE model_id = ?", (model_id,)).rowcount > 0


def _retire(connection: sqlite3.Connection, owner: str) -> None:
    connection.execute(
        "UPDATE publications SET state = ?, replaced_at = ? WHERE dataset_id = ? AND state = ?",
        (REPLACED, time.time(), owner, PUBLISHED),
    )
