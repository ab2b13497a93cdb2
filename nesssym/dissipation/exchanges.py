"""What a system exchanges with reservoirs, the forces that these exert, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from math import lcm
from operator import mul
from typing import Any

from sympy import Add, Expr, Integer, Rational, exp

from nesssym import parsing, typeset
from nesssym.entropies import EntropyProduction, Irreversibility, entropy, entropy_unit
from nesssym.errors import ModelError, NessError, UnknownNameError
from nesssym.exact.echelon import coprime_base, echelon, multiplicity
from nesssym.exact.monomials import Monomial, monomial
from nesssym.exact.rational import cancel, equal
from nesssym.formulas import Formulas, Steps
from nesssym.networks import Model
from nesssym.steady import SteadyState, refuse_model
from nesssym.thermodynamics import Cycle, cycles

__all__ = [
    "conserved_exchanges",
    "dissipation",
    "efficiency",
    "fundamental_forces",
    "independent_affinities",
    "operational_currents",
]

Exchanges = Mapping[str, Mapping[str, Any]]


def operational_currents(ss: SteadyState, exchanges: Exchanges) -> Formulas:
    r"""Return the steady current of everything that is exchanged: what an experiment measures.

    .. math:: J_X = \sum_e x_e J_e,

    with the amount :math:`x_e` of the quantity X that the system takes up when transition e
    happens along its direction: protons from the outside, heat from a bath, charge, work.

    Parameters
    ----------
    ss : SteadyState
        The steady state.
    exchanges : mapping of str to mapping
        Quantity to the amounts that count, ``{"H": {"1->3": 1, "4->2": -1}}``; a key is the label
        of a transition or the name of a channel, an amount a number or an expression. Each is
        what `cumulants` takes as counts.

    Returns
    -------
    Formulas
        One label a quantity.

    Raises
    ------
    UnknownNameError
        A key that is neither a transition nor a channel.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("hot: g <-> e ; 1/2, 1 \n cold: g <-> e ; 3/5, 3")
    >>> ns.operational_currents(ns.steady_state(g), {"heat hot": {"hot": "E"}})["heat hot"]
    3*E/17
    """
    refuse_model(ss)
    amounts = _amounts(ss.model, exchanges)
    shared = Steps.over(ss.model)
    net = shared.absorb(ss.currents)
    return shared.formulas(
        {name: _current(counts, net) for name, counts in amounts.items()},
        heads=(f"J_{{{typeset.text(name)}}}" for name in amounts),
        unit=ss.currents.unit,
    )


def conserved_exchanges(model: Model, exchanges: Exchanges) -> list[dict[str, Expr]]:
    r"""Return the combinations of exchanged quantities that add up to nothing on every cycle.

    What one reservoir gives the others take: energy, particles, charge. Each such law makes one
    of the reservoirs a reference, and leaves one force fewer.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        The model.
    exchanges : mapping
        As in `operational_currents`.

    Returns
    -------
    list of dict
        Quantity to coefficient, with whole numbers without a common divisor where they are
        numbers.

    References
    ----------
    R. Rao, M. Esposito, New J. Phys. 20, 023007 (2018), doi:10.1088/1367-2630/aaa15f.

    Examples
    --------
    >>> import nesssym as ns
    >>> dot = ns.StateGraph.from_text("L: 0 <-> 1 ; a, b \n R: 0 <-> 1 ; c, d")
    >>> ns.conserved_exchanges(dot, {"left": {"L": 1}, "right": {"R": 1}})
    [{'left': 1, 'right': 1}]
    """
    names = list(exchanges)
    _, coupling = _coupling(model, exchanges)
    reduced, _, pivots = echelon(coupling)
    laws = []
    for free in (k for k in range(len(names)) if k not in pivots):
        vector = [Integer(0)] * len(names)
        vector[free] = Integer(1)
        for row, pivot in zip(reduced, pivots, strict=False):
            vector[pivot] = -row[free]
        laws.append({n: x for n, x in zip(names, _whole(vector), strict=True) if x != 0})
    return laws


def fundamental_forces(model: Model, exchanges: Exchanges) -> Formulas:
    r"""Return the forces that the reservoirs exert, found from the cycles and what they exchange.

    A cycle's affinity is made of what it carries from reservoir to reservoir,
    :math:`A_c = \sum_X n_{cX} F_X`. Solved for the forces: there are as many as quantities, less
    one for each conservation law, for which the last quantity in it serves as the reference and
    is left out. The entropy production is then :math:`\sigma = \sum_X F_X J_X`, however many
    cycles there are.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        Its rates must obey local detailed balance with respect to these exchanges.
    exchanges : mapping
        As in `operational_currents`.

    Returns
    -------
    Formulas
        One label a quantity, without the references.

    Raises
    ------
    ModelError
        There is a cycle whose affinity the exchanges do not explain.
    IrreversibleError
        A cycle passes a one-way transition.

    References
    ----------
    R. Rao, M. Esposito, New J. Phys. 20, 023007 (2018), doi:10.1088/1367-2630/aaa15f.

    Examples
    --------
    >>> import nesssym as ns
    >>> baths = ns.StateGraph.from_text("hot: g <-> e ; a, 1 \n cold: g <-> e ; b, 1")
    >>> baths = baths.with_energies({"g": 0, "e": "E"}, beta={"hot": "bh", "cold": "bc"})
    >>> exchanges = {"heat hot": {"hot": "E"}, "heat cold": {"cold": "E"}}
    >>> ns.fundamental_forces(baths, exchanges)["heat hot"]
    bc - bh
    """
    names = list(exchanges)
    found, coupling = _coupling(model, exchanges)
    _, combination, pivots = echelon(coupling)
    for row in combination[len(pivots) :]:
        rest = _combined(found, row)
        if not equal(rest, Integer(0)):
            loops = " and ".join(c.label for c, x in zip(found, row, strict=True) if x != 0)
            raise ModelError(
                f"the exchanges of {', '.join(names) or 'nothing'} do not explain what drives "
                f"{loops}: {rest} is left of the affinities, wanted 0. Count what else is "
                "exchanged there, or give rates that obey local detailed balance"
            )
    forces = [_combined(found, row) for row in combination[: len(pivots)]]
    chosen = [names[k] for k in pivots]
    return Steps.over(model).formulas(
        dict(zip(chosen, forces, strict=True)),
        heads=(f"F_{{{typeset.text(name)}}}" for name in chosen),
    )


def dissipation(ss: SteadyState, exchanges: Exchanges) -> EntropyProduction | Irreversibility:
    r"""Return the entropy production as a sum over exchanged quantities, :math:`F_X J_X`.

    Positive parts are what drives the system, negative parts what it accomplishes against its
    force.

    Parameters
    ----------
    ss : SteadyState
        The steady state.
    exchanges : mapping
        As in `fundamental_forces`, whose errors are raised.

    Returns
    -------
    Formulas
        ``"sigma"``, and one label a quantity other than the references.

    Examples
    --------
    Hill's free energy transduction: the flux 1 drives the flux 2 uphill.

    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text('''
    ...     1 <-> 2 ; 4, 1
    ...     2 <-> 3 ; 3, 2
    ...     3 <-> 4 ; 3/4, 4
    ...     4 <-> 5 ; 2, 3
    ...     5 <-> 6 ; 5, 1/2
    ...     6 <-> 1 ; 2, 1
    ...     2 <-> 5 ; 1/40, 1/20
    ... ''')
    >>> parts = ns.dissipation(ns.steady_state(g), {"fuel": {"1->2": 1}, "load": {"2->3": 1}})
    >>> round(float(ns.efficiency(parts, "load", "fuel")["efficiency"]), 12)
    0.240790842608
    """
    refuse_model(ss)
    amounts = _amounts(ss.model, exchanges)
    shared = Steps.over(ss.model)
    net = shared.absorb(ss.currents)
    force = shared.absorb(fundamental_forces(ss.model, exchanges))
    parts = {
        name: shared.let(f * _current(amounts[name], net), "y", positive=False)
        for name, f in force.items()
    }
    return entropy(
        shared.formulas(
            {"sigma": Add(*parts.values()), **parts},
            heads=(r"\sigma", *(rf"\sigma_{{{typeset.text(name)}}}" for name in parts)),
            unit=entropy_unit(ss.model.time),
        )
    )


def efficiency(powers: Formulas, output: str, input: str) -> Formulas:
    r"""Return the efficiency of a machine, minus its output over its input.

    Parameters
    ----------
    powers : Formulas
        What flows in counts positive: from `dissipation`, for the efficiency of free energy
        transduction, between 0 and 1 where the input drives the output; or from
        `energy_balance`, for work over heat.
    output, input : str
        Labels of `powers`.

    Returns
    -------
    Formulas
        ``"efficiency"``.

    Raises
    ------
    UnknownNameError
        An unknown label.
    NessError
        The input is zero for all values of the symbols.

    References
    ----------
    T. L. Hill, Free Energy Transduction in Biology (Academic Press, 1977).

    Examples
    --------
    >>> from sympy import symbols
    >>> import nesssym as ns
    >>> a, b = symbols("a b", positive=True)
    >>> powers = ns.Formulas(("work", "heat hot"), (-a, a + b))
    >>> ns.efficiency(powers, "work", "heat hot")["efficiency"]
    a/(a + b)
    """
    shared = Steps(powers.parameters, dict(powers.notation), powers.assume)
    values = shared.absorb(powers)
    for label in (output, input):
        if label not in values:
            raise UnknownNameError.of("label", label, values)
    if values[input] == 0:
        raise NessError(f"{input} is zero, so that nothing goes in; take another input")
    return shared.formulas({"efficiency": -values[output] / values[input]}, heads=(r"\eta",))


def independent_affinities(model: Model) -> tuple[Cycle, ...]:
    r"""Return fundamental cycles whose affinities are independent, for all values of the symbols.

    Local detailed balance ties the affinities of cycles together: however many cycles, there are
    no more independent ones than forces. The others are combinations of these with rational
    coefficients, and zero where none is left.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        The model.

    Raises
    ------
    IrreversibleError
        A cycle passes a one-way transition.

    Examples
    --------
    >>> import nesssym as ns
    >>> motor = ns.gallery.load("kinesin").model
    >>> len(ns.cycles(motor)), [c.label for c in ns.independent_affinities(motor)]
    (2, ['6->1->2->5->6'])
    """
    found = cycles(model)
    ratios = [c.ratio for c in found]
    roots = (base for r in ratios for base, _ in r.powers if base.is_Integer)
    numbers = (int(n) for r in ratios for n in (r.number.p, r.number.q))
    primes = coprime_base([*numbers, *map(int, roots)])
    vectors = [_exponents(r, primes) for r in ratios]
    keys = list(dict.fromkeys(key for vector in vectors for key in vector))
    columns = [[vector.get(key, Integer(0)) for vector in vectors] for key in keys]
    _, _, pivots = echelon(columns)
    return tuple(found[k] for k in pivots)


def _amounts(model: Model, exchanges: Exchanges) -> dict[str, dict[str, Expr]]:
    """Return the amounts by transition label, those of channels spread over their transitions."""
    known = {s.name: s for s in model.symbols}
    labels = dict.fromkeys(n for t in model.transitions for n in (t.label, t.channel) if n)
    found: dict[str, dict[str, Expr]] = {}
    for name, counts in exchanges.items():
        if not isinstance(counts, Mapping):
            raise ModelError(
                f"what is exchanged of {name} is {counts!r:.60}, wanted a mapping of transitions "
                "or channels to amounts"
            )
        for key in counts:
            if key not in labels:
                raise UnknownNameError.of("channel or transition", key, labels)
        found[name] = {}
        for t in model.transitions:
            amount = parsing.expr(counts.get(t.label, counts.get(t.channel or t.label, 0)), known)
            if amount != 0:
                found[name][t.label] = amount
    return found


def _current(counts: Mapping[str, Expr], net: Mapping[str, Expr]) -> Expr:
    return Add(*(amount * net[label] for label, amount in counts.items()))


def _coupling(model: Model, exchanges: Exchanges) -> tuple[tuple[Cycle, ...], list[list[Expr]]]:
    """Return the fundamental cycles, and what each of them exchanges in a turn."""
    amounts = _amounts(model, exchanges)
    found = cycles(model)
    return found, [
        [
            Add(*(sign * counts.get(label, Integer(0)) for label, sign in c.transitions))
            for counts in amounts.values()
        ]
        for c in found
    ]


def _combined(found: Sequence[Cycle], row: Sequence[Expr]) -> Expr:
    """Return a combination of affinities; with rational coefficients as one logarithm."""
    pairs = [(c, x) for c, x in zip(found, row, strict=True) if x != 0]
    if all(x.is_Rational for _, x in pairs):
        return reduce(mul, (c.ratio**x for c, x in pairs), monomial(Integer(1))).log()
    return cancel(Add(*(x * c.affinity for c, x in pairs)))


def _whole(vector: Sequence[Expr]) -> list[Expr]:
    """Clear the denominators of a vector, where it is made of numbers."""
    if not all(x.is_Rational for x in vector):
        return [cancel(x) for x in vector]
    scale = lcm(*(int(x.q) for x in vector))
    lead = next(x for x in vector if x != 0)
    return [x * scale * (1 if lead > 0 else -1) for x in vector]


def _exponents(ratio: Monomial, base: Sequence[int]) -> dict[Expr, Rational]:
    """Return the logarithm of a monomial as coefficients of independent quantities."""
    found: dict[Expr, Rational] = dict(ratio.powers)
    for prime in base:
        times = multiplicity(int(ratio.number.p), prime) - multiplicity(int(ratio.number.q), prime)
        found[Integer(prime)] = found.get(Integer(prime), Integer(0)) + times
    for term in Add.make_args(ratio.exponent.expand()):
        factor, rest = term.as_coeff_Mul()
        found[exp(rest)] = found.get(exp(rest), Integer(0)) + factor
    return {key: value for key, value in found.items() if value != 0}
