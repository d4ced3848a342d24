"""Files whose address is another one by now, and whose bytes are the same by their digest.

A dataset that is published again has other addresses, as one that moved to another host does. What
is recorded of a file is true at the new address, too, where the catalog names the very digest that
was made of its bytes.
"""

from .manifest import Manifest

# Certain paths are looked at as the catalog is read, others once it is settled who gets which.
_MOVED = """
SELECT hrefs.save_path, hrefs.href, hrefs.digests, files.digest
FROM hrefs JOIN files ON files.save_path = hrefs.save_path AND files.href <> hrefs.href
WHERE hrefs.number > ? AND hrefs.number <= ? AND waits = ?
      AND files.size_bytes = COALESCE(hrefs.size_bytes, files.size_bytes)
      AND hrefs.digests IS NOT NULL AND files.digest IS NOT NULL
"""
# A validator means nothing at another address.
_FOLLOW = """
UPDATE files SET came_from = COALESCE(came_from, href), href = ?, validator = NULL WHERE save_path = ?
"""
# Other bytes of the same length have the same CRC-32 once in four thousand million.
_TOO_SHORT = "crc32:"


def follow_to_new_addresses(manifest: Manifest, after: int, last: int, *, waits: bool = False) -> None:
    """Let records of files go along to the addresses that the catalog has for the same bytes now.

    Args:
        manifest: Where the rows are; nothing is committed.
        after: Number of the asset before the first one that is looked at.
        last: Number of the last one.
        waits: Whether those are looked at whose paths had to be settled, or the others.
    """
    rows = manifest.connection.execute(_MOVED, (after, last, waits)).fetchall()
    manifest.connection.executemany(
        _FOLLOW,
        [
            (href, save_path)
            for save_path, href, named, digest in rows
            if digest in named.split() and not digest.startswith(_TOO_SHORT)
        ],
    )
