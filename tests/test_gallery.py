"""Every physical system of the gallery: what is listed is tested."""

from __future__ import annotations

import math
from functools import partial

import flint
import matplotlib as mpl
import mpmath
import pint
import pytest
from matplotlib.figure import Figure
from sympy import Integer

import nesssym as ns
from nesssym.gallery.stochastic_resetting import walk
from nesssym.parameters import Ranges, parameter
from nesssym.programs.emit import python_source
from nesssym.radiation import layers
from nesssym.special import SPECIAL
from nesssym.system import Limit
from tests import katex
from tests.reference import SYSTEMS

mpl.use("Agg")
NAMES = ns.gallery.names("system")
UNITS = pint.UnitRegistry()
ELEMENTARY = ("exp", "log", "sinh", "cosh", "sin", "cos")

REFERENCE = {
    "bee.linear.T_thorax": ("bumblebee", "temperature", "T_t", {}),
    "bee.linear.T_thorax_60s": ("bumblebee", "after take-off", "T_t", {}),
    "bee.adiabatic_rate": ("bumblebee", "warming if closed, a minute", "rate", {}),
    "bee.runaway.unstable": ("bumblebee", "runaway threshold", "dT", {}),
    "bee.nonlinear.T_thorax": ("bumblebee", "furry thorax", "T_core", {}),
    "cell.V": ("living_cell", "potential", "V", {}),
    "cell.Na_i": ("living_cell", "concentrations", "Na", {}),
    "cell.Cl_i": ("living_cell", "concentrations", "Cl", {}),
    "cell.ATP_min_free_energy": ("living_cell", "ion work", "W", {}),
    "cell.j_pump_minvol": ("living_cell", "pump rate of least volume", "j", {}),
    "chemostat.S": ("chemostat", "glucose", "S", {}),
    "chemostat.L": ("chemostat", "lactate", "L", {}),
    "chemostat.entropy_reaction": ("chemostat", "entropy production", "catabolism", {}),
    "chemostat.D_opt": ("chemostat", "best dilution", "D_opt", {}),
    "chemostat.haldane.S_stable": (
        "chemostat",
        "glucose with substrate inhibition",
        "stable",
        {},
    ),
    "chemostat.product_inhib.S": ("chemostat", "glucose with lactate inhibition", "S", {}),
    "evap.stefan.flux": ("evaporating_beaker", "molar flux", "J", {}),
    "evap.stefan.mass_rate": ("evaporating_beaker", "mass lost a day", "m", {}),
    "evap.boil.expansion": (
        "evaporating_beaker",
        "boiling, entropy production",
        "expansion",
        {},
    ),
    "evap.boil.T_crossover": (
        "evaporating_beaker",
        "boiling, plate where conduction is as much as expansion",
        "T_p",
        {},
    ),
    "evap.wetbulb.sigma": ("evaporating_beaker", "wet bulb, entropy production", "sigma", {}),
    "rod.const.entropy": ("metal_rod", "entropy production", "sigma", {}),
    "rod.kappaT_robin.flux": ("metal_rod", "steel between gases, heat flux", "J", {}),
    "rod.kappaT_robin.T_hot_end": ("metal_rod", "steel between gases, ends", "T_1", {}),
    "rod.kappaT_robin.T_mid": ("metal_rod", "steel between gases, temperature", "T", {"x": "0.15"}),
    "rod.composite.entropy": ("metal_rod", "layers, entropy production", "sigma", {}),
    "rod.fin.entropy_total": ("metal_rod", "fin, entropy production", "sigma", {}),
    "rod.radiative_end.T_L": ("metal_rod", "glowing end, temperatures", "T_1", {}),
    "rod.thermoelectric.Q_h": ("metal_rod", "thermoelectric leg, heat and power", "Q_h", {}),
    "ab.a_t5": ("closed_reaction", "concentrations", "A", {}),
    "ab.entropy_total": ("closed_reaction", "entropy in all", "total", {}),
    "ab.cme.p10": ("closed_reaction", "molecules", "equilibrium", {}),
    "mm.flux": ("stoichiometric_ness", "enzyme, rate", "v", {}),
    "schlogl.low": ("stoichiometric_ness", "Schloegl", "low", {}),
    "schlogl.epr_high": ("stoichiometric_ness", "Schloegl, entropy production", "high", {}),
    "closed.tri.A_eq": ("closed_vs_open", "triangle, equilibrium", "A", {}),
    "closed.loop.A_eq": ("closed_vs_open", "loop, equilibrium", "A", {}),
    "closed.loop.entropy_0_3": ("closed_vs_open", "loop, free energy over RT", "fall", {}),
    "neuron.ghk.flux_K": ("neuron", "flux", "K", {}),
    "neuron.mullins_noda.V": ("neuron", "resting potential", "steady", {}),
    "neuron.pump_efficiency": ("neuron", "efficiency", "eta", {}),
    "neuron.pump_reversal": ("neuron", "reversal potential", "V", {}),
    "pump.cycle_rate": ("sodium_pump", "turnover", "v", {}),
    "crooks.eq_start.jarzynski": (
        "crooks_hatano_sasa",
        "work, from equilibrium",
        "average",
        {},
    ),
    "crooks.ness_start.defect": ("crooks_hatano_sasa", "Crooks, defect", "defect", {}),
    "crooks.ramp.eq": (
        "crooks_hatano_sasa",
        "work of a ramp, from equilibrium",
        "average",
        {},
    ),
    "hs.quench.meanY": ("crooks_hatano_sasa", "Hatano-Sasa", "mean", {}),
    "hs.ramp.identity": ("crooks_hatano_sasa", "Hatano-Sasa of a ramp", "average", {}),
    "hs.housekeeping_rate": ("crooks_hatano_sasa", "housekeeping rate", "adiabatic", {}),
    "earth.T_e": ("earth_climate", "emission temperature", "T_e", {}),
    "earth.Ts_N3_eps0.6": ("earth_climate", "grey layers", "T_s", {"N": 3, "epsilon": "0.6"}),
    "earth.Ttop_N3_eps0.6": (
        "earth_climate",
        "grey layers",
        "T_k",
        {"N": 3, "k": 3, "epsilon": "0.6"},
    ),
    "earth.layer2_of_4": (
        "earth_climate",
        "grey layers",
        "T_k",
        {"N": 4, "k": 2, "epsilon": "0.55"},
    ),
    "earth.chi_0.3": ("earth_climate", "diluted light", "chi", {}),
    "earth.material_epr": ("earth_climate", "material entropy production", "sigma", {}),
    "ebm1d.T_equator": ("earth_climate", "one-dimensional climate, above 0 degrees", "equator", {}),
    "ebm1d.transport_epr": ("earth_climate", "meridional transport", "sigma", {}),
    "ice_albedo.snowball": ("earth_climate", "ice and albedo", "snowball", {}),
    "ice_albedo.warm": ("earth_climate", "ice and albedo", "warm", {}),
    "mep.k": ("earth_climate", "two boxes, best transport", "k", {}),
    "ring.J": ("probability_currents", "ring current", "J", {}),
    "ou_rot.epr": ("probability_currents", "rotation entropy production", "sigma", {}),
    "ou2d.general.epr": ("probability_currents", "plane entropy production", "sigma", {}),
    "gyrator.s12": ("probability_currents", "gyrator covariance", "<x1 x2>", {}),
    "gyrator.ang_mom": (
        "probability_currents",
        "gyrator angular momentum",
        "<x1 v_x2 - x2 v_x1>",
        {},
    ),
    "net4.p0": ("probability_currents", "network", "0", {}),
    "net4.J02": ("probability_currents", "network currents", "0->2", {}),
    "reset.p1d": ("stochastic_resetting", "density", "p", {}),
    "reset.p2d": ("stochastic_resetting", "density in 2 dimensions", "p", {}),
    "reset.p5d": ("stochastic_resetting", "density in 5 dimensions", "p", {}),
    "reset.r_opt": ("stochastic_resetting", "optimal rate", "r", {}),
    "reset.T_opt_coeff": ("stochastic_resetting", "optimum in natural units", "T", {}),
    "reset.CV2_at_opt": ("stochastic_resetting", "variation at the optimal rate", "CV^2", {}),
    "reset.mfpt_robin_wall": ("stochastic_resetting", "mean time, partial wall", "T", {}),
    "reset.mfpt2d": ("stochastic_resetting", "mean time, disc", "T", {}),
    "reset.sharp_opt_coeff": ("stochastic_resetting", "sharp optimum in natural units", "T", {}),
    "reset.network.p3": ("stochastic_resetting", "network", "3", {}),
    "search.cutoff_opt_time": ("stochastic_resetting", "steps with cutoff", "T", {}),
    "sink.h_star": ("kitchen_sink", "level", "h", {}),
    "sink.fill_h60": (
        "kitchen_sink",
        "level in time",
        "h",
        {"t": 60, "h_0": "0.04*Q^2/(2*g*C_d^2*a^2)"},
    ),
    "sink.entropy_rate": ("kitchen_sink", "entropy production", "sigma", {}),
    "sink.molecular_epr": ("kitchen_sink", "molecular entropy production", "sigma", {}),
    "chap.pN": ("chaperone", "state", "N", {}),
    "chap.J_ATP": ("chaperone", "ATP turnover", "J_ATP", {}),
    "chap.enhancement": ("chaperone", "enhancement", "alpha", {}),
    "hsp70.K_eff": ("chaperone", "Hsp70", "K_eff", {}),
    "agg.yield": ("chaperone", "yield against aggregation", "Y", {}),
    "iam.rounds99": ("chaperone", "rounds of annealing", "n", {}),
    "enso.pi_N": ("el_nino", "state", "N", {}),
    "enso.affinity": ("el_nino", "affinity", "A", {}),
    "enso.G2": ("el_nino", "test of detailed balance", "G2", {}),
    "enso.oscillator.epr": ("el_nino", "oscillator irreversibility", "sigma", {}),
    "kp.discrimination": ("gene_regulation", "discrimination", "S", {}),
    "kp.discrimination_eq": ("gene_regulation", "discrimination", "S", {"dmu": "0"}),
    "fourstate.pon": ("gene_regulation", "activity", "p_on", {}),
    "fourstate.epr": ("gene_regulation", "entropy production", "sigma", {}),
    "telegraph.mean": ("gene_regulation", "mRNA", "mean", {}),
    "telegraph.P0": ("gene_regulation", "no mRNA", "P_0", {}),
    "promoter3.fano": ("gene_regulation", "mRNA noise of a clock", "F", {}),
    "tri.pA": ("triangular_cycle", "state", "A", {}),
    "tri.epr": ("triangular_cycle", "entropy production", "sigma", {}),
    "tri.TUR": ("triangular_cycle", "uncertainty", "Q", {}),
    "tri.fed.J_AB": ("triangular_cycle", "fed currents", "J_AB", {}),
    "tri.fed.J_CA": ("triangular_cycle", "fed currents", "J_CA", {}),
    "flippase.P_min": ("flippase", "least power", "P_min", {}),
    "flippase.x_in": ("flippase", "fraction", "in", {}),
    "flippase.mm.N_out": ("flippase", "lipids outside, saturable pump", "N_out", {}),
    "flippase.power": ("flippase", "power", "consumed", {}),
}

