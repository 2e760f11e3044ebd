"""What several seeds give: mean ± standard deviation, one convention for the whole course."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def mean_sd(values: ArrayLike, axis: int = -1) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mean and standard deviation of `values` (array or tensor) over `axis`, the seeds.

    The standard deviation has n, not n − 1, in its denominator: it describes these seeds, and is
    0 for a single one. ValueError for none.
    """
    if hasattr(values, "detach"):  # a tensor, of which NumPy takes neither gradients nor bfloat16
        values = values.detach().cpu().double()
    values = np.asarray(values, dtype=float)
    if values.ndim == 0 or values.shape[axis] == 0:
        raise ValueError(f"values must be one at least over axis {axis}; got shape {values.shape}")
    return values.mean(axis), values.std(axis)
