"""States without a closed form: all of them, enclosed, against the exact ones and by counting."""

import random

import numpy as np
import pytest
from sympy import Rational

import nesssym as ns
from nesssym.chemistry import solve
from nesssym.exact.boxes import Coordinate, System, all_roots, refined
from tests.models import FUTILE

SCHLOEGL = "A + 2 X <-> 3 X ; 6, 1 \n B <-> X ; 6, 11"
CASCADE = """
    KKK + E1 <-> KKKE1 ; 1000, 150
    KKKE1 -> KKKs + E1 ; 150
    KKKs + E2 <-> KKKsE2 ; 1000, 150
    KKKsE2 -> KKK + E2 ; 150
    KK + KKKs <-> KKKKKs ; 1000, 150
    KKKKKs -> KKP + KKKs ; 150
    KKP + KKPase <-> KKPPase ; 1000, 150
    KKPPase -> KK + KKPase ; 150
    KKP + KKKs <-> KKPKKKs ; 1000, 150
    KKPKKKs -> KKPP + KKKs ; 150
    KKPP + KKPase <-> KKPPPase ; 1000, 150
    KKPPPase -> KKP + KKPase ; 150
    K + KKPP <-> KKKPP ; 1000, 150
    KKKPP -> KP + KKPP ; 150
    KP + KPase <-> KPKPase ; 1000, 150
    KPKPase -> K + KPase ; 150
    KP + KKPP <-> KPKKPP ; 1000, 150
    KPKKPP -> KPP + KKPP ; 150
    KPP + KPase <-> KPPKPase ; 1000, 150
    KPPKPase -> KP + KPase ; 150
"""
TOTALS = ("0.003", "0.00003", "0.0003", "1.2", "0.0003", "1.2", "0.12")


def network(text, chemostats=()):
    return ns.ReactionNetwork.from_text(text, chemostats)


def _refused(*_):
    raise ns.TooLargeError("too many terms")


@pytest.fixture
def no_exact_method(monkeypatch):
    monkeypatch.setattr(solve, "numeric_states", _refused)


def test_the_search_finds_what_exact_algebra_finds(monkeypatch):
    r, totals = network(FUTILE), {"E": 1, "F": 1, "S0": 10}
    exact = ns.steady_states(r, totals)

    monkeypatch.setattr(solve, "numeric_states", _refused)
    found = ns.steady_states(r, totals)
    assert [ss.stability for ss in found] == ["stable", "unstable", "stable"]
    assert {ss.method for ss in found} == {"enclosure"}
    for ss, known in zip(found, exact, strict=True):
        for s in r.internal:
            ball = ss.values(40)[s]
            assert ball.rel_accuracy_bits() > 120
            assert ball.overlaps(known.values(60)[s])


def test_the_proof_is_told(no_exact_method):
    found = ns.steady_states(network(SCHLOEGL, {"A": 1, "B": 1}), bounds={"X": (0, 100)})
    assert [float(ss["X"]) for ss in found] == [1, 2, 3]
    assert "one of 3 states with 1e-100 < X < 100, each certified" in found[0].proof
    assert "no others there" in repr(found[0])
    few = ns.steady_states(network(SCHLOEGL, {"A": 1, "B": 1}), bounds={"X": ("3/2", 100)})
    assert [float(ss["X"]) for ss in few] == [2, 3]
    near = ns.steady_states(network(SCHLOEGL, {"A": 1, "B": 1}), bounds={"X": ("1.23456789", 100)})
    assert "one of 2 states with 1.23456789 < X < 100, each" in near[0].proof


def test_what_follows_from_an_enclosed_state(no_exact_method):
    ss = ns.steady_states(network(SCHLOEGL, {"A": 1, "B": 1}), bounds={"X": (0, 100)})[1]
    sigma, current = float(ns.entropy_production(ss)["sigma"]), float(ss.currents["R1"])
    assert sigma == pytest.approx(current * np.log(11))  # of the one cycle, ln(6*11/(1*6))
    assert ss.currents.at({})["R1"].evalf(30) == -ss.currents.at({})["R2"].evalf(30)
    assert "\\ldots" in ss.state.latex()


def test_the_cascade_of_huang_and_ferrell():
    """22 species in 7 conservation laws: one stable state, and a proof that it is the only one."""
    r = network(CASCADE)
    laws = r.conservation_laws()
    totals = {law.label: total for law, total in zip(laws, TOTALS, strict=True)}
    ss = ns.steady_state(r, totals=totals)
    assert (ss.method, ss.stability) == ("enclosure", "stable")
    values = ss.values(20)
    for law, total in zip(laws, TOTALS, strict=True):
        assert abs(float(sum(n * values[s] for s, n in law.items())) / float(total) - 1) < 1e-15
    env = {r.concentrations[s]: float(x) for s, x in values.items()}
    rates = {x.name: float(f.xreplace(env)) for x, (f, _) in zip(r.reactions, r.rates, strict=True)}
    for s, rate in r.rate_equations().items():
        scale = max(rates[x.name] for x in r.reactions if s in x.change)
        assert abs(float(rate.xreplace(env))) < 1e-12 * scale


def fed(seed, size):
    """A random network all of whose species are exchanged with the surroundings."""
    rng = random.Random(seed)
    names = [f"X{i}" for i in range(size)]
    lines = [f"0 <-> {x} ; {rng.randint(1, 9)}, {rng.randint(1, 9)}" for x in names]
    while len(lines) < 2 * size + 1:
        sides = [rng.choices(names, k=rng.choice((1, 2, 2))) for _ in range(2)]
        if sorted(sides[0]) != sorted(sides[1]):
            lines.append(f"{' -> '.join(map(' + '.join, sides))} ; {rng.randint(1, 9)}")
    return network("\n".join(lines))