# Values that were computed to fewer digits than are printed.
CERTAIN = {"gyrator.s12": 23, "gyrator.ang_mom": 23}


@pytest.fixture(scope="module", params=NAMES)
def system(request):
    return ns.gallery.load(request.param)


@pytest.mark.parametrize("case", REFERENCE)
def test_reference_values_to_every_digit(case):
    name, quantity, label, values = REFERENCE[case]
    text = SYSTEMS[case]["value"]
    digits = len(text.partition("e")[0].lstrip("-0.").replace(".", ""))
    digits = min(digits, CERTAIN.get(case, digits))
    got = ns.gallery.load(name).at(quantity, values, digits + 5)[label]
    with mpmath.workdps(digits + 5):
        assert abs(got / mpmath.mpf(text) - 1) < 6 * mpmath.mpf(10) ** -digits


def test_parameters_have_a_meaning_a_unit_and_a_value(system):
    for p in system.parameters:
        assert p.meaning
        assert p.value is not None
        UNITS.Quantity(1, p.unit)
    assert system.passage.strip()
    assert system.reference.doi or system.reference.note


def _unitless(function):
    def pure(x):
        if isinstance(x, tuple):
            return tuple(map(pure, x))
        return UNITS.Quantity(x).to("dimensionless").magnitude

    return lambda *xs: function(*map(pure, xs))


