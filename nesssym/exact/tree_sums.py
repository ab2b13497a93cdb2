"""Sums over the spanning trees of a graph, expanded: minors of its Laplacian in FLINT."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

import networkx as nx
from flint import fmpq, fmpq_mat, fmpq_mpoly, fmpz_mat
from sympy import Expr

from nesssym.errors import ModelError, NessError, TooLargeError
from nesssym.exact.rational import Fraction, Ring, common_multiple, fractions, from_quotient

__all__ = ["tree_polynomials", "tree_sums"]

Arc = tuple[int, int]

MAX_TERMS = 200_000


def tree_sums(
    n: int,
    arcs: Sequence[Arc],
    weights: Sequence[Expr],
    roots: Iterable[int],
    max_terms: int = MAX_TERMS,
) -> list[Expr]:
    """Return, for each root, the expanded sum over the spanning trees directed towards it.

    The terms are products of the weights of the arcs of a tree: with rates as weights they are
    the unnormalised steady probabilities of the matrix-tree theorem.

    Parameters
    ----------
    n : int
        Number of vertices, ``0 ... n-1``.
    arcs : sequence of (int, int)
        Directed edges; parallel ones add up, self-loops do not matter.
    weights : sequence of Expr
        One weight an arc.
    roots : iterable of int
        The roots wanted.
    max_terms : int, optional
        The largest number of terms in all that one is willing to wait for.

    Raises
    ------
    TooLargeError
        There would be more terms; the message says how many, and what to call instead.

    References
    ----------
    T. L. Hill, J. Theor. Biol. 10, 442 (1966), doi:10.1016/0022-5193(66)90137-8.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b, c = symbols("a b c", positive=True)
    >>> tree_sums(3, [(0, 1), (1, 2), (2, 0)], [a, b, c], range(3))
    [b*c, a*c, a*b]
    """
    wanted = list(roots)
    space, rows, scales = _rows(n, arcs, weights)
    polys = _trees(space, rows, wanted, max_terms)
    return [
        from_quotient(
            poly, prod(scales[:root] + scales[root + 1 :], start=space.context.constant(1)), space
        )
        for root, poly in zip(wanted, polys, strict=True)
    ]


def tree_polynomials(
    n: int,
    arcs: Sequence[Arc],
    weights: Sequence[Expr],
    roots: Iterable[int],
    max_terms: int = MAX_TERMS,
) -> tuple[Ring, list[fmpq_mpoly]]:
    """Return the sums of `tree_sums` as FLINT polynomials, with their ring.

    Raises
    ------
    NessError
        A weight is not a polynomial in its generators.
    TooLargeError
        As for `tree_sums`.

    Examples
    --------
    >>> from itertools import permutations
    >>> from sympy import symbols
    >>> arcs = list(permutations(range(6), 2))
    >>> _, polys = tree_polynomials(6, arcs, symbols("k:30", positive=True), range(6))
    >>> [len(p) for p in polys]
    [1296, 1296, 1296, 1296, 1296, 1296]
    """
    space, rows, scales = _rows(n, arcs, weights)
    if not all(scale.is_one() for scale in scales):
        raise NessError("a weight has a denominator, wanted polynomials; use tree_sums")
    return space, _trees(space, rows, list(roots), max_terms)


def _rows(
    n: int, arcs: Sequence[Arc], weights: Sequence[Expr]
) -> tuple[Ring, list[dict[int, fmpq_mpoly]], list[fmpq_mpoly]]:
    """Return the weights by source and target, over one denominator for each source."""
    if len(arcs) != len(weights):
        raise ModelError(f"{len(weights)} weights for {len(arcs)} arcs, wanted one each")
    space, pairs = fractions(weights)
    leaving: list[list[tuple[int, Fraction]]] = [[] for _ in range(n)]
    for (source, target), pair in zip(arcs, pairs, strict=True):
        if not (0 <= source < n and 0 <= target < n):
            raise ModelError(f"arc {(source, target)}: wanted vertices from 0 to {n - 1}")
        if source != target:
            leaving[source].append((target, pair))
    rows: list[dict[int, fmpq_mpoly]] = []
    scales = [common_multiple([d for _, (_, d) in out], space) for out in leaving]
    for out, scale in zip(leaving, scales, strict=True):
        row: dict[int, fmpq_mpoly] = {}
        for target, (n_, d) in out:
            row[target] = row.get(target, space.context.constant(0)) + n_ * (scale / d)
        rows.append(row)
    return space, rows, scales


def _trees(
    space: Ring, rows: list[dict[int, fmpq_mpoly]], roots: list[int], max_terms: int
) -> list[fmpq_mpoly]:
    """Return the cofactors of the Laplacian that belong to the roots."""
    n = len(rows)
    if any(not 0 <= root < n for root in roots):
        raise ModelError(f"roots {roots}: wanted vertices from 0 to {n - 1}")
    if not roots:
        return []
    zero = space.context.constant(0)
    laplacian = [
        {i: sum(row.values(), zero)} | {j: -w for j, w in row.items()} for i, row in enumerate(rows)
    ]
    if not space.units:
        return [space.context.constant(_minor(laplacian, root)) for root in roots]
    _refuse_large(rows, roots, max_terms)
    return _cofactors(space, laplacian, roots, max_terms)


def _cofactors(
    space: Ring, laplacian: list[dict[int, fmpq_mpoly]], roots: list[int], max_terms: int
) -> list[fmpq_mpoly]:
    """Expand all columns of the Laplacian but one, one after another.

    What is kept is the minor of each set of rows that can still be part of a cofactor, so that no
    term is made twice, nothing is divided, and all roots come out of one pass.
    """
    n = len(laplacian)
    zero = space.context.constant(0)
    near = nx.Graph()
    near.add_nodes_from(range(n))
    near.add_edges_from((i, j) for i, row in enumerate(laplacian) for j in row)
    order = list(nx.utils.cuthill_mckee_ordering(near))
    place = {v: position for position, v in enumerate(order)}
    left_out = roots[0] if len(set(roots)) == 1 else order[-1]
    columns = [v for v in order if v != left_out]
    entries = [
        [(place[i], laplacian[i][j]) for i in order if not laplacian[i].get(j, zero).is_zero()]
        for j in columns
    ]
    last = {bit: t for t, column in enumerate(entries) for bit, _ in column}
    spare = sum(1 << place[root] for root in set(roots))
    minors = {0: space.context.constant(1)}
    for t, column in enumerate(entries):
        due = sum(1 << bit for bit in range(n) if last.get(bit, -1) <= t)
        grown: dict[int, fmpq_mpoly] = {}
        for used, minor in minors.items():
            for bit, entry in column:
                now = used | 1 << bit
                unused = due & ~now
                if now == used or unused & ~spare or unused & (unused - 1):
                    continue
                term = minor * (-entry if (used >> bit).bit_count() % 2 else entry)
                grown[now] = grown[now] + term if now in grown else term
        minors = {now: minor for now, minor in grown.items() if not minor.is_zero()}
        if len(minors) > max_terms:
            raise _too_large(f"more than {max_terms:,} intermediate sums", max_terms)
    everything = (1 << n) - 1
    return [
        minors.get(everything ^ 1 << place[root], zero) * (-1) ** (place[root] + place[left_out])
        for root in roots
    ]


def _minor(laplacian: list[dict[int, fmpq_mpoly]], root: int) -> fmpq:
    others = [i for i in range(len(laplacian)) if i != root]
    entries = [
        laplacian[i][j].leading_coefficient() if j in laplacian[i] else 0
        for i in others
        for j in others
    ]
    return fmpq_mat(len(others), len(others), entries).det()


def _refuse_large(rows: list[dict[int, fmpq_mpoly]], roots: list[int], max_terms: int) -> None:
    """Raise TooLargeError if the number of terms, from integer determinants, is above the limit."""
    terms = [{j: len(w) for j, w in row.items()} for row in rows]
    degrees = [
        [max(ks) for ks in zip(*(w.degrees() for w in row.values()), strict=True)]
        for row in rows
        if row
    ]
    box = prod(1 + sum(ks) for ks in zip(*degrees, strict=True))
    total = 0
    for done, root in enumerate(roots, 1):
        others = [i for i in range(len(rows)) if i != root]
        entries = [
            sum(terms[i].values()) if i == j else -terms[i].get(j, 0)
            for i in others
            for j in others
        ]
        total += min(box, int(fmpz_mat(len(others), len(others), entries).det()))
        if total > max_terms:
            more = " or more" if done < len(roots) else ""
            raise _too_large(f"{total:,} terms{more}", max_terms)


def _too_large(what: str, limit: int) -> TooLargeError:
    return TooLargeError(
        f"the expanded tree sums would have {what}, above max_terms={limit:,}. Use nesssym.compile "
        "for numbers, .at for exact values, .steps for a short exact program, or raise max_terms"
    )
