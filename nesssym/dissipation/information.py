"""Information thermodynamics: what the parts of a composed system dissipate and learn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sympy import Add, Expr, Integer, Mul, log

from nesssym import typeset
from nesssym.entropies import entropy_unit
from nesssym.errors import ModelError, UnknownNameError
from nesssym.formulas import Formulas, Steps
from nesssym.functions import logratio
from nesssym.networks import Model, Transition
from nesssym.steady import SteadyState, refuse_model, refuse_one_way

__all__ = ["information_flow"]

Parts = Mapping[Any, Sequence[Any]] | Callable[[str], Sequence[Any]]


def information_flow(ss: SteadyState, parts: Parts, names: Sequence[str] = ("X", "Y")) -> Formulas:
    r"""Return what each part of a composed system dissipates, and how it learns of the others.

    Where every transition changes one part only (a bipartite graph), the entropy production is
    the sum of those of the parts, and each obeys a second law of its own:

    .. math:: \sigma_X = \dot S_X^{\mathrm{env}} - \dot I_X \ge 0, \qquad
              \dot I_X = \sum_{x \to x',\,y} J\, \ln\frac{p(y|x')}{p(y|x)}.

    The flow :math:`\dot I_X` is the rate at which the moves of X raise the mutual information of
    the parts; in the steady state :math:`\dot I_X = -\dot I_Y`. A part with
    :math:`\dot I_X > 0` is a sensor, one with :math:`\dot I_X < 0` is a Maxwell demon's engine.
    The marginal part is what one would infer from seeing X alone; the difference
    to :math:`\sigma_X` is hidden.

    Parameters
    ----------
    ss : SteadyState
        The steady state.
    parts : mapping or callable
        State to the tuple of what its parts are in, ``{"00": (0, 0), ...}``; every tuple as long
        as `names` and no two alike. For labels such as ``"01"``, ``parts=tuple`` will do.
    names : sequence of str, optional
        What the parts are called.

    Returns
    -------
    Formulas
        For each part ``"sigma_X"``, ``"environment_X"``, ``"information_X"`` and ``"marginal_X"``,
        and ``"mutual information"``. In k_B per time; the last in k_B.

    Raises
    ------
    ModelError
        A transition changes more than one part, or `parts` does not tell the states apart.
    IrreversibleError
        A transition goes one way only.

    References
    ----------
    J. M. Horowitz, M. Esposito, Phys. Rev. X 4, 031015 (2014), doi:10.1103/PhysRevX.4.031015.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text('''
    ...     00 <-> 10 ; 3, 1
    ...     01 <-> 11 ; 1/2, 4
    ...     00 <-> 01 ; 1, 2
    ...     10 <-> 11 ; 5, 1
    ... ''')
    >>> flow = ns.information_flow(ns.steady_state(g), parts=tuple).at({})
    >>> round(float(flow["information_X"]), 12), round(float(flow["information_Y"]), 12)
    (0.163802240111, -0.163802240111)
    """
    refuse_model(ss)
    model = ss.model
    place = _places(model, parts, names)
    mover = {t: _mover(t, place, names) for t in model.transitions}
    shared = Steps.over(model)
    p, net, force = (shared.absorb(f) for f in (ss.state, ss.currents, ss.forces))
    live = [t for t in model.transitions if p[t.source] != 0]
    refuse_one_way(t.label for t in live if not t.reversible)
    found: dict[str, Expr] = {}
    heads: list[str] = []
    alone = [_marginal(p, place, k, shared) for k in range(len(names))]
    for k, name in enumerate(names):
        moves = [t for t in live if mover[t] == k]
        total = shared.let(Add(*(net[t.label] * force[t.label] for t in moves)), "y")
        flow = Add(*(net[t.label] * _learned(t, p, alone[k], place, k, shared) for t in moves))
        flow = shared.let(flow, "i", positive=False)
        subscript = typeset.text(name)
        found |= {
            f"sigma_{name}": total,
            f"environment_{name}": total + flow,
            f"information_{name}": flow,
            f"marginal_{name}": _seen(moves, p, net, place, k, shared),
        }
        heads += [
            rf"\sigma_{{{subscript}}}",
            rf"\dot S^{{\mathrm{{env}}}}_{{{subscript}}}",
            rf"\dot I_{{{subscript}}}",
            rf"\sigma^{{\mathrm{{marg}}}}_{{{subscript}}}",
        ]
    together = [
        p[s] * log(p[s] / Mul(*(alone[k][place[s][k]] for k in range(len(names)))))
        for s in model.states
        if p[s] != 0
    ]
    found["mutual information"] = Add(*together)
    return shared.formulas(
        found,
        heads=(*heads, f"I({';'.join(map(typeset.text, names))})"),
        unit=entropy_unit(model.time),
    )


def _places(model: Model, parts: Parts, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    if callable(parts):
        given = {state: tuple(map(str, parts(state))) for state in model.states}
    else:
        given = {str(state): tuple(map(str, part)) for state, part in parts.items()}
    for state in given:
        if state not in model.states:
            raise UnknownNameError.of("state", state, model.states)
    seen: dict[tuple[str, ...], str] = {}
    for state in model.states:
        part = given.get(state)
        if part is None or len(part) != len(names):
            raise ModelError(
                f"the parts of state {state} are {part}, wanted {len(names)} of them, for "
                f"{', '.join(names)}"
            )
        if part in seen:
            raise ModelError(
                f"states {seen[part]} and {state} have the same parts {part}; parts must tell "
                "states apart"
            )
        seen[part] = state
    return given


def _mover(t: Transition, place: Mapping[str, tuple[str, ...]], names: Sequence[str]) -> int:
    pairs = zip(place[t.source], place[t.target], strict=True)
    changed = [k for k, (before, after) in enumerate(pairs) if before != after]
    if len(changed) != 1:
        raise ModelError(
            f"{t.label} changes {' and '.join(names[k] for k in changed)} at once; an information "
            "flow needs a bipartite graph, where each transition changes one part"
        )
    return changed[0]


def _marginal(
    p: Mapping[str, Expr], place: Mapping[str, tuple[str, ...]], k: int, shared: Steps
) -> dict[str, Expr]:
    totals: dict[str, Expr] = {}
    for state, value in p.items():
        totals[place[state][k]] = totals.get(place[state][k], Integer(0)) + value
    return {part: shared.let(total, "m") for part, total in totals.items()}


def _learned(
    t: Transition,
    p: Mapping[str, Expr],
    alone: Mapping[str, Expr],
    place: Mapping[str, tuple[str, ...]],
    k: int,
    shared: Steps,
) -> Expr:
    """Return how much more probable the other parts are after a move than before it."""
    after = shared.let(p[t.target] * alone[place[t.source][k]], "f")
    before = shared.let(p[t.source] * alone[place[t.target][k]], "b")
    return logratio(after, before, shared.let(after - before, "d", positive=False))


def _seen(
    moves: Sequence[Transition],
    p: Mapping[str, Expr],
    net: Mapping[str, Expr],
    place: Mapping[str, tuple[str, ...]],
    k: int,
    shared: Steps,
) -> Expr:
    """Return the entropy production of the moves of one part, as if the others were not there."""
    merged: dict[tuple[str, str, str], list[list[Expr]]] = {}
    for t in moves:
        source, target = place[t.source][k], place[t.target][k]
        ways = [t.rate * p[t.source], t.reverse * p[t.target], net[t.label]]
        key = (source, target, t.channel)
        if (target, source, t.channel) in merged:
            key, ways = (target, source, t.channel), [ways[1], ways[0], -ways[2]]
        merged.setdefault(key, []).append(ways)
    parts = []
    for rows in merged.values():
        forward, backward, current = (Add(*column) for column in zip(*rows, strict=True))
        current = shared.let(current, "j", positive=False)
        ratio = logratio(shared.let(forward, "f"), shared.let(backward, "b"), current)
        parts.append(current * ratio)
    return shared.let(Add(*parts), "y")
