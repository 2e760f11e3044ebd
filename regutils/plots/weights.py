"""Panels of weights: stems, histograms, bars, the geometry of a penalty, the balance of a zero."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from ..results import as_array
from .style import (
    BLUE,
    GREY,
    INK,
    RED,
    SMALL,
    label,
    legend,
    logarithmic,
    look,
    plain,
    role,
    ticks,
)


class Coefficients:
    """One stem per coefficient, exact zeros hollow; `update(values)` with (d,).

    names: of the d coefficients.
    top: the largest absolute value to come.
    linthresh: the axis is linear up to it and logarithmic beyond; None for a linear axis.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        names: Sequence[str],
        top: float,
        *,
        linthresh: float | None = 1.0,
        ylim: tuple[float, float] | None = None,
        title: str = "Coefficients",
        x: str = "",
        y: str = "value",
    ):
        self.ax, self.at = ax, np.arange(len(names))
        hollow = {"markerfacecolor": "white", "markeredgecolor": RED, "markersize": 5}
        ax.axhline(0, color=GREY, linewidth=0.8)
        (self.stems,) = ax.plot([], [], color=BLUE, linewidth=2)
        (self.heads,) = ax.plot([], [], "o", color=BLUE, markersize=5)
        (self.zeros,) = ax.plot([], [], "o", **hollow)
        self.artists = [self.stems, self.heads, self.zeros]
        if linthresh is None:
            ax.set_ylim(*(ylim or (-top * 1.1, top * 1.1)))
        else:
            ax.set_yscale("symlog", linthresh=linthresh)
            ax.set_ylim(*(ylim or (-top * 1.5, top * 1.5)))
            ticks(ax.yaxis, _symmetric(linthresh, max(np.abs(ax.get_ylim()))))
            ax.set_ylim(*(ylim or (-top * 1.5, top * 1.5)))
        ax.set_xlim(-0.7, len(names) - 0.3)
        ticks(ax.xaxis, self.at, names)
        label(ax, title, x, y)

    def update(self, values) -> None:
        values = as_array(values)
        stem = np.stack([np.zeros_like(values), values, np.full_like(values, np.nan)], 1)
        self.stems.set_data(np.repeat(self.at, 3), stem.ravel())
        zero = values == 0
        self.heads.set_data(self.at[~zero], values[~zero])
        self.zeros.set_data(self.at[zero], values[zero])


def _symmetric(linthresh: float, top: float) -> list[float]:
    """At most nine ticks: 0, and on both sides decades from linthresh on."""
    first, last = int(np.ceil(np.log10(linthresh))), int(np.floor(np.log10(max(top, linthresh))))
    decades = [10.0**n for n in range(first, last + 1)][:: 1 + (last - first) // 4]
    return [*(-value for value in reversed(decades)), 0.0, *decades]


class WeightHistogram:
    """Counts of weights on a log axis, one outline per group; exact zeros are a spike at 0.

    `update({name: weights of any shape})`, with the names given at the start. What lies beyond the
    ends counts in the outermost bins, which are shaded and named "≤" and "≥".

    reach: the bins' ends (low, high), or one number for ± it.
    total: the most weights that one bin may come to hold.
    loc: of the legend; needed for more than one group.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        names: Sequence[str],
        reach: float | tuple[float, float],
        total: float,
        *,
        bins: int = 41,
        title: str = "Weights",
        x: str = "weight",
        y: str = "count",
        loc="upper left",
    ):
        low, high = (-reach, reach) if np.ndim(reach) == 0 else reach
        self.ax, self.edges = ax, np.linspace(low, high, bins + 1)
        self.steps = {}
        for i, name in enumerate(names):
            outline = {"baseline": 0.5, "linewidth": 1.6, "label": name} | role(name, i)
            self.steps[name] = ax.stairs(np.ones(bins), self.edges, **outline)
        (self.spike,) = ax.plot([], [], color=INK, linewidth=3, solid_capstyle="butt")
        corner = {"transform": ax.transAxes, "ha": "right", "va": "top"}
        below = 0.86 if len(names) > 3 else 0.97  # clear of a legend that is one row
        self.words = ax.text(0.98, below, "", fontsize=SMALL, color=INK, **corner)
        self.artists = [*self.steps.values(), self.spike, self.words]
        logarithmic(ax.yaxis, 0.5, total * 10 ** (1.0 + 0.35 * (len(names) > 2)))
        ax.set_xlim(low, high)
        at = np.linspace(low, high, 5)
        shown = [plain(float(f"{value:.2g}")) for value in at]
        for end, sign in ((0, "≤"), (-1, "≥")):
            if at[end] != 0:  # sizes and activations have nothing below 0
                shown[end] = f"{sign} {shown[end]}"
                outer = self.edges[[0, 1] if end == 0 else [-2, -1]]
                ax.axvspan(*outer, color=GREY, alpha=0.15, linewidth=0)
        ticks(ax.xaxis, at, shown)
        label(ax, title, x, y)
        if len(names) > 1:
            columns = len(names) if len(names) > 3 else 1
            legend(ax, loc, ncols=columns, handlelength=1.4, columnspacing=0.9)

    def update(self, weights: Mapping) -> None:
        flat = {name: as_array(w).ravel() for name, w in weights.items()}
        counts = {}
        for name, w in flat.items():
            inside = np.clip(w[np.isfinite(w) & (w != 0)], self.edges[0], self.edges[-1])
            counts[name] = np.histogram(inside, self.edges)[0]
        zeros = sum(int((w == 0).sum()) for w in flat.values())
        self.show(counts, zeros, sum(map(len, flat.values())))

    def show(self, counts: Mapping, zeros: int, total: int) -> None:
        """The same from counts (bins,) made before, with the zeros among `total` beside them."""
        for name, values in counts.items():
            self.steps[name].set_data(np.maximum(as_array(values), 0.5))
        self.spike.set_data([0, 0], [0.5, max(zeros, 0.5)])
        self.words.set_text(f"{zeros:,} of {total:,}\nexactly 0")


class Bars:
    """One horizontal bar per name with its value beside it; `update(values)` with (d,).

    names: of the d values.
    top: the largest value to come.
    form: how a value is written.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        names: Sequence[str],
        top: float = 1.0,
        *,
        form: str = "{:.0%}",
        title: str = "",
        x: str = "share",
    ):
        self.ax, self.form = ax, form
        at = np.arange(len(names))
        self.bars = ax.barh(at, np.zeros(len(names)), color=BLUE, height=0.65).patches
        self.words = [
            ax.text(0, i, "", va="center", fontsize=SMALL, color=INK, parse_math=False) for i in at
        ]
        self.artists = [*self.bars, *self.words]
        ticks(ax.yaxis, at, names)
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.set_xlim(0, top * 1.2)
        if form.endswith("%}") and top == 1:
            ticks(ax.xaxis, [0, 0.25, 0.5, 0.75, 1])
        label(ax, title, x)

    def update(self, values) -> None:
        for bar, word, value in zip(self.bars, self.words, as_array(values)):
            bar.set_width(value)
            word.set_x(value)
            word.set_text(" " + self.form.format(value).replace("-", "−"))


