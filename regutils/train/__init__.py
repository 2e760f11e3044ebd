"""Training: one network by epochs, or many values of λ as one batch. In reading order:

measures   the data loss, the error, and both over a whole part
batches    the order in which examples are seen
devices    where a network trains
epochs     fit(): one model, returns a History
stacked    sweep(): many values of λ and seeds as one batch, returns a Sweep
"""

from .batches import batches
from .devices import place
from .epochs import History, Stepper, fit
from ..spread import mean_sd
from .measures import error, evaluate, loss
from .stacked import Sweep, sweep

__all__ = ["mean_sd",
    "History",
    "Stepper",
    "Sweep",
    "batches",
    "error",
    "evaluate",
    "fit",
    "loss",
    "place",
    "sweep",
]
