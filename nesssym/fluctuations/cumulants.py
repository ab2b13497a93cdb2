"""Fluctuations of what is counted: tilted generator, cumulants and covariances of any order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement
from math import comb
from typing import Any

from sympy import Add, Expr, ImmutableDenseMatrix, Integer, Matrix, exp, sqrt

from nesssym import parsing, typeset
from nesssym.errors import ModelError, TooLargeError
from nesssym.fluctuations.observables import Counts, begin, observable, refuse_chain
from nesssym.fluctuations.perturbation import Power, expansion, tilted
from nesssym.formulas import Formulas
from nesssym.networks import Model, StateGraph, Transition
from nesssym.steady import steady_state

__all__ = ["cumulants", "dispersion", "joint_cumulants", "scgf_formula", "tilted_generator"]

MAX_CUMULANTS = 2_000


def tilted_generator(model: StateGraph, counts: Counts, q: Any = "q") -> ImmutableDenseMatrix:
    r"""Return the generator with every counted jump weighted by :math:`e^{q d}`.

    Its largest eigenvalue is the scaled cumulant generating function
    :math:`\lambda(q) = \lim \ln\langle e^{q Q}\rangle / t` of the counted quantity Q. What is
    accumulated in a state at a rate f adds :math:`q f` to the diagonal.

    Parameters
    ----------
    model : StateGraph
        The model.
    counts : mapping
        What is counted, as in `cumulants`.
    q : Symbol or str, optional
        The counting field.

    References
    ----------
    J. L. Lebowitz, H. Spohn, J. Stat. Phys. 95, 333 (1999), doi:10.1023/A:1004589714161.

    Examples
    --------
    >>> import nesssym as ns
    >>> ns.tilted_generator(ns.StateGraph.from_text("A <-> B ; a, b"), {"A->B": 1, "B": "f"})
    Matrix([
    [       -a,   b*exp(-q)],
    [a*exp(q), -b + f*q]])
    """
    refuse_chain(model, "tilted generators")
    counted = observable(model, counts)
    field = parsing.symbol(q, positive=False) if isinstance(q, str) else q
    index = {s: i for i, s in enumerate(model.states)}
    matrix = model.generator().as_mutable()
    for t in model.transitions:
        i, j = index[t.source], index[t.target]
        forward, backward = counted.of(t)
        matrix[j, i] += t.rate * (exp(field * forward) - 1)
        matrix[i, j] += t.reverse * (exp(field * backward) - 1)
    for s, i in index.items():
        matrix[i, i] += field * counted.dwell[s]
    return ImmutableDenseMatrix(matrix.expand())


def cumulants(model: Model, counts: Counts, order: int = 2) -> Formulas:
    r"""Return the cumulants per unit of time of a counted quantity, exactly.

    With Q counted in a long time t, :math:`c_n = \lim \langle\langle Q^n \rangle\rangle / t`: the
    mean, twice the diffusion constant, the skewness, and so on. The perturbation series of
    the largest eigenvalue of the tilted generator is solved order by order on one elimination, as
    shared steps; nothing is expanded.

    Parameters
    ----------
    model : StateGraph
        The model. For a chain observed in steps the result would be that of another process, so
        it is refused.
    counts : mapping
        What is counted. A transition's label with a number: so much when it happens forwards,
        minus that backwards. With a pair of numbers: what is counted forwards and backwards, so
        that ``(1, 1)`` counts every jump and ``(1, 0)`` forward jumps only. A state's label with
        a number: so much per unit of time spent there. Numbers may be symbols or expressions.
        `activity_counts` and `entropy_counts` make such mappings.
    order : int, optional
        The highest cumulant.

    Returns
    -------
    Formulas
        Labels ``"c1"`` ... ``"cN"``.

    Raises
    ------
    UnknownNameError
        A label that is neither a transition nor a state.
    ModelError
        An order below 1, or a discrete-time chain.

    References
    ----------
    C. Flindt, T. Novotny, A. Braggio, A.-P. Jauho, Phys. Rev. B 82, 155407 (2010),
    doi:10.1103/PhysRevB.82.155407.

    Examples
    --------
    A single-level quantum dot at infinite bias has a Fano factor below one:

    >>> import nesssym as ns
    >>> dot = ns.StateGraph.from_text("left: 0 -> 1 ; GL \n right: 1 -> 0 ; GR")
    >>> c = ns.cumulants(dot, {"1->0/right": 1}, order=2).at({"GL": 2, "GR": 3})
    >>> c["c1"], c["c2"] / c["c1"]
    (6/5, 13/25)

    The time spent in a state fluctuates too:

    >>> ns.cumulants(dot, {"1": 1}).at({"GL": 2, "GR": 3})
    {'c1': 2/5, 'c2': 12/125}
    """
    refuse_chain(model, "cumulants per time")
    _check_order(order)
    w = tilted(model, [counts])
    found = expansion(w, [(order,)])
    return w.shared.formulas(
        {f"c{n}": found[n,] for n in range(1, order + 1)},
        heads=(f"c_{{{n}}}" for n in range(1, order + 1)),
        unit=f"1/{model.time}",
    )


def joint_cumulants(model: Model, quantities: Mapping[str, Counts], order: int = 2) -> Formulas:
    r"""Return the joint cumulants per unit of time of several counted quantities, exactly.

    To second order these are the means and the covariance matrix,
    :math:`C_{ab} = \lim \langle\langle Q_a Q_b \rangle\rangle / t`.

    Parameters
    ----------
    model : StateGraph
        The model.
    quantities : mapping
        A name for each quantity to what is counted, as in `cumulants`.
    order : int, optional
        The highest order.

    Returns
    -------
    Formulas
        Labels ``"a"`` (a mean), ``"a,b"`` and ``"a,a"`` (covariances), ``"a,a,b"``, ...: the names
        in the order of `quantities`, repeated as often as they occur.

    Raises
    ------
    UnknownNameError, ModelError
        As `cumulants`.
    TooLargeError
        More than 2,000 cumulants.

    References
    ----------
    A. Wachtel, J. Vollmer, B. Altaner, Phys. Rev. E 92, 042132 (2015),
    doi:10.1103/PhysRevE.92.042132.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    >>> ns.joint_cumulants(g, {"turns": {"A->B": 1}, "in A": {"A": 1}}).at({})
    {'turns': 4/7, 'in A': 3/7, 'turns,turns': 160/343, 'turns,in A': -8/343, 'in A,in A': 24/343}
    """
    refuse_chain(model, "cumulants per time")
    _check_order(order)
    names = [str(name) for name in quantities]
    if not names:
        raise ModelError("no quantity is counted; give at least one, {'name': {'A->B': 1}}")
    number = comb(len(names) + order, order) - 1
    if number > MAX_CUMULANTS:
        raise TooLargeError(
            f"{len(names)} quantities have {number} joint cumulants up to order {order}, more than "
            f"{MAX_CUMULANTS}; ask for fewer quantities or a lower order"
        )
    w = tilted(model, list(quantities.values()))
    chosen = [
        group
        for n in range(1, order + 1)
        for group in combinations_with_replacement(range(len(names)), n)
    ]
    powers = {group: _power(group, len(names)) for group in chosen}
    found = expansion(w, [power for power in powers.values() if sum(power) == order])
    return w.shared.formulas(
        {",".join(names[a] for a in group): found[powers[group]] for group in chosen},
        heads=(rf"c_{{{','.join(typeset.text(names[a]) for a in group)}}}" for group in chosen),
        unit=f"1/{model.time}",
    )


def dispersion(model: Model, counts: Counts) -> Formulas:
    r"""Return the mean, the diffusion constant and the Fano factor of a counted quantity.

    The diffusion constant is :math:`D = c_2/2`, the Fano factor :math:`c_2/c_1`. For an enzyme
    whose product is counted, or a motor whose steps are counted one by one, the Fano factor is the
    randomness parameter: 1 for a Poisson process, 1/n for n equal irreversible steps in a row.

    Parameters
    ----------
    model : StateGraph
        The model.
    counts : mapping
        What is counted, as in `cumulants`.

    Returns
    -------
    Formulas
        Labels ``"mean"``, ``"diffusion"``, ``"fano"``.

    References
    ----------
    M. J. Schnitzer, S. M. Block, Cold Spring Harb. Symp. Quant. Biol. 60, 793 (1995),
    doi:10.1101/SQB.1995.060.01.085.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A -> B ; k \n B -> C ; k \n C -> A ; k")
    >>> ns.dispersion(g, {"C->A": 1}).at({"k": 6})
    {'mean': 2, 'diffusion': 1/3, 'fano': 1/3}
    """
    refuse_chain(model, "cumulants per time")
    w = tilted(model, [counts])
    c = expansion(w, [(2,)])
    values: dict[str, Expr] = {"mean": c[1,], "diffusion": c[2,] / 2, "fano": c[2,] / c[1,]}
    return w.shared.formulas(values, heads=("c_1", "D", "c_2/c_1"), unit="mixed")


def scgf_formula(model: StateGraph, counts: Counts, q: Any = "q") -> Formulas:
    r"""Return the scaled cumulant generating function in closed form, where there is one.

    Two states give the root of a quadratic. In larger graphs that look the same from every state,
    such as a uniform ring, all columns of the tilted generator have one sum once what is counted
    is spread evenly over the cycles; then this sum is the eigenvalue.

    Parameters
    ----------
    model : StateGraph
        The model.
    counts : mapping
        What is counted, as in `cumulants`.
    q : Symbol or str, optional
        The counting field.

    Returns
    -------
    Formulas
        Label ``"lambda"``.

    Raises
    ------
    TooLargeError
        There is no such form; the message says what to use.

    Examples
    --------
    >>> import nesssym as ns
    >>> ring = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; a, b \n C <-> A ; a, b")
    >>> ns.scgf_formula(ring, {"A->B": 1})["lambda"]
    a*exp(q/3) - a - b + b*exp(-q/3)
    """
    refuse_chain(model, "generating functions")
    field = parsing.symbol(q, positive=False) if isinstance(q, str) else q
    counted = observable(model, counts)
    transient = steady_state(model).transient
    live = [s for s in model.states if s not in transient]
    inside = [t for t in model.transitions if t.source in live]
    shared = begin(model, counted)
    index = {s: i for i, s in enumerate(live)}
    matrix = [[Integer(0)] * len(live) for _ in live]
    potential = _even_spread(inside, index, counted.jumps)
    for t in inside:
        i, j = index[t.source], index[t.target]
        forward, backward = counted.of(t)
        shift = potential[j] - potential[i]
        matrix[j][i] += t.rate * exp((field * (forward + shift)).expand())
        matrix[i][j] += t.reverse * exp((field * (backward - shift)).expand())
        matrix[i][i] -= t.rate
        matrix[j][j] -= t.reverse
    for s, i in index.items():
        matrix[i][i] += field * counted.dwell[s]
    columns = {Add(*(row[i] for row in matrix)).expand() for i in range(len(live))}
    if len(columns) == 1:
        root = columns.pop()
    elif len(live) == 2:
        (a, b), (c, d) = matrix
        root = (a + d) / 2 + sqrt(((a - d) / 2) ** 2 + b * c)
    else:
        raise TooLargeError(
            f"the largest eigenvalue of {len(live)} states that differ has no closed form of use; "
            "take nesssym.scgf for numbers, or nesssym.characteristic_polynomial for the equation"
        )
    return shared.formulas({"lambda": root}, heads=[r"\lambda"], unit=f"1/{model.time}")


def _power(group: tuple[int, ...], size: int) -> Power:
    return tuple(group.count(a) for a in range(size))


def _check_order(order: int) -> None:
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise ModelError(f"the order of a cumulant is 1 or more, got {order!r}")


def _even_spread(
    inside: Sequence[Transition], index: Mapping[str, int], jumps: Mapping[str, tuple[Expr, Expr]]
) -> list[Expr]:
    """Return the potential that spreads what is counted as evenly as cycles allow."""
    n = len(index)
    laplacian = Matrix.zeros(n, n)
    source = [Integer(0)] * n
    for t in inside:
        i, j = index[t.source], index[t.target]
        odd = (jumps[t.label][0] - jumps[t.label][1]) / 2
        for a, b, sign in ((i, j, 1), (j, i, -1)):
            laplacian[a, a] += 1
            laplacian[a, b] -= 1
            source[a] += sign * odd
    rest = laplacian[1:, 1:].LUsolve(Matrix(source[1:]))
    return [Integer(0), *rest]
