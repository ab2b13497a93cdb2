"""Evaporating beaker: water goes, and the air above it keeps its profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Integer, Rational, Symbol, exp, log, pi, solve, sqrt

from nesssym.constants import GAS
from nesssym.exact.isolation import isolate
from nesssym.fields.integrals import definite
from nesssym.fields.rod import Rod
from nesssym.formulas import Formulas, Steps
from nesssym.networks.files import Reference
from nesssym.roots import RootIn
from nesssym.system import Correction, Limit, System, parameter, real

__all__ = ["SYSTEM"]

RADIUS = Rational(35, 1000)
SATURATED = "p_1*exp(b*(T - T_0)/(T - T_0 + T_m))"


@dataclass(frozen=True)
class _Air:
    """Shared steps: vapour at the surface and far away, pressures and mole fractions."""

    shared: Steps
    p_s: Expr
    p_inf: Expr
    y_s: Expr
    y_inf: Expr
    conductivity: Expr

    @classmethod
    def over(cls, system: System) -> _Air:
        """Begin a derivation: saturated vapour at the water, moist air at the opening."""
        s, shared = system.named, system.steps()
        p_s = shared.let(_saturated(system, s["T"]), "p_s", alone=True)
        p_inf = shared.let(s["phi"] * p_s, "p_inf", alone=True, latex=r"p_\infty")
        y_s = shared.let(p_s / s["P"], "y_s", alone=True)
        y_inf = shared.let(p_inf / s["P"], "y_inf", alone=True, latex=r"y_\infty")
        D = shared.let(s["D_0"] * (s["T"] / s["T_0"]) ** Rational("1.81"), "D", alone=True)
        return cls(shared, p_s, p_inf, y_s, y_inf, s["P"] / (s["R"] * s["T"]) * D)


def _saturated(system: System, T: Expr) -> Expr:
    """Return the pressure of saturated vapour by Magnus' formula."""
    return system.named["p_1"] * exp(_magnus(system, T))


def _magnus(system: System, T: Expr) -> Expr:
    s = system.named
    return s["b"] * (T - s["T_0"]) / (T - s["T_0"] + s["T_m"])


def _dew_point(system: System, p: Expr) -> Expr:
    """Return the temperature at which vapour of a pressure is saturated."""
    T, u = Symbol("T_dew", positive=True), Symbol("u", real=True)
    return isolate([system.named["p_1"] * exp(u) - p, _magnus(system, T) - u], [u, T]).values[T]


def _tube(conductivity: Expr, length: Expr, below: Expr, above: Expr, s: Mapping[str, Any]) -> Rod:
    """Return a column of gas: vapour moves, the air stands still. The mole fraction is y."""
    y = Symbol("y", positive=True)
    return Rod(conductivity / (1 - y), length, below, above, s["A"], variable="y",
               conjugate=-s["R"] * log(y), units=("1", "mol/s"))  # fmt: skip


def _model(s: Mapping[str, Symbol]) -> Rod:
    c, D, y_s, y_inf = (Symbol(name, positive=True) for name in ("c", "D", "y_s", "y_inf"))
    return _tube(c * D, s["L"], y_s, y_inf, s)


def _results(model: Rod, system: System) -> dict[str, Formulas]:
    s, air = system.named, _Air.over(system)
    shared = air.shared
    tube = _tube(air.conductivity, s["L"], air.y_s, air.y_inf, s)
    lost = shared.absorb(tube.current)["Q"] * s["M"]
    return {
        "vapour pressure": shared.formulas(
            {"p_s": air.p_s, "p_inf": air.p_inf}, heads=["p_s", r"p_\infty"], unit="Pa"),
        "vapour pressure by latent heat": _clapeyron(system),
        "molar flux": _over(air, tube.flux, "N"),
        "mass lost a day": shared.formulas(
            {"m": 1000 * 86400 * lost}, heads=[r"\dot m"], unit="g/day"),
        "mole fraction": _over(air, tube.profile, "y"),
        "local entropy production": _over(air, tube.local_entropy_production, r"\sigma(x)"),
        "entropy production": _over(air, tube.entropy_production, r"\sigma"),
        "depth in time": _recession(system)[0],
        "time until a depth": _recession(system)[1],
        **_kinetic(system),
        **_boiling(system),
        **_wet_bulb(system),
    }  # fmt: skip


def _over(air: _Air, formulas: Formulas, head: str) -> Formulas:
    """Write formulas of the tube over the steps of the air."""
    return air.shared.formulas(air.shared.absorb(formulas), heads=[head], unit=formulas.unit)


def _clapeyron(system: System) -> Formulas:
    """Integrate d(ln p)/dT = dH/(R T^2) from boiling on."""
    s, T = system.named, Symbol("u", positive=True)
    rise = definite(s["dH_b"] / (s["R"] * T**2), T, s["T_b"], s["T"])
    return system.steps().formulas({"p_s": s["P"] * exp(rise)}, heads=["p_s"], unit="Pa")


