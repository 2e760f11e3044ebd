"""The playground itself: a network in training, what it has shown so far, the runs beside it."""

from __future__ import annotations

from typing import Any

from ...arguments import count
from . import networks
from .settings import RESTARTING, Setting, parse
from .views import COLD, GHOST, Views
from .written import program

EVERY = 20  # steps from one measurement to the next
STEPS = 4000  # that a run may take


class Run:
    """A network in training, from fresh weights, and what it has shown so far.

    `trainer`; `curves`: lists that grow by a measurement every 20 steps (step, lam, p, train_loss,
    …); `diverged`: why the run ended, else "".
    """

    def __init__(self, setting: Setting):
        self.setting = setting
        self.reset()

    def reset(self) -> None:
        """Start again from the same weights, with the same batches and masks."""
        self.trainer = networks.trainer(self.setting)
        self.diverged = ""
        self.curves: dict[str, list[float]] = {}
        self._measure()

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

    def _measure(self) -> None:
        # AdamW decays by itself, so its trainer knows of no penalty.
        price = networks.price(self.setting, self.trainer.model)
        found = vars(self.trainer.measure()) | {"p": self.setting.p, "penalty": price}
        for name, value in found.items():
            self.curves.setdefault(name, []).append(value)
        self._last = self.trainer.state()


class Ground(Run):
    """A run whose setting changes while it trains.

    setting: where it starts.
    steps: the budget of a run, a multiple of 20, since every 20th step is measured.

    `views` is the figure of the present run; `kept` are the curves of GHOST and COLD, if there are
    any. Raises ValueError for steps out of range.
    """

    def __init__(self, setting: Setting | None = None, steps: int = STEPS):
        self.steps = count("steps", steps, low=EVERY)
        self.measured_at = range(0, self.steps + 1, EVERY)
        self.kept: dict[str, dict[str, list[float]]] = {}
        self._views: Views | None = None
        super().__init__(setting or Setting())

    def apply(self, **controls: Any) -> bool:
        """Go on under these controls; whether training had to start again."""
        old, new = self.setting, Setting(**controls)
        if new == old:
            return False
        self.setting = new
        if any(getattr(old, name) != getattr(new, name) for name in RESTARTING):
            self.kept.clear()  # of other data or another network: no comparison
            self._views = None
            self.reset()
            return True
        networks.change(self.trainer, old, new)
        if (old.noise, old.wrong, old.draw) != (new.noise, new.wrong, new.draw):
            if self._views is not None and not new.curve:
                self._views.place(new, self.trainer.split)
            else:
                self._views = None  # the points of a curve stay in their figure
        return False

    def keep(self) -> None:
        """Keep the curves of this run beside those of the next."""
        self.kept[GHOST] = {name: list(values) for name, values in self.curves.items()}

    def cold(self) -> Cold:
        """The run that starts from the same fresh weights under the setting of now."""
        return Cold(self)

    def show(self) -> str:
        """Bring the picture up to date; the reading, in one sentence."""
        self.views.update(self.setting, self.trainer, self.curves, self.kept)
        last = {name: values[-1] for name, values in self.curves.items()}
        zeros, total = self.zeros
        if self.setting.curve:
            errors = ""
        else:
            errors = f", error {last['train_error']:.0%} and {last['val_error']:.0%}"
        return (
            f"Step {self.trainer.steps}, λ = {self.setting.lam:g}: data loss "
            f"{last['train_loss']:.3f} on training, {last['val_loss']:.3f} on validation points"
            f"{errors}; {zeros:,} of {total:,} weights exactly 0."
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
        return self._views


class Cold(Run):
    """A run beside a Ground's: fresh weights, the setting of its start for all of its steps.

    ground: whose setting, first weights, batches and masks it has, and whose picture shows it as
    COLD. `steps` are to be taken, as many as the ground's run has taken.
    """

    def __init__(self, ground: Ground):
        super().__init__(ground.setting)
        self.steps = ground.trainer.steps
        self.warm = ground.trainer.measure()
        ground.kept[COLD] = self.curves

    @property
    def score(self) -> str:
        """Both runs on the validation points, in one sentence."""
        words = "loss" if self.setting.curve else "error"
        warm, cold = (getattr(run, f"val_{words}") for run in (self.warm, self.trainer.measure()))
        if self.diverged:
            return f"Under this setting all along, training diverges; yours reached {warm:.3f}."
        apart = "the same" if warm == cold else f"{abs(warm - cold):.3f} apart"
        return (
            f"After {self.trainer.steps} steps, validation {words}: {warm:.3f} as you moved the "
            f"controls, {cold:.3f} from fresh weights under this setting all along: {apart}."
        )
