"""Settings of Sphinx; `tools/docs` builds with them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from generate_formats import write_pages

import volio

project = "volio"
author = "the volio developers"
project_copyright = author
release = version = volio.__version__

extensions = ["sphinx.ext.autodoc", "sphinx.ext.viewcode", "numpydoc"]
exclude_patterns = ["_build"]
default_role = "py:obj"
add_module_names = False

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "none"  # the docstrings say it
numpydoc_show_class_members = False

html_theme = "alabaster"
html_theme_options = {"description": "Neuroimaging files in Python", "page_width": "1100px"}


def setup(app):
    """Write the page of every format before the pages are read."""
    app.connect("builder-inited", lambda app: write_pages(Path(app.srcdir) / "formats"))
