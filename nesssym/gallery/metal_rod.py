"""Metal rod: heat runs from hot to cold, and the temperatures stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sympy import Expr, Rational, Symbol, pi

from nesssym.constants import STEFAN_BOLTZMANN
from nesssym.fields.fin import Fin
from nesssym.fields.parts import Contact, Film, Layer, Radiator
from nesssym.fields.rod import Rod
from nesssym.fields.thermoelectric import ThermoelectricLeg
from nesssym.formulas import Formulas
from nesssym.networks.files import Reference
from nesssym.system import Correction, Limit, System, parameter, real

__all__ = ["SYSTEM"]

PIN = Rational(5, 1000)
ON_ROD = ("temperature", "force", "local entropy production", "power law, temperature",
          "temperature of least entropy production")  # fmt: skip
PLACES = (
    (ON_ROD, "x", ">= 0 and <= L"),
    (("steel between gases, temperature",), "x", ">= 0 and <= L_s"),
    (("lagged pipe, temperature", "lagged ball, temperature"), "x", ">= r_i and <= r_o"),
    (("fin, temperature",), "x_f", ">= 0 and <= L_f"),
)

Symbols = Mapping[str, Symbol]


def _model(s: Symbols) -> Rod:
    return _copper(s, s["A"])


def _copper(s: Symbols, area: Expr) -> Rod:
    return Rod(s["kappa"], s["L"], s["T_h"], s["T_c"], area=area)


def _power_law(s: Symbols) -> Rod:
    """Take a power of temperature; n = -1 where phonons scatter each other."""
    T = Symbol("T", positive=True)
    kappa = s["kappa"] * (T / s["T_0"]) ** s["n"]
    return Rod(kappa, s["L"], s["T_h"], s["T_c"], area=s["A"])


def _steel(s: Symbols) -> Rod:
    T = Symbol("T", positive=True)
    kappa = s["kappa_s"] * (1 + s["beta"] * (T - s["T_0"]))
    ends = (Film(s["h_h"], s["T_gh"]), Film(s["h_c"], s["T_gc"]))
    return Rod(kappa, s["L_s"], *ends, area=s["A_s"])


def _layers(s: Symbols) -> Rod:
    first, second, third = (Layer(s[f"kappa_{i}"], s[f"L_{i}"]) for i in (1, 2, 3))
    parts = [first, Contact(s["R_1"]), second, Contact(s["R_2"]), third]
    return Rod(parts, hot=s["T_lh"], cold=s["T_lc"], area=s["A_l"])


def _shell(s: Symbols, area: Expr) -> Rod:
    return Rod(s["kappa_p"], s["r_o"] - s["r_i"], s["T_h"], s["T_c"], area=area, start=s["r_i"])


def _glowing(s: Symbols) -> Rod:
    sky = Radiator(s["epsilon"] * s["sigma_SB"], s["T_s"])
    return Rod(s["kappa_r"], s["L_r"], s["T_r"], sky)


def _fin(s: Symbols, tip: str) -> Fin:
    section = (s["P_f"], s["A_f"])
    return Fin(s["kappa_f"], s["h"], *section, s["L_f"], s["T_b"], s["T_inf"], tip)


def _leg(s: Symbols) -> ThermoelectricLeg:
    return ThermoelectricLeg(s["S"], s["K"], s["R_e"], s["T_eh"], s["T_ec"], s["I"])


def _results(rod: Rod, system: System) -> dict[str, Formulas]:
    s = system.named
    x = Symbol("x", real=True)
    steel, layers, glowing, power = _steel(s), _layers(s), _glowing(s), _power_law(s)
    fin, leg = _fin(s, "convective"), _leg(s)
    return {
        "heat flux": rod.flux,
        "heat current": rod.current,
        "temperature": rod.profile,
        "force": rod.force,
        "local entropy production": rod.local_entropy_production,
        "entropy production": rod.entropy_production,
        "entropy production at a held gradient": _steep(system),
        "entropy production of a bundle": _copper(s, s["N"] * s["A"]).entropy_production,
        "least entropy production": replace(
            rod.least_dissipation.select(["sigma"]), unit="W/K"),
        "temperature of least entropy production": replace(
            rod.least_dissipation.select(["T"]), unit="K"),
        "power law, heat flux": power.flux,
        "power law, temperature": power.profile,
        "power law, entropy production": power.entropy_production,
        "steel between gases, heat flux": steel.flux,
        "steel between gases, ends": steel.temperatures,
        "steel between gases, temperature": steel.profile,
        "steel between gases, entropy production": steel.entropy_production,
        "layers, heat flux": layers.flux,
        "layers, interfaces": layers.temperatures,
        "layers, entropy production": layers.entropy_production,
        "lagged pipe, heat current": _shell(s, 2 * pi * s["H"] * x).current,
        "lagged pipe, temperature": _shell(s, 2 * pi * s["H"] * x).profile,
        "lagged ball, heat current": _shell(s, 4 * pi * x**2).current,
        "lagged ball, temperature": _shell(s, 4 * pi * x**2).profile,
        "glowing end, heat flux": glowing.flux,
        "glowing end, temperatures": glowing.temperatures,
        "glowing end, entropy production an area": replace(
            glowing.entropy_production, unit="W/(K m^2)"),
        "fin, heat current": fin.current,
        "fin, efficiency": fin.efficiency,
        "fin, temperature": fin.profile.subs({fin.x: s["x_f"]}),
        "fin, entropy production": fin.entropy_production,
        "fin with an insulated tip, entropy production":
            _fin(s, "adiabatic").entropy_production,
        "thermoelectric leg, heat and power": leg.current_in,
        "thermoelectric leg, entropy production": leg.entropy_production,
    }  # fmt: skip


def _steep(system: System) -> Formulas:
    """Move the hot end away while the gradient stays."""
    s, rod = system.named, _model(system.named)
    return rod.entropy_production.subs({s["T_h"]: s["T_c"] + s["G"] * s["L"]})


def _twice(system: System) -> Formulas:
    """Return the entropy production over that of a rod half as long."""
    L = system.named["L"]
    fixed, steep = system.model.entropy_production["sigma"], _steep(system)["sigma"]
    half = {L: L / 2}
    return system.steps().formulas(
        {"naive": 2 * fixed.xreplace(half), "right": fixed, "half as long": fixed.xreplace(half),
         "held gradient": steep, "held gradient, half as long": steep.xreplace(half)}, unit="W/K",
    )  # fmt: skip


def _prigogine(system: System) -> Formulas:
    shared = system.steps()
    least = shared.absorb(system.model.least_dissipation)["sigma"]
    steady = shared.absorb(system.model.entropy_production)["sigma"]
    return shared.formulas({"naive": least, "right": steady}, unit="W/K")


def _draw(axes: Any, system: System) -> None:
    length = float(system.values[system.named["L"]])
    places = [length * i / 100 for i in range(101)]
    for n in (2, 0, -1, -2):
        T = system.kernel("power law, temperature")(n=n, x=places)["T"]
        axes.plot(places, T, label=rf"$\kappa\propto T^{{{n}}}$" if n else "constant $\\kappa$")
    least = system.kernel("temperature of least entropy production")(x=places)["T"]
    axes.plot(places, least, "k:", label="least entropy, constant $\\kappa$")
    axes.set_xlabel("place, m")
    axes.set_ylabel("temperature, K")
    axes.legend()


SYSTEM = System(
    title="Metal rod: heat that runs while the temperatures stay",
    passage="""
