"""El Nino: three phases of winters, and whether they turn one way round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from typing import Any

from sympy import Abs, Expr, Integer, Symbol, erfc, log, prod, sqrt

from nesssym.exact.linear import determinant
from nesssym.fields import Gaussian
from nesssym.formulas import Formulas
from nesssym.generic import affinities, entropy_production, steady_state
from nesssym.networks import MarkovChain
from nesssym.networks.files import Reference
from nesssym.roots import RootIn
from nesssym.system import Correction, Limit, System, parameter, real

__all__ = ["SYSTEM", "monthly"]

PHASES = "NEL"
ROUND = ("NE", "EL", "LN")


def _model(symbols: Mapping[str, Symbol]) -> MarkovChain:
    """Estimate the chain: of the steps from a phase, the share that was counted to each other."""
    rows = []
    for i in PHASES:
        total = sum(symbols[f"n_{i}{j}"] for j in PHASES)
        row = {j: symbols[f"n_{i}{j}"] / total for j in PHASES}
        row[i] = 1 - sum(row[j] for j in PHASES if j != i)
        rows.append([row[j] for j in PHASES])
    return MarkovChain.from_matrix(rows, states=list(PHASES))


def monthly(system: System) -> MarkovChain:
    """Return the chain of months, in which no step leads from one extreme to the other."""
    ways = {"NN", "NE", "NL", "EN", "EE", "LN", "LL"}
    counts = [[system.named[f"m_{i}{j}"] if i + j in ways else Integer(0) for j in PHASES]
              for i in PHASES]  # fmt: skip
    rows = [[1 - sum(c / sum(row) for c in row[:k] + row[k + 1 :]) if i == k else c / sum(row)
             for k, c in enumerate(row)] for i, row in enumerate(counts)]  # fmt: skip
    return MarkovChain.from_matrix(rows, states=list(PHASES))


def _oscillator(system: System) -> Gaussian:
    """Make the recharge oscillator: sea surface temperature and heat content drive each other."""
    gamma, epsilon, omega, D_T, D_h = (
        system.named[name] for name in ("gamma", "epsilon", "omega", "D_T", "D_h")
    )
    return Gaussian([[gamma, -omega], [omega, epsilon]], [D_T, D_h], variables=("T", "h"))


def _results(model: MarkovChain, system: System) -> dict[str, Formulas]:
    ss = steady_state(model)
    (turn,) = affinities(model).values()
    shared = system.steps()
    current = shared.absorb(ss.currents)["N->E"]
    sigma = shared.absorb(entropy_production(ss))["sigma"]
    oscillator = _oscillator(system)
    return {
        "state": ss.state,
        "current": shared.formulas({"J": current}),
        "affinity": system.steps().formulas({"A": turn}, heads=[r"\mathcal{A}"]),
        "irreversibility": shared.formulas({"sigma": sigma}, heads=[r"\sigma"]),
        "bias": _bias(system),
        "reversible chain": _reversible(system)[0],
        "test of detailed balance": _reversible(system)[1],
        "determinant of the chain": _determinant(system, model),
        "eigenvalues of the chain": _eigenvalues(system, model),
        "monthly state": steady_state(monthly(system)).state,
        "monthly current": _current(system, monthly(system)),
        "oscillator covariance": replace(oscillator.profile, unit="K^2"),
        "oscillator angular momentum": replace(oscillator.circulation, unit="K^2/yr"),
        "oscillator irreversibility": replace(
            oscillator.entropy_production.select(["sigma"]), unit="1/yr"),
    }  # fmt: skip


def _current(system: System, chain: MarkovChain) -> Formulas:
    shared = system.steps()
    return shared.formulas({"J": shared.absorb(steady_state(chain).currents)["N->E"]})


def _determinant(system: System, chain: MarkovChain) -> Formulas:
    """Return what would be positive if the chain were a process in continuous time."""
    return system.steps().formulas({"det P": determinant(chain.matrix)}, heads=[r"\det P"])


def _eigenvalues(system: System, chain: MarkovChain) -> Formulas:
    """Divide out the eigenvalue one of the steady state: what is forgotten in a year is left."""
    shared = system.steps()
    both = shared.let(determinant(chain.matrix), "d", positive=False)
    mean = shared.let((chain.matrix.trace() - 1) / 2, "m", positive=False)
    apart = sqrt(mean**2 - both)
    return shared.formulas(
        {"persistent": mean + apart, "alternating": mean - apart},
        heads=[r"\lambda_2", r"\lambda_3"],
    )


def _steps(system: System) -> tuple[list[Expr], list[Expr]]:
    """Return the counts of steps round N, E, L, and of those back."""
    return (
        [system.named[f"n_{step}"] for step in ROUND],
        [system.named[f"n_{step[::-1]}"] for step in ROUND],
    )


def _lesser(a: Expr, b: Expr) -> Expr:
    return (a + b - Abs(a - b)) / 2


def _reversible(system: System) -> tuple[Formulas, Formulas]:
    """Find the likeliest chain with detailed balance, and compare its likelihood.

    With a multiplier theta for the balance of the loop and one for each row, the logarithm of the
    likelihood is stationary where P_ij = (n_ij + theta)/n_i round and (n_ij - theta)/n_i back. The
    products of both must agree. As long as all are positive, one rises with theta and the other
    falls: there is one root.
    """
    ahead, back = _steps(system)
    shared = system.steps()
    y = Symbol("y", positive=True)
    low, high = -reduce(_lesser, ahead), reduce(_lesser, back)
    balance = prod(n + low + y for n in ahead) - prod(n - low - y for n in back)
    theta = shared.let(low + RootIn(balance, (y, Integer(0), high - low)), "theta", alone=True,
                       positive=False, latex=r"\theta")  # fmt: skip
    terms = [n * log(n / (n + theta)) for n in ahead] + [n * log(n / (n - theta)) for n in back]
    G2 = shared.let(2 * sum(terms), "g", latex="G^2")
    return (
        shared.formulas({"theta": theta}, heads=[r"\theta"]),
        shared.formulas({"G2": G2, "p": erfc(sqrt(G2 / 2))}, heads=["G^2", "p"]),
    )


def _bias(system: System) -> Formulas:
    """Return by how much few steps alone make a reversible chain look irreversible.

    For long records twice the number of steps times the estimate is distributed like the statistic
    of the test, whose mean is its one degree of freedom; the estimate is quadratic, the statistic
    half of it.
    """
    total = sum(system.named[f"n_{i}{j}"] for i in PHASES for j in PHASES)
    return system.steps().formulas({"bias": 2 / total})


def _all_significant(system: System) -> Formulas:
    shared = system.steps()
    p = shared.absorb(system["test of detailed balance"])["p"]
    return shared.formulas({"naive": Integer(5) / 100, "right": p})


def _no_loop(system: System) -> Formulas:
    shared = system.steps()
    months = shared.absorb(system["monthly current"])["J"]
    return shared.formulas({"naive": shared.absorb(system["current"])["J"], "right": months})


def _draw(axes: Any, system: System) -> None:
    counts = list(range(1, 31))
    p = system.kernel("test of detailed balance")(n_EL=[float(n) for n in counts])["p"]
    axes.semilogy(counts, p, "o-", ms=3)
    axes.axvline(12, color="k", lw=0.5, label="observed")
    axes.axhline(0.05, color="C3", lw=0.5, ls=":", label="5 %")
    axes.set_xlabel("counted steps from El Nino to La Nina")
    axes.set_ylabel("p of a chain with detailed balance")
    axes.legend()


SOURCE = "NOAA Climate Prediction Center, Oceanic Nino Index, ERSSTv5, 1950 to 2025"
MONTHS = {"NN": 362, "NE": 27, "NL": 26, "EN": 27, "EE": 218, "LN": 27, "LL": 225}
COUNTS = {"NN": 8, "NE": 13, "NL": 2, "EN": 9, "EE": 6, "EL": 12, "LN": 6, "LE": 8, "LL": 11}
WORDS = {"N": "normal", "E": "El Nino", "L": "La Nina"}

SYSTEM = System(
    title="El Nino: do the winters turn one way round?",
    passage="""
