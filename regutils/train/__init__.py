"""Training: one network by steps or epochs, or many values of λ as one batch. In reading order:

measures     the data loss, the error, both over a whole part; Measurement
orders       the order in which examples are seen
devices      where a network trains, and what that device draws at random
fitness      what is found out before training starts
optimizers   what is asked of an optimizer
mixing       mixup: a batch blended with itself
steps        Trainer: one step, one measurement
histories    History: what a run measured
epochs       fit(): one model, returns a History
checkpoints  a run of fit in a file
identity     what decides a result, as texts that can be compared
stacked      sweep(): many values of λ and seeds as one batch, returns a Sweep
threads      room for a second notebook on the same cores; watched from the first import on
"""

from ..spread import mean_sd
from .devices import place
from .epochs import fit
from .histories import History
from .measures import Measurement, error, evaluate, loss
from .orders import batches
from .stacked import Sweep, sweep
from .steps import Trainer
from .threads import steady_threads, watch

__all__ = [
    "History",
    "Measurement",
    "Sweep",
    "Trainer",
    "batches",
    "error",
    "evaluate",
    "fit",
    "loss",
    "mean_sd",
    "place",
    "steady_threads",
    "sweep",
]

watch()
