"""The documentation's site, built once for all tests of this folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from docs.pages import Page, pages_of

ROOT = Path(__file__).parents[2]
# Nobody listens there: whatever is looked up in the web while building fails, and is a warning.
NO_NETWORK = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, session_environment: dict[str, str]) -> Path:
    """The folder of the site; ``make docs`` builds it with the same words."""
    pytest.importorskip("sphinx_click", reason="sphinx is not installed: pip install --group docs")
    folder = tmp_path_factory.mktemp("site")
    options = ["--fail-on-warning", "--keep-going", "--quiet", "-d", str(folder / "doctrees"), "-b", "html"]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, str(ROOT / "docs"), str(folder / "html")],
        env=session_environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


@pytest.fixture(scope="session")
def session_environment() -> dict[str, str]:
    """This environment, and no way out."""
    return {**os.environ, **NO_NETWORK}


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[str, Page]:
    """Every page of the site by its path."""
    return pages_of(site)