def _float(special, *values):
    def ball(x):
        return tuple(map(ball, x)) if isinstance(x, tuple) else flint.arb(x)

    with flint.ctx.workprec(80):
        return float(special.ball(*map(ball, values)))


def _root(function, low, high):
    """A root has the unit with which all terms of its equation agree."""
    for unit in ("1", "K", "m", "s", "mol/m^3", "V", "1/s", "m^3", "W/m^2"):
        try:
            function(UNITS.Quantity(1.5, unit))
        except pint.DimensionalityError:
            continue
        return UNITS.Quantity(1.5, unit)
    raise AssertionError("no unit makes the terms of an equation agree")


def _reacting(i, n, time, *rest):
    """Every rate, over the time, changes species by their own unit."""
    start, flat = rest[:n], rest[n:]
    for k in range(0, len(flat), 2 * n + 1):
        orders, changes = flat[k + 1 : k + 1 + n], flat[k + 1 + n : k + 1 + 2 * n]
        change = time * flat[k] * math.prod(x**m for x, m in zip(start, orders, strict=True))
        for x, m in zip(start, changes, strict=True):
            if m:
                x + change
    return start[i]


def _evolved(function, low, high):
    """A generator is one over a time; what is evolved and weighed is a number."""
    entries = list(map(UNITS.Quantity, function((low + high) / 2)))
    n = round((len(entries) + 1) ** 0.5) - 1
    for entry in entries[n:-n]:
        assert entry == 0 or (entry * (high - low)).dimensionless
    assert all(entry.dimensionless for entry in (*entries[:n], *entries[-n:]))
    return UNITS.Quantity(0.5, "1")


