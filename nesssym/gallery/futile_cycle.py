"""Futile cycle: a protein that is phosphorylated twice, and can rest in two ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from sympy import Add, Expr, Integer, Symbol

from nesssym.derivatives import sensitivity
from nesssym.exact.isolation import isolate
from nesssym.exact.limits import factored
from nesssym.formulas import Formulas
from nesssym.kernels import compile
from nesssym.networks import ReactionNetwork
from nesssym.networks.files import Reference
from nesssym.system import Correction, Limit, System, parameter

__all__ = ["SYSTEM"]

MECHANISM = """
    bind_1: K + S0 -> KS0 ; c_1/M_1
    add_1: KS0 -> K + S1 ; c_1
    bind_2: K + S1 -> KS1 ; c_2/M_2
    add_2: KS1 -> K + S2 ; c_2
    bind_3: F + S2 -> FS2 ; c_3/M_3
    remove_2: FS2 -> F + S1 ; c_3
    bind_4: F + S1 -> FS1 ; c_4/M_4
    remove_1: FS1 -> F + S0 ; c_4
"""


def _model(symbols: Mapping[str, Symbol]) -> ReactionNetwork:
    """Let each enzyme bind with the constant that its turnover and Michaelis constant make."""
    return ReactionNetwork.from_text(MECHANISM, symbols=symbols)


@cache
def _state(system: System) -> dict[str, Expr]:
    """Solve the balances and the totals of both enzymes for a given ratio of S1 to S0.

    So the total of substrate is a function of the ratio, of which it need not be the only value.
    """
    model = system.model
    x = {s: Symbol(s, positive=True) for s in model.internal}
    totals = [
        Add(*(n * x[s] for s, n in law.items()), -system.named[f"{enzyme}_T"])
        for law in model.conservation_laws()
        for enzyme in "KF"
        if enzyme in law
    ]
    ratio = x["S1"] - system.named["u"] * x["S0"]
    found = isolate([*model.rate_equations().values(), *totals, ratio], list(x.values()))
    return {s: factored(found.values[symbol]) for s, symbol in x.items()}


def _results(model: ReactionNetwork, system: System) -> dict[str, Formulas]:
    state = _state(system)
    shared = system.steps()
    here = {s: shared.let(x, s, alone=True, latex=rf"[\text{{{s}}}]") for s, x in state.items()}
    (law,) = (law for law in model.conservation_laws() if "S0" in law)
    total = shared.formulas({"S_T": Add(*(n * here[s] for s, n in law.items()))}, unit="nmol/L")
    summed = shared.absorb(total)["S_T"]
    spent = Add(*(system.named[c] * here[s] for c, s in (("c_1", "KS0"), ("c_2", "KS1"))))
    slope = sensitivity(total, ["u"], logarithmic=True)
    return {
        "state": system.steps().formulas(
            state, heads=[rf"[\text{{{s}}}]" for s in state], unit="nmol/L"
        ),
        "total substrate": total,
        "slope": replace(slope, labels=("slope",), heads=(r"\frac{d\ln S_T}{d\ln u}",), unit="1"),
        "phosphorylated twice": shared.formulas(
            {"share": here["S2"] / summed}, heads=[r"[\text{S2}]/S_T"]
        ),
        "ATP turnover": shared.formulas({"J_ATP": spent}, heads=[r"J_\text{ATP}"], unit="nmol/L/s"),
        "entropy production": shared.formulas(
            {"sigma": spent * system.expr("dG_ATP/T")}, unit="nW/(K*L)"
        ),
    }


def _futile(system: System) -> Formulas:
    shared = system.steps()
    right = shared.absorb(system["entropy production"])["sigma"]
    return shared.formulas({"naive": Integer(0), "right": right}, unit="nW/(K*L)")


def _draw(axes: Any, system: System) -> None:
    ratios = np.geomspace(1e-3, 20, 4000)
    values = {s.name: float(v) for s, v in system.values.items()} | {"u": ratios}
    state = compile(system["state"])
    found = state(**{name: values[name] for name in state.arguments})
    ratios = ratios[np.min(list(found.values()), axis=0) > 0]
    total = system.kernel("total substrate")(u=ratios)["S_T"]
    share = system.kernel("phosphorylated twice")(u=ratios)["share"]
    # A gap in the ratios parts the bare branch from the other, which turns where the total does.
    gap = int(np.argmax(np.diff(np.log(ratios)))) + 1
    turn = gap + int(np.argmin(total[gap:]))
    for part, style in ((slice(0, gap), "-"), (slice(gap, turn), "--"), (slice(turn, None), "-")):
        axes.plot(total[part], share[part], "C0" + style)
    axes.set_xlim(0, 1500)
    axes.set_xlabel("total substrate, nmol/L")
    axes.set_ylabel("share phosphorylated twice (dashed: unstable)")


SYSTEM = System(
    title="Futile cycle: two phosphates, two enzymes, two states",
    passage="""
