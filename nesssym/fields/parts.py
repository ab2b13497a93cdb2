"""What a rod is made of: layers, contacts, and what is at its ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Contact", "Film", "Layer", "Radiator"]


@dataclass(frozen=True)
class Layer:
    """A layer of a `Rod`: its conductivity, which may depend on the field, and its length."""

    kappa: Any
    length: Any


@dataclass(frozen=True)
class Contact:
    """A thermal contact resistance between two layers of a `Rod`, in area times kelvin per watt."""

    resistance: Any


@dataclass(frozen=True)
class Film:
    """An end of a `Rod` in a fluid: heat transfer coefficient and temperature of the fluid."""

    coefficient: Any
    temperature: Any


@dataclass(frozen=True)
class Radiator:
    """An end of a `Rod` that radiates: emissivity times Stefan's constant, and surroundings."""

    strength: Any
    temperature: Any
