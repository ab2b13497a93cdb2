"""Kernels: formulas become fast, checked, picklable functions of numbers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cached_property, partial
from math import inf, isfinite
from typing import Any, Protocol

import flint
import mpmath
import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Expr, Symbol

from nesssym.errors import NessError, ParameterError, UnknownNameError
from nesssym.formulas import Formulas
from nesssym.parsing import number
from nesssym.program import FUNCTIONS, UFUNCS, Program, floating, lower, numpy_source, python_source

__all__ = ["BACKENDS", "Backend", "Kernel", "compile"]

BLOCK = 16384
LEAST_BLOCK = 32
MOST_BITS = 8192
WIDE = np.finfo(np.longdouble).maxexp > np.finfo(np.float64).maxexp
RAISE: Any = {"over": "raise", "under": "raise", "divide": "raise", "invalid": "raise"}
UNDEFINED = "is undefined (a division by zero or the like)"
PLAIN = frozenset((float, int, np.float64))
Array = NDArray[Any]


@dataclass(frozen=True)
class Domain:
    """An argument's name and its open lower limit, with the words for it."""

    name: str
    limit: float
    words: str

    @classmethod
    def of(cls, symbol: Symbol) -> Domain:
        """Read the domain off a symbol's assumptions."""
        if symbol.is_positive:
            return cls(symbol.name, 0.0, "must be positive")
        if symbol.is_nonnegative:
            return cls(symbol.name, -5e-324, "must not be negative")
        return cls(symbol.name, -inf, "must be finite")

    def admits(self, exact: Any) -> bool:
        """Whether an exact number or ball is certainly in the domain."""
        if self.limit == 0:
            return bool(exact > 0)
        return self.limit == -inf or bool(exact >= 0)


class Backend(Protocol):
    """What runs a program on one kind of number."""

    source: str

    def read(self, domain: Domain, value: Any) -> Any:
        """Return a value as a checked scalar or array of the backend's numbers."""

    def run(self, values: Sequence[Any], shape: tuple[int, ...]) -> Any:
        """Return the results, stacked, for values that broadcast to `shape`."""


@dataclass(frozen=True)
class Kernel:
    """A function of named numbers, compiled from formulas by `compile`.

    Calling it with one keyword a parameter gives a dict from label to value; arrays broadcast as
    in NumPy. `array` takes and gives stacked arrays and is the fast way for many points. Kernels
    can be pickled, and used from several threads.

    Attributes
    ----------
    arguments : tuple of str
        The parameters, in the order of `array`.
    labels : tuple of str
        The results, in order.
    unit : str
        The unit of the results.
    source : str
        The program that runs, as readable Python.
    """

    labels: tuple[str, ...]
    unit: str
    backend: str | Callable[[Program, tuple[str, ...]], Backend]
    program: Program
    domains: tuple[Domain, ...]
    assumed: tuple[str, ...]
    assumptions: Program

    @property
    def arguments(self) -> tuple[str, ...]:
        """The parameters, in the order of `array`."""
        return self.program.arguments

    @property
    def source(self) -> str:
        """The program that runs, as readable Python."""
        return self._engine.source

    def __call__(self, /, **values: Any) -> dict[str, Any]:
        """Evaluate: one keyword a parameter, a dict from label to result.

        Raises
        ------
        UnknownNameError
            A parameter that is missing or not known.
        ParameterError
            A value outside its parameter's range (the message gives the first bad index), or a
            result that is undefined or beyond the largest float64.
        """
        if values.keys() != self._names:
            self._complain(values)
        read = self._engine.read
        given = [read(domain, values[domain.name]) for domain in self.domains]
        return dict(zip(self.labels, self._run(given), strict=True))

    def array(self, values: Any) -> Array:
        """Evaluate stacked values of shape (arguments, ...) to results (labels, ...)."""
        values = np.asarray(values)
        if values.ndim == 0 or len(values) != len(self.arguments):
            raise ParameterError(
                f"values have shape {values.shape}; wanted ({len(self.arguments)}, ...), one row "
                f"for each of {', '.join(self.arguments)}"
            )
        read = self._engine.read
        given = [read(domain, row) for domain, row in zip(self.domains, values, strict=True)]
        return np.asarray(self._run(given))

    def _run(self, given: list[Any]) -> Any:
        shape: tuple[int, ...] = ()
        arrays = [value.shape for value in given if isinstance(value, np.ndarray)]
        try:
            shape = np.broadcast_shapes(*arrays) if arrays else ()
        except ValueError:
            shown = ", ".join(map(str, dict.fromkeys(arrays)))
            raise ParameterError(f"values of shapes {shown} do not broadcast together") from None
        if self.assumed:
            for text, result in zip(self.assumed, self._checks.run(given, shape), strict=True):
                _check_assumed(text, np.asarray(result))
        return self._engine.run(given, shape)

    def _complain(self, values: Mapping[str, Any]) -> None:
        for name in values:
            if name not in self._names:
                raise UnknownNameError.of("parameter", name, self.arguments)
        missing = ", ".join(name for name in self.arguments if name not in values)
        raise UnknownNameError(f"no value for {missing}; wanted {', '.join(self.arguments)}")

    @cached_property
    def _names(self) -> set[str]:
        return set(self.arguments)

    @cached_property
    def _engine(self) -> Backend:
        return self._made(self.program, self.labels)

    @cached_property
    def _checks(self) -> Backend:
        return self._made(self.assumptions, self.assumed)

    def _made(self, program: Program, labels: tuple[str, ...]) -> Backend:
        factory = BACKENDS[self.backend] if isinstance(self.backend, str) else self.backend
        return factory(program, labels)

    def __getstate__(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}