One end is hot, the other is cold. After a while no temperature changes any more, and yet heat runs
all the time: the oldest steady state out of equilibrium. What is in the way of the heat adds up:
metal with any conductivity, layers, contacts, films of gas, a glowing end. Between the same two
temperatures a longer rod conducts less and makes less entropy; only where the gradient is held does
it make more. And the steady profile is not the one of least entropy production, unless kappa T^2 is
constant.
""",
    reference=Reference(
        authors="S. R. de Groot, P. Mazur",
        year=1962,
        title="Non-Equilibrium Thermodynamics",
        journal="North-Holland",
        note="chapters 5 and 11; fins as in Incropera and DeWitt, Fundamentals of Heat Transfer",
    ),
    parameters=(
        parameter("kappa", "401", "W/(m*K)", "conductivity of copper", "handbook, 300 K",
                  latex=r"\kappa"),
        parameter("L", "0.5", "m", "length", "illustrative"),
        parameter("A", "1e-4", "m^2", "cross section", "illustrative"),
        parameter("T_h", "900", "K", "temperature of the hot end"),
        parameter("T_c", "300", "K", "temperature of the cold end"),
        real("x", "0.15", "m", "place, from the hot end; from the axis in a pipe"),
        parameter("G", "1200", "K/m", "gradient that is held"),
        parameter("N", "10", "1", "number of rods in a bundle"),
        real("n", "-1", "1", "exponent of a conductivity that is a power of temperature",
             "-1 for phonons that scatter each other"),
        parameter("T_0", "300", "K", "temperature to which conductivities refer"),
        parameter("kappa_s", "14.9", "W/(m*K)", "conductivity of stainless steel 304 at T_0",
                  "handbook"),
        real("beta", "1.1e-3", "1/K", "its relative rise with temperature", "fit to a handbook",
             latex=r"\beta"),
        parameter("L_s", "0.3", "m", "length of the steel", "illustrative"),
        parameter("A_s", "5e-4", "m^2", "cross section of the steel", "illustrative"),
        parameter("h_h", "250", "W/(m^2*K)", "heat transfer from the hot gas", "illustrative"),
        parameter("h_c", "40", "W/(m^2*K)", "heat transfer to the cold gas", "illustrative"),
        parameter("T_gh", "800", "K", "temperature of the hot gas", latex=r"T_\text{hot gas}"),
        parameter("T_gc", "290", "K", "temperature of the cold gas", latex=r"T_\text{cold gas}"),
        parameter("kappa_1", "401", "W/(m*K)", "conductivity of the first layer", "copper"),
        parameter("L_1", "0.10", "m", "its length", "illustrative"),
        parameter("R_1", "1e-4", "m^2*K/W", "first contact resistance", "illustrative"),
        parameter("kappa_2", "0.9", "W/(m*K)", "conductivity of the second layer",
                  "filled polymer, illustrative"),
        parameter("L_2", "0.05", "m", "its length", "illustrative"),
        parameter("R_2", "2e-4", "m^2*K/W", "second contact resistance", "illustrative"),
        parameter("kappa_3", "237", "W/(m*K)", "conductivity of the third layer", "aluminium"),
        parameter("L_3", "0.20", "m", "its length", "illustrative"),
        parameter("A_l", "1e-3", "m^2", "cross section of the layers", "illustrative"),
        parameter("T_lh", "600", "K", "temperature of the hot side of the layers"),
        parameter("T_lc", "300", "K", "temperature of the cold side of the layers"),
        parameter("kappa_p", "0.04", "W/(m*K)", "conductivity of the lagging of a pipe",
                  "mineral wool"),
        parameter("r_i", "0.1", "m", "inner radius of the lagging, of a pipe or a ball",
                  "illustrative"),
        parameter("r_o", "0.2", "m", "its outer radius", "illustrative"),
        parameter("H", "1", "m", "length of the pipe", "illustrative"),
        parameter("kappa_r", "20", "W/(m*K)", "conductivity of the glowing rod", "illustrative"),
        parameter("L_r", "0.2", "m", "its length", "illustrative"),
        parameter("T_r", "1000", "K", "temperature of its hot end"),
        parameter("T_s", "300", "K", "temperature of the surroundings that it glows into"),
        parameter("epsilon", "0.8", "1", "its emissivity", latex=r"\varepsilon"),
        STEFAN_BOLTZMANN,
        parameter("kappa_f", "167", "W/(m*K)", "conductivity of the fin", "aluminium 6061"),
        parameter("P_f", pi * PIN, "m", "perimeter of the fin", "a pin of 5 mm"),
        parameter("A_f", pi * PIN**2 / 4, "m^2", "its cross section", "a pin of 5 mm"),
        parameter("L_f", "80e-3", "m", "its length", "illustrative"),
        real("x_f", "40e-3", "m", "place on the fin, from its base"),
        parameter("h", "35", "W/(m^2*K)", "heat transfer to the air, also at the tip",
                  "illustrative"),
        parameter("T_b", "400", "K", "temperature of the base of the fin"),
        parameter("T_inf", "293.15", "K", "temperature of the air", latex=r"T_\infty"),
        real("S", "2.0e-4", "V/K", "Seebeck coefficient", "bismuth telluride, illustrative"),
        parameter("K", "7.5e-4", "W/K", "heat conductance of the leg", "illustrative"),
        parameter("R_e", "0.02", "ohm", "its electric resistance", "illustrative"),
        real("I", "1.2", "A", "electric current", "illustrative"),
        parameter("T_eh", "400", "K", "temperature of the hot end of the leg"),
        parameter("T_ec", "300", "K", "temperature of the cold end of the leg"),
    ),
    build=_model,
    derive=_results,
    bounds={"r_i": "< r_o", "epsilon": "<= 1"},
    bounds_for={name: {place: inside} for names, place, inside in PLACES for name in names},
    limits=(
        Limit("no difference, no heat", "heat flux", "J", {"T_h": "T_c"}, "0"),
        Limit("no difference, no entropy", "entropy production", "sigma", {"T_h": "T_c"}, "0"),
        Limit("a long rod makes no entropy", "entropy production", "sigma", {"L": "oo"}, "0"),
        Limit("with the gradient held entropy saturates",
              "entropy production at a held gradient", "sigma", {"L": "oo"}, "kappa*A*G/T_c"),
        Limit("a power law of exponent -1", "power law, heat flux", "J", {"n": "-1"},
              "kappa*T_0*log(T_h/T_c)/L"),
        Limit("its profile is exponential", "power law, temperature", "T", {"n": "-1"},
              "T_h*exp(x/L*log(T_c/T_h))"),
        Limit("a power law of exponent 0", "power law, heat flux", "J", {"n": "0"},
              "kappa*(T_h - T_c)/L"),
        Limit("with constant conductivity resistances add up", "steel between gases, heat flux",
              "J", {"beta": "0"}, "(T_gh - T_gc)/(1/h_h + L_s/kappa_s + 1/h_c)"),
        Limit("without films the ends are as hot as the gases", "steel between gases, heat flux",
              "J", {"h_h": "oo", "h_c": "oo"},
              "kappa_s*(T_gh - T_gc)*(1 + beta*((T_gh + T_gc)/2 - T_0))/L_s"),
        Limit("the cold end of the lagging is cold", "lagged pipe, temperature", "T",
              {"x": "r_o"}, "T_c"),
        Limit("in a ball the temperature falls with one over the radius",
              "lagged ball, temperature", "T", {},
              "T_c + (T_h - T_c)*(1/x - 1/r_o)/(1/r_i - 1/r_o)"),
        Limit("an end that does not glow is as hot as the other", "glowing end, temperatures",
              "T_1", {"epsilon": "0"}, "T_r"),
        Limit("a long fin", "fin, heat current", "Q", {"L_f": "oo"},
              "sqrt(h*P_f*kappa_f*A_f)*(T_b - T_inf)"),
        Limit("a short fin is at the temperature of the base", "fin, efficiency", "eta",
              {"L_f": "0"}, "1"),
        Limit("a fin as hot at its tip, above the air, as the air is",
              "fin with an insulated tip, entropy production", "sigma",
              {"T_b": "T_inf*(1 + cosh(sqrt(h*P_f/(kappa_f*A_f))*L_f))"},
              "sqrt(h*P_f*kappa_f*A_f)*tanh(sqrt(h*P_f/(kappa_f*A_f))*L_f)*(T_b - T_inf)^2"
              "/(T_b*T_inf)"),
        Limit("without current a leg conducts", "thermoelectric leg, entropy production",
              "sigma", {"I": "0"}, "K*(T_eh - T_ec)^2/(T_eh*T_ec)"),
    ),
    corrections=(
        Correction(
            naive="a longer rod makes more entropy",
            right="between fixed temperatures it makes less, in proportion to 1/L; it makes more "
            "where the gradient is held",
            evidence=_twice,
        ),
        Correction(
            naive="the steady state is the profile of least entropy production",
            right="that holds only where kappa T^2 is constant; Fourier's profile makes more",
            evidence=_prigogine,
        ),
    ),
    draw=_draw,
)  # fmt: skip
