"""Degrees of homogeneity: proved, and compared with what kernels give at a doubled scale."""

from __future__ import annotations

import pytest
from sympy import Integral, Rational, exp, log, symbols

import nesssym as ns
from nesssym.roots import RootIn
from tests.models import SMALL

a, b, x, y = symbols("a b x y", positive=True)


def degrees(formulas, scaled):
    return {label: found.degree for label, found in ns.homogeneity(formulas, scaled).items()}


SCALED = [
    ("metal_rod", "entropy production", {"A": 1}, {"sigma": 1}),
    ("metal_rod", "entropy production", {"L": 1}, {"sigma": -1}),
    ("metal_rod", "entropy production", {"T_h": 1, "T_c": 1}, {"sigma": 0}),
    ("metal_rod", "entropy production of a bundle", {"N": 1}, {"sigma": 1}),
    ("metal_rod", "least entropy production", {"L": 1}, {"sigma": -1}),
    ("metal_rod", "temperature", {"L": 1, "x": 1}, {"T": 0}),
    ("metal_rod", "power law, heat flux", {"T_h": 1, "T_c": 1}, {"J": symbols("n", real=True) + 1}),
    ("metal_rod", "steel between gases, heat flux", {"kappa_s": 1, "h_h": 1, "h_c": 1}, {"J": 1}),
    ("metal_rod", "glowing end, heat flux", {"T_r": 1, "T_s": 1, "kappa_r": 3}, {"J": 4}),
    ("metal_rod", "fin, efficiency", {"kappa_f": 1, "h": 1}, {"eta": 0}),
    ("evaporating_beaker", "resisting surface, molar flux", {"L": 1, "alpha": -1}, {"N": -1}),
    ("evaporating_beaker", "entropy production", {"A": 1}, {"sigma": 1}),
    ("evaporating_beaker", "wet bulb", {"h": 1}, {"T_w": 0, "dew point": 0}),
    ("earth_climate", "emission temperature", {"S_0": 4}, {"T_e": 1}),
    ("earth_climate", "diluted light", {"S_0": 1}, {"chi": 0, "first order": 0}),
    ("earth_climate", "meridional transport", {"D": 1, "B": 1, "Q": 1, "A": 1}, {"sigma": 1}),
    ("kitchen_sink", "level", {"Q": 1, "a": 1}, {"h": 0}),
    ("kitchen_sink", "level in time", {"t": 1, "A": 1}, {"h": 0}),
    ("flippase", "power", {"a": 1, "k": 1}, {"consumed": 1, "stored": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "quantity", "scaled", "wanted"), SCALED)
def test_systems_of_the_gallery(name, quantity, scaled, wanted):
    system = ns.gallery.load(name)
    found = system.homogeneity(quantity, scaled)
    assert {label: h.degree for label, h in found.items()} == wanted
    kernel = system.kernel(quantity)
    before = {s: float(system.values[system.named[s]]) for s in scaled}
    factor = 1.001
    after = kernel(**{s: v * factor ** scaled[s] for s, v in before.items()})
    for label, value in kernel().items():
        power = float(found[label].degree.subs(system.values))
        assert after[label] == pytest.approx(value * factor**power, rel=1e-12)


@pytest.mark.parametrize("name", SMALL)
def test_all_rates_together_are_a_unit_of_time(name):
    graph = SMALL[name]()
    ss = ns.steady_state(graph)
    assert set(degrees(ss.state, graph.symbols).values()) == {0}
    assert set(degrees(ss.currents, graph.symbols).values()) <= {1, None}
    assert set(degrees(ns.affinities(graph), graph.symbols).values()) <= {0}
    if ns.cycles(graph):
        assert degrees(ns.entropy_production(ss), graph.symbols)["sigma"] == 1


@pytest.mark.parametrize(
    ("expr", "degree"),
    [
        (x**2 - (x - y) * (x + y) - y**2 + x, 1),
        (log(x + y) - log(y) + log(3), 0),
        (RootIn(a**3 + x * a - y, (a, 0, y / x)), Rational(1, 2)),
        (Integral(a * x, (a, 0, y)), 3),
        (exp(x / y) * x**b, b),
    ],
)
def test_roots_integrals_and_cancellation(expr, degree):
    if isinstance(expr, RootIn):
        found = degrees(ns.Formulas(("f",), (expr,)), {"x": 1, "y": Rational(3, 2)})
    else:
        found = degrees(ns.Formulas(("f",), (expr,)), ["x", "y"])
    assert found["f"] == degree


def test_what_is_held_is_told():
    rod = ns.gallery.load("metal_rod")
    found = rod.homogeneity("entropy production", {"L": 1, "A": "1/2"})["sigma"]
    assert str(found) == "degree -1/2 in L, A^(1/2), with kappa, T_h, T_c held fixed"
    assert found.held == ("kappa", "T_h", "T_c")


def test_zero_has_any_degree():
    found = ns.homogeneity(ns.Formulas(("f", "g"), (x - x, x * y), symbols=(x, y)), "x")
    assert found["f"].degree is None
    assert str(found["f"]) == "any degree in x"
    assert str(found["g"]) == "degree 1 in x, with y held fixed"


def test_with_the_gradient_held_entropy_is_not_homogeneous():
    """It grows with the volume while the rod is short, and saturates."""
    rod = ns.gallery.load("metal_rod")
    with pytest.raises(ns.NessError, match=r"sigma is not homogeneous in L: its logarithmic slope"):
        rod.homogeneity("entropy production at a held gradient", "L")


@pytest.mark.parametrize(
    ("expr", "scaled", "message"),
    [
        (x + 1, "x", r"f is not homogeneous in x: its logarithmic slope is x/\(x \+ 1\)"),
        (x + exp(x), "x", "f is not homogeneous in x"),
        (x, "z", "unknown parameter 'z'"),
        (x, [], "nothing to scale: name at least one parameter"),
    ],
)
def test_bad_input(expr, scaled, message):
    formulas = ns.Formulas(("f",), (expr,), symbols=(x,))
    with pytest.raises(ns.NessError, match=message):
        ns.homogeneity(formulas, scaled)
