"""The command line: ``nesssym derive | verify | gallery``."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nesssym import gallery, parsing
from nesssym.derivation import Derivation
from nesssym.errors import NessError, ParseError, UnknownNameError
from nesssym.generic import affinities, entropy_production, steady_state
from nesssym.kernels import compile as compile_kernel
from nesssym.networks.files import ModelFile, read_toml
from nesssym.precise import precise_kernel, precise_values
from nesssym.system import System
from nesssym.verify import verify

__all__ = ["main"]

QUANTITIES: dict[str, Callable[[Any], Any]] = {
    "state": lambda model: steady_state(model).state,
    "currents": lambda model: steady_state(model).currents,
    "affinities": affinities,
    "entropy_production": lambda model: entropy_production(steady_state(model)),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status.

    Examples
    --------
    >>> main(["gallery"])  # doctest: +ELLIPSIS
    antiporter ...
    0
    """
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except NessError as error:
        print(f"nesssym: {error}", file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nesssym", description="Exact results about non-equilibrium steady states."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    derive = commands.add_parser("derive", help="print the derivation of a model")
    derive.add_argument("model", metavar="MODEL", help="a TOML file or a name of the gallery")
    derive.add_argument("--latex", metavar="FILE", help="write a LaTeX document too")
    derive.add_argument(
        "--values", nargs="+", default=[], metavar="NAME=VALUE", help="exact parameter values"
    )
    derive.add_argument(
        "--check", action="store_true", help="check published results and the kernel"
    )
    derive.set_defaults(run=_derive)

    check = commands.add_parser("verify", help="check a Python function against the exact result")
    check.add_argument("model", metavar="MODEL", help="a TOML file or a name of the gallery")
    check.add_argument(
        "candidate", metavar="FILE.py:FUNCTION", help="takes the parameters, returns the values"
    )
    check.add_argument(
        "--quantity",
        default="state",
        help=f"{', '.join(QUANTITIES)}, or what a system of the gallery derives",
    )
    check.add_argument("--samples", type=int, default=200)
    check.add_argument("--rtol", type=float, default=1e-9)
    check.add_argument("--seed", type=int, default=0)
    check.add_argument(
        "--range", nargs="+", default=[], metavar="NAME=LOW:HIGH", help="where to sample"
    )
    check.set_defaults(run=_verify)

    listing = commands.add_parser("gallery", help="list the models that come with nesssym")
    listing.set_defaults(run=_gallery)
    return parser


def _derive(options: argparse.Namespace) -> int:
    given = dict(_assignment(text) for text in options.values)
    file = _load(options.model)
    if isinstance(file, System):
        print(file.text(given))
        _write(options.latex, lambda: file.latex(given))
        return _report(file.checks()) if options.check else 0
    values = file.values | parsing.substitution(given, file.model.symbols)
    derivation = Derivation(file, values)
    print(derivation.text())
    _write(options.latex, derivation.latex)
    return _check(derivation) if options.check else 0


def _write(path: str | None, latex: Callable[[], str]) -> None:
    if path:
        Path(path).write_text(latex(), encoding="utf-8")
        print(f"\nLaTeX written to {path}")


def _check(derivation: Derivation) -> int:
    outcome = derivation.checks()
    state = derivation.steady.state
    floats = {symbol.name: float(derivation.values[symbol]) for symbol in state.symbols}
    exact = precise_values(precise_kernel(state), floats)
    got = compile_kernel(state)(**floats)
    error = max(abs(float(got[label] / value - 1)) for label, value in exact.items() if value)
    outcome.append(
        (f"kernel against exact arithmetic: worst relative error {error:.1e}", error < 1e-14)
    )
    return _report(outcome)


def _report(outcome: Sequence[tuple[str, bool]]) -> int:
    print("\nChecks")
    for text, passed in outcome:
        print(f"  {'ok  ' if passed else 'FAIL'} {text}")
    return 0 if all(passed for _, passed in outcome) else 1


def _verify(options: argparse.Namespace) -> int:
    found = _load(options.model)
    if isinstance(found, System):
        formulas = found[options.quantity]
    elif options.quantity in QUANTITIES:
        formulas = QUANTITIES[options.quantity](found.model)
    else:
        raise UnknownNameError.of("quantity", options.quantity, QUANTITIES)
    outcome = verify(
        _candidate(options.candidate),
        formulas,
        samples=options.samples,
        rtol=options.rtol,
        seed=options.seed,
        ranges=dict(_range(text) for text in options.range),
    )
    print(outcome)
    return 0 if outcome.passed else 1


def _gallery(options: argparse.Namespace) -> int:
    for name in gallery.names():
        print(f"{name:<20} {gallery.load(name).title}")
    return 0


def _load(model: str) -> ModelFile | System:
    if model in gallery.names():
        return gallery.load(model)
    return read_toml(model)


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ParseError(f"--values takes NAME=VALUE, got {text!r}")
    return name, value


def _range(text: str) -> tuple[str, tuple[float, float]]:
    name, _, bounds = text.partition("=")
    low, _, high = bounds.partition(":")
    try:
        return name, (float(low), float(high))
    except ValueError:
        raise ParseError(f"--range takes NAME=LOW:HIGH, got {text!r}") from None


def _candidate(place: str) -> Callable[..., Any]:
    path, _, name = place.rpartition(":")
    if not path or not Path(path).is_file():
        raise ParseError(f"the candidate is FILE.py:FUNCTION, got {place!r}")
    spec = importlib.util.spec_from_file_location("candidate", path)
    if spec is None or spec.loader is None:
        raise ParseError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Callable[..., Any] | None = getattr(module, name, None)
    if not callable(function):
        raise ParseError(f"{path} has no function {name!r}")
    return function
