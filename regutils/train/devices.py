"""Where a network trains: its device, that device's random state, its share of the cores.

Any accelerator that PyTorch names (`torch.accelerator`: CUDA, Apple's MPS, Intel's XPU) is used.
"""

import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import torch
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_post_hook

from ..data import Examples, Split

RandomState = dict[str, Tensor]

EVERY = 0.25  # seconds from look to look: Linux counts idle time in hundredths
SPARED = 1 / 3  # of a core may be busy (a browser, Jupyter) before a thread is given up


def to_device(
    model: nn.Module, split: Split, device: str | torch.device | None = None
) -> tuple[nn.Module, Split]:
    """Move model and split to one device; pictures (n, c, h, w) to channels_last.

    - device: the accelerator if there is one, else the CPU; ValueError for one that is not there.

    channels_last keeps a pixel's channels side by side in memory, as fast convolutions read them.
    """
    if device is None and torch.accelerator.is_available():
        device = torch.accelerator.current_accelerator()
    try:
        chosen = torch.empty(0, device=device or "cpu").device
    except (RuntimeError, TypeError, AssertionError) as error:  # the last: a torch without CUDA
        accepts = 'a device that is here, such as "cpu"'
        raise ValueError(f"device must be {accepts}; got {device!r}") from error
    layout: dict[str, Any] = {}
    if split.train.x.ndim == 4:
        layout["memory_format"] = torch.channels_last
    parts = (Examples(part.x.to(chosen, **layout), part.y.to(chosen)) for part in split.parts)
    return model.to(chosen, **layout), Split(*parts)


def random_state(device: torch.device) -> RandomState:
    """Return torch's random state of the CPU and of `device`, each by its name, on the CPU."""
    state = {"cpu": torch.get_rng_state()}
    if device.type != "cpu":
        state[device.type] = torch.get_device_module(device).get_rng_state(*_named(device))
    return state


def set_random_state(device: torch.device, state: RandomState) -> None:
    """Set torch's random state; what a state from another device does not hold stays."""
    torch.set_rng_state(state["cpu"])
    if device.type in state and device.type != "cpu":
        torch.get_device_module(device).set_rng_state(state[device.type], *_named(device))


def _named(device: torch.device) -> tuple[torch.device, ...]:
    return () if device.type == "mps" else (device,)  # of MPS there is one, so it takes no name


@contextmanager
def drawing_from(device: torch.device, state: RandomState) -> Iterator[None]:
    """Let torch draw from `state` meanwhile, and go on where it was afterwards."""
    outside = random_state(device)
    set_random_state(device, state)
    try:
        yield
    finally:
        set_random_state(device, outside)


def seeded_state(device: torch.device, seed: int) -> RandomState:
    """Return the random state that `seed` gives; the present one is left as it was."""
    with drawing_from(device, random_state(device)):
        torch.manual_seed(seed)
        return random_state(device)


def look() -> tuple[float, float]:
    """Return clock and time that this process had or could have had on all cores, in seconds."""
    cores = psutil.cpu_times(percpu=True)
    allowed: list[int] = getattr(psutil.Process(), "cpu_affinity", list)()  # macOS has none
    if allowed and max(allowed) < len(cores):  # some containers number the cores they show anew
        cores = [cores[i] for i in allowed]
    idle = sum(core.idle + getattr(core, "iowait", 0.0) for core in cores)
    return time.perf_counter(), idle + time.process_time()  # of its spinning threads, too


class Sharing:
    """Keeps PyTorch to the cores that others leave idle, while it is `active`.

    A thread of PyTorch that is done with its part spins until the others are. When two kernels use
    the same cores, spinning threads keep away those that they wait for; with no more threads than
    there is room for, none does. Their number changes results by no more than rounding.
    """

    def __init__(self, look: Callable[[], tuple[float, float]] = look) -> None:
        self.look, self.last, self.active = look, look(), False
        self.most = self.count = torch.get_num_threads()

    def begin(self) -> None:
        """Take as many threads as last time; the user's own number is never exceeded."""
        self.most, self.thread, self.active = torch.get_num_threads(), threading.get_ident(), True
        self._set(self.count)

    def adapt(self, *_: Any) -> None:
        """Set the number of threads by what was idle since the last look, every EVERY seconds."""
        # OpenMP keeps the number per thread: one set elsewhere would not be the one seen here.
        if time.perf_counter() - self.last[0] < EVERY or threading.get_ident() != self.thread:
            return
        (at, had), (before, had_before) = self.look(), self.last
        self._set(math.floor((had - had_before) / (at - before) + SPARED))
        self.last = at, had

    def end(self) -> None:
        """Put the user's number back."""
        self.active = False
        torch.set_num_threads(self.most)

    def _set(self, wanted: int) -> None:
        self.count = min(self.most, max(1, wanted))
        torch.set_num_threads(self.count)


_sharing: Sharing | None = None


@contextmanager
def share_cores() -> Iterator[None]:
    """Keep PyTorch to idle cores meanwhile, adapted after optimizer steps; switched off after.

    What was seen last is where the next call begins, so many short trainings share too. Nothing
    changes where the environment says REGUTILS_THREADS=fixed.
    """
    global _sharing
    _sharing = _sharing or Sharing()
    if _sharing.active or os.environ.get("REGUTILS_THREADS") == "fixed":
        yield
        return
    _sharing.begin()
    hook = register_optimizer_step_post_hook(_sharing.adapt)
    try:
        yield
    finally:
        hook.remove()
        _sharing.end()
