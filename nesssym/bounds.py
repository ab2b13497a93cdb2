"""Bounds: inequalities between two exact quantities, with what it takes to reach equality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Expr, nan, oo

from nesssym.formulas import Formulas, Steps

__all__ = ["Bound"]

DIGITS = 60


@dataclass(frozen=True)
class Bound:
    r"""An inequality ``lower <= upper`` that holds for every value of its symbols.

    Both sides are exact and share their steps, so that ``bound.sides`` can be typeset, compiled
    and evaluated like any other result.

    Parameters
    ----------
    name : str
        What it is called in the field.
    sides : Formulas
        With the labels ``"lower"`` and ``"upper"``.
    equality : str
        When both sides agree, in words.
    reference : str
        Who found it, and where.

    Examples
    --------
    >>> from sympy import symbols
    >>> from nesssym import Bound, Formulas
    >>> a, b = symbols("a b", positive=True)
    >>> sides = Formulas(("lower", "upper"), (2 * a * b, a**2 + b**2))
    >>> bound = Bound("means", sides, "a = b", "Euclid")
    >>> bound.at({"a": 1, "b": 3}), bound.holds({"a": 1, "b": 3})
    ({'lower': 6, 'upper': 10, 'ratio': 5/3}, True)
    """

    name: str
    sides: Formulas
    equality: str
    reference: str

    def __repr__(self) -> str:
        return f"<Bound: {self.name}>"

    def __str__(self) -> str:
        return f"{self.name}: lower <= upper\n  equal: {self.equality}\n  {self.reference}"

    def _repr_latex_(self) -> str | None:
        return self.sides._repr_latex_()

    @property
    def lower(self) -> Expr:
        """The smaller side, in closed form."""
        return self.sides["lower"]

    @property
    def upper(self) -> Expr:
        """The larger side, in closed form."""
        return self.sides["upper"]

    @property
    def ratio(self) -> Formulas:
        """The larger side over the smaller one, 1 or more; label ``"ratio"``."""
        shared = Steps(self.sides.parameters, dict(self.sides.notation), self.sides.assume)
        side = shared.absorb(self.sides)
        return shared.formulas({"ratio": side["upper"] / side["lower"]})

    def at(self, values: Mapping[Any, Any]) -> dict[str, Expr]:
        """Return both sides and their ratio exactly, as `Formulas.at` does.

        The ratio is infinite where only the smaller side is zero, and NaN where both are.
        """
        side = self.sides.at(values)
        lower, upper = side["lower"], side["upper"]
        ratio = upper / lower if lower != 0 else nan if upper == 0 else oo
        return {**side, "ratio": ratio}

    def holds(self, values: Mapping[Any, Any]) -> bool:
        """Tell whether the inequality holds at a point; sides that agree to 50 digits are equal."""
        side = self.sides.at(values)
        gap = side["upper"] - side["lower"]
        if gap == 0:
            return True
        size = max(abs(side["upper"].evalf(DIGITS)), abs(side["lower"].evalf(DIGITS)))
        return bool(gap.evalf(DIGITS, maxn=1000) >= -size / 10**50)
