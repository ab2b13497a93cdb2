"""Steady states, rate equations and thermodynamics of reaction networks."""
