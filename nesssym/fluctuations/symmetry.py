r"""The Gallavotti-Cohen symmetry of a given graph, proved coefficient by coefficient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm, prod
from typing import Any

from flint import fmpq, fmpq_mpoly
from sympy import Expr, Integer, Rational, Symbol, exp, log

from nesssym.errors import ModelError, NessError
from nesssym.exact.monomials import Monomial, monomial
from nesssym.exact.rational import Fraction, equal, from_poly
from nesssym.fluctuations.characteristic import Characteristic, characteristic
from nesssym.fluctuations.observables import Counts, begin, cycle_sums, observable, refuse_chain
from nesssym.formulas import Formulas
from nesssym.networks import Model
from nesssym.steady import refuse_one_way
from nesssym.thermodynamics import Cycle, cycles

__all__ = ["FluctuationSymmetry", "gallavotti_cohen"]


@dataclass(frozen=True)
class FluctuationSymmetry:
    r"""What `gallavotti_cohen` found. Truthy where the symmetry is proved.

    Parameters
    ----------
    holds : bool
        Whether :math:`\lambda(q) = \lambda(-E - q)` is proved.
    shift : Formulas or None
        The shift: label ``"shift"`` for one quantity, or one label a chord; None without symmetry.
    identities : int
        How many coefficients were compared, all of them equal as polynomials of the rates.
    reason : str
        In words, why it holds or why not.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    >>> print(ns.gallavotti_cohen(g, {"A->B": 1}))
    proved: lambda(q) = lambda(-E - q), 1 identity of coefficients
      E = log(a*c*e/(b*d*f))
      every cycle makes the same entropy per unit of what is counted
    """

    holds: bool
    shift: Formulas | None
    identities: int
    reason: str

    def __bool__(self) -> bool:
        return self.holds

    def __str__(self) -> str:
        if self.shift is None:
            return f"does not hold\n  {self.reason}"
        lines = [
            f"proved: lambda(q) = lambda(-E - q), {self.identities} "
            f"identit{'y' if self.identities == 1 else 'ies'} of coefficients"
        ]
        for label in self.shift:
            name = "E" if label == "shift" else f"E[{label}]"
            lines.append(f"  {name} = {self.shift[label]}")
        return "\n".join([*lines, f"  {self.reason}"])


def gallavotti_cohen(model: Model, counts: Counts | None = None) -> FluctuationSymmetry:
    r"""Prove the Gallavotti-Cohen symmetry of a model, or say why it does not hold.

    For the currents through all chords together, with affinities :math:`A_c`, the coefficients of
    the characteristic polynomial obey :math:`a_k(q) = a_k(-A - q)`. This is checked as an identity
    of polynomials in the rates, for the graph given. A single counted current inherits it, with
    :math:`\lambda(q) = \lambda(-E - q)`, where all cycles make the same entropy E per unit counted;
    else its own coefficients are compared. Then the rate function obeys
    :math:`I(-j) - I(j) = E j`.

    Parameters
    ----------
    model : StateGraph
        A small model, as for `characteristic_polynomial`.
    counts : mapping, optional
        The current that is counted, as in `cumulants`; by default the currents of all chords
        together.

    Returns
    -------
    FluctuationSymmetry

    Raises
    ------
    IrreversibleError
        A transition goes one way only: its affinity would be infinite.
    ModelError
        What is counted is no current: it does not change sign when time runs backwards.
    TooLargeError
        As `characteristic_polynomial`.

    References
    ----------
    J. L. Lebowitz, H. Spohn, J. Stat. Phys. 95, 333 (1999), doi:10.1023/A:1004589714161.
    D. Andrieux, P. Gaspard, J. Stat. Phys. 127, 107 (2007), doi:10.1007/s10955-006-9233-5.

    Examples
    --------
    Two cycles that are driven differently have no common shift, but one each:

    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text(
    ...     "A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2 \n hot: A <-> B ; 4, 1"
    ... )
    >>> print(ns.gallavotti_cohen(g, {"A->B/hot": 1}))
    does not hold
      C->A->B->C makes entropy log(15) but counts 0
    >>> ns.gallavotti_cohen(g).shift.exprs
    (log(15), log(2))
    """
    refuse_chain(model, "fluctuation symmetries")
    refuse_one_way(t.label for t in model.transitions if not t.reversible)
    found = cycles(model)
    if not found:
        raise ModelError("the graph has no cycle, so that no current flows; nothing to prove")
    if counts is not None and not observable(model, counts).is_current:
        raise ModelError(
            "the symmetry is one of currents, which change sign when time runs backwards; "
            "count each transition with one number and no time in states"
        )
    chords = [observable(model, {c.transitions[0][0]: 1}) for c in found]
    fields = [Symbol(f"q{i}", real=True) for i in range(len(chords))]
    whole = characteristic(model, chords, fields)
    number = _joint_identities(whole, found)
    if counts is None:
        shift = {c.transitions[0][0]: c.affinity for c in found}
        heads = [f"A_{{{c.steps[0][0].subscript}}}" for c in found]
        text = "the shift of each chord's field is the affinity of its cycle"
        formulas = begin(model).formulas(shift, heads=heads)
        return FluctuationSymmetry(True, formulas, number, text)
    sums = list(cycle_sums(model, counts).values())
    odd_one = _not_proportional(found, sums)
    if not odd_one:
        cycle, counted = next((c, d) for c, d in zip(found, sums, strict=True) if d != 0)
        same = not counted.is_Rational and (cycle.ratio / monomial(exp(counted))).is_one
        shift = {"shift": Integer(1) if same else cycle.affinity / counted}
        text = "every cycle makes the same entropy per unit of what is counted"
    elif rho := _accidental(whole, sums):
        shift = {"shift": rho}
        text = "the coefficients agree, although cycles make different entropies per unit counted"
    else:
        return FluctuationSymmetry(False, None, number, odd_one)
    formulas = begin(model, observable(model, counts)).formulas(shift, heads=["E"])
    return FluctuationSymmetry(True, formulas, number, text)


def _joint_identities(whole: Characteristic, found: tuple[Cycle, ...]) -> int:
    """Compare the coefficients at opposite powers of all fields; return how many were."""
    parts = whole.by_powers(list(whole.factors))
    one = whole.ring.context.constant(1)
    ratios = [_ratio(whole, cycle) for cycle in found]
    pairs = [n for n in parts if n > tuple(-k for k in n)]
    for n in pairs:
        opposite = parts.get(tuple(-k for k in n), 0 * one)
        plus, minus = one, one
        for k, (top, bottom) in zip(n, ratios, strict=True):
            plus *= (top if k > 0 else bottom) ** abs(k)
            minus *= (bottom if k > 0 else top) ** abs(k)
        if opposite * plus != parts[n] * minus:
            raise NessError(f"the coefficients at {n} and its opposite are not shown to agree")
    return len(pairs)


def _ratio(whole: Characteristic, cycle: Cycle) -> Fraction:
    """Return the rates along a cycle over those against it."""
    one = whole.ring.context.constant(1)
    along, against = ([whole.rates[rate] for rate in side] for side in cycle.rates)
    return (
        prod((top for top, _ in along), start=one) * prod((b for _, b in against), start=one),
        prod((b for _, b in along), start=one) * prod((top for top, _ in against), start=one),
    )


def _not_proportional(found: tuple[Cycle, ...], sums: list[Expr]) -> str:
    """Return which cycle spoils it that entropy is in proportion to what is counted, if any."""
    first = next((c for c, d in zip(found, sums, strict=True) if d != 0), None)
    if first is None:
        raise ModelError("no cycle counts anything: all cumulants vanish; nothing to prove")
    unit = sums[found.index(first)]
    for cycle, counted in zip(found, sums, strict=True):
        if not _in_proportion(cycle.ratio, counted, first.ratio, unit):
            text = f"{cycle.label} makes entropy {cycle.affinity} but counts {counted}"
            other = f"; {first.label} makes {first.affinity} and counts {unit}"
            return text + (other if counted != 0 else "")
    return ""


def _in_proportion(ratio: Monomial, counted: Expr, first: Monomial, unit: Expr) -> bool:
    if counted.is_Rational and unit.is_Rational:
        return bool((ratio**unit / first**counted).is_one)
    if counted == 0:
        return ratio.is_one
    if all((m / monomial(exp(d))).is_one for m, d in ((ratio, counted), (first, unit))):
        return True
    return equal(ratio.log() * unit, first.log() * counted)


def _accidental(whole: Characteristic, sums: list[Expr]) -> Expr | None:
    r"""Return the shift where the coefficients of one field alone agree, though not by cycles.

    With :math:`\alpha_m` at the power m, wanted is :math:`\alpha_{-m} = \rho^m \alpha_m` for all m,
    with a :math:`\rho` that is free of the eigenvalue.
    """
    if not all(d.is_Rational for d in sums):
        return None
    scale = lcm(*(int(d.q) for d in sums))
    steps = [int(d * scale) for d in sums]
    context = whole.ring.context
    alpha: dict[int, fmpq_mpoly] = {}
    for n, part in whole.by_powers(list(whole.factors)).items():
        m = sum(a * b for a, b in zip(n, steps, strict=True))
        alpha[m] = alpha.get(m, context.constant(0)) + part
    powers = sorted({abs(m) for m, part in alpha.items() if m and not part.is_zero()})
    if not powers:
        return Integer(0)
    zero = context.constant(0)
    pairs = [(m, alpha.get(m, zero), alpha.get(-m, zero)) for m in powers]
    least, up, down = pairs[0]
    if up.is_zero() or down.is_zero():
        return None
    common = up.gcd(down)
    top, bottom = up / common, down / common
    place = whole.ring.gens.index(whole.root)
    if any(part.degrees()[place] for part in (top, bottom)):
        return None
    point = [fmpq(2 * i + 3, i + 2) for i in range(len(whole.ring.gens))]
    if not _agree([(m, a(*point), b(*point)) for m, a, b in pairs], top(*point), bottom(*point)):
        return None  # shown at one point, without the powers of large polynomials
    if not _agree(pairs, top, bottom):
        return None
    sign = 1 if bottom.leading_coefficient() > 0 else -1
    ratio = from_poly(sign * top, whole.ring) / from_poly(sign * bottom, whole.ring)
    return log(ratio) * Rational(scale, least)


def _agree(pairs: Sequence[tuple[int, Any, Any]], top: Any, bottom: Any) -> bool:
    least = pairs[0][0]
    return all(minus**least * top**m == plus**least * bottom**m for m, plus, minus in pairs)
