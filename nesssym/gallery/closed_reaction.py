"""Closed reaction: A and B turn into each other until nothing flows any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import (
    Expr,
    Integer,
    RisingFactorial,
    Symbol,
    diff,
    exp,
    factorial,
    gamma,
    hyper,
    hyperexpand,
    integrate,
    log,
    product,
)

from nesssym.chemistry.potentials import lyapunov_function, standard_potentials
from nesssym.chemistry.time_course import time_course
from nesssym.constants import GAS
from nesssym.formulas import Formulas, Steps
from nesssym.functions import logratio
from nesssym.generic import steady_state
from nesssym.networks import ReactionNetwork
from nesssym.networks.files import Reference
from nesssym.system import Correction, Limit, System, parameter, real

__all__ = ["SYSTEM"]

START = {
    "A <-> B ; k_plus, k_minus": {"A": "a_0", "B": "b_0"},
    "X + Y <-> Z ; k_on, k_off": {"X": "x_0", "Y": "y_0", "Z": "z_0"},
    "2 M <-> D ; k_dim, k_dis": {"M": "m_0", "D": "d_0"},
}
ISOMERS, ASSOCIATION, DIMERS = START


def _network(system: System, text: str) -> ReactionNetwork:
    return ReactionNetwork.from_text(text, symbols=system.named)


def _model(symbols: Mapping[str, Symbol]) -> ReactionNetwork:
    return ReactionNetwork.from_text(ISOMERS, symbols=symbols)


def _results(model: ReactionNetwork, system: System) -> dict[str, Formulas]:
    found = {
        "concentrations": _course(system, ISOMERS),
        "equilibrium": _rest(system, ISOMERS),
        "equilibrium constant": _constant(system),
        "standard free energy": _standard(system),
        **_dissipation(system),
        "entropy in all": _entropy(system, ISOMERS),
        "free energy": _free_energy(system),
        "molecules": _molecules(system),
        "mean and variance": _spread(system),
        "free energy of molecules": _information(system),
    }
    for name, text in (("association", ASSOCIATION), ("dimers", DIMERS)):
        found[name] = _course(system, text)
        found[f"{name}, equilibrium"] = _rest(system, text)
        found[f"{name}, entropy in all"] = _entropy(system, text)
    return found


def _start(system: System, text: str) -> dict[str, Expr]:
    return {species: system.named[name] for species, name in START[text].items()}


def _course(system: System, text: str) -> Formulas:
    network = _network(system, text)
    found = time_course(network, _start(system, text), system.named["t"])
    return system.over(found, "mol/L")


def _at_rest(system: System, text: str) -> Any:
    network, start = _network(system, text), _start(system, text)
    totals = {
        law.label: sum((n * start[s] for s, n in law.items()), Integer(0))
        for law in network.conservation_laws()
    }
    return steady_state(network, totals=totals)


def _rest(system: System, text: str) -> Formulas:
    return system.over(_at_rest(system, text).state, "mol/L")


def _constant(system: System) -> Formulas:
    """Return K at the temperature of the rates, and at another one by van 't Hoff's equation."""
    T, T_2, dH, R = (system.named[s] for s in ("T", "T_2", "dH", "R"))
    rest = _at_rest(system, ISOMERS)
    K = (rest["B"] / rest["A"]).cancel()
    u = Symbol("u", positive=True)
    rise = integrate(dH / (R * u**2), (u, T, T_2))
    return system.steps().formulas({"K": K, "K_2": K * exp(rise)}, heads=["K(T)", "K(T_2)"])


def _standard(system: System) -> Formulas:
    mu = standard_potentials(system.model)
    energy = system.named["R"] * system.named["T"] * (mu["B"] - mu["A"])
    return system.steps().formulas({"dG": energy}, heads=[r"\Delta G^\circ"], unit="J/mol")


def _dissipation(system: System) -> dict[str, Formulas]:
    """Return affinity, entropy production and its decay at a time.

    The net rate is written with the distance from rest alone, of which it keeps all digits.
    """
    shared = system.steps()
    ((forward, backward),) = system.model.rates
    change = {Symbol(s, positive=True): n for s, n in system.model.reactions[0].change.items()}
    now, rest = (
        {Symbol(s, positive=True): shared.let(x, "x") for s, x in shared.absorb(f).items()}
        for f in (_course(system, ISOMERS), _rest(system, ISOMERS))
    )
    slope = sum(diff(forward - backward, s) * n for s, n in change.items())
    (u,) = {(dict(shared.steps)[now[s]] - rest[s]) / n for s, n in change.items()}
    net = shared.let(slope * u, "v", positive=False)
    force = logratio(*(shared.let(v.xreplace(now), "v") for v in (forward, backward)), net)
    turned = sum(diff(log(forward / backward), s) * n * net for s, n in change.items())
    return {
        "affinity": shared.formulas({"A": force}, heads=[r"\mathcal{A}/RT"]),
        "entropy production": shared.formulas(
            {"sigma": system.expr("R*V") * net * force}, heads=[r"\sigma"], unit="W/K"
        ),
        "decay of the entropy production": shared.formulas(
            {"rate": -slope - turned.xreplace(now) / force},
            heads=[r"-\dot{\sigma}/\sigma"],
            unit="1/s",
        ),
    }


def _fall(system: System, text: str) -> Formulas:
    """Return the free energy above that of equilibrium, at the start and at a time."""
    shared = system.steps()
    L = lyapunov_function(_at_rest(system, text)).select(["L"])
    level = shared.absorb(L)["L"]
    points = {"start": _start(system, text), "now": shared.absorb(_course(system, text))}
    return shared.formulas(
        {
            name: level.xreplace({Symbol(s, positive=True): x for s, x in point.items()})
            for name, point in points.items()
        }
    )


def _entropy(system: System, text: str) -> Formulas:
    """Return the entropy produced to the end, which is what the free energy falls by, over T."""
    shared = system.steps()
    L, R = shared.absorb(_fall(system, text)), system.named["R"]
    heads = [r"\int_0^\infty\sigma\,dt/V", r"\int_0^t\sigma\,dt/V"]
    return shared.formulas(
        {"total": R * L["start"], "until now": R * (L["start"] - L["now"])},
        heads=heads,
        unit="J/(K*L)",
    )


def _free_energy(system: System) -> Formulas:
    shared = system.steps()
    L = shared.absorb(_fall(system, ISOMERS))
    size = system.expr("R*T*V")
    return shared.formulas(
        {name: size * L[name] for name in ("start", "now")},
        heads=[r"G(0) - G_\text{eq}", r"G(t) - G_\text{eq}"],
        unit="J",
    )


def _odds(system: System, shared: Steps) -> dict[str, Expr]:
    """Return how much more often a molecule is A than B, in the end and at a time.

    Molecules that react one by one are independent: each is A with the share of A.
    """
    rest, now = (shared.absorb(f(system, ISOMERS)) for f in (_rest, _course))
    return {
        "equilibrium": shared.let((rest["A"] / rest["B"]).cancel(), "q"),
        "now": shared.let(now["A"] / now["B"], "q"),
    }


def _molecules(system: System) -> Formulas:
    """Return the probability of n molecules A among N, from the ratio of neighbours.

    In detailed balance as many go from n + 1 to n as back. The product of the ratios is a term of
    a hypergeometric series, whose sum normalises it.
    """
    shared = system.steps()
    N, n, m = system.named["N"], system.named["n"], Symbol("m", integer=True)
    q = Symbol("q", positive=True)
    ways = product(N - (n - 1 - m), (m, 0, n - 1)) / product(m + 1, (m, 0, n - 1))
    ways = ways.replace(RisingFactorial, lambda a, k: gamma(a + k) / gamma(a))
    ways = ways.replace(factorial, lambda k: gamma(k + 1))
    everything = hyperexpand(hyper((-N,), (), -q))
    probability = ways * q**n / everything
    return shared.formulas(
        {name: probability.xreplace({q: odds}) for name, odds in _odds(system, shared).items()},
        heads=[r"p_n^\text{eq}", "p_n(t)"],
    )


def _spread(system: System) -> Formulas:
    """Differentiate the sum of weights, which is the partition function of n."""
    shared = system.steps()
    q = Symbol("q", positive=True)
    logarithm = log(hyperexpand(hyper((-system.named["N"],), (), -q)))
    mean = (q * diff(logarithm, q)).factor()
    variance = (q * diff(mean, q)).factor()
    odds = _odds(system, shared)
    return shared.formulas(
        {f"{what}, {name}": expr.xreplace({q: odds[name]})
         for name in odds for what, expr in (("mean", mean), ("variance", variance))},
        heads=[r"\langle n\rangle_\text{eq}", r"\text{var}_\text{eq}", r"\langle n\rangle(t)",
               r"\text{var}(t)"],
    )  # fmt: skip


def _information(system: System) -> Formulas:
    """Return the mean of ln(p_n(t)/p_n), which is linear in n: the mean number stands for n."""
    shared = system.steps()
    odds = _odds(system, shared)
    N, q, r = system.named["N"], odds["now"], odds["equilibrium"]
    mean = shared.absorb(_spread(system))["mean, now"]
    value = mean * log(q / r) + N * log((1 + r) / (1 + q))
    return shared.formulas({"D": value}, heads=[r"D(p(t)\,\|\,p^\text{eq})"])


def _standard_alone(system: System) -> Formulas:
    """Compare with the standard free energy of what has reacted."""
    shared = system.steps()
    a = shared.absorb(_rest(system, ISOMERS))["A"]
    energy = shared.absorb(_standard(system))["dG"]
    total = shared.absorb(_entropy(system, ISOMERS))["total"]
    naive = -energy * (system.named["a_0"] - a) / system.named["T"]
    return shared.formulas({"naive": naive, "right": total}, unit="J/(K*L)")


def _half_as_fast(system: System) -> Formulas:
    shared = system.steps()
    late = shared.absorb(system["decay of the entropy production"])["rate"]
    return shared.formulas({"naive": system.expr("k_plus + k_minus"), "right": late}, unit="1/s")


def _draw(axes: Any, system: System) -> None:
    times = [0.1 * i for i in range(1, 201)]
    found = system.kernel("concentrations")(t=times)
    rest = system.kernel("equilibrium")()
    for color, s in enumerate("AB"):
        axes.plot(times, found[s], f"C{color}", label=f"[{s}]")
        axes.axhline(rest[s], color=f"C{color}", lw=0.7, ls=":")
    axes.set_xlabel("time, s")
    axes.set_ylabel("concentration, mol/L")
    other = axes.twinx()
    sigma = system.kernel("entropy production")(t=times)["sigma"]
    other.semilogy(times, sigma, "k--", lw=0.9)
    axes.plot([], [], "k--", lw=0.9, label=r"$\sigma$, right")
    other.set_ylabel("entropy production, W/K")
    axes.legend(loc="center right")


SYSTEM = System(
    title="Closed reaction: on the way to equilibrium",
    passage="""
