"""Settings of Sphinx; `tools/docs` builds with them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from generate_commands import write_commands
from generate_formats import write_class_table, write_pages
from generate_names import write_names

import volio

project = "volio"
author = "the volio developers"
project_copyright = author
release = version = volio.__version__

extensions = ["sphinx.ext.autodoc", "sphinx.ext.viewcode", "numpydoc"]
exclude_patterns = ["_build", "reference/made"]
default_role = "py:obj"
add_module_names = False

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "none"  # the docstrings say it
numpydoc_show_class_members = False

html_theme = "alabaster"
html_theme_options = {"description": "Neuroimaging files in Python", "page_width": "1100px"}


def setup(app):
    """Write the pages that are made from the package, before any page is read."""
    app.connect("builder-inited", write_made_pages)


def write_made_pages(app):
    """Write a page for every format, their classes, and the help of every command."""
    made = Path(app.srcdir) / "reference" / "made"
    write_pages(Path(app.srcdir) / "formats")
    write_class_table(made / "image_classes.rst")
    write_names(made / "names.rst")
    write_commands(made / "commands.rst")
