"""Pictures as tensors: CIFAR-10, a learner's own class folders, and a stand-in that needs no network.

Pictures are kept as one uint8 tensor (n, 3, 32, 32); a Split of them is standardised per channel by its training part.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from .arguments import count, require
from .data import Examples, Split


def folder(root: str | os.PathLike | None = None) -> Path:
    """Where data is kept: `root`, else the environment's REGUTILS_DATA, else "data" in the working folder."""
    return Path(root or os.environ.get("REGUTILS_DATA") or "data")


@dataclass(frozen=True)
class Pictures:
    """x (n, 3, h, w) uint8 and labels y (n,), with the names of the classes; `test` are further pictures, if any.

    source: what a figure's title says of them.
    """

    x: Tensor
    y: Tensor
    classes: tuple[str, ...]
    source: str
    test: Examples | None = None

    def split(self, n_train: int = 5000, n_val: int = 5000, seed: int = 0) -> Split:
        """Shuffled by `seed` and cut; standardised per channel. Test pictures are `test`, else the rest."""
        count("n_train", n_train, high=len(self.x) - n_val - (self.test is None))
        order = torch.randperm(len(self.x), generator=torch.Generator().manual_seed(count("seed", seed, low=0)))
        train, val, rest = order.split([n_train, count("n_val", n_val), len(self.x) - n_train - n_val])
        scale = Standardise(self.x[train])
        test = Examples(self.x[rest], self.y[rest]) if self.test is None else self.test
        return Split((scale(self.x[train]), self.y[train]), (scale(self.x[val]), self.y[val]), (scale(test.x), test.y))


class Standardise:
    """uint8 pictures to float32 less the mean of each channel, over its standard deviation, both of `train`."""

    def __init__(self, train: Tensor):
        sums = torch.stack([train[:, c].double().mean() for c in range(train.shape[1])])
        squares = torch.stack([train[:, c].double().square().mean() for c in range(train.shape[1])])
        self.mean = sums.float().view(1, -1, 1, 1)
        self.sd = (squares - sums.square()).clamp_min(1e-12).sqrt().float().view(1, -1, 1, 1)

    def __call__(self, x: Tensor) -> Tensor:
        return (x.float() - self.mean) / self.sd


def augment(x: Tensor, pad: int = 4) -> Tensor:
    """Each picture of a batch (n, c, h, w) shifted by up to `pad` pixels in each direction and mirrored at random.

    Pads with zeros (the training mean, once standardised) and cuts a window of the old size; half the pictures are
    mirrored left to right. Draws from torch's global random state: n row shifts, n column shifts, n mirrorings.
    """
    n, _, h, w = x.shape
    require(0 <= pad < min(h, w), "pad", pad, f"a whole number from 0 to {min(h, w) - 1}")
    top, left = torch.randint(0, 2 * pad + 1, (2, n), device=x.device)
    mirrored = torch.rand(n, device=x.device) < 0.5
    rows = top[:, None] + torch.arange(h, device=x.device)
    columns = torch.arange(w, device=x.device).expand(n, w)
    columns = left[:, None] + torch.where(mirrored[:, None], w - 1 - columns, columns)
    which = torch.arange(n, device=x.device)[:, None, None]
    # Indexed like this the channels come last: the layout that convolutions read fastest, shown as (n, c, h, w).
    return F.pad(x, (pad,) * 4)[which, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def cifar10(root=None):
    raise NotImplementedError
