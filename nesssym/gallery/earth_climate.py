"""Earth: a steady climate between sunlight and the cold of space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from sympy import Expr, Integer, Integral, Rational, Symbol, diff, integrate, legendre, tanh

from nesssym.constants import STEFAN_BOLTZMANN
from nesssym.exact.isolation import isolate
from nesssym.fields.gaussian import Gaussian
from nesssym.formulas import Formulas
from nesssym.generic import entropy_production, steady_state
from nesssym.networks import FlowNetwork
from nesssym.networks.files import Reference
from nesssym.radiation import carried, column, dilution, dilution_series, eddington, layers
from nesssym.roots import RootIn
from nesssym.system import Correction, Limit, System, parameter, real

__all__ = ["SYSTEM"]


def _model(symbols: Mapping[str, Symbol]) -> FlowNetwork:
    return layers(1, symbols)


def _results(model: FlowNetwork, system: System) -> dict[str, Formulas]:
    shared = system.steps()
    ss = steady_state(model)
    F, T_e = _sunlight(system), _emission(system)
    T = Symbol("T", positive=True)
    warming = 1 / diff(_black(system, T), T).xreplace({T: T_e})
    T_s = ss["T_s"]
    T_sun = system.named["T_sun"]
    return {
        "absorbed sunlight": shared.formulas({"F": F}, unit="W/m^2"),
        "emission temperature": shared.formulas({"T_e": T_e}, unit="K"),
        "sensitivity": shared.formulas({"lambda": warming}, heads=[r"\lambda"],
                                       unit="K*m^2/W"),
        "one layer": replace(ss.state, unit="K"),
        "one layer, heat flow": ss.currents,
        "grey layers": _column(system),
        "grey atmosphere": _atmosphere(system),
        "material entropy production": shared.formulas(
            {"sigma": F * (1 / T_e - 1 / T_s)}, heads=[r"\sigma"], unit="W/(m^2*K)"),
        "planetary entropy production": shared.formulas(
            {"sigma": F * (carried(T_e) - carried(T_sun))},
            heads=[r"\sigma"], unit="W/(m^2*K)"),
        **_diluted(system),
        **_weather(system),
        "two boxes": replace(steady_state(_boxes(system)).state, unit="K"),
        "two boxes, entropy production": _transport(system).select(["sigma"]),
        **_most(system),
        "ice and albedo": _ice(system),
        "ice and albedo, sunlight for a temperature": _sunlight_for(system),
        "one-dimensional climate": _zonal(system, system.named["T_0"]),
        "one-dimensional climate, above 0 degrees": _zonal(system, Integer(0)),
        "meridional transport": _meridional(system),
    }  # fmt: skip


def _sunlight(system: System) -> Expr:
    return system.expr("S_0*(1 - a)/4")


def _black(system: System, T: Expr) -> Expr:
    return system.named["sigma_SB"] * T**4


def _emission(system: System) -> Expr:
    """Balance sunlight and the light of a black body."""
    T = Symbol("T", positive=True)
    assume = (system.expr("1 - a"),)
    return isolate([_sunlight(system) - _black(system, T)], [T], assume).values[T]


def _diluted(system: System) -> dict[str, Formulas]:
    """Scatter a part of the sunlight into all directions: it keeps its colour, but is thin."""
    s, shared = system.named, system.steps()
    scattered = s["a"] * s["S_0"] / 4
    part = scattered / _black(system, s["T_sun"])
    epsilon = shared.let(part, "epsilon_s", alone=True, latex=r"\varepsilon_s")
    entropy = scattered * carried(s["T_sun"])
    spread = shared.let(dilution(epsilon), "chi_s", alone=True, latex=r"\chi_s")
    found = {"entropy": entropy * spread, "produced": entropy * (spread - 1)}
    heads = [r"\chi", r"\chi_1"]
    return {
        "diluted light": shared.formulas(
            {"chi": dilution(s["delta"]), "first order": dilution_series(s["delta"])},
            heads=heads),
        "reflected sunlight": shared.formulas({"dilution": epsilon, "chi": spread}),
        "reflected sunlight, entropy": shared.formulas(found, unit="W/(m^2*K)"),
    }  # fmt: skip


def _weather(system: System) -> dict[str, Formulas]:
    """Let weather push at random on an ocean that loses heat: one variable, so in equilibrium."""
    s = system.named
    ocean = Gaussian([[s["B"] / s["C"]]], [s["q"] / s["C"] ** 2], ["T"])
    memory = system.steps().formulas({"tau": 1 / ocean.drift[0, 0]}, heads=[r"\tau_C"], unit="s")
    return {
        "random weather, variance": replace(ocean.profile, unit="K^2"),
        "random weather, memory": memory,
        "random weather, irreversibility": replace(ocean.entropy_production, unit="1/s"),
    }


def _column(system: System) -> Formulas:
    epsilon, N, k = (system.named[s] for s in ("epsilon", "N", "k"))
    return _grey(system, dict(zip(("T_s", "T_k"), column(epsilon, N, k), strict=True)))


def _atmosphere(system: System) -> Formulas:
    tau = system.named["tau"]
    ground, lowest = eddington(tau, tau)
    _, top = eddington(tau, Integer(0))
    return _grey(system, {"T_s": ground, "lowest air": lowest, "highest air": top})


def _grey(system: System, powers: Mapping[str, Expr]) -> Formulas:
    """Return temperatures whose fourth powers are given in units of that of emission."""
    T_e = _emission(system)
    return system.steps().formulas(
        {name: T_e * value ** Rational(1, 4) for name, value in powers.items()}, unit="K"
    )


def _boxes(system: System) -> FlowNetwork:
    return FlowNetwork.from_text(
        """
        sun_1: sun -> tropics ; S_1
        sun_2: sun -> poles ; S_2
        out_1: tropics -> space ; A + B*(T_1 - T_0)
        out_2: poles -> space ; A + B*(T_2 - T_0)
        transport: tropics -> poles ; D_12*(T_1 - T_2)
        """,
        unknowns={"tropics": "T_1", "poles": "T_2"},
        potentials={"tropics": "1/T_1", "poles": "1/T_2", "sun": 0, "space": 0},
        symbols=system.named,
        unit="W/m^2",
        dissipation="W/(m^2*K)",
    )


def _transport(system: System) -> Formulas:
    found = entropy_production(steady_state(_boxes(system)))
    shared = system.steps()
    return shared.formulas(
        {"sigma": shared.absorb(found)["transport"]}, heads=[r"\sigma"], unit="W/(m^2*K)"
    )


def _most(system: System) -> dict[str, Formulas]:
    """Find the transport with which most entropy is produced."""
    k, sigma = system.named["D_12"], _transport(system)["sigma"]
    best = isolate([diff(sigma, k)], [k]).values[k]
    shared = system.steps()
    most = sigma.xreplace({k: shared.let(best, "k", alone=True, latex="k^*")})
    return {
        "two boxes, best transport": shared.formulas({"k": best}, heads=["k^*"],
                                                     unit="W/(m^2*K)"),
        "two boxes, most entropy": shared.formulas({"sigma": most},
                                                   heads=[r"\sigma_{\max}"], unit="W/(m^2*K)"),
    }  # fmt: skip


def _gain(system: System, T: Expr, reflected: Expr) -> Expr:
    s = system.named
    return s["S_0"] * (1 - reflected) / 4 - s["epsilon_eff"] * _black(system, T)


def _albedo(system: System, T: Expr) -> Expr:
    a_w, a_i, T_i, w = (system.named[s] for s in ("a_w", "a_i", "T_i", "w"))
    return a_w + (a_i - a_w) * (1 - tanh((T - T_i) / w)) / 2


def _ice(system: System) -> Formulas:
    """Three balances of sunlight and emission, told apart by the extrema of what is gained."""
    T, s = Symbol("T", positive=True), system.named
    gain = _gain(system, T, _albedo(system, T))
    cold, hot = (isolate([_gain(system, T, s[a])], [T], [1 - s[a]]).values[T]
                 for a in ("a_i", "a_w"))  # fmt: skip
    slope = diff(gain, T)
    least, most = RootIn(slope, (T, cold, s["T_i"])), RootIn(slope, (T, s["T_i"], hot))
    return system.steps().formulas(
        {name: RootIn(gain, (T, low, high)) for name, low, high in (
            ("snowball", cold, least), ("unstable", least, most), ("warm", most, hot))},
        unit="K",
    )  # fmt: skip


def _sunlight_for(system: System) -> Formulas:
    """Return the solar constant at which a temperature is steady."""
    T, S = system.named["T_g"], system.named["S_0"]
    found = isolate([_gain(system, T, _albedo(system, T))], [S]).values[S]
    return system.steps().formulas({"S_0": found}, heads=["S_0"], unit="W/m^2")


def _profile(system: System, x: Symbol) -> Expr:
    """Expand sunlight in Legendre polynomials, on which diffusion acts as a number."""
    Q, s_2, c_0, c_2, D, A, B = (system.named[s] for s in ("Q", "s_2", "c_0", "c_2", "D", "A", "B"))
    heat = Q * (1 + s_2 * legendre(2, x)) * (c_0 - c_2 * legendre(2, x)) - A
    total: Expr = Integer(0)
    for order in (0, 2, 4):
        P = legendre(order, x)
        share = (2 * order + 1) * integrate((heat * P).expand(), (x, 0, 1))
        moved = (diff((1 - x**2) * diff(P, x), x) / P).cancel()
        total += share / (B - D * moved) * P
    return total


def _zonal(system: System, zero: Expr) -> Formulas:
    x = Symbol("x", real=True)
    T = _profile(system, x)
    places = {"equator": Integer(0), "pole": Integer(1), "T": system.named["x"]}
    return system.steps().formulas(
        {name: zero + T.xreplace({x: place}) for name, place in places.items()}, unit="K"
    )


def _meridional(system: System) -> Formulas:
    x = Symbol("y", real=True)
    T = system.named["T_0"] + _profile(system, x)
    local = system.named["D"] * (1 - x**2) * (diff(T, x) / T) ** 2
    return system.steps().formulas(
        {"sigma": Integral(local, (x, 0, 1))}, heads=[r"\sigma"], unit="W/(m^2*K)"
    )


def _four_thirds(system: System) -> Formulas:
    shared = system.steps()
    right = system["planetary entropy production"]["sigma"]
    T_e, T_sun = _emission(system), system.named["T_sun"]
    naive = _sunlight(system) * (1 / T_e - 1 / T_sun)
    return shared.formulas({"naive": naive, "right": right}, unit="W/(m^2*K)")


def _whole_constant(system: System) -> Formulas:
    """Compare with a planet that is a disc which faces the Sun."""
    shared = system.steps()
    right = _emission(system)
    naive = right.xreplace({system.named["S_0"]: 4 * system.named["S_0"]})
    return shared.formulas({"naive": naive, "right": right}, unit="K")


def _opaque_to_sunlight(system: System) -> Formulas:
    """Compare with a layer that takes the sunlight which the ground takes here.

    Then the layer and space send the ground as much as it radiates through it.
    """
    shared, s = system.steps(), system.named
    network = FlowNetwork.from_text(
        """
        sunlight: sun -> layer ; S_0*(1 - a)/4
        ground_layer: ground -> layer ; epsilon*sigma_SB*(T_s^4 - T_1^4)
        ground_space: ground -> space ; (1 - epsilon)*sigma_SB*T_s^4
        layer_space: layer -> space ; epsilon*sigma_SB*T_1^4
        """,
        unknowns={"ground": "T_s", "layer": "T_1"}, symbols=s, unit="W/m^2",
    )  # fmt: skip
    naive = shared.absorb(steady_state(network).state)["T_s"]
    right = shared.absorb(steady_state(system.model).state)["T_s"]
    return shared.formulas({"naive": naive, "right": right}, unit="K")


def _draw(axes: Any, system: System) -> None:
    """Follow the temperature with the sunlight that keeps it: where that falls, nothing holds."""
    temperatures = np.linspace(228, 312, 400)
    kernel = system.kernel("ice and albedo, sunlight for a temperature")
    sunlight = kernel(T_g=temperatures)["S_0"]
    held = np.gradient(sunlight) > 0
    for part, style in ((held, "C0"), (~held, "C0--")):
        axes.plot(np.where(part, sunlight, np.nan), temperatures, style)
    now = float(system.values[system.named["S_0"]])
    for name, color in (("warm", "C3"), ("unstable", "w"), ("snowball", "C0")):
        T = float(system.at("ice and albedo")[name])
        axes.plot(now, T, "o", color=color, mec="k")
        axes.annotate(f"{name}, {T:.0f} K", (now, T), (8, -4), textcoords="offset points")
    axes.axvline(now, color="k", lw=0.5)
    axes.set_xlabel("solar constant, W/m$^2$ (line: today)")
    axes.set_ylabel("steady temperature of the ground, K")


SYSTEM = System(
    title="Earth: a steady climate between the Sun and space",
    passage="""
