"""How much of the course is computed: the one place where REGUTILS_FAST=1 shrinks the notebooks."""

import os

from ..arguments import count


def full() -> bool:
    """Whether all is computed: REGUTILS_FAST is not 1."""
    return os.environ.get("REGUTILS_FAST") != "1"


def seeds(n: int) -> range:
    """0 … n−1, the seeds of a comparison; with REGUTILS_FAST=1 a third of them, at least two."""
    n = count("n", n)
    return range(n if full() else min(n, max(2, n // 3)))


def steps(n: int) -> int:
    """n steps of a run that shows something; with REGUTILS_FAST=1 a fifth of them, in tens."""
    n = count("n", n)
    return n if full() else max(10, n // 50 * 10)
