"""How Sphinx builds these pages: ``make docs``, which needs no network once its packages are there."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from radiant_mlhub import __version__

project = "radiant_mlhub"
author = "the radiant_mlhub contributors"
copyright = f"2026, {author}"  # noqa: A001 - Sphinx's name for it
version = release = __version__

extensions = [
    # MyST for the pages, and the notebooks among them as they were saved: tests run them.
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
    "site_parts",
]
exclude_patterns = ["README.md"]

nb_execution_mode = "off"

# Double hyphens are options, and quotes stand in code that readers copy.
smartquotes = False

# What `[text](other.md#a-heading)` may point at.
myst_heading_anchors = 3
myst_enable_extensions = ["deflist", "fieldlist", "colon_fence"]

toc_object_entries_show_parents = "hide"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
maximum_signature_line_length = 88
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False

# Every name in a signature or a "Raises" is a link, but those of other packages: their pages
# would be looked up over the network.
nitpicky = True
nitpick_ignore_regex = [
    ("py:class", r"(?!radiant_mlhub)\w+\..*"),
    ("py:class", r"Path|date|datetime|Axes|MapPage"),
]

html_theme = "pydata_sphinx_theme"
html_title = "radiant_mlhub"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "show_prev_next": True,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
    "header_links_before_dropdown": 5,
    "navigation_depth": 2,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_context = {"default_mode": "auto"}
html_sidebars = {"index": [], "troubleshooting": [], "changelog": []}
