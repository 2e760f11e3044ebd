"""Progress bars of which nothing is left when they end, in notebooks and in terminals."""

from collections.abc import Iterable
from typing import Any

from tqdm import tqdm


def bar(
    items: Iterable[Any] | None = None, description: str = "", delay: float = 1.0, **options: Any
) -> tqdm:
    """Return a bar that appears after `delay` seconds and is gone at its end.

    - items: what is gone through, or None where `.update(n)` counts up to `total`.
    - options: tqdm's: total, unit, unit_scale (thousands are written k, M, G), disable.
    """
    from IPython import get_ipython

    file = _Output() if hasattr(get_ipython(), "kernel") else None  # None is stderr
    return tqdm(items, description, delay=delay, leave=False, file=file, **options)


class _Output:
    """Let tqdm write to an output of the cell, as if it were a line of a terminal.

    On stderr a finished bar would leave an empty stripe, pink in JupyterLab.
    """

    encoding = "utf-8"  # blocks, not #

    def __init__(self) -> None:
        self._handle = None

    def write(self, text: str) -> None:
        from IPython.display import display

        line = text.strip()
        data = {"text/plain": line} if line else {}
        if self._handle is not None:
            self._handle.update(data, raw=True)
        elif line:
            self._handle = display(data, raw=True, display_id=True)

    def flush(self) -> None:
        """Nothing is held back."""
