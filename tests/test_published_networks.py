"""Published pumps, and the networks that everybody knows: each from its reactions to LaTeX."""

from __future__ import annotations

import random
from fractions import Fraction

import mpmath
import pytest
from sympy import Add, Symbol, exp, symbols

import nesssym as ns
from nesssym.exact.rational import equal
from tests import katex
from tests.reference import SYSTEMS


def named(names):
    return symbols(names, positive=True)


def exact(ss, values):
    """Rates at a point, and the largest imbalance of an internal species."""
    currents = ss.currents.at(values)
    found = dict.fromkeys(ss.model.internal, 0)
    for r in ss.model.reactions:
        for s in found:
            found[s] += r.change.get(s, 0) * currents[r.name]
    return currents, found


# ---------------------------------------------------------------- the Post-Albers cycle, 8 states


@pytest.fixture(scope="module")
def post_albers():
    return ns.gallery.load("post_albers")


def test_post_albers_rate_equation(post_albers):
    """J = k1...k8 (ATP Ke^2 Ni^3 - K1...K8 ADP Pi Ki^2 Ne^3)/D, with 64 positive terms in D."""
    v = ns.rate_equation(post_albers.model, total=1)
    ATP, ADP, Pi, Ni, Ne, Ki, Ke = named("ATP ADP Pi Ni Ne Ki Ke")
    forward, backward = ATP * Ke**2 * Ni**3, ADP * Pi * Ki**2 * Ne**3
    k, K = named("k1:9"), named("K1:9")
    speed = constants = 1
    for one, other in zip(k, K, strict=True):
        speed, constants = speed * one, constants * other
    scale = v.numerator[forward] / speed
    assert set(v.numerator) == {forward, backward}
    assert equal(v.numerator[backward], -scale * speed * constants)
    terms = [t for c in v.denominator.values() for t in Add.make_args(c)]
    assert len(terms) == 64
    assert all(t.as_coeff_Mul()[0] > 0 for t in terms)


def test_post_albers_currents_and_dissipation(post_albers):
    m = post_albers
    v = ns.rate_equation(m.model, total=1)
    ss = ns.steady_state(m.model, totals=m.totals)
    rng = random.Random(1)
    point = {s: Fraction(rng.randint(1, 9), rng.randint(1, 9)) for s in m.model.symbols}
    currents, imbalance = exact(ss, point)
    assert set(imbalance.values()) == {0}
    wanted = v.formulas.at(point)["v"]
    assert set(currents.values()) == {wanted} == set(ns.cycle_currents(ss).at(point).values())
    sigma = ns.entropy_production(ss).at(m.values)["sigma"]
    (affinity,) = ns.affinities(m.model).at(m.values).values()
    assert abs((sigma / (ss.currents.at(m.values)["R1"] * affinity) - 1).evalf(30)) < 1e-25


def test_post_albers_affinity_is_what_atp_gives_less_what_ions_take(post_albers):
    """Once the constants obey the equilibrium of ATP hydrolysis, a cycle of the closed network."""
    m = post_albers
    K, K_ATP = named("K1:9"), Symbol("K_ATP", positive=True)
    product = 1
    for constant in K[:7]:
        product = product * constant
    (affinity,) = ns.affinities(m.model.subs({"K8": 1 / (K_ATP * product)})).values()
    ATP, ADP, Pi, Ni, Ne, Ki, Ke = named("ATP ADP Pi Ni Ne Ki Ke")
    hydrolysis = K_ATP * ATP / (ADP * Pi)
    assert equal(exp(affinity), hydrolysis * (Ni / Ne) ** 3 * (Ke / Ki) ** 2)
    assert m.model.closed.emergent_cycles() == ()
    assert len(m.model.emergent_cycles()) == 1


def test_post_albers_stands_still_at_equilibrium(post_albers):
    m = post_albers
    (level,) = ns.detailed_balance_conditions(m.model, solve_for=["Ne"]).values()
    stalled = m.model.subs({"Ne": level})
    assert ns.is_equilibrium(stalled)
    values = {s: v for s, v in m.values.items() if s.name != "Ne"}
    found = ns.compile(ns.steady_state(stalled, totals=m.totals).currents)
    got = found(**{s.name: float(v) for s, v in values.items()})
    assert max(map(abs, got.values())) < 1e-9


# ---------------------------------------------------------------- SERCA, 9 states


@pytest.fixture(scope="module")
def serca():
    return ns.gallery.load("serca")