class Balance:
    """The data loss's downhill pull on each weight, in units of λ, against the weight.

    `update(w, pull)`, any shape. At an L1 minimum weights that are not 0 lie on the lines +1 and
    −1 (data and penalty pull equally hard), and exact zeros (hollow) lie between them.
    """

    @look()
    def __init__(self, ax: Axes, edge: float, *, title: str = "", loc="lower right"):
        self.ax = ax
        ax.axhspan(-1, 1, color=GREY, alpha=0.12, linewidth=0)
        for side in (-1, 1):
            ax.axhline(side, color=GREY, linewidth=1, linestyle="--")
        hollow = {"markerfacecolor": "none", "markeredgecolor": RED, "alpha": 0.35}
        (self.zeros,) = ax.plot([], [], "o", markersize=4, label="exactly 0", **hollow)
        (self.kept,) = ax.plot([], [], ".", color=BLUE, markersize=6, label="kept")
        self.artists = [self.zeros, self.kept]
        ax.set_xlim(-edge, edge)
        ax.set_ylim(-1.9, 1.9)
        label(ax, title, "weight", "pull of the data / λ")
        legend(ax, loc)

    def update(self, w, pull) -> None:
        w = as_array(w).ravel()
        pull = as_array(pull).ravel()
        self.zeros.set_data(w[w == 0], pull[w == 0])
        self.kept.set_data(w[w != 0], pull[w != 0])


class PenaltyGeometry:
    """Contours of a quadratic loss over (w₁, w₂), and the penalty's ball that the solution touches.

    `update(w, path)` with the solution (2,) and the solutions for smaller λ (n, 2).

    curvature (2, 2), centre (2,): of the loss ½(w − c)ᵀA(w − c).
    kind: "L1" draws a diamond, "L2" a disc.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        curvature,
        centre,
        kind: str,
        *,
        title: str = "",
        x: str = "w₁",
        y: str = "w₂",
    ):
        self.ax, self.kind = ax, kind
        self.curvature = as_array(curvature)
        self.centre = as_array(centre)
        reach = 1.35 * np.abs(self.centre).max()
        grid = np.linspace(-reach, 1.3 * reach, 201)
        w = np.stack(np.meshgrid(grid, grid), -1) - self.centre
        loss = 0.5 * np.einsum("...i,ij,...j", w, self.curvature, w)
        levels = loss.max() * np.linspace(0.03, 1, 9) ** 2
        ax.contour(grid, grid, loss, levels=levels, colors=GREY, linewidths=0.7)
        ax.axhline(0, color=INK, linewidth=0.6)
        ax.axvline(0, color=INK, linewidth=0.6)
        ax.plot(*self.centre, "x", color=INK, markersize=6)
        kinds = role(kind)
        edge = {"facecolor": kinds["color"], "edgecolor": kinds["color"], "linewidth": 1.5}
        (self.ball,) = ax.fill([0], [0], alpha=0.25, **edge)
        (self.trail,) = ax.plot([], [], linewidth=1.5, **kinds)
        (self.level,) = ax.plot([], [], color=INK, linewidth=1.2)
        (self.point,) = ax.plot([], [], "o", color=INK, markersize=6)
        self.artists = [self.ball, self.trail, self.level, self.point]
        ax.set_aspect("equal")
        ax.set_xlim(grid[0], grid[-1])
        ax.set_ylim(grid[0], grid[-1])
        label(ax, title or kind, x, y)
        angles = np.linspace(0, 2 * np.pi, 181)
        self.circle = np.stack([np.cos(angles), np.sin(angles)], 1)

    def update(self, w, path) -> None:
        w = as_array(w)
        order = 1 if self.kind == "L1" else 2
        shape = self.circle / np.linalg.norm(self.circle, ord=order, axis=1, keepdims=True)
        self.ball.set_xy(shape * np.linalg.norm(w, ord=order))
        # The contour through w: A = LLᵀ maps it to a circle of radius √(2·loss).
        radius = np.sqrt((w - self.centre) @ self.curvature @ (w - self.centre))
        lower = np.linalg.cholesky(self.curvature)
        ellipse = radius * np.linalg.solve(lower.T, self.circle.T)
        self.level.set_data(*(self.centre[:, None] + ellipse))
        self.trail.set_data(*as_array(path).reshape(-1, 2).T)
        self.point.set_data([w[0]], [w[1]])
