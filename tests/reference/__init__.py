"""Published and independently computed values, and how they are read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nesssym as ns
from nesssym import parsing

__all__ = ["CASES", "SYSTEMS", "exact", "model"]


def _cases(name):
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    return {case["id"]: case for case in json.loads(text)["cases"]}


CASES = _cases("stochastic_thermodynamics.json")
SYSTEMS = _cases("systems.json")


def model(case, assume=()):
    """The state graph of a case."""
    rates = {
        (e["source"], e["target"], e.get("channel", "")): e["rate"]
        for e in CASES[case]["model"]["edges"]
    }
    return ns.StateGraph.from_rates(rates, states=CASES[case]["model"]["states"], assume=assume)


def exact(text):
    """An exact value as it is printed there."""
    return parsing.expression(re.sub(r"S\((\d+)\)", r"\1", text))
