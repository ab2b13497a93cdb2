"""Reaction networks against values computed by independent methods, and published models."""

import random
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from sympy import Rational, log, symbols

import nesssym as ns
from nesssym.exact.rational import equal
from tests.reference import CASES, SYSTEMS, exact

TRIANGLE = "A <-> B ; k1, k1r \n B <-> C ; k2, k2r \n C <-> A ; k3, k3r"
MM = "E + S <-> ES ; k1, k1r \n ES <-> E + P ; k2, k2r"


def network(text, chemostats=()):
    return ns.ReactionNetwork.from_text(text, chemostats)


def agrees(value, system, digits=20):
    """Whether a number is that of the reference, to some digits."""
    with mpmath.workdps(40):
        got, wanted = mpmath.mpf(str(value.evalf(35))), mpmath.mpf(SYSTEMS[system]["value"])
        return abs(got / wanted - 1) < mpmath.mpf(10) ** -digits


def test_michaelis_menten_J05():
    r = network(MM, ["S", "P"])
    ss = ns.steady_state(r, totals={"E": 1})
    flux, sigma = (exact(t.replace("S_", "S").replace("P_", "P")) for t in CASES["J05"]["exact"])
    names = {"k1r": "km1", "k2r": "km2"}
    rename = {s: symbols(names.get(s.name, s.name), positive=True) for s in r.symbols}
    assert equal(ss.currents["R1"].xreplace(rename), flux)
    point = {k.rstrip("_"): v for k, v in CASES["J05"]["eval_at"].items()}
    point = {k.replace("km1", "k1r").replace("km2", "k2r"): v for k, v in point.items()}
    found = ns.entropy_production(ss)
    value = found.at(point)
    assert abs(float(value["sigma"]) - float(CASES["J05"]["decimal"][1])) < 1e-12
    assert (value["R1 + R2"] - value["sigma"]).evalf(40, chop=True) == 0
    at = exact(str(sigma)).xreplace(
        {
            symbols(k.rstrip("_"), positive=True): exact(v)
            for k, v in CASES["J05"]["eval_at"].items()
        }
    )
    assert abs((at - value["sigma"]).evalf(30)) < 1e-25


def test_michaelis_menten_flux():
    r = network(MM, {"S": "1e-3", "P": "2e-4"}).subs(
        {"k1": "1e6", "k1r": "1e3", "k2": 500, "k2r": "2e4"}
    )
    ss = ns.steady_state(r, totals={"E": "1e-6"})
    assert agrees(ss.currents["R1"], "mm.flux")


def test_triangle():
    """The circulation is the difference of the products of rates over all trees."""
    ss = ns.steady_state(network(TRIANGLE), totals={"A": 1})
    k1, k1r, k2, k2r, k3, k3r = ss.model.symbols
    assert ss["A"].as_numer_denom()[0].expand() == k2 * k3 + k1r * k3 + k1r * k2r
    assert equal(ss.currents["R1"] * ss["A"].as_numer_denom()[1], k1 * k2 * k3 - k1r * k2r * k3r)
    wanted = log(k1 * k2 * k3 / (k1r * k2r * k3r))
    assert ns.affinities(ss.model)["R1 + R2 + R3"] == wanted
    values = {"k1": 3, "k1r": "0.5", "k2": 2, "k2r": "0.4", "k3": "1.5", "k3r": "0.2"}
    assert agrees(ss.state.at(values)["A"], "tri.pA")
    assert agrees(ns.entropy_production(ss).at(values)["sigma"], "tri.epr")


def test_fed_triangle_does_not_circulate():
    """Feeding drives a flow through the triangle, but no circulation."""
    r = network("""
        A <-> B ; 3, 0.5
        B <-> C ; 2, 0.4
        C <-> A ; 0.3, 9
        feed: 0 <-> A ; 0.25, 0.25
        B -> 0 ; 0.25
        C -> 0 ; 2.25
    """)
    ss = ns.steady_state(r)
    assert agrees(ss.currents["R1"], "tri.fed.J_AB")
    assert agrees(ss.currents["R3"], "tri.fed.J_CA")
    assert not ns.check_detailed_balance(r)


