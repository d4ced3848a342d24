"""How long one core needs for the MD5 of so many bytes; a script: ``hash_speed.py BYTES RESULT_FILE``."""

import hashlib
import json
import sys
import time
from pathlib import Path

PIECE = bytes(1024**2)


def main(total_bytes: int, result: Path) -> None:
    digest = hashlib.md5(usedforsecurity=False)
    started = time.perf_counter()
    for _ in range(total_bytes // len(PIECE)):
        digest.update(PIECE)
    digest.update(PIECE[: total_bytes % len(PIECE)])
    result.write_text(json.dumps({"wall_s": time.perf_counter() - started}))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
