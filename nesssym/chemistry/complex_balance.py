"""Complex balance: tree constants of complexes, and what they ask of the rate constants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sympy import Eq, Expr, Integer

from nesssym.diagrams import tree_sums
from nesssym.errors import ModelError, TooLargeError
from nesssym.exact import trees
from nesssym.exact.incidence import null_space
from nesssym.exact.monomials import monomial
from nesssym.formulas import Formulas, Steps
from nesssym.networks import ReactionNetwork
from nesssym.networks.reactions import Complex

__all__ = ["class_tree_sums", "complex_balance_conditions", "tree_constants"]

MAX_TREES = 100
MOST_TREES = 20_000


def class_tree_sums(
    network: ReactionNetwork, most: int = MAX_TREES
) -> Iterator[tuple[tuple[Complex, ...], list[Expr]]]:
    """Yield each linkage class with the tree sums of its complexes, where these are few enough."""
    graph = network.complex_graph
    for part in network.linkage_classes:
        index = {c: i for i, c in enumerate(part)}
        edges = [(index[a], index[b], rate) for a, b, rate in graph.edges(part, data="rate")]
        arcs = [(i, j) for i, j, _ in edges]
        if sum(trees.count(len(part), arcs, root) for root in index.values()) > most:
            continue
        yield part, tree_sums(len(part), arcs, [rate for *_, rate in edges])


def tree_constants(network: ReactionNetwork) -> Formulas:
    r"""Return the tree constant of every complex: the sum over trees of reactions towards it.

    A positive state is complex balanced if and only if the concentrations' monomials of the
    complexes of a linkage class are in the ratio of their tree constants,
    :math:`x^{y_a}/x^{y_b} = K_a/K_b`.

    Parameters
    ----------
    network : ReactionNetwork
        Mass action, weakly reversible; concentrations that chemostats hold are in the rates.

    Returns
    -------
    Formulas
        Labels are the complexes.

    Raises
    ------
    ModelError
        Rates that are not of mass action, or a network that is not weakly reversible, which has
        no complex-balanced state.
    TooLargeError
        More than 20,000 trees in a linkage class.

    References
    ----------
    G. Craciun, A. Dickenstein, A. Shiu, B. Sturmfels, J. Symb. Comput. 44, 1551 (2009),
    doi:10.1016/j.jsc.2008.08.006.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("2 A -> A + B ; a \n A + B -> 2 B ; b \n 2 B -> 2 A ; c")
    >>> ns.tree_constants(r)["A + B"]
    a*c
    """
    found = _constants(network)
    shared = Steps.over(network)
    return shared.formulas(
        ((str(c), K) for c, K in found.items()), heads=(rf"K_{{{c.latex}}}" for c in found)
    )


def complex_balance_conditions(network: ReactionNetwork) -> list[Eq]:
    r"""Return what the rate constants must obey for there to be a complex-balanced state.

    As many conditions as the deficiency, but for those that always hold: products of tree
    constants whose complexes cancel. Where they hold, every positive steady state is complex
    balanced, and there is exactly one for each set of totals.

    Parameters
    ----------
    network : ReactionNetwork
        As for `tree_constants`.

    Returns
    -------
    list of Eq
        Empty at deficiency zero.

    Raises
    ------
    ModelError, TooLargeError
        As for `tree_constants`.

    References
    ----------
    G. Craciun, A. Dickenstein, A. Shiu, B. Sturmfels, J. Symb. Comput. 44, 1551 (2009),
    doi:10.1016/j.jsc.2008.08.006.
    F. Horn, Arch. Ration. Mech. Anal. 49, 172 (1972), doi:10.1007/BF00255664.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("2 A -> A + B ; a \n A + B -> 2 B ; b \n 2 B -> 2 A ; c")
    >>> r.deficiency, ns.complex_balance_conditions(r)
    (1, [Eq(b**2, a*c)])
    """
    found = _constants(network)
    complexes = list(found)
    rows = [[c[s] for c in complexes] for s in network.internal]
    rows += [[int(c in part) for c in complexes] for part in network.linkage_classes]
    conditions = []
    for vector in null_space(rows):
        ratio = monomial(Integer(1))
        for c, n in zip(complexes, vector, strict=True):
            ratio = ratio * monomial(found[c]) ** n
        if not ratio.is_one:
            conditions.append(Eq(ratio.numerator, ratio.denominator, evaluate=False))
    return conditions


def _constants(network: ReactionNetwork) -> Mapping[Complex, Expr]:
    if not network.mass_action:
        raise ModelError("complex balance is of mass action; a reaction here has another rate law")
    if not network.weakly_reversible:
        raise ModelError(
            "no state is complex balanced, since the network is not weakly reversible: a reaction "
            "leaves a complex to which no others lead back"
        )
    found: dict[Complex, Expr] = {}
    for part, sums in class_tree_sums(network, MOST_TREES):
        found |= dict(zip(part, sums, strict=True))
    missing = [c for c in network.complexes if c not in found]
    if missing:
        raise TooLargeError(
            f"the linkage class of {missing[0]} has more than {MOST_TREES:,} spanning trees"
        )
    return {c: found[c] for c in network.complexes}
