"""Sliders over training that goes on: play()."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import ipywidgets as widgets
import numpy as np

from .. import progress
from ..arguments import count
from . import stills
from .canvas import Canvas
from .explorer import Explorer, require_parts
from .training import Training
from .turns import in_turn


class Playground(Explorer):
    """An Explorer whose network trains on while its controls move. Made by `play`.

    training: the task; "Train" starts and pauses it.
    button, again, progress: "Train", "Start again" and the bar of steps taken.
    """

    def __init__(
        self,
        canvas: Canvas,
        step: Callable[..., None],
        show: Callable[..., str],
        reset: Callable[[], None],
        *,
        steps: int,
        controls: Mapping[str, widgets.Widget],
        at_once: int | None = None,
    ):
        self._step = step
        self._reset = reset
        self._told: list[tuple[int, np.ndarray, str]] = []
        self.training = Training(self._train, self._draw, self._changed, steps, at_once)
        self.button = widgets.ToggleButton(
            description="Train", icon="play", tooltip="train, or pause"
        )
        self.again = widgets.Button(
            description="Start again", icon="refresh", tooltip="fresh weights"
        )
        self.progress = widgets.IntProgress(
            max=steps,
            description=f"0 of {steps} steps",
            bar_style="info",
            style={"description_width": "initial"},
            layout={"width": "22em"},
        )
        if Training.current is not None:
            Training.current.pause()  # as when the learner runs the cell again
        super().__init__(canvas, show, controls, ())
        self.children = [widgets.HBox([self.button, self.again, self.progress]), *self.children]
        self.button.observe(in_turn(self._pressed), "value")
        self.again.on_click(in_turn(lambda _: self.start_again()))

    def run(self, steps: int, **settings) -> None:
        """Move the controls, take so many steps, keep the picture as a scene of the strip."""
        self.set(**settings)
        self.training.take(progress.bar(range(count("steps", steps)), "training", unit="step"))
        self._told.append((self.training.taken, self._canvas.frame().copy(), self.reading))

    def scenes(self) -> list[tuple[int, bytes, str]]:
        """(steps taken, PNG, reading) at the end of each `run`, else as it is now."""
        told = [(taken, stills.png(pixels), reading) for taken, pixels, reading in self._told]
        return told or [(self.training.taken, self._canvas.png(), self.reading)]

    def start_again(self) -> None:
        """Fresh weights, all steps still to be taken; training pauses."""
        self.training.restart()
        self._reset()
        self._draw()

    def close(self) -> None:
        """Stop training, take the widgets from the front end and the picture from memory."""
        self.training.pause()
        super().close()
        self._step = self._reset = None
        self._told.clear()

    def _train(self) -> None:
        with self._watched("Training stopped."):
            self._step(**self._now())

    def _pressed(self, change) -> None:
        if change["new"]:
            self.training.start()
        else:
            self.training.pause()

    def _changed(self) -> None:
        """Buttons and bar follow the training."""
        self.progress.value = self.training.taken
        self.progress.description = f"{self.training.taken} of {self.training.steps} steps"
        self.button.disabled = self.training.finished
        self.button.value = self.training.going

    def _draw(self) -> None:
        try:
            super()._draw()
        except KeyboardInterrupt:
            self.training.pause()
            raise

    def _drawn(self, setting: dict) -> tuple[bytes, str]:
        """Nothing is kept: the same setting shows another network a step later."""
        reading = self._read(setting)
        return self._canvas.png(), reading

    def _look_ahead(self, onward: Sequence[dict] = ()) -> None:
        """Nothing to draw ahead: what comes next is not known yet."""

    def _scenes(self) -> list[tuple[np.ndarray, str]]:
        told = [(pixels, reading) for _, pixels, reading in self._told]
        return told or [(self._canvas.frame().copy(), self.reading)]


def play(
    canvas: Canvas,
    step: Callable[..., None],
    show: Callable[..., str],
    reset: Callable[[], None],
    *,
    steps: int,
    **controls: widgets.Widget,
) -> Playground:
    """A box of controls over training that goes on while they move.

    canvas: the picture.
    step: called `step(name=value, …)` with the controls as they stand, takes one training step.
    show: as in `explore`, called between steps.
    reset: fresh weights.
    steps: training pauses for good after so many.
    controls: as in `explore`.

    `.run(steps, name=value)` does what a learner does who moves the controls and trains.
    Interrupting the kernel pauses it. Raises ValueError as `explore` does.
    """
    require_parts(canvas, controls)
    return Playground(canvas, step, show, reset, steps=count("steps", steps), controls=controls)
