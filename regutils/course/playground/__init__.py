"""The playground of notebook 07: a network that trains while everything about it is changed.

settings  every control and its values; a setting as one line of text
networks  the data, the network and the trainer of a setting
written   the setting as a plain PyTorch program
views     what is seen of it: one figure, updated as it trains
ground    the run in training, what it has shown so far, the cold run beside it
controls  the controls, and the playground itself
experiments  settings to start from, and what the state must show
"""

from .controls import desk
from .experiments import EXPERIMENTS, experiment
from .ground import Ground
from .settings import VALUES, Setting, parse
from .written import program

__all__ = ["EXPERIMENTS", "VALUES", "Ground", "Setting", "desk", "experiment", "parse", "program"]
