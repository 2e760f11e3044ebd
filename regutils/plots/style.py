"""The course's look: palette, line styles, figures, axes for λ, limits."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe & Ito's palette, told apart with every common colour blindness. Each role has its line style too.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
)


INK, GREY = "#222222", "#767676"


STYLES = {
    "train": {"color": BLUE, "linestyle": "-"},
    "val": {"color": RED, "linestyle": "--"},
    "test": {"color": PURPLE, "linestyle": ":"},
    "none": {"color": INK, "linestyle": "-"},
    "L2": {"color": BLUE, "linestyle": "--"},
    "L1": {"color": RED, "linestyle": "-."},
    "dropout": {"color": GREEN, "linestyle": ":"},
}


CYCLE = [
    {"color": color, "linestyle": line}
    for color, line in zip((BLUE, RED, GREEN, PURPLE, ORANGE), ("-", "--", "-.", ":", (0, (5, 1))))
]


BAND = {"alpha": 0.2, "linewidth": 0}


def style(label: str, i: int = 0) -> dict:
    """Colour and line style of a role ("train", "val", "L1", …), else the i-th of the cycle."""
    return STYLES.get(label, CYCLE[i % len(CYCLE)])


def figure(
    columns: int = 3,
    rows: int = 1,
    width: float = 9.6,
    height: float = 3.1,
    ratios=None,
    dpi: int = 110,
):
    """A Figure of rows × columns Axes, outside pyplot, and the list of its Axes. Sizes in inches."""
    fig = Figure(figsize=(width, height), dpi=dpi, layout="constrained")
    axes = fig.subplots(rows, columns, squeeze=False, width_ratios=ratios).ravel().tolist()
    for ax in axes:
        ax.tick_params(labelsize=8, color=GREY)
        ax.spines[["top", "right"]].set_visible(False)
        ax.spines[["left", "bottom"]].set_color(GREY)
        ax.grid(True, color="#eeeeee", linewidth=0.8)
        ax.set_axisbelow(True)
    return fig, axes


def label(ax: Axes, title: str, x: str, y: str, legend: bool = False, **where) -> None:
    """Title and axis labels in the course's sizes; `where` goes to the legend."""
    ax.set_title(title, fontsize=10, color=INK, loc="left")
    ax.set_xlabel(x, fontsize=9)
    ax.set_ylabel(y, fontsize=9)
    if legend:
        ax.legend(fontsize=8, frameon=False, **where)


def strength_axis(ax: Axes, values: Sequence[float]) -> None:
    """A logarithmic x axis for λ with room for exactly 0 at its left end."""
    values = np.asarray(values, dtype=float)
    smallest = values[values > 0].min()
    ax.set_xscale("symlog", linthresh=smallest, linscale=0.7)
    decades = 10.0 ** np.arange(np.ceil(np.log10(smallest)), np.floor(np.log10(values.max())) + 1)
    ax.set_xticks([0.0, *decades[:: 1 + len(decades) // 7]] if (values == 0).any() else decades)
    ax.set_xticks([], minor=True)
    ax.xaxis.set_major_formatter(lambda v, _: "0" if v == 0 else f"$10^{{{round(np.log10(v))}}}$")
    ax.set_xlim(-0.15 * smallest if (values == 0).any() else smallest, values.max() * 1.15)


def limits(
    *arrays, margin: float = 0.05, low: float | None = None, high: float | None = None
) -> tuple[float, float]:
    """Axis limits that hold every finite value of the arrays; `low` and `high` fix an end."""
    flat = np.concatenate([np.asarray(a, dtype=float).ravel() for a in arrays])
    flat = flat[np.isfinite(flat)]
    bottom = flat.min() if low is None else low
    top = flat.max() if high is None else high
    pad = margin * ((top - bottom) or 1.0)
    return (bottom - pad if low is None else low), (top + pad if high is None else high)
