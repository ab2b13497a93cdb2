"""nesssym: exact results about non-equilibrium steady states."""

import sympy  # noqa: F401  (first, because after networkx its import takes longer)

from nesssym import gallery
from nesssym.chemistry.potentials import (
    LoopLaw,
    chemical_potentials,
    loop_law,
    lyapunov_function,
    standard_potentials,
)
from nesssym.chemistry.rate_equation import RateEquation, rate_equation
from nesssym.chemistry.solve import steady_states
from nesssym.chemistry.states import ReactionSteadyState
from nesssym.chemistry.stochastic import master_equation, product_form
from nesssym.chemistry.structure import (
    Theorem,
    deficiency_one,
    deficiency_zero,
    elementary_flux_modes,
    siphons,
    structure,
)
from nesssym.chemistry.thermodynamics import (
    ReactionCycle,
    ReactionImbalance,
    wegscheider_conditions,
)
from nesssym.derivation import Derivation
from nesssym.detailed_balance import Imbalance
from nesssym.diagrams import count_trees, sample_trees, spanning_trees
from nesssym.errors import (
    IrreversibleError,
    ModelError,
    NameClashError,
    NessError,
    NessWarning,
    NoSteadyStateError,
    NotErgodicError,
    ParameterError,
    ParseError,
    PerpetualMotionError,
    TooLargeError,
    UnknownNameError,
)
from nesssym.exact.collected import Collected, collect
from nesssym.fluctuations import cumulants, tilted_generator
from nesssym.formulas import Formulas
from nesssym.generic import (
    affinities,
    check_detailed_balance,
    cycle_currents,
    cycles,
    detailed_balance_conditions,
    entropy_production,
    is_equilibrium,
    steady_state,
)
from nesssym.kernels import Kernel, compile
from nesssym.networks import MarkovChain, Reaction, ReactionNetwork, StateGraph, Transition
from nesssym.networks.files import ModelFile, parse_toml, read_toml
from nesssym.steady import SteadyState
from nesssym.thermodynamics import Cycle, all_cycles
from nesssym.verify import Verification, verify

__version__ = "0.1.0"

__all__ = [
    "Collected",
    "Cycle",
    "Derivation",
    "Formulas",
    "Imbalance",
    "IrreversibleError",
    "Kernel",
    "LoopLaw",
    "MarkovChain",
    "ModelError",
    "ModelFile",
    "NameClashError",
    "NessError",
    "NessWarning",
    "NoSteadyStateError",
    "NotErgodicError",
    "ParameterError",
    "ParseError",
    "PerpetualMotionError",
    "RateEquation",
    "Reaction",
    "ReactionCycle",
    "ReactionImbalance",
    "ReactionNetwork",
    "ReactionSteadyState",
    "StateGraph",
    "SteadyState",
    "Theorem",
    "TooLargeError",
    "Transition",
    "UnknownNameError",
    "Verification",
    "affinities",
    "all_cycles",
    "check_detailed_balance",
    "chemical_potentials",
    "collect",
    "compile",
    "count_trees",
    "cumulants",
    "cycle_currents",
    "cycles",
    "deficiency_one",
    "deficiency_zero",
    "detailed_balance_conditions",
    "elementary_flux_modes",
    "entropy_production",
    "gallery",
    "is_equilibrium",
    "loop_law",
    "lyapunov_function",
    "master_equation",
    "parse_toml",
    "product_form",
    "rate_equation",
    "read_toml",
    "sample_trees",
    "siphons",
    "spanning_trees",
    "standard_potentials",
    "steady_state",
    "steady_states",
    "structure",
    "tilted_generator",
    "verify",
    "wegscheider_conditions",
]
