"""Generated data sets: which files there are, their bytes, and the digests nginx sends with them."""

import base64
import hashlib
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

KIB, MIB, GIB = 1024, 1024**2, 1024**3
PIECE_BYTES = 32 * MIB
ASSETS_PER_ITEM = 4
ITEMS_PER_COLLECTION = 10_000
LONE_KEY = "lone"
SHARED_FILE = "shared.tif"
SHARED_FILE_BYTES = 4 * KIB


@dataclass(frozen=True)
class Item:
    """An item of a data set: its place in the catalog, and its assets by key."""

    collection_id: str
    item_id: str
    asset_keys: tuple[str, ...]

    def asset_path(self, asset_key: str) -> str:
        """Where clients put the asset in the dataset's folder, and where it is served."""
        return f"{self.collection_id}/{self.item_id}/{asset_key}.tif"


@dataclass(frozen=True)
class DataSet:
    """So many files of one size, at most four to an item.

    Attributes:
        file_bytes: Length of each file; the bytes of no two files are alike.
        has_files: False for a data set that is about its catalog: every address then gives the same
            4 KiB, and the last item of each collection has one asset more, under the key ``lone``.
    """

    key: str
    file_count: int
    file_bytes: int = SHARED_FILE_BYTES
    has_files: bool = True

    @property
    def item_count(self) -> int:
        return math.ceil(self.file_count / ASSETS_PER_ITEM)

    @property
    def collection_ids(self) -> list[str]:
        return [f"tiles_{n:03}" for n in range(math.ceil(self.item_count / ITEMS_PER_COLLECTION))]

    @property
    def total_bytes(self) -> int:
        return self.file_count * self.file_bytes if self.has_files else SHARED_FILE_BYTES

    def scaled(self, scale: float) -> "DataSet":
        """Fewer (or more) files; of a single file, fewer bytes."""
        if self.file_count == 1:
            return replace(self, file_bytes=max(1, round(self.file_bytes * scale)))
        return replace(self, file_count=max(1, round(self.file_count * scale)))

    def items_of(self, collection_id: str) -> Iterator[Item]:
        start = self.collection_ids.index(collection_id) * ITEMS_PER_COLLECTION
        end = min(start + ITEMS_PER_COLLECTION, self.item_count)
        for number in range(start, end):
            keys = [
                f"band_{n}" for n in range(min(ASSETS_PER_ITEM, self.file_count - number * ASSETS_PER_ITEM))
            ]
            if not self.has_files and number == end - 1:
                keys.append(LONE_KEY)
            mixed = number * 2_654_435_761 % 2**32  # so that ids and addresses do not pack like a counter
            yield Item(collection_id, f"{collection_id}_20180224_{mixed:08x}_{number:07}", tuple(keys))

    def asset_paths(self) -> Iterator[str]:
        for collection_id in self.collection_ids:
            for item in self.items_of(collection_id):
                yield from map(item.asset_path, item.asset_keys)

    def lone_paths(self) -> Iterator[str]:
        return (path for path in self.asset_paths() if path.endswith(f"/{LONE_KEY}.tif"))


SMALL = DataSet("small", 2_825, 27 * KIB)
MANY = DataSet("many", 40_000, 4 * KIB)
SINGLE = DataSet("single", 1, 2 * GIB)
INDEX = DataSet("index", 400_000, has_files=False)
MILLION = DataSet("million", 4_000_000, has_files=False)


def write_files(data_set: DataSet, folder: Path) -> Iterator[tuple[str, str]]:
    """Make the files of a data set; yields each path in the folder with its Content-MD5.

    The bytes are drawn from a seed, so no two files are alike and a file given under the wrong name is found.
    """
    if not data_set.has_files:
        return
    drawn = random.Random(data_set.key)  # the same bytes in every run
    for path in data_set.asset_paths():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.md5(usedforsecurity=False)
        with target.open("wb") as file:
            for start in range(0, data_set.file_bytes, PIECE_BYTES):
                piece = drawn.randbytes(min(PIECE_BYTES, data_set.file_bytes - start))
                digest.update(piece)
                file.write(piece)
        yield path, content_md5(digest.digest())


def write_shared_file(folder: Path) -> None:
    """The one file that stands behind every address of a data set that is about its catalog."""
    (folder / SHARED_FILE).write_bytes(random.Random(SHARED_FILE).randbytes(SHARED_FILE_BYTES))


def content_md5(digest: bytes) -> str:
    """The header's form of a digest, RFC 1864."""
    return base64.b64encode(digest).decode()
