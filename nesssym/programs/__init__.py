"""Formulas as straight-line programs, and those as source text."""
