"""Panels of curves: fits, learning curves, errors against λ, paths of coefficients."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from ..results import as_array, mean_sd
from .style import (
    BAND,
    BLUE,
    CYCLE,
    GREY,
    INK,
    ORANGE,
    RED,
    SKY,
    SMALL,
    label,
    legend,
    limits,
    logarithmic,
    look,
    place,
    role,
    smallest,
    strength_axis,
    ticks,
)


def one_line(grid, curves) -> tuple[np.ndarray, np.ndarray]:
    """x and y of many curves (R, G) over one grid (G,) as one line with gaps.

    Far cheaper to draw than R lines.
    """
    gapped = np.hstack([curves, np.full((len(curves), 1), np.nan)])
    return np.tile(np.append(grid, np.nan), len(curves)), gapped.ravel()


class FittedCurve:
    """Points, the true function, and the fit on top; `update(curves)` with (G,), or (R, G).

    Of several curves their mean is drawn, and no more than 30 one by one.

    grid: (G,), where the curves are given.
    points: part ("train", "val") → its x and y.
    truth: (G,).
    band: show mean ± 2 standard deviations of the curves too.
    name: of the fit, in the legend.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        grid,
        *,
        points: Mapping[str, tuple] = {},
        truth=None,
        ylim=None,
        band: bool = False,
        title: str = "Fit",
        x: str = "x",
        y: str = "y",
        name: str = "fit",
        loc="upper left",
    ):
        self.ax, self.grid = ax, as_array(grid)
        if truth is not None:
            dashes = {"color": GREY, "linestyle": (0, (4, 2)), "linewidth": 1.2}
            ax.plot(self.grid, as_array(truth), label="truth", **dashes)
        marks = (
            {"marker": "o", "markersize": 4.5},
            {"marker": "^", "markersize": 3.5, "alpha": 0.5},
            {"marker": "s", "markersize": 3.5, "alpha": 0.5},
        )
        for (part, (at, values)), mark in zip(points.items(), marks):
            dots = {"color": role(part)["color"], "linestyle": "none", "markeredgewidth": 0}
            ax.plot(as_array(at), as_array(values), label=f"{part} points", **dots, **mark)
        blank = np.full(len(self.grid), np.nan)
        self.bands = []
        if band:
            fill = {"color": SKY, "alpha": 0.3, "linewidth": 0}
            self.bands = [ax.fill_between(self.grid, blank, blank, label="mean ± 2 sd", **fill)]
        (self.each,) = ax.plot([], [], color=SKY, linewidth=0.7, alpha=0.7)
        (self.mean,) = ax.plot([], [], color=INK, linewidth=2, label=name)
        ax.set_xlim(self.grid.min(), self.grid.max())
        shown = [values for _, values in points.values()] + ([] if truth is None else [truth])
        ax.set_ylim(*(ylim or limits(*shown, margin=0.4)))
        label(ax, title, x, y)
        box = legend(ax, loc, ncols=2 if band else 1)
        self.artists: list[Artist] = [*self.bands, self.each, self.mean, box]

    def update(self, curves) -> None:
        curves = np.atleast_2d(as_array(curves))
        mean, sd = mean_sd(curves, axis=0)
        self.mean.set_data(self.grid, mean)
        self.each.set_data(*one_line(self.grid, curves[:30] if len(curves) > 1 else curves[:0]))
        for band in self.bands:
            band.set_data(self.grid, mean - 2 * sd, mean + 2 * sd)


