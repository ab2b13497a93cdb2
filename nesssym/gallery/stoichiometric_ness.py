"""Networks whose stoichiometry allows a flux: an enzyme, Schloegl's model, the Brusselator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Expr, Integer, Poly, Symbol, diff, oo, sqrt

from nesssym.chemistry.rate_equation import RateEquation, rate_equation
from nesssym.constants import GAS
from nesssym.exact.isolation import isolate
from nesssym.formulas import Formulas, Steps
from nesssym.generic import affinities, entropy_production, steady_state
from nesssym.networks import ReactionNetwork
from nesssym.networks.files import Reference
from nesssym.roots import RootIn
from nesssym.system import Correction, Limit, System, parameter

__all__ = ["SYSTEM"]

SCHLOEGL = "A + 2 X <-> 3 X ; c_1/2, c_2/6 \n B <-> X ; c_3, c_4"
BRUSSELATOR = """
    G <-> X ; s_1, r_1
    H + X <-> Y + W ; s_2, r_2
    2 X + Y <-> 3 X ; s_3, r_3
    X <-> Q ; s_4, r_4
"""


def _model(symbols: Mapping[str, Symbol]) -> ReactionNetwork:
    return ReactionNetwork.from_text(
        "binding: E + S <-> ES ; k1, k_1 \n release: ES <-> E + P ; k2, k_2",
        chemostats=["S", "P"],
        symbols=symbols,
    )


def _schloegl(system: System) -> ReactionNetwork:
    return ReactionNetwork.from_text(SCHLOEGL, ["A", "B"], symbols=system.named)


def _brusselator(system: System) -> ReactionNetwork:
    return ReactionNetwork.from_text(BRUSSELATOR, ["G", "H", "W", "Q"], symbols=system.named)


def _results(model: ReactionNetwork, system: System) -> dict[str, Formulas]:
    networks = {
        "enzyme": model,
        "Schloegl": _schloegl(system),
        "Brusselator": _brusselator(system),
    }
    return {
        **{f"{name}, structure": _structure(system, n) for name, n in networks.items()},
        **{f"{name}, affinities": _affinities(system, n) for name, n in networks.items()},
        **_enzyme(model, system),
        **_three_states(system),
        **_oscillator(system),
    }


def _structure(system: System, network: ReactionNetwork) -> Formulas:
    """Count what chemostats break and what they can drive."""
    counts = {
        "chemostats": len(network.chemostats),
        "broken laws": len(network.broken_laws()),
        "emergent cycles": len(network.emergent_cycles()),
        "laws": len(network.conservation_laws()),
        "deficiency": network.deficiency,
    }
    return system.steps().formulas({name: Integer(n) for name, n in counts.items()})


def _affinities(system: System, network: ReactionNetwork) -> Formulas:
    found = affinities(network)
    names = ["A"] if len(found) == 1 else [f"A_{k}" for k in range(1, len(found) + 1)]
    shared = system.steps()
    values = shared.absorb(found).values()
    heads = [name.replace("A", r"\mathcal{A}") for name in names]
    return shared.formulas(dict(zip(names, values, strict=True)), heads=heads)


def _rate(system: System) -> RateEquation:
    return rate_equation(system.model, ["S", "P"], total=system.named["E_tot"])


def _enzyme(model: ReactionNetwork, system: System) -> dict[str, Formulas]:
    """Derive the rate of the enzyme, Cleland's constants, its drive and what it dissipates."""
    ss = steady_state(model, totals={"E": system.named["E_tot"]})
    v = _rate(system)
    constants = v.constants()
    shared = system.steps()
    rate = shared.absorb(ss.currents)["binding"]
    sigma = shared.absorb(entropy_production(ss))["sigma"]
    drive = shared.absorb(_affinities(system, model))["A"]
    named = {
        "enzyme, largest rates": (["Vf", "Vr"], "mol/L/s"),
        "enzyme, Michaelis constants": (["K_S", "K_P"], "mol/L"),
        "enzyme, equilibrium constant": (["Keq"], "1"),
    }
    return {
        "enzyme": system.over(ss.state, "mol/L"),
        "enzyme, rate": shared.formulas({"v": rate}, unit="mol/L/s"),
        **{q: system.over(constants.select(c), unit) for q, (c, unit) in named.items()},
        "enzyme, free energy": shared.formulas(
            {"dmu": system.expr("R*T") * drive}, heads=[r"\Delta\mu"], unit="J/mol"
        ),
        "enzyme, entropy production": shared.formulas(
            {"sigma": system.named["R"] * sigma}, heads=[r"\sigma"], unit="W/K/L"
        ),
    }


def _balance(system: System) -> tuple[Symbol, Expr]:
    (rate,) = _schloegl(system).rate_equations().values()
    return Symbol("X", positive=True), rate


def _states(system: System, shared: Steps) -> dict[str, Expr]:
    """Return the roots of Schloegl's cubic: extrema of the balance lie between them."""
    x, rate = _balance(system)
    a, b, c = Poly(diff(rate, x), x).all_coeffs()
    far = shared.let((-b - sqrt(b**2 - 4 * a * c)) / (2 * a), "e")
    near = shared.let(c / (a * far), "e")
    bounds = {"low": (Integer(0), near), "middle": (near, far), "high": (far, oo)}
    return {name: RootIn(rate, (x, *ends)) for name, ends in bounds.items()}


