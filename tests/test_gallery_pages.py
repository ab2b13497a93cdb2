"""The pages that the documentation shows of the gallery."""

from __future__ import annotations

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from tests import katex

SOURCE = Path(__file__).parents[1] / "docs" / "gallery_pages.py"
SYSTEMS = ["flippase", "gene_regulation", "kitchen_sink", "stoichiometric_ness", "triangular_cycle"]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    spec = spec_from_file_location("gallery_pages", SOURCE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = tmp_path_factory.mktemp("gallery")
    return {name: module.page(name, folder) for name in SYSTEMS}


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_formula_of_a_page_parses(pages, name):
    found = re.findall(r"\$\$\n(.*?)\n\$\$|(?<!\$)\$(?!\$)(.+?)\$", pages[name], flags=re.DOTALL)
    assert len(found) > 20
    for display, inline in found:
        katex.check(display or inline)


def test_a_page_shows_model_symbols_limits_and_what_is_often_said(pages):
    page = pages["flippase"]
    assert r"\text{out} &\underset{k}{\overset{k}{\rightleftharpoons}} \text{in}" in page
    assert r"| $\Delta\mu$ | `dmu` | 19.38938498 |" in page
    assert r"\to \frac{1}{2}$ for $\Delta\mu \to 0$" in page
    assert "| as often said |" in page
    assert "dmu}" not in page
    assert "J/K" in page
    assert r"P_{\mathrm{min}}" in page
