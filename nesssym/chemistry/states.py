"""The steady state of a reaction network: concentrations, currents, forces, stability."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flint
from flint import arb, arb_mat
from sympy import Expr

from nesssym import parsing, typeset
from nesssym.errors import ModelError, UnknownNameError
from nesssym.exact.number_field import Element, Root, evaluate
from nesssym.exact.rational import fractions
from nesssym.formulas import Formulas, Steps
from nesssym.functions import logratio
from nesssym.networks import ReactionNetwork
from nesssym.steady import refuse_one_way

__all__ = ["Numbers", "ReactionSteadyState", "concentration_heads", "jacobian"]


@dataclass(frozen=True)
class Numbers:
    """Concentrations as exact numbers: elements of the field of one root.

    Parameters
    ----------
    root : Root
        A positive root of a polynomial.
    values : dict of str to Element
        Species to number.
    """

    root: Root
    values: dict[str, Element]


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
    numbers : Numbers or None
        The concentrations as exact numbers, where there are no symbols.

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
    numbers: Numbers | None = None

    def __repr__(self) -> str:
        return f"<ReactionSteadyState of {self.model!r} by {self.method}>"

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
        for s, x in numbers.values.items():
            precision = bits
            while True:
                ball = numbers.root.value(x, precision)
                if x.is_zero() or ball.rel_accuracy_bits() >= bits - 12 or precision > 1 << 14:
                    break
                precision *= 2
            found[s] = ball
        return found

    def _exact(self) -> Numbers:
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

        Deviations that keep the totals are meant. Decided by the signs of the real parts of
        certified eigenvalues of the exact Jacobian; "marginal" where one of them cannot be told
        from zero at 2,000 bits.

        Raises
        ------
        ModelError
            The state holds symbols.
        """
        bits = 128
        while True:
            signs = [_sign(z.real) for z in self._spectrum(bits)]
            if 1 in signs:
                return "unstable"
            if 0 not in signs:
                return "stable"
            bits *= 2
            if bits > 2_048:
                return "marginal"

    def eigenvalues(self, digits: int = 15) -> list[flint.acb]:
        """Return the eigenvalues of the Jacobian on the deviations that keep the totals."""
        return self._spectrum(int(digits * 3.33) + 64)

    def _spectrum(self, bits: int) -> list[flint.acb]:
        numbers, network = self._exact(), self.model
        kept, link = network.reduced_basis
        xs = [parsing.symbol(s) for s in network.internal]
        space, pairs = fractions([*xs, *(e for row in self.jacobian for e in row)])
        point: list[Element | None] = [None] * len(space.gens)
        for x, s in zip(xs, network.internal, strict=True):
            point[space.gens.index(x)] = numbers.values[s]
        elements = []
        for top, bottom in pairs[len(xs) :]:
            below = numbers.root.inverse(evaluate(list(bottom.terms()), point, numbers.root))
            if below is None:
                raise ModelError("the Jacobian is infinite at this state")
            above = evaluate(list(top.terms()), point, numbers.root)
            elements.append(numbers.root.reduced(above * below))
        with flint.ctx.workprec(bits):
            n, rank = len(xs), len(kept)
            if not rank:
                return []
            rows = [
                [
                    sum((elements[i * n + j] * link[j][k] for j in range(n)), Element([]))
                    for k in range(rank)
                ]
                for i in kept
            ]
            balls = arb_mat([[numbers.root.value(e, bits) for e in row] for row in rows])
            try:
                return list(flint.acb_mat(balls).eig(multiple=True))
            except ValueError:  # equal eigenvalues with one eigenvector are never isolated so
                if any(e.degree() > 0 for row in rows for e in row):
                    raise ModelError(
                        "two eigenvalues of the Jacobian are equal, so that they cannot be "
                        "enclosed apart; change a rate constant a little"
                    ) from None
            exact = flint.fmpq_mat([[e[0] for e in row] for row in rows])
            roots: Any = exact.charpoly().numer().complex_roots()
            return [z for z, times in roots for _ in range(times)]


def jacobian(network: ReactionNetwork) -> tuple[tuple[Expr, ...], ...]:
    """Return the derivatives of the rates of change by the concentrations, row by row."""
    xs = [parsing.symbol(s) for s in network.internal]
    return tuple(tuple(rate.diff(x) for x in xs) for rate in network.rate_equations().values())


def _sign(x: arb) -> int:
    return 1 if x > 0 else -1 if x < 0 else 0


def concentration_heads(species: tuple[str, ...]) -> tuple[str, ...]:
    """LaTeX of concentrations: names in square brackets."""
    return tuple(f"[{typeset.text(s)}]" for s in species)
