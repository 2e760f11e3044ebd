"""Checks of arguments, so that every module refuses wrong ones in the same words.

Each check returns the value it was given, or raises ValueError naming the argument, what it got and
what it accepts.
"""

import math
from numbers import Integral, Real

import torch


def require(ok: bool, name: str, got, accepts: str) -> None:
    """Raise ValueError unless `ok`."""
    if not ok:
        raise ValueError(f"{name} must be {accepts}; got {got!r}")


def real(name: str, value, low: float = 0.0, high: float = math.inf, below: bool = False) -> float:
    """A finite number in [low, high], or in [low, high) with `below`.

    Tensors and arrays of one element count.
    """
    if (isinstance(value, torch.Tensor) and value.numel() == 1) or getattr(
        value, "shape", None
    ) == ():
        value = value.item()
    accepts = "a number that is finite"
    if low > -math.inf:
        accepts += f" and at least {low:g}"
    if high < math.inf:
        accepts += f" and {'below' if below else 'at most'} {high:g}"
    good = (
        isinstance(value, Real)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and low <= value
    )
    require(bool(good) and (value < high if below else value <= high), name, value, accepts)
    return float(value)


def positive(name: str, value) -> float:
    """A finite number above 0."""
    require(real(name, value) > 0, name, value, "a number above 0")
    return float(value)


def count(name: str, value, low: int = 1, high: float = math.inf) -> int:
    """A whole number in [low, high]."""
    accepts = f"a whole number of at least {low}" + (
        f" and at most {high}" if high < math.inf else ""
    )
    good = isinstance(value, Integral) and not isinstance(value, bool) and low <= value <= high
    require(bool(good), name, value, accepts)
    return int(value)


def column(
    name: str, values, low: float = 0.0, high: float = math.inf, below: bool = False
) -> torch.Tensor:
    """A non-empty one-dimensional sequence of numbers, each as in `real`.

    Returned as a float tensor (K,).
    """
    good = not isinstance(values, str) and hasattr(values, "__len__") and len(values) > 0
    require(good, name, values, "a non-empty sequence of numbers")
    return torch.tensor([real(f"{name}[{i}]", v, low, high, below) for i, v in enumerate(values)])
