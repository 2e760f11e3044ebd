"""Controls: sliders over values as they are, λ sliders with 0, choices; what each can take.

And the thread in which a control's callback is called.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence

import ipywidgets as widgets

from ..arguments import plain, position, real, require


def slider(
    values: Sequence, description: str, *, labels: Sequence[str] | None = None, value=None
) -> widgets.SelectionSlider:
    """Return a slider over `values` as they are; the arrow keys move it too.

    - values: at least one, all different, neither None nor nan, else ValueError
    - description: written beside it
    - labels: one per value; the values with as many digits as tell them apart, unless given
    - value: where it starts, one of `values`; the first unless given
    """
    values = [plain(value) for value in values]
    require(all(v == v is not None for v in values), "values", values, "neither None nor nan")
    labels = _labels(values, 6) if labels is None else [str(label) for label in labels]
    require(len(labels) == len(values), "labels", labels, f"one label per value, {len(values)}")
    _require_different(labels)
    start = 0 if value is None else position("value", value, values)
    return widgets.SelectionSlider(
        options=list(zip(labels, values)),
        value=values[start],
        description=description,
        style={"description_width": "initial"},
        layout={"width": "42em", "max_width": "100%"},
    )


def lam_slider(
    lams: Sequence[float],
    description: str = "λ, strength of the penalty",
    *,
    value: float | None = None,
) -> widgets.SelectionSlider:
    """Return a slider over values of λ, in order; exactly 0 reads "0 (off)".

    Labels have two digits, or as many as tell neighbours apart. Raises ValueError as `slider` does,
    and for a λ that is negative or not finite.
    """
    lams = [real(f"lams[{i}]", lam) for i, lam in enumerate(lams)]
    labels = ["0 (off)" if lam == 0 else text for lam, text in zip(lams, _labels(lams, 2))]
    return slider(lams, description, labels=labels, value=value)


def choice(values: Sequence[str], description: str) -> widgets.ToggleButtons:
    """Return buttons for a choice among a few words.

    Raises ValueError for no words and for equal ones.
    """
    values = list(values)
    _require_different(values)
    return widgets.ToggleButtons(
        options=values, description=description, style={"description_width": "initial"}
    )


def values(control: widgets.Widget) -> list:
    """Return every value that a control can take, in order.

    Raises ValueError for a control whose values cannot be listed, such as a text field.
    """
    options = getattr(control, "options", None)
    accepts = "a slider, a λ slider or a choice of live"
    require(isinstance(options, (tuple, list)), "control", type(control).__name__, accepts)
    pairs = all(isinstance(option, tuple) and len(option) == 2 for option in options)
    return [option[1] for option in options] if pairs else list(options)


def _require_different(labels: Sequence) -> None:
    """Raise ValueError for no values and for two with one label."""
    require(len(labels) > 0, "values", labels, "at least one value")
    require(len(set(labels)) == len(labels), "values", labels, "all different, as labels too")


def _labels(values: Sequence, digits: int) -> list[str]:
    """Return the values as text: floats with `digits` digits, more where two would be the same."""
    while True:
        texts = [f"{v:.{digits}g}" if isinstance(v, float) else str(v) for v in values]
        if len(set(texts)) == len(texts) or digits == 17:
            return texts
        digits += 1


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop in which something can be done later, if there is one."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def on_kernel_thread(callback: Callable[..., None], latest: bool = False) -> Callable[..., None]:
    """Return `callback` for a widget's event, called in the thread that calls this function now.

    JupyterLab (4.4 and later) has the kernel answer widgets in a thread of their own, a subshell,
    while a cell may be running. Pictures, training and random states are the cells' as well, so
    what a widget asks for waits for its turn in the kernel's loop, which logs what is raised there.

    - latest: of calls that wait one is enough, since the callback looks for itself how things stand
    """
    loop = running_loop()
    if loop is None:
        return callback
    home, waiting = threading.get_ident(), threading.Event()

    def take(*event) -> None:
        waiting.clear()
        with contextlib.suppress(KeyboardInterrupt):  # it would end the loop, thus the kernel
            callback(*event)

    def call(*event) -> None:
        if threading.get_ident() == home or loop.is_closed():
            callback(*event)
        elif not (latest and waiting.is_set()):
            waiting.set()
            loop.call_soon_threadsafe(take, *event)

    return call
