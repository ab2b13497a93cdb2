"""Continuous systems: a field, the flux through it, the force that drives it."""

from nesssym.fields.escape import Escape
from nesssym.fields.fin import Fin
from nesssym.fields.gaussian import Gaussian
from nesssym.fields.hitting import Absorbing, Diffusion, Partial, Reflecting
from nesssym.fields.parts import Contact, Film, Layer, Radiator
from nesssym.fields.resetting import Resetting, with_resetting
from nesssym.fields.restarts import LubyRestart, SharpRestart
from nesssym.fields.ring import Ring
from nesssym.fields.rod import Rod
from nesssym.fields.search import Search
from nesssym.fields.state import Field, FieldState
from nesssym.fields.thermoelectric import ThermoelectricLeg
from nesssym.fields.tumble import RunAndTumble

__all__ = [
    "Absorbing",
    "Contact",
    "Diffusion",
    "Escape",
    "Field",
    "FieldState",
    "Film",
    "Fin",
    "Gaussian",
    "Layer",
    "LubyRestart",
    "Partial",
    "Radiator",
    "Reflecting",
    "Resetting",
    "Ring",
    "Rod",
    "RunAndTumble",
    "Search",
    "SharpRestart",
    "ThermoelectricLeg",
    "with_resetting",
]
