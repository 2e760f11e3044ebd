"""A run in training whose setting changes, and the runs that it is compared with."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ...arguments import count
from . import networks
from .settings import Setting

EVERY = 20  # steps from one measurement to the next
STEPS = 4000  # that a run may take


class Run:
    """A network in training, from fresh weights.

    `trainer`; `curves`: lists that grow by a measurement every 20 steps (step, lam, train_loss,
    …); `diverged`: why training ended, else "".
    """

    def __init__(self, setting: Setting):
        self.setting = setting
        self.trainer = networks.trainer(setting)
        self.diverged = ""
        self.curves: dict[str, list[float]] = {}
        self._measure()

    def step(self) -> None:
        """Take one training step, or none after the run has diverged."""
        if self.diverged:
            return
        try:
            self.trainer.step()
        except FloatingPointError as error:
            self.diverged = str(error)
            self.trainer.restore(self._last)
            return
        if self.trainer.steps % EVERY == 0:
            self._measure()

    def change(self, setting: Setting) -> None:
        """Go on under another setting, which needs no restart."""
        networks.change(self.trainer, self.setting, setting)
        self.setting = setting

    @property
    def zeros(self) -> tuple[int, int]:
        """How many weights are exactly 0, and of how many."""
        weights = networks.weights(self.trainer.model)
        return sum(int((w == 0).sum()) for w in weights), sum(w.numel() for w in weights)

    @property
    def dead(self) -> tuple[int, int]:
        """How many hidden units do nothing, and of how many."""
        found = networks.dead(self.trainer.model, self.trainer.split.train.x)
        return sum(int(flags.sum()) for flags in found), sum(map(len, found))

    def _measure(self) -> None:
        for name, value in vars(self.trainer.measure()).items():
            self.curves.setdefault(name, []).append(value)
        self._last = self.trainer.state()


class TrainingSession:
    """The run that a learner steers, and beside it the runs that it is compared with.

    - setting: where it starts.
    - steps: the budget of a run; every 20th step is measured.

    `run` is the learner's. `baseline` has the same data, first weights, batches and number of
    steps, and the same moves of the other controls, but λ = 0 and p = 0 throughout; `best` says
    what stopping it at its best step gives. `ghost` are the curves that were kept, `cold` the run
    that has had the present setting from its first step; both are None until asked for.

    Raises ValueError for steps out of range.
    """

    def __init__(self, setting: Setting | None = None, steps: int = STEPS):
        self.steps = count("steps", steps, low=EVERY)
        self.setting = setting or Setting()
        self.ghost: dict[str, list[float]] | None = None
        self.reset()

    def reset(self) -> None:
        """Start again from the same weights, with the same batches and masks."""
        self.run = Run(self.setting)
        self.baseline = Run(_unregularized(self.setting))
        self.cold: Run | None = None

    def apply(self, **controls: Any) -> bool:
        """Go on under these controls; return whether training had to start again."""
        old, new = self.setting, Setting(**controls)
        self.setting = new
        if old.restarts(new):
            self.ghost = None  # of other points or another network: no comparison
            self.reset()
            return True
        if old != new:
            self.run.change(new)
            self.baseline.change(_unregularized(new))
        return False

    def step(self) -> None:
        """Take one step of training, and one of the baseline."""
        self.run.step()
        if not self.run.diverged:
            self.baseline.step()

    def best(self, name: str) -> float:
        """Return the lowest measurement of the baseline so far ("val_error", …)."""
        return min(value for value in self.baseline.curves[name] if math.isfinite(value))

    def keep_ghost(self, baseline: bool = False) -> None:
        """Keep the curves of this run, or of the baseline, beside those of the next."""
        kept = self.baseline if baseline else self.run
        self.ghost = {name: list(values) for name, values in kept.curves.items()}

    def start_cold(self) -> Run:
        """Return the run from fresh weights under the present setting, before its first step."""
        self.cold = Run(self.setting)
        return self.cold

    def reading(self) -> str:
        """Return how things stand, in one sentence."""
        last = {name: values[-1] for name, values in self.run.curves.items()}
        zeros, total = self.run.zeros
        return (
            f"Step {self.run.trainer.steps}, λ = {self.setting.lam:g}: data loss "
            f"{last['train_loss']:.3f} on training, {last['val_loss']:.3f} on validation points, "
            f"error {last['train_error']:.0%} and {last['val_error']:.0%}; λ = 0 at its best step: "
            f"validation loss {self.best('val_loss'):.3f}, error {self.best('val_error'):.0%}; "
            f"{zeros:,} of {total:,} weights exactly 0."
        )

    def score(self) -> str:
        """Return how this run, the cold one and the baseline do on the validation points."""
        warm, cold = (run.trainer.measure().val_error for run in (self.run, self.cold))
        if self.cold.diverged:
            return f"Under this setting all along, training diverges; yours reached {warm:.3f}."
        apart = "the same" if warm == cold else f"{abs(warm - cold):.3f} apart"
        return (
            f"After {self.cold.trainer.steps} steps, validation error: {warm:.3f} as you moved "
            f"the controls, {cold:.3f} from fresh weights under this setting all along: {apart}. "
            f"λ = 0 at its best step: {self.best('val_error'):.3f}."
        )


def _unregularized(setting: Setting) -> Setting:
    return replace(setting, lam=0.0, p=0.0)
