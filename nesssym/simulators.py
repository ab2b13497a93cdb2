"""Check somebody's stochastic simulator against the exact statistics of the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nesssym.errors import ParameterError, UnknownNameError
from nesssym.fluctuations.averages import time_averages
from nesssym.fluctuations.observables import Counts
from nesssym.networks import StateGraph
from nesssym.zscores import LEVEL, RandomVerification, verify_averages

__all__ = ["verify_simulation"]

RELAXATIONS = 20


def verify_simulation(
    run: Callable[..., Any],
    model: StateGraph,
    observables: Mapping[str, Counts],
    *,
    time: float,
    runs: int = 100,
    values: Mapping[Any, Any] | None = None,
    start: Any = None,
    totals: bool = False,
    level: float = LEVEL,
    seed: int = 0,
) -> RandomVerification:
    r"""Judge a stochastic simulator, such as Gillespie's algorithm, by z-scores.

    The simulator is run many times over a finite time. Means, variances between runs and
    correlations of what it counts are compared with the exact values of the model for runs of that
    length. So no tolerance has to be guessed: what is off by chance passes, what is wrong in the
    simulator shows, also where only the noise is wrong.

    Parameters
    ----------
    run : callable
        ``run(time=..., seed=..., **values)``, with one float a symbol of the model. It simulates
        one run and returns for each observable its average per unit of time, as a mapping or in
        order. The seed is an int.
    model : StateGraph
        What it should simulate.
    observables : mapping
        A name for each average to what is counted, as in `cumulants`.
    time : float
        The length of a run: at least 20 relaxation times.
    runs : int, optional
        How many runs, each with another seed.
    values : mapping, optional
        Values of the symbols.
    start : str or mapping, optional
        The state where every run starts, or the probability of each. By default it is drawn from
        the steady state.
    totals : bool, optional
        Whether the simulator returns what was counted in all, not per unit of time.
    level : float, optional
        The probability that a right simulator fails.
    seed : int, optional
        The same seed gives the same runs.

    Returns
    -------
    RandomVerification

    Raises
    ------
    UnknownNameError
        A symbol without a value, or an observable that the simulator did not return.
    ParameterError
        Runs too short to forget how they began, or fewer than two.

    References
    ----------
    D. T. Gillespie, J. Phys. Chem. 81, 2340 (1977), doi:10.1021/j100540a008.

    Examples
    --------
    A simulator that waits exactly the mean time, instead of a random time, has the right mean but
    too little noise:

    >>> import random
    >>> import nesssym as ns
    >>> def run(time, seed, up, down):
    ...     rng, clock, state, turns = random.Random(seed), 0.0, "off", 0
    ...     while True:
    ...         clock += 1 / (up if state == "off" else down)  # should be rng.expovariate
    ...         if clock > time:
    ...             return {"turns": turns / time}
    ...         turns += state == "off"
    ...         state = "on" if state == "off" else "off"
    >>> gene = ns.StateGraph.from_text("off <-> on ; up, down")
    >>> check = ns.verify_simulation(
    ...     run, gene, {"turns": {"off->on": (1, 0)}},
    ...     time=100, runs=20, values={"up": 1, "down": 2}, start="off",
    ... )
    >>> check.passed, check.worst.variance_ratio < 0.1
    (False, True)
    """
    given = {str(key): value for key, value in (values or {}).items()}
    for symbol in model.symbols:
        if symbol.name not in given:
            raise UnknownNameError(f"no value for {symbol.name}; give values={{...}}")
    if runs < 2:
        raise ParameterError(f"{runs} runs show no scatter; give two or more")
    numbers = model.subs(given) if model.symbols else model
    if not 0 < time < np.inf:
        raise ParameterError(f"the length of a run is {time}; it must be positive and finite")
    expected = time_averages(numbers, observables, time=time, start=start)
    _refuse_short(numbers, time)
    floats = {symbol.name: float(given[symbol.name]) for symbol in model.symbols}
    names = [str(name) for name in observables]
    scale = time if totals else 1.0
    samples: dict[str, list[float]] = {name: [] for name in names}
    for number in np.random.SeedSequence(seed).generate_state(runs):
        result = run(time=time, seed=int(number), **floats)
        for name, value in _named(result, names).items():
            samples[name].append(value / scale)
    return verify_averages(samples, expected, level=level)


def _named(result: Any, names: list[str]) -> dict[str, float]:
    if not isinstance(result, Mapping):
        listed = list(result) if np.ndim(result) else [result]
        if len(listed) != len(names):
            raise ParameterError(
                f"the simulator returned {len(listed)} averages for {len(names)} observables"
            )
        result = dict(zip(names, listed, strict=True))
    for name in names:
        if name not in result:
            raise UnknownNameError.of("average of the simulator", name, map(str, result))
    return {name: float(result[name]) for name in names}


def _refuse_short(model: StateGraph, time: float) -> None:
    """Raise ParameterError where a run is too short to forget how it began."""
    generator = np.array(model.generator().evalf().tolist(), dtype=float)
    decay = np.sort(-np.linalg.eigvals(generator).real)
    slowest = decay[1]
    if time * slowest < RELAXATIONS:
        raise ParameterError(
            f"runs of {time:.4g} are short: the model takes about {1 / slowest:.4g} to forget how "
            f"it began; take at least {RELAXATIONS / slowest:.4g}, where exact error bars hold"
        )
