"""Gaussian: linear drift and white noise, the Ornstein-Uhlenbeck process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import (
    Expr,
    ImmutableDenseMatrix,
    Integer,
    Rational,
    Symbol,
    exp,
    eye,
    pi,
    sqrt,
    zeros,
)

from nesssym import parsing, typeset
from nesssym.entropies import EntropyProduction, Irreversibility, entropy
from nesssym.errors import IrreversibleError, ModelError, ParameterError, TooLargeError
from nesssym.exact.linear import characteristic, determinant, hurwitz, inverted, simplest, solve
from nesssym.fields.state import Field, conditions, quantity, symbols_of
from nesssym.formulas import Formulas, Steps
from nesssym.signs import sign

__all__ = ["Gaussian"]

MOST_SYMBOLIC = 6


@dataclass(frozen=True, eq=False)
class Gaussian(Field):
    r"""A linear process with white noise, :math:`dx = -A x\,dt + \sqrt{2D}\,dW`.

    Its steady state is Gaussian, and everything about it is a rational function of the entries of
    `A` and `D`: the covariance solves :math:`A C + C A^T = 2D`, exactly. Brownian gyrators, active
    particles in a trap, chains of beads or oscillators between heat baths, linear climate models.

    Parameters
    ----------
    drift : matrix, shape (n, n)
        `A`, nested lists of text, numbers and expressions or a SymPy matrix. All its eigenvalues
        must have positive real parts.
    diffusion : matrix, shape (n, n), or sequence of n
        `D`, symmetric and positive semidefinite, or its diagonal.
    variables : sequence of str, optional
        Names of the components, ``x1, x2, ...`` where not given; a name for a coordinate in
        `profile` and `flux`.
    parity : sequence of {1, -1}, optional
        How the components change under time reversal; -1 for velocities. All 1 by default.
    temperatures : sequence, optional
        The temperature of the bath of each component (any value where there is no noise), for
        `heat`; in units of energy.

    Raises
    ------
    ModelError
        Shapes that do not fit, or a `D` that is not symmetric and positive semidefinite.
    NoSteadyStateError
        The drift is not stable; the message has the violated inequality.

    References
    ----------
    C. Godreche, J. M. Luck, J. Phys. A 52, 035002 (2019), doi:10.1088/1751-8121/aaf190.

    Examples
    --------
    >>> import nesssym as ns
    >>> gyrator = ns.Gaussian([["k", "u"], ["u", "k"]], ["T1", "T2"], variables="xy")
    >>> gyrator.covariance[0, 1]
    -u*(T1 + T2)/(2*(k - u)*(k + u))
    >>> ns.entropy_production(ns.steady_state(gyrator))["sigma"]
    u**2*(T1 - T2)**2/(2*T1*T2*k)
    """

    drift: Any
    diffusion: Any
    variables: Sequence[str] = ()
    parity: Sequence[int] = ()
    temperatures: Sequence[Any] = ()

    def __post_init__(self) -> None:
        drift = _matrix(self.drift, "drift")
        n = drift.shape[0]
        given = self.diffusion
        plain = not hasattr(given, "shape") and all(
            isinstance(row, str) or not hasattr(row, "__len__") for row in given
        )
        if plain:
            entries = list(map(quantity, given))
            noise = ImmutableDenseMatrix.diag(*entries)
        else:
            noise = _matrix(given, "diffusion")
        names = tuple(self.variables) or tuple(f"x{i + 1}" for i in range(n))
        parity = tuple(self.parity) or (1,) * n
        temperatures = tuple(map(quantity, self.temperatures))
        for what, size in (
            ("diffusion", noise.shape[0]),
            ("variables", len(names)),
            ("parity", len(parity)),
            ("temperatures", len(temperatures) or n),
        ):
            if size != n:
                raise ModelError(f"the drift is {n} x {n}, but {what} has size {size}")
        if noise != noise.T:
            raise ModelError("the diffusion matrix is not symmetric")
        if set(parity) - {1, -1}:
            raise ModelError(f"parity is {parity}; wanted 1 (even) or -1 (odd) for each variable")
        for i, entry in enumerate(noise.diagonal()):
            if entry.is_negative:
                raise ParameterError(f"the diffusion of {names[i]} is {entry}: it must be >= 0")
        free = symbols_of((*drift, *noise, *temperatures))
        if free and n > MOST_SYMBOLIC:
            raise TooLargeError(
                f"{n} variables with symbols are too many: the covariance would be long beyond "
                f"use. At most {MOST_SYMBOLIC}, or any number without symbols"
            )
        parsing.check_distinct((*free, *(parsing.symbol(name, positive=False) for name in names)))
        for key, value in (
            ("drift", drift),
            ("diffusion", noise),
            ("variables", names),
            ("parity", parity),
            ("temperatures", temperatures),
        ):
            object.__setattr__(self, key, value)
        self.assume  # noqa: B018  (an unstable drift is refused at once)

    def __repr__(self) -> str:
        return f"<Gaussian: {', '.join(self.variables)}>"

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The symbols of drift, noise and temperatures."""
        return symbols_of((*self.drift, *self.diffusion, *self.temperatures))

    @cached_property
    def assume(self) -> tuple[Expr, ...]:
        """The conditions of Routh and Hurwitz and those of a semidefinite noise, where open."""
        stable = conditions(hurwitz(self.drift), "the drift -A x is not stable, Routh and Hurwitz")
        if self.diffusion.is_diagonal():
            return stable
        sizes = [c for c in characteristic(-self.diffusion) if c != 0]
        if any(c.is_negative for c in sizes):
            raise ModelError("the diffusion matrix is not positive semidefinite")
        return (*stable, *(c for c in sizes if sign(c) <= 0))

    @property
    def size(self) -> int:
        """The number of variables."""
        return len(self.variables)

    @property
    def coordinates(self) -> tuple[Symbol, ...]:
        """The variables as real symbols, for `density`, `flux` and `force`."""
        return tuple(parsing.symbol(name, positive=False) for name in self.variables)

    @cached_property
    def covariance(self) -> ImmutableDenseMatrix:
        """The covariance matrix of the steady state."""
        pairs = self._pairs
        place = {pair: k for k, pair in enumerate(pairs)}
        rows = [[Integer(0)] * len(pairs) for _ in pairs]
        for row, (i, j) in zip(rows, pairs, strict=True):
            for k in range(self.size):
                row[place[min(k, j), max(k, j)]] += self.drift[i, k]
                row[place[min(k, i), max(k, i)]] += self.drift[j, k]
        found = solve(rows, [2 * self.diffusion[i, j] for i, j in pairs])
        return ImmutableDenseMatrix(
            self.size, self.size, lambda i, j: found[place[min(i, j), max(i, j)]]
        )

    @property
    def profile(self) -> Formulas:
        """The covariances, labelled ``"<x y>"``."""
        return self._formulas(
            {
                f"<{self.variables[i]} {self.variables[j]}>": self.covariance[i, j]
                for i, j in self._pairs
            },
            (rf"\langle {self._latex(i)} {self._latex(j)} \rangle" for i, j in self._pairs),
        )

    @cached_property
    def circulation(self) -> Formulas:
        r"""The mean angular momentum of every pair, :math:`\langle x v_y - y v_x\rangle`.

        Here `v` is the mean velocity at a place; counter-clockwise from x to y is positive. It is
        twice the antisymmetric matrix :math:`A C - D`, and zero in equilibrium.
        """
        pairs = [(i, j) for i, j in self._pairs if i != j]
        flow = self.drift * self.covariance - self.diffusion
        return self._formulas(
            {
                f"<{self.variables[i]} v_{self.variables[j]} - {self.variables[j]} "
                f"v_{self.variables[i]}>": simplest(2 * flow[i, j])
                for i, j in pairs
            },
            (
                rf"\langle {self._latex(i)} v_{{{self._latex(j)}}} - "
                rf"{self._latex(j)} v_{{{self._latex(i)}}}\rangle"
                for i, j in pairs
            ),
            unit="1/time",
        )

    @cached_property
    def velocity(self) -> Formulas:
        r"""The mean local velocity of every variable, :math:`(D C^{-1} - A)\,x`."""
        matrix = self.diffusion * self._inverse - self.drift
        where = ImmutableDenseMatrix(self.coordinates)
        flow = matrix.applyfunc(simplest) * where
        return self._formulas(
            {f"v_{name}": flow[i] for i, name in enumerate(self.variables)},
            (rf"v_{{{self._latex(i)}}}" for i in range(self.size)),
            unit="1/time",
        )

    @cached_property
    def density(self) -> Formulas:
        """The probability density, label ``"p"``, as a function of the coordinates."""
        where = ImmutableDenseMatrix(self.coordinates)
        weight = exp(-(where.T * self._inverse * where)[0] / 2)
        norm = (2 * pi) ** Rational(self.size, 2) * sqrt(determinant(self.covariance))
        return self._formulas({"p": weight / norm}, ("p",))

    @cached_property
    def flux(self) -> Formulas:
        """The probability current density at a place, one component a variable."""
        shared = Steps.over(self)
        p = shared.absorb(self.density)["p"]
        flow = shared.absorb(self.velocity)
        named = shared.let(p, "p", alone=True)
        return shared.formulas(
            {f"J_{name}": flow[f"v_{name}"] * named for name in self.variables},
            heads=(f"J_{{{self._latex(i)}}}" for i in range(self.size)),
            unit="1/time",
        )

    @cached_property
    def force(self) -> Formulas:
        r"""The thermodynamic force :math:`D^{-1} v` of every variable that has noise.

        For variables with odd parity in it, `v` is the irreversible part of the velocity.
        """
        noisy, inverse, dissipative = self._dissipative
        push = self.diffusion * self._inverse - dissipative
        where = ImmutableDenseMatrix(self.coordinates)
        rows = inverse * push.extract(noisy, list(range(self.size)))
        forces = rows.applyfunc(simplest) * where
        return self._formulas(
            {f"F_{self.variables[i]}": forces[k] for k, i in enumerate(noisy)},
            (f"F_{{{self._latex(i)}}}" for i in noisy),
        )

    @cached_property
    def entropy_production(self) -> EntropyProduction | Irreversibility:
        r"""The entropy production, ``"sigma"``, and the entropy that flows into each bath.

        :math:`\sigma = \operatorname{tr}(A^T D^{-1} A C) - \operatorname{tr} A` with the part of
        the drift that is irreversible. The parts, labelled by the variables that have noise of
        their own, are heat over temperature and may be negative.

        Raises
        ------
        IrreversibleError
            Noise is missing where something irreversible moves: the value would be infinite.
        """
        noisy, inverse, dissipative = self._dissipative
        moved = dissipative.extract(noisy, list(range(self.size)))
        spread = moved * self.covariance * moved.T
        parts = {}
        if self.diffusion.is_diagonal():
            for k, i in enumerate(noisy):
                parts[self.variables[i]] = simplest(
                    spread[k, k] * inverse[k, k] - dissipative[i, i]
                )
        total = simplest((spread * inverse).trace() - dissipative.trace())
        found = self._formulas(
            {"sigma": total, **parts},
            (r"\sigma", *(rf"\sigma_{{{self._latex(i)}}}" for i in noisy if parts)),
            unit=self._entropy_unit,
        )
        return entropy(found)

    @property
    def _entropy_unit(self) -> str:
        """Noise without temperatures knows no bath: what it makes is statistical."""
        return "k_B/time" if self.temperatures else "nats/time"

    @cached_property
    def local_entropy_production(self) -> EntropyProduction | Irreversibility:
        """The density of entropy production at a place, label ``"sigma(x)"``: flux times force."""
        noisy, _, _ = self._dissipative
        shared = Steps.over(self)
        p = shared.let(shared.absorb(self.density)["p"], "p", alone=True)
        push = shared.absorb(self.force)
        forces = [shared.let(push[f"F_{self.variables[i]}"], "F", positive=False) for i in noisy]
        block = self.diffusion.extract(noisy, noisy)
        column = ImmutableDenseMatrix(forces)
        return entropy(
            shared.formulas(
                {"sigma(x)": p * (column.T * block * column)[0]},
                unit=f"{self._entropy_unit} per volume",
            )
        )

    @cached_property
    def heat(self) -> Formulas:
        """The heat into each bath per time: temperature times entropy flow.

        Raises
        ------
        ModelError
            The model has no temperatures, or noise that is correlated.
        """
        if not self.temperatures:
            raise ModelError("the model has no temperatures; give one for each variable")
        if not self.diffusion.is_diagonal():
            raise ModelError("correlated noise belongs to no single bath; make it diagonal")
        flows = self.entropy_production
        names = flows.labels[1:]
        return self._formulas(
            {
                name: simplest(self.temperatures[self.variables.index(name)] * flows[name])
                for name in names
            },
            (rf"\dot Q_{{{self._latex(self.variables.index(name))}}}" for name in names),
            unit="energy/time",
        )

    @cached_property
    def _dissipative(self) -> tuple[list[int], ImmutableDenseMatrix, ImmutableDenseMatrix]:
        """The variables with noise, the inverse of their noise, and the irreversible drift."""
        reverse = ImmutableDenseMatrix.diag(*self.parity)
        part = (self.drift + reverse * self.drift * reverse) / 2
        noisy = [i for i in range(self.size) if self.diffusion[i, i] != 0]
        for i in range(self.size):
            if i not in noisy and any(entry != 0 for entry in part.row(i)):
                raise IrreversibleError(
                    f"{self.variables[i]} has no noise but moves irreversibly, so entropy "
                    "production is infinite; give it noise, or parity=-1 to the variables that "
                    "change sign under time reversal, such as velocities"
                )
        block = self.diffusion.extract(noisy, noisy)
        if determinant(block) == 0:
            raise IrreversibleError(
                "the noise of several variables is one and the same (the diffusion matrix is "
                "singular), so forces and entropy production are infinite"
            )
        return noisy, inverted(block), part

    @cached_property
    def _inverse(self) -> ImmutableDenseMatrix:
        return inverted(self.covariance)

    @property
    def _pairs(self) -> list[tuple[int, int]]:
        return [(i, j) for i in range(self.size) for j in range(i, self.size)]

    def _latex(self, i: int) -> str:
        return typeset.name(self.variables[i])

    def _formulas(self, results: dict[str, Expr], heads: Any, unit: str = "1") -> Formulas:
        return Steps.over(self).formulas(results, heads=heads, unit=unit)

    @classmethod
    def beads(
        cls, stiffness: Any, temperatures: Sequence[Any], friction: Any = 1, **options: Any
    ) -> Gaussian:
        """Make overdamped beads in springs, each in a heat bath of its own.

        Parameters
        ----------
        stiffness : matrix, shape (n, n)
            The second derivatives of the potential energy.
        temperatures : sequence of n
            In units of energy.
        friction : optional
            The friction coefficient of every bead.

        Examples
        --------
        >>> import nesssym as ns
        >>> pair = ns.Gaussian.beads([[2, -1], [-1, 2]], ["T1", "T2"])
        >>> pair.heat["x2"]
        (T1 - T2)/4
        """
        zeta, k = quantity(friction), _matrix(stiffness, "stiffness")
        baths = [quantity(t) for t in temperatures]
        return cls(k / zeta, [t / zeta for t in baths], temperatures=baths, **options)

    @classmethod
    def oscillators(
        cls,
        stiffness: Any,
        friction: Sequence[Any],
        temperatures: Sequence[Any],
        mass: Any = 1,
    ) -> Gaussian:
        """Make masses in springs, some of them in heat baths: positions q1.., momenta p1...

        Parameters
        ----------
        stiffness : matrix, shape (n, n)
            The second derivatives of the potential energy.
        friction : sequence of n
            The rate at which a bath damps each momentum; 0 where there is none.
        temperatures : sequence of n
            In units of energy; any value where there is no bath.
        mass : optional
            The mass of every particle.

        References
        ----------
        Z. Rieder, J. L. Lebowitz, E. Lieb, J. Math. Phys. 8, 1073 (1967), doi:10.1063/1.1705319.

        Examples
        --------
        >>> import nesssym as ns
        >>> chain = ns.Gaussian.oscillators([[2, -1], [-1, 2]], [1, 1], [2, 1])
        >>> chain.heat["p2"]
        1/6
        """
        k, m = _matrix(stiffness, "stiffness"), quantity(mass)
        n = k.shape[0]
        rates, baths = list(map(quantity, friction)), list(map(quantity, temperatures))
        if len(rates) != n or len(baths) != n:
            raise ModelError(f"{n} masses need {n} frictions and {n} temperatures")
        damping = ImmutableDenseMatrix.diag(*rates)
        drift = zeros(n, n).row_join(-eye(n) / m).col_join(k.row_join(damping))
        noise = [Integer(0)] * n + [m * g * t for g, t in zip(rates, baths, strict=True)]
        names = [f"{letter}{i + 1}" for letter in "qp" for i in range(n)]
        parity = [1] * n + [-1] * n
        return cls(drift, noise, names, parity, [*baths, *baths])


def _matrix(given: Any, what: str) -> ImmutableDenseMatrix:
    rows = given.tolist() if hasattr(given, "tolist") else [list(row) for row in given]
    if not rows or any(len(row) != len(rows) for row in rows):
        raise ModelError(f"the {what} matrix is not square")
    return ImmutableDenseMatrix([[quantity(entry) for entry in row] for row in rows])
