"""Datasets as tensors, split into train / val / test.

Every loader standardises by the statistics of its training part alone and returns a Split. Integer
targets mean classification (cross-entropy), floating ones mean regression (mean squared error).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from .arguments import count, real, require


class Examples(NamedTuple):
    """Inputs `x` (n, ...) and targets `y` (n,) or (n, outputs)."""

    x: Tensor
    y: Tensor


@dataclass(frozen=True)
class Split:
    """Three parts that share no example: train on one, choose λ on the second, open the third once.

    Each part is an `Examples`, or a pair of tensors. Raises ValueError when a part is empty, when x and y
    differ in length, when parts differ in shape or kind of target, or when a value is not finite.
    """

    train: Examples
    val: Examples
    test: Examples

    def __post_init__(self):
        for name in ("train", "val", "test"):
            part = getattr(self, name)
            require(isinstance(part, tuple) and len(part) == 2, name, type(part).__name__, "a pair of tensors (x, y)")
            object.__setattr__(self, name, _examples(name, *part))
        for name, part in (("val", self.val), ("test", self.test)):
            require(part.x.shape[1:] == self.train.x.shape[1:], f"{name}.x", tuple(part.x.shape),
                    f"of the shape of train.x, (n, {', '.join(map(str, self.train.x.shape[1:]))})")
            require(part.y.shape[1:] == self.train.y.shape[1:] and part.y.dtype == self.train.y.dtype, f"{name}.y",
                    f"{part.y.dtype} {tuple(part.y.shape)}", f"like train.y, {self.train.y.dtype}")

    def to(self, *args, **kwargs) -> "Split":
        """Every input and floating target moved as by `Tensor.to`; integer targets keep their type."""
        def move(part):
            y = part.y.to(*args, **kwargs)
            return Examples(part.x.to(*args, **kwargs), y if part.y.is_floating_point() else y.to(part.y.dtype))
        return replace(self, train=move(self.train), val=move(self.val), test=move(self.test))


def _examples(name: str, x, y) -> Examples:
    for letter, value in (("x", x), ("y", y)):
        require(isinstance(value, Tensor), f"{name}.{letter}", type(value).__name__, "a tensor")
        require(value.ndim > 0 and value.numel() > 0, f"{name}.{letter}", tuple(value.shape), "a non-empty tensor")
        require(not value.is_floating_point() or bool(value.isfinite().all()), f"{name}.{letter}",
                "values that are not", "finite throughout")
    require(len(x) == len(y), f"{name}.y", f"{len(y)} targets", f"as long as {name}.x ({len(x)})")
    if not y.is_floating_point():
        y = y.long()
        require(y.ndim == 1 and int(y.min()) >= 0, f"{name}.y", f"labels from {int(y.min())} in shape {tuple(y.shape)}",
                "one label per example, 0 or above")
    return Examples(x, y)


def loss(outputs: Tensor, y: Tensor) -> Tensor:
    """The data loss, a mean over examples: cross-entropy for integer y, mean squared error (no ½) otherwise.

    outputs (n, c) with labels y (n,); or outputs (n, 1) or (n,) with y (n,).
    """
    if y.is_floating_point():
        return F.mse_loss(outputs.reshape(y.shape), y)
    return F.cross_entropy(outputs, y)


def error(outputs: Tensor, y: Tensor) -> Tensor:
    """Share of wrong labels in [0, 1] for integer y; for floating y the mean squared error."""
    return loss(outputs, y) if y.is_floating_point() else (outputs.argmax(-1) != y).float().mean()


def check_outputs(outputs: Tensor, split: Split) -> None:
    """Raise ValueError unless a model's `outputs` (n, c) fit the targets of every part of `split`."""
    y = split.train.y
    if y.is_floating_point():
        per_example = y[0].numel()
        require(outputs[0].numel() == per_example, "model", f"{outputs[0].numel()} outputs per example",
                f"one with {per_example}, like the targets")
        return
    classes = outputs.shape[-1]
    for name in ("train", "val", "test"):
        top = int(getattr(split, name).y.max())
        require(top < classes, f"{name}.y", f"label {top}", f"labels from 0 to {classes - 1}, the model's outputs")


def batches(n: int, size: int | None, generator: torch.Generator, shuffle: bool = True,
            device: str | torch.device = "cpu") -> Iterator[Tensor | slice]:
    """One epoch of batches: shuffled index tensors (size,) on `device`, the last one shorter; None takes all examples.

    Without `shuffle`, slices in the given order.
    """
    if size is None:
        yield slice(None)
    elif shuffle:
        yield from torch.randperm(n, generator=generator).to(device).split(count("batch_size", size))
    else:
        yield from (slice(i, i + size) for i in range(0, n, count("batch_size", size)))


