"""What the chemical systems of the gallery say, against the equations that they solve."""

from __future__ import annotations

from itertools import pairwise

import mpmath
import pytest

import nesssym as ns

SMALL = 1e-25
SCHLOEGL = "A + 2 X <-> 3 X ; 1.5e-7, 1e-4/6 \n B <-> X ; 1e-3, 3.5"


@pytest.fixture(autouse=True)
def forty_digits():
    with mpmath.workdps(40):
        yield


@pytest.fixture(scope="module")
def closed():
    return ns.gallery.load("closed_reaction")


def _rate(system, quantity, label, time, **values):
    """Differentiate a result with respect to time, to 30 digits."""
    with mpmath.workdps(60):
        h = mpmath.mpf(10) ** -18
        ends = []
        for sign in (1, -1):
            at = values | {"t": mpmath.nstr(mpmath.mpf(str(time)) + sign * h, 40)}
            ends.append(system.at(quantity, at, 60)[label])
        return (ends[0] - ends[1]) / (2 * h)


@pytest.mark.parametrize("quantity", ["equilibrium", "now"])
def test_the_binomial_solves_the_master_equation(closed, quantity):
    N, graph = 4, ns.master_equation(closed.model, {"A": 4})
    generator = graph.subs({"k_plus": "3/10", "k_minus": "1/20"}).generator()
    p = [closed.at("molecules", {"N": N, "n": str(n)}, 40)[quantity] for n in range(1, N + 1)]
    p = [1 - mpmath.fsum(p), *p]
    order = [graph.states.index(f"A={n}, B={N - n}") for n in range(N + 1)]
    for n in range(1, N + 1):
        change = mpmath.fsum(
            mpmath.mpf(str(generator[order[n], order[m]].evalf(40))) * p[m] for m in range(N + 1)
        )
        wanted = 0
        if quantity == "now":
            wanted = _rate(closed, "molecules", "now", 5, N=N, n=str(n))
        assert abs(change - wanted) < SMALL


def test_each_number_is_balanced_by_its_own_reverse(closed):
    for n in range(1, 30):
        low, high = (closed.at("molecules", {"n": str(k)}, 30)["equilibrium"] for k in (n, n + 1))
        there, back = high * (n + 1) * 3 / 10, low * (30 - n) / 20
        assert abs(there / back - 1) < SMALL


def test_the_binomial_is_the_product_form(closed):
    ss = ns.steady_state(closed.model, totals={"A": 1})
    wanted = ns.product_form(ss, {"A": 30}).at({"k_plus": "3/10", "k_minus": "1/20"})
    for n in (1, 10, 30):
        got = closed.at("molecules", {"n": str(n)}, 20)["equilibrium"]
        assert got == pytest.approx(float(wanted[f"A={n}, B={30 - n}"]), rel=1e-15)


def test_free_energy_falls_by_what_is_dissipated(closed):
    fall = -_rate(closed, "free energy", "now", 5)
    heat = closed.at("entropy production", {}, 40)["sigma"] * mpmath.mpf("298.15")
    assert abs(fall / heat - 1) < SMALL


def test_decay_of_the_entropy_production(closed):
    sigma = closed.at("entropy production", {}, 40)["sigma"]
    decay = -_rate(closed, "entropy production", "sigma", 5) / sigma
    assert abs(decay - closed.at("decay of the entropy production", {}, 40)["rate"]) < SMALL


@pytest.fixture(scope="module")
def open_networks():
    return ns.gallery.load("stoichiometric_ness")


def test_schloegl_states_are_all_that_there_are_and_as_stable(open_networks):
    network = ns.ReactionNetwork.from_text(SCHLOEGL, ["A", "B"])
    found = ns.steady_states(network, values={"A": 100000, "B": 200000})
    wanted = open_networks.at("Schloegl", {}, 20).values()
    growth = open_networks.at("Schloegl, growth of deviations").values()
    assert [float(ss.values()["X"]) for ss in found] == pytest.approx(list(wanted), rel=1e-15)
    assert [ss.stability for ss in found] == ["unstable" if g > 0 else "stable" for g in growth]


def test_one_schloegl_state_leaves_the_others_undefined(open_networks):
    values = {"B": "1e6"}
    assert open_networks.at("Schloegl, three states", values)["discriminant"] < 0
    with pytest.raises(ns.ParameterError, match="result 'low, middle, high' is undefined"):
        open_networks.at("Schloegl", values)


def test_brusselator_dissipates_what_its_two_cycles_do(open_networks):
    """Both affinities are those of the reservoirs, the currents those of what leaves."""
    A = open_networks.at("Brusselator, affinities", {}, 30)
    X, Y = open_networks.at("Brusselator", {}, 30).values()
    through, fuel = 1 - X / 100, 3 * X - Y / 1000
    sigma = open_networks.at("Brusselator, entropy production", {}, 30)["sigma"]
    assert abs((through * A["A_1"] + fuel * A["A_2"]) / sigma - 1) < SMALL


