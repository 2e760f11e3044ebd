"""Examples, their Split into train, val and test, cutting and standardising."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..arguments import count, real, require


class Examples(NamedTuple):
    """Hold inputs `x` (n, ...) and targets `y`, (n,) or (n, outputs)."""

    x: Tensor
    y: Tensor

    def __repr__(self) -> str:
        """Shapes and number types: a notebook's cell may end with a data set."""
        told = (f"{part.dtype} {tuple(part.shape)}" for part in self)
        return "Examples(x: {}, y: {})".format(*told)


@dataclass(frozen=True)
class Split:
    """Hold three parts that share no example: train on one, choose λ on val, open test once.

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
        for name, part in (("val", self.val), ("test", self.test)):
            for kind, found, first in zip("xy", part, self.train):
                same = found.shape[1:] == first.shape[1:] and found.dtype == first.dtype
                got = f"{found.dtype} {tuple(found.shape)}"
                accepts = f"like train.{kind}, {first.dtype} of shape {('n', *first.shape[1:])}"
                require(same, f"{name}.{kind}", got, accepts)

    @property
    def parts(self) -> tuple[Examples, Examples, Examples]:
        """train, val and test, in this order."""
        return self.train, self.val, self.test

    def to(self, dtype: torch.dtype) -> "Split":
        """Return it with inputs and floating targets of another number type."""
        labels = not self.train.y.is_floating_point()
        return Split(*(Examples(x.to(dtype), y if labels else y.to(dtype)) for x, y in self.parts))


def _examples(name: str, x: Any, y: Any) -> Examples:
    for argument, value in ((f"{name}.x", x), (f"{name}.y", y)):
        require(isinstance(value, Tensor), argument, type(value).__name__, "a tensor")
        full = value.ndim > 0 and value.numel() > 0
        require(full, argument, tuple(value.shape), "a non-empty tensor")
        require(bool(value.isfinite().all()), argument, "values that are not", "finite throughout")
    require(len(x) == len(y), f"{name}.y", f"{len(y)} targets", f"as long as {name}.x ({len(x)})")
    if not y.is_floating_point():
        y, got = y.long(), f"labels from {int(y.min())} in shape {tuple(y.shape)}"
        good = y.ndim == 1 and int(y.min()) >= 0
        require(good, f"{name}.y", got, "one label per example, 0 or above")
    return Examples(x.detach(), y.detach())  # of inputs no gradients are gathered in training


def rng(seed: int) -> torch.Generator:
    """Return a generator of random numbers that nothing else draws from."""
    return torch.Generator().manual_seed(count("seed", seed, low=0))


def cut(
    n: int, n_train: int, n_val: int, seed: int, rest: int = 1
) -> tuple[Tensor, Tensor, Tensor]:
    """Return which of n examples are train, val and the rest, as shuffled index tensors.

    Raises ValueError unless at least `rest` are left over.
    """
    n_train, n_val = count("n_train", n_train), count("n_val", n_val, low=0)
    accepts = f"at most {max(0, n - rest)} (there are {n}, and {rest} must be left to test on)"
    require(n_train + n_val + rest <= n, "n_train + n_val", f"{n_train} + {n_val}", accepts)
    order = torch.randperm(n, generator=rng(seed))
    return order[:n_train], order[n_train : n_train + n_val], order[n_train + n_val :]


class Standardise:
    """Subtract the mean of the training part and divide by its standard deviation.

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


def table_split(
    x: Any,
    y: Any,
    sizes: tuple[int, int, int],
    seed: int,
    *,
    label_noise: float = 0.0,
    sd_over: tuple[int, ...] = (0,),
) -> Split:
    """Return a Split of arrays x (n, d) and y (n,): shuffled, cut, x standardised.

    - sizes: n_train, n_val, and at least so many test examples.
    - label_noise: the share of training labels that are replaced by a wrong one.
    """
    x, y = torch.as_tensor(x), torch.as_tensor(y)
    n_train, n_val, rest = sizes
    count("n_train", n_train, high=len(x) - n_val - rest)
    label_noise = real("label_noise", label_noise, high=1.0)
    parts = cut(len(x), n_train, n_val, seed, rest)
    if label_noise:
        y = y.clone()
        y[parts[0]] = wrong_labels(y[parts[0]], int(y.max()) + 1, label_noise, seed)
    scale = Standardise(x[parts[0]], sd_over=sd_over)
    return Split(*(Examples(scale(x[i]), y[i]) for i in parts))


def wrong_labels(y: Tensor, classes: int, share: float, seed: int) -> Tensor:
    """Replace `round(share·n)` labels by another class, each other class equally likely."""
    generator = rng((count("seed", seed, low=0) + 1) % 2**63)
    which = torch.randperm(len(y), generator=generator)[: round(share * len(y))]
    wrong = torch.randint(1, classes, (len(which),), generator=generator)
    y = y.clone()
    y[which] = (y[which] + wrong) % classes
    return y
