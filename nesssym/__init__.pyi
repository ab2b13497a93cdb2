"""The public names of nesssym and where they live; read at run time too, for lazy loading."""

from nesssym import gallery
from nesssym.asymptotics import factor, leading_order, series
from nesssym.bounds import Bound
from nesssym.chemistry.complex_balance import complex_balance_conditions, tree_constants
from nesssym.chemistry.potentials import (
    LoopLaw,
    chemical_potentials,
    loop_law,
    lyapunov_function,
    standard_potentials,
)
from nesssym.chemistry.quasi_steady import quasi_steady
from nesssym.chemistry.rate_equation import RateEquation, rate_equation
from nesssym.chemistry.repair import nearest_balanced
from nesssym.chemistry.stability import stability_conditions
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
from nesssym.chemistry.time_course import time_course
from nesssym.coarse.elimination import eliminate_states, entropy_loss
from nesssym.coarse.lumping import fast_equilibrium, is_lumpable, lump
from nesssym.derivation import Derivation
from nesssym.derivatives import sensitivity
from nesssym.dissipation.circulation import CycleFluxes, cycle_fluxes
from nesssym.dissipation.detailed_balance import Imbalance
from nesssym.dissipation.distributions import relative_entropy
from nesssym.dissipation.driving import Driving
from nesssym.dissipation.exchanges import (
    conserved_exchanges,
    dissipation,
    efficiency,
    fundamental_forces,
    independent_affinities,
    operational_currents,
)
from nesssym.dissipation.identities import (
    FluctuationTest,
    Identity,
    crooks_identity,
    fluctuation_identities,
)
from nesssym.dissipation.information import information_flow
from nesssym.dissipation.protocols import Protocol
from nesssym.dissipation.reservoirs import energy_balance, energy_exchanges
from nesssym.dissipation.splits import dual, housekeeping, pseudo_entropy_production
from nesssym.dissipation.visible import visible_transitions
from nesssym.drawing.verb import draw
from nesssym.entropies import EntropyProduction, Irreversibility
from nesssym.equilibrium import (
    check_detailed_balance,
    detailed_balance_conditions,
    is_equilibrium,
)
from nesssym.errors import (
    IrreversibleError,
    MissingExtraError,
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
    LubyRestart,
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
from nesssym.flows import FlowState
from nesssym.fluctuations.averages import time_averages
from nesssym.fluctuations.characteristic import characteristic_polynomial
from nesssym.fluctuations.coherence import coherence_bound, relaxation_modes
from nesssym.fluctuations.cumulants import (
    cumulants,
    dispersion,
    joint_cumulants,
    scgf_formula,
    tilted_generator,
)
from nesssym.fluctuations.large_deviations import driven_process, rate_function, scgf
from nesssym.fluctuations.noise import noise_spectrum
from nesssym.fluctuations.observables import activity_counts, chord_counts, entropy_counts
from nesssym.fluctuations.symmetry import FluctuationSymmetry, gallavotti_cohen
from nesssym.fluctuations.uncertainty import (
    best_current,
    best_current_bound,
    kinetic_uncertainty_relation,
    pseudo_entropy_bound,
    thermodynamic_uncertainty_relation,
    unicycle_bound,
)
from nesssym.formulas import Formulas
from nesssym.generic import (
    affinities,
    cycle_currents,
    cycles,
    entropy_production,
    steady_state,
    steady_states,
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
from nesssym.homogeneity import Homogeneity, homogeneity
from nesssym.kernels import Jacobian, Kernel, compile
from nesssym.networks import (
    Flow,
    FlowNetwork,
    MarkovChain,
    Reaction,
    ReactionNetwork,
    StateGraph,
    Transition,
)
from nesssym.networks.files import ModelFile, parse_toml, read_toml
from nesssym.networks.sbml import SBMLModel, parse_sbml, read_sbml
from nesssym.networks.sbml_out import from_antimony, to_antimony, to_sbml
from nesssym.passage.moments import (
    committor,
    first_passage,
    first_passage_times,
    splitting_probabilities,
)
from nesssym.passage.recurrence import kemeny_constant, recurrence_times
from nesssym.passage.transform import first_passage_density, first_passage_transform
from nesssym.polynomials import SteadyPolynomials, equiprobable_states, steady_polynomials
from nesssym.propagation import propagate_errors
from nesssym.response.bounds import response_bound, response_uncertainty
from nesssym.response.dynamic import response_function, susceptibility
from nesssym.response.mutual_linearity import mutual_linearity
from nesssym.response.onsager import onsager, second_order, with_forces
from nesssym.response.static import fluctuation_response, projector, response
from nesssym.simulators import verify_simulation
from nesssym.steady import SteadyState
from nesssym.sweep import Histogram, open_sweep, sweep
from nesssym.system import System
from nesssym.thermodynamics import Cycle, all_cycles
from nesssym.verify import Verification, verify
from nesssym.zscores import RandomVerification, verify_averages

__version__: str

__all__ = [
    "Absorbing",
    "Bound",
    "Collected",
    "Contact",
    "Cycle",
    "CycleFluxes",
    "Derivation",
    "Diagrams",
    "Diffusion",
    "Driving",
    "EntropyProduction",
    "Escape",
    "Field",
    "FieldState",
    "Film",
    "Fin",
    "Flow",
    "FlowNetwork",
    "FlowState",
    "FluctuationSymmetry",
    "FluctuationTest",
    "Formulas",
    "Gaussian",
    "Histogram",
    "Homogeneity",
    "Identity",
    "Imbalance",
    "Irreversibility",
    "IrreversibleError",
    "Jacobian",
    "Kernel",
    "Layer",
    "LoopLaw",
    "LubyRestart",
    "MarkovChain",
    "MissingExtraError",
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
    "Protocol",
    "Radiator",
    "RandomVerification",
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
    "SBMLModel",
    "Search",
    "SharpRestart",
    "StateGraph",
    "SteadyPolynomials",
    "SteadyState",
    "System",
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
    "coherence_bound",
    "collect",
    "committor",
    "compile",
    "complex_balance_conditions",
    "conserved_exchanges",
    "count_flux_diagrams",
    "count_trees",
    "crooks_identity",
    "cumulants",
    "cycle_currents",
    "cycle_fluxes",
    "cycles",
    "deficiency_one",
    "deficiency_zero",
    "detailed_balance_conditions",
    "directional_diagrams",
    "dispersion",
    "dissipation",
    "draw",
    "driven_process",
    "dual",
    "efficiency",
    "elementary_flux_modes",
    "eliminate_states",
    "energy_balance",
    "energy_exchanges",
    "entropy_counts",
    "entropy_loss",
    "entropy_production",
    "equiprobable_states",
    "factor",
    "fast_equilibrium",
    "first_passage",
    "first_passage_density",
    "first_passage_times",
    "first_passage_transform",
    "fluctuation_identities",
    "fluctuation_response",
    "flux_diagrams",
    "from_antimony",
    "fundamental_forces",
    "gallavotti_cohen",
    "gallery",
    "homogeneity",
    "housekeeping",
    "independent_affinities",
    "information_flow",
    "is_equilibrium",
    "is_lumpable",
    "joint_cumulants",
    "kemeny_constant",
    "kinetic_uncertainty_relation",
    "leading_order",
    "loop_law",
    "lump",
    "lyapunov_function",
    "master_equation",
    "mutual_linearity",
    "nearest_balanced",
    "noise_spectrum",
    "onsager",
    "open_sweep",
    "operational_currents",
    "parse_sbml",
    "parse_toml",
    "partial_diagrams",
    "product_form",
    "projector",
    "propagate_errors",
    "pseudo_entropy_bound",
    "pseudo_entropy_production",
    "quasi_steady",
    "rate_equation",
    "rate_function",
    "read_sbml",
    "read_toml",
    "recurrence_times",
    "relative_entropy",
    "relaxation_modes",
    "response",
    "response_bound",
    "response_function",
    "response_uncertainty",
    "sample_trees",
    "scgf",
    "scgf_formula",
    "second_order",
    "sensitivity",
    "series",
    "siphons",
    "spanning_trees",
    "splitting_probabilities",
    "stability_conditions",
    "standard_potentials",
    "steady_polynomials",
    "steady_state",
    "steady_states",
    "structure",
    "susceptibility",
    "sweep",
    "thermodynamic_uncertainty_relation",
    "tilted_generator",
    "time_averages",
    "time_course",
    "to_antimony",
    "to_sbml",
    "tree_constants",
    "unicycle_bound",
    "verify",
    "verify_averages",
    "verify_simulation",
    "visible_transitions",
    "wegscheider_conditions",
    "with_forces",
    "with_resetting",
]
