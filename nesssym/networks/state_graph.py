"""StateGraph: states joined by transitions with rates, in continuous time."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import networkx as nx
from sympy import Add, Expr, ImmutableDenseMatrix, Integer, Symbol

from nesssym import parsing
from nesssym.errors import ModelError, NameClashError, UnknownNameError
from nesssym.networks.energies import balanced
from nesssym.networks.entries import default_names, read_entry, square, state_labels
from nesssym.networks.transitions import (
    Transition,
    multigraph,
    pair_up,
    rate_symbols,
    read_lines,
)
from nesssym.schemes import scheme

__all__ = ["StateGraph"]


@dataclass(frozen=True, eq=False)
class StateGraph:
    """A continuous-time Markov graph: states joined by named transitions with rates.

    The model that most of nesssym starts from. Make one with `from_text`, `from_rates`,
    `from_networkx`, `from_rate_matrix`, `from_counts` or `nesssym.read_toml`. Rates may be
    numbers, symbols or expressions, mixed at will; several transitions may join the same two
    states if their channels have different names (two heat baths).

    Parameters
    ----------
    states : tuple of str
        The labels of the states, free text, at least two.
    transitions : tuple of Transition
        Between those states, with distinct labels.
    assume : tuple of Expr, optional
        Expressions that are positive though their symbols alone do not tell, such as ``1 - f``.
    notation : tuple of (Symbol, str), optional
        LaTeX of symbols.

    Raises
    ------
    ModelError
        No states, a single state, or a state named twice.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text('''
    ...     A <-> B ; k1, k1r
    ...     B <-> C ; k2, k2r
    ...     C <-> A ; k3, k3r
    ... ''')
    >>> g.states
    ('A', 'B', 'C')
    >>> [t.label for t in g.transitions]
    ['A->B', 'B->C', 'C->A']
    >>> g.generator()[1, 0]
    k1
    """

    states: tuple[str, ...]
    transitions: tuple[Transition, ...]
    assume: tuple[Expr, ...] = ()
    notation: tuple[tuple[Symbol, str], ...] = ()
    time = "time"

    def __post_init__(self) -> None:
        if not self.states:
            raise ModelError("an empty graph has no steady state; give at least two states")
        if len(self.states) == 1:
            raise ModelError(
                f"one state ({self.states[0]!r}) has no transitions; give at least two states"
            )
        if len(set(self.states)) < len(self.states):
            twice = next(s for s in self.states if self.states.count(s) > 1)
            raise NameClashError(f"two states have the label {twice!r}; labels must differ")
        for t in self.transitions:
            for state in (t.source, t.target):
                if state not in self.states:
                    raise UnknownNameError.of("state", state, self.states)
        parsing.check_distinct(self.symbols)

    def __repr__(self) -> str:
        return (
            f"<StateGraph: {len(self.states)} states, {len(self.transitions)} transitions, "
            f"{len(self.symbols)} symbols>"
        )

    def _repr_latex_(self) -> str | None:
        return scheme((t.arrow for t in self.transitions), dict(self.notation))

    # ------------------------------------------------------------------ constructors

    @classmethod
    def from_text(
        cls, text: str, *, assume: Iterable[Any] = (), symbols: Mapping[str, Expr] | None = None
    ) -> StateGraph:
        r"""Read a graph from text, one transition a line.

        ``A <-> B ; forward, backward`` or ``A -> B ; forward``, with an optional channel name
        before (``hot: A <-> B ; ...``) and comments after ``#``. Without rates, symbols are made
        from the labels (``k_A_B``). Text is parsed, never evaluated.

        Parameters
        ----------
        text : str
            The transitions. Rates are names, numbers (decimals are exact) or expressions.
        assume : iterable, optional
            Expressions to be taken as positive.
        symbols : mapping, optional
            Meaning of names; other names become positive symbols.

        Raises
        ------
        ParseError, ModelError, NameClashError

        Examples
        --------
        >>> import nesssym as ns
        >>> g = ns.StateGraph.from_text("g <-> e ; kh*a, kh  \n cold: g <-> e ; 0.2, 3")
        >>> [t.label for t in g.transitions], g.transitions[1].rate
        (['g->e', 'g->e/cold'], 1/5)
        """
        if not isinstance(text, str):
            raise ModelError(f"from_text takes a text, got {type(text).__name__}")
        given: list[tuple[str, str, str, Any]] = []
        for _, source, target, reversible, channel, rates in read_lines(text):
            forward, backward = (*rates, None, None)[:2]
            given.append((source, target, channel, forward))
            if reversible:
                given.append((target, source, channel, backward))
        return cls._from_entries(given, assume=assume, symbols=symbols)

    @classmethod
    def from_rates(
        cls,
        rates: Mapping[Any, Any],
        *,
        states: Sequence[Hashable] | None = None,
        assume: Iterable[Any] = (),
    ) -> StateGraph:
        """Make a graph from a mapping ``(source, target[, channel])`` to rate.

        Parameters
        ----------
        rates : mapping
            Rates are numbers, text, SymPy expressions, or None for a symbol made from the labels.
        states : sequence, optional
            The order of the states; else that of appearance.
        assume : iterable, optional
            Expressions to be taken as positive.

        Examples
        --------
        >>> import nesssym as ns
        >>> g = ns.StateGraph.from_rates({("A", "B"): "k", ("B", "A"): 2})
        >>> g.transitions[0].rate, g.transitions[0].reverse
        (k, 2)
        """
        if not isinstance(rates, Mapping):
            raise ModelError(f"from_rates takes a mapping, got {type(rates).__name__}")
        entries = []
        for key, rate in rates.items():
            if not isinstance(key, tuple) or len(key) not in (2, 3):
                raise ModelError(
                    f"a key of the rates is (source, target) or (source, target, channel), "
                    f"got {key!r}"
                )
            entries.append((str(key[0]), str(key[1]), str(key[2]) if len(key) == 3 else "", rate))
        return cls._from_entries(entries, states=states, assume=assume)

    @classmethod
    def from_networkx(
        cls, graph: nx.DiGraph, rate: str | None = "rate", *, assume: Iterable[Any] = ()
    ) -> StateGraph:
        """Make a graph from a networkx DiGraph or MultiDiGraph.

        Parameters
        ----------
        graph : networkx.DiGraph or networkx.MultiDiGraph
            Nodes are states; the keys of parallel edges name the channels (key 0: no name).
        rate : str or None
            The edge attribute that holds the rate; None makes symbols from the labels.

        Examples
        --------
        >>> import networkx as nx, nesssym as ns
        >>> ring = nx.DiGraph([(1, 2), (2, 3), (3, 1)])
        >>> ns.StateGraph.from_networkx(ring, rate=None).symbols
        (k_1_2, k_2_3, k_3_1)
        """
        if not isinstance(graph, nx.Graph) or not graph.is_directed():
            raise ModelError(
                "expected a networkx DiGraph or MultiDiGraph, got "
                f"{type(graph).__name__}; use graph.to_directed() if every edge goes both ways"
            )
        entries = []
        for source, target, key, data in (
            graph.edges(keys=True, data=True)
            if graph.is_multigraph()
            else ((u, v, 0, d) for u, v, d in graph.edges(data=True))
        ):
            channel = "" if key == 0 else str(key)
            if rate is not None and rate not in data:
                raise ModelError(
                    f"the edge {source!r} -> {target!r} has no attribute {rate!r}; set it, name "
                    "another with rate=..., or pass rate=None for symbols"
                )
            entries.append((str(source), str(target), channel, rate and data[rate]))
        return cls._from_entries(entries, states=list(graph.nodes), assume=assume)

    @classmethod
    def from_rate_matrix(
        cls, rates: Any, states: Sequence[Hashable] | None = None, *, assume: Iterable[Any] = ()
    ) -> StateGraph:
        """Make a graph from a matrix with ``rates[i, j]`` the rate from state i to state j.

        This is the adjacency convention of networkx; `generator` is its transpose with the
        diagonal filled in.

        Parameters
        ----------
        rates : SymPy Matrix, NumPy array, SciPy sparse, pandas table or nested lists, shape (n, n)
            Non-negative rates; the diagonal must be zero. Floats are kept exactly.
        states : sequence of length n, optional
            Labels; else those of the table's columns, or "1", "2", ...

        Examples
        --------
        >>> import nesssym as ns
        >>> g = ns.StateGraph.from_rate_matrix([[0, "k"], [2, 0]], states=["A", "B"])
        >>> g.transitions[0].rate, g.transitions[0].reverse
        (k, 2)
        """
        rows = square(rates, "rate matrix")
        n = len(rows)
        labels = state_labels(n, states, rates)
        for i in range(n):
            if parsing.expr(rows[i][i]) != 0:
                raise ModelError(
                    f"the diagonal entry [{i}, {i}] is {rows[i][i]}, wanted 0: a rate matrix holds "
                    "the rates i -> j; a generator with negative diagonal is not one"
                )
        bonds = ((i, j) for i in range(n) for j in range(i + 1, n))
        entries = [
            (labels[a], labels[b], "", value)
            for i, j in bonds
            for a, b in ((i, j), (j, i))
            if (value := read_entry(f"entry [{a}, {b}]", rows[a][b])) != 0
        ]
        return cls._from_entries(entries, states=labels, assume=assume)

    @classmethod
    def from_counts(
        cls, counts: Any, states: Sequence[Hashable] | None = None, *, dwell: Any = None
    ) -> StateGraph:
        """Estimate rates from an observed jump sequence: jumps i -> j over the time spent in i.

        This is the maximum-likelihood estimate for continuous observation. Counts of a chain that
        is observed once a step (a year, a frame) give probabilities, not rates; for these use
        `nesssym.MarkovChain.from_counts`.

        Parameters
        ----------
        counts : array_like of int, shape (n, n)
            Observed jumps from row to column; the diagonal must be zero.
        states : sequence, optional
            Labels.
        dwell : sequence of length n
            Total time spent in each state, positive.

        Examples
        --------
        >>> import nesssym as ns
        >>> g = ns.StateGraph.from_counts([[0, 6], [5, 0]], dwell=[3, 10])
        >>> g.transitions[0].rate, g.transitions[0].reverse
        (2, 1/2)
        """
        if dwell is None:
            raise ModelError(
                "counts alone give the probabilities of a step, not rates; pass dwell=[time spent "
                "in each state], or use nesssym.MarkovChain.from_counts(counts)"
            )
        rows = [[parsing.number(c) for c in row] for row in square(counts, "count matrix")]
        times = [parsing.number(t) for t in dwell]
        if len(times) != len(rows):
            raise ModelError(f"{len(times)} dwell times for {len(rows)} states; give one each")
        for i, time in enumerate(times):
            if not time > 0:
                raise ModelError(f"the dwell time of state {i} is {time}; it must be positive")
        return cls.from_rate_matrix(
            [[c / t for c in row] for row, t in zip(rows, times, strict=True)],
            state_labels(len(rows), states, counts),
        )

    @classmethod
    def _from_entries(
        cls,
        entries: Sequence[tuple[str, str, str, Any]],
        *,
        states: Sequence[Hashable] | None = None,
        assume: Iterable[Any] = (),
        symbols: Mapping[str, Expr] | None = None,
    ) -> StateGraph:
        ends = (s for source, target, *_ in entries for s in (source, target))
        labels = tuple(map(str, states)) if states is not None else tuple(dict.fromkeys(ends))
        given: list[tuple[str, str, str, Expr | None]] = [
            (a, b, c, None if rate is None else read_entry(f"the rate of {a}->{b}", rate, symbols))
            for a, b, c, rate in entries
        ]
        unnamed = [(a, b, c) for a, b, c, rate in given if rate is None]
        names = default_names(labels, unnamed)
        taken = {s.name for *_, rate in given if rate is not None for s in rate.free_symbols}
        for name in names.values():
            if name in taken:
                raise NameClashError(
                    f"the symbol {name} made for a transition without rates is already in use; "
                    "name all rates, or rename it"
                )
        positive = tuple(parsing.expr(e, symbols) for e in assume)
        rates = [
            (a, b, c, parsing.symbol(names[a, b, c]) if rate is None else rate)
            for a, b, c, rate in given
        ]
        return cls(labels, pair_up(rates, positive), positive)

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        """The symbols of the rates, in order of appearance."""
        return rate_symbols(self.transitions)

    @cached_property
    def graph(self) -> nx.MultiDiGraph:
        """The frozen `networkx.MultiDiGraph`: edge keys are channels, `rate` holds the rate."""
        return multigraph(self.states, self.transitions)

    def generator(self) -> ImmutableDenseMatrix:
        """Return W with dp/dt = W p: ``W[j, i]`` is the rate i -> j, columns sum to zero."""
        index = {state: i for i, state in enumerate(self.states)}
        n = len(index)
        entries = [[Integer(0)] * n for _ in range(n)]
        for t in self.transitions:
            i, j = index[t.source], index[t.target]
            entries[j][i] += t.rate
            entries[i][j] += t.reverse
        for i in range(n):
            entries[i][i] = -Add(*(entries[j][i] for j in range(n) if j != i))
        return ImmutableDenseMatrix(entries)

    # ------------------------------------------------------------------ new graphs

    def subs(self, values: Mapping[Any, Any]) -> StateGraph:
        """Return a new graph with symbols replaced by numbers or expressions.

        A rate that becomes zero means no transition: it is dropped with a warning.

        Examples
        --------
        >>> import nesssym as ns
        >>> g = ns.StateGraph.from_text("A <-> B ; k*c, kr")
        >>> g.subs({"k": 2, "c": "1/3"}).transitions[0].rate
        2/3
        """
        env = parsing.substitution(values, self.symbols)
        parsing.check_powers((r for t in self.transitions for r in (t.rate, t.reverse)), env)
        rates = [
            (source, target, t.channel, rate.xreplace(env))
            for t in self.transitions
            for source, target, rate in (
                (t.source, t.target, t.rate),
                (t.target, t.source, t.reverse),
            )
            if rate != 0
        ]
        assume = tuple(e for e in (a.xreplace(env) for a in self.assume) if e.free_symbols)
        return replace(self, transitions=pair_up(rates, assume), assume=assume)

    def with_energies(
        self,
        energies: Mapping[Any, Any],
        *,
        beta: Any = 1,
        drive: Mapping[str, Any] | None = None,
        mu: Mapping[str, Any] | None = None,
        particles: Mapping[Any, Any] | None = None,
        split: Any = 0,
    ) -> StateGraph:
        r"""Return the graph with rates that obey local detailed balance.

        Each channel exchanges energy and particles with a reservoir of its own and may do
        non-conservative work, so that

        .. math:: \ln\frac{w_+}{w_-} = F = -\beta(\Delta E - \mu\,\Delta N - W).

        The forward rate `k` that a transition has becomes ``k*exp(split*F)``, the reverse rate
        ``k*exp(-(1 - split)*F)``. Affinities of such a graph contain only the drive, and kernels
        of currents stay exact to the last digits however weak it is.

        Parameters
        ----------
        energies : mapping
            State to energy, one for every state. Text makes real symbols.
        beta : expression or mapping, optional
            Inverse temperature 1/(k_B T); or one a channel (or transition label).
        drive : mapping, optional
            Channel or transition label to the work `W` done on the system along the transition.
        mu : mapping, optional
            Channel or transition label to the chemical potential of its reservoir.
        particles : mapping, optional
            State to number of particles; needed with `mu`.
        split : expression, optional
            How much of `F` the forward rate carries: 0 (default), 1/2 for symmetric rates.

        References
        ----------
        M. Esposito, C. Van den Broeck, Phys. Rev. E 82, 011143 (2010),
        doi:10.1103/PhysRevE.82.011143.

        Examples
        --------
        >>> import nesssym as ns
        >>> ring = ns.StateGraph.from_text("A <-> B ; a, 1 \n B <-> C ; b, 1 \n C <-> A ; c, 1")
        >>> driven = ring.with_energies({"A": "EA", "B": "EB", "C": "EC"}, drive={"C->A": "f"})
        >>> driven.transitions[0].reverse
        a*exp(-EA + EB)
        >>> ns.affinities(driven).exprs
        (f,)
        """
        transitions = balanced(
            self.states,
            self.transitions,
            {symbol.name: symbol for symbol in self.symbols},
            energies,
            beta=beta,
            drive=drive or {},
            mu=mu or {},
            particles=particles,
            split=split,
        )
        return replace(self, transitions=transitions)