Winters (November to January) from 1950 to 2025 are normal, El Nino or La Nina, by the Oceanic Nino
Index with a threshold of half a degree. As a chain with one step a year they seem to go round:
normal, El Nino, La Nina and back to normal is more frequent than the other way. The irreversibility
is statistical, in nats a year, and no entropy production of the ocean. Is it more than chance? The
likeliest chain with detailed balance is the root of a cubic equation, and the ratio of the
likelihoods tests it: with these 75 steps the answer is not certain. Nor is the yearly chain a
process in continuous time that is looked at once a year: the determinant of its matrix is negative.
From month to month there is no loop at all. A model that turns is the recharge oscillator, linear
and with noise.
""",
    reference=Reference(
        authors="NOAA Climate Prediction Center",
        year=2025,
        title="Oceanic Nino Index, ERSSTv5",
        note="phases of the winters 1950 to 2025, threshold half a degree",
    ),
    parameters=(
        *(parameter(f"n_{i}{j}", str(COUNTS[i + j]), "1", f"steps from {WORDS[i]} to {WORDS[j]}",
                    SOURCE, rf"n_\text{{{i}{j}}}") for i in PHASES for j in PHASES),
        *(parameter(f"m_{way}", str(count), "1",
                    f"monthly steps from {WORDS[way[0]]} to {WORDS[way[1]]}",
                    SOURCE, rf"m_\text{{{way}}}") for way, count in MONTHS.items()),
        real("gamma", "1.0", "1/yr", "damping of the surface temperature", "illustrative",
             r"\gamma"),
        real("epsilon", "0.4", "1/yr", "damping of the heat content", "illustrative",
             r"\varepsilon"),
        parameter("omega", "1.6", "1/yr", "recharge and discharge", "illustrative", r"\omega"),
        parameter("D_T", "0.55", "K^2/yr", "noise of the surface temperature", "illustrative"),
        parameter("D_h", "0.20", "K^2/yr", "noise of the heat content, in its units of temperature",
                  "illustrative"),
    ),
    build=_model,
    others=lambda system: {"from month to month": monthly(system)},
    derive=_results,
    bounds={f"n_{i}{i}": ">= 0" for i in PHASES} | {"omega": ">= 0"},
    exists=lambda system: {
        "the oscillator is damped": system.named["gamma"] + system.named["epsilon"],
        "the oscillator turns or decays":
            system.named["gamma"] * system.named["epsilon"] + system.named["omega"] ** 2,
    },
    limits=(
        Limit("as many steps round as back: no current", "current", "J",
              {"n_NE": "n_NL*n_LE*n_EN/(n_EL*n_LN)"}, "0"),
        Limit("a chain that balances is its own likeliest one", "reversible chain", "theta",
              {"n_NE": "n_NL*n_LE*n_EN/(n_EL*n_LN)"}, "0"),
        Limit("a chain that balances passes the test", "test of detailed balance", "G2",
              {"n_NE": "n_NL*n_LE*n_EN/(n_EL*n_LN)"}, "0"),
        Limit("from month to month nothing turns", "monthly current", "J", {}, "0"),
        Limit("without recharge the oscillator does not turn", "oscillator irreversibility",
              "sigma", {"omega": "0"}, "0"),
        Limit("what the oscillator's noise makes irreversible", "oscillator irreversibility",
              "sigma", {}, "omega^2*(D_T + D_h)^2/((gamma + epsilon)*D_T*D_h)"),
        Limit("the affinity does not depend on how often phases stay", "affinity", "A",
              {"n_NN": "oo"}, "log(n_NE*n_EL*n_LN/(n_NL*n_LE*n_EN))"),
    ),
    corrections=(
        Correction(
            naive="the counts show a loop, so that winters break detailed balance at 5 %",
            right="the likelihood ratio with 75 steps leaves a little more than that to chance",
            evidence=_all_significant,
        ),
        Correction(
            naive="the phases go round: normal, El Nino, La Nina, so there is a current",
            right="from month to month no step in 912 leads from one extreme to the other: a chain "
            "without a loop has no current; only winters, far apart, show one",
            evidence=_no_loop,
        ),
    ),
    draw=_draw,
)  # fmt: skip
