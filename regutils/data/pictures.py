"""Pictures as one uint8 tensor (n, 3, h, w): split, augmentation, a stand-in, files of arrays."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..arguments import count, require
from .split import Examples, Split, Standardise, cut, rng


@dataclass(frozen=True, repr=False)
class Pictures:
    """Pictures with labels, not yet split.

    - x (n, 3, h, w) uint8, y (n,): the pictures to train on, and to choose by.
    - classes: the names of the classes.
    - source: what a figure's title says of them.
    - test: pictures that were set apart by whoever made the collection, if any.
    """

    x: Tensor
    y: Tensor
    classes: tuple[str, ...]
    source: str
    test: Examples | None = None

    def split(self, n_train: int = 5000, n_val: int = 5000, seed: int = 0) -> Split:
        """Return a Split, shuffled by `seed`, standardised per channel by its training part.

        Test pictures are `test`, else those left over. Raises ValueError when there are too few.
        """
        rest, n_val = int(self.test is None), count("n_val", n_val)
        train, val, left = (
            Examples(self.x[part], self.y[part])
            for part in cut(len(self.x), n_train, n_val, seed, rest)
        )
        scale = Standardise(train.x, (0, 2, 3), (0, 2, 3))
        return Split(*(Examples(scale(part.x), part.y) for part in (train, val, self.test or left)))


def augment(x: Tensor, pad: int = 4) -> Tensor:
    """Return a batch (n, c, h, w), each picture shifted by up to `pad` pixels and mirrored.

    Pads with zeros (the training mean, once standardised) and cuts a window of the old size; half
    the pictures are mirrored left to right. Draws from torch's global random state: n row shifts,
    n column shifts, n mirrorings.
    """
    require(x.ndim == 4, "x", tuple(x.shape), "a tensor of pictures (n, c, h, w)")
    n, _, h, w = x.shape
    pad = count("pad", pad, 0, min(h, w) - 1)
    top, left = torch.randint(0, 2 * pad + 1, (2, n), device=x.device)
    mirrored = torch.rand(n, device=x.device) < 0.5
    rows = top[:, None] + torch.arange(h, device=x.device)
    columns = torch.arange(w, device=x.device).expand(n, w)
    columns = left[:, None] + torch.where(mirrored[:, None], w - 1 - columns, columns)
    which = torch.arange(n, device=x.device)[:, None, None]
    # Indexed like this the channels come last: the layout that convolutions read fastest, shown as
    # (n, c, h, w).
    padded = F.pad(x, (pad,) * 4)
    return padded[which, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def coloured_digits(seed: int = 0) -> Pictures:
    """Return scikit-learn's 1,797 digits in colour: a stand-in that needs no network.

    3×32×32, ten classes, on coloured, textured backgrounds; each digit is used once.
    """
    from sklearn.datasets import load_digits

    digits, labels = load_digits(return_X_y=True)
    n, g = len(digits), rng(seed)
    kind = torch.float32

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=g, dtype=kind) * (high - low) + low

    ink = torch.from_numpy(digits).to(kind).view(n, 1, 8, 8) / 16
    # Turned by up to 20°, 55–90 % as large as the picture, moved by up to a fifth of it.
    angle, scale = uniform(-0.35, 0.35, n), 1 / uniform(0.55, 0.9, n)
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1) * scale[:, None]
    theta = torch.cat([turn.view(n, 2, 2), uniform(-0.2, 0.2, n, 2, 1)], 2)
    grid = F.affine_grid(theta, [n, 1, 32, 32], align_corners=False)
    mask = F.grid_sample(ink, grid, align_corners=False)
    # Two colours in blotches, stripes across them, grain; the digit is mostly the lighter, hardly
    # so as chance has it.
    blotch = uniform(0, 1, n, 1, 5, 5)
    blotch = F.interpolate(blotch, (32, 32), mode="bicubic", align_corners=False).clamp(0, 1)
    first, second = uniform(0, 0.7, 2, n, 3, 1, 1)
    colour = uniform(0.4, 1, n, 3, 1, 1)
    wave = uniform(0.2, 1.2, n, 1, 1, 1) * torch.arange(32, dtype=kind)
    stripes = torch.sin(wave + wave.transpose(2, 3) * uniform(-1, 1, n, 1, 1, 1))
    grain = torch.randn(n, 3, 32, 32, generator=g, dtype=kind)
    ground = blotch * first + (1 - blotch) * second + 0.12 * stripes + 0.06 * grain
    x = (ground * (1 - mask) + colour * mask).clamp(0, 1)
    pixels = (x * 255).round().to(torch.uint8)
    source = "coloured digits, a stand-in"
    return Pictures(pixels, torch.from_numpy(labels), tuple("0123456789"), source)


def archive(path: str | os.PathLike[str]) -> Pictures:
    """Return pictures from an .npz file: what `regutils record --pictures` reads.

    - path: holds train_x (n, 3, h, w) uint8, train_y (n,) integers, and likewise test_x and test_y.

    ValueError for anything else.
    """
    try:
        with np.load(Path(path).expanduser()) as file:
            arrays = [torch.from_numpy(file[f"{p}_{k}"]) for p in ("train", "test") for k in "xy"]
    except Exception as error:  # no file, no archive, half of one, pickled objects, a missing name
        accepts = "an .npz file of train_x, train_y, test_x and test_y"
        raise ValueError(f"path must be {accepts}; got {path}: {error}") from error
    for x, y in (arrays[:2], arrays[2:]):
        good = x.dtype == torch.uint8 and x.ndim == 4 and y.shape == x.shape[:1]
        accepts = "a file of pictures (n, 3, h, w) uint8 and labels (n,)"
        require(good, "path", f"{x.dtype} {tuple(x.shape)} and {tuple(y.shape)}", accepts)
    x, y, test_x, test_y = arrays
    classes = tuple(map(str, range(int(y.max()) + 1)))
    test = Examples(test_x, test_y.long())
    return Pictures(x, y.long(), classes, f"pictures of {Path(path).name}", test)
