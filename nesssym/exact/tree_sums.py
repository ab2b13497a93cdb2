"""Sums over the spanning trees of a graph, expanded: minors of its Laplacian in FLINT."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod

import numpy as np
from flint import fmpq, fmpq_mat, fmpq_mpoly, fmpz_mat
from sympy import Expr, Symbol

from nesssym.errors import ModelError, NessError, TooLargeError
from nesssym.exact import trees
from nesssym.exact.rational import (
    Fraction,
    Ring,
    common_multiple,
    fractions,
    from_quotient,
)
from nesssym.exact.written import sums_of_products

__all__ = ["cofactors", "tree_polynomials", "tree_sums"]

Arc = tuple[int, int]
Row = dict[int, fmpq_mpoly]

MAX_TERMS = 200_000
LISTED = 60
WORK, LEAST = 100, 10_000


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
    _check_roots(n, wanted)
    if len(space.units) == len(weights) == sum(map(len, rows)) and _all_plain(weights):
        sizes = [_terms([dict.fromkeys(row, 1) for row in rows], root) for root in wanted]
        _bounded(sizes, len(sizes), max_terms)
        if min(sizes, default=0) >= LISTED:
            return _listed(n, arcs, weights, wanted)
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


def _listed(
    n: int, arcs: Sequence[Arc], weights: Sequence[Symbol], roots: Sequence[int]
) -> list[Expr]:
    """Return tree sums where every arc has a symbol of its own, so that no two terms are alike."""
    if len(roots) < n:
        single = (trees.build(n, arcs, root).arrays() for root in roots)
        return sums_of_products((np.concatenate([*blocks]) for blocks in single), weights)
    rows = np.concatenate([*trees.build_all(n, arcs).arrays()])
    ours = ((rows[rows[:, root] == len(arcs) + root], root) for root in roots)
    return sums_of_products((np.delete(part, root, axis=1) for part, root in ours), weights)


def _check_roots(n: int, roots: Sequence[int]) -> None:
    if any(not 0 <= root < n for root in roots):
        raise ModelError(f"roots {roots}: wanted vertices from 0 to {n - 1}")


def _all_plain(weights: Sequence[Expr]) -> bool:
    return all(type(weight) is Symbol for weight in weights)


def _rows(
    n: int, arcs: Sequence[Arc], weights: Sequence[Expr]
) -> tuple[Ring, list[Row], list[fmpq_mpoly]]:
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
    rows: list[Row] = []
    scales = [common_multiple([d for _, (_, d) in out], space) for out in leaving]
    for out, scale in zip(leaving, scales, strict=True):
        row: Row = {}
        for target, (n_, d) in out:
            row[target] = row.get(target, space.context.constant(0)) + n_ * (scale / d)
        rows.append(row)
    return space, rows, scales


def _trees(space: Ring, rows: list[Row], roots: list[int], max_terms: int) -> list[fmpq_mpoly]:
    """Return the cofactors of the Laplacian that belong to the roots."""
    n = len(rows)
    _check_roots(n, roots)
    if not roots:
        return []
    if not space.units:
        zero = space.context.constant(0)
        laplacian = [
            {i: sum(row.values(), zero)} | {j: -w for j, w in row.items()}
            for i, row in enumerate(rows)
        ]
        return [space.context.constant(_minor(laplacian, root)) for root in roots]
    _refuse_large(rows, roots, max_terms)
    return cofactors(space, rows, roots, max_terms)


def cofactors(
    space: Ring, rows: Sequence[Row], roots: Sequence[int], max_terms: int = MAX_TERMS
) -> list[fmpq_mpoly]:
    """Return the sum over the trees directed to each root, of weights by source and target.

    All columns of the Laplacian but one are expanded, one after another. What is kept is the
    minor of each set of rows that can still be part of a cofactor, so that no term is made twice,
    nothing is divided, and all roots come out of one pass.

    Raises
    ------
    TooLargeError
        More than `max_terms` such sets, or so many products of terms that they take long.
    """
    n = len(rows)
    zero = space.context.constant(0)
    order = _order(rows)
    place = {v: position for position, v in enumerate(order)}
    left_out = roots[0] if len(set(roots)) == 1 else order[-1]
    entries: list[list[tuple[int, fmpq_mpoly]]] = [[] for _ in order]
    for i in order:
        bit = 1 << place[i]
        for j, weight in rows[i].items():
            if not weight.is_zero():
                entries[place[j]].append((bit, -weight))
        total = sum(rows[i].values(), zero)
        if not total.is_zero():
            entries[place[i]].append((bit, total))
    del entries[place[left_out]]
    last = {bit: t for t, column in enumerate(entries) for bit, _ in column}
    spare = sum(1 << place[root] for root in set(roots))
    minors = {0: space.context.constant(1)}
    due = sum(1 << t for t in range(n) if 1 << t not in last)
    work = 0
    for t, column in enumerate(entries):
        due |= sum(bit for bit, _ in column if last[bit] == t)
        signed = [(bit, entry, -entry) for bit, entry in column]
        grown: dict[int, fmpq_mpoly] = {}
        width = sum(len(entry) for _, entry in column) * (1 + len(space.units) // 8)
        for used, minor in minors.items():
            work += width * (len(minor) + 4)
            if work > WORK * max(max_terms, LEAST):
                raise _too_large(f"more than {work:,} products of terms on the way", max_terms)
            for bit, plus, minus in signed:
                now = used | bit
                unused = due & ~now
                if now == used or unused & ~spare or unused & (unused - 1):
                    continue
                # The sign of the permutation: how many rows above this one are taken.
                term = minor * (minus if (used & -bit).bit_count() % 2 else plus)
                if now in grown:
                    grown[now] += term
                else:
                    grown[now] = term
        minors = {now: minor for now, minor in grown.items() if not minor.is_zero()}
        if len(minors) > max_terms:
            raise _too_large(f"more than {max_terms:,} intermediate sums", max_terms)
    everything = (1 << n) - 1
    return [
        minors.get(everything ^ 1 << place[root], zero) * (-1) ** (place[root] + place[left_out])
        for root in roots
    ]


def _order(rows: Sequence[Row]) -> list[int]:
    """Return the vertices by breadth, those with few neighbours first (Cuthill and McKee)."""
    near: list[set[int]] = [set() for _ in rows]
    for i, row in enumerate(rows):
        for j in row:
            near[i].add(j)
            near[j].add(i)
    rank = sorted(range(len(rows)), key=lambda v: len(near[v]))
    found: dict[int, None] = {}
    for start in rank:
        if start in found:
            continue
        queue = [start]
        found[start] = None
        for v in queue:
            fresh = sorted(near[v] - found.keys(), key=lambda v: (len(near[v]), v))
            found.update(dict.fromkeys(fresh))
            queue += fresh
    return list(found)


def _minor(laplacian: list[Row], root: int) -> fmpq:
    others = [i for i in range(len(laplacian)) if i != root]
    entries = [
        laplacian[i][j].leading_coefficient() if j in laplacian[i] else 0
        for i in others
        for j in others
    ]
    return fmpq_mat(len(others), len(others), entries).det()


def _refuse_large(rows: list[Row], roots: list[int], max_terms: int) -> None:
    """Raise TooLargeError if the number of terms, from integer determinants, is above the limit."""
    terms = [{j: len(w) for j, w in row.items()} for row in rows]
    if len(roots) * prod(max(1, sum(row.values())) for row in terms) <= max_terms:
        return
    degrees = [
        [max(ks) for ks in zip(*(w.degrees() for w in row.values()), strict=True)]
        for row in rows
        if row
    ]
    box = prod(1 + sum(ks) for ks in zip(*degrees, strict=True))
    _bounded((min(box, _terms(terms, root)) for root in roots), len(roots), max_terms)


def _terms(terms: Sequence[Mapping[int, int]], root: int) -> int:
    """Return the number of terms of a tree sum before like ones are added."""
    others = [i for i in range(len(terms)) if i != root]
    entries = [
        sum(terms[i].values()) if i == j else -terms[i].get(j, 0) for i in others for j in others
    ]
    return int(fmpz_mat(len(others), len(others), entries).det())


def _bounded(sizes: Iterable[int], number: int, max_terms: int) -> None:
    total = 0
    for done, size in enumerate(sizes, 1):
        total += size
        if total > max_terms:
            more = " or more" if done < number else ""
            raise _too_large(f"{total:,} terms{more}", max_terms)


def _too_large(what: str, limit: int) -> TooLargeError:
    return TooLargeError(
        f"the expanded tree sums would have {what}, above max_terms={limit:,}. Use nesssym.compile "
        "for numbers, .at for exact values, .steps for a short exact program, or raise max_terms"
    )
