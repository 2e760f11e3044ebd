"""Controls: sliders over values as they are, λ sliders with 0, choices; what each can take."""

import math
from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np

from ..arguments import position, real, require


def slider(
    values: Sequence, description: str, *, labels: Sequence[str] | None = None, value=None
) -> widgets.SelectionSlider:
    """Return a slider over `values` as they are; the arrow keys move it too.

    - values: at least one, all different, neither None nor nan; tensors and arrays of one number
      become numbers
    - description: written beside it
    - labels: one per value; the values with as many digits as tell them apart, unless given
    - value: where it starts, one of `values`; the first unless given

    Raises ValueError for no values, equal values, None and nan, labels that are not one each or not
    different, or a `value` that is not among them.
    """
    values = [_plain(value) for value in values]
    nothing = [v for v in values if v is None or (isinstance(v, float) and math.isnan(v))]
    require(not nothing, "values", values, "neither None nor nan")
    labels = _labels(values, 6) if labels is None else [str(label) for label in labels]
    require(len(labels) == len(values), "labels", labels, f"one label per value, {len(values)}")
    _require_different(labels)
    start = 0 if value is None else index_of("value", value, values)
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

    - control: made by `slider`, `lam_slider` or `choice`, or a widget with a list of options

    Raises ValueError for a control whose values cannot be listed, such as a text field.
    """
    options = getattr(control, "options", None)
    accepts = "a slider, a λ slider or a choice of live"
    require(isinstance(options, (tuple, list)), "control", type(control).__name__, accepts)
    pairs = all(isinstance(option, tuple) and len(option) == 2 for option in options)
    return [option[1] for option in options] if pairs else list(options)


def index_of(name: str, value, options: Sequence) -> int:
    """Return the index in `options` of a value, found as `position` does or by its two digits.

    Raises ValueError that lists what is accepted.
    """
    value = _plain(value)
    shown = f"one of {', '.join(_labels(options, 3))}"
    switch = any(isinstance(option, bool) for option in options)
    require(switch or not isinstance(value, bool), name, value, shown)  # True is found as 1
    try:
        return position(name, value, options)
    except ValueError:
        floats = {i: option for i, option in enumerate(options) if isinstance(option, float)}
        alike = [i for i, option in floats.items() if float(f"{option:.2g}") == value]
        if len(alike) != 1:
            raise
        return alike[0]


def _require_different(labels: Sequence) -> None:
    """Raise ValueError for no values and for two with one label."""
    require(len(labels) > 0, "values", labels, "at least one value")
    require(len(set(labels)) == len(labels), "values", labels, "all different, as labels too")


def _plain(value):
    """Return a tensor or array of one number as that number, anything else as it is."""
    if getattr(value, "size", None) is not None and hasattr(value, "item"):
        number = np.asarray(value)
        if number.size == 1:
            return number.item()
    return value


def _labels(values: Sequence, digits: int) -> list[str]:
    """Return the values as text: floats with `digits` digits, more where two would be the same."""
    while True:
        texts = [f"{v:.{digits}g}" if isinstance(v, float) else str(v) for v in values]
        if len(set(texts)) == len(texts) or digits == 17:
            return texts
        digits += 1