def test_units_of_every_result(system):
    """Run every program on quantities with units: sums, exponents and results must agree.

    Only units matter here, so that functions give some number where floats overflow.
    """
    given = {
        p.symbol.name: UNITS.Quantity(float(p.value), p.unit or "1") for p in system.parameters
    }
    functions = {name: _unitless(getattr(math, name)) for name in ELEMENTARY}
    functions |= {
        "sqrt": lambda x: UNITS.Quantity(x) ** 0.5,
        "exp": _unitless(lambda x: math.exp(min(x, 700))),
        "log": _unitless(lambda x: math.log(abs(x) or 1)),
        "expm1": _unitless(math.expm1),
        "log1p": _unitless(math.log1p),
        "tanh": _unitless(math.tanh),
        "evolved": _evolved,
        "power": lambda x, exponent: UNITS.Quantity(x) ** exponent,
        "rational": lambda p, q: p / q,
        "Abs": abs,
        "sign": lambda x: math.copysign(1, UNITS.Quantity(x).magnitude),
        "pi": math.pi,
        "inf": math.inf,
        "root": _root,
        "integral": lambda f, low, high: f((low + high) / 2) * (high - low),
        "concentration": _reacting,
    }
    for name, special in SPECIAL.items():
        functions.setdefault(name, _unitless(partial(_float, special)))
    for quantity, formulas in system.results.items():
        kernel = ns.compile(formulas)
        scope = dict(functions)
        exec(python_source(kernel.program), scope)
        values = scope["kernel"](*(given[name] for name in kernel.arguments))
        wanted = UNITS.Quantity(1, formulas.unit).dimensionality
        for label, value in zip(formulas, values, strict=True):
            got = UNITS.Quantity(value).dimensionality
            assert value == 0 or got == wanted, (
                f"{quantity} {label} has {got}, says {formulas.unit}"
            )


def test_limits(system):
    assert system.limits
    assert [text for text, holds in system.checks() if not holds] == []


