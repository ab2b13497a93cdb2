"""Every physical system of the gallery: what is listed is tested."""

from __future__ import annotations

import math

import matplotlib as mpl
import mpmath
import pint
import pytest
from matplotlib.figure import Figure

import nesssym as ns
from nesssym.emit import python_source
from nesssym.system import Limit
from tests import katex
from tests.reference import SYSTEMS

mpl.use("Agg")
NAMES = ns.gallery.names("system")
UNITS = pint.UnitRegistry()

REFERENCE = {
    "flippase.P_min": ("flippase", "least power", "P_min", {}),
    "flippase.x_in": ("flippase", "fraction", "in", {}),
    "flippase.power": ("flippase", "power", "consumed", {}),
}


@pytest.fixture(scope="module", params=NAMES)
def system(request):
    return ns.gallery.load(request.param)


@pytest.mark.parametrize("case", REFERENCE)
def test_reference_values_to_every_digit(case):
    name, quantity, label, values = REFERENCE[case]
    text = SYSTEMS[case]["value"]
    digits = len(text.partition("e")[0].lstrip("-0.").replace(".", ""))
    got = ns.gallery.load(name).at(quantity, values, digits + 5)[label]
    with mpmath.workdps(digits + 5):
        assert abs(got / mpmath.mpf(text) - 1) < 6 * mpmath.mpf(10) ** -digits


def test_parameters_have_a_meaning_a_unit_and_a_value(system):
    for p in system.parameters:
        assert p.meaning
        assert p.value is not None
        UNITS.Quantity(1, p.unit)
    assert system.passage.strip()
    assert system.reference.doi or system.reference.note


def _unitless(function):
    return lambda x: function(UNITS.Quantity(x).to("dimensionless").magnitude)


def test_units_of_every_result(system):
    """Run every program on quantities with units: sums, exponents and results must agree."""
    given = {
        p.symbol.name: UNITS.Quantity(float(p.value), p.unit or "1") for p in system.parameters
    }
    functions = {name: _unitless(getattr(math, name)) for name in ("exp", "log", "sinh", "cosh")}
    functions |= {
        "sqrt": lambda x: UNITS.Quantity(x) ** 0.5,
        "expm1": _unitless(math.expm1),
        "log1p": _unitless(math.log1p),
        "tanh": _unitless(math.tanh),
        "rational": lambda p, q: p / q,
        "pi": math.pi,
    }
    for quantity, formulas in system.results.items():
        kernel = ns.compile(formulas)
        scope = dict(functions)
        exec(python_source(kernel.program), scope)
        values = scope["kernel"](*(given[name] for name in kernel.arguments))
        wanted = UNITS.Quantity(1, formulas.unit).dimensionality
        for label, value in zip(formulas, values, strict=True):
            got = UNITS.Quantity(value).dimensionality
            assert got == wanted, f"{quantity} {label} has {got}, says {formulas.unit}"


def test_limits(system):
    assert system.limits
    assert [text for text, holds in system.checks() if not holds] == []


def test_a_wrong_limit_is_seen():
    flippase = ns.gallery.load("flippase")
    wrong = Limit("half inside whatever the pump", "fraction", "in", {"a": "oo"}, "1/2")
    assert not flippase._holds(wrong)


def test_kernels_agree_with_certain_digits(system):
    for quantity, formulas in system.results.items():
        got = system.kernel(quantity)()
        for label, value in system.at(quantity).items():
            assert got[label] == pytest.approx(float(value), rel=1e-12, abs=1e-300), label
        assert set(got) == set(formulas)


def test_corrections_have_numbers(system):
    for correction in system.corrections:
        numbers = system.numbers(correction.evidence(system))
        assert {"naive", "right"} <= set(numbers)
        assert numbers["naive"] != numbers["right"]


def test_latex_parses(system):
    for formulas in system.results.values():
        katex.check(formulas.latex())


def test_picture_and_text(system):
    axes = Figure().add_subplot()
    system.draw(axes, system)
    assert axes.has_data()
    assert system.title in system.text()
    assert r"\end{document}" in system.latex()
