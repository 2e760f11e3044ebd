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
    """One epoch of batches of n examples.

    - size: of a batch; None takes all examples at once.
    - generator: shuffles.
    - shuffle: index tensors (size,) on `device`, the last one shorter; without it slices in the
      given order.
    """
    if size is None:
        yield slice(None)
        return
    size = count("batch_size", size)
    if shuffle:
        yield from torch.randperm(n, generator=generator).to(device).split(size)
    else:
        yield from (slice(i, i + size) for i in range(0, n, size))
