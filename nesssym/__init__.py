"""nesssym: exact results about non-equilibrium steady states."""

import sympy  # noqa: F401  (first, because after networkx its import takes longer)

from nesssym import gallery
from nesssym.bounds import Bound
from nesssym.characteristic import characteristic_polynomial
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
from nesssym.derivatives import sensitivity
from nesssym.detailed_balance import Imbalance
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
from nesssym.families import Diagrams
from nesssym.fields import (
    Absorbing,
    Contact,
    Diffusion,
    Escape,
    Field,
    FieldState,
    Film,
    Fin,
    Gaussian,
    Layer,
    Partial,
    Radiator,
    Reflecting,
    Resetting,
    Ring,
    Rod,
    RunAndTumble,
    Search,
    SharpRestart,
    ThermoelectricLeg,
    with_resetting,
)
from nesssym.fluctuations import (
    cumulants,
    dispersion,
    joint_cumulants,
    scgf_formula,
    tilted_generator,
)
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
from nesssym.large_deviations import driven_process, rate_function, scgf
from nesssym.networks import MarkovChain, Reaction, ReactionNetwork, StateGraph, Transition
from nesssym.networks.files import ModelFile, parse_toml, read_toml
from nesssym.observables import activity_counts, chord_counts, entropy_counts
from nesssym.passage import committor, first_passage, first_passage_times, splitting_probabilities
from nesssym.passage_transform import first_passage_density, first_passage_transform
from nesssym.recurrence import kemeny_constant, recurrence_times
from nesssym.steady import SteadyState
from nesssym.symmetry import FluctuationSymmetry, gallavotti_cohen
from nesssym.thermodynamics import Cycle, all_cycles
from nesssym.uncertainty import (
    best_current,
    best_current_bound,
    kinetic_uncertainty_relation,
    pseudo_entropy_bound,
    thermodynamic_uncertainty_relation,
    unicycle_bound,
)
from nesssym.verify import Verification, verify

__version__ = "0.1.0"

__all__ = [
    "Absorbing",
    "Bound",
    "Collected",
    "Contact",
    "Cycle",
    "Derivation",
    "Diagrams",
    "Diffusion",
    "Escape",
    "Field",
    "FieldState",
    "Film",
    "Fin",
    "FluctuationSymmetry",
    "Formulas",
    "Gaussian",
    "Imbalance",
    "IrreversibleError",
    "Kernel",
    "Layer",
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
    "Partial",
    "PerpetualMotionError",
    "Radiator",
    "RateEquation",
    "Reaction",
    "ReactionCycle",
    "ReactionImbalance",
    "ReactionNetwork",
    "ReactionSteadyState",
    "Reflecting",
    "Resetting",
    "Ring",
    "Rod",
    "RunAndTumble",
    "Search",
    "SharpRestart",
    "StateGraph",
    "SteadyState",
    "Theorem",
    "ThermoelectricLeg",
    "TooLargeError",
    "Transition",
    "UnknownNameError",
    "Verification",
    "activity_counts",
    "affinities",
    "all_cycles",
    "best_current",
    "best_current_bound",
    "characteristic_polynomial",
    "check_detailed_balance",
    "chemical_potentials",
    "chord_counts",
    "collect",
    "committor",
    "compile",
    "count_flux_diagrams",
    "count_trees",
    "cumulants",
    "cycle_currents",
    "cycles",
    "deficiency_one",
    "deficiency_zero",
    "detailed_balance_conditions",
    "directional_diagrams",
    "dispersion",
    "driven_process",
    "elementary_flux_modes",
    "entropy_counts",
    "entropy_production",
    "first_passage",
    "first_passage_density",
    "first_passage_times",
    "first_passage_transform",
    "flux_diagrams",
    "gallavotti_cohen",
    "gallery",
    "is_equilibrium",
    "joint_cumulants",
    "kemeny_constant",
    "kinetic_uncertainty_relation",
    "loop_law",
    "lyapunov_function",
    "master_equation",
    "parse_toml",
    "partial_diagrams",
    "product_form",
    "pseudo_entropy_bound",
    "rate_equation",
    "rate_function",
    "read_toml",
    "recurrence_times",
    "sample_trees",
    "scgf",
    "scgf_formula",
    "sensitivity",
    "siphons",
    "spanning_trees",
    "splitting_probabilities",
    "standard_potentials",
    "steady_state",
    "steady_states",
    "structure",
    "thermodynamic_uncertainty_relation",
    "tilted_generator",
    "unicycle_bound",
    "verify",
    "wegscheider_conditions",
    "with_resetting",
]
