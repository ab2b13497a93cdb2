r"""The characteristic polynomial of the tilted generator, coefficient by coefficient.

:math:`\det(\lambda - W(q)) = \sum_k a_k(q)\,\lambda^k`. Each :math:`a_k` is a polynomial in the
rates and a Laurent polynomial in :math:`e^{q}`; FLINT holds them all as one polynomial.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import lcm, prod
from typing import Any

from flint import fmpq_mpoly
from sympy import Dummy, Expr, Integer, Rational, Symbol, exp

from nesssym import parsing
from nesssym.errors import TooLargeError
from nesssym.exact.rational import Fraction, Ring, common_multiple, fractions, from_quotient
from nesssym.fluctuations.observables import Counts, Observable, begin, observable, refuse_chain
from nesssym.formulas import Formulas
from nesssym.networks import Model

__all__ = ["Characteristic", "characteristic", "characteristic_polynomial"]

MAX_TERMS = 100_000
MAX_STATES = 14

Powers = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Characteristic:
    r"""The characteristic polynomial over one denominator; from `characteristic`.

    Parameters
    ----------
    ring : Ring
        Its generators are those of the rates, `root`, `fields` and the symbols of `factors`.
    poly, divisor : fmpq_mpoly
        Numerator and denominator; the denominator is free of `root` and of `fields`.
    root : Symbol
        Stands for the eigenvalue.
    fields : tuple of Symbol
        The counting fields themselves, which occur where time in states is counted.
    factors : dict of Symbol to Expr
        What stands for which exponential, such as :math:`e^{q}`.
    rates : dict of Expr to Fraction
        The rates as elements of the ring.
    """

    ring: Ring
    poly: fmpq_mpoly
    divisor: fmpq_mpoly
    root: Symbol
    fields: tuple[Symbol, ...]
    factors: dict[Symbol, Expr]
    rates: dict[Expr, Fraction]

    def by_powers(self, symbols: Sequence[Symbol]) -> dict[Powers, fmpq_mpoly]:
        """Sort the terms by their powers of some symbols, relative to the denominator."""
        places = [self.ring.gens.index(s) for s in symbols]
        shift = _least(self.divisor)
        sorted_terms: dict[Powers, dict[Powers, Any]] = {}
        for powers, coefficient in self.poly.terms():
            key = tuple(int(powers[i]) - shift[i] for i in places)
            rest = tuple(0 if i in places else int(k) for i, k in enumerate(powers))
            sorted_terms.setdefault(key, {})[rest] = coefficient
        context = self.ring.context
        return {key: context.from_dict(terms) for key, terms in sorted_terms.items()}


def characteristic_polynomial(model: Model, counts: Counts, q: Any = "q") -> Formulas:
    r"""Return the coefficients of :math:`\det(\lambda - W(q)) = \sum_k a_k(q)\,\lambda^k`.

    All cumulants follow from them by implicit differentiation, and so do all symmetries of the
    scaled cumulant generating function.

    Parameters
    ----------
    model : StateGraph
        A small model: the number of terms grows with the product over the states of one plus the
        number of ways out.
    counts : mapping
        What is counted, as in `nesssym.cumulants`.
    q : Symbol or str, optional
        The counting field.

    Returns
    -------
    Formulas
        Labels ``"a0"`` ... ``"aN"``, expanded.

    Raises
    ------
    TooLargeError
        More than 100,000 terms may come with symbols for rates, or more than 14 states.

    References
    ----------
    Z. Koza, J. Phys. A 32, 7637 (1999), doi:10.1088/0305-4470/32/44/303.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("hot: A <-> B ; a, b \n cold: A <-> B ; c, d")
    >>> a = ns.characteristic_polynomial(g, {"A->B/hot": 1})
    >>> a["a0"]
    -a*d*exp(q) + a*d + b*c - b*c*exp(-q)
    >>> a["a1"], a["a2"]
    (a + b + c + d, 1)
    """
    refuse_chain(model, "characteristic polynomials")
    field = parsing.symbol(q, positive=False) if isinstance(q, str) else q
    counted = observable(model, counts)
    found = characteristic(model, [counted], [field])
    shared = begin(model, counted)
    parts = found.by_powers([found.root])
    scale = found.divisor
    return shared.formulas(
        {
            f"a{k}": from_quotient(parts[k,], scale, found.ring).xreplace(found.factors)
            if (k,) in parts
            else Integer(0)
            for k in range(len(model.states) + 1)
        },
        heads=(f"a_{{{k}}}" for k in range(len(model.states) + 1)),
        unit="mixed",
    )


def characteristic(
    model: Model, observables: Sequence[Observable], fields: Sequence[Symbol]
) -> Characteristic:
    """Compute the characteristic polynomial of the generator tilted by several observables."""
    refuse_chain(model, "characteristic polynomials")
    index = {s: i for i, s in enumerate(model.states)}
    jumps = [
        (index[a], index[b], rate, tuple(o.of(t)[way] for o in observables))
        for t in model.transitions
        for way, (a, b, rate) in enumerate(
            [(t.source, t.target, t.rate), (t.target, t.source, t.reverse)][: 1 + t.reversible]
        )
    ]
    _refuse_large(model, [(i, j) for i, j, *_ in jumps], len(observables))
    root = Dummy("root")
    units = _units(chain.from_iterable(counted for *_, counted in jumps))
    factors = {(a, atom): Dummy(f"z{a}") for a in range(len(observables)) for atom in units}
    dwell = [
        sum((q * o.dwell[s] for q, o in zip(fields, observables, strict=True)), Integer(0))
        for s in model.states
    ]
    given = [*(rate for *_, rate, _ in jumps), *dwell, root, *factors.values()]
    ring, values = fractions(given)
    value = dict(zip(given, values, strict=True))
    z = {key: value[s][0] for key, s in factors.items()}
    one = ring.context.constant(1)
    columns: list[dict[int, fmpq_mpoly]] = []
    divisor = one
    for i in range(len(index)):
        out = [(j, value[rate], _powers(counted, units)) for k, j, rate, counted in jumps if k == i]
        bottoms = [bottom for _, (_, bottom), _ in out] + [value[dwell[i]][1]]
        scale = common_multiple(bottoms, ring)
        lift = {key: max(0, *(-p.get(key, 0) for *_, p in out), 0) for key in z}
        raised = prod((z[key] ** n for key, n in lift.items() if n), start=one)
        top, bottom = value[dwell[i]]
        column = {i: (value[root][0] * scale - top * (scale / bottom)) * raised}
        for j, (top, bottom), powers in out:
            weight = top * (scale / bottom)
            shift = prod((z[key] ** (n + powers.get(key, 0)) for key, n in lift.items()), start=one)
            column[i] += weight * raised
            column[j] = column.get(j, 0 * one) - weight * shift
        columns.append(column)
        divisor *= scale * raised
    return Characteristic(
        ring,
        _determinant(columns, one),
        divisor,
        root,
        tuple(fields),
        {s: exp(fields[a] * atom / units[atom]) for (a, atom), s in factors.items()},
        {rate: value[rate] for *_, rate, _ in jumps},
    )


def _refuse_large(model: Model, arcs: Sequence[tuple[int, int]], quantities: int) -> None:
    n = len(model.states)
    if n > MAX_STATES:
        size, limit = f"{n} states", f"{MAX_STATES}"
    else:
        ways = [i for i, _ in arcs]
        terms = prod(1 + ways.count(i) for i in range(n)) if model.symbols else 0
        if quantities > 1:
            terms = max(terms, _permutations(n, arcs))
        if terms <= MAX_TERMS:
            return
        size, limit = f"up to {terms} terms", f"{MAX_TERMS}"
    raise TooLargeError(
        f"the characteristic polynomial has {size}, more than {limit}; take a smaller model, "
        "substitute numbers for some rates, or use nesssym.cumulants, which expands nothing"
    )


def _permutations(n: int, arcs: Sequence[tuple[int, int]]) -> int:
    """Count the products in the determinant: sets of disjoint cycles through some of the states."""
    near = [{i} for i in range(n)]
    for i, j in arcs:
        near[i].add(j)
    partial = {0: 1}
    for choices in near:
        longer: dict[int, int] = {}
        for rows, number in partial.items():
            for row in choices:
                if not rows & 1 << row:
                    longer[rows | 1 << row] = longer.get(rows | 1 << row, 0) + number
        partial = longer
    return partial[(1 << n) - 1]


def _units(weights: Iterable[Expr]) -> dict[Expr, int]:
    """Return the independent parts of what is counted, each with its least denominator."""
    units: dict[Expr, int] = {}
    for weight in weights:
        for atom, coefficient in weight.expand().as_coefficients_dict().items():
            if coefficient != 0:
                units[atom] = lcm(units.get(atom, 1), int(Rational(coefficient).q))
    return units


def _powers(counted: Sequence[Expr], units: Mapping[Expr, int]) -> dict[tuple[int, Expr], int]:
    return {
        (a, atom): int(coefficient * units[atom])
        for a, weight in enumerate(counted)
        for atom, coefficient in weight.expand().as_coefficients_dict().items()
        if coefficient != 0
    }


def _determinant(columns: Sequence[Mapping[int, fmpq_mpoly]], one: fmpq_mpoly) -> fmpq_mpoly:
    """Expand by columns, each set of rows once; without divisions, so that nothing swells."""
    partial: dict[int, fmpq_mpoly] = {0: one}
    for column in columns:
        longer: dict[int, fmpq_mpoly] = {}
        for rows, value in partial.items():
            for row, entry in column.items():
                bit = 1 << row
                if rows & bit or entry.is_zero():
                    continue
                odd = (rows >> row).bit_count() % 2
                term = -value * entry if odd else value * entry
                longer[rows | bit] = longer[rows | bit] + term if rows | bit in longer else term
        partial = longer
    return partial.get((1 << len(columns)) - 1, one * 0)


def _least(poly: fmpq_mpoly) -> list[int]:
    """Return for each generator the lowest power in any term."""
    exponents = [list(map(int, powers)) for powers, _ in poly.terms()]
    return [min(column) for column in zip(*exponents, strict=True)]
