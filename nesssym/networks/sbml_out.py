"""Reaction networks to SBML, and to and from antimony."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from sympy import (
    E,
    Expr,
    Integer,
    Rational,
    Symbol,
    cos,
    cosh,
    exp,
    log,
    pi,
    sin,
    sinh,
    tan,
    tanh,
)

from nesssym import parsing
from nesssym.errors import MissingExtraError, ModelError, ParameterError, ParseError
from nesssym.networks.reaction_network import ReactionNetwork
from nesssym.networks.sbml import SBMLModel, parse_sbml
from nesssym.networks.sbml_document import MAX_BYTES, libsbml
from nesssym.networks.sbml_math import decimal

__all__ = ["from_antimony", "to_antimony", "to_sbml"]

_FUNCTIONS = {
    exp: "EXP",
    log: "LN",
    sin: "SIN",
    cos: "COS",
    tan: "TAN",
    sinh: "SINH",
    cosh: "COSH",
    tanh: "TANH",
}
_COMPARTMENT = "compartment"
_IMPORT = re.compile(r"(?:^|;)\s*import\b", re.MULTILINE)
LIMB = 10**9  # whole numbers have 32 bits in libsbml, so that longer ones are put together
MAX_WHOLE = 10**300


def to_sbml(
    network: ReactionNetwork,
    values: Mapping[Any, Any] | None = None,
    initial: Mapping[str, Any] | None = None,
) -> str:
    """Write a reaction network as SBML, level 3 version 2.

    All species stand in one compartment of volume 1; chemostats are boundary species. Reading it
    again gives the same network. Formulas are exact; values and initial concentrations are
    rounded once to the float64 numbers that SBML has.

    Parameters
    ----------
    network : ReactionNetwork
        Any network.
    values : mapping, optional
        Symbols or their names to numbers: rate constants and concentrations of chemostats.
    initial : mapping of str to number, optional
        Concentrations of internal species at the start; else they are left open.

    Raises
    ------
    ModelError
        A formula or name that SBML does not have; the message names it.
    MissingExtraError
        python-libsbml is not installed.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("bind: A + E <-> C ; k, kr", chemostats=["A"])
    >>> m = ns.parse_sbml(ns.to_sbml(r, {"k": "1/2", "A": 3}))
    >>> m.model.chemostats, m.values
    (('A',), {k: 1/2, A: 3})
    """
    module = libsbml()
    env = parsing.substitution(values or {}, network.symbols)
    parsing.check_values(env, network.assume)
    starts = {str(s): parsing.expr(v) for s, v in (initial or {}).items()}
    if unknown := [s for s in starts if s not in network.internal]:
        raise ModelError(f"{unknown[0]!r} in initial is no internal species")
    document = module.SBMLDocument(3, 2)
    model = document.createModel()
    model.setId("network")
    taken = {*network.species, *(s.name for s in network.symbols)}
    rooms = (f"{_COMPARTMENT}{i or ''}" for i in range(len(taken) + 1))
    room = next(name for name in rooms if name not in taken)
    place = model.createCompartment()
    _checked(place.setId(room), room)
    place.setConstant(True)
    place.setSize(1)
    place.setSpatialDimensions(3)
    for s, level in network.concentrations.items():
        held = s in network.chemostats
        made = model.createSpecies()
        _checked(made.setId(s), s)
        made.setCompartment(room)
        made.setBoundaryCondition(held)
        made.setConstant(held)
        made.setHasOnlySubstanceUnits(False)
        number = level.xreplace(env) if held else starts.get(s)
        if number is not None and number.is_number:
            made.setInitialConcentration(_float(s, number))
        elif held and level != parsing.symbol(s):
            raise ModelError(f"chemostat {s!r} is held at {level}; give its symbols in values")
    for symbol in network.symbols:
        if symbol.name not in network.species:
            parameter = model.createParameter()
            _checked(parameter.setId(symbol.name), symbol.name)
            parameter.setConstant(True)
            if symbol in env:
                parameter.setValue(_float(symbol, env[symbol]))
    here = {s: parsing.symbol(s) for s in network.species}
    all_names = {r.name for r in network.reactions}
    taken.add(room)
    for number, r in enumerate(network.reactions, 1):
        made = model.createReaction()
        if made.setId(r.name) != module.LIBSBML_OPERATION_SUCCESS or r.name in taken:
            names = (f"reaction{number}{'_' * i}" for i in range(len(taken) + 1))
            made.setId(next(name for name in names if name not in taken | all_names))
            made.setName(r.name)
        made.setReversible(r.reversible)
        for side, create in (
            (r.reactants, made.createReactant),
            (r.products, made.createProduct),
        ):
            for s, n in side.terms:
                ref = create()
                ref.setSpecies(s)
                ref.setStoichiometry(n)
                ref.setConstant(True)
        forward, backward = r.rates(here)
        net = forward - backward
        for name in sorted(s.name for s in net.free_symbols):
            if name in here and name not in r.species:
                made.createModifier().setSpecies(name)
        law = made.createKineticLaw()
        law.setMath(_tree(net, module))
    return str(module.writeSBMLToString(document))


def from_antimony(text: str) -> SBMLModel:
    """Read a network from antimony, through libantimony and SBML; see `nesssym.read_sbml`.

    In antimony ``->`` is reversible and ``=>`` is not, and a ``$`` marks a chemostat.

    Raises
    ------
    ParseError
        Not antimony; the message is libantimony's.
    ModelError
        What the network cannot represent, by its id.
    MissingExtraError
        antimony or python-libsbml is not installed.

    Examples
    --------
    >>> import nesssym as ns
    >>> m = ns.from_antimony("R1: $A + 2 X -> C; k*A*X^2 - kr*C; k = 0.1; kr = 2; A = 3;")
    >>> m.model.reactions, m.values
    ((R1: A + 2 X <-> C ; k, kr,), {k: 1/10, kr: 2, A: 3})
    """
    if not isinstance(text, str):
        raise ParseError(f"antimony is a str, got {type(text).__name__}")
    if len(text) > MAX_BYTES or "\0" in text:
        raise ParseError(f"not antimony: a text without zeros of up to {MAX_BYTES} characters")
    if _IMPORT.search(text):
        raise ParseError("antimony: import reads another file; put its text in instead")
    module = _antimony()
    module.clearPreviousLoads()
    if module.loadAntimonyString(text) < 0:
        raise ParseError(f"not antimony: {' '.join(module.getLastError().split())[:300]}")
    return parse_sbml(module.getSBMLString(module.getMainModuleName()))


def to_antimony(
    network: ReactionNetwork,
    values: Mapping[Any, Any] | None = None,
    initial: Mapping[str, Any] | None = None,
) -> str:
    """Write a network as antimony; arguments and errors as in `to_sbml`.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("bind: A + E <-> C ; k, kr", chemostats=["A"])
    >>> ns.from_antimony(ns.to_antimony(r)).model.reactions
    (bind: A + E <-> C ; k, kr,)
    """
    module = _antimony()
    module.clearPreviousLoads()
    if module.loadSBMLString(to_sbml(network, values, initial)) < 0:
        raise ModelError(f"antimony refuses the network: {module.getLastError()[:300]}")
    return str(module.getAntimonyString(module.getMainModuleName()))


def _antimony() -> Any:
    try:
        import antimony
    except ImportError:
        raise MissingExtraError.of("antimony", "sbml") from None
    return antimony


def _checked(status: int, name: str) -> None:
    if status != 0:
        raise ModelError(f"{name!r} is not a name that SBML can hold")


def _float(name: object, number: Expr) -> float:
    value = float(number)
    if not isfinite(value) or (value == 0) is not bool(number == 0):
        raise ParameterError(f"{name} is {str(number)[:40]}, which no float64 number can hold")
    return value


def _tree(expr: Expr, module: Any) -> Any:
    """Return libsbml's tree of an expression."""
    node = module.ASTNode()
    if isinstance(expr, Symbol):
        node.setType(module.AST_NAME)
        node.setName(expr.name)
        return node
    if isinstance(expr, Rational):
        return _number(expr, module)
    if expr in (pi, E):
        node.setType(module.AST_CONSTANT_PI if expr == pi else module.AST_CONSTANT_E)
        return node
    if expr.is_Add:
        return _joined(module, module.AST_PLUS, expr.args)
    if expr.is_Mul:
        return _joined(module, module.AST_TIMES, expr.args)
    if expr.is_Pow:
        return _joined(module, module.AST_POWER, expr.args)
    name = _FUNCTIONS.get(expr.func)
    if name is None:
        raise ModelError(f"{str(expr)[:60]} is not a formula that is written to SBML")
    return _joined(module, getattr(module, f"AST_FUNCTION_{name}"), expr.args)