A turns into B and back, in a closed vessel. Entropy is produced as long as the forward rate is not
the backward one, and the whole of it is the fall of the free energy over the temperature. In the
end nothing flows: every reaction is balanced by its own reverse, and so is every change of the
number of molecules, which is binomial. Without any B at first the affinity, and with it the entropy
production, is infinite; but only logarithmically, so that the entropy produced is finite. A
reaction that only goes forward has no equilibrium with A left, and no finite affinity.
""",
    reference=Reference(
        authors="I. Prigogine, R. Defay",
        year=1954,
        title="Chemical Thermodynamics",
        journal="Longmans, Green",
        note="de Donder's affinity and the entropy production of a reaction",
    ),
    parameters=(
        parameter("k_plus", "0.30", "1/s", "A to B", "illustrative", "k_+"),
        parameter("k_minus", "0.05", "1/s", "B to A; if never, no A is left in equilibrium, "
                  "and the affinity is infinite", "illustrative", "k_-"),
        parameter("a_0", "1.0", "mol/L", "A at the start"),
        parameter("b_0", "0.02", "mol/L", "B at the start; without any, the entropy production is "
                  "infinite then, the entropy produced is not"),
        parameter("V", "1", "L", "volume"),
        parameter("T", "298.15", "K", "temperature"),
        parameter("t", "5", "s", "time since the start"),
        real("dH", "-20e3", "J/mol", "enthalpy of the reaction", "illustrative", r"\Delta H"),
        parameter("T_2", "310.15", "K", "another temperature"),
        parameter("N", "30", "1", "number of molecules"),
        parameter("n", "10", "1", "number of these that are A"),
        parameter("k_on", "2", "L/mol/s", "X and Y to Z", "illustrative", r"k_\text{on}"),
        parameter("k_off", "0.1", "1/s", "Z to X and Y", "illustrative", r"k_\text{off}"),
        parameter("x_0", "1.0", "mol/L", "X at the start"),
        parameter("y_0", "0.7", "mol/L", "Y at the start"),
        parameter("z_0", "0.02", "mol/L", "Z at the start"),
        parameter("k_dim", "1.2", "L/mol/s", "two M to D", "illustrative", r"k_\text{dim}"),
        parameter("k_dis", "0.4", "1/s", "D to two M", "illustrative", r"k_\text{dis}"),
        parameter("m_0", "1.0", "mol/L", "M at the start"),
        parameter("d_0", "0.02", "mol/L", "D at the start"),
        GAS,
    ),
    build=_model,
    derive=_results,
    bounds={"n": "< N + 1"},
    limits=(
        Limit("the start", "concentrations", "A", {"t": "0"}, "a_0"),
        Limit("the end", "concentrations", "A", {"t": "1000"},
              "k_minus*(a_0 + b_0)/(k_plus + k_minus)"),
        Limit("at equilibrium no entropy is produced", "entropy production", "sigma",
              {"b_0": "a_0*k_plus/k_minus"}, "0"),
        Limit("in the end the entropy production decays twice as fast as the deviations",
              "decay of the entropy production", "rate", {"t": "1000"}, "2*(k_plus + k_minus)"),
        Limit("without B at the start the rate is infinite, the entropy produced is not",
              "entropy in all", "total", {"b_0": "0"},
              "R*a_0*log((k_plus + k_minus)/k_minus)"),
        Limit("the entropy produced is that of mixing into the equilibrium", "entropy in all",
              "total", {},
              "R*(a_0*log(a_0*(k_plus + k_minus)/(k_minus*(a_0 + b_0)))"
              " + b_0*log(b_0*(k_plus + k_minus)/(k_plus*(a_0 + b_0))))"),
        Limit("with no heat of reaction K does not depend on the temperature",
              "equilibrium constant", "K_2", {"dH": "0"}, "k_plus/k_minus"),
        Limit("the number is binomial", "molecules", "equilibrium", {"N": "2", "n": "1"},
              "2*k_plus*k_minus/(k_plus + k_minus)^2"),
        Limit("what relaxes ends in the binomial distribution of equilibrium", "molecules", "now",
              {"t": "1000", "N": "1", "n": "1"}, "k_minus/(k_plus + k_minus)"),
        Limit("in the end the numbers tell nothing any more", "free energy of molecules", "D",
              {"t": "1000"}, "0"),
        Limit("the start of an association", "association", "Z", {"t": "0"}, "z_0"),
        Limit("tight binding takes all of the rarer partner", "association, equilibrium", "Z",
              {"k_off": "0"}, "y_0 + z_0"),
        Limit("the start of dimers", "dimers", "D", {"t": "0"}, "d_0"),
    ),
    corrections=(
        Correction(
            naive="a reaction dissipates its standard free energy, for every mole that reacts",
            right="it dissipates the fall of the free energy, mixing included",
            evidence=_standard_alone,
        ),
        Correction(
            naive="the entropy production decays as the deviations do",
            right="it is a product of flux and force, which both decay: it is twice as fast",
            evidence=_half_as_fast,
        ),
    ),
    draw=_draw,
    others=lambda system: {
        "association": _network(system, ASSOCIATION), "dimers": _network(system, DIMERS)
    },
)  # fmt: skip
