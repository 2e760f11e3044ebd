"""Panels of curves: fits, learning curves, errors against λ, paths of coefficients."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from .style import (
    BAND,
    BLUE,
    CYCLE,
    GREY,
    INK,
    ORANGE,
    RED,
    SKY,
    label,
    limits,
    strength_axis,
    style,
)


class FittedCurve:
    """Points, the true function, and the fit on top; `update(curves)` with (G,), or (R, G) and their mean."""

    def __init__(
        self,
        ax: Axes,
        grid,
        *,
        points: Mapping[str, tuple] = {},
        truth=None,
        ylim=None,
        title="Fit",
        name="fit",
    ):
        self.ax, self.grid = ax, np.asarray(grid, dtype=float)
        if truth is not None:
            ax.plot(
                self.grid, truth, color=GREY, linestyle=(0, (4, 2)), linewidth=1.2, label="truth"
            )
        for (part, (x, y)), marker in zip(points.items(), "o^s"):
            ax.plot(
                x,
                y,
                marker,
                color=style(part)["color"],
                markersize=4.5 if marker == "o" else 3,
                alpha=1.0 if marker == "o" else 0.35,
                markeredgewidth=0,
                label=f"{part} points",
            )
        (self.each,) = ax.plot([], [], color=SKY, linewidth=0.7, alpha=0.7)
        (self.mean,) = ax.plot([], [], color=INK, linewidth=2, label=name)
        self.artists = [self.each, self.mean]
        ax.set_xlim(self.grid.min(), self.grid.max())
        shown = [y for _, y in points.values()] + ([] if truth is None else [truth])
        ax.set_ylim(*(ylim or limits(*shown, margin=0.4)))
        label(ax, title, "x", "y", legend=True, loc="lower right")

    def update(self, curves) -> None:
        curves = np.atleast_2d(np.asarray(curves, dtype=float))
        self.mean.set_data(self.grid, curves.mean(0))
        if len(curves) > 1:  # one line with gaps: far cheaper to draw than R lines
            gaps = np.full((len(curves), 1), np.nan)
            self.each.set_data(
                np.tile(np.append(self.grid, np.nan), len(curves)),
                np.hstack([curves, gaps]).ravel(),
            )


class LossCurves:
    """Curves over steps, mean and ± one standard deviation over seeds. `update(train=(S, T), val=(S, T))`."""

    def __init__(
        self,
        ax: Axes,
        steps,
        names: Sequence[str],
        ylim,
        *,
        log=False,
        title="Learning curves",
        x="step",
        y="data loss",
    ):
        self.ax, self.steps = ax, np.asarray(steps, dtype=float)
        self.lines, self.bands, blank = {}, {}, np.full(len(self.steps), np.nan)
        for i, name in enumerate(names):
            (self.lines[name],) = ax.plot(
                self.steps, blank, label=name, linewidth=1.6, **style(name, i)
            )
            self.bands[name] = ax.fill_between(
                self.steps, blank, blank, color=style(name, i)["color"], **BAND
            )
        self.artists = [*self.bands.values(), *self.lines.values()]
        if log:
            ax.set_yscale("log")
        ax.set_xlim(self.steps[0], self.steps[-1])
        ax.set_ylim(*ylim)
        label(ax, title, x, y, legend=True, loc="upper right")

    def update(self, **curves) -> None:
        for name, values in curves.items():
            values = np.atleast_2d(np.asarray(values, dtype=float))
            mean, sd = values.mean(0), values.std(0)
            self.lines[name].set_ydata(mean)
            self.bands[name].set_data(self.steps, mean - sd, mean + sd)


class ErrorVsLambda:
    """Error against λ (or p), mean ± one standard deviation over seeds; `update(k)` puts the marker on value k.

    errors: name → (K, S) or (K,). λ gets a logarithmic axis with room for 0; `log=False` is for p or a degree,
    `log_y=True` for errors that span decades.
    """

    def __init__(
        self,
        ax: Axes,
        lams,
        errors: Mapping[str, np.ndarray],
        *,
        log=True,
        log_y=False,
        ylim=None,
        title="Error against λ",
        x="λ",
        y="error",
        loc="upper left",
    ):
        self.ax, self.lams = ax, np.asarray(lams, dtype=float)
        self.means, arrays = {}, {}
        for i, (name, values) in enumerate(errors.items()):
            arrays[name] = values = np.asarray(values, dtype=float).reshape(len(self.lams), -1)
            mean, sd = values.mean(1), values.std(1)
            self.means[name] = mean
            ax.plot(self.lams, mean, label=name, linewidth=1.6, **style(name, i))
            ax.fill_between(self.lams, mean - sd, mean + sd, color=style(name, i)["color"], **BAND)
        self.marker = ax.axvline(self.lams[0], color=INK, linewidth=1)
        (self.dots,) = ax.plot([], [], "o", color=INK, markersize=5)
        self.artists = [self.marker, self.dots]
        if log:
            strength_axis(ax, self.lams)
        if log_y:
            ax.set_yscale("log")
        ax.set_ylim(*(ylim or limits(*arrays.values(), low=0.0)))
        label(ax, title, x, y, legend=len(errors) > 1, loc=loc)

    def update(self, k: int) -> None:
        self.marker.set_xdata([self.lams[k]] * 2)
        self.dots.set_data(
            [self.lams[k]] * len(self.means), [mean[k] for mean in self.means.values()]
        )


class LossParts:
    """Data loss and penalty stacked to the total loss, against λ; `update(k)` puts the marker on value k."""

    def __init__(
        self, ax: Axes, lams, data_loss, penalty, *, ylim=None, title="Total loss, taken apart"
    ):
        self.ax, self.lams = ax, np.asarray(lams, dtype=float)
        data_loss, penalty = np.asarray(data_loss, dtype=float), np.asarray(penalty, dtype=float)
        total = data_loss + penalty
        ax.fill_between(
            self.lams, 0, data_loss, color=BLUE, alpha=0.55, linewidth=0, label="data loss"
        )
        ax.fill_between(
            self.lams,
            data_loss,
            total,
            color=ORANGE,
            alpha=0.6,
            linewidth=0,
            hatch="///",
            edgecolor="white",
            label="λ · penalty",
        )
        self.marker = ax.axvline(self.lams[0], color=INK, linewidth=1)
        self.artists = [self.marker]
        strength_axis(ax, self.lams)
        ax.set_ylim(*(ylim or limits(total, low=0.0)))
        label(ax, title, "λ", "loss", legend=True, loc="upper left")

    def update(self, k: int) -> None:
        self.marker.set_xdata([self.lams[k]] * 2)


class Overlay:
    """Lines (a formula) and dots (its simulation) over one x; `update(k)` puts the marker on x[k].

    lines, dots: name → (n,), or (n, S) for mean and ± one standard deviation. x (n,); log: logarithmic axes, of "x",
    "y" or "xy". Dots of a name that a line has too take its colour.
    """

    def __init__(
        self,
        ax: Axes,
        x,
        lines: Mapping,
        dots: Mapping = {},
        *,
        log="",
        xlim=None,
        ylim=None,
        title="",
        xlabel="p",
        ylabel="",
        loc="upper right",
        marker=True,
    ):
        self.ax, self.x, order = (
            ax,
            np.asarray(x, dtype=float),
            list(dict.fromkeys([*lines, *dots])),
        )
        for name, values in lines.items():
            mean, sd = _mean_sd(values)
            look = style(name, order.index(name))
            ax.plot(self.x, mean, linewidth=1.6, label=name, **look)
            if sd.any():
                ax.fill_between(
                    self.x, mean - sd, mean + sd, color=look["color"], alpha=0.2, linewidth=0
                )
        for name, values in dots.items():
            mean, sd = _mean_sd(values)
            ax.errorbar(
                self.x,
                mean,
                sd if sd.any() else None,
                fmt="o",
                markersize=4.5,
                elinewidth=1,
                color=style(name, order.index(name))["color"],
                label=None if name in lines else name,
            )
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


class Band:
    """Points, the truth, and sampled curves with their mean ± two standard deviations; `update(curves)` with (R, G).

    No more than 30 of the curves are drawn one by one; mean and band use all of them.
    """

    def __init__(self, ax: Axes, grid, points: tuple, truth, ylim, *, title="Sampled curves"):
        self.ax, self.grid = ax, np.asarray(grid, dtype=float)
        blank = np.full(len(self.grid), np.nan)
        ax.plot(self.grid, truth, color=GREY, linestyle=(0, (4, 2)), linewidth=1.2, label="truth")
        ax.plot(
            *points,
            "o",
            label="train points",
            color=style("train")["color"],
            markersize=4.5,
            markeredgewidth=0,
        )
        self.band = ax.fill_between(
            self.grid, blank, blank, color=SKY, alpha=0.3, linewidth=0, label="mean ± 2 sd"
        )
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


class Paths:
    """One line per coefficient against λ, named at its left end; `update(k)` marks value k of λ, (k, values) redraws.

    values (K, d) for lams (K,) and d names; a coefficient that is exactly 0 at the mark shows a hollow dot. Limits
    hold `values`, or the wider `span` given.
    """

    def __init__(
        self, ax: Axes, lams, names: Sequence[str], values, *, span=None, title="", y="coefficient"
    ):
        self.ax, self.lams, self.values = (
            ax,
            np.asarray(lams, dtype=float),
            np.asarray(values, dtype=float),
        )
        self.lines = []
        for i in range(len(names)):
            look = CYCLE[i % len(CYCLE)] | {"linewidth": 1.1 + 0.9 * (i < len(CYCLE))}
            self.lines += ax.plot(self.lams, self.values[:, i], **look)
        self.marker = ax.axvline(self.lams[0], color=INK, linewidth=1)
        (self.dots,) = ax.plot([], [], "o", color=INK, markersize=4)
        (self.zeros,) = ax.plot(
            [], [], "o", markerfacecolor="white", markeredgecolor=RED, markersize=5
        )
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
            ax.annotate(
                names[i],
                (0, height),
                xycoords=("axes fraction", "data"),
                xytext=(4, 0),
                fontsize=7.5,
                textcoords="offset points",
                va="center",
                color=CYCLE[i % len(CYCLE)]["color"],
            )
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
