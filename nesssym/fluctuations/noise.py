"""Noise spectra: fluctuations by frequency, as rational functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flint import fmpq, fmpq_poly
from sympy import Add, Expr, Integer, Rational

from nesssym import parsing
from nesssym.errors import NameClashError
from nesssym.exact import laplace
from nesssym.exact.complex_pairs import resolvent
from nesssym.exact.rational import cancel
from nesssym.fluctuations.observables import Counts, refuse_chain
from nesssym.fluctuations.perturbation import Tilted, tilted
from nesssym.formulas import Formulas
from nesssym.networks import Model

__all__ = ["noise_spectrum"]

READABLE_STATES = 6


def noise_spectrum(model: Model, counts: Counts, omega: Any = "omega") -> Formulas:
    r"""Return the noise spectrum of a counted quantity, exactly.

    :math:`S(\omega) = \int_{-\infty}^{\infty} C(t)\, e^{i\omega t}\,dt`, with the correlation
    function C of what is counted per unit of time: a current as a row of pulses, one a jump, or the
    value of a state. It is two-sided; some authors take twice as much. At zero frequency it
    is the second cumulant, and for high frequencies the shot noise
    :math:`\sum w\,p\,d^2` of the jumps alone is left.

    With numbers for rates and up to six states it is written as one polynomial of the frequency
    over another; else by elimination, for running. ``nesssym.collect(found["S"], "omega")`` sorts
    a spectrum in symbols by powers of the frequency, where it is small.

    Parameters
    ----------
    model : StateGraph
        The model.
    counts : mapping
        What is counted, as in `cumulants`.
    omega : str, Symbol or number, optional
        The angular frequency.

    Returns
    -------
    Formulas
        Label ``"S"``.

    Raises
    ------
    UnknownNameError, ModelError
        As `cumulants`.
    NameClashError
        The frequency has the name of a symbol of the model.

    References
    ----------
    A. N. Korotkov, Phys. Rev. B 49, 10381 (1994), doi:10.1103/PhysRevB.49.10381.

    Examples
    --------
    Random telegraph noise is a Lorentzian:

    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("off <-> on ; 2, 3")
    >>> ns.noise_spectrum(g, {"on": 1}, omega=1)["S"]
    6/65
    >>> ns.noise_spectrum(g, {"on": 1})["S"]
    12/(5*omega**2 + 125)
    >>> symbolic = ns.StateGraph.from_text("off <-> on ; a, b")
    >>> ns.collect(ns.noise_spectrum(symbolic, {"on": 1})["S"], "omega").denominator
    {1: a**3 + 3*a**2*b + 3*a*b**2 + b**3, omega**2: a + b}
    """
    refuse_chain(model, "noise spectra per time")
    name = isinstance(omega, str) and omega[:1].isalpha()
    frequency = parsing.expr(parsing.symbol(omega, positive=False) if name else omega)
    w = tilted(model, [counts])
    for symbol in frequency.free_symbols:
        if symbol.name in {s.name for s in w.shared.symbols}:
            raise NameClashError(
                f"the frequency is called {symbol.name}, like a symbol of the model; pass another "
                "omega=..."
            )
    unit = f"1/{model.time}"
    w.shared.symbols += tuple(frequency.free_symbols)
    rates: dict[tuple[int, int], Expr] = {}
    for jump in w.jumps:
        arc = jump.source, jump.target
        rates[arc] = rates.get(arc, Integer(0)) + jump.rate
    excess = [(i, -w.first[0] * p) for i, p in enumerate(w.start)]
    source = w.gathered([*w.carried((1,), w.start), *excess])
    shot = w.total((2,), w.start)
    if len(w.states) <= READABLE_STATES and frequency.free_symbols:
        gain = [Integer(0)] * len(w.states)
        for i, value in _gains(w):
            gain[i] += value
        if all(x.is_Rational for x in (*rates.values(), *gain, *source, shot)):
            spectrum = _quotient(rates, gain, source, shot, frequency)
            return w.shared.formulas({"S": spectrum}, heads=[r"S(\omega)"], unit=unit)
    [found] = resolvent(len(w.states), rates, frequency, [source], w.shared.let)
    slow = w.total((1,), [x.real for x in found])
    return w.shared.formulas({"S": shot + 2 * slow}, heads=[r"S(\omega)"], unit=unit)


def _gains(w: Tilted) -> list[tuple[int, Expr]]:
    """Return what is counted per unit of time in each state, in parts."""
    jumps = [(jump.source, jump.counted[0] * jump.rate) for jump in w.jumps]
    return [*jumps, *((i, f[0]) for i, f in enumerate(w.dwell))]


def _quotient(
    rates: Mapping[tuple[int, int], Expr],
    gain: Sequence[Expr],
    source: Sequence[Expr],
    shot: Expr,
    frequency: Expr,
) -> Expr:
    """Return the spectrum of numeric rates as one polynomial of the frequency over another."""
    entries = dict.fromkeys(((i, i) for i in range(len(gain))), Integer(0))
    for (i, j), rate in rates.items():
        entries[j, i] = rate
        entries[i, i] -= rate
    top, bottom = laplace.resolvent(len(gain), entries, gain, source)
    mirrored = fmpq_poly([(-1) ** k * c for k, c in enumerate(bottom.coeffs())])
    both, size = top * mirrored, bottom * mirrored
    # At s = i omega even powers are real, and size is the square of the modulus.
    real, size = (
        fmpq_poly([(-1) ** k * c for k, c in enumerate(poly.coeffs()[::2])])
        for poly in (both, size)
    )
    whole = size * fmpq(int(shot.p), int(shot.q)) + 2 * real
    common = whole.gcd(size)
    parts = (
        Add(
            *(Rational(int(c.p), int(c.q)) * frequency ** (2 * k) for k, c in enumerate(p.coeffs()))
        )
        for p in (whole / common, size / common)
    )
    return cancel(next(parts) / next(parts))
