"""Kernels: formulas become fast, checked, picklable functions of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from nesssym import parsing
from nesssym.backends.blocks import Array, Backend, Domain, Factory, first_bad
from nesssym.backends.jacobian import jacobian
from nesssym.backends.registry import BACKENDS, check_installed
from nesssym.backends.rounded import ROUNDED, is_special
from nesssym.errors import ParameterError, UnknownNameError
from nesssym.formulas import Formulas
from nesssym.programs.program import Program, lower

__all__ = ["Jacobian", "Kernel", "compile"]


@dataclass(frozen=True)
class Kernel:
    """A function of named numbers, compiled from formulas by `compile`.

    Calling it with one keyword a parameter gives a dict from label to value; arrays broadcast as
    in NumPy. `array` takes and gives stacked arrays and is the fast way for many points. Kernels
    can be pickled, and used from several threads.

    Attributes
    ----------
    arguments : tuple of str
        The parameters that occur, in the order of `array`.
    spare : tuple of str
        Parameters of the model that do not occur: a call takes values for them and ignores them.
    labels : tuple of str
        The results, in order.
    unit : str
        The unit of the results.
    source : str
        The program that runs, as readable Python.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b = symbols("a b", positive=True)
    >>> k = compile({"p": a / (a + b), "q": b / (a + b)})
    >>> k(a=1.0, b=3.0)
    {'p': 0.25, 'q': 0.75}
    >>> k.array([[1, 3], [3, 1]])
    array([[0.25, 0.75],
           [0.75, 0.25]])
    >>> print(k.source)
    def kernel(a, b):
        t1 = a + b
        return (a/t1, b/t1)
    <BLANKLINE>
    """

    labels: tuple[str, ...]
    unit: str
    backend: str | Factory
    program: Program
    domains: tuple[Domain, ...]
    assumed: tuple[str, ...]
    assumptions: Program
    spare: tuple[str, ...] = ()
    threads: int = 1

    @property
    def arguments(self) -> tuple[str, ...]:
        """The parameters that occur, in the order of `array`."""
        return self.program.arguments

    @property
    def source(self) -> str:
        """The program that runs, as readable Python."""
        return self._engine.source

    @property
    def function(self) -> Callable[..., tuple[Any, ...]]:
        """The bare function: positional numbers in the order of `arguments`, a tuple of results.

        It checks nothing. With ``"jax"`` it can be traced, jitted, mapped and differentiated (in
        float64 where ``jax_enable_x64`` is set); with ``"numba"`` it can be called from jitted
        code; else it is Python that takes the numbers of the backend.
        """
        return self._engine.function

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
            self._check_names(values)
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

    def jacobian(self, wrt: Iterable[Any] | None = None) -> Jacobian:
        """Compile the derivatives of all results with respect to parameters.

        They are analytic: the chain rule through the steps, with the steps shared. So they are as
        exact as the results, on every backend.

        Parameters
        ----------
        wrt : iterable of str or Symbol, optional
            The parameters; by default all that occur.

        Raises
        ------
        UnknownNameError
            A parameter that does not occur.
        TooLargeError
            More than 500,000 operations; name fewer parameters.

        Examples
        --------
        >>> from sympy import symbols
        >>> a, b = symbols("a b", positive=True)
        >>> compile({"p": a / (a + b), "q": b / (a + b)}).jacobian()(a=1.0, b=3.0)
        {'p': {'a': 0.1875, 'b': -0.0625}, 'q': {'a': -0.1875, 'b': 0.0625}}
        """
        names = self.arguments if wrt is None else tuple(str(name) for name in wrt)
        for name in names:
            if name not in self.arguments:
                raise UnknownNameError.of("parameter", name, self.arguments)
        kernel = replace(
            self,
            labels=tuple(f"d({label})/d({name})" for label in self.labels for name in names),
            unit="mixed",
            program=jacobian(self.program, [self.arguments.index(name) for name in names]),
        )
        return Jacobian(kernel, self.labels, names)

    def _run(self, given: list[Any]) -> Any:
        shape: tuple[int, ...] = ()
        arrays = [shape for value in given if (shape := getattr(value, "shape", ()))]
        try:
            shape = np.broadcast_shapes(*arrays) if arrays else ()
        except ValueError:
            shown = ", ".join(map(str, dict.fromkeys(arrays)))
            raise ParameterError(f"values of shapes {shown} do not broadcast together") from None
        if self.assumed:
            for text, result in zip(self.assumed, self._checks.run(given, shape), strict=True):
                _check_assumed(text, np.asarray(result))
        return self._engine.run(given, shape, self.threads)

    def _check_names(self, given: Mapping[str, Any]) -> None:
        known = dict.fromkeys((*self.arguments, *self.spare))
        for name in given:
            if name not in known:
                raise UnknownNameError.of("parameter", name, known)
        missing = ", ".join(name for name in self.arguments if name not in given)
        if missing:
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
        if not isinstance(self.backend, str):
            return self.backend(program, labels)
        known = ROUNDED if is_special(program) else BACKENDS
        if self.backend not in known:
            raise UnknownNameError.of("backend for special functions", self.backend, known)
        return _compiled(known[self.backend], program, labels, self.domains)

    def __getstate__(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}


@lru_cache(maxsize=32)
def _compiled(
    factory: Factory, program: Program, labels: tuple[str, ...], domains: tuple[Domain, ...]
) -> Backend:
    """Make an engine; a worker that gets one kernel with every block compiles it once.

    Engines may remember the domains of the numbers they read: those of others get their own.
    """
    return factory(program, labels)


@dataclass(frozen=True)
class Jacobian:
    """The derivatives of all results of a kernel, made by `Kernel.jacobian`.

    Attributes
    ----------
    kernel : Kernel
        The kernel of the derivatives, those of the first result first.
    labels : tuple of str
        The results.
    parameters : tuple of str
        What is varied.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b = symbols("a b", positive=True)
    >>> jacobian = compile([a * b, a + b, b**2]).jacobian(["b"])
    >>> jacobian.array([[2.0, 3.0], [5.0, 7.0]]).shape
    (3, 1, 2)
    """

    kernel: Kernel
    labels: tuple[str, ...]
    parameters: tuple[str, ...]

    def __call__(self, /, **values: Any) -> dict[str, dict[str, Any]]:
        """Evaluate as the kernel does: label to parameter to derivative."""
        found = iter(self.kernel(**values).values())
        return {label: {name: next(found) for name in self.parameters} for label in self.labels}

    def array(self, values: Any) -> Array:
        """Evaluate stacked values (arguments, ...) to derivatives (labels, parameters, ...)."""
        found = self.kernel.array(values)
        return found.reshape(len(self.labels), len(self.parameters), *found.shape[1:])


def compile(
    formulas: Formulas | Expr | str | Sequence[Expr | str] | Mapping[str, Expr | str],
    backend: str | Factory = "numpy",
    arguments: Iterable[Any] | None = None,
    threads: int = 1,
) -> Kernel:
    """Compile formulas to a fast function of numbers.

    Parameters
    ----------
    formulas : Formulas, Expr, str, or list or dict of Expr or str
        What to compute. A single expression gets the label ``"value"``, those of a list
        ``"0"``, ``"1"``, ...; in text all symbols are positive.
    backend : str or callable, optional
        ``"numpy"``: float64, in blocks; where intermediate values leave its range the points
        concerned are computed again with wider exponents, so that results are right wherever they
        are float64 numbers (below 2.2e-308 they are rounded as usual, above 1.8e308 they raise).
        ``"exact"``: SymPy numbers. ``"mpmath"``: at the current ``mpmath.mp.dps``. ``"arb"``:
        rigorous enclosures at the current ``flint.ctx.prec``. Or a factory of (program, labels).
    arguments : iterable of str or Symbol, optional
        An order of the parameters; may hold more than the formulas need. By default those that
        occur, and calls also take the other parameters of `formulas`, whose values are ignored.
    threads : int, optional
        How many threads share the blocks of large arrays, with ``"numpy"`` and ``"numba"``.

    Raises
    ------
    UnknownNameError
        An unknown backend, or a parameter of the formulas that `arguments` leaves out.
    MissingExtraError
        A backend whose package is not installed.
    ParameterError
        `threads` is no positive integer.

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
    if isinstance(backend, str):
        check_installed(backend)
    if not isinstance(threads, int) or isinstance(threads, bool) or threads < 1:
        raise ParameterError(f"threads must be a positive integer; got {threads!r}")
    formulas = _as_formulas(formulas)
    assume = [e for e in formulas.assume if e.free_symbols]
    free = set().union(*(e.free_symbols for e in assume))
    defined = {symbol for symbol, _ in formulas.steps}
    known = {s.name: s for s in formulas.symbols}
    known.update((s.name, s) for s in sorted(free - defined, key=str) if s.name not in known)
    names = list(known) if arguments is None else [str(a) for a in arguments]
    rest = () if arguments is not None else formulas.parameters
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
        spare=tuple(s.name for s in rest if s.name not in known),
        threads=threads,
    )


def _as_formulas(formulas: Any) -> Formulas:
    if isinstance(formulas, Formulas):
        return formulas
    if isinstance(formulas, Expr | str):
        formulas = {"value": formulas}
    elif not isinstance(formulas, Mapping):
        formulas = dict(enumerate(formulas))
    return Formulas(tuple(map(str, formulas)), tuple(map(parsing.expr, formulas.values())))


def _check_assumed(text: str, result: Array) -> None:
    bad = ~np.asarray(result > 0, dtype=bool)
    if bad.any():
        raise ParameterError(f"{text} must be positive; got {first_bad(result, bad)}")
