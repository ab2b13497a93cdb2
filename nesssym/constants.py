"""Constants of nature: exact in the SI of 2019 (CODATA 2018)."""

from __future__ import annotations

from sympy import pi

from nesssym import parsing
from nesssym.system import parameter

__all__ = ["AVOGADRO", "BOLTZMANN", "FARADAY", "GAS", "STEFAN_BOLTZMANN"]

SOURCE = "CODATA 2018, exact"

BOLTZMANN = parameter("k_B", "1.380649e-23", "J/K", "Boltzmann constant", SOURCE)
AVOGADRO = parameter("N_A", "6.02214076e23", "1/mol", "Avogadro constant", SOURCE)
GAS = parameter("R", "8.31446261815324", "J/(mol*K)", "gas constant", SOURCE)
FARADAY = parameter("F", "96485.3321233100184", "C/mol", "Faraday constant", SOURCE)
_STEFAN_BOLTZMANN = parsing.expression("2*1.380649e-23^4/(15*6.62607015e-34^3*299792458^2)")
STEFAN_BOLTZMANN = parameter(
    "sigma_SB",
    pi**5 * _STEFAN_BOLTZMANN,
    "W/(m^2*K^4)",
    "Stefan-Boltzmann constant",
    SOURCE + ": 2 pi^5 k_B^4/(15 h^3 c^2)",
    latex=r"\sigma_\text{SB}",
)
