"""Three more panels, for what `plots` does not draw: lines with dots on them, a heat map, a band of sampled curves.

As in `plots`: one class per kind of Axes, arrays in, artists out, `update(...)` moves what `artists` lists.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from .plots import GREY, INK, RED, SKY, label, style


class Overlay:
    """Lines (a formula) and dots (its simulation) over one x; `update(k)` puts the marker on x[k].

    lines, dots: name → (n,), or (n, S) for mean and ± one standard deviation. x (n,); log: logarithmic axes, of "x",
    "y" or "xy". Dots of a name that a line has too take its colour.
    """

    def __init__(self, ax: Axes, x, lines: Mapping, dots: Mapping = {}, *, log="", xlim=None, ylim=None, title="",
                 xlabel="p", ylabel="", loc="upper right", marker=True):
        self.ax, self.x, order = ax, np.asarray(x, dtype=float), list(dict.fromkeys([*lines, *dots]))
        for name, values in lines.items():
            mean, sd = _mean_sd(values)
            look = style(name, order.index(name))
            ax.plot(self.x, mean, linewidth=1.6, label=name, **look)
            if sd.any():
                ax.fill_between(self.x, mean - sd, mean + sd, color=look["color"], alpha=0.2, linewidth=0)
        for name, values in dots.items():
            mean, sd = _mean_sd(values)
            ax.errorbar(self.x, mean, sd if sd.any() else None, fmt="o", markersize=4.5, elinewidth=1,
                        color=style(name, order.index(name))["color"], label=None if name in lines else name)
        self.artists = []
        if marker:
            self.artists = [ax.axvline(self.x[0], color=INK, linewidth=1)]
        if "x" in log:
            ax.set_xscale("log")
        if "y" in log:
            ax.set_yscale("log")
        if xlim:
            ax.set_xlim(*xlim)
        ax.set_ylim(*(ylim or (None, None)))
        label(ax, title, xlabel, ylabel, legend=len(order) > 1, loc=loc)

    def update(self, k: int) -> None:
        self.artists[0].set_xdata([self.x[k]] * 2)


class HeatMap:
    """Values (rows, columns) as colours with their numbers in the cells; `update(i, j)` frames one cell.

    rows and columns are the labels, in the order of the values. Low is dark (good, for an error); values above `top`
    share the last colour.
    """

    def __init__(self, ax: Axes, values, rows: Sequence, columns: Sequence, *, title="", x="", y="", bar="",
                 numbers="{:.2f}", top: float | None = None):
        values, self.ax = np.asarray(values, dtype=float), ax
        image = ax.imshow(values, cmap="cividis", aspect="auto", origin="lower", vmax=top)
        middle = (np.nanmin(values) + image.norm.vmax) / 2
        for (i, j), value in np.ndenumerate(values):
            ax.text(j, i, numbers.format(value), ha="center", va="center", fontsize=7.5,
                    color="white" if value < middle else "black")
        (self.frame,) = ax.plot([], [], color="white", linewidth=4, clip_on=False)
        (self.line,) = ax.plot([], [], color=RED, linewidth=2, clip_on=False)
        self.artists = [self.frame, self.line]
        ax.grid(False)
        ax.set_xticks(range(len(columns)), columns)
        ax.set_yticks(range(len(rows)), rows)
        label(ax, title, x, y)
        scale = ax.figure.colorbar(image, ax=ax, shrink=0.85, extend="neither" if top is None else "max")
        scale.set_label(bar, fontsize=8)
        scale.ax.tick_params(labelsize=8)

    def update(self, i: int, j: int) -> None:
        for artist in self.artists:
            artist.set_data(j + np.array([-0.5, 0.5, 0.5, -0.5, -0.5]) * 0.97,
                            i + np.array([-0.5, -0.5, 0.5, 0.5, -0.5]) * 0.97)


class Band:
    """Points, the truth, and sampled curves with their mean ± two standard deviations; `update(curves)` with (R, G).

    No more than 30 of the curves are drawn one by one; mean and band use all of them.
    """

    def __init__(self, ax: Axes, grid, points: tuple, truth, ylim, *, title="Sampled curves"):
        self.ax, self.grid = ax, np.asarray(grid, dtype=float)
        blank = np.full(len(self.grid), np.nan)
        ax.plot(self.grid, truth, color=GREY, linestyle=(0, (4, 2)), linewidth=1.2, label="truth")
        ax.plot(*points, "o", label="train points", color=style("train")["color"], markersize=4.5, markeredgewidth=0)
        self.band = ax.fill_between(self.grid, blank, blank, color=SKY, alpha=0.3, linewidth=0, label="mean ± 2 sd")
        (self.each,) = ax.plot([], [], color=SKY, linewidth=0.6, alpha=0.7)
        (self.mean,) = ax.plot([], [], color=INK, linewidth=2, label="mean of the passes")
        self.artists = [self.band, self.each, self.mean]
        ax.set_xlim(self.grid[0], self.grid[-1])
        ax.set_ylim(*ylim)
        label(ax, title, "x", "y", legend=True, loc="lower right", ncols=2)

    def update(self, curves) -> None:
        curves = np.asarray(curves, dtype=float)
        mean, sd = curves.mean(0), curves.std(0)
        self.mean.set_data(self.grid, mean)
        self.band.set_data(self.grid, mean - 2 * sd, mean + 2 * sd)
        some = np.hstack([curves[:30], np.full((len(curves[:30]), 1), np.nan)])
        self.each.set_data(np.tile(np.append(self.grid, np.nan), len(some)), some.ravel())


def _mean_sd(values) -> tuple[np.ndarray, np.ndarray]:
    values = np.asarray(values, dtype=float)
    values = values.reshape(len(values), -1)
    return values.mean(1), values.std(1)
