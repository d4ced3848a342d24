"""S3 as moto serves it, in a process of its own."""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from support.processes import free_port, process

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIexampleSECRETKEY"}


@dataclass
class S3Server:
    """A running server, and a client that fills it.

    Attributes:
        url: Its address.
        client: boto3's client, with the keys in ``KEYS``.
    """

    url: str

    def __post_init__(self) -> None:
        import boto3

        self.client = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )

    def bucket(self, name: str, *, is_public: bool = False) -> None:
        """A new bucket."""
        self.client.create_bucket(Bucket=name, ACL="public-read" if is_public else "private")

    def put(self, bucket: str, key: str, content: bytes, *, is_public: bool = False) -> str:
        """An object; its ``s3://`` address."""
        acl = "public-read" if is_public else "private"
        self.client.put_object(Bucket=bucket, Key=key, Body=content, ACL=acl)
        return f"s3://{bucket}/{key}"


@contextlib.contextmanager
def running(folder: Path) -> Iterator[S3Server]:
    """A server with nothing in it. The test is skipped where moto is not installed."""
    if find_spec("moto") is None or find_spec("flask") is None:
        pytest.skip("moto is not installed (make .venv/.servers)")
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with process(command, f"http://127.0.0.1:{port}/moto-api/", folder):
        yield S3Server(f"http://127.0.0.1:{port}")
