"""``import nesssym`` loads its five dependencies and itself, nothing else."""

from __future__ import annotations

import json
import subprocess
import sys

DEPENDENCIES = ("sympy", "networkx", "numpy", "mpmath", "flint")
MOST_MODULES = 200


def loaded(*names: str) -> set[str]:
    """What a fresh interpreter has in sys.modules after some imports."""
    code = f"import json, sys, {', '.join(names)}; print(json.dumps(list(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(run.stdout))


def test_nothing_but_the_dependencies_is_loaded():
    added = loaded(*DEPENDENCIES, "nesssym") - loaded(*DEPENDENCIES)
    packages = {name.partition(".")[0] for name in added} - sys.stdlib_module_names
    assert packages <= {"nesssym", *DEPENDENCIES}
    assert "nesssym" in packages
    assert not {"sympy.plotting", "sympy.stats", "networkx.drawing.nx_pylab"} & added
    assert len(added) <= MOST_MODULES, sorted(added)
    assert "nesssym.cli" not in added
