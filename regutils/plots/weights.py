"""Panels of weights: stems, histograms, bars, the geometry of a penalty, the balance of a zero."""

import numpy as np

from ..arguments import require
from ..results import as_array
from .curves import one_line
from .style import (
    BLUE,
    GREY,
    INK,
    RED,
    SMALL,
    Panel,
    largest,
    logarithmic,
    look,
    pick,
    plain,
    positions,
    role,
    ticks,
)


class Coefficients(Panel):
    """Draw one stem per coefficient, exact zeros hollow.

    - names: of the d coefficients.
    - values (..., d); None: `show` draws them later, and `ylim` is needed.
    - linthresh: the axis is linear up to it and logarithmic beyond; None for a linear axis.
    """

    @look()
    def __init__(self, ax, names, values=None, *, linthresh=1.0, ylim=None, **words):
        require(values is not None or ylim is not None, "ylim", ylim, "given where values is None")
        self.ax, self.at = ax, np.arange(len(names))
        hollow = {"markerfacecolor": "white", "markeredgecolor": RED, "markersize": 5}
        ax.axhline(0, color=GREY, linewidth=0.8)
        (self.stems,) = ax.plot([], [], color=BLUE, linewidth=2)
        (self.heads,) = ax.plot([], [], "o", color=BLUE, markersize=5)
        (self.zeros,) = ax.plot([], [], "o", **hollow)
        values = None if values is None else positions("values", values, 1)
        if ylim is None:
            top = largest(values) * (1.1 if linthresh is None else 1.5)
            ylim = (-top, top)
        if linthresh is not None:
            ax.set_yscale("symlog", linthresh=linthresh)
            ticks(ax.yaxis, _symmetric(linthresh, max(np.abs(ylim))))
        ax.set(xlim=(-0.7, len(names) - 0.3), ylim=ylim)
        ticks(ax.xaxis, self.at, names)
        moving = [self.stems, self.heads, self.zeros]
        self._finish(moving, [(values, 1)], words, title="Coefficients", y="value")

    def show(self, values):
        """Draw these values, (d,)."""
        values = as_array(values)
        stems = np.stack([np.zeros_like(values), values], 1)
        self.stems.set_data(*one_line(self.at[:, None], stems))
        zero = values == 0
        self.heads.set_data(self.at[~zero], values[~zero])
        self.zeros.set_data(self.at[zero], values[zero])


