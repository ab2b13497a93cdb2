"""The models a user builds."""

from nesssym.networks.markov_chain import MarkovChain
from nesssym.networks.state_graph import StateGraph
from nesssym.networks.transitions import Transition

__all__ = ["MarkovChain", "Model", "StateGraph", "Transition"]

Model = StateGraph | MarkovChain
