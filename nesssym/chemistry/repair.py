"""The nearest rate constants that obey thermodynamics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flint import fmpq, fmpq_mat
from sympy import Integer, Rational

from nesssym import parsing
from nesssym.chemistry.thermodynamics import ReactionCycle, undriven_cycles
from nesssym.errors import ModelError, PerpetualMotionError, UnknownNameError
from nesssym.exact import incidence
from nesssym.exact.monomials import monomial
from nesssym.networks import ReactionNetwork

__all__ = ["nearest_balanced"]


def nearest_balanced(
    network: ReactionNetwork,
    *,
    keep: Sequence[str] = (),
    weights: Mapping[str, Any] | None = None,
) -> ReactionNetwork:
    r"""Return the network with the nearest rate constants that obey Wegscheider's conditions.

    Nearest means: the sum of squares of the changes of :math:`\ln k`, over forward and backward
    constants, is smallest. The correction is then a product of rational powers of the cycles'
    ratios, so that it is exact, for numbers and for symbols; a network that obeys the conditions
    comes back as it is.

    Parameters
    ----------
    network : ReactionNetwork
        Reactions that go one way, and those from or to nothing, are left alone.
    keep : sequence of str, optional
        Reactions whose constants are trusted and stay.
    weights : mapping of str to number, optional
        How much the squares of a reaction's changes count, such as 1/variance of its logarithms;
        1 where not given.

    Returns
    -------
    ReactionNetwork

    Raises
    ------
    PerpetualMotionError
        All reactions of an unbalanced cycle are to be kept.
    UnknownNameError, ModelError
        No such reaction, or a weight that is not positive.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 4, 3")
    >>> mended = ns.nearest_balanced(r, keep=["R1", "R2"])
    >>> mended.reactions[2], bool(ns.check_detailed_balance(mended))
    (R3: C <-> A ; sqrt(2), 6*sqrt(2), False)
    """
    names = [r.name for r in network.reactions]
    for name in (*keep, *(weights or {})):
        if name not in names:
            raise UnknownNameError.of("reaction", name, names)
    variance = dict.fromkeys(names, Rational(1))
    for name, value in (weights or {}).items():
        weight = parsing.number(value)
        if not weight > 0:
            raise ModelError(
                f"the weight of {name} is {weight}, wanted > 0; keep={[name]} fixes it"
            )
        variance[name] = 1 / weight
    variance |= dict.fromkeys(keep, Rational(0))
    cycles = undriven_cycles(network)
    if all(c.ratio.is_one for c in cycles):
        return network
    return _mended(network, _free(cycles, variance), variance)


def _free(cycles: Sequence[ReactionCycle], variance: Mapping[str, Rational]) -> list[ReactionCycle]:
    """Return cycles whose reactions to be changed are independent.

    Combinations of cycles of which nothing is to be changed must be balanced.
    """
    loose = [n for n, v in variance.items() if v]
    rows = [[c.reactions.get(n, 0) for n in loose] for c in cycles]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[0] * len(cycles)]
    for combination in incidence.null_space(columns):
        total = monomial(Integer(1))
        for n, c in zip(combination, cycles, strict=True):
            total = total * c.ratio**n
        if not total.is_one:
            labels = " and ".join(c.label for n, c in zip(combination, cycles, strict=True) if n)
            raise PerpetualMotionError(
                f"the constants of {', '.join(n for n, v in variance.items() if not v)}, which are "
                f"to be kept, contradict each other by a factor {total.value()} along {labels}; "
                "keep fewer"
            )
    found: list[int] = []
    for i, row in enumerate(rows):
        if incidence.rank([*(rows[k] for k in found), row]) > len(found):
            found.append(i)
    return [cycles[i] for i in found]


def _mended(
    network: ReactionNetwork, cycles: Sequence[ReactionCycle], variance: Mapping[str, Rational]
) -> ReactionNetwork:
    matrix = [[fmpq(c.reactions.get(n, 0)) for n in variance] for c in cycles]
    spread = [fmpq(int(v.p), int(v.q)) for v in variance.values()]
    weighted = fmpq_mat([[x * v for x, v in zip(row, spread, strict=True)] for row in matrix])
    share = (weighted * fmpq_mat(matrix).transpose()).solve(weighted)
    reactions = []
    for j, r in enumerate(network.reactions):
        factor = monomial(Integer(1))
        for i, c in enumerate(cycles):
            x = share[i, j]
            if x:
                factor = factor * c.ratio ** Rational(-int(x.p), 2 * int(x.q))
        if factor.is_one:
            reactions.append(r)
            continue
        rate = (monomial(r.rate) * factor).value()
        reverse = (monomial(r.reverse) / factor).value()
        reactions.append(replace(r, rate=rate, reverse=reverse))
    return replace(network, reactions=tuple(reactions))
