"""Sliders over training that goes on: play()."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

import ipywidgets as widgets
import numpy as np
from tqdm import tqdm

from ..arguments import count, require
from .canvas import Canvas
from .explorer import Explorer


class Playground(Explorer):
    """An Explorer whose network trains on while its controls move. Made by `play`.

    "Train" starts a task in the kernel: it trains for 25 ms, draws, and lets the kernel hear what the learner moved.
    It ends when the button is pressed again, when all `steps` are taken, when the kernel makes another playground, or
    at an error, which the status line shows.
    """

    _training: "Playground | None" = None

    def __init__(self, canvas: Canvas, step, show, reset, steps: int, controls: Mapping):
        self._step, self._reset, self._told = step, reset, []
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
        _pause()
        super().__init__(canvas, show, controls, ())
        self.children = [widgets.HBox([self.button, self.again, self.progress]), *self.children]
        self.button.observe(self._pressed, "value")
        self.again.on_click(lambda _: self.start_again())

    def run(self, steps: int, **values) -> None:
        """Move the controls, take so many steps at once, and keep the picture as a scene of the static strip."""
        self.set(**values)
        self._advance(
            tqdm(range(count("steps", steps)), "training", unit="step", leave=False, delay=1)
        )
        self._told.append(self._scene())

    def start_again(self) -> None:
        """Fresh weights, all steps still to be taken; training pauses."""
        self.button.value = False
        self._reset()
        self._count(-self.progress.value)
        self._draw()

    def _pressed(self, change) -> None:
        if change["new"] and Playground._training is not self:
            _pause()
            Playground._training = self
            self._task = asyncio.get_running_loop().create_task(self._train())

    async def _train(self) -> None:
        try:
            while self.button.value and not self.button.disabled:
                self._advance(_for(0.025))
                await asyncio.sleep(0.002)
        finally:
            self.button.value = False
            if Playground._training is self:
                Playground._training = None

    def _advance(self, turns: Iterable) -> None:
        """A step for each of `turns`, as far as the budget goes; then a frame."""
        taken = 0
        try:
            with self._watched("Training stopped."):
                for _ in islice(turns, self.progress.max - self.progress.value):
                    self._step(**self._values())
                    taken += 1
        finally:
            self._count(taken)
        self._draw()

    def _count(self, taken: int) -> None:
        self.progress.value += taken
        self.progress.description = f"{self.progress.value} of {self.progress.max} steps"
        self.button.disabled = self.progress.value == self.progress.max

    def _scenes(self) -> list[tuple[np.ndarray, str]]:
        return self._told or [self._scene()]


def _for(seconds: float) -> Iterator[None]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield


def _pause() -> None:
    if Playground._training is not None:
        Playground._training.button.value = False


def play(
    canvas: Canvas,
    step: Callable[..., None],
    show: Callable[..., str],
    reset: Callable[[], None],
    *,
    steps: int,
    **controls,
) -> Playground:
    """A box of controls over training that goes on while they move.

    step: called `step(name=value, …)` with the controls as they stand, takes one training step. show: as in `explore`,
    called between steps. reset: fresh weights. steps: training pauses for good after so many. controls: as in
    `explore`. `.run(steps, name=value)` does what a learner does who moves the controls and trains.
    """
    require(len(controls) > 0, "controls", controls, "at least one control by name")
    return Playground(canvas, step, show, reset, count("steps", steps), controls)
