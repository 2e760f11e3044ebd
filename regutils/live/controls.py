"""The controls: sliders over values as they are, λ sliders with 0, choices."""

from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np


def slider(values: Sequence, description: str, *, labels: Sequence[str] | None = None, value=None):
    """A slider over `values` as they are; the arrow keys move it too. Starts at `value`, else at the first."""
    labels = (
        [f"{v:g}" if isinstance(v, float) else str(v) for v in values] if labels is None else labels
    )
    return widgets.SelectionSlider(
        options=list(zip(labels, values)),
        value=values[0] if value is None else matching("value", value, values),
        description=description,
        style={"description_width": "initial"},
        layout={"width": "42em", "max_width": "100%"},
    )


def lam_slider(
    lams, description: str = "λ, strength of the penalty", *, value: float | None = None
):
    """A slider over values of λ, in order, written with two digits; exactly 0 reads "0 (off)"."""
    lams = [float(lam) for lam in lams]
    return slider(
        lams,
        description,
        labels=["0 (off)" if lam == 0 else f"{lam:.2g}" for lam in lams],
        value=value,
    )


def choice(values: Sequence[str], description: str):
    """A choice among a few words."""
    return widgets.ToggleButtons(
        options=list(values), description=description, style={"description_width": "initial"}
    )


def matching(name: str, wanted, values: Sequence):
    """The member of `values` that equals `wanted`, numbers up to rounding."""
    for value in values:
        if value == wanted or (
            isinstance(value, float)
            and np.isscalar(wanted)
            and not isinstance(wanted, str)
            and np.isclose(wanted, value, rtol=1e-5, atol=0)
        ):
            return value
    shown = ", ".join(f"{v:.3g}" if isinstance(v, float) else str(v) for v in values)
    raise ValueError(f"{name} must be one of {shown}; got {wanted!r}")
