"""Progress bars of which nothing is left when they end, in notebooks and in terminals."""

from collections.abc import Iterable
from typing import Any

from tqdm import tqdm


def bar(
    items: Iterable[Any] | None = None,
    description: str = "",
    *,
    total: float | None = None,
    unit: str = "it",
    delay: float = 1.0,
    unit_scale: bool = False,
    disable: bool = False,
) -> tqdm:
    """Return a bar that appears after `delay` seconds and is gone at its end.

    - items: what is gone through, or None where `.update(n)` counts.
    - total: how much there is, where `items` does not tell.
    - unit: of what is counted; with `unit_scale` thousands are written k, M, G.
    - disable: show nothing.
    """
    return tqdm(
        items,
        description,
        total=total,
        unit=unit,
        unit_scale=unit_scale,
        delay=delay,
        leave=False,
        disable=disable,
        file=_Output() if _in_notebook() else None,  # None is stderr
    )


def _in_notebook() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return hasattr(get_ipython(), "kernel")


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