Sunlight comes in and infrared light leaves, as much energy but twenty times the entropy. Layers
that let sunlight through and absorb infrared light keep the ground warmer than what space sees.
Sunlight that is only reflected keeps its colour, but its photons are spread thin, which is entropy
too. Random weather makes the ocean's temperature wander, slowly and without an arrow of time.
""",
    reference=Reference(
        authors="G. R. North, R. F. Cahalan, J. A. Coakley",
        year=1981,
        title="Energy balance climate models",
        journal="Rev. Geophys. 19, 91",
        doi="10.1029/RG019i001p00091",
        note="one-dimensional energy balance; diluted light: Landsberg and Tonge 1979; random "
        "weather: Hasselmann 1976, doi:10.1111/j.2153-3490.1976.tb00696.x",
    ),
    parameters=(
        parameter("S_0", "1361", "W/m^2", "solar constant",
                  "G. Kopp, J. L. Lean, Geophys. Res. Lett. 38, L01706 (2011)"),
        real("a", "0.294", "1", "albedo"),
        parameter("epsilon", "0.78", "1", "emissivity of a layer", latex=r"\varepsilon"),
        real("N", "1", "1", "number of layers"),
        parameter("k", "1", "1", "number of a layer, from the ground"),
        parameter("tau", "0.84", "1", "optical depth of a grey atmosphere", latex=r"\tau"),
        parameter("delta", "0.3", "1", "part of its photons that diluted light has",
                  latex=r"\delta"),
        parameter("T_sun", "5772", "K", "temperature of the Sun", latex=r"T_\text{sun}"),
        parameter("A", "203.3", "W/m^2", "infrared emission at 0 degrees"),
        parameter("B", "2.09", "W/(m^2*K)", "its rise with temperature"),
        parameter("T_0", "273.15", "K", "0 degrees"),
        parameter("C", "2.1e8", "J/(m^2*K)", "heat capacity of 50 m of ocean"),
        parameter("q", "3e7", "W^2*s/m^4", "strength of the noise of the weather",
                  "10 W/m^2 for some days, illustrative"),
        parameter("S_1", "300", "W/m^2", "sunlight absorbed in the tropics"),
        parameter("S_2", "175", "W/m^2", "sunlight absorbed near the poles"),
        parameter("D_12", "1", "W/(m^2*K)", "transport between the boxes", "illustrative"),
        parameter("a_w", "0.28", "1", "albedo without ice"),
        parameter("a_i", "0.62", "1", "albedo with ice"),
        parameter("T_i", "262", "K", "temperature at which half is ice"),
        parameter("w", "8", "K", "width of this change"),
        parameter("T_g", "288", "K", "temperature of the ground that is to be steady"),
        parameter("epsilon_eff", "0.612", "1", "emissivity of the planet",
                  latex=r"\varepsilon_\text{eff}"),
        parameter("Q", "340.25", "W/m^2", "mean sunlight"),
        real("s_2", "-0.482", "1", "its second Legendre coefficient"),
        parameter("c_0", "0.681", "1", "mean absorbed part"),
        parameter("c_2", "0.202", "1", "its fall to the poles"),
        parameter("D", "0.649", "W/(m^2*K)", "meridional diffusion"),
        real("x", "0.5", "1", "sine of the latitude"),
        STEFAN_BOLTZMANN,
    ),
    build=_model,
    derive=_results,
    bounds={"a": ">= 0 and < 1", "a_w": "< a_i", "a_i": "< 1", "N": ">= 0"}
    | {"epsilon": "<= 1", "delta": "<= 1", "x": ">= -1 and <= 1"},
    exists=lambda system: {
        "the planet is colder than the Sun": system.named["T_sun"] - _emission(system)
    },
    limits=(
        Limit("opaque layers add up", "grey layers", "T_s", {"epsilon": "1"},
              "(S_0*(1-a)*(N+1)/(4*sigma_SB))^(1/4)"),
        Limit("without layers the ground is what space sees", "grey layers", "T_s", {"N": "0"},
              "(S_0*(1-a)/(4*sigma_SB))^(1/4)"),
        Limit("layers that absorb nothing change nothing", "grey layers", "T_s",
              {"epsilon": "0"}, "(S_0*(1-a)/(4*sigma_SB))^(1/4)"),
        Limit("enclosed in sunlight a planet is as hot as the Sun", "emission temperature", "T_e",
              {"a": "0", "S_0": "4*sigma_SB*T_sun^4"}, "T_sun"),
        Limit("thin air warms nothing", "grey atmosphere", "T_s", {"tau": "0"},
              "(S_0*(1-a)/(4*sigma_SB))^(1/4)"),
        Limit("light that is not diluted is black", "diluted light", "chi", {"delta": "1"}, "1"),
        Limit("no sunlight reflected, no entropy scattered", "reflected sunlight, entropy",
              "produced", {"a": "0"}, "0"),
        Limit("a planet as hot as the Sun produces no entropy", "planetary entropy production",
              "sigma", {"T_sun": "(S_0*(1-a)/(4*sigma_SB))^(1/4)"}, "0"),
        Limit("small gradients are transported best with half of B", "two boxes, best transport",
              "k", {"S_1": "S_2"}, "B/2"),
        Limit("no transport, no entropy", "two boxes, entropy production", "sigma",
              {"D_12": "0"}, "0"),
        Limit("with fast transport there is no difference left to dissipate",
              "two boxes, entropy production", "sigma", {"D_12": "oo"}, "0"),
    ),
    corrections=(
        Correction(
            naive="radiation carries the entropy F/T",
            right="it carries 4/3 of that",
            evidence=_four_thirds,
        ),
        Correction(
            naive="a planet takes the solar constant",
            right="a sphere takes a quarter of it, on average over day and night",
            evidence=_whole_constant,
        ),
        Correction(
            naive="it does not matter where sunlight is absorbed",
            right="a layer that takes the sunlight itself keeps the ground cold",
            evidence=_opaque_to_sunlight,
        ),
    ),
    draw=_draw,
)  # fmt: skip
