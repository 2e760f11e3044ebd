"""Small datasets that need no network: tables and drawn examples, each as a Split.

All are of torch's default number type, and a seed gives the same values whatever that type is.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ..arguments import count, real
from .parts import Examples, Split, Standardise, cut, rng, split_of

# Validation and test examples of a drawn set of two classes, each.
N_NEW = 500
# The largest seed that scikit-learn takes.
LAST_SEED = 2**32 - 1


def _flip_labels(y: Tensor, classes: int, share: float, seed: int) -> Tensor:
    """`round(share·n)` of the labels replaced by another class, each other class equally likely."""
    share = real("label_noise", share, high=1.0)
    generator = rng((count("seed", seed, low=0) + 1) % 2**63)
    which = torch.randperm(len(y), generator=generator)[: round(share * len(y))]
    wrong = torch.randint(1, classes, (len(which),), generator=generator)
    y = y.clone()
    y[which] = (y[which] + wrong) % classes
    return y


def _noisy(split: Split, label_noise: float, seed: int) -> Split:
    # A few training examples need not hold every class.
    classes = 1 + max(int(part.y.max()) for part in split.parts)
    y = _flip_labels(split.train.y, classes, label_noise, seed)
    return replace(split, train=Examples(split.train.x, y))


def _table(
    x: Any, y: Any, sizes: tuple[int, int, int], seed: int, sd_over: tuple[int, ...] = (0,)
) -> Split:
    """Shuffled, cut into (n_train, n_val, at least so many test examples), standardised."""
    x, y = torch.as_tensor(x), torch.as_tensor(y)
    n_train, n_val, rest = sizes
    count("n_train", n_train, high=len(x) - n_val - rest)
    parts = cut(len(x), n_train, n_val, seed, rest)
    return split_of(((x[i], y[i]) for i in parts), Standardise(x[parts[0]], sd_over=sd_over))


def _curve(
    law: Callable[[Tensor], Tensor], n_train: int, noise: float, seed: int, n_val: int
) -> Split:
    """y = law(x) + noise·N(0, 1), x uniform in [-1, 1]; as many test as validation examples."""
    generator = rng(seed)
    noise, kind = real("noise", noise), torch.get_default_dtype()

    def draw(n: int) -> Examples:
        x = torch.rand(n, 1, generator=generator, dtype=torch.float32) * 2 - 1
        scatter = torch.randn(n, generator=generator, dtype=torch.float32)
        return Examples(x.to(kind), (law(x[:, 0]) + noise * scatter).to(kind))

    n_train, n_val = count("n_train", n_train), count("n_val", n_val)
    return Split(draw(n_train), draw(n_val), draw(n_val))


def sine(n_train: int = 20, noise: float = 0.3, seed: int = 0, n_val: int = 200) -> Split:
    """Regression: y = sin(πx) + noise·N(0, 1), x uniform in [-1, 1].

    x (n, 1), y (n,), as many test as val examples. Not standardised: x is on the scale of 1
    already, and datasets that are drawn again with another seed must share one axis.
    """
    return _curve(lambda x: torch.sin(torch.pi * x), n_train, noise, seed, n_val)


def step(n_train: int = 20, noise: float = 0.3, seed: int = 0, n_val: int = 200) -> Split:
    """Regression: y = −1 left of 0 and +1 right of it, + noise·N(0, 1); otherwise as `sine`."""
    return _curve(lambda x: torch.where(x < 0, -1.0, 1.0), n_train, noise, seed, n_val)


def moons(n_train: int = 60, noise: float = 0.25, label_noise: float = 0.0, seed: int = 0) -> Split:
    """Two interleaved half circles (scikit-learn's `make_moons`): x (n, 2), labels 0 and 1.

    500 val, 500 test. `label_noise` is the share of training labels that are wrong.
    """
    from sklearn.datasets import make_moons

    n = count("n_train", n_train) + 2 * N_NEW
    noise, seed = real("noise", noise), count("seed", seed, 0, LAST_SEED)
    x, y = make_moons(n, noise=noise, random_state=seed)
    return _noisy(_table(x, y, (n_train, N_NEW, N_NEW), seed), label_noise, seed)


def circles(
    n_train: int = 60, noise: float = 0.1, label_noise: float = 0.0, seed: int = 0
) -> Split:
    """One circle inside another (scikit-learn's `make_circles`); otherwise as `moons`."""
    from sklearn.datasets import make_circles

    n = count("n_train", n_train) + 2 * N_NEW
    noise, seed = real("noise", noise), count("seed", seed, 0, LAST_SEED)
    x, y = make_circles(n, noise=noise, factor=0.5, random_state=seed)
    return _noisy(_table(x, y, (n_train, N_NEW, N_NEW), seed), label_noise, seed)


def _drawn(
    place: Callable[[torch.Generator, int], tuple[Tensor, Tensor]],
    sizes: tuple[int, float, float],
    seed: int,
) -> Split:
    """Points where `place` puts them, each moved by noise·N(0, 1).

    sizes: n_train, noise, label_noise.
    """
    n_train, noise, label_noise = sizes
    generator, n = rng(seed), count("n_train", n_train) + 2 * N_NEW
    x, y = place(generator, n)
    scatter = torch.randn(n, 2, generator=generator, dtype=torch.float32)
    x = x + real("noise", noise) * scatter
    return _noisy(_table(x, y, (n_train, N_NEW, N_NEW), seed), label_noise, seed)


def xor(n_train: int = 60, noise: float = 0.1, label_noise: float = 0.0, seed: int = 0) -> Split:
    """Four corners, opposite ones of one class: x uniform in [-1, 1]², label 1 where x₁x₂ > 0.

    The strip |xᵢ| < 0.1 is left empty. Otherwise as `moons`.
    """

    def place(generator: torch.Generator, n: int) -> tuple[Tensor, Tensor]:
        far = torch.rand(n, 2, generator=generator, dtype=torch.float32) * 0.9 + 0.1
        side = torch.randint(0, 2, (n, 2), generator=generator)
        return far * (2 * side - 1), (side[:, 0] == side[:, 1]).long()

    return _drawn(place, (n_train, noise, label_noise), seed)


def spiral(
    n_train: int = 60, noise: float = 0.05, label_noise: float = 0.0, seed: int = 0
) -> Split:
    """Two arms that wind around each other one and a half times; otherwise as `moons`."""

    def place(generator: torch.Generator, n: int) -> tuple[Tensor, Tensor]:
        along = torch.rand(n, generator=generator, dtype=torch.float32).sqrt()
        y = torch.arange(n) % 2
        angle = along * 3 * math.pi + y * math.pi
        return along[:, None] * torch.stack([angle.cos(), angle.sin()], 1), y

    return _drawn(place, (n_train, noise, label_noise), seed)


def gaussians(
    n_train: int = 60, noise: float = 0.7, label_noise: float = 0.0, seed: int = 0
) -> Split:
    """Two clouds around (−1, −1) and (1, 1), standard deviation `noise`; otherwise as `moons`."""

    def place(generator: torch.Generator, n: int) -> tuple[Tensor, Tensor]:
        y = torch.arange(n) % 2
        return (2.0 * y - 1)[:, None].expand(n, 2), y

    return _drawn(place, (n_train, noise, label_noise), seed)


def digits(n_train: int = 150, label_noise: float = 0.0, seed: int = 0) -> Split:
    """Handwritten digits, 8×8 pixels (scikit-learn's `load_digits`): x (n, 64), labels 0–9.

    Of 1,797 pictures 500 are val, the rest test. `label_noise` is the share of training labels
    that are wrong; val and test labels stay right. Pixels have mean 0 each and one standard
    deviation for all of them: a pixel that is dark in almost every training picture would
    otherwise be blown up by its tiny spread.
    """
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    split = _table(x, y, (n_train, 500, 1), seed, sd_over=(0, 1))
    return _noisy(split, label_noise, seed)


def diabetes(n_train: int = 200, seed: int = 0) -> Split:
    """Ten measurements of 442 patients and the disease a year on (Efron et al. 2004).

    x (n, 10), y (n,); 100 patients are val, the rest test, at least 42. x and y are in standard
    deviations of the training part around its mean.
    """
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True, scaled=False)
    split = _table(x, y, (n_train, 100, 42), seed)
    scale = Standardise(split.train.y)
    parts = (Examples(part.x, scale(part.y)) for part in split.parts)
    return Split(*parts)
