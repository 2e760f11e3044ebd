"""Pictures as one uint8 tensor (n, 3, h, w), standardised per channel once they are split; augmentation; a stand-in."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ..arguments import count, require
from .parts import Examples, Split


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
        order = torch.randperm(
            len(self.x), generator=torch.Generator().manual_seed(count("seed", seed, low=0))
        )
        train, val, rest = order.split(
            [n_train, count("n_val", n_val), len(self.x) - n_train - n_val]
        )
        scale = Standardise(self.x[train])
        test = Examples(self.x[rest], self.y[rest]) if self.test is None else self.test
        return Split(
            (scale(self.x[train]), self.y[train]),
            (scale(self.x[val]), self.y[val]),
            (scale(test.x), test.y),
        )


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


def coloured_digits(seed: int = 0) -> Pictures:
    """A stand-in that needs no network: scikit-learn's 1,797 digits in colour on coloured, textured backgrounds.

    3×32×32, ten classes. Each digit is used once, so no digit is both in a training and in a test part.
    """
    from sklearn.datasets import load_digits

    digits, labels = load_digits(return_X_y=True)
    n, g = len(digits), torch.Generator().manual_seed(count("seed", seed, low=0))

    def uniform(low, high, *shape):
        return torch.rand(*shape, generator=g) * (high - low) + low

    ink = torch.from_numpy(digits).float().view(n, 1, 8, 8) / 16
    # Turned by up to 20°, 55–90 % as large as the picture, moved by up to a fifth of it.
    angle, scale = uniform(-0.35, 0.35, n), 1 / uniform(0.55, 0.9, n)
    turn = torch.stack(
        [scale * angle.cos(), -scale * angle.sin(), scale * angle.sin(), scale * angle.cos()], 1
    )
    theta = torch.cat([turn.view(n, 2, 2), uniform(-0.2, 0.2, n, 2, 1)], 2)
    grid = F.affine_grid(theta, (n, 1, 32, 32), align_corners=False)
    mask = F.grid_sample(ink, grid, align_corners=False)
    # Two colours in blotches, stripes across them, grain; the digit is mostly the lighter, hardly so as chance has it.
    blotch = F.interpolate(
        uniform(0, 1, n, 1, 5, 5), (32, 32), mode="bicubic", align_corners=False
    ).clamp(0, 1)
    first, second = uniform(0, 0.7, 2, n, 3, 1, 1)
    colour = uniform(0.4, 1, n, 3, 1, 1)
    wave = uniform(0.2, 1.2, n, 1, 1, 1) * torch.arange(32.0)
    stripes = torch.sin(wave + wave.transpose(2, 3) * uniform(-1, 1, n, 1, 1, 1))
    ground = (
        blotch * first
        + (1 - blotch) * second
        + 0.12 * stripes
        + 0.06 * torch.randn(n, 3, 32, 32, generator=g)
    )
    x = (ground * (1 - mask) + colour * mask).clamp(0, 1)
    return Pictures(
        (x * 255).round().to(torch.uint8),
        torch.from_numpy(labels),
        tuple("0123456789"),
        "coloured digits, a stand-in",
    )
