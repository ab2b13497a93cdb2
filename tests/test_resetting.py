"""Stochastic resetting: densities, first passage, optimal restarts, networks."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from sympy import LambertW, Rational, Symbol, cosh, erf, exp, sinh, sqrt, symbols

import nesssym as ns
from nesssym.exact.rational import cancel, equal
from tests.reference import CASES, SYSTEMS, model

s, t = Symbol("s", positive=True), Symbol("t", positive=True)


def number(formulas, dps=30, **values):
    """Return every result to many digits."""
    with mpmath.workdps(dps):
        return list(ns.compile(formulas, backend="mpmath")(**values).values())


def check(value, text):
    """All printed digits, but for the last, which may be rounded."""
    with mpmath.workdps(40):
        wanted = mpmath.mpf(text)
        digits = len(text.strip("-").split("e")[0].replace(".", "").lstrip("0"))
        assert abs(value - wanted) <= abs(wanted) * mpmath.mpf(10) ** (1 - digits)


def reference(name):
    return SYSTEMS[name]["value"]


def walk(**options):
    return ns.Resetting("0.8", "0.5", **options)


@pytest.mark.parametrize(
    ("name", "dimension", "place"),
    [("reset.p1d", 1, "0.9"), ("reset.p2d", 2, "1.1"), ("reset.p5d", 5, "1.1")],
)
def test_densities(name, dimension, place):
    check(number(walk(dimension=dimension).profile, x=place)[0], reference(name))


def test_m05_laplace_law():
    (got,) = number(ns.Resetting(1, 2).profile, 40, x="3/2")
    check(got, CASES["M05"]["decimal"])


@pytest.mark.parametrize("dimension", [1, 2, 3, 4, 5, "d"])
def test_density_is_normalised_and_variance_follows(dimension):
    """Every dimension has <x^2> = 2 d D/r, from the density and from the hierarchy."""
    model_ = ns.Resetting("D", "r", dimension=dimension)
    (second,) = model_.moments(2).select(["<x^2>"]).exprs
    D, r = symbols("D r", positive=True)
    assert equal(second, 2 * model_.dimension * D / r)
    if dimension == "d":
        return
    kernel = ns.compile(model_.profile, backend="mpmath")
    with mpmath.workdps(20):
        area = (
            2 * mpmath.pi ** (mpmath.mpf(dimension) / 2) / mpmath.gamma(mpmath.mpf(dimension) / 2)
        )

        def moment(n):
            return mpmath.quad(
                lambda x: (
                    area
                    * x ** (dimension - 1 + n)
                    * kernel(x=x, D=mpmath.mpf(2), r=mpmath.mpf(3))["p"]
                ),
                [0, 1, 5, 60],
            )

        assert abs(moment(0) - 1) < 1e-10
        assert abs(moment(2) - mpmath.mpf(4) * dimension / 3) < 1e-10


def test_drift():
    model_ = ns.Resetting("D", "r", drift=Symbol("v", real=True), reset=Symbol("a", real=True))
    D, r, v, a = model_.symbols
    mu = sqrt(v**2 + 4 * D * r)
    x = model_.x
    at = {D: 2, r: 3, v: Rational(-1, 2), a: Rational(1, 3)}
    for place in (-1, 2):
        y = place - at[a]
        wanted = (r / mu * exp((v * y - mu * abs(y)) / (2 * D))).subs(at)
        assert abs((model_.profile["p"].subs(at).subs(x, place) / wanted).evalf(30) - 1) < 1e-28
    first, second = model_.moments(2).exprs
    assert equal(first, a + v / r)
    assert equal(second, a**2 + 2 * a * v / r + 2 * v**2 / r**2 + 2 * D / r)
    assert model_.entropy_rates["diffusion"] == r
    assert model_.entropy_rates["resetting"] == -r


def test_current_feeds_the_resets():
    """The divergence of the current is what resets take: J' = -r p away from the reset."""
    for model_ in (walk(), walk(drift="1/3"), ns.Resetting(2, 3, stiffness=1, reset=1)):
        x = model_.x
        J, p = model_.flux["J"], model_.profile["p"]
        rest = (J.diff(x) + model_.rate * p).subs(x, Rational(-7, 5))
        assert abs(rest.evalf(25)) < 1e-20


