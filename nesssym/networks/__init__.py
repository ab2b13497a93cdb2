"""The models a user builds."""

from nesssym.networks.flow_network import Flow, FlowNetwork
from nesssym.networks.markov_chain import MarkovChain
from nesssym.networks.reaction_network import ReactionNetwork
from nesssym.networks.reactions import Reaction
from nesssym.networks.state_graph import StateGraph
from nesssym.networks.transitions import Transition

__all__ = [
    "Flow",
    "FlowNetwork",
    "MarkovChain",
    "Model",
    "Reaction",
    "ReactionNetwork",
    "StateGraph",
    "Transition",
]

Model = StateGraph | MarkovChain
