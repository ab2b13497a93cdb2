"""Long sums of products for SymPy, in its own order, so that it does not sort them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cmp_to_key
from typing import Any, TypeAlias

import numpy as np
from flint import fmpq
from numpy.typing import NDArray
from sympy import Add, Basic, Expr, Integer, Mul, Rational, Symbol

__all__ = ["sum_of_terms", "sums_of_products"]

FEW = 8
Term: TypeAlias = "tuple[tuple[int, ...], fmpq]"


def sums_of_products(tables: Iterable[NDArray[Any]], factors: Sequence[Symbol]) -> list[Expr]:
    """Return for each table the sum of products of distinct symbols, one a row of their indices.

    For very many products, since they come in SymPy's own order, so that it does not sort them.

    Examples
    --------
    >>> from sympy import symbols
    >>> sums_of_products([np.array([[2, 1], [0, 1]])], symbols("a b c"))
    [a*b + b*c]
    """
    ranked = sorted(factors, key=cmp_to_key(Basic.compare))
    place = {symbol: i for i, symbol in enumerate(ranked)}
    rank = np.array([place[symbol] for symbol in factors], dtype=np.int32)
    return [_sum_of_ranks(np.sort(rank[table], axis=1), ranked) for table in tables]


def _sum_of_ranks(table: NDArray[Any], atoms: Sequence[Expr]) -> Expr:
    """Return the sum of products of atoms in their order, the rows padded by -1 behind."""
    if len(table) < 1 or table.shape[1] < 1:
        return Integer(len(table))
    lengths = (table >= 0).sum(axis=1)
    # Numbers come before all else, sums of one factor before products, shorter products first.
    place = np.lexsort((*table.T[::-1], lengths))
    rows = np.array([*atoms, None], dtype=object)[table[place]].tolist()
    if (lengths == lengths[0]).all() and lengths[0] > 1:
        terms = [Mul._from_args(tuple(row), True) for row in rows]
    else:
        terms = [
            Mul._from_args(tuple(row[:length]), True) if length > 1 else row[0]
            for row, length in zip(rows, lengths[place].tolist(), strict=True)
        ]
    return Add._from_args(terms, True)


def sum_of_terms(terms: Iterable[Term], gens: Sequence[Expr]) -> Expr:
    """Return the sum of terms, each its exponents and its coefficient.

    Examples
    --------
    >>> from sympy import symbols
    >>> sum_of_terms([((1, 0), fmpq(2)), ((0, 3), fmpq(1, 3))], symbols("a b"))
    2*a + b**3/3
    """
    given = list(terms)
    if len(given) > FEW and all(type(gen) is Symbol for gen in gens):
        return _sorted_sum(given, gens)
    return Add(
        *(
            Mul(
                Rational(int(c.p), int(c.q)),
                *(gens[i] ** int(k) for i, k in enumerate(exps) if k),
            )
            for exps, c in given
        )
    )


def _sorted_sum(given: Sequence[Term], gens: Sequence[Expr]) -> Expr:
    """Put factors and terms in SymPy's own order, so that it need not look at them again.

    Its order of sums and products compares their arguments one by one: numbers, then symbols, then
    powers. So a term is a row of ranks, and all the sorting is that of one matrix.
    """
    size = len(given), len(gens)
    flat = np.fromiter((k for exps, _ in given for k in exps), np.int64, size[0] * size[1])
    exponents = flat.reshape(size)
    row, gen = np.nonzero(exponents)
    power = exponents[row, gen]
    low = int(power.min(initial=0))  # below zero where a quotient by one term is written
    span = int(power.max(initial=0)) - low + 1
    kinds, kind = np.unique(gen * span + power - low, return_inverse=True)
    atoms = [gens[k // span] ** (k % span + low) for k in kinds.tolist()]
    numbers = [(i, (int(c.p), int(c.q))) for i, (exps, c) in enumerate(given) if c != 1]
    numbers += [
        (i, (1, 1)) for i in np.flatnonzero(~exponents.any(axis=1)).tolist() if given[i][1] == 1
    ]
    coefficients = {pair: Rational(*pair) for pair in sorted({pair for _, pair in numbers})}
    ranked = sorted([*coefficients.values(), *atoms], key=cmp_to_key(Basic.compare))
    rank = {atom: position for position, atom in enumerate(ranked)}
    ranks = np.array([rank[atom] for atom in atoms], dtype=np.int64)[kind]
    if numbers:
        row = np.append(row, [i for i, _ in numbers])
        ranks = np.append(ranks, [rank[coefficients[pair]] for _, pair in numbers])
    inside = np.lexsort((ranks, row))
    row, ranks = row[inside], ranks[inside]
    lengths = np.bincount(row, minlength=len(given))
    table = np.full((len(given), lengths.max()), -1)
    table[row, np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)] = ranks
    return _sum_of_ranks(table, ranked)
