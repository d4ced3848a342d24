"""Each page of the documentation of 0.5.5, and each section of it, has its counterpart here.

Sections are found in the text by their own line; pages and headings of ours in ``docs``.
"""

import re
from pathlib import Path

import pytest

from support.documentation import DOCUMENTATION

DOCS = Path(__file__).parents[2] / "docs"

STARTED = "guides/getting-started.md"
KEYS = "guides/authentication.md"
DATASETS = "guides/datasets.md"
COLLECTIONS = "guides/collections.md"
MODELS = "guides/models.md"

COUNTERPARTS = {
    "Getting Started": {
        "Getting Started": (STARTED, "Getting started"),
        "Install with pip": (STARTED, "Install"),
        "Install with conda": (STARTED, "Install"),
        "Configuration": (STARTED, "Start a hub, tell the client where it is"),
        "List Datasets": (STARTED, "Look around"),
        "Fetch a Dataset": (STARTED, "Look around"),
        "Work with Dataset Collections": (STARTED, "Look around"),
        "Download a Dataset": (STARTED, "Download a part"),
        "Discovering ML Models": (MODELS, "Find one"),
    },
    "Authentication": {
        "Authentication": (KEYS, "Authentication"),
        "Using API Keys": (KEYS, "Which key is used"),
        "Using Profiles": (KEYS, "Store a key once"),
        "Making API Requests": (KEYS, "Requests of your own"),
        "Relative v. Absolute URLs": (KEYS, "Requests of your own"),
    },
    "Datasets": {
        "Datasets": (DATASETS, "Datasets and downloading"),
        "Discovering Datasets": (DATASETS, "Find one"),
        "Fetching Dataset Metadata": (DATASETS, "Look at one"),
        "Low-level client": (DATASETS, "The hub's own words"),
        "Dataset Collections": (DATASETS, "Its collections"),
        "Downloading Datasets": (DATASETS, "Download all of it"),
        "Download All Assets": (DATASETS, "Download all of it"),
        "Download STAC Catalog Archive Only": (DATASETS, "The catalog alone"),
        "Logging": (DATASETS, "What it says meanwhile"),
        "Output Directory": (DATASETS, "Download all of it"),
        "Large Dataset Performance": (DATASETS, "Large ones"),
        "Checking Dataset Size": (DATASETS, "How large is it?"),
        "Filter by Collection and Asset Keys": (DATASETS, "By collection and asset"),
        "Filter by Temporal Range": (DATASETS, "By time"),
        "Filter by Bounding Box": (DATASETS, "By place"),
        "Filter by GeoJSON Area of Interest": (DATASETS, "By place"),
        "Error reporting": (DATASETS, "What came of it"),
        "Appendix: Default Filesystem Layout of Downloads": ("concepts/layout.md", "Where everything lies"),
    },
    "Collections": {
        "Collections": (COLLECTIONS, "Collections"),
        "Discovering Collections": (COLLECTIONS, "Find one"),
        "Fetching Collection Metadata": (COLLECTIONS, "Look at one"),
        "Downloading a Collection": (COLLECTIONS, "Its archive"),
    },
    "ML Models": {
        "ML Models": (MODELS, "Models"),
        "Discovering Models": (MODELS, "Find one"),
        "Low-level Client": (MODELS, "The hub's own words"),
        "Fetching Model Metadata": (MODELS, "Look at one"),
    },
    "radiant_mlhub package": {
        "radiant_mlhub.client package": ("reference/api/client.md", "Low-level functions"),
        "radiant_mlhub.client.catalog_downloader module": ("reference/api/client.md", "Downloaders"),
        "radiant_mlhub.client.collections module": ("reference/api/client.md", "Low-level functions"),
        "radiant_mlhub.client.datasets module": ("reference/api/client.md", "Low-level functions"),
        "radiant_mlhub.client.datetime_utils module": ("reference/api/client.md", "Times"),
        "radiant_mlhub.client.ml_models module": ("reference/api/client.md", "Low-level functions"),
        "radiant_mlhub.client.resumable_downloader module": ("reference/api/client.md", "Downloaders"),
        "radiant_mlhub.models package": ("reference/api/models.md", "Datasets, collections, models"),
        "radiant_mlhub.models.collection module": (
            "reference/api/models.md",
            "Datasets, collections, models",
        ),
        "radiant_mlhub.models.dataset module": ("reference/api/models.md", "Datasets, collections, models"),
        "radiant_mlhub.models.ml_model module": ("reference/api/models.md", "Datasets, collections, models"),
        "radiant_mlhub.exceptions module": ("reference/errors.md", "Errors"),
        "radiant_mlhub.if_exists module": ("reference/api/models.md", "Datasets, collections, models"),
        "radiant_mlhub.retry_config module": ("reference/api/session.md", "Sessions"),
        "radiant_mlhub.session module": ("reference/api/session.md", "Sessions"),
    },
    "CLI Tools": {
        "CLI Tools": ("reference/cli.md", "Command line"),
        "configure": ("reference/cli.md", "Command line"),
    },
}

SECTIONS = [(section, *place) for page in COUNTERPARTS.values() for section, place in page.items()]


@pytest.mark.parametrize(("section", "page", "heading"), SECTIONS, ids=[one[0] for one in SECTIONS])
def test_a_section_has_its_counterpart(section, page, heading):
    """The page is there, and the heading on it."""
    headings = re.findall(r"^#+ (.*)$", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)

    assert heading in headings


@pytest.mark.skipif(not DOCUMENTATION.is_file(), reason=f"the documentation is not at {DOCUMENTATION}")
def test_every_section_is_one_of_the_documentation():
    lines = set(DOCUMENTATION.read_text(encoding="utf-8").splitlines())

    assert {section for section, *_ in SECTIONS} <= lines


@pytest.mark.skipif(not DOCUMENTATION.is_file(), reason=f"the documentation is not at {DOCUMENTATION}")
def test_every_module_of_the_documentation_has_its_counterpart():
    """Its headings say "module" or "package"; those of pages are in the table by name."""
    text = DOCUMENTATION.read_text(encoding="utf-8")
    modules = set(re.findall(r"^(radiant_mlhub\S* (?:module|package))$", text, re.MULTILINE))

    assert modules - {"radiant_mlhub package"} <= {section for section, *_ in SECTIONS}
