"""Driven rings: currents, densities, effective diffusion; mean exit times."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from sympy import Rational, Symbol, cos, erfi, oo, pi, sin, sqrt

import nesssym as ns
from nesssym.formulas import Steps
from nesssym.special import besseli_modulus
from nesssym.tilted import tilted_spread
from tests import katex
from tests.reference import CASES, SYSTEMS

x = Symbol("x", real=True)


def number(formulas, dps=30, **values):
    with mpmath.workdps(dps):
        return list(ns.compile(formulas, backend="mpmath")(**values).values())


def check(value, text, digits=30):
    with mpmath.workdps(40):
        wanted = mpmath.mpf(text)
        assert abs(value - wanted) <= abs(wanted) * mpmath.mpf(10) ** (1 - digits)


COSINE = ns.Ring("V*cos(x)", "f", "T")


def test_cosine():
    at = {"V": 2, "f": 1, "T": 1}
    check(number(COSINE.velocity, **at)[0], CASES["K01"]["decimal"])
    check(number(COSINE.entropy_production, **at)[0], CASES["K03"]["decimal"])
    ring = ns.Ring("17/10*cos(x)", Rational(23, 10), 1, "8/10")
    check(number(ring.flux)[0], SYSTEMS["ring.J"]["value"], 25)


def test_effective_diffusion():
    got = number(COSINE.effective_diffusion, 28, V=2, f=1, T=1)
    check(got[0], CASES["K05"]["decimal"], CASES["K05"]["agreement_digits"] - 1)


@pytest.mark.parametrize(
    ("nu", "waves"), [(1, (2, 0)), (-1, (2, 0)), (Rational(3, 2), (1, "1/2", 0, "1/3"))]
)
def test_effective_diffusion_is_the_formula_of_reimann(nu, waves):
    quick = tilted_spread(nu, *map(Rational, waves))
    got, wanted = (number(Steps(()).formulas({"D": e}), 34)[0] for e in (quick, quick.doit()))
    check(got, mpmath.nstr(wanted, 34))
    with mpmath.workdps(40):
        check(mpmath.mpf(str(quick.evalf(34))), mpmath.nstr(wanted, 34))


def test_effective_diffusion_beside_high_barriers():
    """Kramers: hops over a barrier of many temperatures, with one rate each way."""
    kernel = ns.compile(COSINE.effective_diffusion)
    for V in (20.0, 60.0):
        flat = kernel(V=V, f=0.0, T=1.0)["D_eff"]
        assert flat == pytest.approx(float(1 / mpmath.besseli(0, V) ** 2), rel=1e-14)
        got = kernel(V=V, f=0.01, T=1.0)["D_eff"]
        v = ns.compile(COSINE.velocity)(V=V, f=0.01, T=1.0)["v"]
        assert got == pytest.approx(v * np.pi / np.tanh(np.pi * 0.01), rel=1e-3)
    assert kernel(V=2.0, f=1.0, T=1.0) == kernel(V=2.0, f=-1.0, T=1.0)
    with pytest.raises(ns.TooLargeError, match="at barriers so high against the temperature"):
        kernel(V=1e6, f=0.0, T=1.0)


def test_effective_diffusion_as_code_and_latex():
    scope: dict = {}
    exec(COSINE.effective_diffusion.code("python"), scope)
    named = dict(zip(map(str, COSINE.symbols), (2, 1, 1), strict=True))
    with mpmath.workdps(10):
        (got,) = scope["nesssym_kernel"](*(mpmath.mpf(named[s]) for s in named))
    assert float(got) == pytest.approx(float(CASES["K05"]["decimal"]), rel=1e-8)
    katex.check(COSINE.effective_diffusion.latex())
    slope = tilted_spread(Symbol("f", real=True), 2, 0).diff(Symbol("f", real=True))
    assert not slope.has(tilted_spread)


def test_heat_alone_drives_a_current():
    motor = ns.Ring("cos(x)", 0, "1/(1 + sin(x)/2)")
    assert motor.affinity == pi / 2
    check(number(motor.flux)[0], CASES["K09"]["decimal"])
    uniform = ns.Ring("cos(x)", 0, "T")
    assert uniform.flux["J"] == 0
    assert uniform.entropy_production["sigma"] == 0


@pytest.mark.parametrize(
    "potential",
    [2 * cos(x), 2 * sin(x), cos(x) - sqrt(3) * sin(x), cos(2 * x)],
)
def test_bessel_form_is_the_double_integral(potential):
    closed = ns.Ring(potential, Rational(3, 2), Rational(4, 5), 3)
    nothing = Symbol("e", real=True) * (cos(x) ** 2 + sin(x) ** 2 * cos(x))
    general = ns.Ring(potential + nothing, Rational(3, 2), Rational(4, 5), 3)
    assert closed.velocity["v"].has(besseli_modulus)
    wanted = ns.compile(general.velocity | general.effective_diffusion)(e=0.0)
    got = ns.compile(closed.velocity | closed.effective_diffusion)()
    assert got["v"] == pytest.approx(wanted["v"], rel=1e-15)
    assert got["D_eff"] == pytest.approx(wanted["D_eff"], rel=1e-15)


def test_a_cosine_upside_down_is_the_ring_turned_by_half():
    ring = ns.Ring(Symbol("V", real=True) * cos(x), "f", "T")
    kernel = ns.compile(ring.velocity | ring.profile)
    got = [kernel(V=v, f=1.5, T=0.7, x=y) for v, y in ((2.0, 0.4), (-2.0, 0.4 + np.pi))]
    assert got[0]["v"] == got[1]["v"]
    assert got[0]["p"] == pytest.approx(got[1]["p"], rel=1e-14)
    with mpmath.workdps(20):
        for z in (1.5, -1.5):
            value = besseli_modulus(Rational(1, 2), Rational(z)).evalf(20)
            assert abs(value - besseli_modulus(Rational(1, 2), Rational(3, 2)).evalf(20)) < 1e-18


def test_another_period_is_another_unit_of_length():
    here = ns.compile(COSINE.velocity)(V=2.0, f=1.5, T=0.7)["v"]
    with pytest.raises(ns.ModelError, match="does not have the period"):
        ns.Ring("V*cos(x)", "f", "T", period=3)
    ring = ns.Ring(2 * cos(2 * pi * x / 3), pi, Rational(7, 10), period=3)
    scale = 2 * np.pi / 3
    assert ns.compile(ring.velocity)()["v"] == pytest.approx(here * scale, rel=1e-14)


def test_current_is_odd_and_vanishes_with_the_drive():
    kernel = ns.compile(COSINE.velocity)
    f = np.array([-1.0, 1.0, 1e-9, 2e-9, 0.0])
    v = kernel(V=2.0, T=1.0, f=f)["v"]
    assert v[0] == -v[1]
    assert v[3] / v[2] == pytest.approx(2, rel=1e-14)
    assert v[4] == 0
    # Linear response: D f/I_0(u)^2.
    assert v[2] / 1e-9 == pytest.approx(1 / float(mpmath.besseli(0, 2)) ** 2, rel=1e-14)


def test_density():
    kernel = ns.compile(COSINE.profile, backend="mpmath")
    at = {"V": 2, "f": 1, "T": 1}
    with mpmath.workdps(15):
        nodes = [2 * mpmath.pi * k / 64 for k in range(64)]
        p = [kernel(**at, x=node)["p"] for node in nodes]
        # The trapezoidal rule converges exponentially for a periodic density.
        assert float(sum(p) * 2 * mpmath.pi / 64) == pytest.approx(1, rel=1e-13)
        local = ns.compile(COSINE.local_entropy_production, backend="mpmath")
        total = sum(local(**at, x=node)["sigma(x)"] for node in nodes) * 2 * mpmath.pi / 64
    assert float(total) == pytest.approx(float(CASES["K03"]["decimal"]), rel=1e-12)
    J = ns.compile(COSINE.flux)(**at)["J"]
    local = ns.compile(COSINE.force | COSINE.local_entropy_production)(**at, x=0.3)
    assert J * local["X"] == pytest.approx(local["sigma(x)"], rel=1e-14)


def test_corners():
    saw = ns.Ring([(0, 0), ("1/4", "V"), (1, 0)], "f", "T")
    kernel = ns.compile(saw.velocity | saw.effective_diffusion | saw.entropy_production)
    got = kernel(V=2.0, f=1.0, T=0.5)
    force = [(1 - 8) / 0.5, (1 + 8 / 3) / 0.5]

    def phi(y):
        turns = mpmath.floor(y)
        y -= turns
        return turns * 2.0 + (force[0] * y if y < 0.25 else force[0] / 4 + force[1] * (y - 0.25))

    def ahead(y):
        cuts = [y, *(c for c in (0.25, 1.0, 1.25, 2.0) if y < c < y + 1), y + 1]
        return mpmath.quad(lambda z: mpmath.exp(-phi(z)), cuts)

    Z = mpmath.quad(lambda y: mpmath.exp(phi(y)) / 0.5 * ahead(y), [0, 0.25, 1])
    assert got["v"] == pytest.approx(float((1 - mpmath.exp(-2)) / Z), rel=1e-10)
    assert got["sigma"] == pytest.approx(2 * got["v"], rel=1e-14)
    flat = kernel(V=np.array([2.0**-40]), f=1.0, T=0.5)
    assert flat["v"] == pytest.approx(1, rel=1e-10)
    assert flat["D_eff"] == pytest.approx(0.5, rel=1e-10)
    profile = ns.compile(saw.profile)
    joint = profile(V=2.0, f=1.0, T=0.5, x=0.25)
    assert joint["p/segment 1"] == pytest.approx(joint["p/segment 2"], rel=1e-14)
    ends = profile(V=2.0, f=1.0, T=0.5, x=np.array([0.0, 1.0]))
    assert ends["p/segment 1"][0] == pytest.approx(ends["p/segment 2"][1], rel=1e-14)


def test_corners_where_tilt_and_slope_are_equal_are_a_limit_from_both_sides():
    saw = ns.Ring([(0, 0), ("1/4", "V"), (1, 0)], "f", "T")
    kernel = ns.compile(saw.velocity)
    step = 2.0**-24
    v = kernel(V=np.array([0.25 - step, 0.25, 0.25 + step]), f=1.0, T=0.5)["v"]
    assert v[0] > v[1] > v[2]
    assert v[0] - 2 * v[1] + v[2] == pytest.approx(0, abs=1e-13)


def test_lifson_and_jackson_without_a_tilt():
    got = ns.compile(COSINE.effective_diffusion)(V=2.0, f=0.0, T=1.0)["D_eff"]
    assert got == pytest.approx(1 / float(mpmath.besseli(0, 2)) ** 2, rel=1e-14)


def test_steady_state():
    ss = ns.steady_state(COSINE)
    assert ss.currents is COSINE.flux
    assert ns.entropy_production(ss).unit == "k_B/time"
    assert r"\left|I_{i \frac{f}{T}}" in COSINE.velocity.latex()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("x", "f", "T"), ns.ModelError, "potential x does not have the period"),
        (("cos(x)", "f", "1 + x^2"), ns.ModelError, "the temperature .* does not have the period"),
        (("cos(x)", "f", 0), ns.ParameterError, "temperature is 0: it must be > 0"),
        (("cos(x)", "f", "T", -1), ns.ParameterError, "mobility is -1: it must be > 0"),
        (("cos(x)", "f", "T", 1, 0), ns.ParameterError, "period is 0: it must be > 0"),
        (("cos(x)", cos(x), "T"), ns.ModelError, "tilt and mobility are constants"),
        (([(0, 0), (1, 0)], "f", "T"), ns.ModelError, "at least three corners"),
        (([(0, 0), (1, 1), (2, 1)], "f", "T"), ns.ModelError, "the last has the value of the fir"),
        (([(0, 0), (2, 1), (1, 0)], "f", "T"), ns.ParameterError, "1 does not come after 2"),
        (([(0, 0), (1, 1), (2, 0)], "f", "T", 1, 3), ns.ModelError, "corners end at 2, but the p"),
        (([(0, 0), (1, 1), (2, 0)], "f", "2+x"), ns.ModelError, "the temperature is uniform"),
    ],
)
def test_bad_rings(arguments, error, message):
    with pytest.raises(error, match=message):
        ns.Ring(*arguments)


def test_k07_exit_with_a_drift():
    mean = ns.Escape("3/2", 1, start=0, absorbing=1, reflecting=0).mean
    check(number(mean)[0], CASES["K07"]["decimal"])


def test_exit_from_a_harmonic_trap():
    mean = ns.Escape("-x", 1, start=-1, absorbing=1, reflecting=-oo).mean
    with mpmath.workdps(40):
        wanted = (pi * erfi(1 / sqrt(2))).evalf(40)
    check(number(mean)[0], str(wanted))
    mirrored = ns.Escape("-k*x", "D", start=1, absorbing=-1, reflecting=oo).mean
    check(number(mirrored, k=1, D=1)[0], str(wanted))


def test_exit_over_a_barrier():
    """A quartic double well: two integrals that stay integrals."""
    mean = ns.Escape("x - x^3", "1/4", start=-1, absorbing=1, reflecting=-3).mean
    got = number(mean, 15)[0]
    with mpmath.workdps(15):

        def potential(y):
            return 4 * (y**4 / mpmath.mpf(4) - y**2 / mpmath.mpf(2))

        wanted = mpmath.quad(
            lambda y: (
                mpmath.exp(potential(y))
                * mpmath.quad(lambda z: 4 * mpmath.exp(-potential(z)), [-3, -1, y])
            ),
            [-1, 0, 1],
        )
    assert float(got) == pytest.approx(float(wanted), rel=1e-8)


def test_two_exits():
    walk = ns.Escape("v", "D", start="a", absorbing="L", other=0)
    values = {"v": 0.5, "D": 2.0, "a": 0.3, "L": 1.0}
    got = ns.compile(walk.exit)(**values)
    split = (1 - np.exp(-0.5 * 0.3 / 2)) / (1 - np.exp(-0.5 / 2))
    assert got["absorbing"] == pytest.approx(split, rel=1e-14)
    assert got["absorbing"] + got["other"] == pytest.approx(1, rel=1e-15)
    mean = ns.compile(walk.mean)(**values)["T"]
    assert mean == pytest.approx((split - 0.3) / 0.5, rel=1e-13)
    free = ns.Escape(0, "D", start="a", absorbing="L", other=0)
    a, L, D = (next(s for s in free.symbols if s.name == n) for n in ("a", "L", "D"))
    assert (free.mean["T"] - a * (L - a) / (2 * D)).expand().simplify() == 0


def test_bad_exits():
    with pytest.raises(ns.ModelError, match="give one other end"):
        ns.Escape("v", "D")
    with pytest.raises(ns.ParameterError, match="start is 2: it must be between 0 and 1"):
        ns.Escape("v", "D", start=2, absorbing=1, other=0)
    with pytest.raises(ns.ModelError, match="put a reflecting wall far away instead"):
        _ = ns.Escape("x", 1, start=0, absorbing=1, reflecting=-oo).mean
    with pytest.raises(ns.ModelError, match="only one end"):
        _ = ns.Escape("v", "D", reflecting=0).exit
