r"""All positive roots of polynomial equations within a box: each certified, none overlooked.

The logarithms of the unknowns are searched. There each equation is a difference of two sums of
exponentials, P - N, both of which grow with every unknown, so that their bounds on a box are their
values at two of its corners. A box is thrown away where some P stays above its N or below, or where
Krawczyk's operator leaves it; it holds exactly one root where the operator maps it into itself;
else it is halved. All this is done for thousands of boxes at once in floating point, where every
comparison allows for a proven bound of all rounding errors (`_Search.noise`). What is found is
enclosed in balls of any precision by `refined`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import flint
import mpmath
import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray
from sympy import Expr, Float, Integer, Rational, Tuple

from nesssym.errors import TooLargeError
from nesssym.exact.constants import ball, distinct

__all__ = ["BITS", "Coordinate", "System", "all_roots", "power_product", "refined", "within"]

ROUNDING = 2.0**-52  # twice the relative error of one operation
SMALLEST = 1e-300  # more than what is lost where numbers become too small for floats
BATCH = 2_048
MOST_BOXES, MOST_WORK = 150_000, 40_000_000
NARROWEST = 1e-7
BITS = 106
MOST_NEWTON = 60
Floats = NDArray[np.float64]
Term = tuple[Any, tuple[int, ...]]


@dataclass(frozen=True)
class System:
    """Polynomial equations whose coefficients are numbers.

    Parameters
    ----------
    equations : tuple of tuple of (int or Expr, tuple of int)
        Of each equation the terms: the coefficient, which may be irrational, and the power of
        every unknown. As many equations as unknowns.
    """

    equations: tuple[tuple[Term, ...], ...]

    @property
    def size(self) -> int:
        """The number of unknowns."""
        return len(self.equations)

    def values(self, x: Sequence[Any]) -> list[Any]:
        """Return the left-hand sides at a point of balls."""
        return [
            sum((ball(c) * power_product(x, e) for c, e in eq), arb(0)) for eq in self.equations
        ]

    def slopes(self, x: Sequence[Any]) -> arb_mat:
        """Return the matrix of derivatives at a point or box of balls."""
        rows = [[arb(0)] * self.size for _ in self.equations]
        for row, eq in zip(rows, self.equations, strict=True):
            for c, e in eq:
                for j, k in enumerate(e):
                    if k:
                        less = (*e[:j], k - 1, *e[j + 1 :])
                        row[j] += ball(c) * k * power_product(x, less)
        return arb_mat(rows)


def power_product(x: Sequence[Any], exponents: Sequence[int]) -> Any:
    """Return the product of powers of balls."""
    product = arb(1)
    for base, k in zip(x, exponents, strict=True):
        if k:
            product *= base**k
    return product


def all_roots(system: System, low: Sequence[float], high: Sequence[float]) -> list[list[float]]:
    """Return every root with ``low < x < high`` as floats, each certified to be simple.

    Raises
    ------
    TooLargeError
        Too many boxes, or roots that cannot be told apart, or from an end of the range; the
        message says where.

    Examples
    --------
    Circle and hyperbola: x^2 + y^2 = 5, x y = 2.

    >>> circle = ((1, (2, 0)), (1, (0, 2)), (-5, (0, 0)))
    >>> found = all_roots(System((circle, ((1, (1, 1)), (-2, (0, 0))))), [1e-9] * 2, [9, 9])
    >>> [[round(x, 9) for x in root] for root in found]
    [[1.0, 2.0], [2.0, 1.0]]
    """
    if not system.size:
        return [[]]
    signs = [{distinct(c) > 0 for c, _ in eq} for eq in system.equations]
    if any(len(found) < 2 for found in signs):
        return []
    search = _Search.of(system)
    most = min(MOST_BOXES, MOST_WORK // (search.powers.size * system.size))
    # The logarithm of a float is below 750, so that rounding moves it by less than 1e-12.
    boxes = np.log(np.array([[low, high]], dtype=float)) + np.array([[-1e-12], [1e-12]])
    found: list[list[arb]] = []
    seen = 0
    while len(boxes):
        batch, boxes = boxes[-BATCH:], boxes[:-BATCH]
        seen += len(batch)
        if seen > most:
            raise TooLargeError(
                f"the search for positive roots in {system.size} unknowns takes more than {most} "
                f"boxes; {len(found)} roots were certified before, and others may be left. "
                "Narrower bounds={...} help"
            )
        batch = batch[search.possible(batch)]
        for _ in range(2):
            batch = search.shaved(batch)
        batch, *proven = search.krawczyk(batch)
        unsure = []
        for centre, radius, near in zip(*proven, strict=True):
            if any(_holds(centre, radius, root) for root in found):
                continue
            root = refined(system, list(np.exp(search.polished(near))), BITS)
            if not _holds(centre, radius, root):
                unsure.append([centre - radius, centre + radius])
                continue
            if any(all(a.overlaps(b) for a, b in zip(root, known, strict=True)) for known in found):
                raise _alike(np.exp(near))
            found.append(root)
        batch = np.concatenate([batch, np.array(unsure).reshape(-1, *batch.shape[1:])])
        widths = batch[:, 1] - batch[:, 0]
        tiny = (widths < NARROWEST).all(axis=1)
        if tiny.any():
            raise _alike(np.exp(batch[tiny][0].mean(axis=0)))
        boxes = np.concatenate([boxes, _halves(batch, widths)])
    kept = [root for root in found if all(map(within, root, low, high))]
    return sorted([float(x) for x in root] for root in kept)


def within(number: arb, low: float, high: float) -> bool:
    """Tell whether a number lies between two others.

    Raises
    ------
    TooLargeError
        It is so near one of them that its enclosure holds that one.
    """
    if number > low and number < high:
        return True
    if number < low or number > high:
        return False
    raise TooLargeError(
        f"a root lies at {float(number):.6g}, on the end of the range from {low:g} to {high:g} or "
        "too near to tell; move the end a little"
    )


def _holds(centre: Floats, radius: Floats, root: Sequence[arb]) -> bool:
    """Tell whether a box of logarithms is certain to hold a root."""
    with flint.ctx.workprec(BITS):
        return all(abs(x.log() - c) < r for x, c, r in zip(root, centre, radius, strict=True))


def _alike(point: Floats) -> TooLargeError:
    return TooLargeError(
        f"roots near ({', '.join(f'{x:.6g}' for x in point)}) cannot be told apart: a double "
        "root, or the edge of a range with several; change the values a little"
    )


def _halves(boxes: Floats, widths: Floats) -> Floats:
    rows = np.arange(len(boxes))
    wide = widths.argmax(axis=1)
    middle = boxes.mean(axis=1)[rows, wide]
    left, right = boxes.copy(), boxes.copy()
    left[rows, 1, wide] = middle
    right[rows, 0, wide] = middle
    return np.concatenate([left, right])


@dataclass(frozen=True)
class _Search:
    """The equations as sums of exponentials: scale, sign and place of each term."""

    powers: Floats  # terms x unknowns
    scales: Floats  # logarithms of the coefficients' sizes
    owner: NDArray[np.intp]  # the equation of each term
    starts: NDArray[np.intp]  # where the positive and the negative terms of each equation begin

    @classmethod
    def of(cls, system: System) -> _Search:
        groups = [
            [(abs(c), e) for c, e in eq if (c > 0) is plus]
            for eq in ([(distinct(c), e) for c, e in eq] for eq in system.equations)
            for plus in (True, False)
        ]
        terms = [term for group in groups for term in group]
        sizes = list(map(len, groups))
        return cls(
            np.array([e for _, e in terms], dtype=float),
            np.array([float(c.log()) for c, _ in terms]),
            np.repeat(np.arange(len(groups)) // 2, sizes),
            np.cumsum([0, *sizes[:-1]]),
        )

    def logs(self, points: Floats) -> Floats:
        """Return the logarithms of all terms."""
        logs: Floats = points @ self.powers.T + self.scales
        return logs

    def noise(self, boxes: Floats) -> Floats:
        """Return a bound of the relative error that rounding makes in any sum of terms on a box.

        With the error u = 2**-53 of one operation, n unknowns, m terms and logarithms of terms
        whose parts add up to no more than L in size: a term's logarithm is n products and n
        sums, in whatever order, with errors below n u L (Higham, Accuracy and Stability of
        Numerical Algorithms, section 3.1); a coefficient's logarithm and the scale's subtraction
        add less than 7 u L, the exponential less than 8 u (four units in the last place), the
        sum of terms m u. Twice as much is returned, and 8 u (n + m) more: this pays for the
        errors in the bound itself, for those of second order, and for what is done with sums
        afterwards, in scalar products of length n.
        """
        m, n = self.powers.shape
        largest = np.abs(boxes).max(axis=1) @ self.powers.T + np.abs(self.scales)
        most = largest.max(axis=1, keepdims=True)
        bound: Floats = ROUNDING * ((n + 8) * most + 4 * (n + m) + 16)
        return bound

    def sides(self, logs: Floats, scale: Floats) -> tuple[Floats, Floats]:
        """Return the two sides of every equation, over a scale of each."""
        sums = np.add.reduceat(np.exp(logs - scale[:, self.owner]), self.starts, axis=1)
        return sums[:, 0::2], sums[:, 1::2]

    def scale(self, logs: Floats) -> Floats:
        """Return the logarithm of the largest term of each equation."""
        largest: Floats = np.maximum.reduceat(logs, self.starts[0::2], axis=1)
        return largest

    def possible(self, boxes: Floats) -> NDArray[np.bool_]:
        """Tell in which boxes every equation might hold."""
        if not len(boxes):
            return np.zeros(0, dtype=bool)
        low, high = self.logs(boxes[:, 0]), self.logs(boxes[:, 1])
        scale = self.scale(high)
        (p, n), (P, N) = self.sides(low, scale), self.sides(high, scale)
        slack = self.noise(boxes) * (P + N)
        held: NDArray[np.bool_] = np.all((P + slack >= n) & (N + slack >= p), axis=1)
        return held

    def shaved(self, boxes: Floats) -> Floats:
        """Cut off the lower or upper half of each unknown where no root can be."""
        for j in range(self.powers.shape[1]):
            for end in (0, 1):
                if not len(boxes):
                    return boxes
                half = boxes.copy()
                half[:, 1 - end, j] = boxes[:, :, j].mean(axis=1)
                empty = ~self.possible(half)
                boxes = boxes.copy()
                boxes[empty, end, j] = half[empty, 1 - end, j]
        return boxes[self.possible(boxes)]

    def krawczyk(self, boxes: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Return what is left of boxes; centres and radii of those with one root, and a guess."""
        if not len(boxes):
            none = boxes[:, 0]
            return boxes, none, none, none
        # The box of Krawczyk's operator is exactly centre +- radius, and holds the given one.
        centre = boxes.mean(axis=1)
        radius = 0.55 * (boxes[:, 1] - boxes[:, 0]) + 1e-10
        low, high = np.nextafter(centre - radius, -np.inf), np.nextafter(centre + radius, np.inf)
        noise = self.noise(np.stack([low, high], axis=1))
        at = self.logs(centre)
        scale = self.scale(at)
        p, n = self.sides(at, scale)
        rising, falling = self._slopes(at, scale)
        slope = rising - falling
        with np.errstate(over="ignore", invalid="ignore"):
            rising, falling = self._slopes(self.logs(low), scale)
            most_rising, most_falling = self._slopes(self.logs(high), scale)
            lower, upper = rising - most_falling, most_rising - falling
            try:
                inverse = np.linalg.inv(slope)
            except np.linalg.LinAlgError:
                inverse = np.linalg.pinv(slope)
            size = np.abs(inverse)
            middle, spread = (lower + upper) / 2, (upper - lower) / 2
            # Slopes may cancel, their errors do not: these are counted by the parts.
            unsure = noise[..., None] * (most_rising + most_falling) + SMALLEST
            eye = np.eye(slope.shape[1])
            wobble = np.abs(eye - inverse @ middle) + size @ (spread + unsure)
            step = -np.einsum("bij,bj->bi", inverse, p - n)
            reach = np.einsum("bij,bj->bi", wobble, radius)
            reach += noise * np.einsum("bij,bj->bi", size, p + n)
            reach = (1 + noise) * reach + 2 * ROUNDING * (1 + np.abs(centre) + np.abs(step))
        fine = np.isfinite(reach).all(axis=1) & np.isfinite(step).all(axis=1)
        inside = fine & (np.abs(step) + reach < radius).all(axis=1)
        outside = fine & (np.abs(step) > reach + radius).any(axis=1)
        left = fine[:, None]
        new_low = np.where(left, np.maximum(boxes[:, 0], centre + step - reach), boxes[:, 0])
        new_high = np.where(left, np.minimum(boxes[:, 1], centre + step + reach), boxes[:, 1])
        keep = ~inside & ~outside & (new_low <= new_high).all(axis=1)
        rest = np.stack([new_low, new_high], axis=1)[keep]
        return rest, centre[inside], radius[inside], (centre + step)[inside]

    def _slopes(self, logs: Floats, scale: Floats) -> tuple[Floats, Floats]:
        """Return derivatives by the logarithms, of the positive and of the negative terms."""
        terms = np.exp(logs - scale[:, self.owner])[:, :, None] * self.powers
        sums = np.add.reduceat(terms, self.starts, axis=1)
        return sums[:, 0::2], sums[:, 1::2]

    def polished(self, point: Floats) -> Floats:
        """Return a root to the last digits of floats, by Newton's method."""
        for _ in range(MOST_NEWTON):
            logs = self.logs(point[None])
            scale = self.scale(logs)
            p, n = self.sides(logs, scale)
            rising, falling = self._slopes(logs, scale)
            step = np.linalg.solve((rising - falling)[0], (n - p)[0])
            point = point + step
            if np.abs(step).max() < 1e-14:
                break
        return point


