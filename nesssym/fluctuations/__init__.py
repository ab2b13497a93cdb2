"""How counted quantities fluctuate: cumulants, symmetry, large deviations, noise, bounds."""
