"""Sphinx configuration."""

import sys
from pathlib import Path
from shutil import copytree, rmtree

import nesssym

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import gallery_pages  # noqa: E402

rmtree(HERE / "notebooks", ignore_errors=True)
copytree(HERE.parent / "notebooks", HERE / "notebooks")
gallery_pages.write(HERE / "gallery")

project = "nesssym"
author = "the nesssym developers"
copyright = f"2026, {author}"
version = release = nesssym.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
]
default_role = "literal"
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_show_tb = True
nb_execution_timeout = 300
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_param = False
napoleon_use_rtype = False
html_theme = "furo"
html_title = "nesssym"
