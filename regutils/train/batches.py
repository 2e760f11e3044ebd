"""The order in which examples are seen."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ..arguments import count


def batches(
    n: int,
    size: int | None,
    generator: torch.Generator,
    shuffle: bool = True,
    device: str | torch.device = "cpu",
) -> Iterator[Tensor | slice]:
    """One epoch of batches: shuffled index tensors (size,) on `device`, the last one shorter; None takes all examples.

    Without `shuffle`, slices in the given order.
    """
    if size is None:
        yield slice(None)
    elif shuffle:
        yield from (
            torch.randperm(n, generator=generator).to(device).split(count("batch_size", size))
        )
    else:
        yield from (slice(i, i + size) for i in range(0, n, count("batch_size", size)))
