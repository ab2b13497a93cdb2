"""Gene regulation: proofreading, a promoter that is switched sharply, and noise of mRNA."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sympy import Expr, Integer, Poly, Symbol, diff, exp, hyper

from nesssym.exact.linear import solve
from nesssym.exact.rational import cancel
from nesssym.formulas import Formulas
from nesssym.generic import affinities, entropy_production, steady_state
from nesssym.networks import StateGraph
from nesssym.networks.files import Reference
from nesssym.steady import SteadyState
from nesssym.system import Correction, Limit, System, parameter, real

__all__ = ["SYSTEM"]

ON = ("11", "01")
DISCARDED = "a*m*d_s/(d*a_s)*exp(-dmu)"


def _model(symbols: Mapping[str, Symbol]) -> StateGraph:
    """Make the promoter: in 10 the factor is bound, in 01 the gene is on, in 11 both."""
    return StateGraph.from_text(
        """
        00 <-> 10 ; b0*x, u0
        10 <-> 11 ; kb, kmb
        11 <-> 01 ; u1, b1*x
        01 <-> 00 ; km0, k0
        """,
        symbols=symbols,
    )


def _proofreading(system: System, *, right: bool) -> StateGraph:
    """Let an enzyme bind its right substrate, or a wrong one that falls off sooner."""
    loose = "" if right else "*exp(Delta)"
    return StateGraph.from_text(
        f"""
        E <-> ES ; a*c, d{loose}
        ES <-> ES* ; m, {DISCARDED}
        ES* <-> E ; d_s{loose}, a_s*c
        """,
        symbols=system.named,
    )


def _telegraph(system: System) -> StateGraph:
    return StateGraph.from_text("off <-> on ; k_on, k_off", symbols=system.named)


def _clock(system: System) -> StateGraph:
    """Make a promoter with one active state that goes round one way only."""
    return StateGraph.from_text(
        "on -> off1 ; l_1 \n off1 -> off2 ; l_2 \n off2 -> on ; l_3", symbols=system.named
    )


def _results(model: StateGraph, system: System) -> dict[str, Formulas]:
    ss = steady_state(model)
    (turn,) = affinities(model).values()
    active = _activity(ss)
    return {
        "products over free enzyme": system.steps().formulas(
            {side: _products(system, right=side == "right") for side in ("right", "wrong")}
        ),
        "discrimination": _discrimination(system),
        "proofreading dissipation": _proofreading_cost(system),
        "promoter": ss.state,
        "activity": system.steps().formulas({"p_on": active}, heads=[r"p_\text{on}"]),
        "sharpness": _sharpness(system, active),
        "affinity": system.steps().formulas({"A": turn}, heads=[r"\mathcal{A}"]),
        "entropy production": replace(entropy_production(ss).select(["sigma"]), unit="1/s"),
        "mRNA": _mean(system, _telegraph(system)),
        "mRNA noise": _noise(system, _telegraph(system)),
        "no mRNA": _silent(system),
        "mRNA of a clock": _mean(system, _clock(system)),
        "mRNA noise of a clock": _noise(system, _clock(system)),
    }


def _products(system: System, *, right: bool) -> Expr:
    p = steady_state(_proofreading(system, right=right)).state
    return cancel(p["ES*"] / p["E"])


def _discrimination(system: System) -> Formulas:
    """Compare what the enzyme passes on of both substrates, which are equally abundant."""
    ratio = _products(system, right=True) / _products(system, right=False)
    return system.steps().formulas({"S": ratio})


def _proofreading_cost(system: System) -> Formulas:
    shared = system.steps()
    sides = {"right": True, "wrong": False}
    cost = {
        name: shared.absorb(
            entropy_production(steady_state(_proofreading(system, right=right))).select(["sigma"])
        )["sigma"]
        for name, right in sides.items()
    }
    heads = [r"\sigma_\text{right}", r"\sigma_\text{wrong}"]
    return shared.formulas(cost, heads=heads, unit="1/s")


def _activity(ss: SteadyState) -> Expr:
    return cancel(ss.state[ON[0]] + ss.state[ON[1]])


def _sharpness(system: System, active: Expr) -> Formulas:
    """Differentiate ln(p_on/p_off) by the logarithm of the concentration: at most 2."""
    x = system.named["x"]
    odds = cancel(active / (1 - active))
    return system.steps().formulas({"H": cancel(x * diff(odds, x) / odds)})


def _response(system: System, promoter: StateGraph, order: Expr) -> Expr:
    """Return how the promoter, seen active by an mRNA, is active when others of its age decay.

    The factorial moments b_n of the mRNA, by the state of the promoter, are steady where
    (n gamma - W) b_n = n k_m e_on (e_on b_{n-1}): of the total moment a share is in the state on,
    n gamma times the element on, on of the resolvent.
    """
    n = len(promoter.states)
    on = promoter.states.index("on")
    rate = order * system.named["gamma"]
    generator = promoter.generator()
    matrix = [[rate * int(i == j) - generator[i, j] for j in range(n)] for i in range(n)]
    return rate * solve(matrix, [Integer(int(i == on)) for i in range(n)])[on]


def _mean(system: System, promoter: StateGraph) -> Formulas:
    k_m, gamma = system.named["k_m"], system.named["gamma"]
    active = steady_state(promoter).state["on"]
    return system.steps().formulas({"mean": k_m / gamma * active}, heads=[r"\langle m\rangle"])


def _noise(system: System, promoter: StateGraph) -> Formulas:
    """Return the Fano factor: 1, and what mRNAs of one burst have in common."""
    k_m, gamma = system.named["k_m"], system.named["gamma"]
    active = steady_state(promoter).state["on"]
    excess = k_m / gamma * cancel(_response(system, promoter, Integer(1)) - active)
    return system.steps().formulas({"F": 1 + excess})


def _silent(system: System) -> Formulas:
    """Sum the alternating factorial moments to the probability of no mRNA.

    The ratio of each term to the one before is rational in its number, with the zeros and poles
    that a hypergeometric series is named by.
    """
    k_m, gamma = system.named["k_m"], system.named["gamma"]
    n = Symbol("n", positive=True)
    share = cancel(_response(system, _telegraph(system), n))
    above, below = (-Poly(side, n).TC() / Poly(side, n).LC() for side in share.as_numer_denom())
    series = hyper((-above,), (-below,), -k_m / gamma)
    return system.steps().formulas({"P_0": series}, heads=["P_0"])


def _equilibrium_bound(system: System) -> Formulas:
    shared = system.steps()
    right = shared.absorb(system["discrimination"])["S"]
    return shared.formulas({"naive": exp(system.named["Delta"]), "right": right})


def _bursts(system: System) -> Formulas:
    """Compare the probability of no mRNA with that of a Poisson distribution of the same mean."""
    shared = system.steps()
    mean = shared.absorb(system["mRNA"])["mean"]
    silent = shared.absorb(system["no mRNA"])["P_0"]
    return shared.formulas({"naive": exp(-mean), "right": silent})


def _draw(axes: Any, system: System) -> None:
    drives = [0.2 * i for i in range(1, 121)]
    values = {f"a* = {a:g}/s": a for a in (1e-8, 1e-7, 1e-6, 1e-5)}
    for label, rebind in values.items():
        S = system.kernel("discrimination")(dmu=drives, a_s=rebind)["S"]
        axes.semilogy(drives, S, label=label)
    Delta = float(system.values[system.named["Delta"]])
    for multiple in (1, 2):
        axes.axhline(2.718281828459045 ** (multiple * Delta), color="k", lw=0.5, ls=":")
    axes.set_xlabel(r"drive $\Delta\mu/k_B T$")
    axes.set_ylabel(r"right to wrong; dotted: $e^\Delta$ and $e^{2\Delta}$")
    axes.legend()


SYSTEM = System(
    title="Gene regulation: fidelity, sharpness and noise that are paid for",
    passage="""