@pytest.mark.parametrize("seed", range(5))
def test_random_networks_agree_with_exact_algebra(seed, monkeypatch):
    r = fed(seed, 4)
    bounds = dict.fromkeys(r.internal, (0, 1000))
    exact = ns.steady_states(r, bounds=bounds)
    monkeypatch.setattr(solve, "numeric_states", _refused)
    found = ns.steady_states(r, bounds=bounds)
    assert len(found) == len(exact)
    for ss, known in zip(found, exact, strict=True):
        assert ss.stability == known.stability
        assert all(ss.values(25)[s].overlaps(known.values(25)[s]) for s in r.internal)


def test_a_resultant_that_vanishes_is_no_continuum():
    """Elimination leaves an unknown free; the states are isolated all the same."""
    r = network("""
        0 <-> X0 ; 9, 4 \n 0 <-> X1 ; 7, 6 \n 0 <-> X2 ; 6, 4 \n 0 <-> X3 ; 8, 3
        X0 + X1 -> X2 ; 3 \n X1 + X2 -> X3 + X0 ; 2 \n X2 + X3 -> X0 ; 5 \n X3 + X0 -> 2 X1 ; 7
    """)
    (ss,) = ns.steady_states(r, bounds=dict.fromkeys(r.internal, (0, 1000)))
    env = {r.concentrations[s]: float(x) for s, x in ss.values().items()}
    assert all(abs(float(e.xreplace(env))) < 1e-11 for e in r.rate_equations().values())


@pytest.mark.parametrize("seed", range(6))
def test_every_root_of_random_systems_is_found(seed):
    """Against all sign changes of a product of factors, in two unknowns on a grid."""
    rng = np.random.default_rng(seed)
    xs = sorted(rng.choice(np.arange(1, 30), size=3, replace=False))
    ys = sorted(rng.choice(np.arange(1, 30), size=2, replace=False))
    first = np.poly(xs)[::-1]
    second = np.poly(ys)[::-1]
    system = System(
        (
            tuple((int(c), (k, 0)) for k, c in enumerate(first)),
            tuple((int(c), (0, k)) for k, c in enumerate(second)),
        )
    )
    found = all_roots(system, [1e-30, 1e-30], [1e3, 1e3])
    assert np.allclose(found, [(x, y) for x in xs for y in ys])


def test_roots_on_the_middle_of_a_box_are_found_once():
    """Halving in the logarithm from 1/4 to 4 puts the first cut on the root 1."""
    system = System((((1, (2,)), (-3, (1,)), (2, (0,))),))
    assert np.allclose(all_roots(system, [0.25], [4.0]), [[1], [2]])


def test_a_double_root_is_refused_with_its_place():
    system = System((((1, (3,)), (-4, (2,)), (5, (1,)), (-2, (0,))),))
    with pytest.raises(ns.TooLargeError, match=r"roots near \((0\.99|1\.0).*a double root"):
        all_roots(system, [1e-6], [1e6])


def test_work_is_bounded(monkeypatch):
    monkeypatch.setattr("nesssym.exact.boxes.MOST_BOXES", 3)
    system = System((((1, (3,)), (-6, (2,)), (11, (1,)), (-6, (0,))),))
    with pytest.raises(ns.TooLargeError, match=r"takes more than 3 boxes; \d roots were certified"):
        all_roots(system, [1e-6], [1e6])


def test_what_is_no_root_is_not_certified():
    system = System((((1, (2,)), (-4, (1,)), (4, (0,))),))
    with pytest.raises((ns.TooLargeError, ZeroDivisionError)):
        refined(system, [2.0], 100)


def test_a_coordinate_is_a_number_of_any_precision():
    x = Coordinate(0, System((((1, (2,)), (-2, (0,))),)), (1.41421356,))
    assert abs(x.evalf(60) ** 2 - 2) < Rational(1, 10**58)
    assert x.is_positive
    assert not x.free_symbols


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        (None, "say where to look: bounds={'X': (low, high)}"),
        ({"Q": (0, 1)}, "unknown internal species in bounds: 'Q'"),
        ({"X": (2, 1)}, "bounds of X are (2, 1), wanted 0 <= low < high"),
        ({"X": 1}, "bounds of X are two numbers, got 1"),
        ({"X": (10, 20)}, "no steady state has positive concentrations of X"),
    ],
)
def test_bounds_that_are_none(bounds, message, no_exact_method):
    with pytest.raises(ns.NessError) as error:
        ns.steady_states(network(SCHLOEGL, {"A": 1, "B": 1}), bounds=bounds)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 -> A ; v = 1 + A^2.5/(1 + A^2.5) \n A -> 0 ; 1", "so they are no polynomials in A"),
        ("0 -> A ; v = k*exp(-A) \n A -> 0 ; 1", "so they are no polynomials in A"),
    ],
)
def test_rates_that_are_no_rational_functions_are_refused(text, message):
    """What cannot be solved exactly is never solved wrongly."""
    r = network(text)
    with pytest.raises((ns.ModelError, ns.TooLargeError)) as error:
        ns.steady_states(r, bounds=dict.fromkeys(r.internal, (0, 9)))
    assert message in str(error.value)
