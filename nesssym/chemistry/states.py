"""The steady state of a reaction network: concentrations, currents, forces, stability."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flint
from flint import arb, arb_mat
from sympy import Add, Expr, Rational

from nesssym import parsing, typeset
from nesssym.chemistry.numbers import Enclosure, Numbers
from nesssym.errors import ModelError, UnknownNameError
from nesssym.exact.rational import Fraction, Ring, fractions
from nesssym.exact.routh import routh
from nesssym.formulas import Formulas, Steps
from nesssym.functions import logratio
from nesssym.networks import ReactionNetwork
from nesssym.steady import refuse_one_way

__all__ = ["ReactionSteadyState", "concentration_heads", "jacobian", "reduced_jacobian"]


@dataclass(frozen=True, eq=False)
class ReactionSteadyState:
    """A steady state of a reaction network. Made by `steady_state` and `steady_states`.

    Looking up a species gives its concentration as one expression.

    Parameters
    ----------
    model : ReactionNetwork
        The network.
    state : Formulas
        The concentrations, one label an internal species.
    method : str
        How they were derived.
    net : Formulas or None
        The currents, where the derivation found a form of them that keeps all digits.
    tree_form : Formulas or None
        The concentrations as expanded sums over spanning trees, where these are few.
    numbers : Numbers, Enclosure or None
        The concentrations as exact or enclosed numbers, where there are no symbols.
    proof : str
        What is certain of a state that has no closed form: where it is one of how many.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("2 X <-> Y ; 1, 1")
    >>> ss = ns.steady_state(r, totals={"X": 3})
    >>> ss["X"], ss["Y"], ss.stability
    (1, 1, 'stable')
    """

    model: ReactionNetwork
    state: Formulas
    method: str
    net: Formulas | None = None
    tree_form: Formulas | None = None
    numbers: Numbers | Enclosure | None = None
    proof: str = ""

    def __repr__(self) -> str:
        proof = f": {self.proof}" if self.proof else ""
        return f"<ReactionSteadyState of {self.model!r} by {self.method}{proof}>"

    def __getitem__(self, species: object) -> Expr:
        """Return a concentration in closed form."""
        if str(species) in self.model.chemostats:
            return self.model.concentrations[str(species)]
        if str(species) not in self.state.labels:
            raise UnknownNameError.of("species", species, self.state.labels)
        return (self.tree_form or self.state)[species]

    def _repr_latex_(self) -> str | None:
        return (self.tree_form or self.state)._repr_latex_()

    @property
    def concentrations(self) -> Formulas:
        """The concentrations of the internal species; the same as `state`."""
        return self.state

    @cached_property
    def currents(self) -> Formulas:
        """The net current of every reaction, forward less backward."""
        if self.net is not None:
            return self.net
        shared, rates = self._rates()
        return shared.formulas(
            {label: f - b for label, (f, b) in rates.items()},
            heads=self._heads("J"),
            unit=f"1/{self.model.time}",
        )

    @cached_property
    def forces(self) -> Formulas:
        r"""The force (affinity) :math:`\ln(v_+/v_-)` of every reaction, in units of k_B.

        Raises
        ------
        IrreversibleError
            A reaction goes one way only, so that its force is infinite.
        """
        refuse_one_way(r.name for r in self.model.reactions if not r.reversible)
        shared, rates = self._rates()
        net = shared.absorb(self.currents)
        forces = {
            label: logratio(
                shared.let(f, "f"), shared.let(b, "b"), shared.let(net[label], "j", positive=False)
            )
            for label, (f, b) in rates.items()
        }
        return shared.formulas(forces, heads=self._heads("F"))

    def _rates(self) -> tuple[Steps, dict[str, tuple[Expr, Expr]]]:
        shared = Steps.over(self.model)
        shared.assume = tuple(dict.fromkeys((*shared.assume, *self.state.assume)))
        known = shared.absorb(self.state)
        values = self.model.concentrations | {
            s: shared.let(x, "x") if x != 0 else x for s, x in known.items()
        }
        return shared, {r.name: r.rates(values) for r in self.model.reactions}

    def _heads(self, letter: str) -> tuple[str, ...]:
        return tuple(f"{letter}_{{{r.subscript}}}" for r in self.model.reactions)

    # ------------------------------------------------------------------ numbers

    def values(self, digits: int = 15) -> dict[str, arb]:
        r"""Return the concentrations as certified intervals.

        Parameters
        ----------
        digits : int, optional
            Significant digits.

        Raises
        ------
        ModelError
            The state holds symbols.

        Examples
        --------
        >>> import nesssym as ns
        >>> r = ns.ReactionNetwork.from_text("2 X <-> Y ; 1, 1 \n X <-> 0 ; 1, 1")
        >>> ns.steady_state(r).values()
        {'X': 1.00000000000000, 'Y': 1.00000000000000}
        """
        numbers = self._exact()
        bits = int(digits * 3.33) + 16
        found = {}
        for s in self.model.internal:
            precision = bits
            while True:
                ball = numbers.ball(s, precision)
                if ball == 0 or ball.rel_accuracy_bits() >= bits - 12 or precision > 1 << 14:
                    break
                precision *= 2
            found[s] = ball
        return found

    def _exact(self) -> Numbers | Enclosure:
        if self.numbers is None:
            free = ", ".join(s.name for s in self.state.symbols)
            raise ModelError(
                f"the steady state holds symbols ({free}); give steady_states values={{...}}. For "
                "symbols nesssym.stability_conditions tells when it is stable"
            )
        return self.numbers

    # ------------------------------------------------------------------ stability

    @cached_property
    def jacobian(self) -> tuple[tuple[Expr, ...], ...]:
        r"""The matrix :math:`\partial\dot x_i/\partial x_j` in the concentrations, row by row."""
        return jacobian(self.model)

    @cached_property
    def stability(self) -> str:
        """Whether small deviations die out: "stable", "unstable" or "marginal".

        Deviations that keep the totals are meant. Decided with certainty by Routh's array of the
        characteristic polynomial, else by eigenvalues; "marginal" where a real part cannot be told
        from zero at 4,000 bits.

        Raises
        ------
        ModelError
            The state holds symbols.
        """
        bits = 128
        while bits <= 2_048:
            found = self._routh(bits)
            if found:
                return found
            bits *= 2
        return "unstable" if 1 in (_sign(z.real) for z in self._spectrum(bits)) else "marginal"

    def _routh(self, bits: int) -> str:
        """Decide stability from balls of some precision; the empty text where they are too wide."""
        matrix = self._deviations(bits)
        if matrix is None:
            return "stable"
        with flint.ctx.workprec(bits):
            column = routh(matrix.charpoly().coeffs())
        signs = list(map(_sign, column))
        if 0 in signs:
            return ""
        return "stable" if set(signs) == {1} else "unstable"

    def eigenvalues(self, digits: int = 15) -> list[flint.acb]:
        """Return the eigenvalues of the Jacobian on the deviations that keep the totals."""
        return self._spectrum(int(digits * 3.33) + 64)

    def _spectrum(self, bits: int) -> list[flint.acb]:
        matrix = self._deviations(bits)
        if matrix is None:
            return []
        with flint.ctx.workprec(bits):
            try:
                return list(flint.acb_mat(matrix).eig(multiple=True))
            except ValueError:  # equal eigenvalues with one eigenvector are never isolated so
                exact = self._exact().rationals(*self._entries)
            if exact is None:
                raise ModelError(
                    "two eigenvalues of the Jacobian are equal or nearly so, so that they cannot "
                    "be enclosed apart; ask for more digits, or change a rate constant a little"
                )
            n = matrix.nrows()
            roots: Any = flint.fmpq_mat(n, n, exact).charpoly().numer().complex_roots()
            return [z for z, times in roots for _ in range(times)]

    @cached_property
    def _entries(self) -> tuple[Ring, list[Fraction]]:
        """The entries of the Jacobian on deviations that keep the totals, row by row."""
        return fractions([e for row in reduced_jacobian(self.model) for e in row])

    def _deviations(self, bits: int) -> arb_mat | None:
        """Return the Jacobian on deviations that keep the totals; None where there are none."""
        numbers, n = self._exact(), len(self.model.reduced_basis[0])
        return arb_mat(n, n, numbers.balls(*self._entries, bits)) if n else None


def jacobian(network: ReactionNetwork) -> tuple[tuple[Expr, ...], ...]:
    """Return the derivatives of the rates of change by the concentrations, row by row."""
    xs = [parsing.symbol(s) for s in network.internal]
    return tuple(tuple(rate.diff(x) for x in xs) for rate in network.rate_equations().values())


def reduced_jacobian(network: ReactionNetwork) -> list[list[Expr]]:
    """Return the Jacobian on the deviations that keep the totals."""
    kept, link = network.reduced_basis
    full = jacobian(network)
    return [
        [
            Add(*(Rational(int(f[k].p), int(f[k].q)) * e for f, e in zip(link, row, strict=True)))
            for k in range(len(kept))
        ]
        for row in (full[i] for i in kept)
    ]


def _sign(x: arb) -> int:
    return 1 if x > 0 else -1 if x < 0 else 0


def concentration_heads(species: tuple[str, ...]) -> tuple[str, ...]:
    """LaTeX of concentrations: names in square brackets."""
    return tuple(f"[{typeset.text(s)}]" for s in species)