class LossCurves:
    """Curves with ± one standard deviation over seeds; `update(train=(S, T), val=(S, T))`.

    Curves of few points show them, since nothing was measured between.

    steps: (T,).
    names: of the curves.
    marks: names of vertical lines that `mark(name=step)` puts where they belong, or takes away
        with None: where training stopped, the λ that a rule chose.
    scale: of the x axis, as in `style.place`; log_y: of the y axis.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        steps,
        names: Sequence[str],
        ylim: tuple[float, float],
        *,
        marks: Sequence[str] = (),
        scale: str = "linear",
        ticks: Sequence[str] | Mapping[float, str] | None = None,
        log_y: bool = False,
        title: str = "Learning curves",
        x: str = "step",
        y: str = "data loss",
        loc="upper right",
    ):
        self.ax, self.steps = ax, as_array(steps)
        self.at = place(ax, self.steps, scale, ticks)
        self.lines, self.bands = {}, {}
        blank = np.full(len(self.at), np.nan)
        points = {"marker": "o", "markersize": 3.5} if len(self.at) <= 12 else {}
        for i, name in enumerate(names):
            kind = role(name, i)
            (self.lines[name],) = ax.plot(
                self.at, blank, label=name, linewidth=1.6, **points, **kind
            )
            self.bands[name] = ax.fill_between(self.at, blank, blank, color=kind["color"], **BAND)
        self.marks = {}
        for name, line, point in zip(marks, (":", "-", "--"), "vs^"):
            kind = {"color": INK, "linewidth": 1.2, "linestyle": line, "markevery": [1]}
            (self.marks[name],) = ax.plot(
                [], [], label=name, marker=point, transform=ax.get_xaxis_transform(), **kind
            )
        self.artists: list[Artist] = [
            *self.bands.values(),
            *self.lines.values(),
            *self.marks.values(),
        ]
        if scale == "linear":
            ax.set_xlim(min(self.steps[0], 0), self.steps[-1])
        if log_y:
            logarithmic(ax.yaxis, *ylim)
        ax.set_ylim(*ylim)
        label(ax, title, x, y)
        if len(names) + len(marks) > 1:
            box = legend(ax, loc)
            self.artists += [box] if marks else []

    def update(self, **curves) -> None:
        for name, values in curves.items():
            mean, sd = mean_sd(np.atleast_2d(as_array(values)), axis=0)
            self.lines[name].set_ydata(mean)
            self.bands[name].set_data(self.at, mean - sd, mean + sd)

    def mark(self, **steps) -> None:
        """Put each named line on one of the steps; None takes it away."""
        for name, step in steps.items():
            at = [] if step is None else [np.interp(step, self.steps, self.at)] * 2
            self.marks[name].set_data(at, [0, 0.93][: len(at)])


class Overlay:
    """Lines (a formula) and dots (its simulation) over one x; `update(k)` puts the marker on x[k].

    at: (n,).
    lines, dots: name → (n,), or (n, S) for mean and ± one standard deviation. Dots of a name that
        a line has too take its colour.
    scale, ticks: of the x axis, as in `style.place`; log_y: of the y axis.
    levels: heights of thin grey lines.
    marker: False for a picture that stays.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        at,
        lines: Mapping,
        dots: Mapping = {},
        *,
        scale: str = "linear",
        ticks: Sequence[str] | Mapping[float, str] | None = None,
        log_y: bool = False,
        xlim: tuple[float, float] | None = None,
        ylim: tuple[float, float] | None = None,
        levels: Sequence[float] = (),
        title: str = "",
        x: str = "p",
        y: str = "",
        loc="upper right",
        marker: bool = True,
    ):
        self.ax, self.at = ax, place(ax, at, scale, ticks)
        names = list(dict.fromkeys([*lines, *dots]))
        self.means, edges = [], []
        for group, given in (("line", lines), ("dots", dots)):
            for name, values in given.items():
                values = as_array(values).reshape(len(self.at), -1)
                mean, sd = mean_sd(values)
                edges += [mean - sd, mean + sd]
                kind = role(name, names.index(name))
                color = kind["color"]
                if group == "line":
                    self.means.append(mean)
                    points = {"marker": "o", "markersize": 3.5} if scale == "each" else {}
                    ax.plot(self.at, mean, linewidth=1.6, label=name, **points, **kind)
                    if sd.any():
                        ax.fill_between(self.at, mean - sd, mean + sd, color=color, **BAND)
                else:
                    bars = {"elinewidth": 1, "fmt": "o", "markersize": 4.5, "color": color}
                    text = None if name in lines else name
                    ax.errorbar(self.at, mean, sd if sd.any() else None, label=text, **bars)
        for level in levels:
            ax.axhline(level, color=GREY, linewidth=0.8)
        if xlim:
            ax.set_xlim(*xlim)
        if log_y:
            positive = [edge[edge > 0] for edge in edges if (edge > 0).any()] or [np.ones(1)]
            low, high = ylim or (min(map(np.min, positive)), max(map(np.max, positive)) * 1.3)
            logarithmic(ax.yaxis, low, high)
        else:
            ax.set_ylim(*(ylim or limits(*edges)))
        self.artists: list[Artist] = []
        if marker:
            self.marker = ax.axvline(self.at[0], color=INK, linewidth=1)
            (self.dots,) = ax.plot([], [], "o", color=INK, markersize=5)
            self.artists = [self.marker, self.dots]
        label(ax, title, x, y)
        if len(names) > 1:
            box = legend(ax, loc)
            self.artists += [box] if marker else []

    def update(self, k: int) -> None:
        self.marker.set_xdata([self.at[k]] * 2)
        self.dots.set_data([self.at[k]] * len(self.means), [mean[k] for mean in self.means])


