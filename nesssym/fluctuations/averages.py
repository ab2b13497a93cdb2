"""Averages over a finite time: their mean and covariance, exact error bars for simulators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement
from typing import Any

from sympy import Add, Expr, Integer

from nesssym import parsing, typeset
from nesssym.errors import ModelError, NameClashError, ParameterError, UnknownNameError
from nesssym.fluctuations.observables import Counts, begin, observable, refuse_chain
from nesssym.fluctuations.perturbation import Power, Tilted, expansion, tilted
from nesssym.formulas import Formulas
from nesssym.networks import Model

__all__ = ["time_averages"]


def time_averages(
    model: Model,
    observables: Mapping[str, Counts],
    *,
    time: Any = "T",
    start: Any = None,
) -> Formulas:
    r"""Return the mean and the covariance of averages over a run of finite length T.

    What a run counts per unit of time, :math:`Q_T/T`, scatters from run to run with the covariance
    :math:`C_{ab}/T + K_{ab}/T^2`: twice the integral of the correlation function, less what is
    missing at the ends. For runs that start in one state their mean is shifted by
    :math:`m_a/T`. What is left out vanishes as :math:`e^{-T/\tau}` with the relaxation time. So an
    error bar is known before anything is simulated.

    Parameters
    ----------
    model : StateGraph
        The model.
    observables : mapping
        A name for each average to what is counted, as in `cumulants`.
    time : str, Symbol or number, optional
        The length of a run.
    start : str or mapping, optional
        The state where runs start, or the probability of each. By default the steady state.

    Returns
    -------
    Formulas
        Labels ``"a"`` (a mean), ``"a,b"`` and ``"a,a"`` (covariances between runs), as in
        `joint_cumulants`.

    Raises
    ------
    UnknownNameError
        An unknown transition or state.
    ModelError
        Nothing to average, or a start that does not sum to one or in a state that is left for ever.
    NameClashError
        The time has the name of a symbol of the model.

    References
    ----------
    J. G. Kemeny, J. L. Snell, Finite Markov Chains (Springer, 1976), for chains in steps.

    Examples
    --------
    How well does the time in B tell its probability?

    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 2, 3")
    >>> ns.time_averages(g, {"in B": {"B": 1}})["in B,in B"]
    12/(125*T) - 12/(625*T**2)
    """
    refuse_chain(model, "time averages of jumps")
    names = [str(name) for name in observables]
    if not names:
        raise ModelError("no average is asked for; give at least one, {'name': {'A->B': 1}}")
    length = _length(model, time)
    shared = begin(model, *(observable(model, counts) for counts in observables.values()))
    w = tilted(model, list(observables.values()), shared)
    order = range(len(names))
    pairs = list(combinations_with_replacement(order, 2))
    powers = {(a, b): _power(w, a, b) for a, b in pairs}
    found = expansion(w, list(powers.values()))
    relaxed = [_memory(w, _excess(w, a, w.start)) for a in order]
    twice = [_memory(w, r) for r in relaxed]
    shift, ends = _start(w, powers, model, start)
    means = {
        names[a]: w.first[a] + shift[a] / length if shift[a] != 0 else w.first[a] for a in order
    }
    variances = {
        f"{names[a]},{names[b]}": found[powers[a, b]] / length
        + (ends[a, b] - w.total(w.unit(a), twice[b]) - w.total(w.unit(b), twice[a])) / length**2
        for a, b in pairs
    }
    heads = [rf"\langle {typeset.text(name)} \rangle" for name in names]
    heads += [
        rf"\mathrm{{cov}}({typeset.text(names[a])}, {typeset.text(names[b])})" for a, b in pairs
    ]
    return shared.formulas({**means, **variances}, heads=heads, unit="mixed")


def _memory(w: Tilted, source: Sequence[Expr]) -> list[Expr]:
    """Integrate the relaxation of a deviation from the steady state over all times."""
    return [-x for x in w.relaxed([w.let(value, "b") for value in source])]


def _excess(w: Tilted, a: int, vector: Sequence[Expr], surplus: Expr | None = None) -> list[Expr]:
    """Return what counting `a` makes of a vector, less its mean: a vector that sums to zero."""
    terms = w.carried(w.unit(a), vector)
    less = [(i, -w.first[a] * value) for i, value in enumerate(vector)]
    if surplus is not None:
        less += [(i, -surplus * p) for i, p in enumerate(w.start)]
    return w.gathered([*terms, *less])


def _start(
    w: Tilted, powers: Mapping[tuple[int, int], Power], model: Model, start: Any
) -> tuple[list[Expr], dict[tuple[int, int], Expr]]:
    """Return what starting elsewhere adds to the means, and to the covariances."""
    if start is None:
        return [Integer(0)] * w.quantities, dict.fromkeys(powers, Integer(0))
    begun = _distribution(w, model, start)
    away = _memory(w, [a - b for a, b in zip(begun, w.start, strict=True)])
    shift = [w.let(w.total(w.unit(a), away), "m") for a in range(w.quantities)]
    later = [_memory(w, _excess(w, a, away, shift[a])) for a in range(w.quantities)]
    ends = {
        (a, b): w.total(power, away)
        + w.total(w.unit(b), later[a])
        + w.total(w.unit(a), later[b])
        - shift[a] * shift[b]
        for (a, b), power in powers.items()
    }
    return shift, ends


def _distribution(w: Tilted, model: Model, start: Any) -> list[Expr]:
    given = start if isinstance(start, Mapping) else {start: 1}
    chances = {str(s): parsing.expr(value) for s, value in given.items()}
    for s in chances:
        if s not in model.states:
            raise UnknownNameError.of("state", s, model.states)
        if s not in w.states and chances[s] != 0:
            raise ModelError(f"a start in {s!r} is transient: it is left for ever; start elsewhere")
    total = Add(*chances.values())
    if total.is_number and total != 1:
        raise ModelError(f"the probabilities of the start sum to {total}, wanted 1")
    return [chances.get(s, Integer(0)) for s in w.states]


def _length(model: Model, time: Any) -> Expr:
    length = parsing.symbol(time) if isinstance(time, str) and time[:1].isalpha() else time
    length = parsing.expr(length)
    if length.is_number and not length > 0:
        raise ParameterError(f"the length of a run is {time}; it must be positive")
    for symbol in length.free_symbols:
        if symbol.name in {s.name for s in model.symbols}:
            raise NameClashError(
                f"the length of a run is called {symbol.name}, like a rate; pass another time=..."
            )
    return length


def _power(w: Tilted, a: int, b: int) -> Power:
    return tuple(x + y for x, y in zip(w.unit(a), w.unit(b), strict=True))
