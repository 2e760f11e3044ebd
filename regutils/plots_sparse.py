"""Panels for sparse models, in the manner of `plots`: paths, connections, shares, the balance behind a zero."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

from .plots import BLUE, CYCLE, GREY, INK, RED, label, limits, strength_axis


class Paths:
    """One line per coefficient against λ, named at its left end; `update(k)` marks value k of λ, (k, values) redraws.

    values (K, d) for lams (K,) and d names; a coefficient that is exactly 0 at the mark shows a hollow dot. Limits
    hold `values`, or the wider `span` given.
    """

    def __init__(self, ax: Axes, lams, names: Sequence[str], values, *, span=None, title="", y="coefficient"):
        self.ax, self.lams, self.values = ax, np.asarray(lams, dtype=float), np.asarray(values, dtype=float)
        self.lines = []
        for i in range(len(names)):
            look = CYCLE[i % len(CYCLE)] | {"linewidth": 1.1 + 0.9 * (i < len(CYCLE))}
            self.lines += ax.plot(self.lams, self.values[:, i], **look)
        self.marker = ax.axvline(self.lams[0], color=INK, linewidth=1)
        (self.dots,) = ax.plot([], [], "o", color=INK, markersize=4)
        (self.zeros,) = ax.plot([], [], "o", markerfacecolor="white", markeredgecolor=RED, markersize=5)
        self.artists = [*self.lines, self.marker, self.dots, self.zeros]
        ax.axhline(0, color=GREY, linewidth=0.8)
        strength_axis(ax, self.lams)
        low, high = limits(self.values if span is None else span)
        ax.set_ylim(low, high)
        # Names stand clear of each other: pushed up from below, then down from the top.
        order, gap = np.argsort(self.values[0]), 0.062 * (high - low)
        at = self.values[0][order].copy()
        for i in range(1, len(at)):
            at[i] = max(at[i], at[i - 1] + gap)
        at[-1] = min(at[-1], high - gap / 2)
        for i in range(len(at) - 2, -1, -1):
            at[i] = min(at[i], at[i + 1] - gap)
        for height, i in zip(at, order):
            ax.annotate(names[i], (0, height), xycoords=("axes fraction", "data"), xytext=(4, 0), fontsize=7.5,
                        textcoords="offset points", va="center", color=CYCLE[i % len(CYCLE)]["color"])
        left, right = ax.get_xlim()
        ax.set_xlim(left - 1.6 * self.lams[self.lams > 0].min(), right)
        label(ax, title, "λ", y)

    def update(self, k: int, values=None) -> None:
        if values is not None:
            self.values = np.asarray(values, dtype=float)
            for line, path in zip(self.lines, self.values.T):
                line.set_ydata(path)
        now, lam = self.values[k], self.lams[k]
        self.marker.set_xdata([lam] * 2)
        self.dots.set_data([lam] * int((now != 0).sum()), now[now != 0])
        self.zeros.set_data([lam] * int((now == 0).any()), [0.0] * int((now == 0).any()))


class Connections:
    """Counts per pixel on a logarithmic colour scale, none at all in white; `update(counts)` with (rows, columns)."""

    def __init__(self, ax: Axes, shape: tuple[int, int], low: float, high: float, *, title="", bar=""):
        self.ax = ax
        colours = colormaps["viridis_r"].with_extremes(bad="white", under="white")
        self.image = ax.imshow(np.full(shape, high), cmap=colours, norm=LogNorm(low, high))
        self.artists = [self.image]
        ax.grid(False)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[["top", "right"]].set_visible(True)
        label(ax, title, "", "")
        scale = ax.figure.colorbar(self.image, ax=ax, shrink=0.8, format="%g")
        scale.set_label(bar, fontsize=8)
        scale.ax.tick_params(labelsize=8)

    def update(self, counts) -> None:
        counts = np.asarray(counts, dtype=float)
        self.image.set_data(np.ma.masked_equal(counts, 0))


class Shares:
    """Horizontal bars between 0 and 1, one per name, with their percentages; `update(values)` with (d,)."""

    def __init__(self, ax: Axes, names: Sequence[str], *, title="", x="share"):
        self.ax = ax
        self.bars = ax.barh(range(len(names)), np.zeros(len(names)), height=0.7, color=BLUE).patches
        self.words = [ax.text(0, i, "", fontsize=7.5, va="center", color=INK) for i in range(len(names))]
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
        (self.zeros,) = ax.plot([], [], "o", markerfacecolor="none", markeredgecolor=RED, markersize=4, alpha=0.35,
                                label="exactly 0")
        (self.kept,) = ax.plot([], [], ".", color=BLUE, markersize=6, label="kept")
        self.artists = [self.zeros, self.kept]
        ax.set_xlim(-edge, edge)
        ax.set_ylim(-1.9, 1.9)
        label(ax, title, "weight", "pull of the data / λ", legend=True, loc="lower right")

    def update(self, w, pull) -> None:
        w, pull = np.asarray(w, dtype=float).ravel(), np.asarray(pull, dtype=float).ravel()
        self.zeros.set_data(w[w == 0], pull[w == 0])
        self.kept.set_data(w[w != 0], pull[w != 0])
