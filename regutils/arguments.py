"""Checks of arguments, so that every module refuses wrong ones in the same words.

Each check returns the value it was given, or raises ValueError naming the argument, what it got and
what it accepts.
"""

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch


def require(ok: bool, name: str, got: Any, accepts: str) -> None:
    """Raise ValueError unless `ok`."""
    if not ok:
        raise ValueError(f"{name} must be {accepts}; got {got!r}")


def real(
    name: str, value: Any, low: float = 0.0, high: float = math.inf, below: bool = False
) -> float:
    """Return a finite number in [low, high], or in [low, high) with `below`."""
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        value = value.item()
    value = _plain(value)
    accepts = "a number that is finite"
    if low > -math.inf:
        accepts += f" and at least {low:g}"
    if high < math.inf:
        accepts += f" and {'below' if below else 'at most'} {high:g}"
    good = isinstance(value, Real) and not isinstance(value, bool)
    try:
        number = float(value) if good else math.nan
    except OverflowError:  # an int that no float holds
        number = math.inf
    good = math.isfinite(number) and low <= number
    require(good and (number < high if below else number <= high), name, value, accepts)
    return number


def positive(name: str, value: Any) -> float:
    """Return a finite number above 0."""
    require(real(name, value) > 0, name, value, "a number above 0")
    return float(value)


def count(name: str, value: Any, low: int = 1, high: float = math.inf) -> int:
    """Return a whole number in [low, high] as Python's int: NumPy's wrap around."""
    value = _plain(value)
    accepts = f"a whole number of at least {low}"
    accepts += f" and at most {high}" if high < math.inf else ""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    require(whole and low <= int(value) <= high, name, value, accepts)
    require(int(value) < 2**63, name, value, "a whole number below 2⁶³, as PyTorch takes them")
    return int(value)


def _plain(value: Any) -> Any:
    """Return the number in a tensor or array without dimensions; else what was given."""
    return value.item() if getattr(value, "shape", None) == () else value


def position(name: str, wanted: Any, values: Sequence[Any]) -> int:
    """Return the index in `values` of what equals `wanted`, numbers up to rounding.

    An exact member comes before a near one, so values that differ in the sixth digit are told
    apart, and a near one before one that reads alike in a message. The nearest of several.
    """
    wanted = _plain(wanted)
    for same in (_equal, _near, _alike):
        if found := [i for i, value in enumerate(values) if same(wanted, value)]:
            return min(found, key=lambda i: 0 if same is _equal else abs(wanted - values[i]))
    shown = ", ".join(map(_shown, values))
    raise ValueError(f"{name} must be one of {shown}; got {wanted!r}")


def _shown(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _equal(wanted: Any, value: Any) -> bool:
    return value is wanted or (type(value) is type(wanted) and bool(value == wanted))


def _near(wanted: Any, value: Any) -> bool:
    try:
        return not isinstance(wanted, str) and math.isclose(wanted, value, rel_tol=1e-5)
    except (TypeError, ValueError, RuntimeError):  # not one number
        return False


def _alike(wanted: Any, value: Any) -> bool:
    both = isinstance(wanted, float) and isinstance(value, float)
    return both and _shown(wanted) == _shown(value)


def numbers(name: str, values: Any) -> torch.Tensor:
    """Return numbers of any shape as a tensor: float64, unless they are a tensor of floats."""
    try:
        found = torch.as_tensor(values if isinstance(values, torch.Tensor) else np.asarray(values))
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(f"{name} must be a tensor or an array; got {values!r}") from None
    return found if found.is_floating_point() else found.double()


def column(
    name: str,
    values: Any,
    *,
    low: float = 0.0,
    high: float = math.inf,
    below: bool = False,
    dtype: torch.dtype | None = None,
) -> torch.Tensor:
    """Return a non-empty sequence of numbers, each as in `real`, as a tensor (K,) of `dtype`."""
    good = not isinstance(values, str) and hasattr(values, "__len__")
    good = good and getattr(values, "ndim", 1) == 1 and len(values) > 0
    require(good, name, values, "a non-empty sequence of numbers")
    checked = [real(f"{name}[{i}]", v, low, high, below) for i, v in enumerate(values)]
    return torch.tensor(checked, dtype=dtype or torch.get_default_dtype())
