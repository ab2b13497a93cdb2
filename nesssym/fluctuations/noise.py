"""Noise spectra: fluctuations by frequency, as rational functions."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Integer

from nesssym import parsing
from nesssym.errors import NameClashError
from nesssym.exact.complex_pairs import resolvent
from nesssym.fluctuations.observables import Counts, refuse_chain
from nesssym.fluctuations.perturbation import tilted
from nesssym.formulas import Formulas
from nesssym.networks import Model

__all__ = ["noise_spectrum"]


def noise_spectrum(model: Model, counts: Counts, omega: Any = "omega") -> Formulas:
    r"""Return the noise spectrum of a counted quantity, exactly.

    :math:`S(\omega) = \int_{-\infty}^{\infty} C(t)\, e^{i\omega t}\,dt`, with the correlation
    function C of what is counted per unit of time: a current as a row of pulses, one a jump, or the
    value of a state. It is two-sided; some authors take twice as much. At zero frequency it
    is the second cumulant, and for high frequencies the shot noise
    :math:`\sum w\,p\,d^2` of the jumps alone is left.

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
    """
    refuse_chain(model, "noise spectra per time")
    frequency = parsing.symbol(omega, positive=False) if isinstance(omega, str) else omega
    frequency = parsing.expr(frequency)
    w = tilted(model, [counts])
    for symbol in frequency.free_symbols:
        if symbol.name in {s.name for s in w.shared.symbols}:
            raise NameClashError(
                f"the frequency is called {symbol.name}, like a symbol of the model; pass another "
                "omega=..."
            )
    w.shared.symbols += tuple(frequency.free_symbols)
    rates: dict[tuple[int, int], Expr] = {}
    for jump in w.jumps:
        arc = jump.source, jump.target
        rates[arc] = rates.get(arc, Integer(0)) + jump.rate
    excess = [(i, -w.first[0] * p) for i, p in enumerate(w.start)]
    source = w.gathered([*w.carried((1,), w.start), *excess])
    [found] = resolvent(len(w.states), rates, frequency, [source], w.shared.let)
    slow = w.total((1,), [x.real for x in found])
    spectrum = w.total((2,), w.start) + 2 * slow
    return w.shared.formulas({"S": spectrum}, heads=[r"S(\omega)"], unit=f"1/{model.time}")
