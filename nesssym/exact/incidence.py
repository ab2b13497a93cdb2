"""Integer algebra of a multigraph and of integer matrices: cycles, conservation laws, classes.

A graph is a number of vertices ``0 ... n-1`` and a sequence of edges ``(source, target)``, which
may be parallel. An edge can be travelled both ways; its direction says which way counts as +1.
A cycle is a tuple of ``(edge, sign)`` in the order of travel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import index

import networkx as nx
from flint import fmpz_mat

from nesssym.errors import ModelError, TooLargeError
from nesssym.exact.rays import extreme_rays

__all__ = [
    "closed_classes",
    "conservation_laws",
    "cycle_matrix",
    "fundamental_cycles",
    "incidence_matrix",
    "null_space",
    "rank",
    "simple_cycles",
    "spanning_forest",
]

Edges = Sequence[tuple[int, int]]
Cycle = tuple[tuple[int, int], ...]
Matrix = Sequence[Sequence[int]]

MAX_RAYS = 2_000


def spanning_forest(n: int, edges: Edges, prefer: Iterable[int] = ()) -> tuple[int, ...]:
    """Return the edges of a spanning forest, first come first served; the others are chords.

    Parameters
    ----------
    n : int
        Number of vertices.
    edges : sequence of (int, int)
        The bonds.
    prefer : iterable of int, optional
        Edges to take before the others.

    Returns
    -------
    tuple of int
        Indices of the tree edges, increasing.

    Examples
    --------
    >>> spanning_forest(3, [(0, 1), (1, 2), (2, 0)])
    (0, 1)
    >>> spanning_forest(3, [(0, 1), (1, 2), (2, 0)], prefer=[2])
    (0, 2)
    """
    _check(n, edges)
    joined = nx.utils.UnionFind(range(n))
    tree = []
    for e in dict.fromkeys((*prefer, *range(len(edges)))):
        i, j = edges[e]
        if joined[i] != joined[j]:
            joined.union(i, j)
            tree.append(e)
    return tuple(sorted(tree))


def fundamental_cycles(
    n: int, edges: Edges, tree: Iterable[int] | None = None
) -> tuple[Cycle, ...]:
    """Return a basis of the cycle space, one cycle for each chord of a spanning forest.

    Parameters
    ----------
    n : int
        Number of vertices.
    edges : sequence of (int, int)
        The bonds.
    tree : iterable of int, optional
        The edges of a spanning forest; by default `spanning_forest`.

    Returns
    -------
    tuple of cycles
        In the order of the chords. Each starts with its chord, along it.

    Raises
    ------
    ModelError
        `tree` is not a spanning forest.

    References
    ----------
    J. Schnakenberg, Rev. Mod. Phys. 48, 571 (1976), doi:10.1103/RevModPhys.48.571.

    Examples
    --------
    >>> fundamental_cycles(3, [(0, 1), (1, 2), (0, 2), (2, 0)])
    (((2, 1), (1, -1), (0, -1)), ((3, 1), (0, 1), (1, 1)))
    """
    chosen = spanning_forest(n, edges) if tree is None else tuple(tree)
    if spanning_forest(n, [edges[e] for e in chosen]) != tuple(range(len(chosen))):
        raise ModelError(f"edges {sorted(chosen)} contain a cycle, wanted a spanning tree")
    up, depth = _rooted(n, edges, chosen)
    inside = set(chosen)
    cycles = []
    for e, (source, target) in enumerate(edges):
        if e in inside:
            continue
        there: list[tuple[int, int]] = [(e, 1)]
        back: list[tuple[int, int]] = []
        while source != target:
            deeper = depth[target] >= depth[source]
            step = up[target] if deeper else up[source]
            if step is None:
                raise ModelError(
                    f"edges {sorted(chosen)} do not join the ends of edge {e}, "
                    "wanted a spanning tree"
                )
            edge, sign, above = step
            if deeper:
                there.append((edge, sign))
                target = above
            else:
                back.append((edge, -sign))
                source = above
        cycles.append((*there, *reversed(back)))
    return tuple(cycles)


def simple_cycles(n: int, edges: Edges, max_cycles: int | None = None) -> Iterator[Cycle]:
    """Iterate over every simple cycle once, lazily.

    Each starts with its edge of lowest index, along it. Two parallel edges make a cycle. Every
    branch of the search ends in a cycle, so that the time for each is bounded by the size of the
    graph.

    Parameters
    ----------
    n : int
        Number of vertices.
    edges : sequence of (int, int)
        The bonds.
    max_cycles : int, optional
        Raise an error rather than give more.

    Raises
    ------
    TooLargeError
        There are more than `max_cycles`.

    Examples
    --------
    >>> list(simple_cycles(2, [(0, 1), (0, 1), (1, 0)]))
    [((0, 1), (1, -1)), ((0, 1), (2, 1)), ((1, 1), (2, 1))]
    """
    _check(n, edges)
    near: list[list[tuple[int, int, int]]] = [[] for _ in range(n)]
    for e, (i, j) in enumerate(edges):
        near[i].append((e, 1, j))
        if i != j:
            near[j].append((e, -1, i))
    found = 0
    for e in range(len(edges)):
        for cycle in _through(e, edges, near):
            if found == max_cycles:
                raise TooLargeError(
                    f"more than {max_cycles} simple cycles; take a basis of "
                    f"{len(edges) - len(spanning_forest(n, edges))} with fundamental_cycles, "
                    "or raise max_cycles"
                )
            found += 1
            yield cycle


def cycle_matrix(cycles: Iterable[Cycle], edges: int) -> list[list[int]]:
    """Return the matrix of cycles (rows) by edges (columns), with entries -1, 0 and +1.

    Parameters
    ----------
    cycles : iterable of cycles
        As `fundamental_cycles` or `simple_cycles` give them.
    edges : int
        Number of edges.

    Examples
    --------
    >>> cycle_matrix(fundamental_cycles(3, [(0, 1), (1, 2), (0, 2)]), 3)
    [[-1, -1, 1]]
    """
    return [[signs.get(e, 0) for e in range(edges)] for signs in map(dict, cycles)]


def incidence_matrix(n: int, edges: Edges) -> list[list[int]]:
    """Return the matrix of vertices (rows) by edges (columns): -1 at the source, +1 at the target.

    Examples
    --------
    >>> incidence_matrix(3, [(0, 1), (1, 2)])
    [[-1, 0], [1, -1], [0, 1]]
    """
    _check(n, edges)
    return [[(v == j) - (v == i) for i, j in edges] for v in range(n)]


def rank(matrix: Matrix) -> int:
    """Return the rank of an integer matrix.

    Examples
    --------
    >>> rank([[1, 2], [2, 4]])
    1
    """
    return int(_integer(matrix).rank())


def null_space(matrix: Matrix) -> list[list[int]]:
    """Return integer vectors that span all integer solutions `x` of ``matrix @ x == 0``.

    They are a basis of the lattice of solutions, reduced so that the entries are small. In each
    the entries add up to something positive, or the first that is not zero is positive.

    Parameters
    ----------
    matrix : sequence of rows of int
        For example the stoichiometric matrix, whose null space are the cycles.

    Raises
    ------
    ModelError
        An entry is not an integer, or the rows differ in length.

    References
    ----------
    A. K. Lenstra, H. W. Lenstra, L. Lovasz, Math. Ann. 261, 515 (1982),
    doi:10.1007/BF01457454.

    Examples
    --------
    >>> null_space([[1, -2, 0], [0, 1, -1]])
    [[2, 1, 1]]
    """
    return _kernel(_integer(matrix).transpose())


def conservation_laws(matrix: Matrix) -> list[list[int]]:
    """Return what is conserved: integer vectors `l` that span ``l @ matrix == 0``.

    As many of them as possible have no negative entry, such as the total of an enzyme, with the
    fewest species and the smallest entries first; the rest are as `null_space` gives them.

    Parameters
    ----------
    matrix : sequence of rows of int
        Species by reactions (or vertices by edges).

    Raises
    ------
    ModelError
        An entry is not an integer, or the rows differ in length.

    References
    ----------
    S. Schuster, T. Hofer, J. Chem. Soc. Faraday Trans. 87, 2561 (1991),
    doi:10.1039/FT9918702561.

    Examples
    --------
    E + S <-> ES <-> E + P conserves the enzyme and the substrate with the product:

    >>> conservation_laws([[-1, 1], [-1, 0], [1, -1], [0, 1]])
    [[1, 0, 1, 0], [0, 1, 1, 1]]
    """
    lattice = _kernel(_integer(matrix))
    chosen: list[list[int]] = []
    try:
        semiflows = extreme_rays(matrix, MAX_RAYS)
    except TooLargeError:
        semiflows = []
    rays = sorted(semiflows, key=lambda v: (sum(map(bool, v)), sum(v)))
    for vector in (*rays, *lattice):
        if len(chosen) < len(lattice) and rank([*chosen, vector]) > len(chosen):
            chosen.append(vector)
    return sorted(chosen, key=lambda v: [not x for x in v])


def closed_classes(n: int, arcs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the closed communicating classes of a directed graph.

    Each is a largest set of vertices that lead to one another and to nothing else. A Markov graph
    has a unique steady state when there is one.

    Parameters
    ----------
    n : int
        Number of vertices.
    arcs : iterable of (int, int)
        The directed edges.

    Examples
    --------
    >>> closed_classes(4, [(0, 1), (1, 0), (2, 1), (2, 3)])
    [[0, 1], [3]]
    """
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(arcs)
    return sorted(sorted(members) for members in nx.attracting_components(graph))