@pytest.mark.parametrize(
    ("name", "values", "error", "message"),
    [
        ("flippase", {"x": "1.2"}, ns.ParameterError, "x must be >= 1/2 and < 1; got 6/5"),
        ("flippase", {"T": -3}, ns.ParameterError, "T"),
        ("flippase", {"x": "2/5"}, ns.ParameterError, "x must be >= 1/2 and < 1; got 2/5"),
        ("bumblebee", {"eta": "-1/10"}, ns.ParameterError, "eta must be >= 0 and < 1; got -1/10"),
        ("bumblebee", {"M": -1}, ns.ParameterError, "M must be >= 0; got -1"),
        (
            "living_cell",
            {"Cl_o": 140},
            ns.ParameterError,
            r"Cl_o must be = Na_o \+ K_o, here 297/2; got 140",
        ),
        ("kitchen_sink", {"Q": "3e-4"}, ns.NoSteadyStateError, "the level stays below the rim"),
        ("kitchen_sink", {"a": 0}, ns.NoSteadyStateError, "more leaves than comes .* here it is -"),
        ("kitchen_sink", {"h_0": -1}, ns.ParameterError, "h_0 must be >= 0; got -1"),
        ("kitchen_sink", {"T": math.nan}, ns.ParameterError, "parameter T: nan is not a finite"),
        ("kitchen_sink", {"T": math.inf}, ns.ParameterError, "parameter T: inf is not a finite"),
        ("triangular_cycle", {"k3": -1}, ns.ParameterError, "k3 must be >= 0; got -1"),
        ("bumblebee", {"eta": 1}, ns.ParameterError, "eta must be >= 0 and < 1; got 1"),
        ("bumblebee", {"T_a": 320}, ns.ParameterError, r"T_a must be < T_max, here .*; got 320"),
        ("bumblebee", {"M_0": "35e-3"}, ns.NoSteadyStateError, "the bee does not run away"),
        ("closed_reaction", {"k_minus": 0}, ns.ParameterError, "k_minus is 0: .*affinity is inf"),
        ("closed_reaction", {"b_0": 0}, ns.ParameterError, "b_0 is 0: .*entropy produced is not"),
        ("closed_reaction", {"n": 31}, ns.ParameterError, r"n must be < N \+ 1, here 31; got 31"),
        ("futile_cycle", {"u": "0.05"}, ns.NoSteadyStateError, "a positive amount of"),
        ("chemostat", {"D": "0.8"}, ns.NoSteadyStateError, "the culture grows faster than it is"),
        ("chemostat", {"pH": -1}, ns.ParameterError, "pH is -1: it must be > 0"),
        ("neuron", {"dG_ATP": "40e3"}, ns.NoSteadyStateError, "ATP pays for the ions"),
        ("neuron", {"P_K": 0, "P_Na": 0, "P_Cl": 0}, ns.ParameterError, "P_K is 0: it must be > 0"),
        (
            "neuron",
            {"Cl_o": 151},
            ns.ParameterError,
            r"Cl_o must be <= K_o \+ Na_o, here 150; got 151",
        ),
        ("neuron", {"Na_i": -1}, ns.ParameterError, "parameter Na_i is -1: it must be > 0"),
        ("living_cell", {"z": "1.5"}, ns.ParameterError, "z must be < 1; got 3/2"),
        (
            "living_cell",
            {"j": "5e-7", "dG_ATP": "1e6"},
            ns.NoSteadyStateError,
            "the cell does not burst",
        ),
        ("living_cell", {"dG_ATP": "40e3"}, ns.NoSteadyStateError, "ATP pays for the ions"),
        ("chaperone", {"dmu": -1}, ns.ParameterError, "dmu must be >= 0; got -1"),
        ("chaperone", {"U_0": 0}, ns.ParameterError, "U_0 is 0: it must be > 0"),
        ("chaperone", {"k_UN": 0}, ns.ParameterError, "k_UN is 0: it must be > 0"),
        ("gene_regulation", {"gamma": 0}, ns.ParameterError, "gamma is 0: it must be > 0"),
        ("gene_regulation", {"x": "-1"}, ns.ParameterError, "x is -1: it must be > 0"),
        ("earth_climate", {"a": 1}, ns.ParameterError, "a must be >= 0 and < 1; got 1"),
        ("earth_climate", {"N": -1}, ns.ParameterError, "N must be >= 0; got -1"),
        ("earth_climate", {"epsilon": "1.1"}, ns.ParameterError, "epsilon must be <= 1"),
        ("earth_climate", {"T_sun": 250}, ns.NoSteadyStateError, "colder than the Sun"),
        ("probability_currents", {"kappa": "0.5"}, ns.NoSteadyStateError, "the gyrator is stable"),
        ("probability_currents", {"D12": 1}, ns.ParameterError, "D12 must be < sqrt"),
        ("probability_currents", {"a": -1}, ns.NoSteadyStateError, "drift of the plane is stable"),
        ("metal_rod", {"L": 0}, ns.ParameterError, r"parameter L is 0: it must be > 0 \(length\)"),
        ("metal_rod", {"r_i": 1}, ns.ParameterError, "r_i must be < r_o, here .*; got 1"),
        ("evaporating_beaker", {"phi": 0}, ns.ParameterError, "phi is 0: it must be > 0 .*vacuum"),
        ("evaporating_beaker", {"phi": "1.2"}, ns.ParameterError, "phi must be <= 1; got"),
        ("evaporating_beaker", {"T": 350}, ns.ParameterError, "T must be >= 233.15 and <= 323"),
        ("evaporating_beaker", {"P": 3000}, ns.NoSteadyStateError, "the water is below boiling"),
        ("stochastic_resetting", {"r": 0}, ns.ParameterError, "parameter r is 0: it must be > 0"),
        ("stochastic_resetting", {"L": 0}, ns.ParameterError, "parameter L is 0: it must be > 0"),
        (
            "stochastic_resetting",
            {"R_0": "0.4"},
            ns.ParameterError,
            "a must be < R_0, here 2/5; got",
        ),
        ("el_nino", {"n_NL": 0}, ns.ParameterError, "parameter n_NL is 0: it must be > 0"),
        ("el_nino", {"gamma": -1}, ns.NoSteadyStateError, "the oscillator is damped"),
        ("kitchen_sink", {"z": 1}, ns.UnknownNameError, "unknown parameter 'z'"),
    ],
)
def test_bad_parameters(name, values, error, message):
    with pytest.raises(error, match=message):
        ns.gallery.load(name).point(values)


