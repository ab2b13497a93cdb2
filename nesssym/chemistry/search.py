"""Steady states that no exact method finds: each enclosed, with a proof that these are all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import inf, lcm
from typing import Any

from sympy import Add, Expr, Mul

from nesssym import parsing
from nesssym.chemistry.numbers import Enclosure
from nesssym.chemistry.states import ReactionSteadyState, concentration_heads
from nesssym.errors import ModelError, TooLargeError, UnknownNameError
from nesssym.exact import incidence
from nesssym.exact.boxes import BITS, Coordinate, System, all_roots, within
from nesssym.exact.rational import Ring, from_poly
from nesssym.exact.triangular import shortened
from nesssym.formulas import Steps
from nesssym.networks import ReactionNetwork
from nesssym.networks.labelled import Combination

__all__ = ["Bounds", "enclosed_states", "read_bounds"]

Bounds = Mapping[str, tuple[float, float]]
SMALLEST = 1e-100
BEYOND = 1e-9  # how far beyond its largest possible value a species is looked for


def read_bounds(network: ReactionNetwork, bounds: Mapping[Any, Any] | None) -> Bounds:
    """Return where to look for species.

    Raises
    ------
    UnknownNameError, ModelError
        No internal species, or no interval of positive numbers.
    """
    found = {}
    for key, pair in (bounds or {}).items():
        if str(key) not in network.internal:
            raise UnknownNameError.of("internal species in bounds:", key, network.internal)
        try:
            low, high = (float(parsing.number(end)) for end in pair)
        except (TypeError, ValueError):
            raise ModelError(f"bounds of {key} are two numbers, got {pair!r}") from None
        if not 0 <= low < high < inf:
            raise ModelError(f"bounds of {key} are ({low:g}, {high:g}), wanted 0 <= low < high")
        found[str(key)] = max(low, SMALLEST), high
    return found


def enclosed_states(
    network: ReactionNetwork,
    totals: Sequence[tuple[Combination, Expr]],
    bounds: Bounds,
    reason: TooLargeError,
) -> list[ReactionSteadyState]:
    """Return all positive steady states within the bounds, as certified numbers.

    Parameters
    ----------
    network : ReactionNetwork
        Without symbols.
    totals : sequence of (Combination, Expr)
        The conservation laws, which bound the species that they hold.
    bounds : mapping
        Where to look for others.
    reason : TooLargeError
        Why there is no exact method, to be told where this one has none either.
    """
    unknowns = list(map(parsing.symbol, network.internal))
    space, left, solved, kept = shortened(list(_square(network, totals)), unknowns)
    if not left and kept:
        return []
    names = [space.gens[u].name for u in kept]
    limits = _limits(network, totals) | dict(bounds)
    missing = [s for s in names if s not in limits]
    if missing or len(left) != len(kept):
        hint = (
            f"say where to look: bounds={{{', '.join(f'{s!r}: (low, high)' for s in missing)}}}"
            if missing
            else "the equations leave a continuum of states"
        )
        raise TooLargeError(f"{reason}; no closed form, and {hint}") from None
    system = System(tuple(_terms(p, kept, space) for p in left))
    roots = all_roots(system, [limits[s][0] for s in names], [limits[s][1] for s in names])
    where = ", ".join(f"{_shown(limits[s][0])} < {s} < {_shown(limits[s][1])}" for s in names)
    proof = (
        f"no closed form; one of {len(roots)} states with {where}, each certified by Krawczyk's "
        "operator, with a proof that there are no others there"
        if names
        else "one unknown follows from the other, so that there are no others"
    )
    numbers = (Enclosure(space, tuple(solved), tuple(kept), system, tuple(r)) for r in roots)
    found = [_state(network, n, proof) for n in numbers if _within(n, bounds)]
    return sorted(found, key=lambda ss: float(ss[network.internal[0]]))


def _shown(end: float) -> str:
    """Write the end of a range in few digits where these say where it is."""
    short = f"{end:g}"
    return short if abs(float(short) - end) <= 2 * BEYOND * end else repr(end)


def _within(numbers: Enclosure, bounds: Bounds) -> bool:
    return all(within(numbers.ball(s, BITS), *ends) for s, ends in bounds.items())


def _square(network: ReactionNetwork, totals: Sequence[tuple[Combination, Expr]]) -> Iterator[Expr]:
    """Yield as many equations as unknowns: the laws and the shortest independent balances."""
    for law, total in totals:
        yield Add(*(n * parsing.symbol(s) for s, n in law.items()), -total)
    rates = list(network.rate_equations().values())
    rows: list[list[int]] = []
    matrix = network.internal_stoichiometry.entries
    for i in sorted(range(len(rates)), key=lambda i: sum(map(abs, matrix[i]))):
        if incidence.rank([*rows, list(matrix[i])]) > len(rows):
            rows.append(list(matrix[i]))
            yield rates[i]


def _limits(
    network: ReactionNetwork, totals: Sequence[tuple[Combination, Expr]]
) -> dict[str, tuple[float, float]]:
    """Return what conservation laws say of the largest concentrations."""
    found: dict[str, tuple[float, float]] = {}
    for law, total in totals:
        if all(n > 0 for n in law.values()):
            for s, n in law.items():
                high = min(float(total) / n * (1 + BEYOND), found.get(s, (0.0, inf))[1])
                found[s] = high * SMALLEST, high
    return found


def _terms(poly: Any, kept: Sequence[int], space: Ring) -> tuple[tuple[Any, tuple[int, ...]], ...]:
    """Return coefficients, with what constants the ring holds, and powers of unknowns."""
    terms = list(poly.terms())
    scale = lcm(*(int(c.q) for _, c in terms))
    parts: dict[tuple[int, ...], list[Expr]] = {}
    for exponents, c in terms:
        constants = (
            g ** int(k)
            for i, (g, k) in enumerate(zip(space.gens, exponents, strict=True))
            if i not in kept
        )
        powers = tuple(int(exponents[u]) for u in kept)
        parts.setdefault(powers, []).append(Mul(int((c * scale).p), *constants))
    found = ((Add(*summands), powers) for powers, summands in parts.items())
    return tuple((int(c) if c.is_Integer else c, powers) for c, powers in found if c != 0)


def _state(network: ReactionNetwork, numbers: Enclosure, proof: str) -> ReactionSteadyState:
    space, system, root = numbers.space, numbers.system, numbers.start
    shared = Steps.over(network)
    known: dict[Expr, Expr] = {
        space.gens[u]: shared.let(Coordinate(i, system, root), "x")
        for i, u in enumerate(numbers.kept)
    }
    for u, (top, bottom) in reversed(numbers.solved):
        value = (from_poly(top, space) / from_poly(bottom, space)).xreplace(known)
        known[space.gens[u]] = shared.let(value, "x")
    return ReactionSteadyState(
        network,
        shared.formulas(
            {s: known[parsing.symbol(s)] for s in network.internal},
            heads=concentration_heads(network.internal),
        ),
        "enclosure",
        numbers=numbers,
        proof=proof,
    )
