"""Networks of flows: heat, water, light, substrate; roots chosen by proof."""

from __future__ import annotations

import mpmath
import pytest
from sympy import Rational, Symbol, symbols

import nesssym as ns
from nesssym.exact.isolation import isolate
from nesssym.precise import precise_kernel, precise_values
from tests.reference import SYSTEMS

STEFAN = "5.670374419184429e-8"


def digits(formulas, label, values, case):
    text = SYSTEMS[case]["value"]
    got = precise_values(precise_kernel(formulas), values, 30)[label]
    with mpmath.workdps(30):
        assert abs(got / mpmath.mpf(text) - 1) < mpmath.mpf(10) ** -15


def bee():
    return ns.FlowNetwork.from_text(
        """
        metabolism: food -> thorax ; (1 - eta)*M
        surface: thorax -> air ; G_t*(T_t - T_a)
        shunt: thorax -> abdomen ; G_s*(T_t - T_b)
        window: abdomen -> air ; G_a*(T_b - T_a)
        """,
        unknowns={"thorax": "T_t", "abdomen": "T_b"},
        potentials={"food": 0, "thorax": "1/T_t", "abdomen": "1/T_b", "air": "1/T_a"},
        assume=["1 - eta"],
        unit="W",
    )


def test_linear_conductances_are_solved_together():
    ss = ns.steady_state(bee())
    values = {"eta": "0.1", "M": "60e-3", "G_t": "2.6e-3", "G_s": "0.8e-3", "G_a": "4e-3"}
    digits(ss.state, "T_t", values | {"T_a": "288.15"}, "bee.linear.T_thorax")
    flows = ss.currents.at(values | {"T_a": 288})
    assert flows["metabolism"] == flows["surface"] + flows["window"]
    assert flows["shunt"] == flows["window"]


def test_flows_and_forces_share_one_incidence_matrix():
    network = bee()
    ss = ns.steady_state(network)
    values = dict(zip(network.symbols, [Rational(1, 10), 7, 2, 290, 3, 5], strict=False))
    values = {s.name: v for s, v in values.items()} | {"T_a": 290, "eta": Rational(1, 10)}
    flows, forces = ss.currents.at(values), ss.forces.at(values)
    sigma = ns.entropy_production(ss).at(values)
    assert sigma["sigma"] == sum(flows[f] * forces[f] for f in flows) > 0
    affinities = ns.affinities(network).at(values)
    through = ns.cycle_currents(ss).at(values)
    assert sum(affinities[c] * through[c] for c in affinities) == sigma["sigma"]
    assert [c.label for c in network.cycles()] == list(through)
    assert len(network.conservation_laws()) == 1
    for label, name in {"metabolism": "food", "surface": "thorax"}.items():
        assert network.incidence[name, label] == -1


def test_torricelli():
    tank = ns.FlowNetwork.from_text(
        "tap: mains -> tank ; Q \n drain: tank -> sewer ; C*a*sqrt(2*g*h)", {"tank": "h"}
    )
    ss = ns.steady_state(tank)
    Q, C, a, g = (Symbol(s, positive=True) for s in "QCag")
    assert ss["h"] == Q**2 / (2 * C**2 * a**2 * g)


def test_grey_layers_are_linear_in_fourth_powers():
    light = ns.FlowNetwork.from_text(
        f"""
        sun: 0 -> ground ; S/4*(1 - albedo)
        up: ground -> layer ; e*{STEFAN}*T_s^4
        window: ground -> space ; (1 - e)*{STEFAN}*T_s^4
        down: layer -> ground ; e*{STEFAN}*T_1^4
        out: layer -> space ; e*{STEFAN}*T_1^4
        """,
        {"ground": "T_s", "layer": "T_1"},
        assume=["1 - albedo", "2 - e", "1 - e"],
        unit="W/m^2",
    )
    ss = ns.steady_state(light)
    values = {"S": 1361, "albedo": "0.294", "e": "0.78"}
    got = precise_values(precise_kernel(ss.state), values, 20)
    effective = (mpmath.mpf(1361) * mpmath.mpf("0.706") / 4 / mpmath.mpf(STEFAN)) ** 0.25
    assert abs(got["T_s"] / (effective * (2 / mpmath.mpf("1.22")) ** 0.25) - 1) < 1e-14
    assert abs(got["T_1"] / got["T_s"] - mpmath.mpf(2) ** -0.25) < 1e-14


def test_a_quartic_with_one_change_of_sign():
    rod = ns.FlowNetwork.from_text(
        f"conduction: hot -> end ; kappa*(T_h - T)/L \n"
        f"radiation: end -> room ; eps*{STEFAN}*(T^4 - T_r^4)",
        {"end": "T"},
    )
    ss = ns.steady_state(rod)
    assert ss.proofs == {"T": "Descartes: one change of sign"}
    values = {"kappa": 20, "L": "0.2", "T_h": 1000, "T_r": 300, "eps": "0.8"}
    digits(ss.state, "T", values, "rod.radiative_end.T_L")


def ice():
    return ns.FlowNetwork.from_text(
        f"""
        sun: 0 -> earth ; S/4*(1 - 0.28 - 0.17*(1 - tanh((T - 262)/8)))
        infrared: earth -> 0 ; e*{STEFAN}*T^4
        """,
        {"earth": "T"},
    )


