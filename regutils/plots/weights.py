"""Panels of weights: stems, histograms, bars, the geometry of a penalty, the balance of a zero."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from ..arguments import require
from ..results import as_array
from .style import (
    BLUE,
    GREY,
    INK,
    RED,
    SMALL,
    label,
    legend,
    limits,
    logarithmic,
    look,
    pick,
    plain,
    positions,
    role,
    ticks,
)


class Coefficients:
    """Draw one stem per coefficient, exact zeros hollow.

    - names: of the d coefficients.
    - values (..., d); None: `show` draws them later, and `ylim` is needed.
    - linthresh: the axis is linear up to it and logarithmic beyond; None for a linear axis.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        names: Sequence[str],
        values=None,
        *,
        linthresh: float | None = 1.0,
        ylim: tuple[float, float] | None = None,
        title: str = "Coefficients",
        x: str = "",
        y: str = "value",
    ):
        require(values is not None or ylim is not None, "ylim", ylim, "given where values is None")
        self.ax, self.at = ax, np.arange(len(names))
        hollow = {"markerfacecolor": "white", "markeredgecolor": RED, "markersize": 5}
        ax.axhline(0, color=GREY, linewidth=0.8)
        (self.stems,) = ax.plot([], [], color=BLUE, linewidth=2)
        (self.heads,) = ax.plot([], [], "o", color=BLUE, markersize=5)
        (self.zeros,) = ax.plot([], [], "o", **hollow)
        self.artists = [self.stems, self.heads, self.zeros]
        self.values = None if values is None else positions("values", values, 1)
        if ylim is None:
            found = self.values[np.isfinite(self.values)]
            top = np.abs(found).max(initial=0.0) or 1.0
            ylim = (-top * 1.1, top * 1.1) if linthresh is None else (-top * 1.5, top * 1.5)
        if linthresh is not None:
            ax.set_yscale("symlog", linthresh=linthresh)
            ticks(ax.yaxis, _symmetric(linthresh, max(np.abs(ylim))))
        ax.set_ylim(*ylim)
        ax.set_xlim(-0.7, len(names) - 0.3)
        ticks(ax.xaxis, self.at, names)
        label(ax, title, x, y)
        self.update()

    def update(self, *index: int) -> None:
        if self.values is not None:
            self.show(pick(self.values, 1, index))

    def show(self, values) -> None:
        """Draw these values, (d,)."""
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