def _recession(system: System) -> tuple[Formulas, Formulas]:
    """Separate the depth, which grows as fast as water goes, from time."""
    s, air = system.named, _Air.over(system)
    depth, now = Symbol("l", positive=True), Symbol("L_t", positive=True)
    N = _tube(air.conductivity, depth, air.y_s, air.y_inf, s).flux["J"]
    elapsed = definite((s["rho"] / (s["M"] * N)).expand(), depth, s["L"], now)
    reached = isolate([elapsed - s["t"]], [now]).values[now]
    until = elapsed.xreplace({now: s["L_1"]})
    return (
        air.shared.formulas({"L": reached}, heads=["L(t)"], unit="m"),
        air.shared.formulas({"t": until}, unit="s"),
    )


def _kinetic(system: System) -> dict[str, Formulas]:
    """Let vapour leave the water at the rate of Hertz and Knudsen, then diffuse."""
    s, air = system.named, _Air.over(system)
    shared, p_0 = air.shared, Symbol("p_0", positive=True)
    knocks = s["alpha"] * s["P"] / sqrt(2 * pi * s["M"] * s["R"] * s["T"])
    leaves = shared.let(knocks, "a", alone=True)
    k = shared.let(air.conductivity / s["L"], "k", alone=True)
    N, y_0 = Symbol("N", real=True), Symbol("y_0", positive=True)
    through = _tube(k, Integer(1), y_0, air.y_inf, s).flux["J"].doit()
    (surface,) = solve(leaves * (air.y_s - y_0) - N, y_0)
    # The argument of Lambert's function is positive: only the principal branch is real.
    (flux,) = solve(exp(N / k) - exp(through.xreplace({y_0: surface}) / k), N)
    flux = shared.let(flux, "N_0", positive=False, alone=True)
    surface = shared.let(surface.xreplace({N: flux}), "y_0", alone=True)
    gained = {
        "surface": definite(s["R"] / p_0, p_0, surface * s["P"], air.p_s),
        "air": definite(s["R"] / p_0, p_0, air.p_inf, surface * s["P"]),
    }
    return {
        "resisting surface, molar flux": shared.formulas({"N": flux}, unit="mol/(m^2*s)"),
        "resisting surface, mole fraction": shared.formulas({"y_0": surface}, heads=["y_0"]),
        "resisting surface, entropy production": shared.formulas(
            {part: s["A"] * flux * value for part, value in gained.items()}, unit="W/K"),
    }  # fmt: skip


def _boiling_parts(system: System) -> tuple[Steps, dict[str, Expr]]:
    """Dissipate, a mole: heat from the plate, cooling of the vapour, its dilution."""
    s, shared = system.named, system.steps()
    T, p = Symbol("u", positive=True), Symbol("q", positive=True)
    room = shared.let(s["phi_b"] * _saturated(system, s["T"]), "p_inf", alone=True,
                      latex=r"p_\infty")  # fmt: skip
    return shared, {
        "conduction": definite(s["dH_b"] / T**2, T, s["T_b"], s["T_p"]),
        "cooling": definite(s["c_v"] * (1 / s["T"] - 1 / T), T, s["T"], s["T_b"]),
        "expansion": definite(s["R"] / p, p, room, s["P"]),
    }


def _boiling(system: System) -> dict[str, Formulas]:
    shared, mole = _boiling_parts(system)
    s = system.named
    rate = s["Q"] / s["dH_b"]
    T_p = isolate([mole["conduction"] - mole["expansion"]], [s["T_p"]]).values[s["T_p"]]
    whole = {"sigma": sum(mole.values(), Integer(0)), **mole}
    return {
        "boiling, entropy a mole": shared.formulas(whole, unit="J/(mol*K)"),
        "boiling, entropy production": shared.formulas(
            {part: rate * value for part, value in whole.items()}, unit="W/K"),
        "boiling, plate where conduction is as much as expansion": shared.formulas(
            {"T_p": T_p}, heads=[r"T_\times"], unit="K"),
    }  # fmt: skip


