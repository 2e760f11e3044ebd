"""The playground itself: a network in training, what it has shown so far, the runs beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import train
from ...arguments import count
from . import networks
from .settings import RESTARTING, Setting, parse
from .views import Views
from .written import program

EVERY = 20  # steps from one measurement to the next
STEPS = 4000  # that a run may take


class Ground:
    """A network that trains while its setting changes.

    setting: where it starts.
    steps: the budget of a run, a multiple of 20, since every 20th step is measured.

    `trainer`, `curves` (lists that grow: step, lam, p, train_loss, …) and `views` are of the
    present run; `kept` are the curves of "val, kept" and "val, cold", if there are any.
    `diverged` says why the run ended, else "". Raises ValueError for steps out of range.
    """

    def __init__(self, setting: Setting | None = None, steps: int = STEPS):
        self.setting = setting or Setting()
        self.steps = count("steps", steps, low=EVERY)
        self.measured_at = range(0, self.steps + 1, EVERY)
        self.kept: dict[str, dict[str, list[float]]] = {}
        self._begin()

    def apply(self, **controls: Any) -> bool:
        """Go on under these controls; whether training had to start again."""
        old, new = self.setting, Setting(**controls)
        if new == old:
            return False
        self.setting = new
        if any(getattr(old, name) != getattr(new, name) for name in RESTARTING):
            self.kept.clear()  # of other data or another network: no comparison
            self._begin()
            return True
        networks.change(self.trainer, old, new)
        if (old.noise, old.wrong, old.draw) != (new.noise, new.wrong, new.draw):
            if self._views is not None and not new.curve:
                self._views.place(new, self.trainer.split)
            else:
                self._views = None  # the points of a curve stay in their figure
        return False

    def step(self) -> None:
        """One training step, or none after the run has diverged."""
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

    def reset(self) -> None:
        """Start again from the same weights, with the same batches and masks."""
        self._fresh()

    def keep(self) -> None:
        """Keep the curves of this run beside those of the next."""
        self.kept["val, kept"] = {name: list(values) for name, values in self.curves.items()}

    def cold(self) -> Cold:
        """The run that starts from the same fresh weights under the setting of now."""
        return Cold(self)

    def show(self) -> str:
        """Bring the picture up to date; the reading, in one sentence."""
        model = self.trainer.model
        self.views.update(model, self.trainer.split.train.x, self.curves, self.kept)
        last = {name: values[-1] for name, values in self.curves.items()}
        zeros, total = self.zeros
        if self.setting.curve:
            errors = ""
        else:
            errors = f", error {last['train_error']:.0%} and {last['val_error']:.0%}"
        return (
            f"Step {self.trainer.steps}, λ = {self.setting.lam:g}: data loss "
            f"{last['train_loss']:.3f} on training, {last['val_loss']:.3f} on validation points"
            f"{errors}; {zeros} of {total} weights exactly 0."
        )

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

    @property
    def line(self) -> str:
        """The setting as a line of text."""
        return self.setting.line

    @staticmethod
    def parse(line: str) -> dict[str, Any]:
        """The controls that a line describes. Raises ValueError for a line that describes none."""
        return vars(parse(line))

    def program(self) -> str:
        """The setting as a plain PyTorch program for as many steps as this run has taken."""
        return program(self.setting, self.trainer.steps or 500)

    @property
    def views(self) -> Views:
        """The figure, made when it is asked for."""
        if self._views is None:
            self._views = Views(self.setting, self.trainer.split, self.measured_at)
        self._views.setting = self.setting
        return self._views

    def _begin(self) -> None:
        """Another network, other data."""
        self.trainer = networks.trainer(self.setting)
        self._views: Views | None = None
        self._record()

    def _fresh(self) -> None:
        """The first weights again, under the setting of now."""
        self.trainer = networks.trainer(self.setting)
        self._record()

    def _record(self) -> None:
        self.diverged = ""
        self.curves: dict[str, list[float]] = {}
        self._measure()

    def _measure(self) -> None:
        measure(self.trainer, self.setting, self.curves)
        self._last = self.trainer.state()


class Cold:
    """A run beside a Ground's: fresh weights, the setting of its start for all of its steps.

    ground: whose setting, first weights, batches and masks it has, and whose picture shows it as
    "val, cold". `steps` are to be taken, as many as the ground's run has taken.
    """

    def __init__(self, ground: Ground):
        self.ground = ground
        self.steps = ground.trainer.steps
        self.warm = ground.trainer.measure()
        self.trainer = networks.trainer(ground.setting)
        self.diverged = False
        self.curves: dict[str, list[float]] = {}
        measure(self.trainer, ground.setting, self.curves)
        ground.kept["val, cold"] = self.curves

    def step(self) -> None:
        """One training step, or none after the run has diverged."""
        if self.diverged:
            return
        try:
            self.trainer.step()
        except FloatingPointError:
            self.diverged = True
            return
        if self.trainer.steps % EVERY == 0 or self.trainer.steps == self.steps:
            measure(self.trainer, self.ground.setting, self.curves)

    @property
    def score(self) -> str:
        """Both runs on the validation points, in one sentence."""
        name = "val_loss" if self.ground.setting.curve else "val_error"
        words = "loss" if self.ground.setting.curve else "error"
        warm, cold = getattr(self.warm, name), self.curves[name][-1]
        if self.diverged:
            return f"Under this setting all along, training diverges; yours reached {warm:.3f}."
        apart = "the same" if warm == cold else f"{abs(warm - cold):.3f} apart"
        return (
            f"After {self.trainer.steps} steps, validation {words}: {warm:.3f} as you moved the "
            f"controls, {cold:.3f} from fresh weights under this setting all along: {apart}."
        )


def measure(trainer: train.Trainer, setting: Setting, curves: dict[str, list[float]]) -> None:
    """Add what a trainer measures now to lists that grow."""
    found = trainer.measure()
    price = networks.price(setting, trainer.model)
    told: Sequence[tuple[str, float]] = [
        ("step", found.step),
        ("lam", setting.lam),
        ("p", setting.p),
        ("train_loss", found.train_loss),
        ("val_loss", found.val_loss),
        ("train_error", found.train_error),
        ("val_error", found.val_error),
        ("penalty", price),
    ]
    for name, value in told:
        curves.setdefault(name, []).append(value)
