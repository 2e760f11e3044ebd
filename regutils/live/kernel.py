"""What a Jupyter kernel runs, in which thread, and what it does while nothing happens."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine

from traitlets.log import get_logger


def running_cell() -> tuple[str, str] | None:
    """Return (the cell, this run of it), or None where no cell of a kernel is being run.

    JupyterLab, Notebook and VS Code name the cell; where the front end does not, its source does.
    """
    shell = _shell()
    request = shell.get_parent() if hasattr(shell, "get_parent") else {}
    if request.get("msg_type") != "execute_request":
        return None
    metadata = request.get("metadata") or {}
    cell = metadata.get("cellId") or request["content"]["code"]
    return cell, request["header"]["msg_id"]


def cell_count() -> int:
    """Return the number of the next cell to be run, 0 outside IPython."""
    shell = _shell()
    return 0 if shell is None else shell.execution_count


def _shell():
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    return get_ipython()


def loop_is_running() -> bool:
    """Return whether there is an event loop, in which something can be done later."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def on_kernel_thread(callback: Callable[..., None], latest: bool = False) -> Callable[..., None]:
    """Return `callback` for a widget's event, called in the thread that calls this function now.

    JupyterLab (4.4 and later) has the kernel answer widgets in a thread of their own, a subshell,
    while a cell may be running. Pictures, training and random states are the cells' as well, so
    what a widget asks for waits for its turn in the kernel's loop. What is raised there goes to the
    kernel's log, as from any widget.

    - latest: of calls that wait one is enough, since the callback looks for itself how things stand
    """
    if not loop_is_running():
        return callback
    loop = asyncio.get_running_loop()
    home, waiting = threading.get_ident(), threading.Event()

    def take(*event) -> None:
        waiting.clear()
        try:
            callback(*event)
        except (Exception, KeyboardInterrupt):  # which would end the loop, and with it the kernel
            get_logger().error("A widget's callback failed", exc_info=True)

    def call(*event) -> None:
        if threading.get_ident() == home or loop.is_closed():
            callback(*event)
        elif not (latest and waiting.is_set()):
            waiting.set()
            loop.call_soon_threadsafe(take, *event)

    return call


class IdleTask:
    """One coroutine at a time on the running loop; a new one takes the place of the last."""

    def __init__(self):
        self._job: Callable[[], Coroutine] | None = None
        self._task: asyncio.Task | None = None
        self._begun = False

    def start(self, job: Callable[[], Coroutine]) -> None:
        """Run `job` as soon as the loop comes round; where none runs, never."""
        self.cancel()
        self._job = job
        if loop_is_running() and not self._waits(loop := asyncio.get_running_loop()):
            self._begun = False
            self._task = loop.create_task(self._run())

    def cancel(self) -> None:
        """End what runs and forget what waits."""
        self._job = None
        if self._task is not None and self._begun:
            self._task.cancel()
            self._task = None

    def _waits(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether a task has not begun yet: a cell that moves a slider in a loop needs but one."""
        task = self._task
        return not (task is None or self._begun or task.done() or task.get_loop() is not loop)

    async def _run(self) -> None:
        self._begun = True
        if self._job is not None:
            await self._job()
