"""Oscillations: how the model relaxes, and how coherent its oscillations can be at most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flint
from sympy import Abs, Expr, Float, I, Integer, Mul, cot, log, pi, tanh

from nesssym import parsing
from nesssym.bounds import Bound
from nesssym.errors import NessError, UnknownNameError
from nesssym.exact import incidence, perron
from nesssym.fluctuations.observables import refuse_chain
from nesssym.formulas import Formulas
from nesssym.networks import StateGraph
from nesssym.steady import steady_state

__all__ = ["coherence_bound", "relaxation_modes"]

MAX_CYCLES = 100_000
Values = Mapping[Any, Any] | None
Rates = dict[tuple[int, int], Expr]


def relaxation_modes(
    model: StateGraph, *, values: Values = None, digits: int = 15
) -> tuple[Expr, ...]:
    r"""Return the eigenvalues of the generator other than zero, the slowest first.

    A mode :math:`-a \pm i b` decays at the rate a and oscillates at the angular frequency b. They
    are enclosed in balls, so that all digits that are given are right.

    Parameters
    ----------
    model : StateGraph
        The model; transient states decay too and are left out.
    values : mapping, optional
        Values of the symbols.
    digits : int, optional
        Significant digits.

    Raises
    ------
    UnknownNameError
        A symbol without a value.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 3, 1 \n B <-> C ; 3, 1 \n C <-> A ; 3, 1")
    >>> ns.relaxation_modes(g, digits=6)
    (-6.0 - 1.73205*I, -6.0 + 1.73205*I)
    """
    live, rates = _rates(model, values)
    found = _eigenvalues(len(live), rates, digits)
    return tuple(
        Float(perron.number(e.real, digits), digits)
        + I * Float(perron.number(e.imag, digits), digits)
        if not e.imag.contains(0)
        else Float(perron.number(e.real, digits), digits)
        for e in found
    )


def coherence_bound(model: StateGraph, *, values: Values = None, digits: int = 30) -> Bound:
    r"""Return the bound on the coherence of oscillations, at numbers for all rates.

    For every eigenvalue, :math:`|{\rm Im}\,\lambda|/|{\rm Re}\,\lambda| \le
    \max_c \tanh(A_c/2n_c)\cot(\pi/n_c)`, with the affinity and the number of states of every
    simple cycle. The left-hand side, times :math:`1/2\pi`, is how many periods an oscillation
    lasts. Channels between the same states are taken together, since the eigenvalues know only
    their sum.

    Parameters
    ----------
    model : StateGraph
        The model.
    values : mapping, optional
        Values of the symbols.
    digits : int, optional
        How exactly the eigenvalues are enclosed; the lower side is the lower end of the enclosure.

    Returns
    -------
    Bound
        The upper side is exact. ``equality`` names the cycle that gives it.

    Raises
    ------
    TooLargeError
        More than 100,000 simple cycles.

    References
    ----------
    A. C. Barato, U. Seifert, Phys. Rev. E 95, 062409 (2017), doi:10.1103/PhysRevE.95.062409.
    N. Ohga, S. Ito, A. Kolchinsky, Phys. Rev. Lett. 131, 077101 (2023),
    doi:10.1103/PhysRevLett.131.077101.

    Examples
    --------
    A uniform ring reaches it:

    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 3, 1 \n B <-> C ; 3, 1 \n C <-> A ; 3, 1")
    >>> bound = ns.coherence_bound(g)
    >>> bound.upper, bound.lower.round(12)
    (sqrt(3)*tanh(log(27)/6)/3, 0.288675134595)
    """
    live, rates = _rates(model, values)
    lower: Expr = Integer(0)
    with flint.ctx.workprec(4 * digits + perron.FIRST_BITS):
        for e in _eigenvalues(len(live), rates, digits):
            ratio = flint.arb(e.imag.abs_lower()) / flint.arb(e.real.abs_upper())
            end = Float(perron.number(ratio.abs_lower(), digits + 10), digits + 10)
            lower = max(lower, end * (1 - Float(10, digits) ** -(digits + 5)))
    upper, cycle = _largest(len(live), rates)
    where = "->".join(live[i] for i in cycle)
    sides = Formulas(
        ("lower", "upper"),
        (lower, upper),
        heads=(
            r"\frac{|\mathrm{Im}\,\lambda|}{|\mathrm{Re}\,\lambda|}",
            r"\max_c \tanh\frac{A_c}{2 n_c} \cot\frac{\pi}{n_c}",
        ),
    )
    equality = "a ring with equal rates in each direction"
    return Bound(
        "coherence bound",
        sides,
        equality + (f"; the largest cycle here is {where}" if where else "; no cycle here"),
        "Barato, Seifert 2017; Ohga, Ito, Kolchinsky 2023",
    )


def _rates(model: StateGraph, values: Values) -> tuple[list[str], Rates]:
    """Return the live states and the rates between them, channels added."""
    refuse_chain(model, "relaxation rates")
    env = parsing.substitution(values or {}, model.symbols)
    missing = [s.name for s in model.symbols if s not in env]
    if missing:
        raise UnknownNameError(f"no value for {', '.join(missing)}; give values={{...}}")
    graph = model.subs(env) if env else model
    transient = steady_state(graph).transient
    live = [s for s in graph.states if s not in transient]
    index = {s: i for i, s in enumerate(live)}
    rates: Rates = {}
    for t in graph.transitions:
        for a, b, rate in ((t.source, t.target, t.rate), (t.target, t.source, t.reverse)):
            if a in index and rate != 0:
                arc = index[a], index[b]
                rates[arc] = rates.get(arc, Integer(0)) + rate
    return live, rates


def _eigenvalues(n: int, rates: Rates, digits: int) -> list[Any]:
    """Return balls of the eigenvalues other than zero, small enough for some digits."""
    wanted = int(digits * 3.33) + 4
    bits = max(perron.FIRST_BITS, 2 * wanted)
    while True:
        with flint.ctx.workprec(bits):
            matrix = [[flint.arb(0)] * n for _ in range(n)]
            for (i, j), rate in rates.items():
                matrix[j][i] += perron.ball(rate)
                matrix[i][i] -= perron.ball(rate)
            try:
                found: list[Any] = list(flint.acb_mat(matrix).eig(multiple=True))
            except ValueError:  # equal eigenvalues with one eigenvector are never isolated so
                found = _repeated(n, rates)
            found.sort(key=lambda e: (-float(e.real.mid()), float(e.imag.mid())))
            zero = [e for e in found if e.contains(0)]
            if len(zero) == 1 and all(e.rel_accuracy_bits() >= wanted for e in found[1:]):
                return found[1:]
        bits *= 2
        if bits > perron.LAST_BITS:
            raise NessError(
                f"the eigenvalues are too close to each other to be known to {digits} digits"
            )


def _repeated(n: int, rates: Rates) -> list[Any]:
    """Return balls of the eigenvalues by the exact characteristic polynomial, if there is one."""
    if not all(rate.is_Rational for rate in rates.values()):
        return []
    matrix = flint.fmpq_mat(n, n)
    for (i, j), rate in rates.items():
        value = flint.fmpq(int(rate.p), int(rate.q))
        matrix[j, i] += value
        matrix[i, i] -= value
    roots: Any = matrix.charpoly().numer().complex_roots()
    return [z for z, times in roots for _ in range(times)]


def _largest(n: int, rates: Rates) -> tuple[Expr, tuple[int, ...]]:
    """Return the largest bound of any cycle, and its states."""
    edges = list(dict.fromkeys((min(arc), max(arc)) for arc in rates))
    best: tuple[Expr, float, tuple[int, ...]] = Integer(0), 0.0, ()
    for cycle in incidence.simple_cycles(n, edges, MAX_CYCLES):
        steps = [edges[e][::sign] for e, sign in cycle]
        along = Mul(*(rates.get((i, j), Integer(0)) for i, j in steps))
        against = Mul(*(rates.get((j, i), Integer(0)) for i, j in steps))
        if along == against:
            continue
        factor = Integer(1)
        if along != 0 and against != 0:
            factor = tanh(Abs(log(along / against)) / (2 * len(steps)))
        value = factor * cot(pi / len(steps))
        if (size := float(value)) > best[1]:
            best = value, size, tuple(i for i, _ in steps)
    return best[0], best[2]
