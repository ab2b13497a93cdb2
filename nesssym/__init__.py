"""nesssym: exact results about non-equilibrium steady states."""

import sympy  # noqa: F401  (first, because after networkx its import takes longer)

from nesssym import gallery
from nesssym.derivation import Derivation
from nesssym.detailed_balance import (
    Imbalance,
    check_detailed_balance,
    detailed_balance_conditions,
    is_equilibrium,
)
from nesssym.errors import (
    IrreversibleError,
    ModelError,
    NameClashError,
    NessError,
    NessWarning,
    NotErgodicError,
    ParameterError,
    ParseError,
    TooLargeError,
    UnknownNameError,
)
from nesssym.exact.collected import Collected, collect
from nesssym.families import Diagrams
from nesssym.fluctuations import cumulants, tilted_generator
from nesssym.formulas import Formulas
from nesssym.hill import (
    count_flux_diagrams,
    count_trees,
    directional_diagrams,
    flux_diagrams,
    partial_diagrams,
    sample_trees,
    spanning_trees,
)
from nesssym.kernels import Kernel, compile
from nesssym.networks import MarkovChain, StateGraph, Transition
from nesssym.networks.files import ModelFile, parse_toml, read_toml
from nesssym.steady import SteadyState, steady_state
from nesssym.thermodynamics import (
    Cycle,
    affinities,
    all_cycles,
    cycle_currents,
    cycles,
    entropy_production,
)
from nesssym.verify import Verification, verify

__version__ = "0.1.0"

__all__ = [
    "Collected",
    "Cycle",
    "Derivation",
    "Diagrams",
    "Formulas",
    "Imbalance",
    "IrreversibleError",
    "Kernel",
    "MarkovChain",
    "ModelError",
    "ModelFile",
    "NameClashError",
    "NessError",
    "NessWarning",
    "NotErgodicError",
    "ParameterError",
    "ParseError",
    "StateGraph",
    "SteadyState",
    "TooLargeError",
    "Transition",
    "UnknownNameError",
    "Verification",
    "affinities",
    "all_cycles",
    "check_detailed_balance",
    "collect",
    "compile",
    "count_flux_diagrams",
    "count_trees",
    "cumulants",
    "cycle_currents",
    "cycles",
    "detailed_balance_conditions",
    "directional_diagrams",
    "entropy_production",
    "flux_diagrams",
    "gallery",
    "is_equilibrium",
    "parse_toml",
    "partial_diagrams",
    "read_toml",
    "sample_trees",
    "spanning_trees",
    "steady_state",
    "tilted_generator",
    "verify",
]
