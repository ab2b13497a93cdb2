"""All diagrams of one kind in one object: counted, summed, listed, sampled, the heaviest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import islice
from math import isnan
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from sympy import Expr

from nesssym import parsing
from nesssym.errors import ModelError, ParameterError, UnknownNameError
from nesssym.exact import tree_queries, trees
from nesssym.exact.tree_diagram import TreeDiagram
from nesssym.networks import Model
from nesssym.thermodynamics import Cycle

__all__ = ["Diagrams"]

DIGITS = 50

Edge = tuple[str, str, str, Expr]
Values = Mapping[Any, Any]


@dataclass(frozen=True, eq=False, repr=False)
class Diagrams:
    r"""All diagrams of one kind, held together without being listed.

    Made by `partial_diagrams`, `directional_diagrams` and `flux_diagrams`. Iterating gives
    networkx graphs, one by one; `arrays` gives millions a second as NumPy arrays; `count`, `sum`,
    `through`, `sample` and `heaviest` list nothing at all.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        The model.
    kind : str
        ``"partial"``, ``"directional"`` or ``"flux"``.
    edges : tuple of (str, str, str, Expr)
        What the entries of arrays stand for: source, target, channel and rate.
    n : int
        The number of vertices of the graph whose trees these are.
    arcs : tuple of (int, int)
        Its arcs; ``kinds[i]`` is the edge that arc ``i`` stands for.
    kinds : tuple of int
        An edge for each arc.
    root : int or None
        The vertex to which the trees lead; None is for every vertex in turn.
    columns : tuple of int
        For each vertex but the root the column of arrays in which its arc stands.
    cycle : Cycle, optional
        The cycle of flux diagrams.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    >>> ns.directional_diagrams(g)
    <9 directional diagrams of 3 states>
    """

    model: Model
    kind: str
    edges: tuple[Edge, ...]
    n: int
    arcs: tuple[tuple[int, int], ...]
    kinds: tuple[int, ...]
    root: int | None
    columns: tuple[int, ...]
    cycle: Cycle | None = None

    def __repr__(self) -> str:
        return f"<{self.count()} {self.kind} diagrams of {len(self.model.states)} states>"

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The names of the edges, in order: ``A->B``, with the channel behind a stroke."""
        return tuple(f"{i}->{j}" + (f"/{c}" if c else "") for i, j, c, _ in self.edges)

    def count(self) -> int:
        """Return the exact number of diagrams, from integer determinants.

        Examples
        --------
        >>> import networkx as nx, nesssym as ns
        >>> cube = nx.hypercube_graph(5).to_directed()
        >>> ns.partial_diagrams(ns.StateGraph.from_networkx(cube, rate=None)).count()
        20776019874734407680
        """
        roots = range(self.n) if self.root is None else [self.root]
        return sum(trees.count(self.n, self.arcs, root) for root in roots)

    @property
    def size_bound(self) -> int:
        """The largest number of nodes that the decision diagram can need, known beforehand.

        Building is refused, with `TooLargeError`, beyond a million nodes; the bound is often far
        above what is needed.
        """
        return trees.node_bound(self.n, self.arcs, self.root)

    def arrays(self, chunk: int = 1 << 16) -> Iterator[NDArray[np.intp]]:
        r"""List all diagrams as arrays of indices into `edges`, `chunk` of them at a time.

        Yields
        ------
        ndarray
            One row a diagram. In partial diagrams, which have no directions, the indices are
            those of the transitions, n - 1 in a row. Otherwise column ``i`` has the edge by which
            state ``i`` is left, or -1 where it is the root or on the cycle: the rows hold the
            orientation too.

        Raises
        ------
        ParameterError
            If `chunk` is not positive.
        TooLargeError
            If the graph is too wide.

        Examples
        --------
        >>> import nesssym as ns
        >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d")
        >>> found = ns.directional_diagrams(g)
        >>> found.labels
        ('A->B', 'B->A', 'B->C', 'C->B')
        >>> [rows.tolist() for rows in found.arrays()]
        [[[0, 2, -1], [0, -1, 3], [-1, 1, 3]]]
        """
        return (self._edges(rows) for rows in self._diagram.arrays(chunk))

    def __iter__(self) -> Iterator[nx.MultiDiGraph | nx.MultiGraph]:
        """Give each diagram as a networkx graph; a directional one knows its ``root``."""
        return (self.graph(row) for rows in self.arrays(1 << 10) for row in rows.tolist())

    def sum(self, values: Values | None = None, weights: Sequence[Any] | None = None) -> Any:
        r"""Add up the products of the weights of all diagrams, without listing them.

        For directional diagrams to one state this is its unnormalised steady probability, and to
        all states the normalisation.

        Parameters
        ----------
        values : mapping, optional
            Exact values of the symbols; the weights are the rates then.
        weights : sequence, optional
            Instead: one element of any commutative ring for each edge, such as floats,
            Fractions or FLINT polynomials. Without both, diagrams are counted.

        Raises
        ------
        ModelError
            Not one weight an edge.
        ParameterError
            A value out of range, a weight that is not a number, or a rate that is irrational.
        TooLargeError
            The graph is too wide.

        Examples
        --------
        >>> import nesssym as ns
        >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
        >>> values = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6}
        >>> ns.directional_diagrams(g, "A").sum(values)  # b*d + b*e + c*e
        Fraction(33, 1)
        """
        given, one = self._weights(values, weights)
        return self._diagram.sum(self._each(given, one), one) * self._factor(values, weights)

    def split(
        self, edge: object, values: Values | None = None, weights: Sequence[Any] | None = None
    ) -> tuple[Any, Any]:
        r"""Return ``(a, b)`` such that the sum is ``a + b*w`` as a function of one edge's weight.

        A tree has an edge once or not at all. So ``a`` is the sum over the diagrams without the
        edge, ``b`` the sum over those with it, the edge contracted: the derivative. Both come
        by sums and products alone.

        Parameters
        ----------
        edge : str
            One of `labels`.
        values, weights
            As for `sum`; the weight of the edge itself does not matter.

        Raises
        ------
        UnknownNameError
            There is no such edge.

        Examples
        --------
        >>> import nesssym as ns
        >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
        >>> values = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6}
        >>> ns.directional_diagrams(g, "A").split("C->A", values)  # b*d + (b + c)*e
        (Fraction(8, 1), Fraction(5, 1))
        """
        place = self._place(edge)
        given, one = self._weights(values, weights)
        given[place] = one * 0
        each = self._each(given, one)
        slopes = tree_queries.contractions(self._diagram, each, one)
        factor = self._factor(values, weights)
        slope = sum((d for d, k in zip(slopes, self.kinds, strict=False) if k == place), one * 0)
        return self._diagram.sum(each, one) * factor, slope * factor

    def sample(self, size: int, seed: int, values: Values | None = None) -> NDArray[np.intp]:
        """Draw independent diagrams, each with exactly its probability, as rows of `arrays`.

        Parameters
        ----------
        size : int
            How many.
        seed : int
            The same seed draws the same diagrams.
        values : mapping, optional
            Values of the symbols: diagrams come in proportion to the product of their rates.
            Without it all are equally likely. Irrational rates are taken to 50 digits.

        Raises
        ------
        ParameterError
            A value out of range.
        TooLargeError
            The graph is too wide.
        """
        given, one = self._weights(values, None, digits=DIGITS)
        return self._edges(self._diagram.sample(size, seed, self._each(given, one)))

    def heaviest(
        self, k: int, values: Values
    ) -> list[tuple[nx.MultiDiGraph | nx.MultiGraph, Fraction]]:
        r"""Return the `k` diagrams with the largest products of rates, heaviest first.

        For small noise, rates differ by exponentials, and the heaviest diagram of each state is
        what is left of its probability.

        Parameters
        ----------
        k : int
            How many.
        values : mapping
            Values of the symbols. Irrational rates are taken to 50 digits.

        Returns
        -------
        list of (networkx graph, Fraction)
            Each with the product of its rates.

        Raises
        ------
        ParameterError
            `k` is larger than the number of diagrams, or a value is out of range.
        TooLargeError
            The graph is too wide.

        References
        ----------
        M. I. Freidlin, A. D. Wentzell, Random Perturbations of Dynamical Systems, 3rd edition,
        Springer 2012, doi:10.1007/978-3-642-25847-3.

        Examples
        --------
        >>> import nesssym as ns
        >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
        >>> values = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6}
        >>> [(tree, weight)] = ns.directional_diagrams(g).heaviest(1, values)
        >>> tree.graph["root"], sorted(tree.edges()), weight
        ('B', [('A', 'C'), ('C', 'B')], Fraction(24, 1))
        """
        total = self.count()
        if not 1 <= k <= total:
            raise ParameterError(
                f"k is {k}, wanted a number from 1 to {total}, which is all there are"
            )
        given, one = self._weights(values, None, digits=DIGITS)
        factor = self._factor(values, None)
        found = tree_queries.heaviest(self._diagram, self._each(given, one))
        result = []
        for row, _ in islice(found, k):
            [edges] = self._edges(row[None, :]).tolist()
            weight = factor
            for edge in edges:
                weight *= given[edge] if edge >= 0 else 1
            result.append((self.graph(edges), weight))
        return result

    @cached_property
    def _diagram(self) -> TreeDiagram:
        if self.root is None:
            return trees.build_all(self.n, self.arcs)
        return trees.build(self.n, self.arcs, self.root)

    def _edges(self, rows: NDArray[Any]) -> NDArray[np.intp]:
        """Trees of arcs as rows of edges, each in the column of its state."""
        if self.kind == "partial":
            return rows >> 1
        if self.root is None:
            return np.where(rows < len(self.arcs), rows, -1)
        found = np.full((len(self.model.states), len(rows)), -1, dtype=np.intp)
        kinds = np.array(self.kinds, dtype=np.intp)
        found[list(self.columns)] = kinds[rows.T] if self.cycle else rows.T
        return found.T

    def graph(self, row: Iterable[int]) -> nx.MultiDiGraph | nx.MultiGraph:
        """Return the networkx graph of one row of `arrays` or `sample`."""
        graph = nx.MultiGraph() if self.kind == "partial" else nx.MultiDiGraph()
        graph.add_nodes_from(self.model.states)
        if self.cycle is not None:
            for t, sign in self.cycle.steps:
                ends = (t.source, t.target)[::sign]
                rate = (t.rate, t.reverse)[::sign][0]
                graph.add_edge(*ends, key=t.channel, rate=rate, cycle=True)
            graph.graph["cycle"] = self.cycle.label
        for column, edge in enumerate(row):
            if edge >= 0:
                source, target, channel, rate = self.edges[edge]
                kept = {} if self.kind == "partial" else {"rate": rate}
                graph.add_edge(source, target, key=channel, **kept)
            elif self.kind == "directional":
                graph.graph["root"] = self.model.states[column]
        return graph

    def _place(self, edge: object) -> int:
        if str(edge) not in self.labels:
            raise UnknownNameError.of("edge", edge, self.labels)
        return self.labels.index(str(edge))

    def _weights(
        self, values: Values | None, weights: Sequence[Any] | None, digits: int = 0
    ) -> tuple[list[Any], Any]:
        """One weight an edge, and the unit of their ring."""
        if weights is not None:
            given = list(weights)
            if values is not None:
                raise ParameterError("both values and weights came, wanted one of them")
            if len(given) != len(self.edges):
                raise ModelError(
                    f"{len(given)} weights came for {len(self.edges)} edges, wanted one each, "
                    "in the order of labels"
                )
            for label, weight in zip(self.labels, given, strict=True):
                if isinstance(weight, float) and isnan(weight):
                    raise ParameterError(f"the weight of {label} is nan, wanted a number")
            return given, given[0] ** 0 if given else 1
        if values is None:
            return [1] * len(self.edges), 1
        if self.kind == "partial":
            raise ParameterError(
                "partial diagrams have no direction, so rates are no weights for them; give "
                "weights=, one a transition, or ask directional_diagrams"
            )
        env = parsing.substitution(values, self.model.symbols)
        parsing.check_values(env, self.model.assume)
        return [
            _rational(rate.xreplace(env), label, digits)
            for (*_, rate), label in zip(self.edges, self.labels, strict=True)
        ], Fraction(1)

    def _each(self, given: Sequence[Any], one: Any) -> list[Any]:
        """Give the weights of the arcs of the diagram, those that mark a root included."""
        return [given[k] for k in self.kinds] + [one] * (self.n if self.root is None else 0)

    def _factor(self, values: Values | None, weights: Sequence[Any] | None) -> Any:
        """Return the product of the rates along the cycle that all diagrams share."""
        if self.cycle is None or values is None:
            return 1
        env = parsing.substitution(values, self.model.symbols)
        product = Fraction(1)
        for rate in self.cycle.rates[0]:
            product *= _rational(rate.xreplace(env), self.cycle.label, DIGITS)
        return product


def _rational(rate: Expr, label: str, digits: int) -> Fraction:
    """Return an exact rate; where it is irrational and `digits` are given, a fraction close by."""
    if rate.free_symbols:
        names = ", ".join(sorted(s.name for s in rate.free_symbols))
        raise UnknownNameError(f"no value for {names} in the rate of {label}")
    if not rate.is_Rational and digits:
        rate = parsing.number(rate.evalf(digits))
    if not rate.is_Rational:
        raise ParameterError(
            f"the rate of {label} is {rate}, which is irrational; give weights= in the numbers "
            "you want, as floats or flint.arb"
        )
    if rate.is_negative:
        raise ParameterError(f"the rate of {label} is {rate}: it must be >= 0")
    return Fraction(int(rate.p), int(rate.q))
