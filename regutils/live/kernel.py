"""Which cell a Jupyter kernel runs, and in which thread a widget's callback is called."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from traitlets.log import get_logger


def running_cell() -> tuple[str, str] | None:
    """Return (the cell, this run of it), or None where no cell of a kernel is being run.

    JupyterLab, Notebook and VS Code name the cell; where the front end does not, its source does.
    """
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    shell = get_ipython()
    request = shell.get_parent() if hasattr(shell, "get_parent") else {}
    if request.get("msg_type") != "execute_request":
        return None
    metadata = request.get("metadata") or {}
    cell = metadata.get("cellId") or request["content"]["code"]
    return cell, request["header"]["msg_id"]


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop in which something can be done later, if there is one."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def on_kernel_thread(callback: Callable[..., None], latest: bool = False) -> Callable[..., None]:
    """Return `callback` for a widget's event, called in the thread that calls this function now.

    JupyterLab (4.4 and later) has the kernel answer widgets in a thread of their own, a subshell,
    while a cell may be running. Pictures, training and random states are the cells' as well, so
    what a widget asks for waits for its turn in the kernel's loop. What is raised there goes to the
    kernel's log, as from any widget.

    - latest: of calls that wait one is enough, since the callback looks for itself how things stand
    """
    loop = running_loop()
    if loop is None:
        return callback
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
