"""Published and independently computed values: groups A, B, C of the reference file."""

from __future__ import annotations

import networkx as nx
import pytest
from sympy import Integer, Rational, prod

import nesssym as ns
from nesssym import parsing
from nesssym.exact.rational import equal
from tests.compare import same_log
from tests.models import symbolic
from tests.reference import CASES, exact, model


def sigma(case):
    return ns.entropy_production(ns.steady_state(model(case)))["sigma"]


def test_a01_general_three_state_diagram():
    ss = ns.steady_state(model("A01"))
    for state, text in zip(ss.state.labels, CASES["A01"]["exact"], strict=True):
        assert equal(ss[state], exact(text))
    values = ss.state.at(CASES["A01"]["eval_at"])
    assert [str(v.evalf(30)) for v in values.values()] == CASES["A01"]["decimal"]


@pytest.mark.parametrize("case", ["A03", "A05", "A07", "B03"])
def test_entropy_production(case):
    assert same_log(sigma(case), exact(CASES[case]["exact"]))
    assert str(sigma(case).evalf(30)) == CASES[case]["decimal"]


def test_a09_queue():
    assert ns.steady_state(model("A09"))["0"] == exact(CASES["A09"]["exact"])


def test_a11_tiny_circulation_between_large_fluxes():
    ss = ns.steady_state(model("A11"))
    assert ss.currents["1->2"] == exact(CASES["A11"]["exact"])
    rates = {t.label: t for t in model("A11").transitions}
    symbolic_model = ns.StateGraph.from_rates(
        {
            pair: f"k{pair[0]}{pair[1]}"
            for t in rates.values()
            for pair in ((t.source, t.target), (t.target, t.source))
        }
    )
    values = {}
    for t in symbolic_model.transitions:
        values[t.rate.name] = float(rates[t.label].rate)
        values[t.reverse.name] = float(rates[t.label].reverse)
    kernel = ns.compile(ns.steady_state(symbolic_model).currents.select(["1->2"]))
    assert kernel(**values)["1->2"] == pytest.approx(float(CASES["A11"]["decimal"]), rel=1e-14)


def test_a13_irreversible_cycle():
    m = model("A13")
    ss = ns.steady_state(m)
    assert [ss[s] for s in m.states] == [Rational(t) for t in CASES["A13"]["exact"]]
    with pytest.raises(ns.IrreversibleError, match="a->b"):
        ns.entropy_production(ss)


def test_a15_glauber_ring():
    ss = ns.steady_state(model("A15"))
    p = ss.state.at({})
    spin = {s: [1 if c == "+" else -1 for c in s] for s in p}
    pairs = [(0, 1), (0, 2), (1, 3)]
    got = [sum(p[s] * spin[s][i] * spin[s][j] for s in p) for i, j in pairs]
    assert got == [Rational(t) for t in CASES["A15"]["exact"]]


def hill_fluxes(m):
    """Net flux of every simple cycle from the currents' form as a sum over cycles."""
    from nesssym.diagrams import appendages, one_way, tree_sums

    index = {s: i for i, s in enumerate(m.states)}
    z = sum(tree_sums(len(index), *one_way(m.transitions, index)))
    return {
        c.states: (
            prod(c.rates[0]) * appendages(m.transitions, index, {index[s] for s in c.states}) / z,
            prod(c.rates[1]) * appendages(m.transitions, index, {index[s] for s in c.states}) / z,
        )
        for c in ns.all_cycles(m)
    }


def test_b01_one_way_cycle_fluxes():
    found = {frozenset(cycle): pair for cycle, pair in hill_fluxes(model("B01")).items()}
    case = CASES["B01"]
    for cycle, text in zip(case["cycles"], case["exact"], strict=True):
        assert exact(text) in found[frozenset(map(str, cycle))]


def test_b05_cycle_fluxes_add_up_to_currents():
    m = model("B05")
    net = {frozenset(c): plus - minus for c, (plus, minus) in hill_fluxes(m).items()}
    a, b, c = (abs(exact(t)) for t in CASES["B05"]["exact"])
    assert abs(net[frozenset("1256")]) == a
    assert abs(net[frozenset("2345")]) == b
    assert abs(net[frozenset("123456")]) == c
    ja, jb, jc = (exact(t) for t in CASES["B05"]["exact"])
    currents = ns.steady_state(m).currents
    assert currents["1->2"] == ja + jc
    assert currents["2->3"] == jb + jc
    assert currents["2->5"] == ja - jb