A kinase puts two phosphates on a protein, one after the other; a phosphatase takes them off. The
cycle has nothing to show for the ATP that it burns, but it can rest in two ways: with the protein
bare and its kinase saturated, or with both phosphates on. No feedback is needed, since both steps
compete for the same enzymes. For a given ratio u of the protein with one phosphate to the bare one
all concentrations follow in closed form, and with them the total of the protein: several ratios can
belong to one total. The catalytic steps go one way, so that their own affinities are infinite; what
is dissipated is the free energy of the ATP.
""",
    reference=Reference(
        authors="N. I. Markevich, J. B. Hoek, B. N. Kholodenko",
        year=2004,
        title="Signaling switches and bistability arising from multisite phosphorylation in "
        "protein kinase cascades",
        journal="J. Cell Biol. 164, 353",
        doi="10.1083/jcb.200308060",
    ),
    parameters=(
        parameter("c_1", "0.01", "1/s", "turnover of the kinase, first phosphate"),
        parameter("M_1", "50", "nmol/L", "Michaelis constant of the kinase, first phosphate"),
        parameter("c_2", "15", "1/s", "turnover of the kinase, second phosphate"),
        parameter("M_2", "500", "nmol/L", "Michaelis constant of the kinase, second phosphate"),
        parameter("c_3", "0.084", "1/s", "turnover of the phosphatase, second phosphate"),
        parameter("M_3", "22", "nmol/L", "Michaelis constant of the phosphatase, second phosphate"),
        parameter("c_4", "0.06", "1/s", "turnover of the phosphatase, first phosphate"),
        parameter("M_4", "18", "nmol/L", "Michaelis constant of the phosphatase, first phosphate"),
        parameter("K_T", "50", "nmol/L", "kinase, bound or not"),
        parameter("F_T", "100", "nmol/L", "phosphatase, bound or not"),
        parameter("u", "0.4", "1", "ratio of the protein with one phosphate to the bare one"),
        parameter("dG_ATP", "50e3", "J/mol", "free energy of ATP", latex=r"\Delta G_\text{ATP}"),
        parameter("T", "310.15", "K", "temperature"),
    ),
    build=_model,
    derive=_results,
    exists=lambda system: {
        f"there is a positive amount of {s}": x for s, x in _state(system).items()
    },
    limits=(
        Limit("next to no protein", "total substrate", "S_T",
              {"u": "K_T*M_4*c_1/(F_T*M_1*c_4)"}, "0"),
        Limit("as much with one phosphate as bare", "state", "S1", {"u": "1"},
              "M_1*M_2*(F_T*c_3*c_4 - K_T*M_4*c_1*c_3/M_1)"
              "/(K_T*M_1*c_2*c_4 + K_T*M_2*c_1*c_3 - F_T*M_1*c_3*c_4 - F_T*M_2*c_3*c_4)"),
    ),
    corrections=(
        Correction(
            naive="a cycle that leads back to where it began costs nothing",
            right="every turn burns ATP",
            evidence=_futile,
        ),
    ),
    draw=_draw,
)  # fmt: skip
