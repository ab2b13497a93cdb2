"""The steady state of a model: probabilities, currents, forces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from sympy import Add, Expr, Integer

from nesssym import typeset
from nesssym.diagrams import count_terms, one_way, tree_sums
from nesssym.errors import (
    IrreversibleError,
    ModelError,
    NotErgodicError,
    UnknownNameError,
    warn,
)
from nesssym.exact import incidence
from nesssym.exact.elimination import steady_weights
from nesssym.exact.rational import from_poly
from nesssym.exact.reduced import steady_numerators
from nesssym.fluxes import net_currents
from nesssym.formulas import Formulas, Steps
from nesssym.functions import logratio
from nesssym.networks import Model

__all__ = ["METHODS", "SteadyState", "closed_class", "steady_state"]

READABLE_TERMS = 32
EXPANDED_TERMS = 10_000

Rates = Mapping[tuple[int, int], Expr]
Method = Callable[[int, Rates, Steps], list[Expr]]


def _elimination(n: int, rates: Rates, shared: Steps) -> list[Expr]:
    named = {arc: shared.let(rate, "w") for arc, rate in rates.items()}
    weights = steady_weights(n, named, shared.let)
    total = shared.let(Add(*weights), "Z", alone=True)
    return [weight / total for weight in weights]


def _trees(n: int, rates: Rates, shared: Steps) -> list[Expr]:
    sums = tree_sums(n, list(rates), list(rates.values()))
    named = [shared.let(s, "tau", latex=rf"\tau_{{{i}}}") for i, s in enumerate(sums, 1)]
    total = shared.let(Add(*named), "Z", alone=True)
    return [weight / total for weight in named]


def _reduced(n: int, rates: Rates, shared: Steps) -> list[Expr]:
    space, polys = steady_numerators(n, rates)
    named = [
        shared.let(from_poly(poly, space), "n", latex=rf"n_{{{i}}}")
        for i, poly in enumerate(polys, 1)
    ]
    total = shared.let(Add(*named), "Z", alone=True)
    return [numerator / total for numerator in named]


METHODS: dict[str, Method] = {
    "elimination": _elimination,
    "trees": _trees,
    "reduced": _reduced,
}


@dataclass(frozen=True, eq=False)
class SteadyState:
    """The steady state of a model: what is there, what flows, and what drives it.

    Made by `steady_state`. Looking up a state gives its probability as one expression.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        The model it belongs to.
    state : Formulas
        The probabilities, one label a state.
    method : str
        How they were derived.
    transient : tuple of str
        States that are left for ever; their probability is zero.

    Examples
    --------
    >>> import nesssym as ns
    >>> ss = ns.steady_state(ns.StateGraph.from_text("A <-> B ; k, kr"))
    >>> ss["A"]
    kr/(k + kr)
    >>> ss.currents["A->B"]
    0
    """

    model: Model
    state: Formulas
    method: str
    transient: tuple[str, ...] = ()

    def __getitem__(self, label: object) -> Expr:
        """Return a probability in closed form: an expanded tree sum over Z where that is small."""
        if str(label) not in self.state.labels:
            raise UnknownNameError.of("state", label, self.state.labels)
        if self.tree_form is not None:
            return self.tree_form[label]
        return self.state[label]

    def __repr__(self) -> str:
        return f"<SteadyState of {self.model!r} by {self.method}>"

    def _repr_latex_(self) -> str | None:
        return (self.tree_form or self.state)._repr_latex_()

    @property
    def probabilities(self) -> Formulas:
        """The probabilities, one label a state; the same as `state` for a Markov model."""
        return self.state

    @cached_property
    def currents(self) -> Formulas:
        """The net current of every transition, positive along its direction.

        Hill's sum over cycles where there are few spanning trees, the reduced form otherwise;
        both keep all digits near equilibrium.
        """
        few = _has_few_trees(self.model, self._recurrent, READABLE_TERMS)
        return self.currents_as("cycles" if few else "reduced")

    def currents_as(self, form: str) -> Formulas:
        r"""Return the currents in a chosen form: "reduced", "difference" or "cycles".

        ``"difference"`` is :math:`w_+ p_i - w_- p_j`; ``"cycles"`` is Hill's sum over cycles,
        :math:`\sum_c \pm(\Pi_c^+ - \Pi_c^-)\,\Sigma_c / Z`, which shows what drives a current;
        ``"reduced"`` is for numbers, on graphs of any size.

        Examples
        --------
        >>> import nesssym as ns
        >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
        >>> ns.steady_state(g).currents_as("cycles").select(["A->B"]).exprs
        ((a*c*e - b*d*f)/Z,)
        """
        return net_currents(self.model, self.state, form)

    @cached_property
    def forces(self) -> Formulas:
        r"""The force :math:`\ln(w_+ p_i / w_- p_j)` of every transition, in units of k_B.

        Transitions between transient states, where nothing flows, are left out.

        Raises
        ------
        IrreversibleError
            Where a transition goes one way only, so that its force is infinite.
        """
        shared = Steps.over(self.model)
        p = shared.absorb(self.state)
        net = shared.absorb(self.currents)
        live = [t for t in self.model.transitions if p[t.source] != 0]
        refuse_one_way(t.label for t in live if not t.reversible)
        forces = {
            t.label: logratio(
                shared.let(t.rate * p[t.source], "f"),
                shared.let(t.reverse * p[t.target], "b"),
                shared.let(net[t.label], "j", positive=False),
            )
            for t in live
        }
        return shared.formulas(forces, heads=(f"F_{{{t.subscript}}}" for t in live))

    @cached_property
    def tree_form(self) -> Formulas | None:
        """The probabilities as expanded tree sums over Z; None where they are too long to read."""
        if self.method in ("trees", "reduced"):
            return self.state
        live = self._recurrent
        if self.method != "elimination" or not _has_few_trees(self.model, live, EXPANDED_TERMS):
            return None
        return _solve(self.model, live, "trees", METHODS["trees"]).state

    @property
    def _recurrent(self) -> list[str]:
        return [s for s in self.state.labels if s not in self.transient]


def refuse_model(ss: object, wanted: type = SteadyState) -> None:
    """Raise ModelError where a model came and its steady state is wanted."""
    if not isinstance(ss, wanted):
        raise ModelError(
            f"wanted a {wanted.__name__}, got {type(ss).__name__}; call steady_state(model) first"
        )


def refuse_one_way(labels: Iterable[str]) -> None:
    """Raise IrreversibleError naming the one-way transitions, if there are any."""
    names = list(labels)
    if names:
        raise IrreversibleError(
            f"{', '.join(names)} goes one way only, so its force, affinity and entropy production "
            "are infinite; probabilities and currents are fine. Give it a reverse rate"
        )


def steady_state(model: Model, method: str | Method = "auto") -> SteadyState:
    """Answer `nesssym.steady_state` for Markov models; see there."""
    if isinstance(method, str) and method != "auto" and method not in METHODS:
        raise UnknownNameError.of("method", method, ["auto", *METHODS])
    live = closed_class(model)
    if method == "auto":
        method = "trees" if _has_few_trees(model, live, READABLE_TERMS) else "elimination"
    if callable(method):
        return _solve(model, live, getattr(method, "__name__", "callable"), method)
    return _solve(model, live, method, METHODS[method])


def _has_few_trees(model: Model, live: list[str], limit: int) -> bool:
    return count_terms(model, live, limit) <= limit


def closed_class(model: Model) -> list[str]:
    """Return the states that are never left for ever, warning of others."""
    index = {s: i for i, s in enumerate(model.states)}
    classes = incidence.closed_classes(len(index), one_way(model.transitions, index)[0])
    named = [[model.states[i] for i in members] for members in classes]
    if len(named) > 1:
        listed = "; ".join("{" + ", ".join(members) + "}" for members in named)
        raise NotErgodicError(
            f"{len(named)} closed classes of states: {listed}. The steady state depends on where "
            "one starts; join the classes by transitions or study each alone"
        )
    live = named[0]
    if len(live) < len(model.states):
        transient = [s for s in model.states if s not in live]
        absorbing = f"; {live[0]!r} is absorbing, nothing flows" if len(live) == 1 else ""
        warn(f"transient states have steady probability zero: {', '.join(transient)}{absorbing}")
    return live


def _solve(model: Model, live: list[str], name: str, method: Method) -> SteadyState:
    index = {s: i for i, s in enumerate(live)}
    inside = [t for t in model.transitions if t.source in index and t.target in index]
    rates: dict[tuple[int, int], Expr] = {}
    for arc, rate in zip(*one_way(inside, index), strict=True):
        rates[arc] = rates.get(arc, Integer(0)) + rate
    shared = Steps.over(model)
    found = method(len(live), rates, shared) if len(live) > 1 else [Integer(1)]
    values = dict(zip(live, found, strict=True))
    state = shared.formulas(
        {s: values.get(s, Integer(0)) for s in model.states},
        heads=(f"p_{{{typeset.text(s)}}}" for s in model.states),
    )
    transient = tuple(s for s in model.states if s not in index)
    return SteadyState(model, state, name, transient)
