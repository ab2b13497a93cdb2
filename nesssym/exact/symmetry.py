"""States that symmetry makes equally probable, found and shown exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flint import fmpq, fmpq_mpoly

__all__ = ["equal_states", "lumped"]

Rates = Mapping[tuple[int, int], fmpq_mpoly]


def equal_states(n: int, rates: Rates) -> list[list[int]]:
    r"""Return the coarsest partition whose classes a balanced state can share out evenly.

    Two states are in one class where the rates that enter them from each class, less the rate at
    which they are left, are the same. Then the ansatz of equal probabilities within every class
    turns the balance of all states into one equation a class, again that of a Markov process,
    which has a positive solution; the steady state is unique, so this is it. States that a
    symmetry of the rates exchanges are always in one class. (Exact lumpability; the in-equitable
    partitions of the weighted graph.)

    Parameters
    ----------
    n : int
        Number of states, ``0 ... n-1``, of a strongly connected graph.
    rates : mapping of (int, int) to fmpq_mpoly
        The rate from one state to another.

    Returns
    -------
    list of list of int
        The classes, ordered by their first states.

    References
    ----------
    P. Buchholz, J. Appl. Probab. 31, 59 (1994), doi:10.2307/3215235.

    Examples
    --------
    >>> from flint import Ordering, fmpq_mpoly_ctx
    >>> a, b = fmpq_mpoly_ctx.get(["a", "b"], Ordering.lex).gens()
    >>> equal_states(4, {(0, 1): a, (0, 2): a, (1, 3): b, (2, 3): b, (3, 0): a + b})
    [[0], [1, 2], [3]]
    """
    entering: list[list[tuple[int, fmpq_mpoly]]] = [[] for _ in range(n)]
    for (i, j), rate in rates.items():
        entering[j].append((i, rate))
        entering[i].append((i, -rate))
    colour, number = [0] * n, 1
    while True:
        seen: dict[object, int] = {}
        fresh = []
        for j in range(n):
            sums: dict[int, fmpq_mpoly] = {}
            for i, rate in entering[j]:
                sums[colour[i]] = sums[colour[i]] + rate if colour[i] in sums else rate
            known = {c: _key(total) for c, total in sums.items() if not total.is_zero()}
            signature = colour[j], frozenset(known.items())
            fresh.append(seen.setdefault(signature, len(seen)))
        colour = fresh
        if len(seen) == number:
            break
        number = len(seen)
    classes: list[list[int]] = [[] for _ in range(number)]
    for state, c in enumerate(colour):
        classes[c].append(state)
    return classes


def lumped(classes: Sequence[Sequence[int]], rates: Rates) -> dict[tuple[int, int], fmpq_mpoly]:
    """Return the rates between classes of `equal_states`, a process for their probabilities.

    Examples
    --------
    >>> from flint import Ordering, fmpq_mpoly_ctx
    >>> a, b = fmpq_mpoly_ctx.get(["a", "b"], Ordering.lex).gens()
    >>> rates = {(0, 1): a, (0, 2): a, (1, 0): b, (2, 0): b}
    >>> [(arc, str(rate)) for arc, rate in lumped([[0], [1, 2]], rates).items()]
    [((0, 1), '2*a'), ((1, 0), 'b')]
    """
    place = {state: c for c, members in enumerate(classes) for state in members}
    found: dict[tuple[int, int], fmpq_mpoly] = {}
    for (i, j), rate in rates.items():
        arc = place[i], place[j]
        if arc[0] != arc[1] and j == classes[arc[1]][0]:
            share = rate * fmpq(len(classes[arc[1]]), len(classes[arc[0]]))
            found[arc] = found[arc] + share if arc in found else share
    return found


def _key(poly: fmpq_mpoly) -> tuple[object, ...]:
    return tuple((exps, int(c.p), int(c.q)) for exps, c in poly.terms())