def _wet_bulb(system: System) -> dict[str, Formulas]:
    """Balance heat from the air and latent heat; diffusion is as heat transfer but for Le."""
    s, air = system.named, _Air.over(system)
    shared, T_w = air.shared, Symbol("T_w", positive=True)
    k = shared.let(s["h"] / (s["c_a"] * s["Le"] ** Rational(2, 3)), "k", alone=True)
    film = _tube(k, Integer(1), air.y_s, air.y_inf, s).flux["J"]
    flux = film.xreplace({air.y_s: _saturated(system, T_w) / s["P"]})
    dew = shared.let(_dew_point(system, air.p_inf), "T_dew", alone=True)
    # What is left falls with T_w, from heat alone at the dew point to vapour alone at T.
    cold = RootIn(s["h"] * (s["T"] - T_w) - s["dH"] * flux, (T_w, dew, s["T"]))
    cold = shared.let(cold, "T_w", alone=True)
    p = Symbol("q", positive=True)
    q = s["h"] * (s["T"] - cold)
    diluted = definite(s["R"] / p, p, air.p_inf, _saturated(system, cold))
    parts = {
        "heat": q * (1 / cold - 1 / s["T"]),
        "vapour": q / s["dH"] * diluted,
    }
    return {
        "wet bulb": shared.formulas({"T_w": cold, "dew point": dew}, unit="K"),
        "wet bulb, entropy production": shared.formulas(
            {"sigma": sum(parts.values(), Integer(0)), **parts}, unit="W/(m^2*K)"),
    }  # fmt: skip


def _expansion(system: System) -> Formulas:
    """On a plate of 600 K conduction dissipates more."""
    shared, mole = _boiling_parts(system)
    hot = {system.named["T_p"]: Integer(600)}
    return shared.formulas(
        {"naive": mole["expansion"], "right": mole["conduction"].xreplace(hot)},
        unit="J/(mol*K)",
    )


def _work_twice(system: System) -> Formulas:
    s = system.named
    shared, mole = _boiling_parts(system)
    more = (s["dH_b"] + s["R"] * s["T_b"]) / s["dH_b"]
    right = mole["conduction"]
    return shared.formulas({"naive": more * right, "right": right}, unit="J/(mol*K)")


def _logarithm(system: System) -> Formulas:
    """Take the exponent of one base for that of another."""
    right = _saturated(system, system.named["T"])
    naive = system.named["p_1"] * Integer(10) ** _magnus(system, system.named["T"])
    return system.steps().formulas({"naive": naive, "right": right}, unit="Pa")


def _total_pressure(system: System) -> Formulas:
    s, shared = system.named, system.steps()
    right = shared.absorb(system["entropy production"])["sigma"]
    through = shared.absorb(system["molar flux"])["J"] * s["A"] * s["R"]
    p_inf = shared.absorb(system["vapour pressure"])["p_inf"]
    return shared.formulas({"naive": through * log(s["P"] / p_inf), "right": right}, unit="W/K")


def _draw(axes: Any, system: System) -> None:
    depths = [10 ** (i / 20 - 7) for i in range(121)]
    surface = system.kernel("resisting surface, molar flux")
    for alpha in (1, 0.1, 0.01):
        axes.loglog(depths, surface(alpha=alpha, L=depths)["N"], label=rf"$\alpha = {alpha:g}$")
    axes.loglog(depths, system.kernel("molar flux")(L=depths)["J"], "k:", label="diffusion alone")
    axes.set_xlabel("depth of the air above the water, m")
    axes.set_ylabel("evaporation, mol/(m$^2$ s)")
    axes.legend()


