"""Drawn datasets: curves, two classes in the plane, and a sparse linear regression.

All are of torch's default number type, and a seed gives the same values whatever that type is.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..arguments import count, real
from .split import Examples, Split, rng, table_split

Place = Callable[[torch.Generator, int], tuple[Tensor, Tensor]]  # n points and their classes
N_NEW = 500  # validation and test examples, each, where they can't be chosen


def sine(n_train: int = 20, noise: float = 0.3, seed: int = 0, n_val: int = 200) -> Split:
    """Return a regression: y = sin(πx) + noise·N(0, 1), x uniform in [-1, 1].

    x (n, 1), y (n,), as many test as val examples. Not standardised: x is on the scale of 1
    already, and datasets that are drawn again with another seed must share one axis.
    """
    generator, kind = rng(seed), torch.get_default_dtype()
    n_train, n_val, noise = count("n_train", n_train), count("n_val", n_val), real("noise", noise)

    def draw(n: int) -> Examples:
        x = torch.rand(n, 1, generator=generator, dtype=torch.float32) * 2 - 1
        scatter = torch.randn(n, generator=generator, dtype=torch.float32)
        y = torch.sin(torch.pi * x[:, 0]) + noise * scatter
        return Examples(x.to(kind), y.to(kind))

    return Split(draw(n_train), draw(n_val), draw(n_val))


def moons(n_train: int = 60, noise: float = 0.25, label_noise: float = 0.0, seed: int = 0) -> Split:
    """Return two interleaved half circles (`make_moons`): x (n, 2), labels 0 and 1.

    500 val, 500 test. `label_noise` is the share of training labels that are wrong.
    """
    return _from_sklearn("make_moons", n_train, noise, label_noise, seed)


def circles(
    n_train: int = 60, noise: float = 0.1, label_noise: float = 0.0, seed: int = 0
) -> Split:
    """Return one circle inside another (`make_circles`); otherwise as `moons`."""
    return _from_sklearn("make_circles", n_train, noise, label_noise, seed, factor=0.5)


def _from_sklearn(
    make: str, n_train: int, noise: float, label_noise: float, seed: int, **options: Any
) -> Split:
    from sklearn import datasets

    n, seed = count("n_train", n_train) + 2 * N_NEW, count("seed", seed, 0, 2**32 - 1)
    x, y = getattr(datasets, make)(n, noise=real("noise", noise), random_state=seed, **options)
    return table_split(x, y, (n_train, N_NEW, N_NEW), seed, label_noise=label_noise)


def xor(n_train: int = 60, noise: float = 0.1, label_noise: float = 0.0, seed: int = 0) -> Split:
    """Return four corners, opposite ones of one class: x in [-1, 1]², label 1 where x₁x₂ > 0.

    The strip |xᵢ| < 0.1 is left empty. Otherwise as `moons`.
    """

    def place(generator: torch.Generator, n: int) -> tuple[Tensor, Tensor]:
        far = torch.rand(n, 2, generator=generator, dtype=torch.float32) * 0.9 + 0.1
        side = torch.randint(0, 2, (n, 2), generator=generator)
        return far * (2 * side - 1), (side[:, 0] == side[:, 1]).long()

    return _scattered(place, n_train, noise, label_noise, seed)


def spiral(
    n_train: int = 60, noise: float = 0.05, label_noise: float = 0.0, seed: int = 0
) -> Split:
    """Return two arms that wind around each other one and a half times; otherwise as `moons`."""

    def place(generator: torch.Generator, n: int) -> tuple[Tensor, Tensor]:
        along = torch.rand(n, generator=generator, dtype=torch.float32).sqrt()
        y = torch.arange(n) % 2
        angle = along * 3 * math.pi + y * math.pi
        return along[:, None] * torch.stack([angle.cos(), angle.sin()], 1), y

    return _scattered(place, n_train, noise, label_noise, seed)


def gaussians(
    n_train: int = 60, noise: float = 0.7, label_noise: float = 0.0, seed: int = 0
) -> Split:
    """Return clouds around (−1, −1) and (1, 1), standard deviation `noise`; else as `moons`."""

    def place(generator: torch.Generator, n: int) -> tuple[Tensor, Tensor]:
        y = torch.arange(n) % 2
        return (2.0 * y - 1)[:, None].expand(n, 2), y

    return _scattered(place, n_train, noise, label_noise, seed)


def _scattered(place: Place, n_train: int, noise: float, label_noise: float, seed: int) -> Split:
    """Return points where `place` puts them, each moved by noise·N(0, 1)."""
    generator, n = rng(seed), count("n_train", n_train) + 2 * N_NEW
    x, y = place(generator, n)
    x = x + real("noise", noise) * torch.randn(n, 2, generator=generator, dtype=torch.float32)
    return table_split(x, y, (n_train, N_NEW, N_NEW), seed, label_noise=label_noise)


def sparse_linear(
    n_train: int = 50, d: int = 100, k: int = 5, noise: float = 0.5, seed: int = 0
) -> tuple[Split, Tensor]:
    """Return a linear regression with more features than examples, and its true coefficients (d,).

    y = x·w + noise·N(0, 1); k of the d coefficients w are −1 or +1, at random places, the others
    exactly 0. Features are N(0, 1), not standardised further; x (n, d), y (n,), 500 val, 500 test.
    """
    generator, kind = rng(seed), torch.get_default_dtype()
    n_train, d = count("n_train", n_train), count("d", d)
    k, noise = count("k", k, high=d), real("noise", noise)
    truth = torch.zeros(d)
    where = torch.randperm(d, generator=generator)[:k]
    truth[where] = 2.0 * torch.randint(0, 2, (k,), generator=generator) - 1

    def draw(n: int) -> Examples:
        x = torch.randn(n, d, generator=generator, dtype=torch.float32)
        scatter = torch.randn(n, generator=generator, dtype=torch.float32)
        return Examples(x.to(kind), x.to(kind) @ truth + noise * scatter.to(kind))

    return Split(draw(n_train), draw(N_NEW), draw(N_NEW)), truth