def test_m13_moments_in_a_trap():
    got = ns.Resetting(2, 3, stiffness=1, reset=1).moments(4)
    assert list(got.exprs) == [Rational(text) for text in CASES["M13"]["exact"]]
    kernel = ns.compile(ns.Resetting(2, 3, stiffness=1, reset=1).profile, backend="mpmath")
    with mpmath.workdps(15):
        for n, wanted in ((0, 1), (1, 0.75), (2, 1.4)):
            total = mpmath.quad(lambda x, n=n: x**n * kernel(x=x)["p"], [-9, 1, 10])
            assert float(total) == pytest.approx(wanted, rel=1e-9)


def test_transient_relaxes_and_is_normalised():
    model_ = ns.Resetting("D", "r", drift="v", reset="a")
    kernel = ns.compile(model_.transient, backend="mpmath")
    values = {"D": 2, "r": 3, "v": "1/2", "a": 1}
    late = kernel(**values, x="1/3", t=40)["p"]
    assert float(late) == pytest.approx(number(model_.profile, **values, x="1/3")[0], rel=1e-14)
    with mpmath.workdps(15):
        total = mpmath.quad(lambda x: kernel(**values, x=x, t="1/10")["p"], [-5, 1, 7])
    assert float(total) == pytest.approx(1, rel=1e-10)


def test_the_optimal_rate():
    z = 2 + LambertW(-2 * exp(-2))
    best = ns.Resetting("D", "r").search("L").optimum
    D, L = symbols("D L", positive=True)
    assert equal(best["r"], D * z**2 / L**2)
    check(z.evalf(40)._to_mpmath(130), CASES["M01"]["decimal"])
    check(number(best, 40, D=1, L=1)[0], CASES["M03"]["decimal"])
    check(number(best, 40, D=1, L=1)[1], reference("reset.T_opt_coeff"))
    check(number(best, D="0.8", L="1.7")[0], reference("reset.r_opt"))
    at_best = ns.Search(exp(-L * sqrt(s / D)), best["r"])
    assert float(number(at_best.variation, D="0.8", L="1.7")[0]) == pytest.approx(1, rel=1e-15)


def test_other_powers_close_too_and_agree_with_the_root():
    closed = ns.Search(exp(-2 * s ** Rational(1, 3))).optimum
    root = ns.Search(exp(-2 * s ** Rational(1, 3)) * (1 + 0 * s), overhead="1e-40").optimum
    assert closed["r"].has(LambertW)
    got = (number(f, 20)[0] for f in (closed, root))
    assert float(next(got) / next(got)) == pytest.approx(1, rel=1e-15)


def test_searches():
    check(
        number(walk().search("1.7", absorption="0.7").mean)[0],
        reference("reset.mfpt_robin_wall"),
    )
    got = number(walk(dimension=2).search("1.5", radius="0.4").mean)[0]
    check(got, "6.1566856998147857272")
    with mpmath.workdps(25):
        assert abs(got / mpmath.mpf(reference("reset.mfpt2d")) - 1) < 1e-18
    check(number(ns.Resetting(1, 2, drift="-1/2").search(1).mean)[0], CASES["M07"]["decimal"])
    for d, text in zip((2, 3), CASES["M09"]["decimal"], strict=True):
        check(number(ns.Resetting(1, 2, dimension=d).search(1, radius="1/2").mean)[0], text)
    interval = ns.Resetting(1, 3, reset="1/4").search(left=0, right=1)
    check(number(interval.mean)[0], CASES["M11"]["decimal"])
    check(number(ns.Resetting(1, 2).search(1, overhead="1/3").mean)[0], CASES["M15"]["decimal"])


def test_a_point_sink_is_not_a_wall():
    D, r, L, a = symbols("D r L a", positive=True)
    alpha = sqrt(r / D)
    sink = ns.Resetting(D, r).search(L, sink=a).transform.subs(s, r)
    wall = ns.Resetting(D, r).search(L, absorption=a).transform.subs(s, r)
    at = {D: 2, r: 3, L: Rational(1, 2), a: Rational(7, 3)}
    for phi, factor in ((sink, 1 + 2 * sqrt(r * D) / a), (wall, 1 + D * alpha / a)):
        assert abs((phi * exp(alpha * L) * factor).subs(at).evalf(30) - 1) < 1e-28