def test_serca_runs_backwards(serca):
    """The numbers of Pan et al. (2019)."""
    ss = ns.steady_state(serca.model, totals=serca.totals)
    currents, imbalance = exact(ss, serca.values)
    assert set(imbalance.values()) == {0}
    assert abs(float(currents["R1_2"]) + 0.0526135) < 5e-8
    assert currents["R2_2a"] == 0
    (affinity,) = ns.affinities(serca.model).at(serca.values).values()
    assert abs(float(affinity) + 0.895829) < 5e-7
    sigma = ns.entropy_production(ss).at(serca.values)["sigma"]
    assert abs(float(sigma) - 0.0471327) < 5e-8
    assert not ns.check_detailed_balance(serca.model.subs(serca.values))


def test_serca_rate_equation_and_its_equilibrium(serca):
    """Protons bind and leave again: what both directions need cancels in the constant."""
    v = ns.rate_equation(serca.model, total=1)
    assert len(v.numerator) == 2
    (affinity,) = ns.affinities(serca.model).values()
    forward, backward = named("MgATP Cai"), named("MgADP Pi H Casr")
    quotient = backward[0] * backward[1] * backward[2] * backward[3] ** 2
    quotient = quotient / (forward[0] * forward[1] ** 2)
    assert equal(v.equilibrium_constant, exp(affinity) * quotient)


def test_serca_closed_has_no_cycle_to_drive(serca):
    """Detailed balance by construction: Wegscheider has nothing to ask for."""
    assert ns.wegscheider_conditions(serca.model) == []
    assert serca.model.closed.emergent_cycles() == ()
    assert serca.model.deficiency == 0


def test_serca_stalls_where_its_affinity_vanishes(serca):
    values = {s: v for s, v in serca.values.items() if s.name != "Casr"}
    r = serca.model.subs(values)
    (level,) = ns.detailed_balance_conditions(r, solve_for=["Casr"]).values()
    assert ns.is_equilibrium(r.subs({"Casr": level}))
    v = ns.compile(ns.steady_state(r, totals=serca.totals).currents)
    assert abs(v(Casr=float(level))["R1_2"]) < 1e-15
    assert v(Casr=1.0)["R1_2"] > 0 > v(Casr=2.0)["R1_2"]


# ---------------------------------------------------------------- the Post-Albers cycle, 4 states


@pytest.fixture(scope="module")
def pump():
    return ns.gallery.load("sodium_pump")


def test_four_states_by_hand(pump):
    """The lumped rates and Hill's sum, written out in another way, in forty digits."""
    with mpmath.workdps(40):
        m = mpmath.mpf
        volts = m("96485.3321233100184") * m("-0.080") / (m("8.31446261815324") * 310)
        shift = m("-0.0550")
        free = m("4.2") / (
            1 + m(120) / 292 + m("8.0e-5") / (1000 * m(10) ** m("-6.77")) + m(15) / 224
        )
        K_dKi = pump.at("dissociation constant of potassium inside", digits=40)["K_dKi"]
        a, b, k = (
            15 / (m("579.7295") * mpmath.exp(shift * volts)),
            15 / m("5.6399"),
            120 / K_dKi,
        )
        c, d, K = (
            140 / (m("0.034879") * mpmath.exp((1 + shift) * volts)),
            140 / m("10616.9377"),
            m("5.4") / m("1.0817"),
        )
        inside = a * b**2 + (1 + b) ** 2 + (1 + k) ** 2 - 1
        outside = c * d**2 + (1 + d) ** 2 + (1 + K) ** 2 - 1
        atp = m("9.8") / m("140.3709")
        up = [
            m("1423.2") * a * b**2 / inside,
            m("11564.8064"),
            m("194.4506") * K**2 / outside,
            m("30629.8836") * atp / (1 + atp),
        ]
        down = [
            m("225.9048") * m("0.15"),
            m("36355.3201") * c * d**2 / outside,
            m("281037.2758") * free * m("8.0e-5") / (1 + atp),
            m("1.574e6") * k**2 / inside,
        ]
        trees = mpmath.mpf(0)
        for root in range(4):
            for gap in range(4):
                term = mpmath.mpf(1)
                for i in range(4):
                    step = (root + i) % 4
                    if step != (root + gap) % 4:
                        term *= down[step] if i < gap else up[step]
                trees += term
        turnover = (mpmath.fprod(up) - mpmath.fprod(down)) / trees
        affinity = mpmath.log(mpmath.fprod(up) / mpmath.fprod(down))
        rates = pump.at("effective rates", digits=35)
        names = ("a1", "k_2", "a3", "a4", "b1", "b2", "b3", "b4")
        wanted = dict(zip(names, up + down, strict=True))
        for name, rate in rates.items():
            assert abs(rate / wanted[name] - 1) < m(10) ** -30
        for quantity, value in (("turnover", turnover), ("affinity", affinity)):
            (got,) = pump.at(quantity, digits=35).values()
            assert abs(got / value - 1) < m(10) ** -30
        reference = mpmath.mpf(SYSTEMS["pump.cycle_rate"]["value"])
        assert abs(turnover / reference - 1) < m(10) ** -24


