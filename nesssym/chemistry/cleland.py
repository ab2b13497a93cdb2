"""Cleland's constants of a rate equation, and Haldane's relations between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, combinations, permutations, product

from sympy import Eq, Expr, Integer, Mul

from nesssym import parsing, typeset
from nesssym.errors import ModelError
from nesssym.exact.collected import Collected
from nesssym.exact.rational import cancel

__all__ = ["constants", "equilibrium_constant", "haldane", "head"]

Named = Mapping[str, Expr]


def constants(
    collected: Collected,
    variables: Named,
    total: Expr,
    substrates: Sequence[str],
    products: Sequence[str],
) -> dict[str, Expr]:
    """Return the constants by name, as `RateEquation.constants` describes them."""
    found: dict[str, Expr] = {}
    c, above = collected.denominator, collected.numerator
    one = c.get(Integer(1), Integer(0))
    every = [_product(variables, side) for side in (substrates, products)]
    reversible = every[1] in above
    if not reversible and set(above) != {every[0]}:
        equilibrium_constant(collected, variables, substrates, products)  # says what is wrong
    for side, full, speed in zip((substrates, products), every, ("Vf", "Vr"), strict=True):
        if full not in c or full not in above:
            continue
        sign = 1 if speed == "Vf" else -1
        found[speed] = cancel(sign * above[full] / c[full]) * total
        for s in dict.fromkeys(side):
            rest = full / variables[s]
            if rest in c:
                found[f"K_{s}"] = cancel(c[rest] / c[full])
    names = dict.fromkeys((*substrates, *products))
    if len(names) > 2:
        for s in names:
            best = min(
                _dissociations(c, variables, s, substrates, products),
                key=lambda e: e.count_ops(),
                default=None,
            )
            if best is not None:
                found[f"Ki_{s}"] = best
    for s, x in variables.items():
        if s not in names and one != 0:
            if x in c:
                found[f"Kis_{s}"] = cancel(one / c[x])
            if every[0] in c and every[0] * x in c:
                found[f"Kii_{s}"] = cancel(c[every[0]] / c[every[0] * x])
    if reversible:
        found["Keq"] = equilibrium_constant(collected, variables, substrates, products)
    return found


def _dissociations(
    c: Mapping[Expr, Expr],
    variables: Named,
    species: str,
    substrates: Sequence[str],
    products: Sequence[str],
) -> Iterator[Expr]:
    """Yield ratios of a term without a species to that with it, where both are there.

    The other species of the terms are all of the same side, or all of the other; a full side is
    left out, since it makes a Michaelis constant.
    """
    x = variables[species]
    same, other = (substrates, products) if species in substrates else (products, substrates)
    others = [s for s in dict.fromkeys(same) if s != species]
    full = _product(variables, same)
    for pool in (others, list(dict.fromkeys(other))):
        for chosen in chain.from_iterable(combinations(pool, n) for n in range(len(pool) + 1)):
            m = _product(variables, chosen)
            if m in c and m * x in c and m * x != full:
                yield cancel(c[m] / c[m * x])


def equilibrium_constant(
    collected: Collected, variables: Named, substrates: Sequence[str], products: Sequence[str]
) -> Expr:
    """Return the ratio of products to substrates at which the rate vanishes.

    What both directions need, such as protons that bind and leave again, is in both terms.
    """
    forward, backward = (_product(variables, side) for side in (substrates, products))
    if set(collected.numerator) == {forward}:
        raise ModelError(
            "the rate never vanishes, since the enzyme goes one way: there is no equilibrium "
            "constant and no relation of Haldane's. Give its steps reverse rate constants"
        )
    for along, against in permutations(collected.numerator, 2):
        if len(collected.numerator) == 2 and cancel(along / against - forward / backward) == 0:
            return cancel(-collected.numerator[along] / collected.numerator[against])
    listed = ", ".join(map(str, collected.numerator))
    raise ModelError(
        f"the numerator holds {listed}, wanted {forward} and {backward} alone: this is no "
        "rate of Cleland's form. Steps that are fast leave one (fast=[...]), once "
        "Wegscheider's conditions are imposed (subs(wegscheider_conditions(...)))"
    )


def haldane(
    value: Callable[[str], Expr],
    known: Sequence[str],
    substrates: Sequence[str],
    products: Sequence[str],
) -> Eq:
    """Return the first relation of Haldane's form that holds exactly."""
    keq = value("Keq")
    for above, below in _relations(substrates, products):
        if set(above) | set(below) <= set(known):
            right = Mul(*map(value, above)) / Mul(*map(value, below))
            if cancel(right - keq) == 0:
                symbols = (Mul(*map(parsing.symbol, names)) for names in (above, below))
                return Eq(parsing.symbol("Keq"), next(symbols) / next(symbols), evaluate=False)
    raise ModelError(
        f"no relation of Haldane's form holds between {', '.join(known)}; Keq itself is {keq}"
    )


def _relations(
    substrates: Sequence[str], products: Sequence[str]
) -> Iterator[tuple[list[str], list[str]]]:
    """Yield relations: speeds with one Michaelis constant a side, or inhibition constants."""
    sides = [
        [[f"K_{side[i]}", *(f"Ki_{s}" for j, s in enumerate(side) if j != i)] for i in order]
        for side in (products, substrates)
        for order in [range(len(side))[::-1]]
    ]
    for above, below in product(*sides):
        yield ["Vf", *above], ["Vr", *below]
    yield [f"Ki_{s}" for s in products], [f"Ki_{s}" for s in substrates]


def _product(variables: Named, side: Sequence[str]) -> Expr:
    return Mul(*(variables[s] for s in side))


def head(name: str) -> str:
    """LaTeX of a constant."""
    stem, _, species = name.partition("_")
    letter = {
        "Vf": "V_{f",
        "Vr": "V_{r",
        "K": "K_{",
        "Ki": "K_{i,",
        "Kis": "K_{is,",
        "Kii": "K_{ii,",
        "Keq": "K_{eq",
    }[stem]
    return f"{letter}{typeset.text(species) if species else ''}}}"
