"""Concentrations that are known as numbers: exactly, or enclosed as closely as one wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flint
from flint import arb, fmpq

from nesssym.errors import ModelError
from nesssym.exact.boxes import System, power_product, refined
from nesssym.exact.constants import ball
from nesssym.exact.number_field import Element, Root, evaluate
from nesssym.exact.rational import Fraction, Ring
from nesssym.exact.triangular import Quotient

__all__ = ["Enclosure", "Numbers"]


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

    def ball(self, species: str, bits: int) -> arb:
        """Return an interval around a concentration, of about so many bits."""
        return self.root.value(self.values[species], bits)

    def balls(self, space: Ring, pairs: Sequence[Fraction], bits: int) -> list[arb]:
        """Return intervals around fractions of polynomials in the concentrations."""
        return [self.root.value(e, bits) for e in self._elements(space, pairs)]

    def rationals(self, space: Ring, pairs: Sequence[Fraction]) -> list[fmpq] | None:
        """Return fractions of polynomials as rational numbers, if all are."""
        elements = self._elements(space, pairs)
        return None if any(e.degree() > 0 for e in elements) else [e[0] for e in elements]

    def _elements(self, space: Ring, pairs: Sequence[Fraction]) -> list[Element]:
        point = [self.values.get(str(g)) for g in space.gens]
        found = []
        for top, bottom in pairs:
            below = self.root.inverse(evaluate(list(bottom.terms()), point, self.root))
            if below is None:
                raise ModelError("the Jacobian is infinite at this state")
            above = evaluate(list(top.terms()), point, self.root)
            found.append(self.root.reduced(above * below))
        return found


@dataclass(frozen=True)
class Enclosure:
    """Concentrations at a certified root of a system of equations.

    Parameters
    ----------
    space : Ring
        Of the unknowns.
    solved : tuple of (int, Quotient)
        Variables in terms of later ones.
    kept : tuple of int
        The variables of the system.
    system : System
        What vanishes.
    start : tuple of float
        Where the root is.
    """

    space: Ring
    solved: tuple[tuple[int, Quotient], ...]
    kept: tuple[int, ...]
    system: System
    start: tuple[float, ...]

    def ball(self, species: str, bits: int) -> arb:
        """Return an interval around a concentration, of about so many bits."""
        return self._point(bits)[species]

    def balls(self, space: Ring, pairs: Sequence[Fraction], bits: int) -> list[arb]:
        """Return intervals around fractions of polynomials in the concentrations."""
        known = self._point(bits)
        with flint.ctx.workprec(bits):
            at = [known[str(g)] if g.is_Symbol else ball(g) for g in space.gens]
            return [_value(top, at) / _value(bottom, at) for top, bottom in pairs]

    def rationals(self, space: Ring, pairs: Sequence[Fraction]) -> list[fmpq] | None:
        """Return None: whether these numbers are rational is not known."""
        return None

    def _point(self, bits: int) -> dict[str, arb]:
        with flint.ctx.workprec(bits):
            at = [arb("nan") if g.is_Symbol else ball(g) for g in self.space.gens]
            root = refined(self.system, self.start, bits)
            for u, x in zip(self.kept, root, strict=True):
                at[u] = x
            for u, (top, bottom) in reversed(self.solved):
                at[u] = _value(top, at) / _value(bottom, at)
            return {str(g): x for g, x in zip(self.space.gens, at, strict=True) if g.is_Symbol}


def _value(poly: Any, at: Sequence[arb]) -> arb:
    terms = (arb(c) * power_product(at, tuple(map(int, e))) for e, c in poly.terms())
    return sum(terms, arb(0))
