"""What is told of a release in several files is the same in all of them."""

import re
import tomllib
from pathlib import Path

import pytest

from radiant_mlhub import __version__

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed: pip install --group docs")

ROOT = Path(__file__).parents[2]
# What conda-forge calls differently.
CONDA_NAMES = {"isal": "python-isal"}
_REQUIREMENT = re.compile(r"(?P<name>[\w-]+)\s*(?P<bound>>=[\d.]+)")


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read(name):
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def as_conda(requirement):
    found = _REQUIREMENT.match(requirement)
    return f"{CONDA_NAMES.get(found['name'], found['name'])} {found['bound']}"


def test_the_version_is_one():
    """In the package, the citation and the conda recipe."""
    assert read("CITATION.cff")["version"] == __version__
    assert read("conda/recipe.yaml")["context"]["version"] == __version__


def test_conda_installs_what_pip_installs():
    """The same packages from the same oldest versions; extras are none of them."""
    wanted = {as_conda(requirement) for requirement in project()["dependencies"]}
    by_recipe = set(read("conda/recipe.yaml")["requirements"]["run"])

    assert {one for one in by_recipe if not one.startswith("python >")} == wanted


def test_every_python_that_is_promised_is_tried():
    """By the workflow: those of the classifiers, from the oldest that installs on."""
    promised = [one.rpartition(" ")[2] for one in project()["classifiers"] if re.search(r":: 3\.\d+$", one)]
    matrix = read(".github/workflows/test.yml")["jobs"]["suite"]["strategy"]["matrix"]

    assert matrix["python"] == promised
    assert project()["requires-python"] == f">={promised[0]}"
    assert {system.partition("-")[0] for system in matrix["system"]} == {"ubuntu", "macos", "windows"}
