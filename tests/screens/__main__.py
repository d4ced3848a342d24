"""``make screens``: records every command's screens and writes their pages."""

import tempfile
from pathlib import Path

from radiant_mlhub.hub.demo import demo_hub
from screens.pages import NARROW, PAGES, WIDE, written_pages
from screens.recording import recorder


def main() -> None:
    """Write the pages, and delete those of commands that are no more."""
    with (
        tempfile.TemporaryDirectory() as folder,
        demo_hub(Path(folder) / "hub") as hub,
        recorder(hub) as record,
    ):
        narrow = record.record(NARROW, colour=False)
        wide = record.record(WIDE, colour=False)
    pages = written_pages(narrow, wide)
    PAGES.mkdir(exist_ok=True)
    for path in PAGES.glob("*.md"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        (PAGES / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