def _three_states(system: System) -> dict[str, Formulas]:
    """Find the states, how fast each relaxes (or grows), what flows and what is dissipated."""
    network = _schloegl(system)
    x, rate = _balance(system)
    shared = system.steps()
    drive = shared.absorb(_affinities(system, network))["A"]
    states = {
        name: shared.let(root, "x", latex=f"x_\\text{{{name}}}")
        for name, root in _states(system, shared).items()
    }
    through = network.rates[-1]
    slope, gain = diff(rate, x), through[1] - through[0]
    (rest,) = isolate([rate], [system.named["A"]]).values.values()
    return {
        "Schloegl, three states": system.steps().formulas(
            {"discriminant": Poly(rate, x).discriminant()}, unit="1/s^4"
        ),
        "Schloegl": shared.formulas(states),
        "Schloegl, growth of deviations": shared.formulas(
            {name: slope.xreplace({x: at}) for name, at in states.items()}, unit="1/s"
        ),
        "Schloegl, flux": shared.formulas(
            {name: gain.xreplace({x: at}) for name, at in states.items()}, unit="1/s"
        ),
        "Schloegl, entropy production": shared.formulas(
            {name: gain.xreplace({x: at}) * drive for name, at in states.items()}, unit="1/s"
        ),
        "Schloegl, feed": system.steps().formulas({"A": rest.xreplace({x: system.named["x"]})}),
    }


def _oscillator(system: System) -> dict[str, Formulas]:
    """Derive the steady state of the Brusselator and how deviations from it grow and turn."""
    ss = steady_state(_brusselator(system))
    shared = system.steps()
    at = {Symbol(s, positive=True): x for s, x in shared.absorb(ss.state).items()}
    (a, b), (c, d) = ((e.xreplace(at) for e in row) for row in ss.jacobian)
    growth = shared.let((a + d) / 2, "g", positive=False)
    sigma = shared.absorb(entropy_production(ss))["sigma"]
    return {
        "Brusselator": system.over(ss.state, "1"),
        "Brusselator, growth of deviations": shared.formulas({"g": growth}, unit="1/s"),
        "Brusselator, frequency": shared.formulas(
            {"square": a * d - b * c - growth**2}, heads=[r"\omega^2"], unit="1/s^2"
        ),
        "Brusselator, entropy production": shared.formulas(
            {"sigma": sigma}, heads=[r"\sigma/k_B"], unit="1/s"
        ),
    }


def _without_product(system: System) -> Formulas:
    naive = _rate(system).at_zero("P").expr
    shared = system.steps()
    right = shared.absorb(system["enzyme, rate"])["v"]
    return shared.formulas({"naive": naive, "right": right}, unit="mol/L/s")


def _by_concentrations(system: System) -> Formulas:
    """Compare the dissipation of the high state with that of the low one, at equal force."""
    shared = system.steps()
    found = shared.absorb(system["Schloegl, entropy production"])
    return shared.formulas({"naive": found["low"], "right": found["high"]}, unit="1/s")


def _draw(axes: Any, system: System) -> None:
    levels = [10 ** (1.7 + 0.01 * i) for i in range(130)]
    feed = system.kernel("Schloegl, feed")(x=levels)["A"]
    axes.semilogy(feed / 1e5, levels, "k-", lw=1)
    states = system.kernel("Schloegl")()
    growth = system.kernel("Schloegl, growth of deviations")()
    sigma = system.kernel("Schloegl, entropy production")()
    for name, level in states.items():
        face = "w" if growth[name] > 0 else "C0"
        axes.plot(1, level, "o", ms=8, mec="C0", mfc=face)
        place = (0.995, level * (0.8 if growth[name] > 0 else 1.12))
        axes.annotate(rf"$\sigma$ = {sigma[name]:.0f} $k_B$/s", place, ha="right")
    axes.set_xlim(0.9, 1.3)
    axes.set_xlabel(r"feed A, $10^5$ molecules")
    axes.set_ylabel("steady number of X")


