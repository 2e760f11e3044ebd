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
folds        which examples each network of a sweep trains on: hold-out, K-fold, pairs left out
stacked      sweep(): many values of λ and seeds as one batch, returns a Sweep
choosing     choosing by a score, and what the score is worth afterwards
threads      room for a second notebook on the same cores; watched from the first import on
"""

from ..results import mean_sd
from .choosing import (
    Choice,
    Interval,
    beats,
    choose,
    lowest,
    luck,
    nested_interval,
    nested_score,
    one_standard_error,
    usual_interval,
)
from .devices import place
from .epochs import fit
from .folds import Pairs, members, pairs
from .histories import History
from .measures import Measurement, error, evaluate, loss
from .orders import batches
from .stacked import Sweep, sweep
from .steps import Trainer
from .threads import steady_threads, watch

__all__ = [
    "Choice",
    "History",
    "Interval",
    "Measurement",
    "Pairs",
    "Sweep",
    "Trainer",
    "batches",
    "beats",
    "choose",
    "error",
    "evaluate",
    "fit",
    "loss",
    "lowest",
    "luck",
    "mean_sd",
    "members",
    "nested_interval",
    "nested_score",
    "one_standard_error",
    "pairs",
    "place",
    "steady_threads",
    "sweep",
    "usual_interval",
]

watch()