def test_closed_triangle_is_an_equilibrium():
    r = network(TRIANGLE).subs(
        {"k1": 3, "k1r": "0.5", "k2": 2, "k2r": "0.4", "k3": "1.5", "k3r": 45}
    )
    ss = ns.steady_state(r, totals={"A": 1})
    assert agrees(ss["A"], "closed.tri.A_eq")
    assert all(j == 0 for j in ss.currents.exprs)


LOOP = "2 A <-> B ; 1.2, 0.4 \n A + B <-> C ; 0.8, 0.5 \n C <-> 3 A ; 0.3, 1.44"


def test_closed_loop_comes_to_rest():
    ss = ns.steady_state(network(LOOP), totals={"A": "1.7"})
    assert agrees(ss["A"], "closed.loop.A_eq")
    assert all(abs(ss.currents[name].evalf(40)) < 1e-30 for name in ss.currents)
    assert ss.stability == "stable"


def test_closed_loop_that_would_turn():
    r = network(LOOP.replace("1.44", "1"))
    with pytest.raises(ns.PerpetualMotionError, match=r"the cycle R1 \+ R2 \+ R3: ln\(forward"):
        ns.steady_states(r, totals={"A": "1.7"})
    found = ns.check_detailed_balance(r)
    assert str(found) == "R1 + R2 + R3: ln ratio +0.364643, wanted 0"


def test_entropy_of_relaxation():
    """What is produced until a time is what the Lyapunov function has lost."""
    r = network(LOOP)
    ss = ns.steady_state(r, totals={"A": "1.7"})
    found = ns.lyapunov_function(ss)
    values = {
        k: float(v.evalf()) for k, v in zip(ss.state.labels, (ss[s] for s in "ABC"), strict=True)
    }
    rates = ns.compile(ns.Formulas(tuple("ABC"), tuple(r.rate_equations().values())))
    x, step = np.array([1.5, 0.1, 0.02]), 1e-3

    def level(x):
        eq = np.array([values[s] for s in "ABC"])
        return float(np.sum(x * np.log(x / eq) - x + eq))

    def slope(x):
        return np.array([rates(A=x[0], B=x[1], C=x[2])[s] for s in "ABC"])

    before = level(x)
    for _ in range(3000):
        a = slope(x)
        b = slope(x + step / 2 * a)
        c = slope(x + step / 2 * b)
        d = slope(x + step * c)
        x = x + step / 6 * (a + 2 * b + 2 * c + d)
    assert abs(before - level(x) - float(SYSTEMS["closed.loop.entropy_0_3"]["value"])) < 1e-9
    point = dict(
        zip(symbols("A B C", positive=True), map(Rational, ("1.5", "0.1", "0.02")), strict=True)
    )
    assert abs(float(found["L"].xreplace(point)) - before) < 1e-12
    assert float(found["dL/dt"].xreplace(point)) < 0


def schloegl():
    """The propensities of the reference count combinations; so rate constants are over n!."""
    return network(
        "A + 2 X <-> 3 X ; 3e-7/2, 1e-4/6 \n B <-> X ; 1e-3, 3.5", {"A": "1e5", "B": "2e5"}
    )


def test_schloegl():
    low, middle, high = ns.steady_states(schloegl())
    assert [ss.stability for ss in (low, middle, high)] == ["stable", "unstable", "stable"]
    assert agrees(low["X"], "schlogl.low")
    assert agrees(ns.entropy_production(high)["sigma"], "schlogl.epr_high", digits=15)


def test_schloegl_affinity_does_not_depend_on_the_state():
    found = [ns.affinities(ss.model)["R1 - R2"] for ss in ns.steady_states(schloegl())]
    k1, k2, k3, k4 = Rational("1.5e-7"), Rational("1e-4") / 6, Rational("1e-3"), Rational("3.5")
    wanted = log(k1 * 10**5 * k4 / (k2 * k3 * 2 * 10**5))
    assert all(abs((a - wanted).evalf(30)) < 1e-25 for a in found)


BI_UNI = """
    E + A <-> EA ; k1, k1r
    E + B <-> EB ; k2, k2r
    EA + B <-> EAB ; k3, k3r
    EB + A <-> EAB ; k4, k4r
    cat: EAB <-> EP ; k5, k5r
    out: EP <-> E + P ; k6, k6r
"""
BINDING = ["R1", "R2", "R3", "R4", "out"]


