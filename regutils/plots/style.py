"""The course's look: palette, line styles, text, figures, axes for λ, limits."""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from ..arguments import require
from ..results import as_array

# Okabe & Ito (2008), told apart with every common colour blindness.
BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
RED = "#D55E00"
PURPLE = "#CC79A7"
SKY = "#56B4E9"
INK = "#222222"
GREY = "#767676"

# Points. At 110 dots per inch the smallest text is 12 pixels high, and 9 on a narrow page.
TITLE = 10
NAME = 9
SMALL = 8

# What a role looks like in every picture: no colour, line style or marker comes twice.
ROLES = {
    "train": {"color": BLUE, "linestyle": "-", "marker": "o"},
    "val": {"color": RED, "linestyle": "--", "marker": "s"},
    "test": {"color": PURPLE, "linestyle": ":", "marker": "D"},
    "none": {"color": INK, "linestyle": "-.", "marker": "X"},
    "L2": {"color": SKY, "linestyle": (0, (7, 1)), "marker": "^"},
    "L1": {"color": ORANGE, "linestyle": (0, (3, 1, 1, 1, 1, 1)), "marker": "v"},
    "dropout": {"color": GREEN, "linestyle": (0, (2, 1)), "marker": "P"},
    "early stopping": {"color": GREY, "linestyle": (0, (8, 2, 1, 2)), "marker": "*"},
}

# Ten curves that have no role: no line style or marker comes twice, the first seven in no colour.
CYCLE = [
    {"color": GREEN, "linestyle": "-", "marker": "o"},
    {"color": PURPLE, "linestyle": "--", "marker": "s"},
    {"color": INK, "linestyle": (0, (5, 1, 1, 1)), "marker": "^"},
    {"color": BLUE, "linestyle": ":", "marker": "D"},
    {"color": ORANGE, "linestyle": (0, (5, 1)), "marker": "v"},
    {"color": RED, "linestyle": (0, (4, 1, 1, 1, 1, 1)), "marker": "P"},
    {"color": SKY, "linestyle": (0, (1, 1)), "marker": "X"},
    {"color": INK, "linestyle": (0, (9, 2)), "marker": "<"},
    {"color": BLUE, "linestyle": (0, (6, 2, 1, 2, 1, 2)), "marker": ">"},
    {"color": GREEN, "linestyle": (0, (3, 3)), "marker": "h"},
]

BAND = {"alpha": 0.2, "linewidth": 0}
HOLLOW = {"linestyle": "none", "marker": "o", "markersize": 5}
HOLLOW |= {"markerfacecolor": "white", "markeredgecolor": RED}

# The settings that decide how a picture looks; the others (backend, keys, saving) stay the user's.
_KINDS = (
    "agg axes contour errorbar figure font grid hatch image legend lines markers mathtext patch"
    " path scatter text xtick ytick"
).split()
_DEFAULT = matplotlib.rcParamsDefault
_LOOK = {name: value for name, value in _DEFAULT.items() if name.split(".")[0] in _KINDS}


@contextmanager
def look() -> Iterator[None]:
    """Use the course's settings of matplotlib, whatever the user's are; they come back at the end.

    Artists take settings when they are made and again when they are drawn, so both stand under it:
    `with look():`, or `@look()` above a function. Changing settings takes 10 ms, so it is done only
    where the user's are others. A sign that the font lacks is drawn as a box, without a warning.
    """
    alike = all(matplotlib.rcParams[name] == value for name, value in _LOOK.items())
    with nullcontext() if alike else matplotlib.rc_context(_LOOK), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def looks(names: Sequence[str]) -> dict[str, dict]:
    """Return the looks of curves drawn together: of a role its own, else one of the cycle.

    Of the cycle those are left out that share colour, line or marker with a role that is there.
    """
    there = [ROLES[name] for name in names if name in ROLES]
    free = [kind for kind in CYCLE if all(kind[key] != is_[key] for is_ in there for key in kind)]
    rest = iter([*free, *CYCLE])
    return {name: ROLES.get(name) or next(rest) for name in dict.fromkeys(names)}


