"""How much of the course is computed: the one place where REGUTILS_FAST=1 shrinks the notebooks."""

import os

from ..arguments import count


def seeds(n: int) -> range:
    """0 … n−1, the seeds of a comparison; with REGUTILS_FAST=1 a third of them, at least two."""
    n = count("n", n)
    return range(min(n, max(2, n // 3)) if os.environ.get("REGUTILS_FAST") == "1" else n)