SYSTEM = System(
    title="Evaporating beaker: vapour that leaves while its profile stays",
    passage="""
Water stands in a beaker, and the air above it is saturated at the surface and drier at the
rim. Vapour diffuses up, the air stands still, and the profile of the vapour stays while the water
goes: a steady state that sinks as slowly as the water does. It dissipates the dilution of the
vapour. What a boiling kettle dissipates most depends on its plate: the dilution of the steam while
the plate is mild, heat into the water once it is hotter than a crossover. A wet thermometer is
colder than the air, since its latent heat must be conducted to it.
""",
    reference=Reference(
        authors="R. B. Bird, W. E. Stewart, E. N. Lightfoot",
        year=2002,
        title="Transport Phenomena, 2nd ed.",
        journal="Wiley",
        note="diffusion through a stagnant gas film; analogy of Chilton and Colburn",
    ),
    parameters=(
        parameter("T", "298.15", "K", "temperature of water, air and room"),
        parameter("P", "101325", "Pa", "pressure of the air"),
        parameter("phi", "0.40", "1", "relative humidity of the air; 0 is a vacuum for vapour",
                  latex=r"\varphi"),
        parameter("L", "0.05", "m", "depth of the air above the water, at the start"),
        parameter("A", pi * RADIUS**2, "m^2", "surface of the water", "a radius of 3.5 cm"),
        parameter("L_1", "0.06", "m", "depth of the air later on", "illustrative"),
        real("x", "0.025", "m", "height above the water"),
        parameter("t", "86400", "s", "time since the start"),
        parameter("D_0", "2.178e-5", "m^2/s", "diffusion of vapour in air at T_0",
                  "W. J. Massman, Atmos. Environ. 32, 1111 (1998)"),
        parameter("T_0", "273.15", "K", "0 degrees"),
        parameter("p_1", "610.94", "Pa", "vapour pressure at 0 degrees",
                  "O. A. Alduchov, R. E. Eskridge, J. Appl. Meteorol. 35, 601 (1996)"),
        parameter("b", "17.625", "1", "coefficient of Magnus' formula", "the same"),
        parameter("T_m", "243.04", "K", "temperature in Magnus' formula", "the same"),
        parameter("M", "18.01528e-3", "kg/mol", "molar mass of water"),
        parameter("rho", "997.05", "kg/m^3", "density of water at 25 degrees"),
        parameter("alpha", "0.1", "1", "accommodation coefficient of the surface",
                  "measured between 0.01 and 1, illustrative"),
        parameter("Q", "1000", "W", "heater of a kettle"),
        parameter("T_p", "430", "K", "temperature of its plate", "illustrative"),
        parameter("T_b", "373.15", "K", "temperature at which water boils"),
        parameter("phi_b", "0.5", "1", "relative humidity around the kettle; 0 is a vacuum",
                  latex=r"\varphi_b"),
        parameter("dH_b", "40657", "J/mol", "latent heat at 373 K", latex=r"\Delta H_b"),
        parameter("c_v", "33.6", "J/(mol*K)", "heat capacity of vapour, at constant pressure"),
        parameter("h", "12", "W/(m^2*K)", "heat transfer to a wet thermometer", "illustrative"),
        parameter("c_a", "29.1", "J/(mol*K)", "heat capacity of air, at constant pressure"),
        parameter("Le", "0.857", "1", "Lewis number of vapour in air"),
        parameter("dH", "44000", "J/mol", "latent heat at 298 K", latex=r"\Delta H"),
        GAS,
    ),
    build=_model,
    derive=_results,
    bounds={"T_b": "< T_p", "phi": "<= 1", "phi_b": "<= 1", "T": ">= 233.15 and <= 323.15"},
    bounds_for={
        "mole fraction": {"x": ">= 0 and <= L"},
        "local entropy production": {"x": ">= 0 and <= L"},
        "time until a depth": {"L_1": ">= L"},
    },
    exists=lambda system: {
        "the water is below boiling (else heat limits how fast it goes)":
            system.named["P"] - _saturated(system, system.named["T"])
    },
    limits=(
        Limit("moist air takes no water", "molar flux", "J", {"phi": "1"}, "0"),
        Limit("moist air dissipates nothing", "entropy production", "sigma", {"phi": "1"}, "0"),
        Limit("thin vapour diffuses by Fick's law", "molar flux", "J", {"P": "oo"},
              f"D_0*(T/T_0)^1.81*(1 - phi)*{SATURATED}/(R*T*L)"),
        Limit("vapour is saturated at the water", "mole fraction", "y", {"x": "0"},
              f"{SATURATED}/P"),
        Limit("and as in the air at the rim", "mole fraction", "y", {"x": "L"},
              f"phi*{SATURATED}/P"),
        Limit("the depth starts where it starts", "depth in time", "L", {"t": "0"}, "L"),
        Limit("no time until it", "time until a depth", "t", {"L_1": "L"}, "0"),
        Limit("a surface without resistance is saturated", "resisting surface, mole fraction",
              "y_0", {"alpha": "oo"}, f"{SATURATED}/P"),
        Limit("at a surface that lets nothing pass the air is dry",
              "resisting surface, mole fraction", "y_0", {"alpha": "0"}, f"phi*{SATURATED}/P"),
        Limit("where air is close the surface alone resists", "resisting surface, mole fraction",
              "y_0", {"L": "0"}, f"phi*{SATURATED}/P"),
        Limit("a plate as hot as the water dissipates nothing", "boiling, entropy a mole",
              "conduction", {"T_p": "T_b"}, "0"),
        Limit("in moist air a wet thermometer is as warm as the air", "wet bulb", "T_w",
              {"phi": "1"}, "T"),
        Limit("and dissipates nothing", "wet bulb, entropy production", "sigma", {"phi": "1"},
              "0"),
    ),
    corrections=(
        Correction(
            naive="a boiling kettle dissipates mainly by the expansion of its steam",
            right="only while the plate is below a crossover; at 600 K heat conduction "
            "dissipates more",
            evidence=_expansion,
        ),
        Correction(
            naive="heat conduction pays for latent heat and for the work against the air",
            right="latent heat is an enthalpy: that work is part of it",
            evidence=_work_twice,
        ),
        Correction(
            naive="the entropy of the vapour is that of expanding from the total pressure",
            right="it expands from its own partial pressure at the water",
            evidence=_total_pressure,
        ),
        Correction(
            naive="coefficients of a vapour pressure are those of a power of ten",
            right="these are of a power of e: which logarithm a table means must be looked up",
            evidence=_logarithm,
        ),
    ),
    draw=_draw,
)  # fmt: skip
