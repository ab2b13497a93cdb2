"""Rod: steady conduction through one dimension, a chain of resistances."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sympy import Add, Dummy, Expr, Integer, Symbol, oo, sqrt

from nesssym import parsing, typeset
from nesssym.entropies import EntropyProduction, Irreversibility, entropy
from nesssym.errors import ModelError, ParameterError, warn
from nesssym.fields.integrals import definite, inverse
from nesssym.fields.parts import Contact, Film, Layer, Radiator
from nesssym.fields.state import Field, positive, quantity, symbols_of
from nesssym.formulas import Formulas, Steps
from nesssym.roots import RootIn
from nesssym.signs import sign

__all__ = ["Rod"]

COLD = 100  # kelvin; below it a temperature is more likely one in degrees Celsius


@dataclass(frozen=True)
class _Part:
    """One resistance: the integral of kappa over its drop is the flow times its extent."""

    name: str
    kappa: Expr
    extent: Expr
    span: tuple[Expr, Expr] | None = None


@dataclass(frozen=True, eq=False)
class Rod(Field):
    r"""Steady conduction, :math:`(\kappa(T)\,T')' = 0`, between two ends.

    Everything in the way of the heat is a resistance: layers with any conductivity
    :math:`\kappa(T)`, contacts, films of fluid and radiation at the ends. The Kirchhoff transform
    :math:`\Theta = \int \kappa\,dT` turns each into a difference. The flux is closed where it can
    be, else the one root of a monotone function, which kernels certify.

    Parameters
    ----------
    kappa : str, Expr, or sequence of Layer and Contact
        The conductivity, in which ``T`` is the temperature; or the layers from hot to cold.
    length : optional
        The length, where `kappa` is a single conductivity.
    hot, cold : temperature, Film or Radiator
        The ends at ``x = 0`` and ``x = L``. The "hot" one may be colder: then heat flows back.
    area : optional
        The cross section, 1 by default, so that totals are per area. It may depend on ``x``: a
        cylindrical shell is ``2*pi*H*x``, a spherical one ``4*pi*x**2``.
    start : optional
        Where ``x`` begins, 0 by default.
    variable : str, optional
        The name of the field in `kappa`, ``"T"``.
    conjugate : optional
        The intensive variable of entropy, :math:`1/T` by default; its gradient is the force. For
        diffusion through a stagnant gas it is ``-R*log(y)``, with a `kappa` of ``c*D/(1 - y)``.
    units : (str, str), optional
        Those of the field and of what flows: kelvin and watt, or ``("1", "mol/s")``.

    Raises
    ------
    ParameterError
        A length, area, conductivity or temperature that is not positive.

    References
    ----------
    S. R. de Groot, P. Mazur, Non-Equilibrium Thermodynamics (1962), chapter 5.

    Examples
    --------
    >>> import nesssym as ns
    >>> rod = ns.Rod("kappa", length="L", hot="T_h", cold="T_c", area="A")
    >>> rod.entropy_production["sigma"]
    A*kappa*(-T_c + T_h)**2/(L*T_c*T_h)
    >>> steel = ns.Rod("14.9*(1 + 0.0011*(T - 300))", "0.3", ns.Film(250, 800), ns.Film(40, 290))
    >>> round(float(steel.flux["J"]), 6)
    11771.29426
    """

    kappa: Any
    length: Any = None
    hot: Any = "T_h"
    cold: Any = "T_c"
    area: Any = 1
    start: Any = 0
    variable: str = "T"
    conjugate: Any = None
    units: tuple[str, str] = ("K", "W")

    def __post_init__(self) -> None:
        field = parsing.symbol(self.variable)
        x = parsing.symbol("x", positive=False)
        names = {self.variable: field, "x": x}
        given = self.kappa
        if isinstance(given, list | tuple):
            parts = tuple(given)
            whole = Add(*(quantity(p.length) for p in parts if isinstance(p, Layer)))
            if self.length is not None and quantity(self.length) != whole:
                raise ModelError("layers have lengths of their own; leave out `length`")
        else:
            if self.length is None:
                raise ModelError("a rod needs a length")
            parts = (Layer(given, self.length),)
        if not any(isinstance(part, Layer) for part in parts):
            raise ModelError("a rod needs at least one Layer")
        read: list[Layer | Contact] = []
        for part in parts:
            if isinstance(part, Layer):
                kappa = positive("kappa", part.kappa, names)
                read.append(Layer(kappa, positive("length", part.length)))
            elif isinstance(part, Contact):
                read.append(Contact(positive("contact resistance", part.resistance)))
            else:
                raise ModelError(f"{part!r} is neither a Layer nor a Contact")
        values: dict[str, Any] = {
            "kappa": tuple(read),
            "length": Add(*(p.length for p in read if isinstance(p, Layer))),
            "area": positive("area", self.area, names),
            "start": quantity(self.start),
            "conjugate": 1 / field if self.conjugate is None else quantity(self.conjugate, names),
        }
        for key in ("hot", "cold"):
            values[key] = self._end(key, getattr(self, key))
        for key, value in values.items():
            object.__setattr__(self, key, value)
        self._check_kappa()

    def _end(self, key: str, end: Any) -> Any:
        kinds = {Film: "heat transfer coefficient", Radiator: "radiator strength"}
        name = f"temperature of the {key} end"
        if type(end) not in kinds:
            return self._temperature(name, end)
        strength = end.coefficient if isinstance(end, Film) else end.strength
        return type(end)(
            positive(kinds[type(end)], strength), self._temperature(name, end.temperature)
        )

    def _temperature(self, name: str, value: Any) -> Expr:
        found = positive(name, value)
        if self.conjugate is None and found.is_number and found < COLD:
            warn(f"the {name} is {found} K; is it meant in degrees Celsius?")
        return found

    def _check_kappa(self) -> None:
        for part in self.kappa:
            for bath in self.baths:
                if isinstance(part, Layer):
                    value = part.kappa.xreplace({self.field: bath})
                    if sign(value) < 0 or value.is_nonpositive:
                        raise ParameterError(
                            f"kappa is {value} at {self.variable} = {bath}: it must be > 0 over "
                            "the whole range of temperatures"
                        )

    def __repr__(self) -> str:
        return f"<Rod: {len(self.layers)} layer{'s' * (len(self.layers) > 1)}>"

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The parameters, in order of appearance."""
        given: list[Expr] = []
        for part in (*self.kappa, self.hot, self.cold):
            given += (part,) if isinstance(part, Expr) else vars(part).values()
        hidden = [self.field, self.x]
        return symbols_of((*given, self.area, self.start, self.conjugate), hidden)

    @cached_property
    def assume(self) -> tuple[Expr, ...]:
        """Conductivities at both ends must be positive; a hot end hotter where that is used."""
        found = {
            value: None
            for part in self.layers
            for bath in self.baths
            if sign(value := part.kappa.xreplace({self.field: bath})) <= 0
        }
        if len(self._curved) > 1 and sign(self.baths[0] - self.baths[1]) <= 0:
            found[self.baths[0] - self.baths[1]] = None
        return tuple(found)

    @property
    def field(self) -> Symbol:
        """The symbol of the temperature in conductivities."""
        return parsing.symbol(self.variable)

    @property
    def x(self) -> Symbol:
        """The symbol of the place."""
        return parsing.symbol("x", positive=False)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The conducting layers."""
        return tuple(part for part in self.kappa if isinstance(part, Layer))

    @property
    def baths(self) -> tuple[Expr, Expr]:
        """The temperatures of the two reservoirs."""
        ends = (self.hot, self.cold)
        return tuple(e.temperature if isinstance(e, Film | Radiator) else e for e in ends)

    @cached_property
    def _parts(self) -> tuple[_Part, ...]:
        """All resistances from hot to cold; extents are per unit of flow."""
        x, place = self.x, self.start
        weight = self._weight
        found = [*self._film("hot", self.hot, place)]
        numbers = iter(range(1, len(self.kappa) + 1))
        for part in self.kappa:
            if isinstance(part, Contact):
                extent = part.resistance / weight.xreplace({x: place})
                found.append(_Part(f"contact {next(numbers)}", Integer(1), extent))
                continue
            until = place + part.length
            extent = definite(1 / weight, x, place, until)
            label = "layer" if len(self.layers) == 1 else f"layer {len(found)}"
            found.append(_Part(label, part.kappa, extent, (place, until)))
            place = until
        found += self._film("cold", self.cold, place)
        layers = iter(range(1, len(found) + 1))
        return tuple(
            replace(p, name=f"layer {next(layers)}") if p.name.startswith("layer ") else p
            for p in found
        )

    def _film(self, key: str, end: Any, place: Expr) -> list[_Part]:
        extent = 1 / self._weight.xreplace({self.x: place})
        if isinstance(end, Film):
            return [_Part(f"{key} film", end.coefficient, extent)]
        if isinstance(end, Radiator):
            return [_Part(f"{key} radiation", 4 * end.strength * self.field**3, extent)]
        return []

    @property
    def _weight(self) -> Expr:
        """The area where it varies: then the flow is the heat current, else the flux."""
        return self.area if self.area.has(self.x) else Integer(1)

    @property
    def _curved(self) -> list[int]:
        return [i for i, part in enumerate(self._parts) if part.kappa.has(self.field)]

    @cached_property
    def _flow(self) -> Expr:
        hot, cold = self.baths
        straight = [p.extent / p.kappa for p in self._parts if not p.kappa.has(self.field)]
        if not self._curved:
            return (hot - cold) / Add(*straight)
        if len(self._curved) > 1:
            return self._marched()
        (i,) = self._curved
        before = Add(*(p.extent / p.kappa for p in self._parts[:i]))
        after = Add(*(p.extent / p.kappa for p in self._parts[i + 1 :]))
        part, T = self._parts[i], self.field
        if before == 0 and after == 0:
            return definite(part.kappa, T, cold, hot) / part.extent
        J = Dummy("J", real=True)
        top, bottom = hot - J * before, cold + J * after
        if not part.kappa.diff(T).has(T):
            # A linear function has its mean in the middle.
            mean = part.kappa.xreplace({T: (hot + cold + J * (after - before)) / 2})
            rest = (hot - cold - J * (before + after)) * mean - J * part.extent
            c, b = rest.xreplace({J: Integer(0)}), rest.diff(J).xreplace({J: Integer(0)})
            a = rest.diff(J, 2) / 2
            # The root that stays finite where the slope of kappa vanishes.
            return 2 * c / (sqrt(b**2 - 4 * a * c) - b)
        rest = definite(part.kappa, T, bottom, top) - J * part.extent
        return RootIn(rest, (J, 0, (hot - cold) / (before + after)))

    def _marched(self) -> Expr:
        """Find the flow that leads from the cold end up to the temperature of the hot end."""
        hot, cold = self.baths
        J, T = Dummy("J", positive=True), cold
        for part in reversed(self._parts):
            T = self._warmer(part, T, J * part.extent)
        return RootIn(T - hot, (J, 0, oo))

    def _warmer(self, part: _Part, below: Expr, drop: Expr, top: Expr = oo) -> Expr:
        """Return the temperature from which a drop of Kirchhoff's integral leads to `below`."""
        found = inverse(part.kappa, self.field, below, drop)
        if found is not None:
            return found
        T = Dummy(self.variable, positive=True)
        kappa = part.kappa.xreplace({self.field: T})
        return RootIn(definite(kappa, T, below, T) - drop, (T, below, top))

    def _steps(self) -> tuple[Steps, Expr, list[Expr]]:
        """Begin a derivation: shared steps, the flow, the temperature before and after parts."""
        shared = Steps.over(self)
        flow = shared.let(self._flow, self._letter, positive=False, alone=True)
        hot, cold = self.baths
        curved = self._curved
        first = curved[0] if curved else len(self._parts)
        T: list[Expr] = [hot]
        for part in self._parts[:first]:
            T.append(shared.let(T[-1] - flow * part.extent / part.kappa, self.variable))
        tail = [cold]
        for part in reversed(self._parts[first + 1 :]):
            drop = flow * part.extent
            tail.append(shared.let(self._warmer(part, tail[-1], drop, hot), self.variable))
        # Both ends are met exactly, whatever the flow was rounded to.
        if not curved:
            return shared, flow, [*T[:-1], cold]
        return shared, flow, [*T, *reversed(tail)]

    @property
    def _letter(self) -> str:
        return "J" if self._weight == 1 else "Q"

    @cached_property
    def profile(self) -> Formulas:
        """The temperature at ``x`` in every layer, label ``"T"`` or ``"T/layer 1"``, ..."""
        shared, flow, T = self._steps()
        found: dict[str, Expr] = {}
        for i, part in enumerate(self._parts):
            if part.span is not None:
                extent = definite(1 / self._weight, self.x, self.x, part.span[1])
                found[self._label(self.variable, part)] = self._warmer(
                    part, T[i + 1], flow * extent, T[i]
                )
        return shared.formulas(found, heads=map(typeset.text, found), unit=self.units[0])

    @cached_property
    def temperatures(self) -> Formulas:
        """The temperatures between the parts, from the hot reservoir to the cold one."""
        shared, _, T = self._steps()
        return shared.formulas(
            {f"{self.variable}_{i}": value for i, value in enumerate(T)},
            heads=(f"{typeset.name(self.variable)}_{{{i}}}" for i in range(len(T))),
            unit=self.units[0],
        )

    @cached_property
    def flux(self) -> Formulas:
        """The flux density, label ``"J"``; it depends on ``x`` where the area does."""
        shared, flow, _ = self._steps()
        return shared.formulas({"J": flow / self._weight}, heads="J", unit=f"{self.units[1]}/m^2")

    @cached_property
    def current(self) -> Formulas:
        """The total flow, label ``"Q"``."""
        shared, flow, _ = self._steps()
        return shared.formulas({"Q": self._total(flow)}, heads="Q", unit=self.units[1])

    def _total(self, flow: Expr) -> Expr:
        return flow * self.area if self._weight == 1 else flow

    @cached_property
    def force(self) -> Formulas:
        """The gradient of the conjugate variable in every layer, label ``"X"``."""
        unit = "1/(K m)" if self.units[1] == "W" else f"W/(K m)/({self.units[1]})"
        return self._local("X", lambda J, kappa, slope: -slope * J / kappa, unit)

    @cached_property
    def local_entropy_production(self) -> EntropyProduction | Irreversibility:
        r"""The density :math:`J X = \kappa (T'/T)^2` in every layer, label ``"sigma(x)"``."""
        return entropy(
            self._local("sigma(x)", lambda J, kappa, slope: -slope * J**2 / kappa, "W/(K m^3)")
        )

    def _local(self, name: str, density: Any, unit: str) -> Formulas:
        shared = Steps.over(self)
        J = shared.let(shared.absorb(self.flux)["J"], "J", positive=False, alone=True)
        profile = shared.absorb(self.profile)
        slope = self.conjugate.diff(self.field)
        found = {}
        for part in self._parts:
            if part.span is not None:
                T = shared.let(profile[self._label(self.variable, part)], f"{self.variable}x")
                there = {self.field: T}
                found[self._label(name, part)] = density(
                    J, part.kappa.xreplace(there), slope.xreplace(there)
                )
        return shared.formulas(found, unit=unit)

    def _label(self, name: str, part: _Part) -> str:
        return name if len(self.layers) == 1 else f"{name}/{part.name}"

    @cached_property
    def entropy_production(self) -> EntropyProduction | Irreversibility:
        """The total, ``"sigma"``, and that of every film, layer and contact."""
        shared, flow, T = self._steps()
        Q = self._total(flow)
        found = {"sigma": Q * self._rise(*self.baths, self.baths[0] - self.baths[1])}
        if len(self._parts) > 1:
            for i, part in enumerate(self._parts):
                drop = flow * part.extent / part.kappa
                if part.kappa.has(self.field):
                    drop = T[i] - T[i + 1]
                found[part.name] = Q * self._rise(T[i], T[i + 1], drop)
        heads = (rf"\sigma_{{{typeset.text(name)}}}" for name in list(found)[1:])
        return entropy(shared.formulas(found, heads=(r"\sigma", *heads), unit="W/K"))

    def _rise(self, above: Expr, below: Expr, drop: Expr) -> Expr:
        """Return by how much the conjugate variable rises over a drop of the field."""
        if self.conjugate == 1 / self.field:
            return drop / (above * below)
        return definite(self.conjugate.diff(self.field), self.field, above, below)

    @cached_property
    def least_dissipation(self) -> Formulas:
        r"""The least entropy production of any profile with these ends, and that profile.

        :math:`\int \kappa (T'/T)^2 dx` is least where :math:`\sqrt\kappa\,T'/T` is uniform. That is
        not the steady state unless :math:`\kappa T^2` is constant: Prigogine's theorem is linear.

        Raises
        ------
        ModelError
            More than one part, or an area that varies.

        Examples
        --------
        >>> import nesssym as ns
        >>> ns.Rod("kappa", length="L").least_dissipation["sigma"]
        kappa*log(T_h/T_c)**2/L
        """
        if len(self._parts) > 1 or self._weight != 1:
            raise ModelError("the least dissipation is known for one layer between fixed ends")
        (layer,) = self.layers
        slope = self.conjugate.diff(self.field)
        speed = Rod(
            sqrt(layer.kappa) * sqrt(-slope),
            layer.length,
            *self.baths,
            variable=self.variable,
            conjugate=self.conjugate,
        )
        shared = Steps.over(self)
        u = shared.absorb(speed.flux)["J"]
        profile = shared.absorb(speed.profile)[self.variable]
        return shared.formulas(
            {"sigma": self.area * layer.length * u**2, self.variable: profile},
            heads=(r"\sigma_{\min}", typeset.name(self.variable)),
            unit="mixed",
        )