def test_ends_of_an_interval():
    y, L, D = Rational(1, 3), 1, 1
    q = sqrt(s / D)
    process = ns.Diffusion(Rational(1))
    both = process.hitting(y, ns.Absorbing(0), ns.Absorbing(L), s)
    back = process.hitting(y, ns.Reflecting(0), ns.Absorbing(L), s)
    soft = process.hitting(y, ns.Partial(0, 5), ns.Reflecting(L), s)
    at = {s: Rational(7, 2)}
    wanted = cosh(q * (Rational(L) / 2 - y)) / cosh(q * L / 2)
    assert abs((both - wanted).subs(at).evalf(30)) < 1e-28
    assert abs((back - cosh(q * y) / cosh(q * L)).subs(at).evalf(30)) < 1e-28
    wanted = cosh(q * (L - y)) / (cosh(q * L) + q * sinh(q * L) / 5)
    assert abs((soft - wanted).subs(at).evalf(30)) < 1e-28
    with pytest.raises(ns.ModelError, match="neither end absorbs"):
        process.hitting(y, ns.Reflecting(0), None, s)


def test_first_passage_in_a_trap_without_resets_is_that_of_siegert():
    """From -1 to 1 in a harmonic trap the mean time is pi erfi(1/sqrt 2)."""
    process = ns.Diffusion(Rational(1), stiffness=Rational(1))
    phi = process.hitting(Rational(-1), None, ns.Absorbing(Rational(1)), s)
    with mpmath.workdps(40):
        small = mpmath.mpf(10) ** -18
        got = (1 - ns.compile(phi, backend="mpmath")(s=small)["value"]) / small
        wanted = mpmath.pi * mpmath.erfi(1 / mpmath.sqrt(2))
    assert abs(got / wanted - 1) < 1e-15


def test_restarts_help_just_where_the_variation_is_above_one():
    drifting = ns.Resetting("D", "r", drift="v").search("L")
    D, L, v = symbols("D L v", positive=True)
    assert equal(drifting.unrestarted_variation, 2 * D / (L * v))
    best = ns.compile(drifting.optimum)
    got = best(D=1.0, L=1.0, v=0.5)
    mean = ns.compile(drifting.mean)
    around = mean(D=1.0, L=1.0, v=0.5, r=got["r"] * np.array([0.99, 1, 1.01]))["T"]
    assert around[1] == pytest.approx(got["T"], rel=1e-15)
    assert around[1] < around[0]
    assert around[1] < around[2]
    with pytest.raises(ns.ParameterError, match="must be positive"):
        best(D=1.0, L=1.0, v=3.0)
    with pytest.raises(ns.ParameterError, match=r"CV\^2 = 2/3 without them, and it must be > 1"):
        _ = ns.Resetting(1, "r", drift=3).search(1).optimum


def test_second_moment_and_transform():
    search = ns.Search("1/(1 + s)^2")
    f = search.transform
    r = Symbol("r", positive=True)
    phi, slope = f.subs(s, r), f.diff(s).subs(s, r)
    first, second = search.moments(2).exprs
    got = search.moments(2)
    assert equal(got["T1"], (1 - phi) / (r * phi))
    assert equal(got["T2"], 2 * (r * slope - phi + 1) / (r * phi) ** 2)
    assert len({first, second}) == 2
    whole = search.restarted["phi"]
    assert equal(-whole.diff(s).subs(s, 0), got["T1"])
    higher = search.moments(4)
    assert equal(whole.diff(s, 4).subs(s, 0), higher["T4"])


def test_m17_network():
    graph = model("M17")
    plain = ns.StateGraph.from_rates(
        {
            (e["source"], e["target"], e["channel"]): e["rate"]
            for e in CASES["M17"]["model"]["edges"]
            if e["channel"] != "reset"
        }
    )
    search = ns.Search.on_graph(plain, "0", "3", "1/2")
    mean, phi = CASES["M17"]["exact"]
    assert search.transform.subs(s, Rational(1, 2)) == Rational(phi)
    assert search.mean["T"] == Rational(mean)
    again = ns.with_resetting(plain, "0", "1/2")
    assert again.generator() == graph.generator()