def test_four_states_have_sixteen_trees(pump):
    turn = ns.steady_state(pump.model).currents_as("cycles").select(["1->2"])
    ((_, total),) = turn.steps
    assert len(Add.make_args(total)) == 16
    a1, b1, k_2, b2, a3, b3, a4, b4 = named("a1 b1 k_2 b2 a3 b3 a4 b4")
    assert equal(turn["1->2"] * total, a1 * k_2 * a3 * a4 - b1 * b2 * b3 * b4)


@pytest.mark.parametrize(
    "values", [{}, {"V": "30e-3", "ATP": 2}, {"Na_i": 40, "H": "3e-4", "dG0": -5000}]
)
def test_affinity_of_four_states_is_that_of_the_energies(pump, values):
    """At any point, since one constant follows from detailed balance."""
    affinity = pump.at("affinity", values, 40)["A"]
    given = pump.at("free energy of ATP", values, 40)["dG"]
    work = pump.at("ion work", values, 40)["W"]
    point = pump.point(values)
    with mpmath.workdps(40):
        RT = mpmath.mpmathify((point[pump.named["R"]] * point[pump.named["T"]]).evalf(40))
        assert abs(affinity + (given + work) / RT) < mpmath.mpf(10) ** -35


def test_the_published_constant_does_not_obey_detailed_balance(pump):
    found = pump.at("dissociation constant of potassium inside")["K_dKi"]
    assert round(float(found), 3) == 16797.755
    numbers = pump.numbers(pump.corrections[0].evidence(pump), digits=20)
    with mpmath.workdps(20):
        gap = 2 * mpmath.log(found / mpmath.mpf("16794.976"))
        assert abs(numbers["right"] - numbers["naive"] - gap) < 1e-15


def test_beyond_its_reversal_the_pump_makes_atp(pump):
    turn = pump.kernel("turnover")(V=[-0.30, -0.08])["v"]
    assert turn[0] < 0 < turn[1]
    assert abs(turn[0]) > 1e-4


# ---------------------------------------------------------------- from reactions to LaTeX

