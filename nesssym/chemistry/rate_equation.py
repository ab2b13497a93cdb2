"""Rate equations of enzymes: King and Altman's form, Cleland's constants, Haldane's relation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sympy import Add, Eq, Expr, Rational, Symbol

from nesssym import parsing
from nesssym.chemistry import cleland
from nesssym.chemistry.linear import is_linear
from nesssym.chemistry.solve import steady_states
from nesssym.chemistry.thermodynamics import ReactionCycle
from nesssym.chemistry.totals import law_totals
from nesssym.errors import ModelError, TooLargeError, UnknownNameError
from nesssym.exact.collected import Collected
from nesssym.exact.collected import collect as collected_by
from nesssym.formulas import Formulas, Steps
from nesssym.networks import ReactionNetwork

__all__ = ["RateEquation", "rate_equation"]


@dataclass(frozen=True, eq=False)
class RateEquation:
    r"""The steady rate of an enzyme as a quotient of polynomials in chosen concentrations.

    Made by `rate_equation`. ``rate = total * numerator / denominator``.

    Parameters
    ----------
    network : ReactionNetwork
        The enzyme's mechanism.
    collected : Collected
        Numerator and denominator, by powers of the concentrations, without the total.
    variables : tuple of Symbol
        The concentrations.
    total : Expr
        The total of enzyme.
    substrates, products : tuple of str
        The chemostats that one turn of the enzyme uses up and makes.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("E + S <-> ES \n ES <-> E + P", ["S", "P"])
    >>> v = ns.rate_equation(r, collect=["S", "P"])
    >>> v.expr
    E_tot*(-P*k1r*k2r + S*k1*k2)/(P*k2r + S*k1 + k1r + k2)
    >>> v.constants()["Vf"], v.constants()["K_S"], v.constants()["Keq"]
    (E_tot*k2, (k1r + k2)/k1, k1*k2/(k1r*k2r))
    >>> v.haldane()
    Eq(Keq, K_P*Vf/(K_S*Vr))
    >>> v.at_zero("P").expr
    E_tot*S*k1*k2/(S*k1 + k1r + k2)
    """

    network: ReactionNetwork
    collected: Collected
    variables: tuple[Symbol, ...]
    total: Expr
    substrates: tuple[str, ...]
    products: tuple[str, ...]

    @property
    def numerator(self) -> Mapping[Expr, Expr]:
        """Monomial to coefficient, above the fraction line."""
        return self.collected.numerator

    @property
    def denominator(self) -> Mapping[Expr, Expr]:
        """Monomial to coefficient, below the fraction line."""
        return self.collected.denominator

    @property
    def expr(self) -> Expr:
        """The rate as one expression."""
        return self.total * self.collected.expr

    @cached_property
    def formulas(self) -> Formulas:
        """The rate as `Formulas` with the label "v", for kernels, LaTeX and code."""
        shared = Steps.over(self.network)
        return shared.formulas({"v": self.expr}, heads=("v",), unit=f"1/{self.network.time}")

    def __repr__(self) -> str:
        return f"v = {self.expr}"

    def _repr_latex_(self) -> str | None:
        return self.formulas._repr_latex_()

    # ------------------------------------------------------------------ limits

    def at_zero(self, *species: str) -> RateEquation:
        r"""Return the rate with some concentrations zero, such as that of a product.

        Examples
        --------
        >>> import nesssym as ns
        >>> r = ns.ReactionNetwork.from_text("E + S <-> ES \n ES <-> E + P", ["S", "P"])
        >>> ns.rate_equation(r).at_zero("P").expr
        E_tot*S*k1*k2/(S*k1 + k1r + k2)
        """
        gone = set(map(self._variable, species))
        return self._limited(lambda m: not m.free_symbols & gone)

    def saturated(self, *species: str) -> RateEquation:
        r"""Return the limit of the rate for some concentrations going to infinity.

        Raises
        ------
        ModelError
            The rate grows without bound, or goes to zero.

        Examples
        --------
        >>> import nesssym as ns
        >>> r = ns.ReactionNetwork.from_text("E + S <-> ES \n ES <-> E + P", ["S", "P"])
        >>> ns.rate_equation(r, collect=["S", "P"]).saturated("S").expr
        E_tot*k2
        """
        found = self
        for s in species:
            found = found._saturated(self._variable(s))
        return found

    def _saturated(self, x: Symbol) -> RateEquation:
        above, below = (
            max((_degree(m, x) for m in part), default=0)
            for part in (self.numerator, self.denominator)
        )
        if above != below:
            raise ModelError(
                f"for {x} -> oo the rate goes to {'infinity' if above > below else 'zero'}, as "
                f"{x}**{above - below}"
            )
        return self._limited(lambda m: _degree(m, x) == above)

    def _limited(self, keep: Callable[[Expr], bool]) -> RateEquation:
        top, bottom = (
            Add(*(m * c for m, c in part.items() if keep(m)))
            for part in (self.numerator, self.denominator)
        )
        return RateEquation(
            self.network,
            collected_by(top / bottom, self.variables),
            self.variables,
            self.total,
            self.substrates,
            self.products,
        )

    def _variable(self, species: str) -> Symbol:
        named = {x.name: x for x in self.variables}
        if str(species) not in named:
            raise UnknownNameError.of("collected concentration", species, named)
        return named[str(species)]

    # ------------------------------------------------------------------ constants

    def constants(self) -> Formulas:
        r"""Return Cleland's constants: Vf, Vr, K of each species, Ki of each species, Keq.

        With the denominator :math:`c_1 + \sum c_A A + c_{AB} AB + ...`, ``Vf`` is the rate at
        saturation and ``K_A`` :math:`= c_B/c_{AB}` a Michaelis constant; those of products and
        ``Vr`` belong to the reverse rate. ``Ki_A`` is the simplest ratio of a term without A to
        the same term with A, such as :math:`c_1/c_A` or :math:`c_{PQ}/c_{PQA}`: Cleland's
        inhibition constant. For another ligand I, ``Kis_I`` :math:`= c_1/c_I` acts on the slope
        (competitive) and ``Kii_I`` :math:`= c_{AB}/c_{ABI}` on the intercept (uncompetitive).
        ``Keq`` is the equilibrium constant. A constant whose terms do not occur in the
        denominator is left out, and so are those of the reverse rate where there is none.

        Raises
        ------
        ModelError
            The rate is not of this form, such as the full steady state of a random-order
            mechanism, which holds squares.

        References
        ----------
        W. W. Cleland, Biochim. Biophys. Acta 67, 104 (1963), doi:10.1016/0006-3002(63)91800-6.
        """
        found = cleland.constants(
            self.collected, self._named, self.total, self.substrates, self.products
        )
        return Steps.over(self.network).formulas(found, heads=map(cleland.head, found))

    @cached_property
    def equilibrium_constant(self) -> Expr:
        """The ratio of products to substrates at which the rate vanishes."""
        return cleland.equilibrium_constant(
            self.collected, self._named, self.substrates, self.products
        )

    def haldane(self) -> Eq:
        """Return a relation of Haldane's between Keq and Cleland's constants, checked exactly.

        Raises
        ------
        ModelError
            There is none: the enzyme goes one way, or constants are missing.

        References
        ----------
        J. B. S. Haldane, Enzymes (Longmans, Green, 1930).
        """
        _ = self.equilibrium_constant
        found = self.constants()
        return cleland.haldane(found.__getitem__, found.labels, self.substrates, self.products)

    @property
    def _named(self) -> dict[str, Expr]:
        """The concentrations by species."""
        named = {x.name: x for x in self.variables}
        for s in (*self.substrates, *self.products):
            if s not in named:
                raise UnknownNameError.of("collected concentration", s, named)
        return named


def rate_equation(
    network: ReactionNetwork,
    collect: Sequence[str] | None = None,
    *,
    of: str | None = None,
    total: Any = None,
    fast: Sequence[str] = (),
) -> RateEquation:
    r"""Derive the rate equation of an enzyme from its mechanism.

    The enzyme's forms are the internal species, substrates and products are chemostats. The rate
    is the number of turns per unit of time: the net production of a product, over its number.

    Parameters
    ----------
    network : ReactionNetwork
        Its internal species react one at a time and have one total.
    collect : sequence of str, optional
        Concentrations to collect by; by default all chemostats that are symbols.
    of : str, optional
        The chemostat whose production is the rate, or a reaction. By default the first that the
        only emergent cycle makes.
    total : expression, optional
        The total of enzyme; by default a symbol such as ``E_tot``.
    fast : sequence of str, optional
        Reactions taken to be at equilibrium because they are fast: the limit of large rate
        constants with their ratios fixed.

    Raises
    ------
    ModelError
        There are several emergent cycles and no `of`, or a limit that does not exist.
    TooLargeError
        Too many spanning trees to write out.

    References
    ----------
    E. L. King, C. Altman, J. Phys. Chem. 60, 1375 (1956), doi:10.1021/j150544a010.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("E + S <-> ES \n ES <-> E + P", ["S", "P"])
    >>> v = ns.rate_equation(r, collect=["S", "P"], total="E0")
    >>> v
    v = E0*(-P*k1r*k2r + S*k1*k2)/(P*k2r + S*k1 + k1r + k2)
    >>> v.denominator[1]
    k1r + k2
    """
    turns = [ReactionCycle(network, c) for c in network.emergent_cycles()]
    change = turns[0].change if len(turns) == 1 else {}
    chosen = of or next((s for s, n in change.items() if n > 0), None)
    if chosen is None:
        raise ModelError(
            f"{len(turns)} emergent cycles ({', '.join(t.label for t in turns)}): say with of=... "
            f"which chemostat's production is the rate: {', '.join(network.chemostats)}"
        )
    variables = _variables(network, collect)
    laws = law_totals(network, None)
    if len(laws) != 1:
        listed = ", ".join(law.label for law, _ in laws) or "none"
        raise ModelError(f"an enzyme has one conservation law, its total; found {listed}")
    [(law, symbol)] = laws
    if fast:
        rate = _fast_limit(network, law.label, chosen, change, fast)
    else:
        rate = _rate(network, law.label, chosen, change)
    substrates, products = (
        tuple(s for s, n in change.items() for _ in range(sign * n)) for sign in (-1, 1)
    )
    return RateEquation(
        network,
        collected_by(rate, variables),
        variables,
        symbol if total is None else parsing.expr(total),
        substrates,
        products,
    )


def _rate(network: ReactionNetwork, law: str, chosen: str, change: Mapping[str, int]) -> Expr:
    """Return the rate for a total of one."""
    if not is_linear(network):
        network.state_graph()  # says which reaction is in the way
    (ss,) = steady_states(network, {law: 1})
    if ss.tree_form is None:
        raise TooLargeError(
            "too many spanning trees to write the rate out; steady_state(network).currents has it "
            "as a short program, and compile makes numbers of it"
        )
    known = network.concentrations | {s: ss[s] for s in network.internal}
    rates = {r.name: r.rates(known) for r in network.reactions}
    if chosen in rates:
        return rates[chosen][0] - rates[chosen][1]
    if chosen not in network.chemostats:
        raise UnknownNameError.of("chemostat or reaction", chosen, (*network.chemostats, *rates))
    return Add(
        *(
            Rational(r.change[chosen], change.get(chosen, 1)) * part * sign
            for r in network.reactions
            if chosen in r.change
            for part, sign in zip(rates[r.name], (1, -1), strict=True)
        )
    )


def _fast_limit(
    network: ReactionNetwork, law: str, chosen: str, change: Mapping[str, int], fast: Sequence[str]
) -> Expr:
    """Return the limit of the rate for fast reactions: terms of the highest power of a factor."""
    names = network.stoichiometry.columns
    for name in fast:
        if name not in names:
            raise UnknownNameError.of("reaction", name, names)
    factor = parsing.symbol("speed")
    while factor in network.symbols:
        factor = parsing.symbol(factor.name + "x")
    quick = tuple(
        replace(r, rate=factor * r.rate, reverse=factor * r.reverse) if r.name in fast else r
        for r in network.reactions
    )
    rate = _rate(replace(network, reactions=quick), law, chosen, change)
    found = collected_by(rate, [factor])
    above, below = (
        max(_degree(m, factor) for m in part) for part in (found.numerator, found.denominator)
    )
    if above > below:
        raise ModelError(
            f"the rate grows without bound as {', '.join(fast)} get fast: they drive a cycle of "
            "their own. Impose Wegscheider's conditions first: "
            "network.subs(wegscheider_conditions(network, solve_for=[...]))"
        )
    return found.numerator[factor**below] / found.denominator[factor**below]


def _variables(network: ReactionNetwork, names: Sequence[str] | None) -> tuple[Symbol, ...]:
    held = {s: network.concentrations[s] for s in network.chemostats}
    symbols = {s: c for s, c in held.items() if c.is_Symbol}
    for name in names or ():
        if str(name) not in symbols:
            raise UnknownNameError.of("chemostat", name, symbols)
    return tuple(symbols.values() if names is None else (symbols[str(n)] for n in names))


def _degree(m: Expr, x: Symbol) -> int:
    return int(m.as_powers_dict().get(x, 0))