def _symmetric(linthresh: float, top: float) -> list[float]:
    """At most nine ticks: 0, and on both sides decades from linthresh on."""
    first, last = int(np.ceil(np.log10(linthresh))), int(np.floor(np.log10(max(top, linthresh))))
    decades = [10.0**n for n in range(first, last + 1)][:: 1 + (last - first) // 4]
    return [*(-value for value in reversed(decades)), 0.0, *decades]


class Histogram(Panel):
    """Draw counts of weights on a log axis, one outline per group; exact zeros are a spike at 0.

    - counts: name → (..., bins), without the zeros. The outermost bins hold what lies beyond them
      too; they are shaded and named "≤" and "≥".
    - edges (bins + 1,).
    - zeros (...): exact zeros of all groups together, among `total` weights.
    """

    @look()
    def __init__(self, ax, counts, edges, *, zeros=0, total=None, **words):
        self.ax, self.edges, self.zeros = ax, as_array(edges), as_array(zeros)
        self.counts = {name: positions(name, values, 1) for name, values in counts.items()}
        all_of_them = self.zeros + sum(values.sum(-1) for values in self.counts.values())
        self.total = total or int(np.max(all_of_them))
        self.outlines = {}
        for i, name in enumerate(counts):
            kind = {key: role(name, i)[key] for key in ("color", "linestyle")}
            outline = {"baseline": 0.5, "linewidth": 1.6, "label": name} | kind
            self.outlines[name] = ax.stairs(np.ones(len(self.edges) - 1), self.edges, **outline)
        (self.spike,) = ax.plot([], [], color=INK, linewidth=3, solid_capstyle="butt")
        corner = {"transform": ax.transAxes, "ha": "right", "va": "top"}
        self.text = ax.text(0.98, 0.97, "", fontsize=SMALL, color=INK, **corner)
        highest = max(largest(values) for values in (*self.counts.values(), self.zeros))
        blank = np.max(all_of_them) == 0  # `show` fills it
        logarithmic(ax.yaxis, 0.5, 10 * (self.total if blank else highest))  # room for the text
        low, high = self.edges[[0, -1]]
        ax.set_xlim(low, high)
        at = np.linspace(low, high, 5)
        names = [plain(float(f"{value:.2g}")) for value in at]
        for end, sign, outer in ((0, "≤", self.edges[:2]), (-1, "≥", self.edges[-2:])):
            if at[end] != 0:  # sizes and activations have nothing below 0
                names[end] = f"{sign} {names[end]}"
                ax.axvspan(*outer, color=GREY, alpha=0.15, linewidth=0)
        ticks(ax.xaxis, at, names)
        moving = [*self.outlines.values(), self.spike, self.text]
        self._finish(moving, [], words, title="Weights", x="weight", y="count")

    def update(self, *index):
        counts = {name: pick(values, 1, index) for name, values in self.counts.items()}
        self._draw(counts, int(pick(self.zeros, 0, index)), self.total)

    def _draw(self, counts, zeros, total):
        for name, values in counts.items():
            self.outlines[name].set_data(np.maximum(values, 0.5))
        self.spike.set_data([0, 0], [0.5, max(zeros, 0.5)])
        self.text.set_text(f"{zeros:,} of {total:,}\nexactly 0")


class WeightHistogram(Histogram):
    """Count weights and draw the counts as `Histogram` does.

    - weights: name → (..., any shape); None: `show` draws them later, and `reach` and `total` are
      needed.
    - controls: how many leading axes are slider positions.
    - reach: the bins' ends (low, high), or one number for ± it; all weights lie within unless
      given.
    - total: how many weights there are.
    """

    def __init__(self, ax, weights, *, controls=1, reach=None, bins=41, total=None, **words):
        given = {
            name: np.zeros((1,) * controls + (0,)) if w is None else positions(name, w, controls)
            for name, w in weights.items()
        }
        reach = max(map(largest, given.values())) if reach is None else reach
        low, high = (-reach, reach) if np.ndim(reach) == 0 else reach
        edges = np.linspace(low, high, bins + 1)
        flat = {name: w.reshape(*w.shape[:controls], -1) for name, w in given.items()}
        counts = {name: np.apply_along_axis(_count, -1, w, edges) for name, w in flat.items()}
        zeros = sum((w == 0).sum(-1) for w in flat.values())
        total = total or sum(w.shape[-1] for w in flat.values())
        super().__init__(ax, counts, edges, zeros=zeros, total=total, **words)

    def show(self, weights):
        """Draw the counts of these weights, name → any shape."""
        flat = {name: as_array(w).ravel() for name, w in weights.items()}
        zeros = sum(int((w == 0).sum()) for w in flat.values())
        counts = {name: _count(w, self.edges) for name, w in flat.items()}
        self._draw(counts, zeros, sum(map(len, flat.values())))


def _count(w: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Count the finite weights that are not 0, (bins,); those beyond the ends in the outermost."""
    inside = np.clip(w[np.isfinite(w) & (w != 0)], edges[0], edges[-1])
    return np.histogram(inside, edges)[0]


class Bars(Panel):
    """Draw one horizontal bar per name with its value beside it, or in it where it is long.

    - names: of the d values.
    - values (..., d).
    - top: where the axis ends; form: how a value is written.
    """

    @look()
    def __init__(self, ax, names, values, *, top=1.0, form="{:.0%}", **words):
        self.ax, self.form, self.top, at = ax, form, top, np.arange(len(names))
        self.bars = ax.barh(at, np.zeros(len(names)), color=BLUE, height=0.65).patches
        self.texts = [ax.text(0, i, "", va="center", fontsize=SMALL, parse_math=False) for i in at]
        ticks(ax.yaxis, at, names)
        ax.set(xlim=(0, top), ylim=(len(names) - 0.4, -0.6))
        if form.endswith("%}") and top == 1:
            ticks(ax.xaxis, [0, 0.25, 0.5, 0.75, 1])
        values = [(positions("values", values, 1), 1)]
        self._finish([*self.bars, *self.texts], values, words, x="share")

    def show(self, values):
        """Draw these values, (d,); NaN is an empty bar."""
        for bar, text, value in zip(self.bars, self.texts, as_array(values)):
            width = np.nan_to_num(value)
            long = width > 0.8 * self.top
            bar.set_width(width)
            text.set(x=width, color="white" if long else INK, ha="right" if long else "left")
            text.set_text(f" {self.form.format(value)} ".replace("-", "−"))


class PenaltyGeometry(Panel):
    """Draw contours of a quadratic loss over (w₁, w₂), and the penalty's ball the solution touches.

    - curvature (2, 2), centre (2,): of the loss ½(w − c)ᵀA(w − c).
    - kind: "L1" draws a diamond, "L2" a disc.
    - path (K, 2): the solution at each λ; those before the slider's are its trail.
    - control: whose position is the solution's.
    """

    @look()
    def __init__(self, ax, curvature, centre, kind, path, *, control=-1, **words):
        self.ax, self.kind, self.control = ax, kind, control
        self.path = positions("path", path, 2)
        self.curvature, self.centre = as_array(curvature), as_array(centre)
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
        (self.trail,) = ax.plot([], [], linewidth=1.5, **(kinds | {"marker": ""}))
        (self.level,) = ax.plot([], [], color=INK, linewidth=1.2)
        (self.point,) = ax.plot([], [], "o", color=INK, markersize=6)
        ax.set_aspect("equal")
        ax.set_xlim(grid[0], grid[-1])
        ax.set_ylim(grid[0], grid[-1])
        angles = np.linspace(0, 2 * np.pi, 181)
        self.circle = np.stack([np.cos(angles), np.sin(angles)], 1)
        moving = [self.ball, self.trail, self.level, self.point]
        self._finish(moving, [], words, title=kind, x="w₁", y="w₂")

    def update(self, *index):
        k, _ = self._split(index)
        w, order = self.path[k], 1 if self.kind == "L1" else 2
        shape = self.circle / np.linalg.norm(self.circle, ord=order, axis=1, keepdims=True)
        self.ball.set_xy(shape * np.linalg.norm(w, ord=order))
        # The contour through w: A = LLᵀ maps it to a circle of radius √(2·loss).
        radius = np.sqrt((w - self.centre) @ self.curvature @ (w - self.centre))
        lower = np.linalg.cholesky(self.curvature)
        ellipse = radius * np.linalg.solve(lower.T, self.circle.T)
        self.level.set_data(*(self.centre[:, None] + ellipse))
        self.trail.set_data(*self.path[: k + 1].T)
        self.point.set_data([w[0]], [w[1]])