@pytest.mark.parametrize(
    ("name", "quantity", "values"),
    [
        ("kitchen_sink", "level", {"Q": [1e-4, 3e-4]}),
        ("chemostat", "cells", {"D": 0.8}),
        ("living_cell", "volume", {"j": [[4.9e-8, 1e-5]]}),
    ],
)
def test_kernels_give_no_number_where_there_is_no_steady_state(name, quantity, values):
    """Nor where the violated inequality holds parameters that do not occur in the result."""
    with pytest.raises(ns.NoSteadyStateError, match=r"no steady state: .* here it is -"):
        ns.gallery.load(name).kernel(quantity)(**values)


@pytest.mark.parametrize("beta", ["-0.01", "0.2"])
def test_a_conductivity_that_is_not_positive_at_either_end(beta):
    rod = ns.gallery.load("metal_rod")
    with pytest.raises(ns.ParameterError, match=r"kappa_s.* it must be > 0"):
        rod.at("steel between gases, entropy production", {"beta": beta})
    with pytest.raises(ns.ParameterError, match=r"kappa_s.* must be positive"):
        rod.kernel("steel between gases, entropy production")(beta=float(beta))


def test_kernels_refuse_what_a_fit_does_not_hold_for():
    kernel = ns.gallery.load("evaporating_beaker").kernel("molar flux")
    with pytest.raises(ns.ParameterError, match=r"T must be >= 233.15 and <= 323.15; got 350"):
        kernel(T=[300.0, 350.0])
    assert kernel(phi=1.0)["J"] == 0


def test_kernels_refuse_what_is_not_below_its_bound():
    pipe = ns.gallery.load("metal_rod").kernel("lagged pipe, heat current")
    with pytest.raises(
        ns.ParameterError, match=r"r_i must be < r_o, here .*; got 0.3 at index \(1,\)"
    ):
        pipe(r_i=[0.1, 0.3])
    bee = ns.gallery.load("bumblebee").kernel("temperature")
    with pytest.raises(ns.ParameterError, match=r"T_a must be < T_max, here .*; got 320"):
        bee(T_a=320.0)


def test_bounds_that_may_be_reached_are_legal():
    earth = ns.gallery.load("earth_climate")
    black = earth.at("one layer", {"epsilon": 1})
    assert black["T_s"] == pytest.approx(2**0.25 * black["T_1"], rel=1e-15)
    assert earth.kernel("one layer")(epsilon=1.0)["T_1"] == pytest.approx(black["T_1"], rel=1e-15)
    bare = earth.at("grey layers", {"N": 0, "a": 0})["T_s"]
    assert bare == earth.at("emission temperature", {"a": 0})["T_e"]


@pytest.mark.parametrize(
    ("quantity", "values", "message"),
    [
        ("glucose with substrate inhibition", {"D": "0.7"}, "growth on the best glucose"),
        ("cells with substrate inhibition", {"D": "0.65"}, "growth on the best glucose"),
        ("cells at the saddle", {"S_f": 45}, "more glucose than the saddle state"),
    ],
)
def test_states_that_exist_in_a_part_of_the_range(quantity, values, message):
    culture = ns.gallery.load("chemostat")
    with pytest.raises(ns.NoSteadyStateError, match=message):
        culture.at(quantity, values)
    with pytest.raises(ns.NoSteadyStateError, match=message):
        culture.kernel(quantity)(**{name: float(v) for name, v in values.items()})
    assert culture.at("cells", values)["X"] > 0


def test_zero_is_legal_where_it_has_a_meaning():
    flippase, bee = ns.gallery.load("flippase"), ns.gallery.load("bumblebee")
    assert flippase.at("least power", {"k": 0})["P_min"] == 0
    assert float(flippase.at("efficiency", {"k": 0})["eta"]) == 1
    assert ns.gallery.load("chaperone").at("enhancement", {"dmu": 0})["alpha"] == 1
    assert float(bee.at("temperature", {"M": 0})["T_t"]) == 288.15
    assert bee.at("temperature", {"eta": 0})["T_t"] > bee.at("temperature")["T_t"]