def seeds(n: int) -> range:
    """0 … n−1, the seeds of a comparison. The one place where REGUTILS_FAST=1 shrinks the notebooks, to a third."""
    n = count("n", n)
    return range(min(n, max(2, n // 3)) if os.environ.get("REGUTILS_FAST") == "1" else n)


def _split(x, y, n_train: int, n_val: int, seed: int, test_at_least: int = 1) -> Split:
    """Shuffle and cut into train, val and the rest."""
    x, y = torch.as_tensor(x, dtype=torch.float32), torch.as_tensor(y)
    count("n_train", n_train, high=len(x) - n_val - test_at_least)
    order = torch.randperm(len(x), generator=_generator(seed))
    parts = order.split([n_train, n_val, len(x) - n_train - n_val])
    return Split(*(Examples(x[i], y[i]) for i in parts))


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(count("seed", seed, low=0))


def _standardised(split: Split, together: bool = False) -> Split:
    """x less the training mean per feature, over the training standard deviation: per feature, or one for all.

    Pictures take one for all (`together`): a pixel that is dark in almost every training picture would otherwise
    be blown up by its tiny spread.
    """
    mean = split.train.x.mean(0)
    sd = split.train.x.sub(mean).square().mean().sqrt() if together else split.train.x.std(0, correction=0)
    sd = torch.where(sd > 0, sd, 1.0)
    return Split(*(Examples((part.x - mean) / sd, part.y) for part in (split.train, split.val, split.test)))


def _flip_labels(y: Tensor, share: float, seed: int) -> Tensor:
    """`round(share·n)` of the labels replaced by another class, each other class equally likely."""
    generator, classes = _generator(seed + 1), int(y.max()) + 1
    which = torch.randperm(len(y), generator=generator)[: round(real("label_noise", share, high=1.0) * len(y))]
    y = y.clone()
    y[which] = (y[which] + torch.randint(1, classes, (len(which),), generator=generator)) % classes
    return y


def sine(n_train: int = 20, noise: float = 0.3, seed: int = 0, n_val: int = 200) -> Split:
    """Regression: y = sin(πx) + noise·N(0, 1), x uniform in [-1, 1]; x (n, 1), y (n,), as many test as val examples.

    The one loader that does not standardise: x is on the scale of 1 already, and datasets that are drawn again
    with another seed must share one axis.
    """
    generator = _generator(seed)
    real("noise", noise)

    def draw(n):
        x = torch.rand(n, 1, generator=generator) * 2 - 1
        return Examples(x, torch.sin(torch.pi * x[:, 0]) + noise * torch.randn(n, generator=generator))

    return Split(draw(count("n_train", n_train)), draw(count("n_val", n_val)), draw(n_val))


def moons(n_train: int = 60, noise: float = 0.25, label_noise: float = 0.0, seed: int = 0) -> Split:
    """Two interleaved half circles (scikit-learn's `make_moons`): x (n, 2), labels 0 and 1; 500 val, 500 test."""
    from sklearn.datasets import make_moons

    x, y = make_moons(count("n_train", n_train) + 1000, noise=real("noise", noise), random_state=count("seed", seed, 0))
    return _noisy(_standardised(_split(x, y, n_train, 500, seed)), label_noise, seed)


def digits(n_train: int = 150, label_noise: float = 0.0, seed: int = 0) -> Split:
    """Handwritten digits, 8×8 pixels (scikit-learn's `load_digits`, 1,797 pictures): x (n, 64), labels 0–9.

    500 pictures are val, the rest test. `label_noise` is the share of training labels that are wrong;
    val and test labels stay right. Pixels: mean 0 each, one standard deviation for all of them.
    """
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return _noisy(_standardised(_split(x, y, n_train, 500, seed), together=True), label_noise, seed)


def diabetes(n_train: int = 200, seed: int = 0) -> Split:
    """Ten measurements of 442 patients and the disease a year on (Efron et al. 2004): x (n, 10), y (n,).

    100 patients are val, the rest test. x and y are in standard deviations of the training part around its mean.
    """
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True, scaled=False)
    split = _standardised(_split(x, torch.as_tensor(y, dtype=torch.float32), n_train, 100, seed, test_at_least=42))
    mean, sd = split.train.y.mean(), split.train.y.std(correction=0)
    return Split(*(Examples(part.x, (part.y - mean) / sd) for part in (split.train, split.val, split.test)))


def _noisy(split: Split, label_noise: float, seed: int) -> Split:
    return replace(split, train=Examples(split.train.x, _flip_labels(split.train.y, label_noise, seed)))


def __getattr__(name: str):
    # Loaders of pictures stand in pictures.py, which needs this module: data.cifar10 is found there when asked for.
    if name in ("cifar10", "image_folder", "coloured_digits"):
        from . import pictures

        return getattr(pictures, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
