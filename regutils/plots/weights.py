"""Panels of weights: stems, histograms, bars, the geometry of a penalty, the balance behind a zero."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from .style import BLUE, CYCLE, GREY, INK, RED, label, style


class Coefficients:
    """One bar-like stem per coefficient on a symmetric log scale, exact zeros hollow; `update(values)` with (d,)."""

    def __init__(
        self,
        ax: Axes,
        names: Sequence[str],
        top: float,
        *,
        linthresh: float = 1.0,
        title="Coefficients",
    ):
        self.ax, self.at = ax, np.arange(len(names))
        ax.axhline(0, color=GREY, linewidth=0.8)
        (self.stems,) = ax.plot([], [], color=BLUE, linewidth=2)
        (self.heads,) = ax.plot([], [], "o", color=BLUE, markersize=5)
        (self.zeros,) = ax.plot(
            [], [], "o", markerfacecolor="white", markeredgecolor=RED, markersize=5
        )
        self.artists = [self.stems, self.heads, self.zeros]
        ax.set_yscale("symlog", linthresh=linthresh)
        ax.set_ylim(-top * 1.5, top * 1.5)
        ax.set_xlim(-0.7, len(names) - 0.3)
        ax.set_xticks(self.at, names)
        label(ax, title, "", "value")

    def update(self, values) -> None:
        values = np.asarray(values, dtype=float)
        stem = np.stack([np.zeros_like(values), values, np.full_like(values, np.nan)], 1)
        self.stems.set_data(np.repeat(self.at, 3), stem.ravel())
        zero = values == 0
        self.heads.set_data(self.at[~zero], values[~zero])
        self.zeros.set_data(self.at[zero], values[zero])


class WeightHistogram:
    """Counts of weights on a log axis, one outline per group, exact zeros counted in words and as a spike at 0.

    `update({name: weights of any shape})`, with the names given at the start. Weights beyond `edge` count in the
    outermost bins.
    """

    def __init__(
        self,
        ax: Axes,
        names: Sequence[str],
        edge: float,
        total: int,
        *,
        bins: int = 41,
        title="Weights",
    ):
        self.ax, self.edges = ax, np.linspace(-edge, edge, bins + 1)
        self.steps = {}
        for i, name in enumerate(names):
            look = {"baseline": 0.5, "linewidth": 1.6, "label": name} | style(name, i)
            self.steps[name] = ax.stairs(np.ones(bins), self.edges, **look)
        (self.spike,) = ax.plot([], [], color=INK, linewidth=3, solid_capstyle="butt")
        self.words = ax.text(
            0.98, 0.97, "", transform=ax.transAxes, ha="right", va="top", fontsize=8, color=INK
        )
        self.artists = [*self.steps.values(), self.spike, self.words]
        ax.set_yscale("log")
        ax.set_ylim(0.5, total * 4)
        ax.set_xlim(-edge, edge)
        label(ax, title, "weight", "count", legend=len(names) > 1, loc="upper left")

    def update(self, weights: Mapping[str, np.ndarray]) -> None:
        flat = {name: np.asarray(w, dtype=float).ravel() for name, w in weights.items()}
        for name, w in flat.items():
            inside = np.clip(w[np.isfinite(w) & (w != 0)], self.edges[0], self.edges[-1])
            self.steps[name].set_data(np.maximum(np.histogram(inside, self.edges)[0], 0.5))
        zeros = sum(int((w == 0).sum()) for w in flat.values())
        self.spike.set_data([0, 0], [0.5, max(zeros, 0.5)])
        self.words.set_text(f"{zeros:,} of {sum(map(len, flat.values())):,}\nexactly 0")


class PenaltyGeometry:
    """Contours of a quadratic loss over (w₁, w₂), and the penalty's ball that the solution touches.

    curvature (2, 2) and centre (2,) give the loss ½(w − c)ᵀA(w − c); `update(w, path)` with the solution (2,) and
    the solutions for smaller λ (n, 2). kind: "L1" draws a diamond, "L2" a disc.
    """

    def __init__(self, ax: Axes, curvature, centre, kind: str, *, title="", x="w₁", y="w₂"):
        self.ax, self.kind = ax, kind
        self.A, self.centre = np.asarray(curvature, dtype=float), np.asarray(centre, dtype=float)
        reach = 1.35 * np.abs(self.centre).max()
        grid = np.linspace(-reach, 1.3 * reach, 201)
        w = np.stack(np.meshgrid(grid, grid), -1) - self.centre
        loss = 0.5 * np.einsum("...i,ij,...j", w, self.A, w)
        ax.contour(
            grid,
            grid,
            loss,
            levels=loss.max() * np.linspace(0.03, 1, 9) ** 2,
            colors=GREY,
            linewidths=0.7,
        )
        ax.axhline(0, color=INK, linewidth=0.6)
        ax.axvline(0, color=INK, linewidth=0.6)
        ax.plot(*self.centre, "x", color=INK, markersize=6)
        color = style(kind)["color"]
        (self.ball,) = ax.fill(
            [0], [0], facecolor=color, alpha=0.25, edgecolor=color, linewidth=1.5
        )
        (self.trail,) = ax.plot([], [], linewidth=1.5, **style(kind))
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
        w = np.asarray(w, dtype=float)
        order = 1 if self.kind == "L1" else 2
        shape = self.circle / np.linalg.norm(self.circle, ord=order, axis=1, keepdims=True)
        self.ball.set_xy(shape * np.linalg.norm(w, ord=order))
        # The contour through w: A = LLᵀ maps it to a circle of radius √(2·loss).
        radius = np.sqrt((w - self.centre) @ self.A @ (w - self.centre))
        ellipse = radius * np.linalg.solve(np.linalg.cholesky(self.A).T, self.circle.T)
        self.level.set_data(*(self.centre[:, None] + ellipse))
        self.trail.set_data(*np.asarray(path, dtype=float).reshape(-1, 2).T)
        self.point.set_data([w[0]], [w[1]])


class Shares:
    """Horizontal bars between 0 and 1, one per name, with their percentages; `update(values)` with (d,)."""

    def __init__(self, ax: Axes, names: Sequence[str], *, title="", x="share"):
        self.ax = ax
        self.bars = ax.barh(range(len(names)), np.zeros(len(names)), height=0.7, color=BLUE).patches
        self.words = [
            ax.text(0, i, "", fontsize=7.5, va="center", color=INK) for i in range(len(names))
        ]
        self.artists = [*self.bars, *self.words]
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.set_xlim(0, 1.13)
        label(ax, title, x, "")

    def update(self, values) -> None:
        for bar, word, value in zip(self.bars, self.words, np.asarray(values, dtype=float)):
            bar.set_width(value)
            word.set_x(value + 0.015)
            word.set_text(f"{value:.0%}")


class Balance:
    """The data loss's downhill pull on each weight, in units of λ, against the weight; `update(w, pull)`, any shape.

    At an L1 minimum weights that are not 0 lie on the lines +1 and −1 (data and penalty pull equally hard), and
    exact zeros (hollow) lie between them.
    """

    def __init__(self, ax: Axes, edge: float, *, title=""):
        self.ax = ax
        ax.axhspan(-1, 1, color=GREY, alpha=0.12, linewidth=0)
        for side in (-1, 1):
            ax.axhline(side, color=GREY, linewidth=1, linestyle="--")
        (self.zeros,) = ax.plot(
            [],
            [],
            "o",
            markerfacecolor="none",
            markeredgecolor=RED,
            markersize=4,
            alpha=0.35,
            label="exactly 0",
        )
        (self.kept,) = ax.plot([], [], ".", color=BLUE, markersize=6, label="kept")
        self.artists = [self.zeros, self.kept]
        ax.set_xlim(-edge, edge)
        ax.set_ylim(-1.9, 1.9)
        label(ax, title, "weight", "pull of the data / λ", legend=True, loc="lower right")

    def update(self, w, pull) -> None:
        w, pull = np.asarray(w, dtype=float).ravel(), np.asarray(pull, dtype=float).ravel()
        self.zeros.set_data(w[w == 0], pull[w == 0])
        self.kept.set_data(w[w != 0], pull[w != 0])


class LayerHistograms:
    """Histograms that were counted already, one outline per layer on one axis; `update({layer: counts (bins,)})`.

    edges (bins + 1,). Exact zeros are not among the counts.
    """

    def __init__(
        self,
        ax: Axes,
        names: Sequence[str],
        edges,
        top: float,
        *,
        title="Weights, layer by layer",
        x="weight, in units of its layer's 1/√inputs",
    ):
        edges = np.asarray(edges, dtype=float)
        blank = np.full(len(edges) - 1, 0.5)
        self.steps = {
            name: ax.stairs(blank, edges, baseline=0.5, linewidth=1.4, label=name, **CYCLE[i])
            for i, name in enumerate(names)
        }
        self.artists = list(self.steps.values())
        ax.set_yscale("log")
        ax.set_ylim(0.7, top * 40)
        ax.set_xlim(edges[0], edges[-1])
        label(ax, title, x, "count", legend=True, loc="upper left", ncols=2, handlelength=1.6)

    def update(self, counts) -> None:
        for name, values in counts.items():
            self.steps[name].set_data(np.maximum(np.asarray(values, dtype=float), 0.5))


class Bars:
    """One horizontal bar per name with its value beside it, as `form` writes it; `update(values)`, (len(names),)."""

    def __init__(
        self, ax: Axes, names: Sequence[str], top: float, *, form: str = "{:.2f}", title="", x=""
    ):
        self.form = form
        self.bars = ax.barh(np.arange(len(names)), np.zeros(len(names)), color=BLUE, height=0.6)
        self.words = [
            ax.text(0, i, "", va="center", fontsize=8, color=INK) for i in range(len(names))
        ]
        self.artists = [*self.bars, *self.words]
        ax.set_yticks(np.arange(len(names)), names)
        ax.invert_yaxis()
        ax.set_xlim(0, top * 1.25)
        label(ax, title, x, "")

    def update(self, values) -> None:
        for bar, word, value in zip(self.bars, self.words, values):
            bar.set_width(value)
            word.set_text(" " + self.form.format(value))
            word.set_x(value)
