"""Training: one network by steps or epochs, or many values of λ as one batch.

- trainer: Trainer (one step, one measurement), fit → History, batches
- sweep: sweep → Sweep, many values of λ and seeds as one batch
- metrics: the data loss, the error, both over a whole part; Measurement
- selection: early stopping, folds, choosing λ by a score, what the score is worth afterwards
- devices: to_device, the random state, the share of the cores
- checkpoint, checks: what these stand on
"""

from .devices import share_cores, to_device
from .metrics import Measurement, error, evaluate, loss
from .selection import (
    Choice,
    Interval,
    choose,
    early_stopping,
    lowest,
    max_selection_bias,
    nested_interval,
    one_standard_error,
    probability_better,
    train_masks,
    usual_interval,
)
from .sweep import Sweep, sweep
from .trainer import History, Trainer, batches, fit

__all__ = [
    "Choice", "History", "Interval", "Measurement", "Sweep", "Trainer", "batches",
    "choose", "early_stopping", "error", "evaluate", "fit", "loss", "lowest",
    "max_selection_bias", "nested_interval", "one_standard_error",
    "probability_better", "share_cores", "sweep", "to_device", "train_masks",
    "usual_interval",
]  # fmt: skip