@pytest.mark.parametrize(
    ("name", "quantity", "values", "message"),
    [
        ("triangular_cycle", "affinity", {"k_3": 0}, r"A: infinite or undefined where k_3 is 0 \("),
        ("triangular_cycle", "affinity", {"k3": 0, "k_3": 0}, "where k3 is 0 .* and k_3 is 0"),
        ("triangular_cycle", "entropy production", {"k_3": 0}, "sigma: infinite .* k_3 is 0"),
        ("stoichiometric_ness", "enzyme, affinities", {"P": 0}, r"A: infinite .* P is 0 \(prod"),
    ],
)
def test_what_goes_one_way_only_has_no_affinity(name, quantity, values, message):
    with pytest.raises(ns.ParameterError, match=message):
        ns.gallery.load(name).at(quantity, values)


def test_what_goes_one_way_only_has_a_current():
    turn, enzyme = ns.gallery.load("triangular_cycle"), ns.gallery.load("stoichiometric_ness")
    assert turn.at("current", {"k_3": 0})["J"] > turn.at("current")["J"]
    assert turn.at("current", {"k3": 0, "k_3": 0})["J"] == 0
    assert float(enzyme.at("enzyme, rate", {"P": 0})["v"]) == 2e-4


@pytest.mark.parametrize(
    ("name", "quantity", "values", "message"),
    [
        ("metal_rod", "temperature", {"x": 2}, "x must be >= 0 and <= L, here 1/2; got 2"),
        ("metal_rod", "lagged pipe, temperature", {"x": "1/4"}, "x must be >= r_i and <= r_o"),
        ("metal_rod", "fin, temperature", {"x_f": "0.1"}, "x_f must be >= 0 and <= L_f"),
        ("metal_rod", "steel between gases, temperature", {"x": "0.4"}, "<= L_s, here 3/10"),
        ("evaporating_beaker", "mole fraction", {"x": 1}, "x must be >= 0 and <= L, here 1/20"),
        ("evaporating_beaker", "time until a depth", {"L_1": "1/100"}, "L_1 must be >= L"),
        ("earth_climate", "one-dimensional climate", {"x": 2}, "x must be >= -1 and <= 1; got 2"),
    ],
)
def test_places_outside_have_no_temperature(name, quantity, values, message):
    system = ns.gallery.load(name)
    with pytest.raises(ns.ParameterError, match=message):
        system.at(quantity, values)
    with pytest.raises(ns.ParameterError, match=r"must be >= .*"):
        system.kernel(quantity)(**{k: float(system.expr(str(v))) for k, v in values.items()})


def test_a_short_rod_needs_no_place():
    rod = ns.gallery.load("metal_rod")
    assert rod.at("entropy production", {"L": "0.1"})["sigma"] > 0


def test_a_tank_that_is_filled_from_empty_and_one_without_inflow():
    sink = ns.gallery.load("kitchen_sink")
    assert 0 < sink.at("level in time", {"h_0": 0})["h"] < sink.at("level")["h"]
    assert sink.at("level", {"Q": 0})["h"] == 0


def test_a_ring_without_a_potential_or_a_torque():
    """Both are removable: the values are those next to it."""
    ring = ns.gallery.load("probability_currents")
    free = 0.8 * 2.3 / (2 * math.pi)
    assert ring.at("ring current", {"u": 0})["J"] == pytest.approx(free, rel=1e-15)
    assert ring.kernel("ring current")(u=0.0)["J"] == pytest.approx(free, rel=1e-15)
    weak = 1 / mpmath.besseli(0, 1.7) ** 2
    for torque in (0, "1/10^9"):
        assert ring.at("ring conductance", {"f": torque})["g"] == pytest.approx(weak, rel=1e-14)


def test_a_bound_by_a_parameter_that_follows_later():
    x, y, z = (parameter(name, 1, "1", "") for name in "xyz")
    ranges = Ranges([x, y, z], {"x": "< y", "y": "= 2*z"})
    point = {x.symbol: Integer(3), y.symbol: Integer(1), z.symbol: Integer(2)}
    ranges.check(point, {})
    assert point[y.symbol] == 4
    with pytest.raises(ns.ParameterError, match="x must be < y, here 4; got 5"):
        ranges.check(point | {x.symbol: Integer(5)}, {})


def test_a_parameter_that_follows_from_others():
    cell = ns.gallery.load("living_cell")
    point = {s.name: v for s, v in cell.point({"K_o": 5}).items()}
    assert point["Cl_o"] == 150
    assert cell.at("potential", {"K_o": 5, "Cl_o": 150}) == cell.at("potential", {"K_o": 5})
    with pytest.raises(ns.ParameterError, match=r"Cl_o follows, it is Na_o \+ K_o; leave it out"):
        cell.kernel("potential")(Cl_o=150.0)


