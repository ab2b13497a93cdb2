"""Reservoirs: operational currents, forces from conservation laws, first and second law."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import combinations
from math import gcd, prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Add, Integer, Rational, Symbol, log, simplify, symbols

import nesssym as ns
from nesssym.exact.echelon import coprime_base, echelon, multiplicity
from nesssym.exact.rational import equal
from tests.compare import digits, same_log
from tests.models import multigraphs, random_values
from tests.reference import CASES, exact, model

E, left, right = symbols("E muL muR", real=True)


def test_b07_efficiency_of_free_energy_transduction():
    ss = ns.steady_state(model("B07"))
    exchanges = {"fuel": {"1->2": 1}, "load": {"2->3": 1}}
    parts = ns.dissipation(ss, exchanges)
    eta = ns.efficiency(parts, "load", "fuel")["efficiency"]
    assert digits(eta) == CASES["B07"]["decimal"]
    assert same_log(parts["sigma"], ns.entropy_production(ss)["sigma"])


def test_c01_heat_currents_of_two_baths():
    ss = ns.steady_state(model("C01"))
    flows = ns.operational_currents(ss, {"hot": {"h": 1}, "cold": {"g->e/c": 1}})
    current, sigma, _ = CASES["C01"]["exact"]
    assert flows["hot"] == exact(current) == -flows["cold"]
    assert ns.conserved_exchanges(ss.model, {"hot": {"h": 1}, "cold": {"c": 1}}) == [
        {"hot": 1, "cold": 1}
    ]
    parts = ns.dissipation(ss, {"hot": {"h": 1}, "cold": {"c": 1}})
    assert parts.labels == ("sigma", "hot")
    assert same_log(parts["sigma"], exact(sigma))


def test_c03_dot_dissipates_current_times_force():
    ss = ns.steady_state(model("C03", assume=["1 - fL", "1 - fR"]))
    case = CASES["C03"]
    parts = ns.dissipation(ss, {"charge": {"L": 1}})
    assert digits(parts.at(case["eval_at"])["sigma"]) == case["decimal"]


DOT = "L: 0 <-> 1 ; GL, 1 \n R: 0 <-> 1 ; GR, 1"
LEADS = {"mu": {"L": "muL", "R": "muR"}, "particles": {"0": 0, "1": 1}}
LEVEL = {"0": 0, "1": "E"}


def dot():
    return ns.StateGraph.from_text(DOT).with_energies(LEVEL, **LEADS)


def test_first_law_of_each_transition_and_in_total():
    exchanged = ns.energy_exchanges(dot(), LEVEL, **LEADS)
    assert exchanged == {
        "heat L": {"0->1/L": E - left},
        "particles L": {"0->1/L": 1},
        "chemical work L": {"0->1/L": left},
        "heat R": {"0->1/R": E - right},
        "particles R": {"0->1/R": 1},
        "chemical work R": {"0->1/R": right},
    }
    ss = ns.steady_state(dot())
    flows = ns.energy_balance(ss, LEVEL, **LEADS)
    total = Add(*(flows[k] for k in flows if k.startswith(("heat", "chemical", "work"))))
    assert equal(total, Integer(0))
    values = {"GL": 2, "GR": 3, "E": 1, "muL": "3/2", "muR": "1/2"}
    sigma = ns.entropy_production(ss).at(values)["sigma"]
    assert simplify(flows.at(values)["sigma"] - sigma) == 0
    assert simplify(flows.at(values)["particles L"] + flows.at(values)["particles R"]) == 0


def test_force_of_two_leads_is_the_bias():
    exchanges = {"left": {"L": 1}, "right": {"R": 1}}
    forces = ns.fundamental_forces(dot(), exchanges)
    assert forces.labels == ("left",)
    assert equal(forces["left"], left - right)


def test_three_baths_have_two_forces_and_one_conservation_law():
    m = ns.StateGraph.from_text(
        "hot: g <-> e ; a, 1 \n mid: g <-> e ; b, 1 \n cold: g <-> e ; c, 1"
    ).with_energies({"g": 0, "e": "E"}, beta={"hot": "bh", "mid": "bm", "cold": "bc"})
    exchanges = {bath: {bath: "E"} for bath in ("hot", "mid", "cold")}
    assert ns.conserved_exchanges(m, exchanges) == [{"hot": 1, "mid": 1, "cold": 1}]
    forces = ns.fundamental_forces(m, exchanges)
    b = {s.name: s for s in m.symbols}
    assert forces.labels == ("hot", "mid")
    assert equal(forces["hot"], b["bc"] - b["bh"])
    assert equal(forces["mid"], b["bc"] - b["bm"])


def test_engine_between_two_baths_reaches_carnot_at_stall():
    """Heat comes in at E2, work is done by the jump between two levels: efficiency 1 - E1/E2."""
    m = ns.StateGraph.from_text(
        "hot: 0 <-> 2 ; a, 1 \n cold: 0 <-> 1 ; b, 1 \n laser: 1 <-> 2 ; c, 1"
    )
    energies = {"0": 0, "1": "E1", "2": "E2"}
    kwargs = {"beta": {"hot": "bh", "cold": "bc", "laser": 0}}
    maser = m.with_energies(energies, drive={"laser": "E2 - E1"}, **kwargs)
    flows = ns.energy_balance(
        ns.steady_state(maser), energies, drive={"laser": "E2 - E1"}, **kwargs
    )
    assert "heat laser" not in flows
    eta = ns.efficiency(flows, "work", "heat hot")
    values = {s.name: v for s, v in random_values(maser, random.Random(2)).items()}
    values |= {"E1": 1, "E2": 3, "bh": "1/5", "bc": 2}
    assert simplify(eta.at(values)["efficiency"] - Rational(2, 3)) == 0
    total = Add(*(flows.at(values)[k] for k in ("heat hot", "heat cold", "work")))
    assert simplify(total) == 0
    assert len(ns.independent_affinities(maser)) == 1


def test_rates_through_maps():
    m = ns.StateGraph.from_text("E <-> ES ; kon, koff \n ES <-> E2 ; k, kr \n E2 <-> E ; u, v")
    open_model = m.subs({"kon": "kon*S", "v": "v*P"})
    forces = ns.fundamental_forces(open_model, {"S": {"E->ES": 1}, "P": {"E2->E": -1}})
    assert forces.labels == ("S",)
    assert forces["S"].has(Symbol("S", positive=True), Symbol("P", positive=True))


@st.composite
def counted(draw):
    """A graph whose rates obey local detailed balance with two forces, chosen at random."""
    m = draw(multigraphs(max_states=5))
    amount = st.integers(-2, 2)
    counts = {
        name: {t.label: a for t in m.transitions if (a := draw(amount))} for name in ("x", "y")
    }
    force = {name: Fraction(draw(st.integers(2, 9)), draw(st.integers(2, 9))) for name in counts}
    level = {s: Fraction(draw(st.integers(1, 9))) for s in m.states}
    rates = {}
    for t in m.transitions:
        drive = Rational(1)
        for name, f in force.items():
            drive *= Rational(f.numerator, f.denominator) ** counts[name].get(t.label, 0)
        ratio = Rational(int(level[t.target]), int(level[t.source])) * drive
        rates[t.source, t.target, t.channel] = t.rate
        rates[t.target, t.source, t.channel] = t.rate / ratio
    return ns.StateGraph.from_rates(rates, states=m.states), counts, force


@given(counted())
@settings(max_examples=40, deadline=None)
def test_entropy_production_is_a_sum_over_forces(case):
    m, counts, _ = case
    ss = ns.steady_state(m)
    laws = ns.conserved_exchanges(m, counts)
    forces = ns.fundamental_forces(m, counts)
    assert len(forces) == len(counts) - len(laws)
    flows = ns.operational_currents(ss, counts)
    for law in laws:
        assert sum(x * flows[name] for name, x in law.items()) == 0
    sigma = sum((forces[name] * flows[name] for name in forces), Integer(0))
    assert same_log(sigma, ns.entropy_production(ss)["sigma"])
    assert same_log(ns.dissipation(ss, counts)["sigma"], sigma)
    assert len(ns.independent_affinities(m)) <= len(ns.cycles(m))


@given(counted())
@settings(max_examples=40, deadline=None)
def test_forces_put_in_come_out(case):
    m, counts, force = case
    if ns.conserved_exchanges(m, counts):
        return
    forces = ns.fundamental_forces(m, counts)
    for name, f in force.items():
        assert same_log(forces[name], log(Rational(f.numerator, f.denominator)))


def test_independent_affinities():
    free = ns.gallery.load("emre").model
    assert len(ns.independent_affinities(free)) == len(ns.cycles(free)) == 5
    half = ns.StateGraph.from_text("A <-> B ; 4, 1 \n x: A <-> B ; 2, 1 \n y: A <-> B ; 1, 1")
    assert len(ns.independent_affinities(half)) == 1
    balanced = ns.StateGraph.from_text("A <-> B ; a, b \n x: A <-> B ; 2*a, 2*b")
    assert ns.independent_affinities(balanced) == ()
    floats = free.subs(ns.gallery.load("emre").values)
    assert 1 <= len(ns.independent_affinities(floats)) <= 5


def test_echelon_and_coprime_base():
    a, b = symbols("a b")
    matrix = [[a, b, Integer(1)], [2 * a, 2 * b, Integer(3)], [Integer(0), Integer(0), b]]
    reduced, combination, pivots = echelon(matrix)
    assert pivots == [0, 2]
    for i in range(3):
        for j in range(3):
            assert equal(sum(combination[i][k] * matrix[k][j] for k in range(3)), reduced[i][j])
    numbers = [2**100 * 3, 3**50 * 10**9, 7**400 * 11, 77]
    base = coprime_base(numbers)
    assert all(gcd(p, q) == 1 for p, q in combinations(base, 2))
    assert [prod(p ** multiplicity(n, p) for p in base) for n in numbers] == numbers


RING = "A <-> B ; a, 1 \n B <-> C ; b, 1 \n C <-> A ; c, 1"


def test_exchanges_that_do_not_explain_the_affinities():
    m = ns.StateGraph.from_text(RING + "\n x: A <-> B ; d, 1")
    with pytest.raises(ns.ModelError, match=r"do not explain what drives .*A->B/x.*left of"):
        ns.fundamental_forces(m, {"q": {"C->A": 1}})
    with pytest.raises(ns.ModelError, match="nothing do not explain"):
        ns.fundamental_forces(ns.StateGraph.from_text(RING), {})


@pytest.mark.parametrize(
    ("exchanges", "error", "message"),
    [
        ({"q": {"hot": 1}}, ns.UnknownNameError, "unknown channel or transition 'hot'"),
        ({"q": 1}, ns.ModelError, "wanted a mapping of transitions"),
    ],
)
def test_bad_exchanges(exchanges, error, message):
    ss = ns.steady_state(ns.StateGraph.from_text(RING))
    for function in (ns.operational_currents, ns.dissipation):
        with pytest.raises(error, match=message):
            function(ss, exchanges)


def test_one_way_transitions_have_currents_but_no_forces():
    ss = ns.steady_state(ns.StateGraph.from_text("L: 0 -> 1 ; GL \n R: 1 -> 0 ; GR"))
    assert ns.operational_currents(ss, {"charge": {"R": 1}})["charge"] != 0
    with pytest.raises(ns.IrreversibleError, match="one way only"):
        ns.dissipation(ss, {"charge": {"R": 1}})


def test_rates_against_the_reservoirs():
    with pytest.raises(ns.ModelError, match="0->1/L do not obey local detailed balance"):
        ns.energy_exchanges(dot(), {"0": 0, "1": "2*E"}, **LEADS)
    with pytest.raises(ns.UnknownNameError, match="unknown channel or transition 'M'"):
        ns.energy_exchanges(dot(), LEVEL, mu={"M": 1}, particles={"0": 0, "1": 1})
    with pytest.raises(ns.ModelError, match="no beta for 0->1/R"):
        ns.energy_balance(ns.steady_state(dot()), LEVEL, beta={"L": 1}, **LEADS)
    with pytest.raises(ns.IrreversibleError, match="one way only"):
        ns.energy_exchanges(ns.StateGraph.from_text("L: 0 -> 1 ; a \n R: 1 -> 0 ; b"), LEVEL)
    with pytest.raises(ns.ModelError, match="chain in steps"):
        ns.energy_balance(ns.steady_state(ns.gallery.load("enso").model), {})


def test_bad_efficiency():
    flows = ns.operational_currents(ns.steady_state(dot()), {"left": {"L": 1}, "none": {}})
    with pytest.raises(ns.UnknownNameError, match="unknown label 'right'"):
        ns.efficiency(flows, "left", "right")
    with pytest.raises(ns.NessError, match="none is zero"):
        ns.efficiency(flows, "left", "none")


def test_current_of_heat_vanishes_with_the_drive_to_all_digits():
    m = ns.StateGraph.from_text("hot: g <-> e ; a, 1 \n cold: g <-> e ; b, 1")
    m = m.with_energies({"g": 0, "e": 1}, beta={"hot": "bc - d", "cold": "bc"})
    heat = ns.operational_currents(ns.steady_state(m), {"hot": {"hot": 1}})
    kernel = ns.compile(heat)
    tiny, tinier = (kernel(a=1.0, b=2.0, bc=1.5, d=d)["hot"] for d in (1e-10, 1e-13))
    assert tiny / tinier == pytest.approx(1000, rel=1e-9)


@pytest.mark.parametrize(("last", "count"), [("6, 1", 2), ("4, 9", 1), ("9, 4", 1)])
def test_numbers_tie_affinities_where_their_powers_are_equal(last, count):
    graph = ns.StateGraph.from_text(
        f"x: a <-> b ; 1, 1 \n y: a <-> b ; 2, 3 \n z: a <-> b ; {last}"
    )
    assert len(ns.independent_affinities(graph)) == count


def test_powers_of_primes_tell_which_affinities_are_independent():
    text = "A <-> B ; 1, 1 \n x: A <-> B ; 2, 1 \n y: A <-> B ; 3, 1 \n z: A <-> B ; 6, 1"
    assert len(ns.independent_affinities(ns.StateGraph.from_text(text))) == 2
    text = "A <-> B ; 1, 1 \n x: A <-> B ; 6*sqrt(2), 1 \n y: A <-> B ; 72, 1"
    assert len(ns.independent_affinities(ns.StateGraph.from_text(text))) == 1


def test_pairs_of_particles_do_twice_the_chemical_work():
    dot = ns.StateGraph.from_text("L: 0 <-> 2 ; a, 1 \n R: 0 <-> 2 ; b, 1")
    bath = {"mu": {"L": "muL", "R": "muR"}, "particles": {"0": 0, "2": 2}}
    energies = {"0": 0, "2": "E"}
    dot = dot.with_energies(energies, **bath)
    amounts = ns.energy_exchanges(dot, energies, **bath)
    [(label, work)] = amounts["chemical work L"].items()
    assert amounts["particles L"][label] == 2
    assert (work + amounts["heat L"][label]).expand() == Symbol("E", real=True)
