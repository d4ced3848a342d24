"""What every row is given, and what it gives back."""

import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Options:
    """How large the work is.

    Attributes:
        items: That are searched.
        published: That are published at once.
        questions: That are asked.
        pgstac: Folder with the programs of the environment that has stac-fastapi.pgstac.
    """

    items: int
    published: int
    questions: int
    pgstac: Path


@dataclass(frozen=True)
class Place:
    """A folder for everything that is made."""

    folder: Path

    def free_port(self) -> int:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port: int = listener.getsockname()[1]
            return port


@dataclass(frozen=True)
class Section:
    """One row of the benchmark, as Markdown lines, and whether what is asked of it was reached.

    Attributes:
        held: None where nothing is asked.
    """

    key: str
    title: str
    lines: list[str]
    held: bool | None = None

    def markdown(self) -> str:
        asked = {None: "", True: "\nReached what is asked.\n", False: "\nDid not reach what is asked.\n"}
        return "\n".join((f"### {self.title}", "", *self.lines, asked[self.held]))

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
