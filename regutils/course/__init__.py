"""The course itself: its exercises, their checks, and what runs the notebooks. In reading order:

pace       how much is computed
exercises  one file per notebook
checks     check(): not attempted / right / not yet, with a hint
playground a network that trains while everything about it is changed
running    notebooks executed as a reader would
site       pages whose sliders need no kernel
grading    marks for a class
"""

from .checks import check
from .pace import full, seeds, steps

__all__ = ["check", "full", "seeds", "steps"]
