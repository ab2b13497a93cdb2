"""The first law: heat, work and particles from the reservoirs of a model, and the second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Add, Expr, Integer

from nesssym import typeset
from nesssym.errors import ModelError
from nesssym.exact.monomials import Monomial
from nesssym.formulas import Formulas, Steps
from nesssym.networks import StateGraph
from nesssym.networks.energies import Exchanged, exchanged
from nesssym.steady import SteadyState, refuse_model
from nesssym.thermodynamics import Cycle

__all__ = ["energy_balance", "energy_exchanges"]


def energy_exchanges(
    model: StateGraph,
    energies: Mapping[Any, Any],
    *,
    beta: Any = 1,
    drive: Mapping[str, Any] | None = None,
    mu: Mapping[str, Any] | None = None,
    particles: Mapping[Any, Any] | None = None,
) -> dict[str, dict[str, Expr]]:
    r"""Return the heat, work and particles that every transition exchanges: the first law.

    .. math:: \Delta E_e = Q_e + W_e + \mu_\nu\,\Delta N_e, \qquad
              \ln\frac{w_+}{w_-} = -\beta_\nu Q_e,

    all taken up by the system along the direction of the transition. The second equation, local
    detailed balance, is checked for the rates of the model.

    Parameters
    ----------
    model : StateGraph
        With rates from `StateGraph.with_energies`, or others that agree with it.
    energies, beta, drive, mu, particles
        As in `StateGraph.with_energies`. A reservoir is a channel; transitions without the name
        of a channel share one that has no name.

    Returns
    -------
    dict
        ``"heat hot"`` for the channel ``hot``, ``"particles hot"`` and ``"chemical work hot"``
        where there are particles, ``"work"``: each a mapping of transition labels to amounts.

    Raises
    ------
    ModelError
        Rates that do not obey local detailed balance with these energies and reservoirs.
    UnknownNameError
        An unknown state, channel or transition.

    Examples
    --------
    >>> import nesssym as ns
    >>> dot = ns.StateGraph.from_text("L: 0 <-> 1 ; a, 1 \n R: 0 <-> 1 ; b, 1")
    >>> bath = dict(mu={"L": "muL", "R": "muR"}, particles={"0": 0, "1": 1})
    >>> dot = dot.with_energies({"0": 0, "1": "E"}, **bath)
    >>> ns.energy_exchanges(dot, {"0": 0, "1": "E"}, **bath)["heat L"]
    {'0->1/L': E - muL}
    """
    found: dict[str, dict[str, Expr]] = {}
    for e in _checked(model, energies, beta, drive, mu, particles):
        label, channel = e.transition.label, e.transition.channel
        amounts = {f"heat {channel}": e.heat, "work": e.work}
        if particles:
            amounts |= {
                f"particles {channel}": e.particles,
                f"chemical work {channel}": e.mu * e.particles,
            }
        for name, amount in amounts.items():
            counts = found.setdefault(name.strip(), {})
            if amount != 0:
                counts[label] = amount
    return {name: counts for name, counts in found.items() if counts}


def energy_balance(
    ss: SteadyState,
    energies: Mapping[Any, Any],
    *,
    beta: Any = 1,
    drive: Mapping[str, Any] | None = None,
    mu: Mapping[str, Any] | None = None,
    particles: Mapping[Any, Any] | None = None,
) -> Formulas:
    r"""Return the steady flows of heat, work and particles, and the entropy that they produce.

    The first law says that heat, work and chemical work sum to zero; the second,
    :math:`\sigma = -\sum_\nu \beta_\nu \dot Q_\nu \ge 0`.

    Parameters
    ----------
    ss : SteadyState
        Of a `StateGraph`.
    energies, beta, drive, mu, particles
        As in `StateGraph.with_energies` and `energy_exchanges`, whose errors are raised.

    Returns
    -------
    Formulas
        The labels of `energy_exchanges`, positive for what the system takes up, and ``"sigma"``
        in k_B per time.

    Examples
    --------
    >>> import nesssym as ns
    >>> baths = ns.StateGraph.from_text("hot: g <-> e ; a, 1 \n cold: g <-> e ; b, 1")
    >>> energies, beta = {"g": 0, "e": "E"}, {"hot": "bh", "cold": "bc"}
    >>> ss = ns.steady_state(baths.with_energies(energies, beta=beta))
    >>> flows = ns.energy_balance(ss, energies, beta=beta)
    >>> flows.labels
    ('heat hot', 'heat cold', 'sigma')
    >>> flows["heat hot"] + flows["heat cold"]
    0
    """
    refuse_model(ss)
    model = ss.model
    if not isinstance(model, StateGraph):
        raise ModelError("heat and work need a StateGraph; a chain in steps has no reservoirs")
    found = _checked(model, energies, beta, drive, mu, particles)
    reservoirs = energy_exchanges(
        model, energies, beta=beta, drive=drive, mu=mu, particles=particles
    )
    shared = Steps.over(model)
    net = shared.absorb(ss.currents)
    flows = {
        name: Add(*(x * net[label] for label, x in counts.items()))
        for name, counts in reservoirs.items()
    }
    flows["sigma"] = Add(*(-e.beta * e.heat * net[e.transition.label] for e in found))
    heads = (rf"\dot{{\text{{{typeset.text(name)}}}}}" for name in reservoirs)
    return shared.formulas(flows, heads=(*heads, r"\sigma"), unit="mixed")


def _checked(
    model: StateGraph,
    energies: Mapping[Any, Any],
    beta: Any,
    drive: Mapping[str, Any] | None,
    mu: Mapping[str, Any] | None,
    particles: Mapping[Any, Any] | None,
) -> tuple[Exchanged, ...]:
    """Return what the transitions exchange, once the rates are seen to agree with it."""
    found = exchanged(
        model.states,
        model.transitions,
        {symbol.name: symbol for symbol in model.symbols},
        energies,
        beta=beta,
        drive=drive or {},
        mu=mu or {},
        particles=particles,
    )
    for e in found:
        t, force = e.transition, -e.beta * e.heat
        ratio = Cycle(((t, 1),)).ratio
        if not (ratio / Monomial(Integer(1), (), force.expand())).is_one:
            raise ModelError(
                f"the rates of {t.label} do not obey local detailed balance: the logarithm of "
                f"their ratio is {ratio.log()}, wanted {force} from the energies and reservoirs; "
                "make them with with_energies, or correct these"
            )
    return found
