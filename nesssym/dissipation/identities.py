"""Fluctuation theorems of a given graph: proved as operator identities, tested in averages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import mpmath
from sympy import Add, Dummy, Expr, ImmutableDenseMatrix, Integer, exp

from nesssym.diagrams import one_way, tree_sums
from nesssym.errors import ModelError
from nesssym.exact.monomials import monomial
from nesssym.exact.rational import cancel
from nesssym.networks import StateGraph
from nesssym.networks.energies import exchanged
from nesssym.steady import closed_class, refuse_one_way

__all__ = ["FluctuationTest", "Identity", "crooks_identity", "fluctuation_identities"]


@dataclass(frozen=True)
class Identity:
    r"""An equation between operators, with what is left of it for a given graph.

    Attributes
    ----------
    name : str
        The theorem that it carries.
    equation : str
        LaTeX of the equation.
    consequence : str
        What follows from it for every protocol.
    residual : Matrix
        Left side minus right side, every entry in lowest terms: the proof is that all are zero,
        for all values of the symbols.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    >>> for identity in ns.fluctuation_identities(g):
    ...     print(identity.name, identity.holds)
    Hatano-Sasa True
    housekeeping True
    total True
    """

    name: str
    equation: str
    consequence: str
    residual: ImmutableDenseMatrix

    @property
    def holds(self) -> bool:
        """Whether nothing is left in any entry."""
        return all(entry == 0 for entry in self.residual)

    def __str__(self) -> str:
        verdict = "holds" if self.holds else "does not hold"
        return f"{self.name}: {self.equation} {verdict}; {self.consequence}"

    def _repr_latex_(self) -> str:
        mark = r"\checkmark" if self.holds else r"\text{ does not hold}"
        return rf"$\displaystyle {self.equation} \quad {mark}$"


@dataclass(frozen=True)
class FluctuationTest:
    """An exponential average along a protocol beside what a fluctuation theorem says it is.

    Attributes
    ----------
    average : mpf
        The average, by matrix exponentials of balls, right to all digits asked for.
    theorem : mpf
        What the theorem gives.
    mean : mpf
        The mean of the quantity itself, which by Jensen's inequality is not below -ln(average).
    factor : mpf
        By what the theorem fails, found by other means: 1 where it holds.
    defect : mpf
        The average minus what the theorem gives, from twice as many digits.

    Examples
    --------
    >>> import nesssym as ns
    >>> a, b = (ns.StateGraph.from_text(f"A <-> B ; {k}, 1") for k in (1, 3))
    >>> test = ns.Protocol([a, b], [0, 1]).hatano_sasa()
    >>> test.theorem, round(float(test.mean), 12)
    (mpf('1.0'), 0.143841036226)
    """

    average: mpmath.mpf
    theorem: mpmath.mpf
    mean: mpmath.mpf
    factor: mpmath.mpf
    defect: mpmath.mpf


def fluctuation_identities(model: StateGraph) -> tuple[Identity, ...]:
    r"""Prove the integral fluctuation theorems of a graph, whatever the values of its rates.

    An average :math:`\langle e^{-R}\rangle` is :math:`1^T T e^{\int W_R} p_0`, with the generator
    tilted by what R counts at each jump. Each theorem then is an identity of matrices:

    * Hatano-Sasa: :math:`W\pi = 0`, so that :math:`\pi(\lambda_t)` solves the equation tilted by
      :math:`Y = \int \dot\lambda\,\partial_\lambda\phi`, :math:`\phi = -\ln\pi`, and
      :math:`\langle e^{-Y}\rangle = 1` for any protocol that starts in the steady state.
    * Housekeeping: the generator tilted by the housekeeping entropy is that of the dual process;
      its columns sum to zero, and :math:`\langle e^{-S_{hk}}\rangle = 1` from any start.
    * Total: the generator tilted by the entropy of the reservoirs is :math:`W^T`, and
      :math:`\langle e^{-\Delta S_{tot}}\rangle = 1` from any start.

    Parameters
    ----------
    model : StateGraph
        Reversible and irreducible, with numbers or symbols for rates.

    Returns
    -------
    tuple of Identity

    Raises
    ------
    IrreversibleError
        A transition goes one way only, so that an entropy would be infinite.
    ModelError
        A state is transient.
    TooLargeError
        Too many spanning trees to write the steady state out.

    References
    ----------
    T. Hatano, S.-i. Sasa, Phys. Rev. Lett. 86, 3463 (2001), doi:10.1103/PhysRevLett.86.3463.
    T. Speck, U. Seifert, J. Phys. A 38, L581 (2005), doi:10.1088/0305-4470/38/34/L03.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("hot: g <-> e ; a, b \n cold: g <-> e ; c, d")
    >>> ns.fluctuation_identities(g)[0].residual
    Matrix([
    [0],
    [0]])
    """
    _check(model)
    n = len(model.states)
    index = {s: i for i, s in enumerate(model.states)}
    weights = tree_sums(n, *one_way(model.transitions, index))
    generator = model.generator()
    flow = generator * ImmutableDenseMatrix(n, 1, weights)
    dual = _tilted(model, lambda w, back, i, j: back / w * weights[j] / weights[i])
    columns = [weights[i] * Add(*dual[:, i]) for i in range(n)]
    total = _tilted(model, lambda w, back, i, j: back / w)
    return (
        Identity(
            "Hatano-Sasa",
            r"W\,\pi = 0",
            "<exp(-Y)> = 1 from the steady state",
            flow.applyfunc(cancel),
        ),
        Identity(
            "housekeeping",
            r"1^{T}\,\tilde W = 0,\quad \tilde w_{ij}\,\pi_i = w_{ji}\,\pi_j",
            "<exp(-S_hk)> = 1 from any start",
            ImmutableDenseMatrix(1, n, columns).applyfunc(cancel),
        ),
        Identity(
            "total",
            r"W_{S_{\mathrm{env}}} = W^{T}",
            "<exp(-S_tot)> = 1 from any start",
            (total - generator.T).applyfunc(cancel),
        ),
    )


def crooks_identity(
    model: StateGraph,
    energies: Mapping[Any, Any],
    *,
    beta: Any = 1,
    drive: Mapping[str, Any] | None = None,
) -> Identity:
    r"""Prove the symmetry behind the relations of Jarzynski and Crooks, for a given graph.

    The generator tilted by the work, :math:`K_s` with entries
    :math:`w_{ij}\,e^{-s\beta W_{ij}}`, obeys

    .. math:: e^{-\beta E} K_s^T = K_{1-s}\, e^{-\beta E}

    wherever rates obey local detailed balance, however strong the driving. So it does for every
    protocol that :math:`G_F(s) = e^{-\beta\Delta F} G_R(1-s)` *if both ends are in the
    equilibrium of their energies*; started in a steady state out of equilibrium it fails, by what
    `Protocol.jarzynski` and `Protocol.crooks` give.

    Parameters
    ----------
    model : StateGraph
        With rates from ``with_energies``.
    energies, beta, drive
        As there, with one temperature; `drive` is the work done on the system along a transition.

    Raises
    ------
    IrreversibleError
        A transition goes one way only.

    References
    ----------
    G. E. Crooks, Phys. Rev. E 60, 2721 (1999), doi:10.1103/PhysRevE.60.2721.

    Examples
    --------
    >>> import nesssym as ns
    >>> ring = ns.StateGraph.from_text("A <-> B ; a, 1 \n B <-> C ; b, 1 \n C <-> A ; c, 1")
    >>> energies, drive = {"A": "EA", "B": "EB", "C": "EC"}, {"C->A": "f"}
    >>> driven = ring.with_energies(energies, drive=drive, split="1/2")
    >>> ns.crooks_identity(driven, energies, drive=drive).holds
    True
    >>> ns.crooks_identity(driven, energies).holds
    False
    """
    refuse_one_way(t.label for t in model.transitions if not t.reversible)
    if isinstance(beta, Mapping):
        raise ModelError("the free energy of Crooks' relation needs one temperature; give one beta")
    known = {symbol.name: symbol for symbol in model.symbols}
    found = exchanged(
        model.states,
        model.transitions,
        known,
        energies,
        beta=beta,
        drive=drive or {},
        mu={},
        particles=None,
    )
    n = len(model.states)
    index = {s: i for i, s in enumerate(model.states)}
    s = Dummy("s", real=True)
    residual = [[Integer(0)] * n for _ in range(n)]
    for e in found:
        t = e.transition
        i, j = index[t.source], index[t.target]
        # Row i, column j, both sides times e^{beta E_i}.
        for row, column, rate, back, sign in (
            (i, j, t.rate, t.reverse, 1),
            (j, i, t.reverse, t.rate, -1),
        ):
            work, gain = sign * e.beta * e.work, sign * e.beta * e.energy
            first = monomial(rate) * monomial(exp(-s * work))
            second = monomial(back) * monomial(exp((1 - s) * work - gain))
            if not (first / second).is_one:
                residual[row][column] += first.value() - second.value()
    return Identity(
        "Crooks",
        r"e^{-\beta E} K_s^{T} = K_{1-s}\, e^{-\beta E}",
        "G_F(s) = exp(-beta dF) G_R(1-s) between equilibria",
        ImmutableDenseMatrix(residual),
    )


Factor = Callable[[Expr, Expr, int, int], Expr]


def _tilted(model: StateGraph, factor: Factor) -> ImmutableDenseMatrix:
    """Return the generator with every jump from i to j weighted by ``factor(w, back, i, j)``."""
    index = {s: i for i, s in enumerate(model.states)}
    matrix = model.generator().as_mutable()
    for i in range(len(index)):
        for j in range(len(index)):
            if i != j:
                matrix[j, i] = Integer(0)
    for t in model.transitions:
        i, j = index[t.source], index[t.target]
        matrix[j, i] += t.rate * factor(t.rate, t.reverse, i, j)
        matrix[i, j] += t.reverse * factor(t.reverse, t.rate, j, i)
    return ImmutableDenseMatrix(matrix)


def _check(model: StateGraph) -> None:
    if not isinstance(model, StateGraph):
        raise ModelError("fluctuation theorems of trajectories need a StateGraph with rates")
    refuse_one_way(t.label for t in model.transitions if not t.reversible)
    closed_class(model)
