"""Steps that are taken while the kernel goes on listening: one asyncio task, no threads."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import ClassVar

from ..arguments import count

# So long it trains before it draws and listens; a drag is answered within it and one drawing.
TURN_SECONDS = 0.025


class Training:
    """Training in turns: steps for 25 ms, a frame, a moment in which the kernel listens.

    step: takes one step of training.
    frame: shows how things stand, after every turn.
    changed: told after every turn, and when it starts or ends, so that buttons and bars can follow.
    steps: the budget; training ends when all are taken.
    at_once: steps in a turn at most, so that a fast network can be watched; None is no bound.

    It ends, too, when it is paused, when another training starts in the same kernel, when the
    kernel is interrupted, and at an error, which the task raises. A closed tab does not end it,
    since nothing tells the kernel: it trains on to the end of its budget.
    """

    current: ClassVar[Training | None] = None

    def __init__(
        self,
        step: Callable[[], None],
        frame: Callable[[], None],
        changed: Callable[[], None],
        steps: int,
        at_once: int | None = None,
    ):
        self.step = step
        self.frame = frame
        self.changed = changed
        self.steps = count("steps", steps)
        self.at_once = None if at_once is None else count("at_once", at_once)
        self.taken = 0
        self.going = False
        self.task: asyncio.Task | None = None

    @property
    def finished(self) -> bool:
        """Whether the budget is used up."""
        return self.taken >= self.steps

    def start(self) -> None:
        """Train on, as a task of the running event loop, unless it does or has finished."""
        if self.going or self.finished:
            return
        if Training.current not in (None, self):
            Training.current.pause()
        Training.current = self
        self.going = True
        if self.task is None or self.task.done():  # else it has not noticed the pause yet
            self.task = asyncio.get_running_loop().create_task(self._go())
        self.changed()

    def pause(self) -> None:
        """Train no more after the present step."""
        if self.going:
            self.going = False
            if Training.current is self:
                Training.current = None
            self.changed()

    def restart(self) -> None:
        """Pause, and have the whole budget again."""
        self.pause()
        self.taken = 0
        self.changed()

    def take(self, turns: Iterable) -> None:
        """A step for each of `turns`, as far as the budget goes; then a frame."""
        try:
            for _ in islice(turns, self.steps - self.taken):
                self.step()
                self.taken += 1
        finally:
            self.changed()
        self.frame()

    async def _go(self) -> None:
        stop = _Interrupt(self.pause)
        try:
            while self.going and not self.finished:
                stop.listen()
                self.take(self._turn())
                await asyncio.sleep(0.002)
        except KeyboardInterrupt:  # it came while the kernel answered something else: the same wish
            pass
        finally:
            stop.rest()
            self.pause()

    def _turn(self) -> Iterator[None]:
        until = time.monotonic() + TURN_SECONDS
        given = 0
        while self.going and time.monotonic() < until and given != self.at_once:
            given += 1
            yield


class _Interrupt:
    """Jupyter's stop button while no cell runs: the kernel ignores it then, we hear it."""

    def __init__(self, stop: Callable[[], None]):
        self.stop = stop

    def listen(self) -> None:
        """Hear it from now on; anew each turn: the kernel sets its own back after a message."""
        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._heard)

    def rest(self) -> None:
        """Leave the signal as it was."""
        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGINT) == self._heard:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _heard(self, _number, _place) -> None:
        self.stop()
