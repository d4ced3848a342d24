"""What the reference says in tables of its own is what the code says."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from radiant_mlhub import Dataset, environment, exceptions
from radiant_mlhub.cli import failures
from support.demo import hub, hub_folder

__all__ = ["hub", "hub_folder"]

REFERENCE = Path(__file__).parents[2] / "docs/reference"
_ROW = re.compile(r"^\| (.*) \|$", re.MULTILINE)


def rows(page: str) -> list[list[str]]:
    """The cells of every table row of a page, headers and rules among them."""
    found = _ROW.findall((REFERENCE / page).read_text(encoding="utf-8"))
    return [[cell.strip(" `") for cell in re.split(r"\s*\|\s*", row)] for row in found]


def test_every_environment_variable_is_told():
    told = {row[0] for row in rows("environment.md")}
    read = {value for value in vars(environment).values() if str(value).startswith("MLHUB_")}

    assert read == {name for name in told if name.startswith("MLHUB_")}


def test_every_exit_code_is_told():
    told = {int(row[0]) for row in rows("exit-codes.md") if row[0].isdigit()}
    codes = {value for name, value in vars(failures).items() if name.isupper() and isinstance(value, int)}

    assert codes == told


@pytest.mark.parametrize(
    "row", [row for row in rows("exit-codes.md") if row[0].isdigit()], ids=lambda r: r[0]
)
def test_an_error_has_the_exit_code_of_its_row(row):
    """Each error that is named in a row; where a server's status decides, a line below says so."""
    for name in re.findall(r"\b[A-Z]\w+", row[2]):
        if hasattr(exceptions, name):
            assert failures.exit_code(getattr(exceptions, name)("words")) == int(row[0]), name


def test_the_columns_of_the_manifest_are_told(hub, tmp_path, monkeypatch):
    """Those of the view ``assets``, in its order, and the tables behind it."""
    monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url)
    monkeypatch.setenv("MLHUB_API_KEY", hub.key)
    report = Dataset.fetch("demo_crops").download(tmp_path, dry_run=True, progress=False)
    with closing(sqlite3.connect(report.manifest)) as manifest:
        columns = [row[1] for row in manifest.execute("PRAGMA table_info(assets)")]
        tables = {name for (name,) in manifest.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    told = [row[0] for row in rows("manifest.md")]
    assert told[2 : 2 + len(columns)] == columns
    assert tables <= set(told)
