"""Azure's blob storage as azurite serves it, in a process of its own."""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.processes import free_port, process

ACCOUNT = "devstoreaccount1"
# Azurite's own, known to everybody.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
# Where `make .venv-azurite/.made` puts it, with npm.
PROGRAM = Path(__file__).parents[2] / ".venv-azurite" / "node_modules" / "azurite" / "dist/src/blob/main.js"


@dataclass
class BlobServer:
    """A running server, and a client that fills it.

    Attributes:
        url: Its address, account included.
    """

    url: str

    def __post_init__(self) -> None:
        from azure.storage.blob import BlobServiceClient

        # The newest versions of the protocol are newer than azurite.
        self.client = BlobServiceClient(self.url, credential=KEY, api_version="2023-11-03")

    @property
    def variables(self) -> dict[str, str]:
        """What the environment has to say so that this server is asked."""
        return {"AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT, "AZURE_STORAGE_ENDPOINT": self.url}

    def container(self, name: str, *, is_public: bool = False) -> None:
        """A new container."""
        self.client.create_container(name, public_access="blob" if is_public else None)

    def put(self, container: str, key: str, content: bytes) -> str:
        """A blob; its ``az://`` address."""
        self.client.get_blob_client(container, key).upload_blob(content)
        return f"az://{container}/{key}"


@contextlib.contextmanager
def running(folder: Path) -> Iterator[BlobServer]:
    """A server with nothing in it. The test is skipped where azurite, or node, is not installed."""
    node = shutil.which("node") or shutil.which("nodejs")
    if node is None or not PROGRAM.is_file():
        pytest.skip("azurite is not installed (make .venv-azurite/.made)")
    pytest.importorskip(
        "azure.storage.blob", reason="azure-storage-blob is not installed (make .venv/.servers)"
    )
    port = free_port()
    where = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--inMemoryPersistence"]
    command = [node, str(PROGRAM), *where, "--silent", "--disableTelemetry"]
    with process(command, f"http://127.0.0.1:{port}/{ACCOUNT}", folder):
        yield BlobServer(f"http://127.0.0.1:{port}/{ACCOUNT}")