class Histogram:
    """Draw counts of weights on a log axis, one outline per group; exact zeros are a spike at 0.

    - counts: name → (..., bins), without the zeros. The outermost bins hold what lies beyond them
      too; they are shaded and named "≤" and "≥".
    - edges (bins + 1,).
    - zeros (...): exact zeros of all groups together, among `total` weights.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        counts: Mapping,
        edges,
        *,
        zeros=0,
        total: int | None = None,
        title: str = "Weights",
        x: str = "weight",
        y: str = "count",
        loc: str | None = "above",
    ):
        self.ax, self.edges = ax, as_array(edges)
        self.counts = {name: positions(name, values, 1) for name, values in counts.items()}
        self.zeros = as_array(zeros)
        if total is None:
            most = sum(values.sum(-1) for values in self.counts.values())
            total = int(np.max(most + self.zeros))
        self.total = total
        self.steps = {}
        for i, name in enumerate(counts):
            kind = {key: role(name, i)[key] for key in ("color", "linestyle")}
            outline = {"baseline": 0.5, "linewidth": 1.6, "label": name} | kind
            self.steps[name] = ax.stairs(np.ones(len(self.edges) - 1), self.edges, **outline)
        (self.spike,) = ax.plot([], [], color=INK, linewidth=3, solid_capstyle="butt")
        corner = {"transform": ax.transAxes, "ha": "right", "va": "top"}
        self.words = ax.text(0.98, 0.97, "", fontsize=SMALL, color=INK, **corner)
        self.artists = [*self.steps.values(), self.spike, self.words]
        highest = max([*(v.max(initial=1) for v in self.counts.values()), self.zeros.max(), 1])
        known = any(values.any() for values in self.counts.values()) or self.zeros.any()
        # A decade of room above for the words.
        logarithmic(ax.yaxis, 0.5, 10 * (highest if known else max(total, 1)))
        low, high = self.edges[[0, -1]]
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
        if len(counts) > 1:
            self.artists += legend(ax, loc)
        self.update()

    def update(self, *index: int) -> None:
        counts = {name: pick(values, 1, index) for name, values in self.counts.items()}
        self._draw(counts, int(pick(self.zeros, 0, index)), self.total)

    def _draw(self, counts: Mapping, zeros: int, total: int) -> None:
        for name, values in counts.items():
            self.steps[name].set_data(np.maximum(values, 0.5))
        self.spike.set_data([0, 0], [0.5, max(zeros, 0.5)])
        self.words.set_text(f"{zeros:,} of {total:,}\nexactly 0")


class WeightHistogram(Histogram):
    """Count weights and draw the counts as `Histogram` does.

    - weights: name → (..., any shape); None: `show` draws them later, and `reach` and `total` are
      needed.
    - controls: how many leading axes are slider positions.
    - reach: the bins' ends (low, high), or one number for ± it; all weights lie within unless
      given.
    - total: how many weights there are.
    - rest: as in `Histogram`.
    """

    def __init__(
        self,
        ax: Axes,
        weights: Mapping,
        *,
        controls: int = 1,
        reach: float | tuple[float, float] | None = None,
        bins: int = 41,
        total: int | None = None,
        **rest,
    ):
        given = {n: None if w is None else as_array(w) for n, w in weights.items()}
        known = [w for w in given.values() if w is not None]
        if reach is None:
            require(len(known) > 0, "reach", reach, "given where there are no weights yet")
            reach = max(np.abs(limits(w, margin=0.0)).max() for w in known) or 1.0
        low, high = (-reach, reach) if np.ndim(reach) == 0 else reach
        edges = np.linspace(low, high, bins + 1)
        counts, zeros, n_weights = {}, np.zeros((1,) * controls, int), 0
        for name, w in given.items():
            if w is None:
                counts[name] = np.zeros(bins, int)
                continue
            require(w.ndim >= controls, name, w.shape, f"an array with {controls} axes or more")
            flat = w.reshape(*w.shape[:controls], -1)
            counts[name] = np.apply_along_axis(_count, -1, flat, edges)
            zeros = zeros + (flat == 0).sum(-1)
            n_weights += flat.shape[-1]
        super().__init__(ax, counts, edges, zeros=zeros, total=total or n_weights, **rest)

    def show(self, weights: Mapping) -> None:
        """Draw the counts of these weights, name → any shape."""
        flat = {name: as_array(w).ravel() for name, w in weights.items()}
        zeros = sum(int((w == 0).sum()) for w in flat.values())
        counts = {name: _count(w, self.edges) for name, w in flat.items()}
        self._draw(counts, zeros, sum(map(len, flat.values())))


def _count(w: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Count the finite weights that are not 0, (bins,); those beyond the ends in the outermost."""
    inside = np.clip(w[np.isfinite(w) & (w != 0)], edges[0], edges[-1])
    return np.histogram(inside, edges)[0]


