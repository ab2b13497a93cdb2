"""``import nesssym`` loads nothing before it is used, and then its five dependencies."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

DEPENDENCIES = ("sympy", "networkx", "numpy", "mpmath", "flint")


def loaded(*names: str, then: str = "") -> set[str]:
    """What a fresh interpreter has in sys.modules after some imports and an expression."""
    code = (
        f"import json, sys, {', '.join(names)}; {then or None}; print(json.dumps([*sys.modules]))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(run.stdout))


def test_nothing_is_loaded_before_it_is_used():
    added = loaded("nesssym") - loaded("ast", "importlib.resources")
    assert {name.partition(".")[0] for name in added} - sys.stdlib_module_names == {"nesssym"}
    assert added <= {"nesssym"} | {name for name in added if not name.startswith("nesssym")}


@pytest.mark.parametrize("name", ["StateGraph", "compile", "verify", "gallery"])
def test_nothing_but_the_dependencies_is_loaded(name):
    used = loaded(*DEPENDENCIES, "nesssym", then=f"nesssym.{name}")
    added = used - loaded(*DEPENDENCIES)
    packages = {name.partition(".")[0] for name in added} - sys.stdlib_module_names
    assert packages <= {"nesssym", *DEPENDENCIES}
    assert not {"sympy.plotting", "sympy.stats", "networkx.drawing.nx_pylab"} & added
    assert "nesssym.cli" not in added


def test_a_function_is_not_hidden_by_the_module_of_its_name():
    code = "import nesssym.verify, nesssym.sweep, nesssym as ns; print(ns.verify, ns.sweep)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.count("<function") == 2


def test_unknown_names_are_unknown():
    import nesssym

    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        _ = nesssym.no_such_name
    assert "steady_state" in dir(nesssym)
