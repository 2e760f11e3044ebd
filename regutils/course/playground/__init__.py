"""The playground of notebook 07: a network that trains while everything about it is changed.

settings  every control and its values; a setting as one line of text
networks  the data, the network and the trainer of a setting
written   the setting as a plain PyTorch program
views     what is seen of it: one figure, updated as it trains
desk      the playground itself, and the run that starts under the λ of now
"""


from .settings import VALUES, Setting, parse
from .written import program

__all__ = ["VALUES", "Setting", "parse", "program"]
