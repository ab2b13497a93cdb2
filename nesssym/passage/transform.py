"""The whole distribution of first passage times: its Laplace transform, and its density."""

from __future__ import annotations

from typing import Any

from flint import fmpq
from numpy.typing import NDArray
from sympy import Add, Expr, Integer, Rational

from nesssym.errors import ModelError
from nesssym.exact import laplace
from nesssym.exact.elimination import eliminate
from nesssym.exact.hitting import solve_backward
from nesssym.exact.laplace import resolvent, time_domain
from nesssym.exact.rational import cancel
from nesssym.formulas import Formulas
from nesssym.networks import Model, StateGraph
from nesssym.passage.absorption import Passage

__all__ = ["first_passage_density", "first_passage_transform"]


def first_passage_transform(
    model: Model, source: Any, target: Any, s: Any = None, *, given: Any = None
) -> Formulas:
    r"""Return the Laplace transform of the first passage time as a rational function of s.

    :math:`\varphi(s) = \langle e^{-sT} \rangle` holds all moments,
    :math:`\langle T^n \rangle = (-1)^n \varphi^{(n)}(0)`, and is what resetting and renewal theory
    ask for. It is the probability to arrive before a clock of rate s rings, and is found as one, by
    elimination without a subtraction; for numeric rates it is one polynomial over another, and for
    symbolic ones `nesssym.collect` makes it so. A passage that may never arrive has
    :math:`\varphi(0) < 1`.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        The model. For a chain it is the generating function
        :math:`G(z) = \langle z^T \rangle`, for :math:`0 < z < 1`.
    source : state, or mapping of state to probability
        Where one starts.
    target : state, or list of states
        Where the clock stops.
    s : Symbol or str, optional
        The variable; ``"s"``, or ``"z"`` for a chain, by default.
    given : state, or list of states, optional
        Some of the targets: the transform of passages that end there.

    Returns
    -------
    Formulas
        Label ``"phi"``, or ``"G"`` for a chain.

    Raises
    ------
    ModelError, UnknownNameError
        As in `nesssym.first_passage`.
    NameClashError
        The model has a symbol with the name of the variable.
    ParameterError
        A value for `s`: give it afterwards, with ``.at`` or ``.subs``.

    References
    ----------
    S. Redner, A Guide to First-Passage Processes (Cambridge University Press, 2001),
    doi:10.1017/CBO9780511606014.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A -> B ; a \n B -> C ; b")
    >>> ns.first_passage_transform(g, "A", "C")["phi"]
    a*b/((a + s)*(b + s))
    >>> g = ns.StateGraph.from_text("A <-> B ; 1, 2 \n B -> C ; 3")
    >>> ns.first_passage_transform(g, "A", "C")["phi"]
    3/(s**2 + 6*s + 3)
    """
    step = model.time == "step"
    variable = laplace.variable(("z" if step else "s") if s is None else s, model.symbols)
    problem = Passage.of(model, source, target, given, [variable])
    killing = 1 / variable - 1 if step else variable
    numeric = _numeric(problem)
    value = cancel(_as_quotient(problem, killing)) if numeric else _eliminated(problem, killing)
    weight = Integer(1) if given is None else _weight(problem)
    label, head = ("G", f"G({variable})") if step else ("phi", rf"\varphi({variable})")
    return problem.shared.formulas({label: value / weight}, heads=[head])


def first_passage_density(
    model: StateGraph,
    source: Any,
    target: Any,
    times: Any,
    *,
    given: Any = None,
    digits: int | None = None,
) -> NDArray[Any]:
    r"""Return the probability density of the first passage time, for numeric rates.

    The sum over the residues of the exact transform at all its poles, in ball arithmetic: right to
    the last digits also where it is small.

    Parameters
    ----------
    model : StateGraph
        All rates are rational numbers; see `StateGraph.subs`.
    source : state, or mapping of state to probability
        Where one starts. What starts in a target, and so arrives at once, has no density and is
        left out.
    target : state, or list of states
        Where the clock stops.
    times : array_like of float
        Non-negative times.
    given : state, or list of states, optional
        Some of the targets: the density of passages that end there.
    digits : int, optional
        Return so many digits, as mpmath numbers, instead of floats.

    Returns
    -------
    ndarray
        Densities, of the shape of `times`; in total one, or less where one may never arrive.

    Raises
    ------
    ModelError
        A rate or initial probability that is no rational number, or a discrete-time chain.
    ParameterError
        A negative time.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A -> B ; 1 \n B -> C ; 1")
    >>> ns.first_passage_density(g, "A", "C", [0, 1, 2]).round(4)
    array([0.    , 0.3679, 0.2707])
    """
    if model.time == "step":
        raise ModelError(
            "a chain arrives at whole steps and has no density; expand the generating function "
            "first_passage_transform in powers of z"
        )
    problem = Passage.of(model, source, target, given)
    if not _numeric(problem):
        free = ", ".join(sorted(map(str, problem.shared.symbols)))
        symbols = f" for {free}" if free else ""
        raise ModelError(f"a density needs rational rates; substitute numbers{symbols} first")
    weight = Integer(1) if given is None else _weight(problem)
    top, bottom = _polynomials(problem)
    return time_domain(top / fmpq(int(weight.p), int(weight.q)), bottom, times, digits)


def _weight(problem: Passage) -> Expr:
    weight = problem.hit()
    if weight == 0:
        raise ModelError(f"{', '.join(problem.given)} cannot be reached; there are no passages")
    return weight


def _numeric(problem: Passage) -> bool:
    return all(x.is_Rational for x in (*problem.rates.values(), *problem.start.values()))


def _eliminated(problem: Passage, killing: Expr) -> Expr:
    """Let a clock ring in every state, and find the probability to arrive before."""
    let, index, nowhere = problem.shared.let, problem.index, len(problem.index)
    rates = dict(problem.rates)
    clock = let(killing, "s")
    for state in problem.live:
        arc = index[state], nowhere
        rates[arc] = let(rates.get(arc, Integer(0)) + clock, "w")
    kept = range(len(problem.live), nowhere + 1)
    pivots = eliminate(nowhere + 1, rates, let, keep=kept)
    boundary = {i: Integer(0) for i in kept} | {index[s]: Integer(1) for s in problem.given}
    found = solve_backward(pivots, {index[s]: Integer(0) for s in problem.live}, boundary, let)
    return Add(*(p * found[index[s]] for s, p in problem.start.items() if s in index))


def _polynomials(problem: Passage) -> tuple[Any, Any]:
    n = len(problem.live)
    ends = {problem.index[s] for s in problem.given}
    entries: dict[tuple[int, int], Expr] = {}
    leaving = [Integer(0)] * n
    for (i, j), rate in problem.rates.items():
        entries[i, i] = entries.get((i, i), Integer(0)) - rate
        if j < n:
            entries[j, i] = rate
        elif j in ends:
            leaving[i] += rate
    start = [problem.start.get(s, Integer(0)) for s in problem.live]
    return resolvent(n, entries, leaving, start)


def _as_quotient(problem: Passage, killing: Expr) -> Expr:
    top, bottom = (
        Add(*(Rational(int(c.p), int(c.q)) * killing**k for k, c in enumerate(poly.coeffs())))
        for poly in _polynomials(problem)
    )
    at_once = Add(*(problem.start.get(s, Integer(0)) for s in problem.given))
    return at_once + top / bottom