def _number(value: Rational, module: Any) -> Any:
    """Return the tree of a rational number: a decimal where that is exact, else whole numbers."""
    if abs(value.p) >= MAX_WHOLE or value.q >= MAX_WHOLE:
        raise ModelError("a number of over 300 digits is not written to SBML")
    if value.is_Integer and abs(value) < 2**31:
        node = module.ASTNode(module.AST_INTEGER)
        node.setValue(int(value))
        return node
    if not value.is_Integer:
        if decimal(float(value)) != value:
            return _joined(module, module.AST_DIVIDE, [Integer(value.p), Integer(value.q)])
        node = module.ASTNode(module.AST_REAL)
        node.setValue(float(value))
        return node
    upper, lower = divmod(abs(int(value)), LIMB)
    parts = [_joined(module, module.AST_TIMES, [Integer(upper), Integer(LIMB)])]
    parts += [_number(Integer(lower), module)] if lower else []
    whole = _over(module, module.AST_PLUS, parts) if lower else parts[0]
    return whole if value > 0 else _over(module, module.AST_MINUS, [whole])


def _joined(module: Any, kind: int, args: Any) -> Any:
    return _over(module, kind, [_tree(arg, module) for arg in args])


def _over(module: Any, kind: int, nodes: Any) -> Any:
    node = module.ASTNode(kind)
    for child in nodes:
        node.addChild(child)
    return node
