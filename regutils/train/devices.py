"""Where a network trains."""

import torch
from torch import nn

from ..data.parts import Examples, Split


def place(model: nn.Module, split: Split, device: str | None = None) -> tuple[nn.Module, Split]:
    """Model and split on `device` (the GPU if there is one, else the CPU), pictures (n, c, h, w) in channels_last.

    channels_last keeps the values of a pixel's channels side by side in memory, as fast convolutions read them.
    """
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    layout = {"memory_format": torch.channels_last} if split.train.x.ndim == 4 else {}
    parts = (
        Examples(part.x.to(device, **layout), part.y.to(device))
        for part in (split.train, split.val, split.test)
    )
    return model.to(device, **layout), Split(*parts)
