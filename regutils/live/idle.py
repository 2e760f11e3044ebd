"""What a kernel does while it has nothing else to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine


class Idle:
    """One job at a time; a new one takes the place of the last. Without a running loop, none."""

    def __init__(self):
        self._job: Callable[[], Coroutine] | None = None
        self._task: asyncio.Task | None = None
        self._begun = False

    def ask(self, job: Callable[[], Coroutine]) -> None:
        """Do `job` as soon as the loop comes round."""
        self.rest()
        self._job = job
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if not self._waits(loop):
            self._begun = False
            self._task = loop.create_task(self._go())

    def rest(self) -> None:
        """Do nothing any more."""
        self._job = None
        if self._task is not None and self._begun:
            self._task.cancel()
            self._task = None

    def _waits(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether a task has not begun yet: a cell that moves a slider in a loop needs but one."""
        task = self._task
        return not (task is None or self._begun or task.done() or task.get_loop() is not loop)

    async def _go(self) -> None:
        self._begun = True
        if self._job is not None:
            await self._job()
