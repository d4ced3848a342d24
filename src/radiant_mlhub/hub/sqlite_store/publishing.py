"""How a publication comes in: rows in batches that nobody sees, then one transaction that shows them.

Each batch is a transaction of its own, so that keys can be made and models published meanwhile.
What a killed publication left is invisible, and goes with the next one.
"""

from contextlib import suppress

from ...exceptions import HubStoreUnusable
from ..store import Publication
from .connections import Connections
from .incoming import Incoming
from .leaving import sweep, take_away


def publish(connections: Connections, publication: Publication) -> None:
    """Write the publication and let it appear.

    Raises:
        ValueError: It contradicts itself, or claims another dataset's collection.
    """
    with connections.publishing():
        sweep(connections)
        try:
            Incoming(connections, publication).write()
        except BaseException:
            # On a full disk not even that may work; then the next publication does it.
            with suppress(HubStoreUnusable):
                sweep(connections)
            raise
        sweep(connections)


def unpublish(connections: Connections, dataset_id: str) -> bool:
    """Take the dataset away; its files stay known for a while, as those of a replaced version."""
    with connections.publishing():
        with connections.writing() as connection:
            found = take_away(connection, dataset_id)
        sweep(connections)
    return found
