"""Room for a second notebook: watch() keeps PyTorch to the cores that others leave idle.

PyTorch splits an operation among as many threads as there are cores, and a thread that is done
spins until the others are. Alone that is fast. When two kernels do it on the same cores, spinning
threads keep away those that they wait for, and both kernels all but stop. A kernel that takes no
more threads than there is room for never waits like that.

OMP_WAIT_POLICY and GOMP_SPINCOUNT do not help: they are read when torch is loaded, which is before
regutils, they slow down a kernel that is alone, and macOS and Windows have other names for them.

The number of threads changes results by no more than rounding. REGUTILS_THREADS=fixed switches all
of this off.
"""

import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

EVERY = 0.25  # seconds from look to look: Linux counts idle time in hundredths
SPARED = (
    1 / 3
)  # of a core that others may use before a thread is given up: a browser, Jupyter itself


@dataclass(frozen=True)
class Look:
    """The machine at one moment, in seconds.

    - at: the clock
    - idle: summed over the cores that this process may use
    - own: processor time of this process, that of its spinning threads included
    """

    at: float
    idle: float
    own: float


def look() -> Look:
    """Now, with what Linux, macOS and Windows all tell."""
    cores = psutil.cpu_times(percpu=True)
    allowed: list[int] = getattr(psutil.Process(), "cpu_affinity", list)()  # macOS has none
    if allowed and max(allowed) < len(cores):  # some containers number the cores they show anew
        cores = [cores[i] for i in allowed]
    idle = sum(core.idle + getattr(core, "iowait", 0.0) for core in cores)
    return Look(time.perf_counter(), idle, time.process_time())


def room(before: Look, after: Look) -> float:
    """Cores that were there for this process between two looks: those idle and those it used."""
    return (after.idle - before.idle + after.own - before.own) / (after.at - before.at)


def fitting(cores: float, most: int) -> int:
    """Threads for that much room, from 1 to `most`."""
    return min(most, max(1, math.floor(cores + SPARED)))


class Sharing:
    """Called often, it looks at the machine every EVERY seconds and sets the number of threads.

    most: the user's number, which is never exceeded: what torch.get_num_threads() says first, or
    whenever it says something that was not set here.
    """

    def __init__(self, look: Callable[[], Look] = look):
        self.look, self.last = look, look()
        self.thread = threading.get_ident()
        self.most = self.count = torch.get_num_threads()
        self.steady = False

    def __call__(self, *_: Any) -> None:
        if self.steady:
            return
        # OpenMP keeps the number per thread: one set elsewhere would not be the one seen here.
        if time.perf_counter() - self.last.at < EVERY or threading.get_ident() != self.thread:
            return
        now = self.look()
        if torch.get_num_threads() != self.count:
            self.most = self.count = torch.get_num_threads()
        wanted = fitting(room(self.last, now), self.most)
        self.last = now
        if wanted != self.count:
            torch.set_num_threads(wanted)
            self.count = wanted


def watch() -> None:
    """Share from now on: after steps of any optimizer, lessons' own too, and before cells."""
    global _sharing
    if _sharing is not None or os.environ.get("REGUTILS_THREADS") == "fixed":
        return
    _sharing = Sharing()
    register_optimizer_step_post_hook(_sharing)
    # A loop without an optimizer is at least begun with the right number.
    if "IPython" in sys.modules and (shell := sys.modules["IPython"].get_ipython()):
        shell.events.register("pre_run_cell", _sharing)


@contextmanager
def steady_threads() -> Iterator[None]:
    """The number of threads stays as it is, for what must come out the same bit for bit."""
    before = _sharing is not None and _sharing.steady
    if _sharing is not None:
        _sharing.steady = True
    try:
        yield
    finally:
        if _sharing is not None:
            _sharing.steady = before


_sharing: Sharing | None = None