def test_kernels_hold_parameters_to_their_bounds():
    """Those that stand in other parameters too, which may be arrays."""
    with pytest.raises(ns.ParameterError, match=r"x must be >= 1/2 and < 1; got 0.4 at index"):
        ns.gallery.load("flippase").kernel("least power")(x=[0.6, 0.4])
    fluxes = ns.gallery.load("neuron").kernel("flux")
    with pytest.raises(ns.ParameterError, match=r"Cl_o must be <= K_o \+ Na_o, here 85.0 at"):
        fluxes(Na_o=[145.0, 80.0])


def test_degrees_instead_of_kelvin():
    with pytest.warns(ns.NessWarning, match="T is 20 K: temperatures are in kelvin"):
        ns.gallery.load("kitchen_sink").point({"T": 20})


def test_making_of_mrna_has_no_entropy_production():
    """Its steps go one way: the naive value is infinite, and is not printed."""
    gene = ns.ReactionNetwork.from_text("0 -> M ; k_m \n M -> 0 ; gamma")
    with pytest.raises(ns.IrreversibleError):
        ns.entropy_production(ns.steady_state(gene))


def test_resets_have_no_entropy_production():
    """A density held by resets, and a network with them: one way only, as above."""
    resetting = ns.gallery.load("stochastic_resetting")
    with pytest.raises(ns.IrreversibleError, match="resets go one way only"):
        ns.entropy_production(ns.steady_state(resetting.model))
    network = ns.with_resetting(walk(resetting), "0", "r")
    with pytest.raises(ns.IrreversibleError, match="0"):
        ns.entropy_production(ns.steady_state(network))
    with pytest.raises(ns.IrreversibleError, match="0"):
        ns.affinities(network)


def test_a_limit_that_no_point_comes_close_to_does_not_hold():
    flippase = ns.gallery.load("flippase")
    assert not flippase._holds(Limit("all are inside", "least power", "P_min", {"x": "2"}, "0"))


def test_winters_have_no_rates():
    """The yearly chain is no process in continuous time, seen once a year."""
    nino = ns.gallery.load("el_nino")
    at = {symbol: value for symbol, value in nino.values.items() if symbol in nino.model.symbols}
    winters = ns.MarkovChain.from_matrix(nino.model.matrix.subs(at), nino.model.states)
    with pytest.raises(ns.ModelError, match="no rates exist for this chain"):
        winters.rates()
    assert nino.at("determinant of the chain")["det P"] < 0


def test_winters_of_later_months():
    december = {"n_NN": 8, "n_NE": 11, "n_NL": 2, "n_EN": 9, "n_EE": 6, "n_EL": 12, "n_LN": 5}
    found = ns.gallery.load("el_nino").at("affinity", december | {"n_LE": 10, "n_LL": 13})["A"]
    assert float(found) == pytest.approx(math.log(11 * 12 * 5 / (2 * 10 * 9)), rel=1e-15)


def test_a_wrong_limit_is_seen():
    flippase = ns.gallery.load("flippase")
    wrong = Limit("half inside whatever the pump", "fraction", "in", {"a": "oo"}, "1/2")
    assert not flippase._holds(wrong)


def test_kernels_agree_with_certain_digits(system):
    for quantity, formulas in system.results.items():
        got = system.kernel(quantity)()
        for label, value in system.at(quantity).items():
            assert got[label] == pytest.approx(float(value), rel=1e-12, abs=1e-300), label
        assert set(got) == set(formulas)


def test_corrections_have_numbers(system):
    for correction in system.corrections:
        numbers = system.numbers(correction.evidence(system))
        assert {"naive", "right"} <= set(numbers)
        assert numbers["naive"] != numbers["right"]


def test_latex_parses(system):
    for formulas in system.results.values():
        katex.check(formulas.latex())


def test_picture_and_text(system):
    axes = Figure().add_subplot()
    system.draw(axes, system)
    assert axes.has_data()
    assert system.title in system.text()
    assert r"\end{document}" in system.latex()


@pytest.mark.parametrize("count", [2, 3])
def test_layers_of_any_number_agree_with_their_network(count):
    earth = ns.gallery.load("earth_climate")
    values = {s: v for s, v in earth.values.items() if s.name in ("S_0", "a", "epsilon")}
    network = layers(count, earth.named).subs(values)
    ground = earth.numbers(ns.steady_state(network).state)["T_s"]
    assert ground == pytest.approx(earth.at("grey layers", {"N": count})["T_s"], rel=1e-15)
