"""What several seeds give: mean ± standard deviation, one convention for the whole course."""

import numpy as np


def mean_sd(values, axis: int = -1) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of `values` (array or tensor) over `axis`, the seeds.

    The standard deviation has n, not n − 1, in its denominator: it describes these seeds, and is
    0 for a single one.
    """
    values = np.asarray(values, dtype=float)
    return values.mean(axis), values.std(axis)