SYSTEM = System(
    title="Stoichiometry that lets a flux run: enzyme, Schloegl's model, Brusselator",
    passage="""
Steady is where the stoichiometric matrix takes the net rates to zero; in equilibrium the rates
vanish themselves. The difference is the null space of the matrix. Chemostats break conservation
laws, and each one that breaks none adds a cycle that only they can drive. The affinity of such a
cycle is that of the chemostats, whatever happens within: an enzyme, a model with two stable states
and an oscillator show it. Schloegl's three states exist while the discriminant is positive; all of
them are driven by one and the same force, and dissipate very differently.
""",
    reference=Reference(
        authors="M. Polettini, M. Esposito",
        year=2014,
        title="Irreversible thermodynamics of open chemical networks. I.",
        journal="J. Chem. Phys. 141, 024117",
        doi="10.1063/1.4886396",
    ),
    parameters=(
        parameter("k1", "1e6", "L/mol/s", "binding of the substrate", "illustrative", "k_1"),
        parameter("k_1", "1e3", "1/s", "unbinding of the substrate", "illustrative", "k_{-1}"),
        parameter("k2", "5e2", "1/s", "release of the product", "illustrative", "k_2"),
        parameter("k_2", "2e4", "L/mol/s", "rebinding of the product", "illustrative", "k_{-2}"),
        parameter("S", "1e-3", "mol/L", "substrate"),
        parameter("P", "2e-4", "mol/L", "product"),
        parameter("E_tot", "1e-6", "mol/L", "enzyme, bound or not", latex=r"E_\text{tot}"),
        parameter("T", "298.15", "K", "temperature"),
        parameter("A", "1e5", "1", "Schloegl: molecules of the feed"),
        parameter("B", "2e5", "1", "Schloegl: molecules of the other reservoir"),
        parameter("c_1", "3e-7", "1/s", "A + 2 X to 3 X, for each pair"),
        parameter("c_2", "1e-4", "1/s", "3 X to A + 2 X, for each triple"),
        parameter("c_3", "1e-3", "1/s", "B to X"),
        parameter("c_4", "3.5", "1/s", "X to B"),
        parameter("x", "300", "1", "Schloegl: a number of X"),
        parameter("G", "1", "1", "Brusselator: feed"),
        parameter("H", "3", "1", "Brusselator: fuel"),
        parameter("W", "0.1", "1", "Brusselator: waste of the fuel"),
        parameter("Q", "0.1", "1", "Brusselator: what X leaves as"),
        parameter("s_1", "1", "1/s", "G to X", "illustrative", r"\beta_1"),
        parameter("r_1", "0.01", "1/s", "X to G", "illustrative", r"\beta_{-1}"),
        parameter("s_2", "1", "1/s", "H + X to Y + W", "illustrative", r"\beta_2"),
        parameter("r_2", "0.01", "1/s", "Y + W to H + X", "illustrative", r"\beta_{-2}"),
        parameter("s_3", "1", "1/s", "2 X + Y to 3 X", "illustrative", r"\beta_3"),
        parameter("r_3", "0.01", "1/s", "3 X to 2 X + Y", "illustrative", r"\beta_{-3}"),
        parameter("s_4", "1", "1/s", "X to Q", "illustrative", r"\beta_4"),
        parameter("r_4", "0.01", "1/s", "Q to X", "illustrative", r"\beta_{-4}"),
        GAS,
    ),
    build=_model,
    derive=_results,
    bounds={"P": ">= 0"},
    limits=(
        Limit("at the equilibrium ratio the enzyme does nothing", "enzyme, rate", "v",
              {"P": "S*k1*k2/(k_1*k_2)"}, "0"),
        Limit("at the equilibrium ratio nothing is dissipated", "enzyme, entropy production",
              "sigma", {"P": "S*k1*k2/(k_1*k_2)"}, "0"),
        Limit("without product the law of Michaelis and Menten", "enzyme, rate", "v", {"P": "0"},
              "k2*E_tot*S/((k_1 + k2)/k1 + S)"),
        Limit("saturated with substrate", "enzyme, rate", "v", {"S": "oo"}, "k2*E_tot"),
        Limit("Haldane's relation", "enzyme, equilibrium constant", "Keq", {},
              "(k2*(k_1 + k2)/k_2)/(k_1*(k_1 + k2)/k1)"),
        Limit("the affinity of Schloegl's model is that of its reservoirs",
              "Schloegl, affinities", "A", {}, "log(3*c_1*c_4*A/(c_2*c_3*B))"),
        Limit("reservoirs in equilibrium drive nothing", "Schloegl, affinities", "A",
              {"B": "3*c_1*c_4*A/(c_2*c_3)"}, "0"),
        Limit("one way only, the Brusselator has Prigogine's state", "Brusselator", "Y",
              {"r_1": "0", "r_2": "0", "r_3": "0", "r_4": "0"}, "s_2*s_4*H/(s_1*s_3*G)"),
        Limit("it oscillates above Prigogine's threshold", "Brusselator, growth of deviations",
              "g", {"r_1": "0", "r_2": "0", "r_3": "0", "r_4": "0", "s_1": "s_4", "s_2": "s_4",
                    "s_3": "s_4"}, "s_4*(H - 1 - G^2)/2"),
        Limit("with all reservoirs in equilibrium the Brusselator rests",
              "Brusselator, entropy production", "sigma",
              {"Q": "G*s_1*s_4/(r_1*r_4)", "H": "W*r_2*r_3/(s_2*s_3)"}, "0"),
    ),
    corrections=(
        Correction(
            naive="the product does not matter for an enzyme that is far from equilibrium",
            right="it binds, and takes enzyme and drive away",
            evidence=_without_product,
        ),
        Correction(
            naive="states that are driven by the same affinity dissipate alike",
            right="the force is one, the flux is another in every state",
            evidence=_by_concentrations,
        ),
    ),
    draw=_draw,
    others=lambda system: {
        "Schloegl's model": _schloegl(system), "the Brusselator": _brusselator(system)
    },
)  # fmt: skip