def compile(
    formulas: Formulas | Expr | Sequence[Expr] | Mapping[str, Expr],
    backend: str | Callable[[Program, tuple[str, ...]], Backend] = "numpy",
    arguments: Iterable[Any] | None = None,
) -> Kernel:
    """Compile formulas to a fast function of numbers.

    Parameters
    ----------
    formulas : Formulas, Expr, or list or dict of Expr
        What to compute. A single expression gets the label ``"value"``, those of a list
        ``"0"``, ``"1"``, ...
    backend : str or callable, optional
        ``"numpy"``: float64, in blocks; where intermediate values leave its range the points
        concerned are computed again with wider exponents, so that results are right wherever they
        are float64 numbers (below 2.2e-308 they are rounded as usual, above 1.8e308 they raise).
        ``"exact"``: SymPy numbers. ``"mpmath"``: at the current ``mpmath.mp.dps``. ``"arb"``:
        rigorous enclosures at the current ``flint.ctx.prec``. Or a factory of (program, labels).
    arguments : iterable of str or Symbol, optional
        An order of the parameters; may hold more than the formulas need.

    Raises
    ------
    UnknownNameError
        An unknown backend, or a parameter of the formulas that `arguments` leaves out.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b = symbols("a b", positive=True)
    >>> k = compile({"p": a / (a + b)})
    >>> k(a=1.0, b=3.0)
    {'p': 0.25}
    >>> k(a=[1, 3], b=1.0)["p"]
    array([0.5 , 0.75])
    >>> compile(a / (a + b), backend="exact")(a="1/3", b=1)
    {'value': 1/4}
    """
    if isinstance(backend, str) and backend not in BACKENDS:
        raise UnknownNameError.of("backend", backend, BACKENDS)
    formulas = _as_formulas(formulas)
    assume = [e for e in formulas.assume if e.free_symbols]
    free = set().union(*(e.free_symbols for e in assume))
    defined = {symbol for symbol, _ in formulas.steps}
    known = {s.name: s for s in formulas.symbols}
    known.update((s.name, s) for s in sorted(free - defined, key=str) if s.name not in known)
    names = list(known) if arguments is None else [str(a) for a in arguments]
    for name in known:
        if name not in names:
            raise UnknownNameError(f"the formulas need {name}; arguments has {', '.join(names)}")
    symbols = [known.get(name, Symbol(name, real=True)) for name in names]
    return Kernel(
        labels=formulas.labels,
        unit=formulas.unit,
        backend=backend,
        program=lower(formulas.exprs, formulas.steps, symbols),
        domains=tuple(map(Domain.of, symbols)),
        assumed=tuple(map(str, assume)),
        assumptions=lower(assume, formulas.steps, symbols),
    )


def _as_formulas(formulas: Any) -> Formulas:
    if isinstance(formulas, Formulas):
        return formulas
    if isinstance(formulas, Expr):
        return Formulas(("value",), (formulas,))
    if isinstance(formulas, Mapping):
        return Formulas(tuple(map(str, formulas)), tuple(map(sympy.S, formulas.values())))
    return Formulas(tuple(map(str, range(len(formulas)))), tuple(formulas))


def _check_assumed(text: str, result: Array) -> None:
    bad = ~np.asarray(result > 0, dtype=bool)
    if bad.any():
        raise ParameterError(f"{text} must be positive; got {_first(result, bad)}")


