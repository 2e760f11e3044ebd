"""What several seeds give: mean ± standard deviation, one convention for the whole course."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def mean_sd(values: ArrayLike, axis: int = -1) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mean and standard deviation of `values` (array or tensor) over `axis`, the seeds.

    The standard deviation has n, not n − 1, in its denominator: it describes these seeds, and is
    0 for a single one. ValueError for none.
    """
    values = as_array(values)
    if values.ndim == 0 or values.shape[axis] == 0:
        raise ValueError(f"values must be one at least over axis {axis}; got shape {values.shape}")
    return values.mean(axis), values.std(axis)


def as_array(values: Any, dtype: type | None = float) -> NDArray[Any]:
    """What numpy takes, tensors and lists of tensors as an array.

    numpy alone refuses a tensor that has a gradient, lies on a GPU or is in bfloat16.
    """
    if isinstance(values, (list, tuple)) and values and hasattr(values[0], "detach"):
        values = [as_array(value, dtype) for value in values]
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        if values.is_floating_point() and values.element_size() < 4:
            values = values.float()
    return np.asarray(values, dtype=dtype)