class Coordinate(Expr):  # type: ignore[misc]
    """One unknown at a root of a system of equations: an exact number with no closed form.

    Parameters
    ----------
    place : int
        Which unknown.
    system : System
        The equations.
    start : sequence of float
        Where the root is, to the digits of floats.

    Examples
    --------
    >>> circle = ((1, (2, 0)), (1, (0, 2)), (-5, (0, 0)))
    >>> x = Coordinate(0, System((circle, ((1, (1, 1)), (-1, (0, 0))))), (2.1889010593, 0.45685025))
    >>> x, x.is_positive, (x**4 - 5*x**2 + 1).evalf(30, chop=True)
    (2.18890105931673..., True, 0)
    """

    is_commutative = True
    is_positive = True
    is_number = True

    def __new__(cls, place: int, system: System, start: Sequence[float]) -> Coordinate:
        """Make the node; its arguments are SymPy numbers."""
        equations = Tuple(*(Tuple(*(Tuple(c, *e) for c, e in eq)) for eq in system.equations))
        exact = Tuple(*(Rational(*float(x).as_integer_ratio()) for x in start))
        made: Coordinate = super().__new__(cls, Integer(place), equations, exact)
        return made

    @property
    def free_symbols(self) -> set[Any]:
        """None: it is a number."""
        return set()

    def ball(self, bits: int) -> arb:
        """Return an interval that is certain to hold it."""
        place, equations, start = self.args
        return _root(equations, start, bits)[int(place)]

    def _eval_evalf(self, prec: int) -> Expr:
        middle = self.ball(prec + 8).mid()
        mantissa, exponent = map(int, middle.man_exp())
        with mpmath.workprec(prec + 8):
            return Float._new(mpmath.ldexp(mpmath.mpf(mantissa), exponent)._mpf_, prec)

    def _sympystr(self, printer: Any) -> str:
        return f"{self.evalf(15)}..."

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        shown = printer._print(self.evalf(15)) + r"\ldots"
        return shown if exp is None else rf"\left({shown}\right)^{{{exp}}}"


