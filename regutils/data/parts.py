"""One Split of examples into train, val and test; one cut, one standardise."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from ..arguments import count, require


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
            require(
                isinstance(part, tuple) and len(part) == 2,
                name,
                type(part).__name__,
                "a pair of tensors (x, y)",
            )
            object.__setattr__(self, name, _examples(name, *part))
        for name, part in (("val", self.val), ("test", self.test)):
            require(
                part.x.shape[1:] == self.train.x.shape[1:],
                f"{name}.x",
                tuple(part.x.shape),
                f"of the shape of train.x, (n, {', '.join(map(str, self.train.x.shape[1:]))})",
            )
            require(
                part.y.shape[1:] == self.train.y.shape[1:] and part.y.dtype == self.train.y.dtype,
                f"{name}.y",
                f"{part.y.dtype} {tuple(part.y.shape)}",
                f"like train.y, {self.train.y.dtype}",
            )

    def to(self, *args, **kwargs) -> "Split":
        """Every input and floating target moved as by `Tensor.to`; integer targets keep their type."""

        def move(part):
            y = part.y.to(*args, **kwargs)
            return Examples(
                part.x.to(*args, **kwargs), y if part.y.is_floating_point() else y.to(part.y.dtype)
            )

        return replace(self, train=move(self.train), val=move(self.val), test=move(self.test))


def _examples(name: str, x, y) -> Examples:
    for letter, value in (("x", x), ("y", y)):
        require(isinstance(value, Tensor), f"{name}.{letter}", type(value).__name__, "a tensor")
        require(
            value.ndim > 0 and value.numel() > 0,
            f"{name}.{letter}",
            tuple(value.shape),
            "a non-empty tensor",
        )
        require(
            not value.is_floating_point() or bool(value.isfinite().all()),
            f"{name}.{letter}",
            "values that are not",
            "finite throughout",
        )
    require(len(x) == len(y), f"{name}.y", f"{len(y)} targets", f"as long as {name}.x ({len(x)})")
    if not y.is_floating_point():
        y = y.long()
        require(
            y.ndim == 1 and int(y.min()) >= 0,
            f"{name}.y",
            f"labels from {int(y.min())} in shape {tuple(y.shape)}",
            "one label per example, 0 or above",
        )
    return Examples(x, y)


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(count("seed", seed, low=0))


def cut(x, y, n_train: int, n_val: int, seed: int, test_at_least: int = 1) -> Split:
    """Shuffle and cut into train, val and the rest."""
    x, y = torch.as_tensor(x, dtype=torch.float32), torch.as_tensor(y)
    count("n_train", n_train, high=len(x) - n_val - test_at_least)
    order = torch.randperm(len(x), generator=rng(seed))
    parts = order.split([n_train, n_val, len(x) - n_train - n_val])
    return Split(*(Examples(x[i], y[i]) for i in parts))


def standardised(split: Split, together: bool = False) -> Split:
    """x less the training mean per feature, over the training standard deviation: per feature, or one for all.

    Pictures take one for all (`together`): a pixel that is dark in almost every training picture would otherwise
    be blown up by its tiny spread.
    """
    mean = split.train.x.mean(0)
    sd = (
        split.train.x.sub(mean).square().mean().sqrt()
        if together
        else split.train.x.std(0, correction=0)
    )
    sd = torch.where(sd > 0, sd, 1.0)
    return Split(
        *(Examples((part.x - mean) / sd, part.y) for part in (split.train, split.val, split.test))
    )
