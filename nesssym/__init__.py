"""nesssym: exact results about non-equilibrium steady states."""

from nesssym.detailed_balance import (
    Imbalance,
    check_detailed_balance,
    detailed_balance_conditions,
    is_equilibrium,
)
from nesssym.diagrams import count_trees, sample_trees, spanning_trees
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
from nesssym.formulas import Formulas
from nesssym.networks import MarkovChain, StateGraph, Transition
from nesssym.steady import SteadyState, steady_state
from nesssym.thermodynamics import (
    Cycle,
    affinities,
    all_cycles,
    cycle_currents,
    cycles,
    entropy_production,
)

__version__ = "0.1.0"