MM = "bind: E + S <-> ES \n turn: ES <-> E + P"
RANDOM_ORDER = """
    E + A <-> EA \n E + B <-> EB \n EA + B <-> EAB \n EB + A <-> EAB \n EAB <-> E + P + Q
"""
BRUSSELATOR = "A <-> X \n B + X <-> Y + D \n 2 X + Y <-> 3 X \n X <-> F"
SCHLOEGL = "A + 2 X <-> 3 X ; 6, 1 \n B <-> X ; 6, 11"
FUTILE = """
    S0 + E + ATP <-> ES0 ; 10, 1
    ES0 <-> S1 + E + ADP ; 1, 1/1000
    S1 + E + ATP <-> ES1 ; 10, 1
    ES1 <-> S2 + E + ADP ; 10, 1/1000
    S2 + F <-> FS2 ; 100, 1
    FS2 <-> S1 + F + Pi ; 1, 1/1000
    S1 + F <-> FS1 ; 10, 1
    FS1 <-> S0 + F + Pi ; 10, 1/10000
"""
NETWORKS = {
    "triangle": ("A <-> B \n B <-> C \n C <-> A", {}, {"A": 1}, {}, 1),
    "Michaelis-Menten": (MM, ["S", "P"], {"E": 1}, {}, 1),
    "random order": (RANDOM_ORDER, ["A", "B", "P", "Q"], {"E": 1}, {}, 2),
    "Schloegl": (SCHLOEGL, ["A", "B"], {}, {"A": 1, "B": 1}, 1),
    "Brusselator": (BRUSSELATOR, ["A", "B", "D", "F"], {}, {}, 2),
    "futile cycle": (
        FUTILE,
        {"ATP": 1, "ADP": 1, "Pi": 1},
        {"E": 1, "F": 1, "S0": 10},
        {},
        2,
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_from_its_reactions_to_latex(name):
    """Structure, all steady states, cycles, affinities, dissipation and its sum over cycles."""
    text, held, totals, values, turns = NETWORKS[name]
    r = ns.ReactionNetwork.from_text(text, held)
    assert "conservation laws" in ns.structure(r)
    cycles = ns.cycles(r)
    assert len(cycles) == turns
    broken = len(r.closed.conservation_laws()) - len(r.conservation_laws())
    assert len(r.chemostats) == broken + len(r.emergent_cycles())
    affinities = ns.affinities(r)
    katex.check(affinities.latex())
    states = ns.steady_states(r, totals, values)
    assert states
    rng = random.Random(name)
    for ss in states:
        sigma = ns.entropy_production(ss)
        for formulas in (ss.state, ss.currents, sigma):
            katex.check(formulas.latex())
        point = {s: Fraction(rng.randint(1, 9), rng.randint(1, 9)) for s in sigma.symbols}
        got = {label: float(value.evalf(25)) for label, value in sigma.at(point).items()}
        assert got["sigma"] > 0
        parts = [got[c.label] for c in cycles if c.label in got]
        if len(parts) == len(cycles):
            assert sum(parts) == pytest.approx(got["sigma"], rel=1e-9)


@pytest.mark.parametrize("name", ["post_albers", "serca"])
def test_a_published_pump_from_its_file_to_latex(name):
    m = ns.gallery.load(name)
    derivation = ns.Derivation(m, m.values)
    assert "emergent cycles" in derivation.text()
    assert set(derivation.results) > {"state", "affinities", "entropy_production", "rate_equation"}
    for formulas in derivation.results.values():
        assert isinstance(formulas, ns.Formulas)
        katex.check(formulas.latex())
    assert derivation.checks()
    assert all(holds for _, holds in derivation.checks())


def test_futile_cycle_is_a_switch_that_atp_pays_for():
    """Three states with two phosphates taken off and put on for nothing; only ATP drives it."""
    text, held, totals, _, _ = NETWORKS["futile cycle"]
    r = ns.ReactionNetwork.from_text(text, held)
    states = ns.steady_states(r, totals)
    assert [ss.stability for ss in states] == ["stable", "unstable", "stable"]
    free = r.with_chemostats(["ATP", "ADP", "Pi"])
    (affinity,) = ns.affinities(free).values()
    ATP, ADP, Pi = named("ATP ADP Pi")
    assert equal(exp(affinity), 10**10 * ATP / (ADP * Pi))
    assert [c.label for c in ns.cycles(free)] == [
        "R1 + R2 + R7 + R8",
        "R1 + R2 - R3 - R4 - R5 - R6 + R7 + R8",
    ]


def test_michaelis_menten_at_its_equilibrium_is_still():
    r = ns.ReactionNetwork.from_text(MM, ["S", "P"])
    (level,) = ns.detailed_balance_conditions(r, solve_for=["P"]).values()
    ss = ns.steady_state(r.subs({"P": level}), totals={"E": 1})
    assert equal(ss.currents["turn"], 0)
    assert ns.is_equilibrium(r.subs({"P": level}))
    S, k1, k1r, k2, k2r = named("S k1 k1r k2 k2r")
    assert equal(level, S * k1 * k2 / (k1r * k2r))


def test_michaelis_menten_without_product_goes_one_way():
    """The rate is that of the textbook; the affinity is infinite, and log(P) says so."""
    r = ns.ReactionNetwork.from_text(MM, ["S", "P"])
    v = ns.rate_equation(r, total="E0").at_zero("P")
    S, k1, k1r, k2, E0 = named("S k1 k1r k2 E0")
    assert equal(v.expr, E0 * k2 * S / (S + (k1r + k2) / k1))
    (affinity,) = ns.affinities(r).values()
    P = Symbol("P", positive=True)
    assert equal(exp(affinity).diff(P) * P, -exp(affinity))


def test_schloegl_counted_one_by_one():
    """p_0 = 1/2F2, and the channels dissipate as the mean current times the affinity."""
    r = ns.ReactionNetwork.from_text(SCHLOEGL, {"A": 1, "B": 1})
    counted = ns.master_equation(r, {"X": 0}, {"X": 90})
    assert len(counted.states) == 91
    ss = ns.steady_state(counted)
    p = ns.compile(ss.state, backend="mpmath")()
    sigma = ns.compile(ns.entropy_production(ss).select(["sigma"]), backend="mpmath")()["sigma"]
    with mpmath.workdps(30):
        a1, a2, a3, a4 = map(mpmath.mpf, (6, 1, 6, 11))
        up, down = (mpmath.polyroots([1, -1, x], extraprec=200) for x in (a3 / a1, a4 / a2))
        silent = 1 / mpmath.hyp2f2(*(-x for x in up), *(-x for x in down), a1 / a2)
        numbers = {int(state.partition("=")[2]): weight for state, weight in p.items()}
        assert abs(numbers[0] / silent - 1) < 1e-14
        mean = mpmath.fsum(n * weight for n, weight in numbers.items())
        assert abs(sigma / ((a3 - a4 * mean) * mpmath.log(a2 * a3 / (a1 * a4))) - 1) < 1e-12
