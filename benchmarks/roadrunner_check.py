"""What nesssym read, against libRoadRunner: right-hand sides, stoichiometry, conservation laws."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import numpy as np
from sympy import Expr, Float, Integer, Symbol

import nesssym as ns
from nesssym import parsing

POINTS = 2
DIGITS = 30
OPEN = 1.25  # for constants without a value


def right_hand_sides(whole: Any, m: ns.SBMLModel) -> float:
    """The largest difference of rates of change to libRoadRunner's at random points.

    Rates of amounts are compared, each relative to the sum of all flows in and out of the species.
    """
    ids, other = _ids(m), whole.model
    there = list(other.getFloatingSpeciesIds())
    random, worst = Random(1), 0.0
    species = {*there, *other.getBoundarySpeciesIds()}
    for s in _open(m):
        name = (m.ids or {}).get(s.name, s.name)
        whole[f"[{name}]" if name in species else name] = OPEN
    for _ in range(POINTS):
        for name in ids.values():
            whole[f"[{name}]"] = random.uniform(0.5, 2)
        amounts = dict(zip(there, other.getFloatingSpeciesAmounts(), strict=True))
        dense = dict(zip(there, other.getFloatingSpeciesConcentrations(), strict=True))
        counted = {
            s: (amounts if m.amounts or whole.getHasOnlySubstanceUnits(i) else dense)[i]
            for s, i in ids.items()
        }
        env = _point(m, counted)
        net = dict.fromkeys(m.model.internal, (0.0, 0.0))
        for r, pair in zip(m.model.reactions, m.model.rates, strict=True):
            forward, backward = (float(rate.xreplace(env)) for rate in pair)
            for s, n in r.change.items():
                if s in net:
                    total, size = net[s]
                    net[s] = (
                        total + n * (forward - backward),
                        size + abs(n) * (abs(forward) + abs(backward)),
                    )
        for s, (total, size) in net.items():
            volume = amounts[ids[s]] / counted[s]
            theirs = other[f"{ids[s]}'"]
            worst = max(worst, abs(total * volume - theirs) / max(size * volume, 1e-300))
    return worst


def laws_agree(whole: Any, m: ns.SBMLModel) -> bool:
    """Whether the conservation laws are those of libRoadRunner's stoichiometric matrix.

    As many as its rank leaves room for, and each of them annihilates it.
    """
    ids = _ids(m)
    full = whole.getFullStoichiometryMatrix()
    rows = {name: i for i, name in enumerate(full.rownames)}
    columns = [i for i, name in enumerate(full.colnames) if name not in m.idle]
    matrix = np.array([np.asarray(full)[rows[i], columns] for i in ids.values()])
    laws = m.model.conservation_laws()
    weights = np.array([[law.get(s, 0) for s in ids] for law in laws]).reshape(len(laws), len(ids))
    missing = len(ids) - np.linalg.matrix_rank(matrix) if ids else 0
    flows = np.abs(weights) @ np.abs(matrix)
    left = np.abs(weights @ matrix)
    return bool(len(laws) == missing and (left <= 1e-9 * np.maximum(flows, 1e-300)).all())


def loaded(text: str) -> Any:
    """Return the model as libRoadRunner has it."""
    import roadrunner

    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
    return roadrunner.RoadRunner(text)


def _ids(m: ns.SBMLModel) -> dict[str, str]:
    return {s: (m.ids or {}).get(s, s) for s in m.model.internal}


def _point(m: ns.SBMLModel, counted: Mapping[str, float]) -> dict[Expr, Expr]:
    """Return all values; a reservoir that starts empty stays so."""
    env = {s: Float(v.evalf(DIGITS), DIGITS) for s, v in m.values.items()}
    env |= {parsing.symbol(s): Float(x, DIGITS) for s, x in counted.items()}
    env |= {s: Float(OPEN, DIGITS) for s in _open(m)}
    return env | {s: Integer(0) for s in m.model.symbols if s not in env}


def _open(m: ns.SBMLModel) -> list[Symbol]:
    """Return the constants for which the file has no value."""
    empty = {parsing.symbol(s) for s in m.model.chemostats}
    return [s for s in m.model.symbols if s not in m.values and s not in empty]
