"""What widgets ask for is done where the cells are run, one thing at a time."""

import asyncio
import threading
from collections.abc import Callable

from traitlets.log import get_logger


def in_turn(callback: Callable[..., None], latest: bool = False) -> Callable[..., None]:
    """`callback` for the event of a widget, called in the thread that calls `in_turn` now.

    JupyterLab (4.4 and later) has the kernel answer widgets in a thread of their own, a subshell,
    while a cell may be running. Pictures, training and random states are the cells' as well, so
    what a widget asks for waits for its turn in the kernel's loop.

    latest: the callback looks for itself how things stand, so of calls that wait one is enough.

    What is raised in a turn goes to the kernel's log, as from any widget.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
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
