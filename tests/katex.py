"""A real parser of LaTeX for the tests: KaTeX, run by V8, both from the package index."""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from py_mini_racer import JSEvalException, MiniRacer

__all__ = ["LatexError", "check"]

# Documents may be long; KaTeX by default stops at 1000 expansions of its own shorthands.
OPTIONS = {"throwOnError": True, "strict": "error", "displayMode": True, "maxExpand": 10**6}


class LatexError(AssertionError):
    """LaTeX that KaTeX refuses, with its message."""


@cache
def _engine() -> MiniRacer:
    source = distribution("sphinxcontrib-katex").locate_file("sphinxcontrib/katex.min.js")
    engine = MiniRacer()
    engine.eval(Path(str(source)).read_text(encoding="utf-8"))
    engine.eval(
        f"function check(s) {{ katex.renderToString(s, {json.dumps(OPTIONS)}); return true; }}"
    )
    return engine


def check(latex: str) -> None:
    """Raise `LatexError` where `latex`, without dollars around it, is not right."""
    assert latex.isascii(), f"pdflatex does not take {latex!r}"
    try:
        _engine().call("check", latex)
    except JSEvalException as error:
        raise LatexError(f"{latex[:500]}\n{str(error)[:500]}") from None
