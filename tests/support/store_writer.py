"""Publishes datasets into a store over and over, in a process of its own.

``python -m support.store_writer HUB ITEMS DATASET...`` runs a thread a dataset until its stdin is closed, for
twenty minutes at most. Every item of a publication carries the same mark, so that a reader sees whether two
of them were mixed. Its last line says how often it has published.
"""

import sys
import threading
import time
import uuid
from pathlib import Path

from radiant_mlhub.hub.sqlite_store import open_store
from radiant_mlhub.hub.store import Store
from support.stored import asset, item, publication

LIMIT_S = 1200.0


def publish_marked(store: Store, dataset_id: str, count: int) -> None:
    """One publication; its version is the mark."""
    mark = uuid.uuid4().hex
    collection_id = f"{dataset_id}_labels"
    store.publish(
        publication(
            (item(f"{n:06}", collection_id=collection_id, start_us=n, mark=mark) for n in range(count)),
            dataset_id=dataset_id,
            collections=[collection_id],
            version=mark,
            files=(asset(f"{n}.tif") for n in range(count // 10)),
        )
    )


def main(hub: str, count: str, *dataset_ids: str) -> None:
    store = open_store(Path(hub))
    is_over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), is_over.set()), daemon=True).start()
    deadline = time.monotonic() + LIMIT_S

    published = dict.fromkeys(dataset_ids, 0)

    def write(dataset_id: str) -> None:
        while not is_over.is_set() and time.monotonic() < deadline:
            publish_marked(store, dataset_id, int(count))
            published[dataset_id] += 1

    print("begins", flush=True)
    threads = [threading.Thread(target=write, args=[dataset_id]) for dataset_id in dataset_ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    print(sum(published.values()), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
