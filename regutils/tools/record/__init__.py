"""Results of runs too long for a lesson: made by `regutils record`, read by notebooks.

In reading order:

studies  what is run
runs     networks on photographs, and what a result says of its machine
draws    many small data sets of digits: what is chosen, who wins, what is gained
moving   λ that moves while a network trains
keeping  what is missing is done, what was done is kept
files    the format of a recorded file
"""

from ...results import WEIGHTS, read

__all__ = ["WEIGHTS", "read"]
