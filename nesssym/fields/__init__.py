"""Continuous systems: a field, the flux through it, the force that drives it."""

from nesssym.fields.gaussian import Gaussian
from nesssym.fields.state import Field, FieldState

__all__ = ["Field", "FieldState", "Gaussian"]
