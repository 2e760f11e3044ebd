"""The exercises of the notebooks: per exercise the reference, and the wrong answers that deserve a hint."""

from .first import PENALTIES, Exercise
from .second import NETWORKS

EXERCISES: dict[str, Exercise] = PENALTIES | NETWORKS
