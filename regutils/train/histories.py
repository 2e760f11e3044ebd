"""What one run measured: History."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from .measures import Measurement


@dataclass(repr=False)
class History:
    """What one run measured: the fields of `Measurement` as lists, one value a record.

    - step, lam, train_loss, val_loss, train_error, val_error, penalty: as in `Measurement`.
    - epochs: epoch number, from 1; empty where steps are counted and not epochs.
    - running: the data term as the steps of an epoch met it, each before its step, a mean over
      batches; one value for every epoch, measured or not.
    - stopped: empty, or why the run ended early. The last record of a run that diverged is NaN.
    - state: what a further call of `fit` needs to go on exactly where this one ended.
    """

    step: list[int] = field(default_factory=list)
    lam: list[float] = field(default_factory=list)
    train_loss: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    train_error: list[float] = field(default_factory=list)
    val_error: list[float] = field(default_factory=list)
    penalty: list[float] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)
    running: list[float] = field(default_factory=list)
    stopped: str = ""
    state: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Where the run began and ended, in a line: a notebook's cell may end with `fit`."""
        names = ("train_loss", "val_loss", "train_error", "val_error")
        values = {name: getattr(self, name) for name in names if getattr(self, name)}
        ends = [f"{name} {each[0]:.3g} → {each[-1]:.3g}" for name, each in values.items()]
        told = [f"{len(self.train_loss)} records", *ends, *filter(None, [self.stopped])]
        return f"History({', '.join(told)})"

    @property
    def total(self) -> list[float]:
        """Training loss with its penalty, λ times: what the optimizer lowers."""
        return [
            loss + lam * penalty
            for loss, lam, penalty in zip(self.train_loss, self.lam, self.penalty)
        ]

    @property
    def diverged(self) -> bool:
        """Whether the last record is that of a run that diverged."""
        return bool(self.train_loss) and math.isnan(self.train_loss[-1])

    def add(self, found: Measurement) -> None:
        """Append one value to each list."""
        for name, value in asdict(found).items():
            getattr(self, name).append(value)

    def cut(self) -> None:
        """Forget what an interrupt left beyond the last epoch that was recorded whole."""
        for name in Measurement.__dataclass_fields__:
            del getattr(self, name)[len(self.epochs) :]
        del self.running[self.epochs[-1] if self.epochs else 0 :]
