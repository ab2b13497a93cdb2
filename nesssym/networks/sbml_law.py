"""A net rate as two positive ones, of mass action where it is that."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sympy import Add, Expr, Integer, Mul, Symbol, expand_mul

from nesssym.errors import ModelError
from nesssym.signs import sign

__all__ = ["Splitter", "gathered", "mass_action"]

MAX_MONOMIALS = 200
MAX_POWER = 10
MAX_EXPANDED = 300  # operations in a constant that is multiplied out to tell its sign


class Splitter:
    """What is known of signs while the rates of a model are split.

    Parameters
    ----------
    values : mapping of Symbol to Expr
        Values of symbols. Where the sign of something free of species hangs on them, it is put
        down in `assume` if it is a sum, so that the symbols stay; else the number is put in.
    start : mapping of Symbol to Expr
        The same with the species, as they are at the start. Bases of roots and denominators have
        the sign that they have there, since a rate that is finite cannot change it.

    Attributes
    ----------
    assume : dict of Expr to None
        What was taken to be positive, in order.
    """

    def __init__(self, values: Mapping[Symbol, Expr], start: Mapping[Symbol, Expr]) -> None:
        self.values = values
        self.start = start
        self.assume: dict[Expr, None] = {}

    def split(self, rate: Expr) -> tuple[Expr, Expr]:
        """Return positive parts p and n with rate = p - n, from the signs of its terms.

        Examples
        --------
        >>> from sympy import symbols
        >>> a, b, k = symbols("a b k", positive=True)
        >>> Splitter({}, {}).split(k*(a - 2*b)/(1 + a))
        (a*k/(a + 1), 2*b*k/(a + 1))
        """
        known = sign(rate, tuple(self.assume))
        if known or rate == 0:
            return (rate, Integer(0)) if known >= 0 else (Integer(0), -rate)
        if rate.is_Add:
            known = self.taken(rate, self.values)
            if known:
                return (rate, Integer(0)) if known > 0 else (Integer(0), -rate)
            parts = [self.split(term) for term in rate.args]
            return Add(*(p for p, _ in parts)), Add(*(n for _, n in parts))
        if rate.is_Mul:
            p, n = Integer(1), Integer(0)
            for factor in rate.args:
                up, down = self.split(factor)
                p, n = p * up + n * down, p * down + n * up
            return p, n
        if rate.is_Pow and rate.exp.is_Integer and 1 < rate.exp <= MAX_POWER:
            return self.split(Mul(*[rate.base] * int(rate.exp), evaluate=False))
        if rate.is_Pow and rate.exp.is_Rational:
            known = self.taken(rate.base, self.start)
            if known > 0:
                return rate, Integer(0)
            if known < 0 and rate.exp.is_Integer:
                turned = (-rate.base) ** rate.exp
                return (turned, Integer(0)) if rate.exp % 2 == 0 else (Integer(0), turned)
        fixed = rate.xreplace(self.values)
        if fixed.is_number and sign(fixed):
            return (fixed, Integer(0)) if sign(fixed) > 0 else (Integer(0), -fixed)
        if fixed != rate and not fixed.is_number:
            return self.split(fixed)
        if fixed == 0:
            return Integer(0), Integer(0)
        raise ModelError(f"the sign of {str(rate)[:80]} is not known, so that it cannot be a rate")

    def taken(self, expr: Expr, values: Mapping[Symbol, Expr]) -> int:
        """Return the sign of a sum at some values, which is assumed from then on; 0 if unknown."""
        if not expr.is_Add or not expr.free_symbols <= set(values):
            return 0
        known = sign(expr.xreplace(values))
        if known:
            self.assume[expr if known > 0 else -expr] = None
        return known


def mass_action(
    net: Expr, forward: Expr, backward: Expr, species: Collection[Symbol]
) -> tuple[Expr, Expr] | None:
    """Return k and q with net = k*forward - q*backward, or None where it is something else.

    Parameters
    ----------
    net : Expr
        A net rate.
    forward, backward : Expr
        Two different products of powers of species.
    species : collection of Symbol
        What k and q must not hold.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b, k, q = symbols("a b k q", positive=True)
    >>> mass_action(k*(a - b/q), a, b, [a, b])
    (k, k/q)
    """
    found = gathered(net, frozenset(species))
    if found is None or not set(found) <= {forward, backward}:
        return None
    return found.get(forward, Integer(0)), -found.get(backward, Integer(0))


def gathered(expr: Expr, species: frozenset[Symbol]) -> dict[Expr, Expr] | None:
    """Return a polynomial in the species as monomials with coefficients; None for no polynomial.

    Products of sums are multiplied out in the species only, so that coefficients stay as they are
    written.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b, k, q = symbols("a b k q", positive=True)
    >>> gathered((k + q)*(a - b/q), frozenset([a, b]))
    {a: k + q, b: -(k + q)/q}
    """
    if not expr.free_symbols & species:
        return {Integer(1): expr}
    if expr.is_Symbol:
        return {expr: Integer(1)}
    if expr.is_Add:
        sums: dict[Expr, list[Expr]] = {}
        for term in expr.args:
            inner = gathered(term, species)
            if inner is None:
                return None
            for monomial, coefficient in inner.items():
                sums.setdefault(monomial, []).append(coefficient)
        return _without_zeros({m: Add(*terms) for m, terms in sums.items()})
    if expr.is_Pow and not expr.base.is_Add and not expr.exp.free_symbols:
        # A power of a product of positive species has been split up, so this is one of a species.
        return {expr: Integer(1)} if expr.base in species else None
    if expr.is_Pow and expr.exp.is_Integer and 1 < expr.exp <= MAX_POWER:
        return _product([expr.base] * int(expr.exp), species)
    return _product(expr.args, species) if expr.is_Mul else None


def _product(factors: Collection[Expr], species: frozenset[Symbol]) -> dict[Expr, Expr] | None:
    found: dict[Expr, Expr] = {Integer(1): Integer(1)}
    for factor in factors:
        inner = gathered(factor, species)
        if inner is None or len(inner) * len(found) > MAX_MONOMIALS:
            return None
        sums: dict[Expr, list[Expr]] = {}
        for a, x in found.items():
            for b, y in inner.items():
                sums.setdefault(a * b, []).append(x * y)
        found = _without_zeros({m: Add(*terms) for m, terms in sums.items()})
    return found


def _without_zeros(found: Mapping[Expr, Expr]) -> dict[Expr, Expr]:
    """Leave out what vanishes, multiplying out what has no sign to see whether it does."""
    kept = {}
    for monomial, coefficient in found.items():
        small = coefficient.is_Add and coefficient.count_ops() < MAX_EXPANDED
        plain = expand_mul(coefficient) if small and not sign(coefficient) else coefficient
        if plain != 0:
            kept[monomial] = plain if sign(plain) else coefficient
    return kept
