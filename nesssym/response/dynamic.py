"""Response in time: susceptibilities and response functions of steady states."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from numpy.typing import NDArray
from sympy import Add, Expr, Integer

from nesssym.errors import ModelError, UnknownNameError
from nesssym.exact import laplace
from nesssym.exact.elimination import eliminate
from nesssym.exact.hitting import solve_backward
from nesssym.exact.laplace import resolvent, time_domain
from nesssym.exact.rational import cancel
from nesssym.fluctuations.observables import Counts, begin, observable, refuse_chain
from nesssym.formulas import Formulas, Steps
from nesssym.networks import Model
from nesssym.response.static import PARAMETERS
from nesssym.steady import SteadyState, refuse_model

__all__ = ["response_function", "susceptibility"]


def susceptibility(
    ss: SteadyState, of: Counts | str, parameter: tuple[str, Any], s: Any = "s"
) -> Formulas:
    r"""Return the Laplace transform of the response function as a rational function of s.

    :math:`\chi(s) = \int_0^\infty e^{-st} R(t)\,dt`, where :math:`R(t)` is the change of a mean at
    time t after a kick of a rate, barrier, force or energy in the steady state. Its value at
    :math:`s = 0` is the static response and :math:`\chi(i\omega)` the answer to a periodic drive.
    In a steady state out of equilibrium the fluctuation-dissipation theorem reads
    :math:`R(t) = \frac{d}{dt} \langle O(t) X(0) \rangle` with the conjugate variable
    :math:`X = -\partial \ln p`.

    Parameters
    ----------
    ss : SteadyState
        The steady state of a `StateGraph`.
    of : state, or mapping of states to weights
        What responds. Currents also answer at once, with a delta function that is not part of R.
    parameter : (kind, name)
        What is kicked: one of ``("rates", "A->B")``, ``("barriers", "A->B")``,
        ``("forces", "A->B")`` and ``("energies", "A")``; a rate is named by its own direction.
    s : Symbol or str, optional
        The variable.

    Returns
    -------
    Formulas
        Label ``"chi"``.

    Raises
    ------
    ModelError
        A chain, or an observable with counts of jumps in it.
    UnknownNameError
        An unknown state, transition or kind of parameter.
    NameClashError
        The model has a symbol with the name of the variable.
    ParameterError
        A value for `s`: give it afterwards, with ``.at`` or ``.subs``.

    References
    ----------
    G. S. Agarwal, Z. Phys. 252, 25 (1972), doi:10.1007/BF01391621. U. Seifert, T. Speck, EPL 89,
    10007 (2010), doi:10.1209/0295-5075/89/10007.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b")
    >>> chi = ns.susceptibility(ns.steady_state(g), "B", ("energies", "A"))
    >>> chi["chi"].factor()
    a*b/((a + b)*(a + b + s))
    """
    refuse_model(ss)
    variable = laplace.variable(s, ss.model.symbols)
    weights = _weights(ss, of)
    symbols = (*begin(ss.model, observable(ss.model, weights)).symbols, variable)
    shared = Steps(symbols, dict(ss.model.notation), ss.model.assume)
    kick = _kick(ss, shared.absorb(ss.state), parameter)
    n, rates = _rates(ss.model)
    if all(x.is_Rational for x in (*rates.values(), *weights.values(), *kick)):
        top, bottom = _polynomials(ss.model, weights, kick)
        parts = (
            Add(*(Integer(int(c.p)) / int(c.q) * variable**k for k, c in enumerate(poly.coeffs())))
            for poly in (top, bottom)
        )
        return shared.formulas({"chi": cancel(next(parts) / next(parts))}, heads=[r"\chi"])
    named = {arc: shared.let(rate, "w") for arc, rate in rates.items()}
    gains = {i: weights[state] for i, state in enumerate(ss.model.states)}
    last = max(i for i, state in enumerate(ss.model.states) if state not in ss.transient)
    added = _relative(n, last, named, gains, variable, shared)
    chi = Add(*(k * z for k, z in zip(kick, added, strict=True)))
    return shared.formulas({"chi": chi}, heads=[rf"\chi({variable})"])


def response_function(
    ss: SteadyState,
    of: Counts | str,
    parameter: tuple[str, Any],
    times: Any,
    *,
    digits: int | None = None,
) -> NDArray[Any]:
    r"""Return the response of a mean to a kick, at given times, for numeric rates.

    :math:`R(t)`, as in `susceptibility`, from the residues of its exact transform: right to the
    last digits.

    Parameters
    ----------
    ss, of, parameter
        As in `susceptibility`; all rates are rational numbers.
    times : array_like of float
        Non-negative times after the kick.
    digits : int, optional
        Return so many digits, as mpmath numbers, instead of floats.

    Raises
    ------
    ModelError
        A rate that is no rational number; else as in `susceptibility`.

    Examples
    --------
    >>> import nesssym as ns
    >>> ss = ns.steady_state(ns.StateGraph.from_text("A <-> B ; 1, 1"))
    >>> ns.response_function(ss, "B", ("energies", "A"), [0, 1]).round(6)
    array([0.5     , 0.067668])
    """
    refuse_model(ss)
    weights = _weights(ss, of)
    if ss.model.symbols or any(w.free_symbols for w in weights.values()):
        raise ModelError("a response function needs numbers; substitute them for all symbols first")
    p = begin(ss.model).absorb(ss.state)
    return time_domain(*_polynomials(ss.model, weights, _kick(ss, p, parameter)), times, digits)


def _weights(ss: SteadyState, of: Counts | str) -> dict[str, Expr]:
    refuse_chain(ss.model, "response functions in time")
    found = observable(ss.model, of if isinstance(of, Mapping) else {str(of): 1})
    if any(d != 0 for pair in found.jumps.values() for d in pair):
        raise ModelError("the response function is that of states; a current answers at once too")
    return found.dwell


def _kick(ss: SteadyState, p: Mapping[str, Expr], parameter: tuple[str, Any]) -> list[Expr]:
    """Return how fast the probabilities begin to change when a parameter is moved."""
    kind, name = parameter[0], str(parameter[1])
    if kind not in PARAMETERS:
        raise UnknownNameError.of("kind of parameter", kind, PARAMETERS)
    ways = [(t.source, t.target, t.rate, 1, t) for t in ss.model.transitions]
    ways += [(t.target, t.source, t.reverse, -1, t) for t in ss.model.transitions if t.reversible]
    change = dict.fromkeys(ss.model.states, Integer(0))
    known: dict[str, None] = {}
    for source, target, rate, sign, t in ways:
        label = f"{source}->{target}" + (f"/{t.channel}" if t.channel else "")
        found, share = {
            "rates": (label, Integer(1)),
            "barriers": (t.label, Integer(-1)),
            "forces": (t.label, Integer(sign) / 2),
            "energies": (source, Integer(1)),
        }[kind]
        known[found] = None
        if found == name:
            flux = share * rate * p[source]
            change[source] -= flux
            change[target] += flux
    if name not in known:
        what = "state" if kind == "energies" else "transition"
        raise UnknownNameError.of(what, name, known)
    return [change[s] for s in ss.model.states]


def _relative(
    n: int,
    last: int,
    rates: Mapping[tuple[int, int], Expr],
    gains: Mapping[int, Expr],
    s: Expr,
    shared: Steps,
) -> list[Expr]:
    """Return what each state adds until a clock of rate s rings, beyond what one of them adds.

    A renewal argument at that state, a recurrent one, leaves no division by s.
    """
    let = partial(shared.let, positive=False)
    bell, rest = n, [i for i in range(n) if i != last]
    clocks = {(i, bell): s for i in rest}
    ways = {arc: rate for arc, rate in rates.items() if arc[0] != last}
    pivots = eliminate(n + 1, ways | clocks, shared.let, keep=[last, bell])
    ends = {last: Integer(0), bell: Integer(0)}
    gained = solve_backward(pivots, {i: gains[i] for i in rest}, ends, let)
    times = solve_backward(pivots, {i: Integer(1) for i in rest}, ends, shared.let)
    out = [(j, rate) for (i, j), rate in rates.items() if i == last]
    reward = Add(gains[last], *(rate * gained[j] for j, rate in out))
    per_time = let(reward / Add(1, *(rate * times[j] for j, rate in out)), "m")
    return [let(gained[i] - per_time * times[i], "z") for i in range(n)]


def _rates(model: Model) -> tuple[int, dict[tuple[int, int], Expr]]:
    index = {s: i for i, s in enumerate(model.states)}
    rates: dict[tuple[int, int], Expr] = {}
    for t in model.transitions:
        for i, j, rate in ((t.source, t.target, t.rate), (t.target, t.source, t.reverse)):
            if rate != 0:
                arc = index[i], index[j]
                rates[arc] = rates.get(arc, Integer(0)) + rate
    return len(index), rates


def _polynomials(model: Model, weights: Mapping[str, Expr], kick: list[Expr]) -> tuple[Any, Any]:
    n, rates = _rates(model)
    entries: dict[tuple[int, int], Expr] = {}
    for (i, j), rate in rates.items():
        entries[j, i] = rate
        entries[i, i] = entries.get((i, i), Integer(0)) - rate
    return resolvent(n, entries, [weights[s] for s in model.states], kick)
