"""Training that goes on while its controls move: one asyncio task, no threads. play()."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import ClassVar

import ipywidgets as widgets

from .. import progress
from ..arguments import count
from ..train import share_cores
from .canvas import Canvas
from .controls import on_kernel_thread
from .explorer import Box, require_parts

# So long it trains before it draws and listens; a drag is answered within it and one drawing.
TURN_SECONDS = 0.025

Callback = Callable[[], None]


class Player:
    """Training in turns: steps for 25 ms, a frame, a moment in which the kernel listens.

    It ends when its budget is used up, when it is paused, when another starts in the same kernel,
    when the kernel is interrupted, and at an error, which the task raises.

    - step: takes one step of training
    - draw: shows how things stand, after every turn
    - steps: the budget
    - at_once: steps in a turn at most, so that a fast network can be watched; None is no bound
    """

    current: ClassVar[Player | None] = None

    def __init__(self, step: Callback, draw: Callback, *, steps: int, at_once: int | None = None):
        self.step, self.draw = step, draw
        self.steps = count("steps", steps)
        self.at_once = None if at_once is None else count("at_once", at_once)
        self.taken = 0
        self.going = False
        self.task: asyncio.Task | None = None
        self._listeners: list[Callback] = []

    @property
    def finished(self) -> bool:
        """Whether the budget is used up."""
        return self.taken >= self.steps

    def on_change(self, callback: Callback) -> None:
        """Call `callback` after every turn and at start and end, so that buttons can follow."""
        self._listeners.append(callback)

    def start(self) -> None:
        """Train on, as a task of the running event loop, unless it does or has finished."""
        if self.going or self.finished:
            return
        if Player.current not in (None, self):
            Player.current.pause()
        Player.current = self
        self.going = True
        if self.task is None or self.task.done():  # else it has not noticed the pause yet
            self.task = asyncio.get_running_loop().create_task(self._go())
        self._changed()

    def pause(self) -> None:
        """Train no more after the present step."""
        if self.going:
            self.going = False
            if Player.current is self:
                Player.current = None
            self._changed()

    def restart(self) -> None:
        """Pause, and have the whole budget again."""
        self.pause()
        self.taken = 0
        self._changed()

    def take(self, turns: Iterable) -> None:
        """Take a step for each of `turns`, as far as the budget goes; then a frame."""
        try:
            with share_cores():
                for _ in islice(turns, self.steps - self.taken):
                    self.step()
                    self.taken += 1
        finally:
            self._changed()
        self.draw()

    def _changed(self) -> None:
        for callback in self._listeners:
            callback()

    async def _go(self) -> None:
        try:
            while self.going and not self.finished:
                # The kernel ignores its stop button while no cell runs, anew after each message.
                if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
                    signal.signal(signal.SIGINT, self._interrupted)
                self.take(self._turn())
                await asyncio.sleep(0.002)
        except KeyboardInterrupt:  # it came while the kernel answered something else: the same wish
            pass
        finally:
            if signal.getsignal(signal.SIGINT) == self._interrupted:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
            self.pause()

    def _interrupted(self, _number, _frame) -> None:
        self.pause()

    def _turn(self) -> Iterator[None]:
        until = time.monotonic() + TURN_SECONDS
        given = 0
        while self.going and time.monotonic() < until and given != self.at_once:
            given += 1
            yield


class PlayerBar(widgets.HBox):
    """The buttons "Train" and "Start again" of a player, and the bar of steps taken.

    - player: what "Train" starts and pauses; the bar follows it
    - reset: called by "Start again"
    """

    def __init__(self, player: Player, reset: Callback):
        self._player = player
        self.train = widgets.ToggleButton(description="Train", icon="play", tooltip="train, pause")
        self.again = widgets.Button(description="Start again", icon="refresh", tooltip="restart")
        wide = {"style": {"description_width": "initial"}, "layout": {"width": "22em"}}
        self.progress = widgets.IntProgress(max=player.steps, bar_style="info", **wide)
        super().__init__([self.train, self.again, self.progress])
        self.train.observe(on_kernel_thread(self._pressed), "value")
        self.again.on_click(on_kernel_thread(lambda _: reset()))
        player.on_change(self._follow)
        self._follow()

    def _pressed(self, change) -> None:
        if change["new"]:
            self._player.start()
        else:
            self._player.pause()

    def _follow(self) -> None:
        taken, steps = self._player.taken, self._player.steps
        self.progress.value = taken
        self.progress.description = f"{taken} of {steps} steps"
        self.train.disabled = self._player.finished
        self.train.value = self._player.going


class PlayerBox(Box):
    """A Box over a network that trains on while its controls move. See `play`.

    `player` is the training, `bar` its buttons. at_once: as in `Player`.
    """

    def __init__(self, canvas, step, reading, reset, steps, controls, at_once=None):
        self.player = Player(self._step, self.draw, steps=steps, at_once=at_once)
        self._take_step = step
        self._reset = reset
        self._scenes: list[tuple[int, bytes, str]] = []
        if Player.current is not None:
            Player.current.pause()  # as when the learner runs the cell again
        super().__init__(canvas, controls, reading)
        self.bar = PlayerBar(self.player, self.start_again)
        self.children = [self.bar, *self.children]
        self.draw(sharp=True)

    def run(self, steps: int, **settings) -> None:
        """Move the controls, take so many steps, keep the picture as a scene of the strip."""
        self.set(**settings)
        self.player.take(progress.bar(range(count("steps", steps)), "training", unit="step"))
        self._scenes.append((self.player.taken, *self.frame()))

    def scenes(self) -> list[tuple[int, bytes, str]]:
        """Return (steps taken, PNG, reading) at the end of each `run`, else as it is now."""
        return self._scenes or [(self.player.taken, *self.frame())]

    def snapshots(self) -> list[tuple[bytes, str]]:
        """Return (PNG, reading) of each scene."""
        return [scene[1:] for scene in self.scenes()]

    def start_again(self) -> None:
        """Begin with fresh weights and the whole budget; training pauses."""
        self.player.restart()
        self._reset()
        self.draw(sharp=True)

    def close(self) -> None:
        """Stop training, then close as a Box does."""
        self.player.pause()
        super().close()

    def _step(self) -> None:
        with self.watched("Training stopped."):
            self._take_step(**self.now())


def play(
    canvas: Canvas,
    step: Callable[..., None],
    reading: Callable[..., str],
    reset: Callback,
    *,
    steps: int,
    **controls: widgets.Widget,
) -> PlayerBox:
    """Return a box of controls over training that goes on while they move.

    Interrupting the kernel pauses it. `.run(steps, name=value)` does what a learner does who moves
    the controls and trains.

    - canvas: the picture
    - step: called `step(name=value, …)` with the controls as they stand, takes one training step
    - reading: called `reading(name=value, …)` between steps, moves the panels and returns one
      sentence with the numbers
    - reset: gives the network fresh weights
    - steps: the budget, after which training ends
    - controls: as in `explore`

    Raises ValueError as `explore` does, and for `steps` below 1.
    """
    require_parts(canvas, controls)
    return PlayerBox(canvas, step, reading, reset, count("steps", steps), controls)
