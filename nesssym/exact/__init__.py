"""Exact algebra: spanning trees, elimination, cycles and polynomials."""
