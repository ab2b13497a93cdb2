"""What is dissipated, by what and where: cycles, reservoirs, splits, fluctuation theorems."""