Three ways in which a cell reads its genes better than equilibrium allows, or worse. An enzyme that
discards its substrate after a step with fuel tells right from wrong up to twice over. A promoter
with one binding site answers the concentration of its factor with a logarithmic slope of at most
one in equilibrium; its cycle, when driven, comes up to two. A promoter that switches makes mRNA in
bursts: the number of molecules fluctuates more than at random. The one-way steps of making and
decay of mRNA have no finite entropy production, and none is given.
""",
    reference=Reference(
        authors="J. Estrada, F. Wong, A. DePace, J. Gunawardena",
        year=2016,
        title="Information integration and energy expenditure in gene regulation",
        journal="Cell 166, 234",
        doi="10.1016/j.cell.2016.06.012",
    ),
    parameters=(
        parameter("a", "1e-2", "1/s", "binding", "illustrative"),
        parameter("a_s", "1e-6", "1/s", "binding to the discarding state", "illustrative", "a_*"),
        parameter("d", "0.5", "1/s", "unbinding of the right substrate", "illustrative"),
        parameter("d_s", "2.0", "1/s", "discarding of the right substrate", "illustrative", "d_*"),
        parameter("m", "0.05", "1/s", "step with fuel", "illustrative"),
        parameter("Delta", "4", "1", "by how much a wrong substrate is looser, over k_B T",
                  "illustrative", r"\Delta"),
        real("dmu", "16", "1", "free energy of the fuel over k_B T", "illustrative",
             r"\Delta\mu"),
        parameter("c", "1e-3", "1", "substrate over its standard concentration", "illustrative"),
        parameter("b0", "0.6", "1/s", "binding of the factor, off", "illustrative", "b_0"),
        parameter("u0", "0.05", "1/s", "unbinding, off", "illustrative", "u_0"),
        parameter("kb", "20.0", "1/s", "activation, bound", "illustrative", "k_b"),
        parameter("kmb", "0.05", "1/s", "inactivation, bound", "illustrative", "k_{-b}"),
        parameter("u1", "1.0", "1/s", "unbinding, on", "illustrative", "u_1"),
        parameter("b1", "20.0", "1/s", "binding of the factor, on", "illustrative", "b_1"),
        parameter("km0", "1.2", "1/s", "inactivation, unbound", "illustrative", "k_{-0}"),
        parameter("k0", "0.05", "1/s", "activation, unbound", "illustrative", "k_0"),
        parameter("x", "1.0", "1", "factor over its standard concentration"),
        parameter("k_on", "0.6", "1/s", "switching on", "illustrative", r"k_\text{on}"),
        parameter("k_off", "1.4", "1/s", "switching off", "illustrative", r"k_\text{off}"),
        parameter("k_m", "12", "1/s", "making of mRNA while on", "illustrative"),
        parameter("gamma", "1", "1/s", "decay of mRNA", "the unit of time", r"\gamma"),
        parameter("l_1", "1.4", "1/s", "clock, leaving on", "illustrative"),
        parameter("l_2", "1.2", "1/s", "clock, second step", "illustrative"),
        parameter("l_3", "1.2", "1/s", "clock, third step", "illustrative"),
    ),
    build=_model,
    derive=_results,
    limits=(
        Limit("without drive an enzyme tells apart what binding does", "discrimination", "S",
              {"dmu": "0"}, "exp(Delta)"),
        Limit("without difference there is no discrimination", "discrimination", "S",
              {"Delta": "0"}, "1"),
        Limit("a strong drive and no binding past the check: twice, but for a fast step",
              "discrimination", "S", {"dmu": "1000", "a_s": "0"},
              "exp(Delta)*(d*exp(Delta) + m)/(d + m)"),
        Limit("a strong drive, no binding past the check and a slow step: twice",
              "discrimination", "S", {"dmu": "1000", "a_s": "0", "m": "1/10^20"}, "exp(2*Delta)"),
        Limit("without drive no entropy is produced", "proofreading dissipation", "right",
              {"dmu": "0"}, "0"),
        Limit("at detailed balance the promoter produces no entropy", "entropy production",
              "sigma", {"k0": "b0*kb*u1*km0/(u0*kmb*b1)"}, "0"),
        Limit("at detailed balance the sharpness is what binding makes", "sharpness", "H",
              {"k0": "b0*kb*u1*km0/(u0*kmb*b1)"},
              "b1*x/(u1 + b1*x) - b0*x/(u0 + b0*x)"),
        Limit("the affinity does not depend on the factor", "affinity", "A", {"x": "oo"},
              "log(b0*kb*u1*km0/(u0*kmb*b1*k0))"),
        Limit("a fast promoter makes no bursts", "mRNA noise", "F",
              {"k_on": "oo", "k_off": "oo"}, "1"),
        Limit("a gene always on is Poissonian", "mRNA noise", "F", {"k_off": "0"}, "1"),
        Limit("a gene always on has no mRNA as often as a Poisson distribution", "no mRNA", "P_0",
              {"k_off": "0"}, "exp(-k_m/gamma)"),
        Limit("a gene always off makes no mRNA", "no mRNA", "P_0", {"k_on": "0"}, "1"),
    ),
    corrections=(
        Correction(
            naive="an enzyme cannot tell substrates apart by more than their binding energies",
            right="with fuel it checks twice; only in equilibrium that is the bound",
            evidence=_equilibrium_bound,
        ),
        Correction(
            naive="the number of mRNA molecules is Poissonian about its mean",
            right="a promoter that switches makes bursts: none at all is far more frequent",
            evidence=_bursts,
        ),
    ),
    draw=_draw,
    others=lambda system: {
        "proofreading of the right substrate": _proofreading(system, right=True),
        "proofreading of a wrong one": _proofreading(system, right=False),
        "a promoter that switches": _telegraph(system),
        "a promoter that is a clock": _clock(system),
    },
)  # fmt: skip