class Bars:
    """Draw one horizontal bar per name with its value beside it, or in it where it is long.

    - names: of the d values.
    - values (..., d).
    - top: where the axis ends.
    - form: how a value is written.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        names: Sequence[str],
        values,
        *,
        top: float = 1.0,
        form: str = "{:.0%}",
        title: str = "",
        x: str = "share",
    ):
        self.ax, self.form, self.top = ax, form, top
        self.values = positions("values", values, 1)
        at = np.arange(len(names))
        self.bars = ax.barh(at, np.zeros(len(names)), color=BLUE, height=0.65).patches
        self.words = [ax.text(0, i, "", va="center", fontsize=SMALL, parse_math=False) for i in at]
        self.artists = [*self.bars, *self.words]
        ticks(ax.yaxis, at, names)
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.set_xlim(0, top)
        if form.endswith("%}") and top == 1:
            ticks(ax.xaxis, [0, 0.25, 0.5, 0.75, 1])
        label(ax, title, x)
        self.update()

    def update(self, *index: int) -> None:
        for bar, word, value in zip(self.bars, self.words, pick(self.values, 1, index)):
            value = np.nan_to_num(value)
            bar.set_width(value)
            long = value > 0.8 * self.top
            word.set(x=value, color="white" if long else INK, ha="right" if long else "left")
            word.set_text(f" {self.form.format(value)} ".replace("-", "−"))


class Balance:
    """Draw the data loss's downhill pull on each weight, in units of λ, against the weight.

    At an L1 minimum weights that are not 0 lie on the lines +1 and −1 (data and penalty pull
    equally hard), and exact zeros (hollow) lie between them.

    - w, pull (..., n).
    """

    @look()
    def __init__(self, ax: Axes, w, pull, *, title: str = "", loc: str | None = "above"):
        self.ax = ax
        self.w, self.pull = positions("w", w, 1), positions("pull", pull, 1)
        ax.axhspan(-1, 1, color=GREY, alpha=0.12, linewidth=0)
        for side in (-1, 1):
            ax.axhline(side, color=GREY, linewidth=1, linestyle="--")
        hollow = {"markerfacecolor": "none", "markeredgecolor": RED, "alpha": 0.35}
        (self.zeros,) = ax.plot([], [], "o", markersize=4, label="exactly 0", **hollow)
        (self.kept,) = ax.plot([], [], ".", color=BLUE, markersize=6, label="kept")
        edge = max(np.abs(limits(self.w)))
        ax.set_xlim(-edge, edge)
        ax.set_ylim(-1.9, 1.9)
        label(ax, title, "weight", "pull of the data / λ")
        self.artists = [self.zeros, self.kept, *legend(ax, loc)]
        self.update()

    def update(self, *index: int) -> None:
        w, pull = pick(self.w, 1, index), pick(self.pull, 1, index)
        self.zeros.set_data(w[w == 0], pull[w == 0])
        self.kept.set_data(w[w != 0], pull[w != 0])


class PenaltyGeometry:
    """Draw contours of a quadratic loss over (w₁, w₂), and the penalty's ball the solution touches.

    - curvature (2, 2), centre (2,): of the loss ½(w − c)ᵀA(w − c).
    - kind: "L1" draws a diamond, "L2" a disc.
    - path (K, 2): the solution at each λ; those before the slider's are its trail.
    - control: whose position is the solution's.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        curvature,
        centre,
        kind: str,
        path,
        *,
        control: int = -1,
        title: str = "",
        x: str = "w₁",
        y: str = "w₂",
    ):
        self.ax, self.kind, self.control = ax, kind, control
        self.path = positions("path", path, 2)
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
        (self.trail,) = ax.plot([], [], linewidth=1.5, **(kinds | {"marker": ""}))
        (self.level,) = ax.plot([], [], color=INK, linewidth=1.2)
        (self.point,) = ax.plot([], [], "o", color=INK, markersize=6)
        self.artists = [self.ball, self.trail, self.level, self.point]
        ax.set_aspect("equal")
        ax.set_xlim(grid[0], grid[-1])
        ax.set_ylim(grid[0], grid[-1])
        label(ax, title or kind, x, y)
        angles = np.linspace(0, 2 * np.pi, 181)
        self.circle = np.stack([np.cos(angles), np.sin(angles)], 1)
        self.update(0)

    def update(self, *index: int) -> None:
        k = index[self.control]
        w = self.path[k]
        order = 1 if self.kind == "L1" else 2
        shape = self.circle / np.linalg.norm(self.circle, ord=order, axis=1, keepdims=True)
        self.ball.set_xy(shape * np.linalg.norm(w, ord=order))
        # The contour through w: A = LLᵀ maps it to a circle of radius √(2·loss).
        radius = np.sqrt((w - self.centre) @ self.curvature @ (w - self.centre))
        lower = np.linalg.cholesky(self.curvature)
        ellipse = radius * np.linalg.solve(lower.T, self.circle.T)
        self.level.set_data(*(self.centre[:, None] + ellipse))
        self.trail.set_data(*self.path[: k + 1].T)
        self.point.set_data([w[0]], [w[1]])
