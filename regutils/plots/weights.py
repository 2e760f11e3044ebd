"""Panels of weights: stems, histograms, bars, the geometry of a penalty."""

import numpy as np

from ..results import as_array
from . import style
from .style import ROLES, Panel, look, looks, one_line, ticks


class Coefficients(Panel):
    """Draw one stem per coefficient, exact zeros hollow.

    - names: of the d coefficients; values (..., d).
    - linthresh: the axis is linear up to it and logarithmic beyond; None for a linear axis.
    """

    @look()
    def __init__(self, ax, names, values, *, linthresh=1.0, **words):
        self.ax, self.at, values = ax, np.arange(len(names)), as_array(values)
        ax.axhline(0, color=style.GREY, linewidth=0.8)
        (self.stems,) = ax.plot([], [], color=style.BLUE, linewidth=2)
        (self.heads,) = ax.plot([], [], "o", color=style.BLUE, markersize=5)
        (self.zeros,) = ax.plot([], [], **style.HOLLOW)
        top = style.largest(values)
        if linthresh is not None:
            ax.set_yscale("symlog", linthresh=linthresh)
            above = style.rounded(linthresh, max(top, linthresh))
            above = above[:: 1 + len(above) // 5]
            ticks(ax.yaxis, [*(-value for value in reversed(above)), 0.0, *above])
        scale = ax.yaxis.get_transform()  # the margin is a share of the height as it is drawn
        (top,) = scale.inverted().transform(1.12 * scale.transform([top]))
        ax.set(xlim=(-0.7, len(names) - 0.3), ylim=(-top, top))
        ticks(ax.xaxis, self.at, names)
        moving = [self.stems, self.heads, self.zeros]
        self._finish(moving, [(values, 1)], words, title="Coefficients", y="value")

    def show(self, values):
        """Draw these values, (d,)."""
        stems = np.stack([np.zeros_like(values), values], 1)
        self.stems.set_data(*one_line(self.at[:, None], stems))
        zero = values == 0
        self.heads.set_data(self.at[~zero], values[~zero])
        self.zeros.set_data(self.at[zero], values[zero])


class Histogram(Panel):
    """Draw counts of weights on a log axis, one outline per group; exact zeros are a spike at 0.

    - counts: name → (..., bins), without the zeros. The outermost bins hold what lies beyond them
      too; they are shaded and named "≤" and "≥".
    - edges (bins + 1,).
    - zeros (...): exact zeros of all groups together, among `total` weights.
    """

    @look()
    def __init__(self, ax, counts, edges, *, zeros, total, **words):
        self.ax, self.edges, self.total = ax, as_array(edges), total
        zeros, *groups = as_array(zeros), *(as_array(each) for each in counts.values())
        self.outlines = {}
        for name, kind in looks(list(counts)).items():
            kind = {"edgecolor": kind["color"], "linestyle": kind["linestyle"], "label": name}
            outline = ax.stairs(self.edges[1:], self.edges, baseline=0.5, linewidth=1.6, **kind)
            self.outlines[name] = outline
        (self.spike,) = ax.plot([], [], color=style.INK, linewidth=3, solid_capstyle="butt")
        corner = {"transform": ax.transAxes, "ha": "right", "va": "top"}
        self.text = ax.text(0.98, 0.97, "", fontsize=style.SMALL, color=style.INK, **corner)
        highest = max(map(style.largest, (zeros, *groups)))
        style.logarithmic(ax.yaxis, 0.5, 10 * highest)  # room for the text
        low, high = self.edges[[0, -1]]
        ax.set_xlim(low, high)
        at = np.linspace(low, high, 5)
        names = [style.plain(float(f"{value:.2g}")) for value in at]
        ticks(ax.xaxis, at, [f"≤ {names[0]}", *names[1:-1], f"≥ {names[-1]}"])
        for outer in (self.edges[:2], self.edges[-2:]):
            ax.axvspan(*outer, color=style.GREY, alpha=0.15, linewidth=0)
        moving = [*self.outlines.values(), self.spike, self.text]
        values = [(zeros, 0), *((each, 1) for each in groups)]
        self._finish(moving, values, words, title="Weights", x="weight", y="count")

    def show(self, zeros, *counts):
        """Draw these counts, of exact zeros and of each group, (bins,)."""
        for outline, values in zip(self.outlines.values(), counts):
            outline.set_data(np.maximum(values, 0.5))
        self.spike.set_data([0, 0], [0.5, max(zeros, 0.5)])
        self.text.set_text(f"{int(zeros):,} of {self.total:,}\nexactly 0")


class WeightHistogram(Histogram):
    """Count weights and draw the counts as `Histogram` does.

    - weights: name → (..., any shape).
    - controls: how many leading axes are slider positions.
    - reach: of the bins to both sides; all weights lie within unless given.
    """

    def __init__(self, ax, weights, *, controls=1, reach=None, **words):
        given = [as_array(w) for w in weights.values()]
        flat = [w.reshape(*w.shape[:controls], -1) for w in given]
        reach = max(map(style.largest, flat)) if reach is None else reach
        edges = np.linspace(-reach, reach, 42)
        counts = [np.apply_along_axis(_count, -1, w, edges) for w in flat]
        zeros, total = sum((w == 0).sum(-1) for w in flat), sum(w.shape[-1] for w in flat)
        counts = dict(zip(weights, counts))
        super().__init__(ax, counts, edges, zeros=zeros, total=total, **words)

    def show_weights(self, weights):
        """Draw the counts of these weights of the only group, of any shape."""
        w = as_array(weights)
        self.show((w == 0).sum(), _count(w, self.edges))


def _count(w: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Count the finite weights that are not 0, (bins,); those beyond the ends in the outermost."""
    inside = np.clip(w[np.isfinite(w) & (w != 0)], edges[0], edges[-1])
    return np.histogram(inside, edges)[0]


class Bars(Panel):
    """Draw one horizontal bar per name with its value beside it, or in it where it is long.

    - names: of the d values; values (..., d).
    - top: where the axis ends; form: how a value is written.
    """

    @look()
    def __init__(self, ax, names, values, *, top=1.0, form="{:.0%}", **words):
        self.ax, self.form, self.top, at = ax, form, top, np.arange(len(names))
        self.bars = ax.barh(at, np.zeros(len(names)), color=style.BLUE, height=0.65).patches
        kind = {"va": "center", "fontsize": style.SMALL, "parse_math": False}
        self.texts = [ax.text(0, i, "", **kind) for i in at]
        ticks(ax.yaxis, at, names)
        ax.set(xlim=(0, top), ylim=(len(names) - 0.4, -0.6))
        values = [(as_array(values), 1)]
        self._finish([*self.bars, *self.texts], values, words, x="share")

    def show(self, values):
        """Draw these values, (d,); NaN is an empty bar."""
        for bar, text, value in zip(self.bars, self.texts, values):
            width = np.nan_to_num(value)
            long = width > 0.8 * self.top
            bar.set_width(width)
            text.set(x=width, color="white" if long else style.INK, ha="right" if long else "left")
            text.set_text(f" {self.form.format(value)} ".replace("-", "−"))


class PenaltyGeometry(Panel):
    """Draw contours of a quadratic loss over (w₁, w₂), and the penalty's ball the solution touches.

    - curvature (2, 2), centre (2,): of the loss ½(w − c)ᵀA(w − c).
    - kind: "L1" draws a diamond, "L2" a disc.
    - path (K, 2): the solution at each λ; those before the slider's are its trail.
    """

    @look()
    def __init__(self, ax, curvature, centre, kind, path, **words):
        self.ax, self.kind, self.path = ax, kind, as_array(path)
        self.curvature, self.centre = as_array(curvature), as_array(centre)
        reach = 1.35 * np.abs(self.centre).max()
        grid = np.linspace(-reach, 1.3 * reach, 201)
        w = np.stack(np.meshgrid(grid, grid), -1) - self.centre
        loss = 0.5 * np.einsum("...i,ij,...j", w, self.curvature, w)
        levels = loss.max() * np.linspace(0.03, 1, 9) ** 2
        ax.contour(grid, grid, loss, levels=levels, colors=style.GREY, linewidths=0.7)
        ax.axhline(0, color=style.INK, linewidth=0.6)
        ax.axvline(0, color=style.INK, linewidth=0.6)
        ax.plot(*self.centre, "x", color=style.INK, markersize=6)
        look_of_it = ROLES[kind] | {"marker": ""}
        (self.ball,) = ax.fill([0], [0], alpha=0.25, linewidth=1.5, color=look_of_it["color"])
        (self.trail,) = ax.plot([], [], linewidth=1.5, **look_of_it)
        (self.level,) = ax.plot([], [], color=style.INK, linewidth=1.2)
        (self.point,) = ax.plot([], [], "o", color=style.INK, markersize=6)
        ax.set_aspect("equal")
        ax.set(xlim=grid[[0, -1]], ylim=grid[[0, -1]])
        angles = np.linspace(0, 2 * np.pi, 181)
        self.circle = np.stack([np.cos(angles), np.sin(angles)], 1)
        moving = [self.ball, self.trail, self.level, self.point]
        self._finish(moving, [], words, title=kind, x="w₁", y="w₂")

    def update(self, *index):
        k = index[-1] if index else 0
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
