"""The stop button, heard where it does no harm."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def heard_between() -> Iterator[Callable[[], None]]:
    """Within it an interrupt from the keyboard waits for the next call of what this yields.

    `torch.func.vmap` that is interrupted in its midst may leave PyTorch believing that it is still
    in there, and every later one fails. A second press does not wait. Outside of the main thread
    nothing is heard, as Python has it.
    """
    pressed: list[bool] = []

    def hear(_number: int, _frame: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(True)

    def listen() -> None:
        if pressed:
            raise KeyboardInterrupt

    main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT)
    if not main or before is None:  # None: set by what is not Python, and not to be put back
        yield listen
        return
    signal.signal(signal.SIGINT, hear)
    try:
        yield listen
    finally:
        signal.signal(signal.SIGINT, before)
