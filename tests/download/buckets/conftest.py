"""A bucket of S3's, as moto serves it, with the keys to it in the environment."""

from collections import Counter

import pytest

from support import moto_server
from support.bucket_downloads import BUCKET
from support.moto_server import KEYS


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    pytest.importorskip("obstore", reason="obstore, which uploads, is not installed (make .venv/.servers)")
    with moto_server.running(tmp_path_factory.mktemp("moto")) as server:
        server.bucket(BUCKET)
        yield server


@pytest.fixture
def credentials(s3, monkeypatch):
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": s3.url, "AWS_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def stored(s3):
    """What lies below a prefix of the bucket: key without the prefix to content."""

    def below(prefix):
        found = s3.client.list_objects_v2(Bucket=BUCKET, Prefix=f"{prefix}/").get("Contents", [])
        keys = [each["Key"] for each in found]
        return {
            key.removeprefix(f"{prefix}/"): s3.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            for key in keys
        }

    return below


@pytest.fixture
def written(s3):
    """How often each object below a prefix was put in this test."""
    s3.client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})

    def below(prefix):
        found = s3.client.list_object_versions(Bucket=BUCKET, Prefix=f"{prefix}/")["Versions"]
        return Counter(each["Key"].removeprefix(f"{prefix}/") for each in found)

    return below