def _check(n: int, edges: Edges) -> None:
    """Refuse edges to vertices that are not there."""
    for e, ends in enumerate(edges):
        if not all(0 <= v < n for v in ends):
            raise ModelError(f"edge {e} joins {ends}, wanted vertices from 0 to {n - 1}")


def _rooted(
    n: int, edges: Edges, tree: Iterable[int]
) -> tuple[list[tuple[int, int, int] | None], list[int]]:
    """Return the step (edge, sign, vertex) towards the root and the depth of every vertex."""
    near: list[list[tuple[int, int, int]]] = [[] for _ in range(n)]
    for e in tree:
        i, j = edges[e]
        near[i].append((e, -1, j))
        near[j].append((e, 1, i))
    up: list[tuple[int, int, int] | None] = [None] * n
    depth = [-1] * n
    for root in range(n):
        if depth[root] >= 0:
            continue
        depth[root] = 0
        queue = [root]
        for v in queue:
            for e, sign, u in near[v]:
                if depth[u] < 0:
                    up[u], depth[u] = (e, sign, v), depth[v] + 1
                    queue.append(u)
    return up, depth


def _through(e: int, edges: Edges, near: list[list[tuple[int, int, int]]]) -> Iterator[Cycle]:
    """List the cycles whose lowest edge is `e`: paths from its target back to its source."""
    source, target = edges[e]
    if source == target:
        yield ((e, 1),)
        return
    on_path = {target}

    def onward(v: int) -> Iterator[tuple[int, int, int]]:
        """Return the steps from v which lead on to the source."""
        steps = [step for step in near[v] if step[0] > e and step[2] not in on_path]
        # What leads to v has been seen to lead on, so a single way on needs no search.
        if len(steps) == 1 and v != target:
            return iter(steps)
        seen = {source}
        queue = [source]
        for u in queue:
            for f, _, w in near[u]:
                if f > e and w not in seen and w not in on_path:
                    seen.add(w)
                    queue.append(w)
        return iter([step for step in steps if step[2] in seen])

    path = [(e, 1)]
    places = [target]
    branches = [onward(target)]
    while branches:
        step = next(branches[-1], None)
        if step is None:
            branches.pop()
            path.pop()
            on_path.discard(places.pop())
        elif step[2] == source:
            yield (*path, step[:2])
        else:
            path.append(step[:2])
            places.append(step[2])
            on_path.add(step[2])
            branches.append(onward(step[2]))