class ErrorVsLambda(Overlay):
    """Error against λ, mean ± one standard deviation over seeds; `update(k)` marks value k.

    lams: (K,); λ gets a logarithmic axis with room for 0. For p or a degree `scale="linear"`; for
        a slider whose values mean several things `scale="each"`, its labels as `ticks`.
    errors: name → (K, S) or (K,).
    rest: as in `Overlay`.
    """

    def __init__(
        self,
        ax: Axes,
        lams,
        errors: Mapping,
        *,
        scale: str = "strength",
        ylim: tuple[float, float] | None = None,
        log_y: bool = False,
        title: str = "Error against λ",
        x: str = "λ",
        y: str = "error",
        loc="upper left",
        **rest,
    ):
        if ylim is None and not log_y:
            ylim = limits(*errors.values(), low=0.0)
        words = {"title": title, "x": x, "y": y, "loc": loc}
        super().__init__(ax, lams, errors, scale=scale, ylim=ylim, log_y=log_y, **words, **rest)


class LossParts:
    """Data loss and λ times the penalty stacked, against λ; `update(k)` marks value k.

    lams, data_loss, penalty: (K,); the penalty with λ in it.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        lams,
        data_loss,
        penalty,
        *,
        ylim: tuple[float, float] | None = None,
        title: str = "Total loss, taken apart",
        loc="upper left",
    ):
        self.ax, self.lams = ax, as_array(lams)
        data_loss = as_array(data_loss)
        total = data_loss + as_array(penalty)
        below = {"color": BLUE, "alpha": 0.55, "linewidth": 0}
        above = {"color": ORANGE, "alpha": 0.6, "linewidth": 0, "hatch": "///"}
        ax.fill_between(self.lams, 0, data_loss, label="data loss", **below)
        ax.fill_between(
            self.lams, data_loss, total, label="λ · penalty", edgecolor="white", **above
        )
        self.marker = ax.axvline(self.lams[0], color=INK, linewidth=1)
        strength_axis(ax, self.lams)
        ax.set_ylim(*(ylim or limits(total, low=0.0)))
        label(ax, title, "λ", "loss")
        self.artists = [self.marker, legend(ax, loc)]

    def update(self, k: int) -> None:
        self.marker.set_xdata([self.lams[k]] * 2)


class Paths:
    """One line per coefficient against λ, named at its left end; `update(k)` marks value k of λ.

    A coefficient that is exactly 0 at the mark shows a hollow dot. `update(k, values)` draws other
    paths.

    lams: (K,).
    names: of the d coefficients.
    values: (K, d); the limits hold them, or the wider `span`.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        lams,
        names: Sequence[str],
        values,
        *,
        span=None,
        title: str = "",
        y: str = "coefficient",
    ):
        self.ax, self.lams = ax, as_array(lams)
        self.values = as_array(values)
        looks = [CYCLE[i % len(CYCLE)] for i in range(len(names))]
        self.lines = [
            ax.plot(self.lams, path, linewidth=1.6, **kind)[0]
            for path, kind in zip(self.values.T, looks)
        ]
        hollow = {"markerfacecolor": "white", "markeredgecolor": RED, "markersize": 5}
        self.marker = ax.axvline(self.lams[0], color=INK, linewidth=1)
        (self.dots,) = ax.plot([], [], "o", color=INK, markersize=4)
        (self.zeros,) = ax.plot([], [], "o", **hollow)
        self.artists = [*self.lines, self.marker, self.dots, self.zeros]
        ax.axhline(0, color=GREY, linewidth=0.8)
        strength_axis(ax, self.lams)
        low, high = limits(self.values if span is None else span)
        ax.set_ylim(low, high)
        heights = _spread_out(self.values[0], 0.07 * (high - low), high)
        for name, height, kind in zip(names, heights, looks):
            ax.annotate(
                name,
                (0, height),
                xycoords=("axes fraction", "data"),
                xytext=(4, 0),
                textcoords="offset points",
                fontsize=SMALL,
                va="center",
                color=kind["color"],
                parse_math=False,
            )
        left, right = ax.get_xlim()
        ax.set_xlim(left - 1.6 * smallest(self.lams), right)
        label(ax, title, "λ", y)

    def update(self, k: int, values=None) -> None:
        if values is not None:
            self.values = as_array(values)
            for line, path in zip(self.lines, self.values.T):
                line.set_ydata(path)
        now, lam = self.values[k], self.lams[k]
        self.marker.set_xdata([lam] * 2)
        self.dots.set_data([lam] * int((now != 0).sum()), now[now != 0])
        self.zeros.set_data([lam] * int((now == 0).any()), [0.0] * int((now == 0).any()))