def test_three_climates():
    found = ns.steady_states(ice(), {"S": 1361, "e": "0.612"}, bounds={"T": (150, 400)})
    assert len(found) == 3
    digits(found[0].state, "T", {}, "ice_albedo.snowball")
    digits(found[2].state, "T", {}, "ice_albedo.warm")


def test_washout_is_named():
    culture = ns.FlowNetwork.from_text(
        """
        feed: feed -> vessel ; D*S_f
        outflow: vessel -> 0 ; D*S
        growth: vessel -> biomass ; mu_m*S/(K + S)*X/Y
        birth: 0 -> cells ; mu_m*S/(K + S)*X
        wash: cells -> 0 ; D*X
        """,
        {"cells": "S", "vessel": "X"},
        unit="mmol/h",
    )
    ss = ns.steady_state(culture)
    D, K, mu = symbols("D K mu_m", positive=True)
    assert (ss["S"] - D * K / (mu - D)).simplify() == 0
    assert len(ss.conditions) == 2
    assert ss.state.at({"D": "0.3", "K": "0.6", "mu_m": "0.8", "S_f": 50, "Y": 1})["S"] == Rational(
        "0.36"
    )
    with pytest.raises(ns.ParameterError, match="must be positive"):
        ns.compile(ss.state)(D=0.9, K=0.6, mu_m=0.8, S_f=50.0, Y=1.0)
    with pytest.raises(ns.NoSteadyStateError, match="S would be -27/5"):
        ns.steady_state(culture, {"D": "0.9", "K": "0.6", "mu_m": "0.8", "S_f": 50, "Y": 1})


def test_overdetermined_equations_are_refused():
    x, y = symbols("x y", positive=True)
    with pytest.raises(ns.NoSteadyStateError, match="contradict each other"):
        isolate([x - 1, x - 2], [x])
    with pytest.raises(ns.NoSteadyStateError, match="one sign"):
        isolate([x**2 + x * y + 1], [x])
    with pytest.raises(ns.TooLargeError, match="no closed form: x"):
        isolate([x**3 - 6 * x**2 + 11 * x - 6], [x])


def test_the_root_of_a_monotonic_equation_exists_on_a_condition():
    ss = ns.steady_state(ns.FlowNetwork.from_text(WARM, {"x": "T"}))
    assert [str(c) for c in ss.conditions] == ["q - 1"]
    kernel = ns.compile(ss.state)
    assert kernel(q=2.0)["T"] == pytest.approx(0.4428544010023886, rel=1e-15)
    with pytest.raises(ns.ParameterError, match=r"q - 1 must be positive; got -0\.5"):
        kernel(q=0.5)


@pytest.mark.parametrize("u", [0.0, 1e-300, -1e-9, 1e-9])
def test_a_removable_singularity_can_be_written_in_text(u):
    """The flux of Goldman, Hodgkin and Katz at no voltage is that of Fick."""
    cell = ns.FlowNetwork.from_text(
        "leak: out -> in ; P*(c_o - c*exp(u))/exprel(u) \n pump: in -> out ; J",
        {"in": "c"},
        symbols={"u": Symbol("u", real=True)},
    )
    got = ns.compile(ns.steady_state(cell).state)(P=1.0, c_o=3.0, J=0.5, u=u)["c"]
    assert got == pytest.approx(2.5, rel=1e-8)


WARM = "a: 0 -> x ; q \n b: x -> 0 ; exp(T) + T"
TEXT = "a: 0 -> x ; J \n b: x -> 0 ; k*x"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ns.FlowNetwork.from_text("a x", {}), ns.ParseError, "line 1: expected"),
        (lambda: ns.FlowNetwork.from_text("a: 0 -> x ; (", {"x": "x"}), ns.ParseError, "line 1"),
        (lambda: ns.FlowNetwork.from_text(TEXT, {"y": "y"}), ns.UnknownNameError, "place 'y'"),
        (lambda: ns.FlowNetwork.from_text(TEXT, {}), ns.ModelError, "no compartment"),
        (lambda: ns.FlowNetwork.from_text("", {"x": "x"}), ns.ModelError, "without flows"),
        (lambda: ns.FlowNetwork.from_text("a: x -> x ; 1", {"x": "x"}), ns.ModelError, "nothing"),
        (
            lambda: ns.FlowNetwork.from_text("a: 0 -> x ; 1 \n a: x -> 0 ; x", {"x": "x"}),
            ns.NameClashError,
            "two flows have the name 'a'",
        ),
        (
            lambda: ns.entropy_production(
                ns.steady_state(ns.FlowNetwork.from_text(TEXT, {"x": "x"}))
            ),
            ns.ModelError,
            "no potential of x",
        ),
        (
            lambda: ns.steady_states(ice(), {"S": 1361, "e": "0.612"}),
            ns.TooLargeError,
            "say where to look",
        ),
        (
            lambda: ns.steady_states(ice(), {"S": 1361, "e": "0.612"}, bounds={"T": (300, 400)}),
            ns.NoSteadyStateError,
            "300 < T < 400",
        ),
        (
            lambda: ns.steady_state(ns.FlowNetwork.from_text("a: 0 -> x ; J", {"x": "x"})),
            ns.NoSteadyStateError,
            "the balance of x is J, which no unknown can make zero",
        ),
        (
            lambda: ns.steady_state(ns.FlowNetwork.from_text(WARM, {"x": "T"}), {"q": "1/2"}),
            ns.NoSteadyStateError,
            "= 0 has no root T > 0",
        ),
    ],
)
def test_bad_input(make, error, message):
    with pytest.raises(error, match=message):
        make()
