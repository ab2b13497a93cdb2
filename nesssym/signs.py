"""Signs of expressions, told from their structure."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from sympy import Add, Expr, factor_terms

__all__ = ["sign"]

MAX_SUMS = 8


def sign(expr: Expr, assume: Sequence[Expr] = ()) -> int:
    """Return 1 for what is known to be positive, -1 for what is negative, 0 where neither is known.

    A sum of positive terms is positive, whatever its size. SymPy, whose time for sums within sums
    doubles with each of them, is asked only where the structure does not tell and sums are few.

    Parameters
    ----------
    expr : Expr
        Any expression.
    assume : sequence of Expr, optional
        Expressions that are known to be positive.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b, c = symbols("a b c", positive=True)
    >>> sign(a + b/(1 + c)), sign(-a/(b + c)), sign(a - b), sign(c*a - c*b, [a - b])
    (1, -1, 0, 1)
    """
    if expr in assume:
        return 1
    compound = expr.is_Add or expr.is_Mul or expr.is_Pow
    if expr.is_Add:
        signs = {sign(term, assume) for term in expr.args}
        found = signs.pop() if len(signs) == 1 else 0
    elif expr.is_Mul:
        found = prod(sign(factor, assume) for factor in expr.args)
    else:
        found = int(expr.is_Pow and sign(expr.base, assume) > 0)
    if found or (compound and len(expr.atoms(Add)) > MAX_SUMS):
        return found
    if expr.is_positive or expr.is_negative:
        return 1 if expr.is_positive else -1
    factored = factor_terms(expr) if expr.is_Add else expr
    return 0 if factored == expr or factored.is_Add else sign(factored, assume)
