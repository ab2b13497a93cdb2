"""Check somebody's numeric code against exact results: where it is wrong, and by how much."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

from nesssym.errors import ParameterError, UnknownNameError
from nesssym.formulas import Formulas
from nesssym.precise import precise_kernel, precise_values

__all__ = ["Deviation", "Verification", "verify"]

DIGITS = 40


@dataclass(frozen=True)
class Deviation:
    """One value that a candidate got, beside the exact one.

    Attributes
    ----------
    parameters : dict
        The point, name to float.
    label : str
        Which result.
    expected, got : float
        The exact value, rounded, and the candidate's.
    relative_error : float
        ``|got - expected| / |expected|``; infinite for a wrong zero, NaN or missing value.
    """

    parameters: dict[str, float]
    label: str
    expected: float
    got: float
    relative_error: float


@dataclass(frozen=True)
class Verification:
    """The outcome of `verify`. Truthy when passed; printing it tells all.

    Attributes
    ----------
    status : {"pass", "fail", "not implemented"}
        Not implemented: the candidate raised NotImplementedError at every point.
    rtol : float
        The relative error allowed.
    samples : int
        Points compared.
    worst : Deviation or None
        The largest relative error, anywhere.
    by_label : dict
        The largest relative error of each label.
    failures : int
        How many values were off by more than `rtol`.

    Examples
    --------
    >>> import nesssym as ns
    >>> ss = ns.steady_state(ns.StateGraph.from_text("A <-> B ; k, kr"))
    >>> print(ns.verify(lambda k, kr: [0.5, 0.5], ss.state, samples=3, ranges={"k": (1, 1)}).status)
    fail
    """

    status: str
    rtol: float
    samples: int
    worst: Deviation | None
    by_label: dict[str, float]
    failures: int

    @property
    def passed(self) -> bool:
        """Whether every value agreed within `rtol`."""
        return self.status == "pass"

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        if self.worst is None:
            return f"{self.status}: no value was returned at any of {self.samples} points"
        total = self.samples * len(self.by_label)
        lines = [
            f"{self.status}: {total - self.failures} of {total} values within {self.rtol:.1e} "
            f"at {self.samples} points"
        ]
        lines += [
            f"  {label:<20} worst relative error {error:.2e}"
            + ("" if error <= self.rtol else "   <-- wrong")
            for label, error in self.by_label.items()
        ]
        at = ", ".join(f"{name}={value:.17g}" for name, value in self.worst.parameters.items())
        lines.append(
            f"worst: {self.worst.label} expected {self.worst.expected:.17g}, got "
            f"{self.worst.got:.17g}, relative error {self.worst.relative_error:.2e}\n  at {at}"
        )
        return "\n".join(lines)


def verify(
    candidate: Callable[..., Any],
    formulas: Formulas,
    *,
    samples: int = 200,
    rtol: float = 1e-9,
    ranges: Mapping[Any, tuple[float, float]] | None = None,
    seed: int = 0,
    tiny: float = 1e-300,
) -> Verification:
    """Compare a numeric code with exact formulas at random points, stiff ones included.

    Every point is a set of float64 values, which are exact binary fractions, so the exact result
    for just these values exists and is what the candidate is held to. Half of the points are
    moderate (two decades around the middle of the ranges), half spread over the whole ranges.

    Parameters
    ----------
    candidate : callable
        Called with one float a symbol by name; returns a mapping from label to number, or a
        sequence in the order of ``formulas.labels``. An arithmetic error or a singular matrix
        counts as NaN.
    formulas : Formulas
        The exact results.
    samples : int, optional
        Number of points.
    rtol : float, optional
        Relative error allowed for every value.
    ranges : mapping, optional
        Symbol or name to (lowest, highest). Positive ranges are sampled log-uniformly. By
        default 1e-6 ... 1e6 for positive symbols and -3 ... 3 for others.
    seed : int, optional
        The same seed gives the same points.
    tiny : float, optional
        Exact values smaller than this are compared with this as their size.

    Returns
    -------
    Verification

    Raises
    ------
    UnknownNameError
        A range for an unknown symbol, or a mapping that lacks a label.
    ParameterError
        An empty or reversed range.

    Examples
    --------
    >>> import nesssym as ns
    >>> ss = ns.steady_state(ns.StateGraph.from_text("A <-> B ; k, kr"))
    >>> v = ns.verify(lambda k, kr: {"A": kr / (k + kr), "B": 1 - kr / (k + kr)}, ss.state)
    >>> v.passed, v.worst.label
    (False, 'B')
    """
    limits = _limits(formulas, ranges or {})
    kernel = precise_kernel(formulas)
    rng = random.Random(seed)
    worst: Deviation | None = None
    by_label = dict.fromkeys(formulas.labels, 0.0)
    failures = missing = 0
    for number in range(samples):
        point = {name: _draw(rng, *bounds, wide=number % 2 == 1) for name, bounds in limits.items()}
        try:
            got = _labelled(candidate(**point), formulas)
        except NotImplementedError:
            missing += 1
            continue
        except (ArithmeticError, np.linalg.LinAlgError):
            got = dict.fromkeys(formulas.labels, float("nan"))
        for label, value in precise_values(kernel, point, DIGITS).items():
            expected, error = _compare(value, got[label], tiny)
            failures += not error <= rtol
            by_label[label] = max(by_label[label], error)
            if worst is None or error > worst.relative_error:
                worst = Deviation(point, label, expected, got[label], error)
    status = "not implemented" if missing == samples else "fail" if failures or missing else "pass"
    return Verification(status, rtol, samples - missing, worst, by_label, failures)


def _limits(
    formulas: Formulas, ranges: Mapping[Any, tuple[float, float]]
) -> dict[str, tuple[float, float]]:
    names = [symbol.name for symbol in formulas.symbols]
    given = {str(key): bounds for key, bounds in ranges.items()}
    for name, (low, high) in given.items():
        if name not in names:
            raise UnknownNameError.of("symbol", name, names)
        if not -np.inf < low <= high < np.inf:
            raise ParameterError(f"the range of {name} is ({low}, {high}); wanted low <= high")
    default = {s.name: (1e-6, 1e6) if s.is_positive else (-3.0, 3.0) for s in formulas.symbols}
    return default | given


def _draw(rng: random.Random, low: float, high: float, *, wide: bool) -> float:
    if low > 0:
        a, b = np.log10(low), np.log10(high)
        if not wide:
            a, b = max(a, (a + b) / 2 - 1), min(b, (a + b) / 2 + 1)
        return float(min(max(10 ** rng.uniform(a, b), low), high))
    return rng.uniform(low, high)


def _labelled(result: Any, formulas: Formulas) -> dict[str, float]:
    if isinstance(result, Mapping):
        for label in formulas.labels:
            if label not in result:
                raise UnknownNameError.of("label of the candidate", label, map(str, result))
        return {label: float(result[label]) for label in formulas.labels}
    values: Sequence[Any] = list(result) if np.ndim(result) else [result]
    if len(values) != len(formulas.labels):
        raise ParameterError(
            f"the candidate returned {len(values)} values for {len(formulas.labels)} labels"
        )
    return {label: float(v) for label, v in zip(formulas.labels, values, strict=True)}


def _compare(exact: mpmath.mpf, got: float, tiny: float) -> tuple[float, float]:
    if not np.isfinite(got):
        return float(exact), float("inf")
    with mpmath.workdps(DIGITS):
        error = abs(mpmath.mpf(got) - exact) / max(abs(exact), mpmath.mpf(tiny))
    return float(exact), float(error)
