"""ReactionNetwork: species that react, some of them held by reservoirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import networkx as nx
from sympy import Expr, Integer, S, Symbol

from nesssym import parsing
from nesssym.errors import ModelError, NameClashError, UnknownNameError
from nesssym.networks import bipartite
from nesssym.networks.energies import reversed_by_potentials
from nesssym.networks.reactions import Reaction, one_at_a_time, read_reactions
from nesssym.networks.state_graph import StateGraph
from nesssym.networks.stoichiometry import Stoichiometry
from nesssym.schemes import scheme

__all__ = ["ReactionNetwork"]


@dataclass(frozen=True, eq=False)
class ReactionNetwork(Stoichiometry):
    r"""A chemical reaction network, some of whose species are held at fixed concentrations.

    Make one with `from_text`, `from_networkx` or `nesssym.read_toml`. The *chemostats* are the
    species whose concentrations reservoirs keep fixed; all others are internal. What the class
    tells of structure (complexes, deficiency, conservation laws) is that of the network as it
    is, seen by its internal species; `closed` is the same network without reservoirs.

    Parameters
    ----------
    reactions : tuple of Reaction
        With distinct names.
    chemostats : tuple of str, optional
        Species held fixed.
    levels : tuple of Expr, optional
        The concentration of each chemostat; by default a symbol of its name.
    assume : tuple of Expr, optional
        Expressions that are positive though their symbols alone do not tell.
    notation : tuple of (Symbol, str), optional
        LaTeX of symbols.

    Raises
    ------
    ModelError, NameClashError, UnknownNameError
        No reactions, two of one name, a chemostat that is no species, or a rate constant that
        has the name of a species.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text('''
    ...     E + S <-> ES ; k1, k1r
    ...     ES <-> E + P ; k2, k2r
    ... ''', chemostats=["S", "P"])
    >>> r.internal, r.complexes, r.deficiency
    (('E', 'ES'), (E, ES), 0)
    >>> r.conservation_laws(), r.emergent_cycles()
    ((E + ES,), (R1 + R2,))
    """

    levels: tuple[Expr, ...] = ()
    assume: tuple[Expr, ...] = ()
    notation: tuple[tuple[Symbol, str], ...] = ()
    time = "time"

    def __post_init__(self) -> None:
        if not self.reactions:
            raise ModelError("a network without reactions has no steady state; give at least one")
        names = [*self.species, *(r.name for r in self.reactions)]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise NameClashError(
                f"{twice!r} names two reactions, or a reaction and a species; names must differ"
            )
        for name in self.chemostats:
            if name not in self.species:
                raise UnknownNameError.of("species in chemostats:", name, self.species)
        if len(set(self.chemostats)) < len(self.chemostats):
            twice = next(s for s in self.chemostats if self.chemostats.count(s) > 1)
            raise NameClashError(f"the chemostat {twice!r} is given twice")
        if not self.levels:
            levels = tuple(map(parsing.symbol, self.chemostats))
            object.__setattr__(self, "levels", levels)
        for r in self.reactions:
            self._check_names(r)
        parsing.check_distinct((*self.symbols, *map(parsing.symbol, self.internal)))

    def _check_names(self, r: Reaction) -> None:
        there = self.concentrations
        used = [s for s in (r.rate.free_symbols | r.reverse.free_symbols) if s.name in there]
        if r.law or not used:
            return
        name = min(s.name for s in used)
        raise NameClashError(
            f"a rate constant of {r.name} ({r.text}) holds the species {name}; mass action "
            "multiplies by the concentrations of all reactants itself. For a rate law of your own "
            "write 'v = ...'; if it is another thing, rename it"
        )

    def __repr__(self) -> str:
        held = f", chemostats {', '.join(self.chemostats)}" if self.chemostats else ", closed"
        return (
            f"<ReactionNetwork: {len(self.species)} species, {len(self.reactions)} reactions{held}>"
        )

    def _repr_latex_(self) -> str | None:
        return scheme((r.arrow for r in self.reactions), dict(self.notation))

    # ------------------------------------------------------------------ constructors

    @classmethod
    def from_text(
        cls,
        text: str,
        chemostats: Iterable[str] | Mapping[str, Any] = (),
        *,
        assume: Iterable[Any] = (),
        symbols: Mapping[str, Expr] | None = None,
    ) -> ReactionNetwork:
        r"""Read a network from text, one reaction a line.

        ``name: 2 A + B <-> C ; forward, backward`` or ``A -> B ; forward``. Names and rates are
        optional; without rates, ``k1`` and ``k1r`` are the constants of the first reaction, and
        so on. Arrows are ``->``, ``-->``, ``→`` one way and ``<->``, ``<-->``, ``<=>``, ``⇌``
        both ways; ``2 A``, ``2A`` and ``2*A`` are the same; ``0``, ``∅`` or nothing is the empty
        complex; comments follow ``#``. Rate constants are those of mass action,
        :math:`k X^n`. After ``v =`` stands a whole rate law: ``A -> B ; v = Vm*A/(Km + A)``.

        Parameters
        ----------
        text : str
            The reactions; parsed, never evaluated.
        chemostats : iterable of str, or mapping of str to value, optional
            Species held fixed; a mapping gives their concentrations.
        assume : iterable, optional
            Expressions to be taken as positive.
        symbols : mapping, optional
            Meaning of names in rates; other names become positive symbols.

        Raises
        ------
        ParseError, ModelError, NameClashError, UnknownNameError

        Examples
        --------
        >>> import nesssym as ns
        >>> r = ns.ReactionNetwork.from_text("birth: ∅ → X ; 3 \n 2X -> 0 ; k", chemostats=[])
        >>> r.reactions
        (birth: 0 -> X ; 3, R2: 2 X -> 0 ; k)
        """
        if not isinstance(text, str):
            raise ModelError(f"from_text takes a text, got {type(text).__name__}")
        positive = tuple(parsing.expr(e, symbols) for e in assume)
        reactions = read_reactions(text, symbols, positive)
        return cls._held(reactions, chemostats, positive, symbols)

    @classmethod
    def from_networkx(
        cls, graph: nx.DiGraph, chemostats: Iterable[str] | Mapping[str, Any] = ()
    ) -> ReactionNetwork:
        """Make a network from a bipartite networkx graph of species and reactions.

        Parameters
        ----------
        graph : networkx.DiGraph
            As `graph` gives it: nodes with ``kind="species"`` or ``kind="reaction"``, reactions
            with ``rate``, ``reverse`` if they go back, ``law=True`` if these are rate laws; an
            edge to a reaction is a reactant, one from it a product, with ``stoichiometry`` (else
            1).
        chemostats : iterable of str or mapping, optional
            Species held fixed, besides nodes with ``chemostat=True``.

        Examples
        --------
        >>> import nesssym as ns
        >>> r = ns.ReactionNetwork.from_text("A + B <-> C ; k, kr", chemostats=["B"])
        >>> ns.ReactionNetwork.from_networkx(r.graph).reactions == r.reactions
        True
        """
        reactions, held = bipartite.reactions(graph)
        given = chemostats if isinstance(chemostats, Mapping) else dict.fromkeys(chemostats)
        return cls._held(reactions, dict.fromkeys(held) | dict(given))

    @classmethod
    def _held(
        cls,
        reactions: tuple[Reaction, ...],
        chemostats: Iterable[str] | Mapping[str, Any],
        assume: tuple[Expr, ...] = (),
        symbols: Mapping[str, Expr] | None = None,
    ) -> ReactionNetwork:
        if isinstance(chemostats, str):
            raise ModelError(
                f"chemostats is a list of species, got the text {chemostats!r}; write "
                f"[{', '.join(repr(s) for s in chemostats.replace(',', ' ').split())}]"
            )
        given = dict(chemostats) if isinstance(chemostats, Mapping) else None
        names = list(chemostats)
        for name in names:
            if not isinstance(name, str):
                raise ModelError(f"chemostats are names of species, got {name!r}")
        levels = [
            parsing.symbol(s)
            if given is None or given[s] is None
            else parsing.expr(given[s], symbols)
            for s in names
        ]
        parsing.check_values(
            {parsing.symbol(s): level for s, level in zip(names, levels, strict=True)}, assume
        )
        return cls(reactions, tuple(names), tuple(levels), assume)

    # ------------------------------------------------------------------ views

    @cached_property
    def concentrations(self) -> dict[str, Expr]:
        """The concentration of every species: its symbol, or the value a chemostat holds."""
        held = dict(zip(self.chemostats, self.levels, strict=True))
        return {s: held.get(s, parsing.symbol(s)) for s in self.species}

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        """The rate constants, then the concentrations that chemostats hold."""
        inside = {parsing.symbol(s) for s in self.species}
        found: dict[Symbol, None] = {}
        rates = [rate for r in self.reactions for rate in (r.rate, r.reverse)]
        for expr in rates:
            free = expr.free_symbols - inside
            found.update(dict.fromkeys(sorted(free, key=lambda s: str(s.name))))
        for level in self.levels:
            found.update(dict.fromkeys(sorted(level.free_symbols, key=lambda s: str(s.name))))
        return tuple(found)

    @property
    def closed(self) -> ReactionNetwork:
        """The same network without chemostats."""
        return self.with_chemostats(())

    def with_chemostats(self, chemostats: Iterable[str] | Mapping[str, Any]) -> ReactionNetwork:
        """Return the network with other species held by reservoirs.

        Examples
        --------
        >>> import nesssym as ns
        >>> r = ns.ReactionNetwork.from_text("A <-> B")
        >>> r.with_chemostats({"A": 2}).concentrations
        {'A': 2, 'B': B}
        """
        held = self._held(self.reactions, chemostats, self.assume)
        return replace(held, notation=self.notation)

    def subs(self, values: Mapping[Any, Any]) -> ReactionNetwork:
        """Return the network with rate constants and held concentrations replaced.

        Parameters
        ----------
        values : mapping
            Symbols or their names to numbers, text or expressions.

        Examples
        --------
        >>> import nesssym as ns
        >>> r = ns.ReactionNetwork.from_text("A <-> X ; k, kr", chemostats=["A"])
        >>> r.subs({"k": 2, "A": "1/2"}).rates
        ((1, X*kr),)
        """
        env = parsing.substitution(values, self.symbols)
        parsing.check_values(env, self.assume)
        parsing.check_powers((e for r in self.reactions for e in (r.rate, r.reverse)), env)
        reactions = tuple(
            replace(r, rate=r.rate.xreplace(env), reverse=r.reverse.xreplace(env))
            for r in self.reactions
        )
        assume = tuple(e for e in (a.xreplace(env) for a in self.assume) if e.free_symbols)
        levels = tuple(level.xreplace(env) for level in self.levels)
        return replace(self, reactions=reactions, levels=levels, assume=assume)

    def with_potentials(self, potentials: Mapping[Any, Any], *, beta: Any = 1) -> ReactionNetwork:
        r"""Return the network with reverse rate constants that agree with chemical potentials.

        Every reaction keeps its forward constant, and

        .. math:: k_- = k_+ e^{\beta \sum_s \nu_s \mu^\circ_s}, \qquad
                  \ln\frac{k_+}{k_-} = -\beta\,\Delta_r G^\circ,

        so that Wegscheider's conditions hold whatever the values. A reaction that went one way
        only goes both ways then. `nesssym.standard_potentials` is the way back.

        Parameters
        ----------
        potentials : mapping
            Species to standard chemical potential (Gibbs energy of formation), one for every
            species, chemostats and enzyme forms too. Text makes real symbols.
        beta : expression, optional
            1/(k_B T), or 1/(RT) for energies per mole; 1 where potentials are in units of it.

        Raises
        ------
        ModelError
            A species without a potential, or a reaction with a rate law of its own.

        Examples
        --------
        >>> import nesssym as ns
        >>> r = ns.ReactionNetwork.from_text("A + B -> C ; k", chemostats=["A", "B"])
        >>> r.with_potentials({"A": 0, "B": "mu_B", "C": "mu_C"}).reactions
        (R1: A + B <-> C ; k, k*exp(-mu_B + mu_C),)
        """
        known = {symbol.name: symbol for symbol in self.symbols}
        found = reversed_by_potentials(self.species, self.reactions, known, potentials, beta)
        return replace(self, reactions=found)

    @cached_property
    def rates(self) -> tuple[tuple[Expr, Expr], ...]:
        """Forward and backward rate of every reaction, in the concentrations."""
        return tuple(r.rates(self.concentrations) for r in self.reactions)

    @cached_property
    def mass_action(self) -> bool:
        """Whether every reaction obeys mass action."""
        return not any(r.law for r in self.reactions)

    def rate_equations(self) -> dict[str, Expr]:
        r"""Return the rate of change of every internal species, :math:`\dot x = S v(x)`.

        Examples
        --------
        >>> import nesssym as ns
        >>> ns.ReactionNetwork.from_text("2 X <-> Y ; k, kr").rate_equations()["X"]
        -2*X**2*k + 2*Y*kr
        """
        net = dict.fromkeys(self.internal, S.Zero)
        for r, (forward, backward) in zip(self.reactions, self.rates, strict=True):
            for s, n in r.change.items():
                if s in net:
                    net[s] += n * forward - n * backward
        return net

    # ------------------------------------------------------------------ other models

    @cached_property
    def complex_graph(self) -> nx.MultiDiGraph:
        """The networkx graph of complexes: an edge a direction of a reaction, keyed by its name.

        Edges hold the rate constant, with the chemostats' concentrations, as ``rate``. Reactions
        that do not change the internal species are left out.
        """
        held = self.held_rates
        graph = nx.MultiDiGraph()
        graph.add_nodes_from(self.complexes)
        for r, (source, target), (forward, backward) in zip(
            self.reactions, self.sides, held, strict=True
        ):
            if source != target:
                graph.add_edge(source, target, key=r.name, rate=forward)
                if backward != 0:
                    graph.add_edge(target, source, key=r.name, rate=backward)
        return nx.freeze(graph)

    @cached_property
    def held_rates(self) -> tuple[tuple[Expr, Expr], ...]:
        """The rates at unit concentration of all internal species."""
        one = {s: Integer(1) if s in self.internal else c for s, c in self.concentrations.items()}
        return tuple(r.rates(one) for r in self.reactions)

    @cached_property
    def graph(self) -> nx.DiGraph:
        """The frozen bipartite networkx graph of species and reactions."""
        return bipartite.graph(self.species, self.reactions, self.chemostats)

    def state_graph(self) -> StateGraph:
        r"""Return the Markov graph of internal species that react one at a time.

        A state a species, a transition a reaction, its rates multiplied by the concentrations of
        chemostats: King and Altman's diagram. Everything for state graphs applies. Parallel
        reactions are channels with the names of the reactions; a reaction that leaves the
        internal species as they are changes no state and is left out.

        Raises
        ------
        ModelError
            Internal species meet, or are made from nothing; the message names the reaction.

        Examples
        --------
        >>> import nesssym as ns
        >>> r = ns.ReactionNetwork.from_text("E + S <-> ES \n ES <-> E + P", ["S", "P"])
        >>> [t.label for t in r.state_graph().transitions]
        ['E->ES/R1', 'ES->E/R2']
        >>> ns.steady_state(r.state_graph())["E"]
        (k1r + k2)/(P*k2r + S*k1 + k1r + k2)
        """
        moves = one_at_a_time(self.reactions, self.internal, self.concentrations)
        return StateGraph(
            self.internal,
            tuple(move for move in moves if move is not None),
            self.assume,
            self.notation,
        )