def test_b07_efficiency_of_free_energy_transduction():
    m = model("B07")
    currents = ns.steady_state(m).currents
    affinity = {frozenset(c.states): c.affinity for c in ns.all_cycles(m)}
    force = {c: abs(affinity[frozenset(c)]) for c in ("1256", "2345")}
    j1, j2 = currents["1->2"], currents["2->3"]
    got = j2 * force["2345"] / (j1 * force["1256"])
    assert str(got.evalf(30)) == CASES["B07"]["decimal"]


@pytest.mark.parametrize(
    ("graph", "number"),
    list(
        zip(
            [nx.complete_graph(5), nx.ladder_graph(4), nx.hypercube_graph(3), nx.petersen_graph()],
            map(int, CASES["B09"]["exact"]),
            strict=True,
        )
    ),
)
def test_b09_number_of_spanning_trees(graph, number):
    assert set(ns.count_trees(symbolic(graph)).values()) == {number}


def test_c01_two_baths_and_the_wrongly_merged_edge():
    m = model("C01")
    ss = ns.steady_state(m)
    current, sigma, merged = CASES["C01"]["exact"]
    assert ss.currents["g->e/h"] == exact(current)
    assert same_log(ns.entropy_production(ss)["sigma"], exact(sigma))
    one = ns.StateGraph.from_rates(
        {
            ("g", "e"): sum(t.rate for t in m.transitions),
            ("e", "g"): sum(t.reverse for t in m.transitions),
        }
    )
    assert ns.entropy_production(ns.steady_state(one))["sigma"] == Integer(merged)


def test_c03_single_level_dot():
    m = model("C03", assume=["1 - fL", "1 - fR"])
    case = CASES["C03"]
    ss = ns.steady_state(m)
    got = ns.entropy_production(ss)
    assert str(got.at(case["eval_at"])["sigma"].evalf(30)) == case["decimal"]
    wanted = exact(case["exact"])
    values = parsing.substitution(case["eval_at"], sorted(wanted.free_symbols, key=str))
    assert same_log(got.at(case["eval_at"])["sigma"], wanted.xreplace(values))


@pytest.mark.parametrize(("case", "label"), [("C05", "1->0/R"), ("C07", "u->0/R")])
def test_mean_currents_at_infinite_bias(case, label):
    ss = ns.steady_state(model(case))
    copies = 2 if case == "C07" else 1
    assert equal(copies * ss.currents[label], exact(CASES[case]["exact"][0]))
    with pytest.raises(ns.IrreversibleError):
        ns.entropy_production(ss)


def test_c09_ring_with_local_detailed_balance():
    m = model("C09")
    ss = ns.steady_state(m)
    affinity, current, sigma = (exact(t) for t in CASES["C09"]["exact"])
    (got,) = ns.affinities(m).exprs
    assert same_log(abs(got), affinity)
    assert abs(ns.cycle_currents(ss)[next(iter(ns.affinities(m)))]) == current
    assert same_log(ns.entropy_production(ss)["sigma"], sigma)


def test_g07_kinesin_affinities_are_the_chemical_drive():
    m = ns.gallery.load("kinesin")
    numbers = m.model.subs(m.values)
    got = {frozenset(c.states): abs(c.affinity) for c in ns.all_cycles(numbers)}
    cycles = ["1256", "2345", "123456"]
    for cycle, text in zip(cycles, CASES["G07"]["exact"], strict=True):
        assert same_log(got[frozenset(cycle)], exact(text))


@pytest.mark.parametrize(("case", "drive"), [("G03", "245000000000000"), ("G05", "4900000")])
def test_g03_g05_kinesin_step_and_hydrolysis(case, drive):
    m = ns.gallery.load("kinesin")
    values = {s.name: v for s, v in m.values.items()} | {"dmu": f"log({drive})"}
    currents = ns.steady_state(m.model.subs(values)).currents
    step, hydrolysis, _ = CASES[case]["exact"]
    assert currents["2->5"] == Rational(step)
    assert currents["1->2"] + currents["4->5"] == Rational(hydrolysis)