def test_random_order_enzyme():
    r = network(BI_UNI, ["A", "B", "P"])
    r = r.subs(ns.wegscheider_conditions(r, solve_for=["k4r"]))
    (emergent,) = r.emergent_cycles()
    assert sorted(emergent) == ["R1", "R3", "cat", "out"]
    full = ns.rate_equation(r)
    A, B, P = symbols("A B P", positive=True)
    assert {A**2 * B, A * B**2} < set(full.denominator)
    with pytest.raises(ns.ModelError, match="this is no rate of Cleland's form"):
        full.constants()
    quick = ns.rate_equation(r, fast=BINDING)
    k1, k1r, k2, k2r, k3, k3r, k5, k5r, k6, k6r, E = symbols(
        "k1 k1r k2 k2r k3 k3r k5 k5r k6 k6r E_tot", positive=True
    )
    a, b, p = k1r / k1, k2r / k2, k6 / k6r
    bound = A * B * k3 / (a * k3r)
    rate = E * (k5 * bound - k5r * P / p) / (1 + A / a + B / b + bound + P / p)
    assert equal(quick.expr, rate)
    c = quick.constants()
    assert equal(c["Vf"], k5 * E)
    assert equal(c["Vr"], k5r * E)
    assert equal(c["Ki_A"], a)
    assert equal(c["K_B"], k3r / k3)
    assert equal(c["K_A"], a * k3r / (k3 * b))
    assert str(quick.haldane()) == "Eq(Keq, K_P*Vf/(K_B*Ki_A*Vr))"
    assert equal(c["Keq"], k1 * k3 * k5 * k6 / (k1r * k3r * k5r * k6r))


def test_fast_steps_approach_their_limit():
    r = network(BI_UNI, ["A", "B", "P"])
    r = r.subs(ns.wegscheider_conditions(r, solve_for=["k4r"]))
    quick, full = ns.rate_equation(r, fast=BINDING), ns.rate_equation(r)
    rng = random.Random(3)
    point = {s.name: Fraction(rng.randint(1, 9), rng.randint(1, 9)) for s in r.symbols}
    point["E_tot"] = Fraction(1)
    wanted = quick.formulas.at(point)["v"]
    for name in list(point):
        if name[0] == "k" and name not in ("k5", "k5r"):
            point[name] *= 10**9
    assert abs(full.formulas.at(point)["v"] / wanted - 1) < 1e-7


def test_fast_steps_that_drive_each_other():
    r = network("E + A <-> EA \n E + A <-> EA \n EA <-> E + P", ["A", "P"])
    with pytest.raises(ns.UnknownNameError, match="unknown reaction 'R9'"):
        ns.rate_equation(r, fast=["R9"])


def test_ordered_bi_bi():
    """Cleland's ordered mechanism: the constants of Segel's tables."""
    r = network(
        """
        E + A <-> EA ; k1, k1r
        EA + B <-> EAB ; k2, k2r
        EAB <-> EQ + P ; k3, k3r
        EQ <-> E + Q ; k4, k4r
        """,
        ["A", "B", "P", "Q"],
    )
    v = ns.rate_equation(r)
    c = v.constants()
    k1, k1r, k2, k2r, k3, _k3r, k4, k4r, E = symbols(
        "k1 k1r k2 k2r k3 k3r k4 k4r E_tot", positive=True
    )
    assert equal(c["Vf"], E * k3 * k4 / (k3 + k4))
    assert equal(c["Vr"], E * k1r * k2r / (k1r + k2r))
    assert equal(c["K_A"], k3 * k4 / (k1 * (k3 + k4)))
    assert equal(c["K_B"], k4 * (k2r + k3) / (k2 * (k3 + k4)))
    assert equal(c["Ki_A"], k1r / k1)
    assert equal(c["Ki_Q"], k4 / k4r)
    assert str(v.haldane()) in (
        "Eq(Keq, K_P*Ki_Q*Vf/(K_B*Ki_A*Vr))",
        "Eq(Keq, K_Q*Ki_P*Vf/(K_B*Ki_A*Vr))",
    )


def test_limits_of_michaelis_menten():
    v = ns.rate_equation(network(MM, ["S", "P"]), total="E0")
    k1, k1r, k2, _k2r, S, E0 = symbols("k1 k1r k2 k2r S E0", positive=True)
    assert equal(v.at_zero("P").expr, E0 * k2 * S / (S + (k1r + k2) / k1))
    assert v.saturated("S").expr == E0 * k2
    assert v.saturated("P").expr == -E0 * k1r
    assert v.at_zero("S", "P").expr == 0
    with pytest.raises(ns.UnknownNameError, match="unknown collected concentration 'Q'"):
        v.at_zero("Q")


