"""Networks that are fed: no amounts of unlike units are added on the way to their currents."""

from __future__ import annotations

import math

import pint
import pytest

import nesssym as ns
from nesssym.programs.emit import python_source

UNITS = pint.UnitRegistry()


def _fed(count, *, ring):
    lines = [f"S{i} <-> S{i + 1} ; a{i}, b{i}" for i in range(1, count)]
    if ring:
        lines.append(f"S{count} <-> S1 ; a{count}, b{count}")
    lines += ["0 -> S1 ; f", *(f"S{i} -> 0 ; d{i}" for i in range(1, count + 1))]
    return ns.ReactionNetwork.from_text("\n".join(lines))


def _difference(*products):
    return sum((-1) ** i * math.prod(factors) for i, factors in enumerate(products))


def _run(formulas):
    kernel = ns.compile(formulas)
    scope = {"difference": _difference}
    exec(python_source(kernel.program), scope)
    units = {name: "mol/L/s" if name == "f" else "1/s" for name in kernel.arguments}
    given = (UNITS.Quantity(1.5, units[name]) for name in kernel.arguments)
    return dict(zip(formulas, scope["kernel"](*given), strict=True))


@pytest.mark.parametrize(("count", "method"), [(2, "trees"), (3, "trees"), (9, "elimination")])
def test_currents_of_fed_networks_have_the_unit_of_the_feed(count, method):
    ss = ns.steady_state(_fed(count, ring=count > 2))
    assert ss.method == method
    for value in _run(ss.state).values():
        assert value.check("[concentration]")
    for value in _run(ss.currents).values():
        assert value.check("[concentration]/[time]")


@pytest.mark.parametrize("count", [2, 3, 9])
def test_currents_of_fed_networks_balance(count):
    network = _fed(count, ring=count > 2)
    ss = ns.steady_state(network)
    values = {s: k + 2 for k, s in enumerate(network.symbols)}
    x, net = ss.state.at(values), ss.currents.at(values)
    levels = {ns.parsing.symbol(s): c for s, c in x.items()}
    for r, (forward, backward) in zip(network.reactions, network.rates, strict=True):
        assert net[r.name] == (forward - backward).xreplace(levels).xreplace(values)
    for s in network.internal:
        assert sum(r.change.get(s, 0) * net[r.name] for r in network.reactions) == 0
