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
    value = plain(value)
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
    value = plain(value)
    accepts = f"a whole number of at least {low}" + f" and at most {high}" * (high < math.inf)
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    require(whole and low <= int(value) <= high, name, value, accepts)
    require(int(value) < 2**63, name, value, "a whole number below 2⁶³, as PyTorch takes them")
    return int(value)


def plain(value: Any) -> Any:
    """Return the number in a tensor or array without dimensions; else what was given."""
    return value.item() if getattr(value, "shape", None) == () else value


def position(name: str, wanted: Any, values: Sequence[Any]) -> int:
    """Return the index in `values` of what equals `wanted`, numbers up to rounding.

    An exact member comes before a near one, so values that differ in the sixth digit are told
    apart, and a near one before the only one that a message or a label, with three digits or two,
    writes as `wanted`. Raises ValueError that lists what there is.
    """
    wanted = plain(wanted)
    if equal := [i for i, v in enumerate(values) if type(v) is type(wanted) and v == wanted]:
        return equal[0]
    number = isinstance(wanted, Real) and not isinstance(wanted, bool)
    near = [i for i, v in enumerate(values) if number and isinstance(v, Real)]
    near = [i for i in near if math.isclose(wanted, values[i], rel_tol=1e-5)]
    if near:
        return min(near, key=lambda i: abs(wanted - values[i]))
    for digits in (3, 2):
        written = [float(f"{v:.{digits}g}") if isinstance(v, float) else None for v in values]
        if number and written.count(wanted) == 1:
            return written.index(wanted)
    shown = ", ".join(f"{v:.3g}" if isinstance(v, float) else str(v) for v in values)
    raise ValueError(f"{name} must be one of {shown}; got {wanted!r}")


def numbers(name: str, values: Any) -> torch.Tensor:
    """Return numbers of any shape as a tensor: float64, unless they are a tensor of floats."""
    try:
        found = torch.as_tensor(values if isinstance(values, torch.Tensor) else np.asarray(values))
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(f"{name} must be a tensor or an array; got {values!r}") from None
    return found if found.is_floating_point() else found.double()


def column(name: str, values: Any, dtype: torch.dtype | None = None, **bounds: Any) -> torch.Tensor:
    """Return a non-empty sequence of numbers, each in bounds as for `real`, as a tensor (K,)."""
    good = not isinstance(values, str) and hasattr(values, "__len__")
    good = good and getattr(values, "ndim", 1) == 1 and len(values) > 0
    require(good, name, values, "a non-empty sequence of numbers")
    checked = [real(f"{name}[{i}]", v, **bounds) for i, v in enumerate(values)]
    return torch.tensor(checked, dtype=dtype or torch.get_default_dtype())