@look()
def figure(columns=3, rows=1, *, width=9.6, height=3.1, ratios=None) -> tuple[Figure, list[Axes]]:
    """Return a Figure of rows × columns Axes, outside pyplot, and the list of its Axes.

    - width, height: in inches; ratios: of the columns' widths.
    """
    fig = Figure(figsize=(width, height), dpi=110, layout="constrained")
    axes = fig.subplots(rows, columns, squeeze=False, width_ratios=ratios).ravel().tolist()
    for ax in axes:
        dress(ax)
    return fig, axes


def dress(ax: Axes) -> None:
    """Give Axes their grid, two spines, and small names of the ticks."""
    ax.tick_params(labelsize=SMALL, color=GREY)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[:].set_color(GREY)
    ax.grid(True, color="#eeeeee", linewidth=0.8)
    ax.set_axisbelow(True)


def label(ax: Axes, title: str, x: str = "", y: str = "") -> None:
    """Write title and names of the axes. A $ is a $: no text is mathematics."""
    _title(ax, title)
    ax.set_xlabel(x, fontsize=NAME, parse_math=False)
    ax.set_ylabel(y, fontsize=NAME, parse_math=False)


def _title(ax: Axes, text: str, pad: float | None = None) -> None:
    ax.set_title(text, fontsize=TITLE, color=INK, loc="left", parse_math=False, pad=pad)