def test_network_with_resets():
    rates = {("0", "1"): 1, ("1", "0"): 2, ("1", "2"): 1, ("2", "1"): 1, ("2", "3"): "0.5"}
    graph = ns.StateGraph.from_rates({**rates, ("3", "2"): 3, ("3", "0"): "0.7"})
    ss = ns.steady_state(ns.with_resetting(graph, "0", "r"))
    got = ss.state.at({"r": "0.5"})["3"]
    check(got.evalf(40)._to_mpmath(130), reference("reset.network.p3"))
    with pytest.raises(ns.IrreversibleError, match="reset"):
        ns.entropy_production(ss)


def test_resolvent():
    graph = ns.StateGraph.from_text("A <-> B ; 1, 2 \n B <-> C ; 3, 1 \n C -> A ; 5")
    W = graph.generator()
    r = Symbol("r", positive=True)
    ss = ns.steady_state(ns.with_resetting(graph, "A", r))
    p = [ss[state] for state in "ABC"]
    for i, source in enumerate([r, 0, 0]):
        assert cancel(r * p[i] - sum(W[i, j] * p[j] for j in range(3)) - source) == 0


def test_sharp_restarts():
    best = ns.SharpRestart.diffusion(1, 1).optimum
    tau, T = number(best)
    check(tau, "0.45850276945959186")
    check(T, reference("reset.sharp_opt_coeff"))
    poisson = number(ns.Resetting(1, "r").search(1).optimum)[1]
    assert poisson > T
    kernel = ns.compile(ns.SharpRestart.diffusion("D", "L").mean, backend="mpmath")
    with mpmath.workdps(20):
        survival = mpmath.quad(lambda u: mpmath.erf(3 / mpmath.sqrt(8 * u)), [0, 0.5, 2])
        wanted = survival / mpmath.erfc(3 / mpmath.sqrt(16))
        assert abs(kernel(D=2, L=3, tau=2)["T"] / wanted - 1) < 1e-15


def test_cutoff_of_a_search_algorithm():
    q, fast, slow = Rational(3, 10), Rational(1, 5), Rational(1, 1000)
    survival = q * (1 - fast) ** t + (1 - q) * (1 - slow) ** t
    search = ns.SharpRestart(survival, "c", discrete=True)
    (got,) = number(search.mean, c=1)
    check(got, reference("search.cutoff_opt_time"))
    S = [survival.subs(t, k) for k in range(8)]
    assert ns.SharpRestart(survival, 7, discrete=True).mean["T"] == sum(S[:7]) / (1 - S[7])
    for c in (200, 10**40):
        late = ns.SharpRestart(survival, c, discrete=True).mean
        at_once = ns.compile(late)()["T"]
        assert at_once == pytest.approx(ns.compile(search.mean)(c=float(c))["T"], rel=1e-13)
    assert search.mean.at({"c": 7})["T"] == sum(S[:7]) / (1 - S[7])
    late = ns.compile(search.mean)(c=100000.0)["T"]
    assert late == pytest.approx(701.5, rel=1e-12)


def _luby(i):
    """The i-th term of 1, 1, 2, 1, 1, 2, 4, ..., from 1."""
    k = i.bit_length()
    return 2 ** (k - 1) if i == 2**k - 1 else _luby(i - 2 ** (k - 1) + 1)


def test_universal_restarts():
    q, fast, slow = Rational(3, 10), Rational(1, 5), Rational(1, 1000)
    survival = q * (1 - fast) ** t + (1 - q) * (1 - slow) ** t
    got = ns.compile(ns.LubyRestart(survival, discrete=True).mean)()
    left, total = 1.0, 0.0
    for i in range(1, 600):
        cut = _luby(i)
        S = [0.3 * 0.8**k + 0.7 * 0.999**k for k in range(cut + 1)]
        total += left * sum(S[:cut])
        left *= S[cut]
    assert got["T"] == pytest.approx(total, rel=1e-12)
    assert got["rest"] < 1e-100
    # Never better than the best fixed cutoff, and here far better than none.
    assert float(reference("search.cutoff_opt_time")) < got["T"] < 701.5 / 10
    few, more = (
        ns.compile(ns.LubyRestart(survival, discrete=True, blocks=n).mean)() for n in (6, 7)
    )
    assert few["T"] < more["T"] < few["T"] + few["rest"]
    walker = ns.LubyRestart(erf(1 / sqrt(4 * t)), "1/10")
    assert 1.3359 < ns.compile(walker.mean)()["T"] < 5


