"""One Split of examples into train, val and test: one way to cut it, one way to standardise it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..arguments import count, require


class Examples(NamedTuple):
    """Inputs `x` (n, ...) and targets `y`, (n,) or (n, outputs)."""

    x: Tensor
    y: Tensor

    def __repr__(self) -> str:
        """Shapes and number types: a notebook's cell may end with a data set."""
        told = (f"{part.dtype} {tuple(part.shape)}" for part in self)
        return "Examples(x: {}, y: {})".format(*told)


@dataclass(frozen=True)
class Split:
    """Three parts that share no example: train on one, choose λ on the second, open the third once.

    Each part is an `Examples`, or a pair of tensors. Integer targets mean classification
    (cross-entropy), floating ones regression (mean squared error).

    Raises ValueError when a part is empty, when x and y differ in length, when parts differ in
    shape, number type or kind of target, or when a value is not finite. Gradients are not kept.
    """

    train: Examples
    val: Examples
    test: Examples

    def __post_init__(self) -> None:
        for name in ("train", "val", "test"):
            part = getattr(self, name)
            pair = isinstance(part, tuple) and len(part) == 2
            require(pair, name, type(part).__name__, "a pair of tensors (x, y)")
            object.__setattr__(self, name, _examples(name, *part))
        shape = self.train.x.shape[1:]
        like_x = f"like train.x, {self.train.x.dtype} (n, {', '.join(map(str, shape))})"
        like_y = f"like train.y, {self.train.y.dtype}"
        for name, part in (("val", self.val), ("test", self.test)):
            same = part.x.shape[1:] == shape and part.x.dtype == self.train.x.dtype
            require(same, f"{name}.x", f"{part.x.dtype} {tuple(part.x.shape)}", like_x)
            same = part.y.shape[1:] == self.train.y.shape[1:] and part.y.dtype == self.train.y.dtype
            require(same, f"{name}.y", f"{part.y.dtype} {tuple(part.y.shape)}", like_y)

    @property
    def parts(self) -> tuple[Examples, Examples, Examples]:
        """train, val and test, in this order."""
        return self.train, self.val, self.test

    def to(self, *args: Any, **kwargs: Any) -> "Split":
        """Every input and floating target moved as by `Tensor.to`; integer targets stay integer."""

        def move(part: Examples) -> Examples:
            y = part.y.to(*args, **kwargs)
            return Examples(
                part.x.to(*args, **kwargs),
                y if part.y.is_floating_point() else y.to(part.y.dtype),
            )

        return replace(self, train=move(self.train), val=move(self.val), test=move(self.test))


def _examples(name: str, x: Any, y: Any) -> Examples:
    for letter, value in (("x", x), ("y", y)):
        argument = f"{name}.{letter}"
        require(isinstance(value, Tensor), argument, type(value).__name__, "a tensor")
        full = value.ndim > 0 and value.numel() > 0
        require(full, argument, tuple(value.shape), "a non-empty tensor")
        finite = not value.is_floating_point() or bool(value.isfinite().all())
        require(finite, argument, "values that are not", "finite throughout")
    require(len(x) == len(y), f"{name}.y", f"{len(y)} targets", f"as long as {name}.x ({len(x)})")
    if not y.is_floating_point():
        y = y.long()
        require(
            y.ndim == 1 and int(y.min()) >= 0,
            f"{name}.y",
            f"labels from {int(y.min())} in shape {tuple(y.shape)}",
            "one label per example, 0 or above",
        )
    return Examples(x.detach(), y.detach())  # of inputs no gradients are gathered in training


def rng(seed: int) -> torch.Generator:
    """A source of random numbers that nothing else draws from."""
    return torch.Generator().manual_seed(count("seed", seed, low=0))


def cut(
    n: int, n_train: int, n_val: int, seed: int, rest: int = 1
) -> tuple[Tensor, Tensor, Tensor]:
    """Which of n examples are train, val and the rest: shuffled index tensors.

    Raises ValueError unless at least `rest` are left over.
    """
    n_train, n_val = count("n_train", n_train), count("n_val", n_val, low=0)
    require(
        n_train + n_val + rest <= n,
        "n_train + n_val",
        f"{n_train} + {n_val}",
        f"at most {max(0, n - rest)} (there are {n}, and at least {rest} must be left to test on)",
    )
    order = torch.randperm(n, generator=rng(seed))
    return order[:n_train], order[n_train : n_train + n_val], order[n_train + n_val :]


class Standardise:
    """x less the mean of the training part, over its standard deviation; float of torch's default.

    - train (n, ...): the training inputs, of any number type.
    - mean_over, sd_over: the dimensions that are averaged over, 0 among them.

    What is constant in the training part (to rounding) is only centred: divided by its spread, a
    difference of one grey level elsewhere would become enormous.
    """

    def __init__(
        self, train: Tensor, mean_over: tuple[int, ...] = (0,), sd_over: tuple[int, ...] = (0,)
    ):
        x = train.double()
        mean = x.mean(mean_over, keepdim=True)
        sd = (x - mean).square_().mean(sd_over, keepdim=True).sqrt()
        varies = sd > 1e-6 * x.abs().amax(sd_over, keepdim=True)
        self.mean = mean.to(torch.get_default_dtype())
        self.sd = torch.where(varies, sd, torch.ones_like(sd)).to(torch.get_default_dtype())

    def __call__(self, x: Tensor) -> Tensor:
        return (x.to(self.mean.dtype) - self.mean) / self.sd


def split_of(parts: Iterable[tuple[Tensor, Tensor]], scale: Standardise) -> Split:
    """A Split of (x, y) pairs train, val, test, their inputs standardised by `scale`."""
    train, val, test = (Examples(scale(x), y) for x, y in parts)
    return Split(train, val, test)
