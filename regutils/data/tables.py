"""Small datasets that need no network: tables and drawn examples, each as a Split."""

from dataclasses import replace

import torch
from torch import Tensor

from ..arguments import count, real
from .parts import Examples, Split, cut, rng, standardised


def _flip_labels(y: Tensor, share: float, seed: int) -> Tensor:
    """`round(share·n)` of the labels replaced by another class, each other class equally likely."""
    generator, classes = rng(seed + 1), int(y.max()) + 1
    which = torch.randperm(len(y), generator=generator)[
        : round(real("label_noise", share, high=1.0) * len(y))
    ]
    y = y.clone()
    y[which] = (y[which] + torch.randint(1, classes, (len(which),), generator=generator)) % classes
    return y


def sine(n_train: int = 20, noise: float = 0.3, seed: int = 0, n_val: int = 200) -> Split:
    """Regression: y = sin(πx) + noise·N(0, 1), x uniform in [-1, 1]; x (n, 1), y (n,), as many test as val examples.

    The one loader that does not standardise: x is on the scale of 1 already, and datasets that are drawn again
    with another seed must share one axis.
    """
    generator = rng(seed)
    real("noise", noise)

    def draw(n):
        x = torch.rand(n, 1, generator=generator) * 2 - 1
        return Examples(
            x, torch.sin(torch.pi * x[:, 0]) + noise * torch.randn(n, generator=generator)
        )

    return Split(draw(count("n_train", n_train)), draw(count("n_val", n_val)), draw(n_val))


def moons(n_train: int = 60, noise: float = 0.25, label_noise: float = 0.0, seed: int = 0) -> Split:
    """Two interleaved half circles (scikit-learn's `make_moons`): x (n, 2), labels 0 and 1; 500 val, 500 test."""
    from sklearn.datasets import make_moons

    x, y = make_moons(
        count("n_train", n_train) + 1000,
        noise=real("noise", noise),
        random_state=count("seed", seed, 0),
    )
    return _noisy(standardised(cut(x, y, n_train, 500, seed)), label_noise, seed)


def digits(n_train: int = 150, label_noise: float = 0.0, seed: int = 0) -> Split:
    """Handwritten digits, 8×8 pixels (scikit-learn's `load_digits`, 1,797 pictures): x (n, 64), labels 0–9.

    500 pictures are val, the rest test. `label_noise` is the share of training labels that are wrong;
    val and test labels stay right. Pixels: mean 0 each, one standard deviation for all of them.
    """
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return _noisy(standardised(cut(x, y, n_train, 500, seed), together=True), label_noise, seed)


def diabetes(n_train: int = 200, seed: int = 0) -> Split:
    """Ten measurements of 442 patients and the disease a year on (Efron et al. 2004): x (n, 10), y (n,).

    100 patients are val, the rest test. x and y are in standard deviations of the training part around its mean.
    """
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True, scaled=False)
    split = standardised(
        cut(x, torch.as_tensor(y, dtype=torch.float32), n_train, 100, seed, test_at_least=42)
    )
    mean, sd = split.train.y.mean(), split.train.y.std(correction=0)
    return Split(
        *(Examples(part.x, (part.y - mean) / sd) for part in (split.train, split.val, split.test))
    )


def _noisy(split: Split, label_noise: float, seed: int) -> Split:
    return replace(
        split, train=Examples(split.train.x, _flip_labels(split.train.y, label_noise, seed))
    )