def _first(values: Array, bad: Array) -> str:
    """Say the first bad value, and its index if there are several values."""
    if values.ndim == 0:
        return str(values[()])
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(bad)), bad.shape))
    return f"{values[index]} at index {index}"


def _executed(text: str, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Run source that `nesssym.program` wrote; nothing a user typed is in it but safe names."""
    scope: dict[str, Any] = {"__builtins__": {}, **namespace}
    exec(text, scope)
    return scope


class _UndefinedError(Exception):
    """A result that is no float64 at one point."""

    def __init__(self, result: int, problem: str, point: int = 0) -> None:
        super().__init__(problem)
        self.result, self.problem, self.point = result, problem, point


class Blocks:
    """float64, block by block; points out of range again with wider exponents."""

    def __init__(self, program: Program, labels: tuple[str, ...]) -> None:
        program_ = floating(program)
        self.source = python_source(program_)
        self._labels = labels
        self._ball = _executed(python_source(program), BALLS)
        self._one = _executed(self.source, SCALARS)["kernel"]
        scope = _executed(numpy_source(program_), ARRAYS)
        self._block, self._buffers = scope["kernel"], scope["BUFFERS"]

    def read(self, domain: Domain, value: Any) -> Any:
        """Return a float64 scalar or array, checked."""
        if type(value) in PLAIN and domain.limit < value < inf:
            try:
                return np.float64(value)
            except OverflowError:
                raise ParameterError(f"{domain.name} {domain.words}; got {value}") from None
        array = np.asarray(value)
        if array.dtype.kind not in "fiu":
            raise ParameterError(
                f"{domain.name} must be real numbers; got an array of {array.dtype} (exact and "
                "text values are for backend='exact')"
            )
        array = array.astype(np.float64, copy=False)
        if array.size and not (domain.limit < array.min() and array.max() < inf):
            bad = ~(np.isfinite(array) & (array > domain.limit))
            raise ParameterError(f"{domain.name} {domain.words}; got {_first(array, bad)}")
        return array if array.ndim else array[()]

    def run(self, values: Sequence[Any], shape: tuple[int, ...]) -> Any:
        """Return a list of floats for scalars, else an array (results, *shape)."""
        try:
            if shape == ():
                return self._scalar(values)
            rows = [v if v.ndim == 0 else np.broadcast_to(v, shape).reshape(-1) for v in values]
            size = int(np.prod(shape))
            return self._rows(rows, size).reshape(len(self._labels), *shape)
        except _UndefinedError as error:
            index = tuple(int(i) for i in np.unravel_index(error.point, shape)) if shape else ()
            place = f" at index {index}" if shape else ""
            raise ParameterError(
                f"result {self._labels[error.result]!r} {error.problem}{place}"
            ) from None

    def _scalar(self, values: Sequence[Any]) -> list[float]:
        try:
            with np.errstate(**RAISE):
                return [float(result) for result in self._one(*values)]
        except ArithmeticError:
            return self._point(values)

    def _rows(self, rows: list[Any], size: int) -> Array:
        out = np.empty((len(self._labels), size))
        buffers = np.empty((self._buffers, min(BLOCK, size)))
        with np.errstate(**RAISE):
            for low in range(0, size, BLOCK):
                self._piece(rows, out, buffers, low, min(low + BLOCK, size))
        return out

    def _piece(self, rows: list[Any], out: Array, buffers: Array, low: int, high: int) -> None:
        cut = [row if row.ndim == 0 else row[low:high] for row in rows]
        try:
            self._block(cut, tuple(out[:, low:high]), tuple(buffers[:, : high - low]))
        except FloatingPointError:
            if high - low > LEAST_BLOCK:
                middle = (low + high) // 2
                self._piece(rows, out, buffers, low, middle)
                self._piece(rows, out, buffers, middle, high)
            else:
                self._wide(cut, out, low, high)

    def _wide(self, cut: list[Any], out: Array, low: int, high: int) -> None:
        try:
            if not WIDE:
                raise FloatingPointError
            wide = np.empty((len(out) + self._buffers, high - low), np.longdouble)
            results, buffers = wide[: len(out)], wide[len(out) :]
            self._block([c.astype(np.longdouble) for c in cut], tuple(results), tuple(buffers))
            with np.errstate(under="ignore"):
                out[:, low:high] = results
        except FloatingPointError:
            for point in range(high - low):
                values = [float(c if c.ndim == 0 else c[point]) for c in cut]
                try:
                    out[:, low + point] = self._point(values)
                except _UndefinedError as error:
                    error.point = low + point
                    raise

    def _point(self, values: Sequence[Any]) -> list[float]:
        """Enclose one point in balls of growing precision until each holds one float64."""
        bits = 128
        found: dict[int, float] = {}
        while True:
            with _PRECISION, flint.ctx.workprec(bits):
                self._ball["pi"] = flint.arb.pi()
                try:
                    results = self._ball["kernel"](*(flint.arb(float(v)) for v in values))
                except ZeroDivisionError:
                    raise _UndefinedError(0, UNDEFINED) from None
                for i, ball in enumerate(map(flint.arb, results)):
                    if i not in found and (value := _double(ball)) is not None:
                        found[i] = value
            if len(found) == len(results):
                break
            bits *= 2
            if bits > MOST_BITS:
                first = next(i for i in range(len(results)) if i not in found)
                raise _UndefinedError(first, UNDEFINED)
        for i, value in found.items():
            if not isfinite(value):
                raise _UndefinedError(
                    i, "is beyond the largest float64, 1.8e308; use backend='mpmath'"
                )
        return [found[i] for i in range(len(results))]


def _double(ball: Any) -> float | None:
    """Return the float64 nearest to a ball, or None where it is too wide to say."""
    if not ball.is_finite():
        return None
    size = ball.abs_upper()
    if size == 0 or size < flint.arb(2) ** -1075:
        return 0.0
    if ball.rel_accuracy_bits() < 60:
        return None
    mantissa, exponent = map(int, ball.mid().man_exp())
    if mantissa.bit_length() + exponent > 1024:
        return inf
    try:
        if exponent >= 0:
            return float(mantissa << exponent)
        return float(Fraction(mantissa, 1 << -exponent))
    except OverflowError:
        return inf


_PRECISION = threading.Lock()


@dataclass(frozen=True)
class Arithmetic:
    """What the plain program needs to run on one type of number."""

    functions: Mapping[str, Any]
    pi: Callable[[], Any]
    result: Callable[[Any], Any]
    native: type


class Points:
    """Any type of number, point by point."""

    def __init__(self, arithmetic: Arithmetic, program: Program, labels: tuple[str, ...]) -> None:
        self.source = python_source(program)
        self._arithmetic, self._labels = arithmetic, labels
        self._scope = _executed(self.source, arithmetic.functions)

    def read(self, domain: Domain, value: Any) -> Any:
        """Return a number, or an object array of them, checked exactly."""
        if not isinstance(value, list | tuple | np.ndarray):
            return self._number(domain, value, "")
        given = np.asarray(value, dtype=object)
        read = np.empty(given.shape, dtype=object)
        for index in np.ndindex(given.shape):
            read[index] = self._number(domain, given[index], f" at index {index}" if index else "")
        return read if read.ndim else read[()]

    def run(self, values: Sequence[Any], shape: tuple[int, ...]) -> Any:
        """Return a list of numbers for scalars, else an object array (results, *shape)."""
        self._scope["pi"] = self._arithmetic.pi()
        if shape == ():
            return self._at(values, "")
        columns = [np.broadcast_to(_object(value), shape) for value in values]
        out = np.empty((len(self._labels), *shape), dtype=object)
        for index in np.ndindex(shape):
            point = self._at([column[index] for column in columns], f" at index {index}")
            for row, result in zip(out, point, strict=True):
                row[index] = result
        return out

    def _number(self, domain: Domain, value: Any, place: str) -> Any:
        native = self._arithmetic.native
        try:
            exact = value if native is flint.arb and isinstance(value, native) else number(value)
            finite = exact.is_finite() if isinstance(exact, flint.arb) else exact.is_finite
        except NessError as error:
            raise ParameterError(f"{domain.name}{place}: {error}") from None
        if not finite or not domain.admits(exact):
            raise ParameterError(f"{domain.name} {domain.words}; got {value}{place}")
        if isinstance(exact, native):
            return exact
        constant = _executed(python_source(lower([exact], [], [])), self._arithmetic.functions)
        constant["pi"] = self._arithmetic.pi()
        return self._arithmetic.result(constant["kernel"]()[0])

    def _at(self, values: Sequence[Any], place: str) -> list[Any]:
        results = []
        try:
            for result in self._scope["kernel"](*values):
                results.append(self._arithmetic.result(result))
        except ArithmeticError as error:
            label = self._labels[len(results)] if results else ", ".join(self._labels[:4])
            raise ParameterError(f"result {label!r} is undefined ({error}){place}") from None
        return results


def _object(value: Any) -> Array:
    if isinstance(value, np.ndarray):
        return value
    array = np.empty((), dtype=object)
    array[()] = value
    return array


def _sympy_result(value: Any) -> Expr:
    result = sympy.S(value)
    if not result.is_real:
        raise ArithmeticError(f"it is {result}")
    return result


def _mpmath_result(value: Any) -> Any:
    if isinstance(value, mpmath.mpc):
        raise ArithmeticError(f"it is {value}")
    return mpmath.mpf(value)


def _arb_result(value: Any) -> Any:
    result = flint.arb(value)
    if not result.is_finite():
        raise ArithmeticError(f"it is {result} at {flint.ctx.prec} bits")
    return result


def _arb_function(name: str) -> Callable[[Any], Any]:
    return lambda x: getattr(flint.arb(x), name)()


def _split(a: Any) -> tuple[Any, Any]:
    """Split numbers into halves whose products are exact (Dekker)."""
    bits = np.finfo(a.dtype).nmant
    scaled = a * a.dtype.type(2.0 ** ((bits + 2) // 2) + 1)
    high = scaled - (scaled - a)
    return high, a - high


def _product(factors: Sequence[Any]) -> tuple[Any, Any, Any]:
    """Multiply in double-double: (high + low) * 2**exponent with high in [1/2, 1) or 0."""
    high, exponent = np.frexp(factors[0])
    low = high * 0
    for factor in factors[1:]:
        fraction, power = np.frexp(factor)
        product = high * fraction
        (a, b), (c, d) = _split(high), _split(fraction)
        low = low * fraction + (((a * c - product) + a * d + b * c) + b * d)
        high, exponent = product, exponent + power
    unit, power = np.frexp(high)
    exponent = np.where(unit == 0, -(10**6), exponent + power)
    return unit, np.ldexp(low, -power), exponent


def difference(first: Sequence[Any], second: Sequence[Any], out: Any = None) -> Any:
    """Subtract two products, right to the last digit also where they nearly agree."""
    (a, a_low, a_power), (b, b_low, b_power) = _product(first), _product(second)
    power = np.maximum(a_power, b_power)
    a_shift, b_shift = (np.maximum(p - power, -200) for p in (a_power, b_power))
    a, a_low = np.ldexp(a, a_shift), np.ldexp(a_low, a_shift)
    b, b_low = np.ldexp(b, b_shift), np.ldexp(b_low, b_shift)
    rough = a - b
    back = rough - a
    error = (a - (rough - back)) - (b + back)
    result = rough + (error + (a_low - b_low))
    return np.ldexp(result, power) if out is None else np.ldexp(result, power, out)


SCALARS: dict[str, Any] = {
    **{name: getattr(np, UFUNCS[name]) for name in FUNCTIONS},
    "pi": np.float64(np.pi),
    "rational": lambda p, q: np.float64(p / q),
    "difference": difference,
}
ARRAYS: dict[str, Any] = {
    **{name: getattr(np, name) for name in UFUNCS.values()},
    "pi": np.pi,
    "copyto": np.copyto,
    "difference": difference,
}
BALLS: dict[str, Any] = {
    **{name: _arb_function(name) for name in FUNCTIONS},
    "rational": lambda p, q: flint.arb(p) / q,
}
EXACT = Arithmetic(
    {
        **{name: getattr(sympy, name) for name in FUNCTIONS if hasattr(sympy, name)},
        "expm1": lambda x: sympy.exp(x) - 1,
        "log1p": lambda x: sympy.log(1 + x),
        "rational": sympy.Rational,
    },
    lambda: sympy.pi,
    _sympy_result,
    sympy.Basic,
)
MPMATH = Arithmetic(
    {
        **{name: getattr(mpmath, name) for name in FUNCTIONS},
        "rational": lambda p, q: mpmath.mpf(p) / q,
    },
    lambda: +mpmath.pi,
    _mpmath_result,
    mpmath.mpf,
)
ARB = Arithmetic(BALLS, flint.arb.pi, _arb_result, flint.arb)
BACKENDS: dict[str, Callable[[Program, tuple[str, ...]], Backend]] = {
    "numpy": Blocks,
    "exact": partial(Points, EXACT),
    "mpmath": partial(Points, MPMATH),
    "arb": partial(Points, ARB),
}
