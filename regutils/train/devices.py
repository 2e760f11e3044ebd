"""Where a network trains, and what that device draws at random.

Any accelerator that PyTorch names (`torch.accelerator`: CUDA, Apple's MPS, Intel's XPU) is used.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ..arguments import require
from ..data.split import Examples, Split

RandomState = dict[str, Tensor]


def best_device() -> torch.device:
    """The accelerator if there is one, else the CPU."""
    if torch.accelerator.is_available():
        return torch.accelerator.current_accelerator() or torch.device("cpu")
    return torch.device("cpu")


def has_float64(device: torch.device) -> bool:
    """Whether `device` computes in float64; Apple's MPS does not, nor do some of Intel's."""
    try:
        torch.ones(1, dtype=torch.float64, device=device).add_(1)
    except (TypeError, RuntimeError):
        return False
    return True


def place(
    model: nn.Module, split: Split, device: str | torch.device | None = None
) -> tuple[nn.Module, Split]:
    """Model and split on one device; pictures (n, c, h, w) in channels_last.

    device: the accelerator if there is one, else the CPU; float64 stays on the CPU where the
    accelerator has none. ValueError if such a device, or one that is not there, is asked for by
    name.
    channels_last keeps the values of a pixel's channels side by side in memory, as fast
    convolutions read them.
    """
    try:
        chosen = best_device() if device is None else torch.empty(0, device=device).device
    except (RuntimeError, TypeError, AssertionError) as error:  # the last: a torch without CUDA
        accepts = 'a device that is here, such as "cpu"'
        raise ValueError(f"device must be {accepts}; got {device!r}") from error
    tensors = [*model.parameters(), split.train.x, split.train.y]
    if any(t.dtype == torch.float64 for t in tensors) and not has_float64(chosen):
        require(device is None, "device", str(chosen), "one that computes in float64, as the CPU")
        chosen = torch.device("cpu")
    layout: dict[str, Any] = {}
    if split.train.x.ndim == 4:
        layout["memory_format"] = torch.channels_last
    parts = (Examples(part.x.to(chosen, **layout), part.y.to(chosen)) for part in split.parts)
    return model.to(chosen, **layout), Split(*parts)


def bfloat16(device: torch.device, enabled: bool) -> AbstractContextManager[Any]:
    """Forward passes in bfloat16 where PyTorch thinks it safe, if `enabled`."""
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


def random_state(device: torch.device) -> RandomState:
    """What torch draws next, of the CPU and of `device`, by the name of each; kept on the CPU."""
    state = {"cpu": torch.get_rng_state()}
    if device.type != "cpu":
        state[device.type] = torch.get_device_module(device).get_rng_state(*_of(device))
    return state


def set_random_state(device: torch.device, state: RandomState) -> None:
    """Let torch draw on from `state`; what one from another device does not hold stays."""
    torch.set_rng_state(state["cpu"])
    if device.type in state and device.type != "cpu":
        torch.get_device_module(device).set_rng_state(state[device.type], *_of(device))


@contextmanager
def drawing_from(device: torch.device, state: RandomState) -> Iterator[None]:
    """Torch draws from `state` meanwhile, and goes on where it was afterwards."""
    outside = random_state(device)
    set_random_state(device, state)
    try:
        yield
    finally:
        set_random_state(device, outside)


def seeded_state(device: torch.device, seed: int) -> RandomState:
    """The random state that `seed` gives; the present one is left as it was."""
    with drawing_from(device, random_state(device)):
        torch.manual_seed(seed)
        return random_state(device)


def _of(device: torch.device) -> tuple[torch.device, ...]:
    return () if device.type == "mps" else (device,)  # of MPS there is one, so it takes no name
