"""The controls: sliders over values as they are, λ sliders with 0, choices; what each can take."""

import math
from collections.abc import Mapping, Sequence

import ipywidgets as widgets
import numpy as np

from ..arguments import position, real, require


def slider(
    values: Sequence, description: str, *, labels: Sequence[str] | None = None, value=None
) -> widgets.SelectionSlider:
    """A slider over `values` as they are; the arrow keys move it too.

    values: at least one, all different, neither None nor nan; tensors and arrays of one number
        become numbers.
    description: written beside it.
    labels: one per value; the values with as many digits as tell them apart, unless given.
    value: where it starts, one of `values`; the first unless given.

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
    """A slider over values of λ, in order; exactly 0 reads "0 (off)".

    Labels have two digits, or as many as tell neighbours apart. Raises ValueError as `slider` does,
    and for a λ that is negative or not finite.
    """
    lams = [real(f"lams[{i}]", lam) for i, lam in enumerate(lams)]
    labels = ["0 (off)" if lam == 0 else text for lam, text in zip(lams, _labels(lams, 2))]
    return slider(lams, description, labels=labels, value=value)


def choice(values: Sequence[str], description: str) -> widgets.ToggleButtons:
    """A choice among a few words. Raises ValueError for no words and for equal ones."""
    values = list(values)
    _require_different(values)
    return widgets.ToggleButtons(
        options=values, description=description, style={"description_width": "initial"}
    )


def values(control: widgets.Widget) -> list:
    """Every value that a control can take, in order.

    control: made by `slider`, `lam_slider` or `choice`, or any slider, choice or checkbox of
    ipywidgets. Raises ValueError for a control whose values cannot be listed, such as a text field.
    """
    if hasattr(control, "options"):
        options = control.options
        if isinstance(options, Mapping):
            return list(options.values())
        options = list(options)
        pairs = all(isinstance(option, (tuple, list)) and len(option) == 2 for option in options)
        return [option[1] for option in options] if pairs else options
    if isinstance(control, (widgets.Checkbox, widgets.ToggleButton)):
        return [False, True]
    bounds = [getattr(control, name, None) for name in ("min", "max", "step")]
    require(
        isinstance(control, widgets.ValueWidget)
        and None not in bounds
        and not isinstance(control.value, tuple),
        "control",
        type(control).__name__,
        "a slider, a choice or a checkbox",
    )
    low, high, step = bounds
    # Rounded as the front end rounds: 0.1 + 2 · 0.1 is 0.3.
    steps = range(int((high - low) / step + 1e-9) + 1)
    places = [type(low)(float(f"{low + i * step:.12g}")) for i in steps]
    if isinstance(control, widgets.FloatLogSlider):
        return [float(control.base) ** place for place in places]
    return places


def index_of(name: str, value, options: Sequence) -> int:
    """The index in `options` of a value as `position` finds it, or as a label of two digits says.

    True and False are no numbers. Raises ValueError that lists what is accepted.
    """
    value = _plain(value)
    switch = any(isinstance(option, bool) for option in options)
    shown = f"one of {', '.join(_labels(options, 3))}"
    require(switch or not isinstance(value, bool), name, value, shown)
    try:
        return position(name, value, options)
    except ValueError:
        floats = isinstance(value, float)
        alike = [i for i, option in enumerate(options) if floats and _two_digits(option) == value]
        if len(alike) == 1:
            return alike[0]
        raise


def _two_digits(option) -> float | None:
    return float(f"{option:.2g}") if isinstance(option, float) else None


def _require_different(labels: Sequence) -> None:
    """What can be chosen is there, and every label but once."""
    require(len(labels) > 0, "values", labels, "at least one value")
    require(len(set(labels)) == len(labels), "values", labels, "all different, as labels too")


def _plain(value):
    """A tensor or array of one number as that number, anything else as it is."""
    if getattr(value, "size", None) is not None and hasattr(value, "item"):
        number = np.asarray(value)
        if number.size == 1:
            return number.item()
    return value


def _labels(values: Sequence, digits: int) -> list[str]:
    """The values as text: floats with `digits` digits, more where two would be the same."""
    while True:
        texts = [f"{v:.{digits}g}" if isinstance(v, float) else str(v) for v in values]
        if len(set(texts)) == len(texts) or digits == 17:
            return texts
        digits += 1
