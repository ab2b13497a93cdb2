"""Continuous systems: a field, the flux through it, the force that drives it."""

from nesssym.fields.fin import Fin
from nesssym.fields.gaussian import Gaussian
from nesssym.fields.rod import Contact, Film, Layer, Radiator, Rod
from nesssym.fields.state import Field, FieldState
from nesssym.fields.thermoelectric import ThermoelectricLeg

__all__ = [
    "Contact",
    "Field",
    "FieldState",
    "Film",
    "Fin",
    "Gaussian",
    "Layer",
    "Radiator",
    "Rod",
    "ThermoelectricLeg",
]
