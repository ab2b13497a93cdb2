"""The steady state of a model as exact polynomials, for programs that need no SymPy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from flint import fmpq_mpoly
from sympy import Expr, Integer

from nesssym.diagrams import one_way
from nesssym.errors import UnknownNameError
from nesssym.exact.rational import Ring, common_multiple, fractions, from_poly
from nesssym.exact.reduced import steady_numerators
from nesssym.exact.symmetry import equal_states
from nesssym.exact.tree_sums import tree_polynomials
from nesssym.networks import Model
from nesssym.steady import closed_class

__all__ = ["SteadyPolynomials", "equiprobable_states", "steady_polynomials"]


@dataclass(frozen=True, eq=False)
class SteadyPolynomials:
    r"""Numerators of the steady probabilities over one normalisation, as FLINT polynomials.

    Made by `steady_polynomials`. FLINT adds, multiplies, differentiates and evaluates them in
    microseconds; `expr` gives SymPy expressions.

    Parameters
    ----------
    ring : Ring
        The generators: ``ring.gens[i]`` is the SymPy expression of the variable number ``i``.
    numerators : mapping of str to fmpq_mpoly
        State to polynomial.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    >>> found = ns.steady_polynomials(g)
    >>> found.numerators["A"]
    b*d + b*e + c*e
    >>> len(found.normalisation), found.numerators["A"].derivative("b")
    (9, d + e)
    """

    ring: Ring
    numerators: Mapping[str, fmpq_mpoly]

    @cached_property
    def normalisation(self) -> fmpq_mpoly:
        """The sum of the numerators."""
        return sum(self.numerators.values(), self.ring.context.constant(0))

    def expr(self, state: object) -> Expr:
        """Return a numerator as an expanded SymPy expression.

        Raises
        ------
        UnknownNameError
            There is no such state.
        """
        if str(state) not in self.numerators:
            raise UnknownNameError.of("state", state, self.numerators)
        return from_poly(self.numerators[str(state)], self.ring)


def steady_polynomials(model: Model, form: str = "trees") -> SteadyPolynomials:
    r"""Return the steady probabilities as exact polynomials over their sum.

    The quickest way to the tree sums: no expression is built.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        With one closed class of states; the others get zero, with a warning.
    form : {"trees", "reduced"}, optional
        ``"trees"``: the sums over the spanning trees directed to each state. ``"reduced"``: the
        same without a common factor, as with ``steady_state(model, method="reduced")``.

    Raises
    ------
    NotErgodicError
        Several closed classes.
    NessError
        With ``"trees"``, a rate that has a denominator.
    TooLargeError
        Too many terms.

    References
    ----------
    T. L. Hill, J. Theor. Biol. 10, 442 (1966), doi:10.1016/0022-5193(66)90137-8.

    Examples
    --------
    >>> import nesssym as ns
    >>> from itertools import permutations
    >>> g = ns.StateGraph.from_rates({(i, j): f"k{i}{j}" for i, j in permutations("12345", 2)})
    >>> [len(p) for p in ns.steady_polynomials(g).numerators.values()]
    [125, 125, 125, 125, 125]
    """
    if form not in ("trees", "reduced"):
        raise UnknownNameError.of("form of polynomials", form, ["trees", "reduced"])
    live = closed_class(model)
    index = {s: i for i, s in enumerate(live)}
    inside = [t for t in model.transitions if t.source in index and t.target in index]
    arcs, weights = one_way(inside, index)
    if form == "trees":
        space, found = tree_polynomials(len(live), arcs, weights, range(len(live)))
    else:
        rates: dict[tuple[int, int], Expr] = {}
        for arc, weight in zip(arcs, weights, strict=True):
            rates[arc] = rates.get(arc, Integer(0)) + weight
        space, found = steady_numerators(len(live), rates)
    zero = space.context.constant(0)
    known = dict(zip(live, found, strict=True))
    return SteadyPolynomials(space, {s: known.get(s, zero) for s in model.states})


def equiprobable_states(model: Model) -> tuple[tuple[str, ...], ...]:
    r"""Return the classes of states that are equally probable by the structure of the rates.

    States that a symmetry of the model exchanges are in one class, for all values of the
    symbols: permuted identical binding sites, for instance. Lumping the classes leaves a smaller
    process with the same steady state, which is what ``method="reduced"`` solves. States with
    equal probabilities for other reasons may be in different classes.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        With one closed class of states; transient ones are left out, with a warning.

    Raises
    ------
    NotErgodicError
        Several closed classes.

    References
    ----------
    P. Buchholz, J. Appl. Probab. 31, 59 (1994), doi:10.2307/3215235.

    Examples
    --------
    Two identical sites:

    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("00 <-> 10 ; on, off \n 00 <-> 01 ; on, off \n"
    ...     "10 <-> 11 ; on*c, off \n 01 <-> 11 ; on*c, off")
    >>> ns.equiprobable_states(g)
    (('00',), ('10', '01'), ('11',))
    """
    live = closed_class(model)
    index = {s: i for i, s in enumerate(live)}
    inside = [t for t in model.transitions if t.source in index and t.target in index]
    arcs, weights = one_way(inside, index)
    space, pairs = fractions(weights)
    common = common_multiple([bottom for _, bottom in pairs], space)
    rates: dict[tuple[int, int], fmpq_mpoly] = {}
    for arc, (top, bottom) in zip(arcs, pairs, strict=True):
        rate = top * (common / bottom)
        rates[arc] = rates[arc] + rate if arc in rates else rate
    return tuple(tuple(live[i] for i in members) for members in equal_states(len(live), rates))
