"""What a rod is made of: layers, contacts, and what is at its ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Contact", "Film", "Layer", "Radiator"]


@dataclass(frozen=True)
class Layer:
    """A layer of a `Rod`: its conductivity, which may depend on the field, and its length.

    Examples
    --------
    >>> import nesssym as ns
    >>> ns.Rod([ns.Layer(2, 1), ns.Layer(1, 1)], hot=400, cold=250).flux["J"]
    100
    """

    kappa: Any
    length: Any


@dataclass(frozen=True)
class Contact:
    """A thermal contact resistance between two layers of a `Rod`, in area times kelvin per watt.

    Examples
    --------
    >>> import nesssym as ns
    >>> ns.Rod([ns.Layer(1, 1), ns.Contact(1), ns.Layer(1, 1)], hot=400, cold=250).flux["J"]
    50
    """

    resistance: Any


@dataclass(frozen=True)
class Film:
    """An end of a `Rod` in a fluid: heat transfer coefficient and temperature of the fluid.

    Examples
    --------
    >>> import nesssym as ns
    >>> ns.Rod(1, 1, hot=ns.Film(1, 400), cold=200).flux["J"]
    100
    """

    coefficient: Any
    temperature: Any


@dataclass(frozen=True)
class Radiator:
    """An end of a `Rod` that radiates: emissivity times Stefan's constant, and surroundings.

    Examples
    --------
    >>> import nesssym as ns
    >>> rod = ns.Rod(1, 1, 500, ns.Radiator("5e-9", 300))
    >>> round(float(rod.temperatures["T_1"]), 3) > 300
    True
    """

    strength: Any
    temperature: Any