def test_contradicting_totals_and_no_positive_state_say_so():
    enzyme = ns.ReactionNetwork.from_text("E + S <-> ES \n ES <-> E + P", ["S", "P"])
    with pytest.raises(ns.ModelError, match="the totals of E and ES contradict each other"):
        ns.steady_state(enzyme, totals={"E": 1, "ES": 2})
    growing = ns.ReactionNetwork.from_text("0 -> X ; 1 \n X -> 2 X ; 1")
    with pytest.raises(ns.NoSteadyStateError, match="X"):
        ns.steady_state(growing)
    several = ns.ReactionNetwork.from_text(SCHLOEGL, ["A", "B"])
    with pytest.raises(ns.ModelError, match=r"3 steady states, with X = .*\(stable\)"):
        ns.steady_state(several, values={"A": 100000, "B": 200000})


@pytest.fixture(scope="module")
def closed_loop():
    return ns.gallery.load("closed_vs_open")


def test_free_energy_falls_at_the_rate_of_the_entropy_production(closed_loop):
    found = closed_loop.at("loop, entropy production", {"t": "1/10"}, 20)
    parts = [found[f"sigma_R{k}"] for k in (1, 2, 3)]
    assert min(parts) > 0
    assert abs(found["sigma"] / found["fall"] - 1) < 1e-17
    assert abs(found["sigma"] / mpmath.fsum(parts) - 1) < 1e-17


def test_constants_that_drive_a_closed_loop_are_refused(closed_loop):
    """Taken at their word, they would keep up a current."""
    assert closed_loop.at("fitted one by one, current")["J"] == pytest.approx(0.0388, abs=5e-5)
    network = ns.ReactionNetwork.from_text(
        "2 A <-> B ; 1.2, 0.4 \n A + B <-> C ; 0.8, 0.5 \n C <-> 3 A ; 0.3, 0.2"
    )
    message = r"the cycle R1 \+ R2 \+ R3: ln\(forward/backward\) = 1.97408 = ln\(36/5\)"
    with pytest.raises(ns.PerpetualMotionError, match=message):
        ns.steady_state(network, totals={"A": "1.7"})
    with pytest.raises(ns.PerpetualMotionError, match=message):
        ns.time_course(network)
    values = {s: v for s, v in closed_loop.values.items() if s in closed_loop.model.symbols}
    assert not ns.check_detailed_balance(closed_loop.model.subs(values))


def test_certificates_of_directions(closed_loop):
    changes = {r.name: r.change for r in closed_loop.model.reactions}
    loop = closed_loop.at("loop, impossible directions")
    for s in "ABC":
        assert sum(int(n) * changes[r].get(s, 0) for r, n in loop.items()) == 0
    assert min(loop.values()) > 0
    mu = closed_loop.at("loop, possible directions")
    for r, sign in (("R1", 1), ("R2", 1), ("R3", -1)):
        assert sign * sum(n * mu[s] for s, n in changes[r].items()) < 0


def test_open_triangle_dissipates_current_times_affinity(closed_loop):
    net = closed_loop.at("open triangle, currents", {}, 30)
    (force,) = closed_loop.at("open triangle, affinity", {}, 30).values()
    sigma = closed_loop.at("open triangle, entropy production", {}, 30)["sigma"]
    R = mpmath.mpf("8.31446261815324")
    assert abs((net["AB"] - net["CA"]) * force * R / sigma - 1) < SMALL


def test_molecules_between_two_reservoirs_are_poissonian():
    sink = ns.gallery.load("kitchen_sink")
    p = [sink.at("number of molecules", {"n": str(n)}, 40)["p_n"] for n in range(1, 80)]
    assert abs(mpmath.exp(mpmath.mpf("-8.6")) + mpmath.fsum(p) - 1) < SMALL
    for n, (low, high) in enumerate(pairwise(p), 1):
        comes, leaves = 2 * 10 + mpmath.mpf(3) / 2, mpmath.mpf(5) / 2 * (n + 1)
        assert abs(low * comes / (high * leaves) - 1) < SMALL


def test_three_states_of_the_futile_cycle_lie_on_its_curve():
    cycle = ns.gallery.load("futile_cycle")
    laws = [law.label for law in cycle.model.conservation_laws()]
    amounts = {"S0": 500, "K": 50, "F": 100}
    totals = {law: next(x for s, x in amounts.items() if s in law.split(" + ")) for law in laws}
    values = {s: v for s, v in cycle.values.items() if s in cycle.model.symbols}
    found = ns.steady_states(cycle.model, totals=totals, values=values)
    assert [ss.stability for ss in found] == ["stable", "unstable", "stable"]
    with pytest.raises(ns.IrreversibleError, match="goes one way only"):
        ns.entropy_production(found[0])
    for ss in found:
        level = {s: mpmath.mpf(x.mid().str(40, radius=False)) for s, x in ss.values(40).items()}
        ratio = {"u": mpmath.nstr(level["S1"] / level["S0"], 38)}
        got = cycle.at("state", ratio, 30)
        assert abs(cycle.at("total substrate", ratio, 30)["S_T"] / 500 - 1) < SMALL
        for s, x in level.items():
            assert abs(got[s] / x - 1) < SMALL