def _spread_out(heights: np.ndarray, gap: float, top: float) -> np.ndarray:
    """Heights at least `gap` apart and below `top`: pushed up from below, then down from above."""
    order = np.argsort(heights)
    at = heights[order].copy()
    for i in range(1, len(at)):
        at[i] = max(at[i], at[i - 1] + gap)
    at[-1] = min(at[-1], top - gap / 2)
    for i in range(len(at) - 2, -1, -1):
        at[i] = min(at[i], at[i + 1] - gap)
    apart = np.empty_like(at)
    apart[order] = at
    return apart


class Choices:
    """How often each value was chosen, over resampled splits; `update(name=chosen, …)`.

    labels: of the K values.
    names: of the rules that choose, one row of bars each, at most five.
    top: share at which the axis ends.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        labels: Sequence[str],
        names: Sequence[str],
        *,
        top: float = 1.0,
        title: str = "Chosen how often",
        x: str = "λ",
        y: str = "share of splits",
        loc="upper right",
    ):
        self.ax, self.labels = ax, list(labels)
        self.bars = {}
        wide = 0.8 / len(names)
        for i, (name, hatch) in enumerate(zip(names, ("", "///", "...", "xx", "\\\\"))):
            at = np.arange(len(self.labels)) + (i - (len(names) - 1) / 2) * wide
            kind = {"color": role(name, i)["color"], "edgecolor": "white", "hatch": hatch}
            self.bars[name] = ax.bar(at, np.zeros(len(at)), wide, label=name, **kind).patches
        self.artists = [bar for bars in self.bars.values() for bar in bars]
        ax.set_xlim(-0.6, len(self.labels) - 0.4)
        ax.set_ylim(0, top)
        ticks(ax.xaxis, range(len(self.labels)), self.labels)
        label(ax, title, x, y)
        if len(names) > 1:
            legend(ax, loc)

    def update(self, **chosen) -> None:
        """chosen: of each rule, the index of the value that it chose in each split, (R,)."""
        for name, indices in chosen.items():
            counts = np.bincount(as_array(indices, int), minlength=len(self.labels))
            for bar, height in zip(self.bars[name], counts / counts.sum()):
                bar.set_height(height)


class Intervals:
    """Intervals, one a line, those that miss their truth in red; `update(low, high, truth)`.

    n: how many.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        n: int,
        xlim: tuple[float, float],
        *,
        title: str = "",
        x: str = "error",
        y: str = "draw",
    ):
        self.ax, self.at = ax, np.arange(n)
        (self.held,) = ax.plot([], [], color=BLUE, linewidth=1.4, label="holds the truth")
        (self.missed,) = ax.plot([], [], color=RED, linewidth=2.4, label="misses it")
        dots = {"color": INK, "linestyle": "none", "marker": ".", "markersize": 4}
        (self.truth,) = ax.plot([], [], label="truth", **dots)
        self.artists: list[Artist] = [self.held, self.missed, self.truth]
        ax.set_xlim(*xlim)
        ax.set_ylim(n, -1 - 0.14 * n)
        label(ax, title, x, y)
        ticks(ax.yaxis, [])
        legend(ax, "upper center", ncols=3, handlelength=1.2, columnspacing=0.9)

    def update(self, low, high, truth) -> None:
        """low, high, truth: (n,)."""
        low, high, truth = (as_array(part) for part in (low, high, truth))
        hit = (low <= truth) & (truth <= high)
        for line, chosen in ((self.held, hit), (self.missed, ~hit)):
            ends = np.stack([low, high, np.full(len(low), np.nan)], 1)[chosen]
            line.set_data(ends.ravel(), np.repeat(self.at[chosen], 3))
        self.truth.set_data(truth, self.at)
