"""The hub's database as one SQLite file.

::

    opening.py       the one of a hub's folder
    store.py         what the hub asks of it
    searching.py     one page of items: orders, statements, filters, places, tokens
    listing.py       datasets and collections
    publishing.py    how a publication comes (incoming.py) and goes (leaving.py)
    connections.py   readers, the writer, the lock of publications
    schema.py        the tables
"""

from .opening import existing_store, open_store, store_to_ask
from .store import FILE_NAME, SqliteStore

__all__ = ["FILE_NAME", "SqliteStore", "existing_store", "open_store", "store_to_ask"]