def legend(ax: Axes) -> None:
    """Draw the legend between title and data, in as many rows as it needs; it covers nothing."""
    names = ax.get_legend_handles_labels()[1]
    # In points; the layout to come makes the Axes about a fifth wider.
    room = 1.2 * 72 * ax.figure.get_figwidth() * ax.get_position().width
    widths = [31 + 4.4 * len(name) for name in names]
    rows = ((n, np.array_split(widths, n)) for n in range(len(names), 1, -1))
    columns = next((n for n, parts in rows if sum(map(max, parts)) <= room), 1)
    title = ax.get_title(loc="left")
    _title(ax, title, pad=6 + 12.5 * -(-len(names) // columns))
    kind = {"fontsize": SMALL, "framealpha": 1.0, "edgecolor": "none", "borderpad": 0.2}
    kind |= {"handlelength": 2.4, "handletextpad": 0.5, "columnspacing": 1.0, "borderaxespad": 0.1}
    box = ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=columns, **kind)
    box.set_in_layout(not title)  # the title above it holds its room
    for text in box.get_texts():
        text.set_parse_math(False)


def bare(ax: Axes, frame: bool = False) -> None:
    """Take grid, ticks and, unless `frame`, the lines around it from the Axes of a picture."""
    ax.grid(False)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(frame)


def plain(value: float) -> str:
    """Write a number as a tick says it, without mathematics: 0.001, 1e-5, −3, 100,000."""
    text = f"{value:,.0f}" if 1e4 <= abs(value) < 1e6 else f"{value:g}"
    return re.sub(r"e([+-])0*", r"e\1", text).replace("e+", "e").replace("-", "−")


def ticks(axis: Axis, at: Sequence[float], names: Sequence | None = None) -> None:
    """Set ticks at these places and nowhere else, with names, else with the values in plain."""
    names = at if names is None else names
    names = [name if isinstance(name, str) else plain(name) for name in names]
    axis.set_minor_locator(NullLocator())
    axis.set_ticks(at, names, parse_math=False)


def logarithmic(axis: Axis, low: float, high: float) -> None:
    """Make the axis logarithmic from `low` to `high`, with at most six ticks in plain numbers."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log", f"{axis.axis_name}lim": (low, high)})
    ticks(axis, rounded(low, high))


def place(ax: Axes, at: np.ndarray, scale: str, names=None) -> np.ndarray:
    """Prepare the x axis for values `at` (n,) and return where they stand on it, (n,).

    - scale: "linear", "log", "strength" (λ: logarithmic, with room for exactly 0 at its left end)
      or "each" (one place for each value, equally far apart).
    - names: of the ticks; for "each" one a value, else value → name.

    Raises ValueError for another scale.
    """
    scales = ("linear", "log", "strength", "each")
    require(scale in scales, "scale", scale, f"one of {', '.join(scales)}")
    if scale == "each":
        ax.set_xlim(-0.5, len(at) - 0.5)
        ticks(ax.xaxis, range(len(at)), at if names is None else names)
        return np.arange(len(at), dtype=float)
    if scale == "strength":
        zero = [0.0] if (at == 0).any() else []
        low = min(at[at > 0], default=1.0)
        high = max(low, at.max())
        ax.set_xscale("symlog", linthresh=low, linscale=0.7)
        shown = rounded(low, high)
        ticks(ax.xaxis, zero + shown[:: 1 + len(shown) // 6])
        ax.set_xlim(-0.15 * low if zero else low, high * 1.15)
    elif scale == "log":
        logarithmic(ax.xaxis, at.min() / 1.08, at.max() * 1.08)
    else:
        margin = 0.02 * (at.max() - at.min() or 1.0)
        ax.set_xlim(at.min() - margin, at.max() + margin)
        if (at == at.round()).all():  # a degree, a count of units
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if names is not None:
        ticks(ax.xaxis, list(names), list(names.values()))
    return at


def rounded(low: float, high: float) -> list[float]:
    """Return at most six of 1, 2, 5 and their decades in between; of decades alone if many."""
    subs = (1, 2, 5) if high < 100 * low else (1,)
    at = LogLocator(subs=subs, numticks=99).tick_values(low, high)
    at = at[(low * 0.999 <= at) & (at <= high * 1.001)].tolist()
    at = at or [float(f"{np.sqrt(low * high):.2g}")]  # no round number lies between
    return at[:: 1 + (len(at) - 1) // 6]


def limits(*arrays, log: bool = False) -> tuple[float, float]:
    """Return limits that hold every finite value of the arrays; if `log`, those above 0."""
    flat = np.concatenate([as_array(values).ravel() for values in arrays])
    flat = flat[np.isfinite(flat) & ((flat > 0) | (not log))]
    low, high = (flat.min(), flat.max()) if len(flat) else (0.1 * log, 1.0)
    pad = 0.05 * ((high - low) or 1.0)
    return (low, 1.3 * high) if log else (low - pad, high + pad)


def pick(values: np.ndarray, core: int, index: Sequence[int] = ()) -> np.ndarray:
    """Return the part of `values` (..., core axes) at a position of the sliders.

    - index: one position for each control; the first of all unless given.

    Raises ValueError for fewer positions than leading axes.
    """
    lead = values.ndim - core
    index = tuple(index) or (0,) * lead
    require(len(index) >= lead, "index", index, f"{lead} positions, one for each control")
    at = index[len(index) - lead :]
    return values[tuple(0 if n == 1 else i for n, i in zip(values.shape, at))]


def largest(values: np.ndarray) -> float:
    """Return the largest finite size; 1 where there is none above 0."""
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0)) or 1.0


def one_line(x, curves) -> tuple[np.ndarray, np.ndarray]:
    """Return curves (R, G) over `x` as x and y of one line with gaps: far cheaper to draw."""
    x, curves = np.broadcast_arrays(x, curves)
    gap = np.full((len(curves), 1), np.nan)
    return np.hstack([x, gap]).ravel(), np.hstack([curves, gap]).ravel()


class Panel:
    """An Axes whose `artists` move with the sliders.

    `update(*index)` hands `show` the part of each of `values`, pairs of an array (..., core axes)
    and its number of core axes, at that position.
    """

    def _finish(self, moving, values, words, **default):
        """Write title, names of the axes and a legend of two names or more; draw position 0.

        - words: title, x and y as the user gave them; loc=None for no legend.

        Raises ValueError for an array with too few axes.
        """
        for array, core in values:
            require(array.ndim >= core, "values", array.shape, f"{core} axes or more")
        self.artists, self.values = list(moving), values
        words = {"title": "", "loc": "above"} | default | words
        loc = words.pop("loc")
        label(self.ax, **words)
        if loc and len(self.ax.get_legend_handles_labels()[1]) > 1:
            legend(self.ax)
        self.update()

    def update(self, *index: int) -> None:
        """Show position `index`, one number for each control."""
        if self.values:
            self.show(*(pick(array, core, index) for array, core in self.values))
