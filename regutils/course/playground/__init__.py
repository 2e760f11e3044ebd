"""The playground of notebook 07: a network that trains while everything about it is changed.

settings    the one table of settings; a setting as one line of text
networks    the data, the network and the trainer of a setting
session     the run that a learner steers, and the runs that it is compared with
figure      what is seen of a session: one figure, updated as it trains
program     a setting as a plain PyTorch program
dashboard   the controls, and the playground itself
experiments settings to start from, and what the session must show
"""

from .dashboard import Dashboard
from .experiments import experiment
from .program import program
from .session import TrainingSession
from .settings import Setting, parse

__all__ = ["Dashboard", "Setting", "TrainingSession", "experiment", "parse", "program"]
