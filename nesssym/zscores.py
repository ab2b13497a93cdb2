"""Judge averages of random runs by exact means and variances instead of guessed tolerances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import mpmath
import numpy as np

from nesssym.errors import ParameterError, UnknownNameError
from nesssym.formulas import Formulas
from nesssym.precise import precise_kernel, precise_values

__all__ = ["Average", "RandomVerification", "verify_averages"]

LEVEL = 1e-3
TIED = 1e-9


@dataclass(frozen=True)
class Average:
    """One average over all runs, beside what it should be.

    Attributes
    ----------
    label : str
        Which average.
    expected, got : float
        The exact mean, and the mean of the runs.
    standard_error : float
        The exact standard deviation of the mean of so many runs.
    z : float
        How many standard errors they are apart.
    variance_ratio : float
        The variance between runs over the exact one; NaN for a single run.
    p_mean, p_variance : float
        How likely so large a deviation of the mean, and of the variance, is by chance.
    """

    label: str
    expected: float
    got: float
    standard_error: float
    z: float
    variance_ratio: float
    p_mean: float
    p_variance: float

    @property
    def p(self) -> float:
        """The smaller of both chances."""
        return min(self.p_mean, self.p_variance)


@dataclass(frozen=True)
class RandomVerification:
    """The outcome of `verify_averages` and `verify_simulation`. Truthy when passed.

    Attributes
    ----------
    status : {"pass", "fail"}
        Whether no deviation is too large to be chance.
    level : float
        How often a right simulation fails.
    runs : int
        How many runs were judged.
    averages : tuple of Average
        One each.
    chi2, dof : float, int
        The deviation of all means together, with their correlations, and its degrees of freedom.
    p_chi2 : float
        How likely so large a chi2 is by chance.

    Examples
    --------
    >>> from sympy import Rational
    >>> from nesssym import Formulas, verify_averages
    >>> coin = Formulas(("heads", "heads,heads"), (Rational(1, 2), Rational(1, 400)))
    >>> found = verify_averages({"heads": [0.47, 0.52, 0.55, 0.44]}, coin)
    >>> bool(found), found.worst.label, round(found.worst.z, 2)
    (True, 'heads', -0.2)
    """

    status: str
    level: float
    runs: int
    averages: tuple[Average, ...]
    chi2: float
    dof: int
    p_chi2: float

    @property
    def passed(self) -> bool:
        """Whether no deviation is too large to be chance."""
        return self.status == "pass"

    @property
    def threshold(self) -> float:
        """The chance below which a single test fails: the level, shared by all tests."""
        return self.level / (2 * len(self.averages) + 1)

    @property
    def worst(self) -> Average:
        """The average that is least likely by chance."""
        return min(self.averages, key=lambda average: average.p)

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        lines = [
            f"{self.status}: {len(self.averages)} averages of {self.runs} runs, "
            f"false alarms {self.level:.1e}"
        ]
        for a in self.averages:
            wrong = [
                what
                for what, p in (("mean", a.p_mean), ("variance", a.p_variance))
                if p < self.threshold
            ]
            lines.append(
                f"  {a.label:<20} expected {a.expected:.6g}, got {a.got:.6g} "
                f"+- {a.standard_error:.2g}, z = {a.z:+.2f}, variance x {a.variance_ratio:.3f}"
                + (f"   <-- {' and '.join(wrong)}" if wrong else "")
            )
        lines.append(
            f"chi2 = {self.chi2:.4g} for {self.dof} degrees of freedom, p = {self.p_chi2:.2g}"
        )
        return "\n".join(lines)


def verify_averages(
    samples: Mapping[str, Sequence[float]],
    expected: Formulas,
    values: Mapping[Any, Any] | None = None,
    *,
    level: float = LEVEL,
) -> RandomVerification:
    r"""Judge averages of independent runs by exact means and covariances.

    Three things are tested: each mean by its z-score, each variance between runs (a simulation may
    have the right mean and the wrong noise), and all means together by :math:`\chi^2`. A right
    simulation fails with the probability `level`, over all tests.

    Parameters
    ----------
    samples : mapping
        Label to the averages found in each run, the same number of runs for each.
    expected : Formulas
        For every label ``a`` of the samples its mean ``"a"``, and the covariances ``"a,b"`` of one
        run, as from `time_averages`.
    values : mapping, optional
        Values of the symbols.
    level : float, optional
        The probability of a false alarm.

    Returns
    -------
    RandomVerification

    Raises
    ------
    UnknownNameError
        A label without a sample, or a symbol without a value.
    ParameterError
        Samples of different lengths or none, or a level outside (0, 1).

    Examples
    --------
    >>> from sympy import Rational
    >>> from nesssym import Formulas, verify_averages
    >>> coin = Formulas(("heads", "heads,heads"), (Rational(1, 2), Rational(1, 400)))
    >>> print(verify_averages({"heads": [0.47, 0.52, 0.55, 0.44]}, coin).status)
    pass
    >>> print(verify_averages({"heads": [0.67, 0.62, 0.65, 0.64]}, coin))
    fail: 1 averages of 4 runs, false alarms 1.0e-03
      heads                expected 0.5, got 0.645 +- 0.025, z = +5.80, variance x 0.173   <-- mean
    chi2 = 33.64 for 1 degrees of freedom, p = 6.6e-09
    """
    if not 0 < level < 1:
        raise ParameterError(f"the level of false alarms is {level}; wanted between 0 and 1")
    labels = _labels(expected)
    data = _data(samples, labels)
    runs = data.shape[1]
    exact = precise_values(precise_kernel(expected), dict(values or {}))
    mean = np.array([float(exact[a]) for a in labels])
    covariance = np.array(
        [
            [float(exact[key if (key := f"{a},{b}") in exact else f"{b},{a}"]) for b in labels]
            for a in labels
        ]
    )
    averages = tuple(
        _judged(label, data[i], float(mean[i]), float(covariance[i, i]))
        for i, label in enumerate(labels)
    )
    chi2, dof, p_chi2 = _together(data.mean(axis=1) - mean, covariance / runs, mean)
    threshold = level / (2 * len(labels) + 1)
    worst = min(p_chi2, *(a.p for a in averages))
    status = "pass" if worst >= threshold else "fail"
    return RandomVerification(status, level, runs, averages, chi2, dof, p_chi2)


def _labels(expected: Formulas) -> list[str]:
    labels = [a for a in expected.labels if f"{a},{a}" in expected.labels]
    for a, b in combinations_with_replacement(labels, 2):
        if f"{a},{b}" not in expected.labels:
            raise UnknownNameError.of("covariance", f"{a},{b}", expected.labels)
    if not labels:
        raise UnknownNameError(
            "no label 'a' has a variance 'a,a'; wanted means and covariances, as from time_averages"
        )
    return labels


def _data(samples: Mapping[str, Sequence[float]], labels: Sequence[str]) -> Any:
    for label in labels:
        if label not in samples:
            raise UnknownNameError.of("average", label, map(str, samples))
    rows = [np.asarray(samples[label], dtype=float).ravel() for label in labels]
    lengths = {len(row) for row in rows}
    if len(lengths) > 1 or 0 in lengths:
        raise ParameterError(
            f"the samples have lengths {sorted(lengths)}; wanted one value a run for each average"
        )
    return np.array(rows)


def _judged(label: str, row: Any, mean: float, variance: float) -> Average:
    runs = len(row)
    got = float(row.mean())
    error = float(np.sqrt(variance / runs))
    if variance > 0:
        z = (got - mean) / error
        ratio = float(row.var(ddof=1)) / variance if runs > 1 else float("nan")
    else:
        off = np.abs(row - mean).max() > TIED * max(abs(mean), 1)
        z, ratio = float("inf") if off else 0.0, float("nan")
    p_mean = float(mpmath.erfc(abs(z) / mpmath.sqrt(2))) if np.isfinite(z) else 0.0
    p_variance = _two_sided(ratio * (runs - 1), runs - 1) if runs > 1 and variance > 0 else 1.0
    return Average(label, mean, got, error, z, ratio, p_mean, p_variance)


def _together(gap: Any, covariance: Any, mean: Any) -> tuple[float, int, float]:
    """Return chi2 of all means; sums that never scatter must be right to rounding."""
    if not np.isfinite(gap).all():
        return float("inf"), len(gap), 0.0
    scale = np.sqrt(np.diag(covariance))
    scale[scale == 0] = 1.0
    sizes, axes = np.linalg.eigh(covariance / np.outer(scale, scale))
    along = axes.T @ (gap / scale)
    free = sizes > TIED
    tied = np.abs(along[~free]) * np.max(scale, initial=0.0)
    if (tied > TIED * max(1.0, np.abs(mean).max(initial=0.0)) * 1e3).any():
        return float("inf"), int(free.sum()), 0.0
    chi2 = float((along[free] ** 2 / sizes[free]).sum())
    return chi2, int(free.sum()), _upper(chi2, int(free.sum()))


def _upper(chi2: float, dof: int) -> float:
    if dof == 0:
        return 1.0
    return float(mpmath.gammainc(mpmath.mpf(dof) / 2, chi2 / 2, mpmath.inf, regularized=True))


def _two_sided(chi2: float, dof: int) -> float:
    if not np.isfinite(chi2):
        return 0.0
    above = _upper(chi2, dof)
    return min(1.0, 2 * min(above, 1 - above))
