"""Roots: an expression for one that is known to be alone between bounds, and its enclosure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import mpmath
import sympy
from sympy import CRootOf, Expr, Symbol, Tuple

__all__ = ["RootIn", "enclosed_root", "isolated"]

MOST_STEPS = 2000
MOST_STARTS = 8
MOST_DOUBLINGS = 1100


class RootIn(Expr):  # type: ignore[misc]
    """The root of an expression between two bounds, where exactly one is known to lie.

    Parameters
    ----------
    expr : Expr
        What vanishes. That it changes sign just once between the bounds is for the maker to
        prove; kernels certify that there is a sign change, and enclose it.
    limits : (Symbol, Expr, Expr)
        The unknown and the bounds, in any order; the upper may be infinite, from a bound of zero.

    Examples
    --------
    >>> from sympy import Symbol
    >>> x, a = Symbol("x"), Symbol("a", positive=True)
    >>> r = RootIn(x**3 + x - a, (x, 0, a))
    >>> r.free_symbols, r.subs(a, 2).evalf(5), r.diff(a).subs(a, 2).evalf(3)
    ({a}, 1.0000, 0.250)
    """

    is_commutative = True
    is_real = True
    limits: Any = property(lambda self: (self.args[1],))
    function: Any = property(lambda self: self.args[0])

    def __new__(cls, expr: Expr, limits: Any) -> RootIn:
        """Make the node; its bounds are SymPy expressions."""
        symbol, low, high = limits
        bounds = (sympy.Integer(b) if isinstance(b, int) else b for b in (low, high))
        made: RootIn = super().__new__(cls, expr, Tuple(symbol, *bounds))
        return made

    @property
    def free_symbols(self) -> set[Symbol]:
        """The symbols of the function and of the bounds, without the unknown."""
        symbol, low, high = self.args[1]
        inner: set[Symbol] = self.args[0].free_symbols - {symbol}
        inner |= low.free_symbols
        inner |= high.free_symbols
        return inner

    @property
    def bound_symbols(self) -> list[Symbol]:
        """The unknown."""
        return [self.args[1][0]]

    def _eval_is_positive(self) -> bool | None:
        _, low, high = self.args[1]
        return True if low.is_nonnegative and high.is_nonnegative else None

    def _eval_derivative(self, symbol: Symbol) -> Expr:
        expr, (unknown, _, _) = self.args
        slopes = (expr.diff(s).xreplace({unknown: self}) for s in (symbol, unknown))
        return -next(slopes) / next(slopes)

    def _eval_subs(self, old: Expr, new: Expr) -> Expr | None:
        return self if old == self.args[1][0] else None

    def _eval_evalf(self, prec: int) -> Expr:
        expr, (unknown, low, high) = self.args
        with mpmath.workprec(prec + 10):
            digits = mpmath.mp.dps

            def value(x: Any) -> Any:
                at = Expr._from_mpmath(mpmath.mpf(x), prec + 10)
                return expr.xreplace({unknown: at}).evalf(digits)._to_mpmath(prec + 10)

            def known(x: Any) -> flint.arb:
                number = value(mpmath.mpf(x.mid().str(digits + 5, radius=False)))
                return flint.arb(mpmath.nstr(number, digits))

            ends = (_ball_of(bound, prec) for bound in (low, high))
            with flint.ctx.workprec(prec + 10):
                found = enclosed_root(known, *ends)
            return sympy.Float(found.mid().str(digits, radius=False), precision=prec)

    def _sympystr(self, printer: Any) -> str:
        return f"RootIn({', '.join(map(printer._print, self.args))})"

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        expr, (unknown, low, high) = self.args
        x, lo, hi, f = map(printer._print, (unknown, low, high, expr))
        root = rf"\operatorname{{root}}_{{{x}\in\left({lo},{hi}\right)}}\left[{f}\right]"
        return root if exp is None else rf"\left({root}\right)^{{{exp}}}"


def isolated(root: CRootOf) -> RootIn:
    """Return a real root of a polynomial by rational bounds that hold no other of its roots.

    Examples
    --------
    >>> from sympy import CRootOf, Symbol
    >>> x = Symbol("x")
    >>> isolated(CRootOf(x**3 - x - 1, 0))
    RootIn(x**3 - x - 1, (x, 1, 2))
    """
    (low, high), _ = root.poly.intervals()[root.index]
    return RootIn(root.expr, (root.poly.gen, low, high))


def _ball_of(bound: Expr, prec: int) -> flint.arb:
    if bound is sympy.oo:
        return flint.arb("inf")
    return flint.arb(mpmath.nstr(bound.evalf(int(prec * 0.3) + 5)._to_mpmath(prec), prec))


def enclosed_root(function: Callable[[Any], Any], low: Any, high: Any) -> Any:
    """Return a ball that is certain to hold a root, or NaN where no sign change was found.

    The bounds may be in any order; an infinite one is searched for by doubling. Illinois steps
    find the root, then signs at both ends of a ball around it certify it.
    """
    low, high = flint.arb(low), flint.arb(high)
    if high.is_finite() and low.mid() == high.mid():
        return low.union(high)
    bracket = (low.mid(), high.mid()) if high.is_finite() else _searched(function, low.mid())
    if bracket is None:
        return flint.arb("nan")
    a, b = bracket
    fa, fb = function(a), function(b)
    if fa == 0 or fb == 0:
        return a if fa == 0 else b
    if not (fa * fb < 0):
        return flint.arb("nan")
    x = a
    for step in range(MOST_STEPS):
        size = abs(a - b)
        x = (a + b) / 2 if step % 3 == 2 else (b - fb * (b - a) / (fb - fa))
        x = flint.arb(x.mid())
        fx = flint.arb(function(x))
        if fx.contains(0) or not fx.is_finite() or x in (a, b):
            break
        if fx * fb < 0:
            a, fa = b, fb
        else:
            fa = fa / 2
        b, fb = x, fx
        if abs(a - b) >= size and step > 200:
            break
    return _certified(function, x, bracket)


def _searched(function: Callable[[Any], Any], low: flint.arb) -> tuple[Any, Any] | None:
    """Find a sign change by halving and doubling the distance from the lower bound.

    A root may lie where the search looks; a value that may be zero tells no sign and is passed by.
    """
    starts = (1 + flint.arb(k) / MOST_STARTS for k in range(MOST_STARTS))
    tried = ((start, flint.arb(function(low + start))) for start in starts)
    first = next(((at, value) for at, value in tried if not value.contains(0)), None)
    if first is None:
        return None
    last = dict.fromkeys((1, -1), first[0])
    values = dict.fromkeys((1, -1), first[1])
    for k in range(1, MOST_DOUBLINGS):
        for way in (1, -1):
            distance = flint.arb(2) ** (way * k)
            value = flint.arb(function(low + distance))
            if value * values[way] < 0:
                return low + last[way], low + distance
            if not value.contains(0):
                last[way], values[way] = distance, value
    return None


def _certified(function: Callable[[Any], Any], x: flint.arb, bracket: tuple[Any, Any]) -> Any:
    """Widen a ball about an approximate root until the signs at its ends differ for certain."""
    ends = sorted(bracket, key=float)
    radius = (abs(x) + abs(ends[1] - ends[0]) * flint.arb(2) ** -40) * (
        flint.arb(2) ** (3 - flint.ctx.prec)
    )
    for _ in range(flint.ctx.prec):
        a, b = flint.arb((x - radius).mid()), flint.arb((x + radius).mid())
        if flint.arb(function(a)) * flint.arb(function(b)) < 0:
            return a.union(b)
        radius *= 2
        if not radius < abs(ends[1] - ends[0]):
            break
    return flint.arb("nan")