@pytest.mark.parametrize(
    ("text", "held", "options", "message"),
    [
        (MM, ["S"], {}, "0 emergent cycles"),
        (MM, ["S", "P"], {"collect": ["E"]}, "unknown chemostat 'E'"),
        (MM, ["S", "P"], {"of": "Q"}, "unknown chemostat or reaction 'Q'"),
        ("E + S <-> ES \n 2 ES <-> 2 E + P", ["S", "P"], {}, "one at a time"),
    ],
)
def test_rate_equations_that_are_none(text, held, options, message):
    with pytest.raises(ns.NessError) as error:
        ns.rate_equation(network(text, held), **options)
    assert message in str(error.value) or "exactly one on each" in str(error.value)


def test_product_form_is_the_steady_state_of_the_master_equation():
    r = network("2 A <-> B ; 2, 3 \n B <-> C ; 1, 5 \n C <-> 2 A ; k, 1")
    k = ns.wegscheider_conditions(r, solve_for=["k"])
    r = r.subs(k)
    ss = ns.steady_state(r, totals={"A": 1})
    formula = ns.product_form(ss, {"A": 6})
    graph = ns.master_equation(r, {"A": 6})
    exact_state = ns.steady_state(graph, "elimination").state
    for state in graph.states:
        assert abs(float(formula[state]) - float(exact_state[state])) < 1e-14


def test_product_form_far_from_equilibrium():
    """Complex balanced with a circulation: still a product, where detailed balance fails."""
    r = network("A -> B ; 2 \n B -> C ; 3 \n C -> A ; 5")
    ss = ns.steady_state(r, totals={"A": 1})
    formula = ns.product_form(ss, {"A": 3})
    graph = ns.master_equation(r, {"A": 3})
    assert formula.at({}) == ns.steady_state(graph, "elimination").state.at({})


def test_combinations_are_counted_on_request():
    r = network("2 X <-> Y ; k, kr")
    pairs = ns.master_equation(r, {"X": 5}, combinatoric=True).transitions[0].rate
    ordered = ns.master_equation(r, {"X": 5}).transitions[0].rate
    assert ordered == 2 * pairs == 20 * r.symbols[0]
    large = ns.master_equation(r, {"X": 5}, volume="V").transitions[0].rate
    assert large == ordered / symbols("V", positive=True)


def test_schloegl_master_equation_has_the_affinity_of_its_reactions():
    r = network("A + 2 X <-> 3 X ; 3, 1 \n B <-> X ; 1, 2", {"A": 1, "B": 1})
    graph = ns.master_equation(r, {"X": 0}, {"X": 12})
    assert len(graph.states) == 13
    found = {abs(complex(a.evalf())) for a in ns.affinities(graph).exprs}
    (emergent,) = ns.affinities(r).exprs
    assert max(found) - min(found) < 1e-12
    assert abs(max(found) - abs(float(emergent))) < 1e-12


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: ns.master_equation(r, {"Q": 1}), "unknown internal species in start: 'Q'"),
        (lambda r: ns.master_equation(r, {"X": -1}), "the number of X is -1"),
        (lambda r: ns.master_equation(r, {"X": 0}), "more than 20000 states"),
        (lambda r: ns.product_form(ns.steady_states(r)[0], {"X": 0}), "has deficiency 1"),
        (lambda r: ns.lyapunov_function(ns.steady_states(r)[0]), "its deficiency is 1"),
    ],
)
def test_few_molecules_refused(call, message):
    r = network("A + 2 X <-> 3 X ; 3, 1 \n B <-> X ; 1, 2", {"A": 1, "B": 1})
    with pytest.raises(ns.NessError) as error:
        call(r)
    assert message in str(error.value)


def test_open_linear_network_J09():
    network = ns.ReactionNetwork.from_text(
        "A <-> B ; 3, 1 \n B <-> C ; 2, 1 \n C <-> A ; 4, 1/2 \n 0 -> A ; 5 \n C -> 0 ; 2"
    )
    ss = ns.steady_state(network)
    assert [str(ss[s]) for s in "ABC"] == CASES["J09"]["exact"]