@lru_cache(maxsize=256)
def _root(equations: Tuple, start: Tuple, bits: int) -> list[arb]:
    system = System(
        tuple(tuple((c, tuple(map(int, powers))) for c, *powers in eq) for eq in equations)
    )
    with flint.ctx.workprec(bits + 32):
        points = [arb(int(x.p)) / int(x.q) for x in start]
    return refined(system, points, bits)


def refined(system: System, start: Sequence[Any], bits: int) -> list[arb]:
    """Return balls around the simple root near a point, certain to hold it and no other.

    Raises
    ------
    TooLargeError
        Krawczyk's operator does not map the neighbourhood into itself.
    """
    if not system.size:
        return []
    with flint.ctx.workprec(bits + 32):
        x = [arb(value) for value in start]
        for _ in range(MOST_NEWTON):
            inverse = arb_mat([[e.mid() for e in row] for row in system.slopes(x).inv().tolist()])
            step = inverse * arb_mat([[v.mid()] for v in system.values(x)])
            size = max(abs(s[0].mid()) / abs(v) for s, v in zip(step.tolist(), x, strict=True))
            x = [(v - s[0]).mid() for v, s in zip(x, step.tolist(), strict=True)]
            if size < arb(2) ** -(bits + 8):
                break
        small = arb(0, arb(2) ** -(bits // 2 + 4))
        near = [v * (1 + small) for v in x]
        eye = arb_mat([[int(i == j) for j in range(system.size)] for i in range(system.size)])
        moved = arb_mat([[v] for v in x]) - inverse * arb_mat([[v] for v in system.values(x)])
        wobble = eye - inverse * system.slopes(near)
        moved += wobble * arb_mat([[b - v] for b, v in zip(near, x, strict=True)])
        found = [row[0] for row in moved.tolist()]
        if not all(b.contains_interior(f) for b, f in zip(near, found, strict=True)):
            raise TooLargeError("a root could not be certified; change the values a little")
        return found
