"""MarkovChain: a discrete-time chain, whose transition probabilities are not rates."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flint
import mpmath
import networkx as nx
from sympy import Expr, Float, ImmutableDenseMatrix, Integer, Rational, Symbol

from nesssym import parsing, typeset
from nesssym.errors import ModelError, NessWarning
from nesssym.networks.entries import square, state_labels
from nesssym.networks.state_graph import StateGraph
from nesssym.networks.transitions import Transition, multigraph, pair_up, rate_symbols

__all__ = ["MarkovChain"]

FEW_STEPS = 50


@dataclass(frozen=True, eq=False)
class MarkovChain:
    """A discrete-time Markov chain: probabilities per step between named states.

    Steady state, currents, affinities and entropy production (nats per step: a statistical
    irreversibility, no heat is measured) work as for a `StateGraph`. Rates exist only where the
    chain is a continuous-time process observed at regular times; `rates` finds out.

    Parameters
    ----------
    states : tuple of str
        Labels.
    matrix : ImmutableDenseMatrix, shape (n, n)
        ``matrix[i, j]`` is the probability of a step from i to j; every row sums to one.
    assume : tuple of Expr
        Entries that are positive though their symbols alone do not tell.
    notation : tuple of (Symbol, str)
        LaTeX of symbols.

    Raises
    ------
    ModelError
        A row that does not sum to one, a probability outside [0, 1], a wrong shape.

    Examples
    --------
    >>> import nesssym as ns
    >>> chain = ns.MarkovChain.from_counts([[8, 13, 2], [9, 6, 12], [6, 8, 11]], ["N", "E", "L"])
    >>> ns.steady_state(chain)["N"]
    23/75
    """

    states: tuple[str, ...]
    matrix: ImmutableDenseMatrix
    assume: tuple[Expr, ...] = ()
    notation: tuple[tuple[Symbol, str], ...] = ()
    time = "step"

    def __post_init__(self) -> None:
        n = len(self.states)
        if n < 2:
            raise ModelError(f"a chain needs at least two states, got {n}")
        if self.matrix.shape != (n, n):
            raise ModelError(f"{n} states need an {n} x {n} matrix, got {self.matrix.shape}")
        for i, state in enumerate(self.states):
            total = sum(self.matrix.row(i), Integer(0)).expand()
            if total != 1:
                raise ModelError(
                    f"the probabilities of the steps from {state!r} sum to {total}, wanted 1"
                )
            for p in self.matrix.row(i):
                if p.is_Number and not 0 <= p <= 1:
                    raise ModelError(f"a probability of the steps from {state!r} is {p}")

    def __repr__(self) -> str:
        return f"<MarkovChain: {len(self.states)} states, steps>"

    def _repr_latex_(self) -> str | None:
        shown: str | None = typeset.display(["P"], [self.matrix], names=dict(self.notation))
        return shown

    @classmethod
    def from_matrix(cls, matrix: Any, states: Sequence[Hashable] | None = None) -> MarkovChain:
        """Make a chain from its transition matrix, row to column; rows sum to one exactly.

        Symbolic entries are taken to be positive, as probabilities are.
        """
        rows = [[parsing.expr(p) for p in row] for row in square(matrix, "transition matrix")]
        symbolic = dict.fromkeys(p for row in rows for p in row if p.free_symbols)
        labels = tuple(state_labels(len(rows), states, matrix))
        return cls(labels, ImmutableDenseMatrix(rows), tuple(symbolic))

    @classmethod
    def from_counts(cls, counts: Any, states: Sequence[Hashable] | None = None) -> MarkovChain:
        """Estimate a chain from counted steps, from row to column (maximum likelihood).

        Parameters
        ----------
        counts : array_like of int, shape (n, n)
            Numbers of observed steps, the diagonal (staying) included.
        states : sequence, optional
            Labels; else "1", "2", ...

        Raises
        ------
        ModelError
            A negative count, or a state that was never left or stayed in (an empty row).

        Warns
        -----
        NessWarning
            Fewer than 50 steps: what is estimated from so few looks irreversible by chance, for
            long records by two nats over the number of steps for each independent cycle.
        """
        rows = [[parsing.number(c) for c in row] for row in square(counts, "count matrix")]
        labels = state_labels(len(rows), states, counts)
        for label, row in zip(labels, rows, strict=True):
            if any(c.is_negative for c in row):
                raise ModelError(f"a count of steps from {label!r} is negative")
            if not any(row):
                raise ModelError(f"no step from {label!r} was observed: its row is empty")
        total, n = sum(map(sum, rows)), len(rows)
        pairs = sum(bool(rows[i][j] or rows[j][i]) for i in range(n) for j in range(i))
        if total < FEW_STEPS and pairs >= n:
            warnings.warn(
                f"only {total} steps were counted: by chance alone the chain looks irreversible, "
                f"by about {float(2 * (pairs - n + 1) / total):.2g} nats a step",
                NessWarning,
                stacklevel=2,
            )
        return cls.from_matrix([[c / sum(row) for c in row] for row in rows], labels)

    @cached_property
    def transitions(self) -> tuple[Transition, ...]:
        """The steps that change the state; the rate of each is its probability per step."""
        n = len(self.states)
        return pair_up(
            [
                (self.states[a], self.states[b], "", self.matrix[a, b])
                for i in range(n)
                for j in range(i + 1, n)
                for a, b in ((i, j), (j, i))
                if self.matrix[a, b] != 0
            ],
            self.assume,
        )

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        """The symbols of the probabilities, in order of appearance."""
        return rate_symbols(self.transitions)

    @cached_property
    def graph(self) -> nx.MultiDiGraph:
        """The steps that change the state as a frozen `networkx.MultiDiGraph`."""
        return multigraph(self.states, self.transitions)

    def rates(self, digits: int = 30) -> StateGraph:
        """Return the continuous-time graph whose observation at every step is this chain.

        Its rates are the principal logarithm of the matrix, computed to `digits` digits.

        Raises
        ------
        ModelError
            Where no such rates exist, with the reason: a transition matrix per step is not a
            rate matrix, and many are not the exponential of one (the embedding problem).

        References
        ----------
        G. Elfving, Acta Soc. Sci. Fennicae A2 8, 1 (1937); E. B. Davies, Electron. J. Probab.
        15, 1474 (2010), doi:10.1214/EJP.v15-733.

        Examples
        --------
        >>> import nesssym as ns
        >>> chain = ns.MarkovChain.from_matrix([["3/4", "1/4"], ["1/4", "3/4"]])
        >>> round(float(chain.rates().transitions[0].rate), 6)
        0.346574
        """
        if self.symbols:
            raise ModelError(
                f"whether rates exist depends on the values of "
                f"{', '.join(s.name for s in self.symbols)}; substitute numbers first"
            )
        self._refuse_without_logarithm()
        with mpmath.workdps(digits + 10):
            rational = [[mpmath.mpf(p.p) / p.q for p in row] for row in self.matrix.tolist()]
            log = mpmath.logm(mpmath.matrix(rational))
            size = 10 ** mpmath.mpf(-digits)
            n = len(self.states)
            rows: list[list[Expr]] = [[Integer(0)] * n for _ in range(n)]
            for i in range(n):
                for j in range(n):
                    value = mpmath.re(log[i, j])
                    if i != j and value < -size:
                        raise ModelError(
                            f"no rates exist for this chain: the principal logarithm of its "
                            f"matrix has the negative entry {mpmath.nstr(value, 5)} from "
                            f"{self.states[i]!r} to {self.states[j]!r}; keep to probabilities "
                            "per step"
                        )
                    if i != j and value > size:
                        rows[i][j] = Rational(Float(value, digits))
        return StateGraph.from_rate_matrix(rows, self.states)

    def _refuse_without_logarithm(self) -> None:
        n = len(self.states)
        matrix = flint.fmpq_mat(n, n, [flint.fmpq(int(p.p), int(p.q)) for p in self.matrix])
        determinant = matrix.det()
        if determinant <= 0:
            raise ModelError(
                f"no rates exist for this chain: the determinant of its matrix is {determinant}, "
                "but exp(generator) has a positive one; keep to probabilities per step"
            )
        for factor, power in matrix.charpoly().factor()[1]:
            roots: list[Any] = factor.numer().complex_roots()
            for root, _ in roots:
                if root.imag.is_zero() and root.real < 0 and power % 2:
                    raise ModelError(
                        f"no rates exist for this chain: its matrix has the negative eigenvalue "
                        f"{float(root.real.mid()):.3f} and so no real logarithm; keep to "
                        "probabilities per step"
                    )
