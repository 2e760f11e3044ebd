"""Results of runs too long for a lesson: made by `regutils record`, read by notebooks.

In reading order:

studies  what is run
runs     how it is run, kept and resumed
files    the format of a recorded file
"""

from .files import WEIGHTS, read

__all__ = ["WEIGHTS", "read"]