def _integer(matrix: Matrix) -> fmpz_mat:
    """Return a FLINT matrix, refusing what is not an integer."""
    try:
        rows = [[index(x) for x in row] for row in matrix]
    except TypeError as error:
        raise ModelError(f"wanted a matrix of integers: {error}") from None
    width = len(rows[0]) if rows else 0
    if any(len(row) != width for row in rows):
        raise ModelError(f"rows of different lengths {[len(row) for row in rows]}")
    return fmpz_mat(len(rows), width, [x for row in rows for x in row])


def _kernel(matrix: fmpz_mat) -> list[list[int]]:
    """Return a reduced basis of the integer vectors `v` with ``v @ matrix == 0``."""
    if not matrix.nrows():
        return []
    image, steps = matrix.lll(True)
    free = [
        steps.tolist()[i]
        for i in range(matrix.nrows())
        if not any(image[i, j] for j in range(matrix.ncols()))
    ]
    if not free:
        return []
    short = fmpz_mat(free).lll().tolist()
    vectors = [_signed([int(x) for x in vector]) for vector in short]
    return sorted(vectors, key=lambda v: [not x for x in v])


def _signed(vector: list[int]) -> list[int]:
    lead = sum(vector) or next(filter(None, vector))
    return vector if lead > 0 else [-x for x in vector]