def test_mean_diverges_without_and_with_endless_resets():
    kernel = ns.compile(ns.Resetting("D", "r").search("L").mean)
    far = kernel(D=1.0, L=1.0, r=np.array([1e-12, 1.0, 1e4]))["T"]
    assert far[0] == pytest.approx(1e6, rel=1e-6)
    assert far[2] > 1e38
    fast = ns.compile(ns.Resetting("D", "r", drift="v").search("L").mean)
    assert fast(D=1.0, L=3.0, r=1.0, v=1e9)["T"] == pytest.approx(3e-9, rel=1e-6, abs=0)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ns.Resetting(rate=0), ns.NoSteadyStateError, "rate is 0: rate > 0 is violated"),
        (lambda: ns.Resetting(rate=-1), ns.NoSteadyStateError, "rate is -1: rate > 0 is viol"),
        (lambda: ns.Resetting(0), ns.ParameterError, "diffusion is 0: it must be > 0"),
        (lambda: ns.Resetting(stiffness=-1), ns.ParameterError, "stiffness is -1: it must be >= 0"),
        (lambda: ns.Resetting(dimension=2, drift=1), ns.ModelError, "several dimensions"),
        (lambda: ns.Resetting().search(0), ns.ParameterError, "distance is 0: it must be > 0"),
        (lambda: ns.Resetting().search(left=0), ns.ModelError, "reset onto its target"),
        (
            lambda: ns.Resetting(dimension=3).search(1, radius=2),
            ns.ModelError,
            "reset onto its target: 1 <= 2",
        ),
        (lambda: ns.Resetting(dimension=3).search(1), ns.ParameterError, "radius is 0"),
        (lambda: ns.Search("exp(-x)"), ns.ModelError, "does not depend on s"),
        (lambda: ns.Search("exp(-s)", 0), ns.ParameterError, "resetting rate is 0"),
        (lambda: ns.Search("exp(-s)", overhead=-1), ns.ParameterError, "overhead is -1"),
        (lambda: ns.Search("exp(-s)").moments(9), ns.ParameterError, "order is 9: it must be fr"),
        (lambda: ns.Search("exp(-s)", overhead=1).moments(), ns.ModelError, "only the mean"),
        (lambda: ns.SharpRestart("exp(-x)"), ns.ModelError, "does not depend on t"),
        (lambda: ns.SharpRestart("t", 3, discrete=True).mean, ns.ModelError, "not geometric in t"),
        (lambda: ns.LubyRestart("exp(-t)", 0), ns.ParameterError, "unit is 0: it must be > 0"),
        (lambda: ns.LubyRestart("exp(-t)", blocks=99), ns.ParameterError, "blocks is 99: it must"),
        (lambda: ns.SharpRestart("exp(-t)", -1), ns.ParameterError, "period is -1"),
        (
            lambda: ns.entropy_production(ns.steady_state(ns.Resetting())),
            ns.IrreversibleError,
            "resets go one way only",
        ),
        (lambda: ns.Resetting(dimension=2).entropy_rates, ns.ModelError, "free line only"),
        (lambda: ns.Resetting(dimension=2).transient, ns.ModelError, "free line only"),
    ],
)
def test_bad_input(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_bad_states_of_a_network():
    graph = ns.StateGraph.from_text("A <-> B ; 1, 1")
    with pytest.raises(ns.UnknownNameError, match="unknown state 'X'"):
        ns.with_resetting(graph, "X")
    with pytest.raises(ns.NoSteadyStateError, match="rate > 0 is violated"):
        ns.with_resetting(graph, "A", 0)
    with pytest.raises(ns.UnknownNameError, match="unknown state 'X'"):
        ns.Search.on_graph(graph, "A", "X")
    with pytest.raises(ns.ModelError, match="starts on its target 'A'"):
        ns.Search.on_graph(graph, "A", "A")
