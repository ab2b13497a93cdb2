"""Steady weights as polynomials of few symbols in lowest terms, without listing trees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import networkx as nx
from flint import fmpq, fmpq_mpoly
from sympy import Expr

from nesssym.errors import TooLargeError
from nesssym.exact.rational import Ring, common_multiple, fractions, integral
from nesssym.exact.symmetry import equal_states, lumped
from nesssym.exact.tree_sums import MAX_TERMS, cofactors

__all__ = ["steady_numerators"]

Rates = Mapping[tuple[int, int], fmpq_mpoly]


def steady_numerators(
    n: int, rates: Mapping[tuple[int, int], Expr], max_terms: int = MAX_TERMS
) -> tuple[Ring, list[fmpq_mpoly]]:
    """Return polynomials without a common factor in proportion to the steady probabilities.

    States that share out evenly (`equal_states`) are lumped first and given their shares in the
    end. What is left is cut at its cut vertices, through which nothing flows, so that each block
    has the steady state that it has alone. Of each block the minors of the Laplacian are expanded
    in the ring of the symbols, where like trees add up at once.

    Parameters
    ----------
    n : int
        Number of states, ``0 ... n-1``, of a strongly connected graph.
    rates : mapping of (int, int) to Expr
        The rate from one state to another.
    max_terms : int, optional
        The largest number of terms at any time that one is willing to wait for.

    Raises
    ------
    TooLargeError
        There would be more.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b = symbols("a b", positive=True)
    >>> square = {(0, 1): a, (0, 2): a, (1, 3): a, (2, 3): a, (1, 0): b, (2, 0): b, (3, 1): b,
    ...           (3, 2): b}
    >>> from nesssym.exact.rational import from_poly
    >>> space, found = steady_numerators(4, square)
    >>> [from_poly(p, space) for p in found]
    [b**2, a*b, a*b, a**2]
    """
    space, pairs = fractions(rates.values())
    common = common_multiple([bottom for _, bottom in pairs], space)
    whole = {arc: top * (common / d) for arc, (top, d) in zip(rates, pairs, strict=True)}
    classes = equal_states(n, whole)
    weights = _joined(space, len(classes), lumped(classes, whole), max_terms)
    shares = integral(
        [weight / fmpq(len(members)) for weight, members in zip(weights, classes, strict=True)]
    )
    place = {state: c for c, members in enumerate(classes) for state in members}
    return space, [shares[place[state]] for state in range(n)]


def _joined(space: Ring, n: int, rates: Rates, max_terms: int) -> list[fmpq_mpoly]:
    """Solve each block of a graph alone, and make them agree where they meet."""
    near = nx.Graph(rates.keys())
    found: dict[int, fmpq_mpoly] = {0: space.context.constant(1)}
    blocks = [sorted(block) for block in nx.biconnected_components(near)] if n > 1 else []
    while blocks:
        block = next(each for each in blocks if not found.keys().isdisjoint(each))
        blocks.remove(block)
        weights = _block(space, block, rates, max_terms)
        [meeting] = found.keys() & weights.keys()
        old, new = found[meeting], weights[meeting]
        shared = old.gcd(new)
        old, new = old / shared, new / shared
        for part, factor in ((found, new), (weights, old)):
            size = sum(map(len, part.values())) * len(factor)
            if size > max_terms * 10:
                raise TooLargeError(
                    f"the numerators of the steady state would have some {size:,} terms; use "
                    'method="elimination" for a short program of shared steps'
                )
            for state in part:
                part[state] *= factor
        found |= weights
    return _coprime([found[state] for state in range(n)])


def _block(
    space: Ring, block: Sequence[int], rates: Rates, max_terms: int
) -> dict[int, fmpq_mpoly]:
    """Return the coprime tree sums of some states alone, by state."""
    place = {state: i for i, state in enumerate(block)}
    rows: list[dict[int, fmpq_mpoly]] = [{} for _ in block]
    for (i, j), rate in rates.items():
        if i in place and j in place:
            rows[place[i]][place[j]] = rate
    sums = cofactors(space, rows, range(len(block)), max_terms)
    return dict(zip(block, _coprime(sums), strict=True))


def _coprime(polys: Sequence[fmpq_mpoly]) -> list[fmpq_mpoly]:
    common = polys[0]
    for poly in sorted(polys, key=len):
        common = common.gcd(poly)
        if common.is_constant():
            return list(polys)
    return [poly / common for poly in polys]
