"""Panels of curves: fits, learning curves, errors against λ, paths, intervals, calibration."""

from functools import partial

import numpy as np
from matplotlib.transforms import ScaledTranslation

from ..arguments import require
from ..results import as_array, mean_sd
from .style import (
    BAND,
    BLUE,
    CYCLE,
    GREY,
    INK,
    ORANGE,
    RED,
    ROLES,
    SKY,
    SMALL,
    Panel,
    limits,
    logarithmic,
    look,
    pick,
    place,
    plain,
    positions,
    role,
    strength_axis,
    ticks,
)  # fmt: skip

HOLLOW = {"marker": "o", "markerfacecolor": "white", "markeredgecolor": RED, "markersize": 5}

# References after the first, which has the look of early stopping.
_REFERENCES = (
    ROLES["early stopping"],
    {"color": GREY, "linestyle": (0, (4, 4))},
    {"color": GREY, "linestyle": (0, (1, 2))},
)


def one_line(x, curves) -> tuple[np.ndarray, np.ndarray]:
    """Return many curves (R, G) over `x` as x and y of one line with gaps.

    Far cheaper to draw than R lines.
    """
    x, curves = np.broadcast_arrays(x, curves)
    gap = np.full((len(curves), 1), np.nan)
    return np.hstack([x, gap]).ravel(), np.hstack([curves, gap]).ravel()


class FittedCurve(Panel):
    """Draw points, the true function, and the fit on top.

    - grid (G,), curves (..., R, G) or (G,): of several curves their mean is drawn, and no more
      than 30 one by one. None: `show` draws them later.
    - points: part ("train", "val") → its x and y, (n,) or (..., n); NaN where there is none.
    - truth (G,); ylim: unless given, it holds truth and points.
    - band: show mean ± 2 standard deviations of the curves too.
    - name: of the fit, in the legend.
    """

    @look()
    def __init__(
        self, ax, grid, curves=None, *, points={}, truth=None, ylim=None, band=False, name="fit",
        **words,
    ):  # fmt: skip
        self.ax, self.grid = ax, as_array(grid)
        shown = []
        if truth is not None:
            shown.append(as_array(truth))
            dashes = {"color": GREY, "linestyle": (0, (4, 2)), "linewidth": 1.2}
            ax.plot(self.grid, shown[0], label="truth", **dashes)
        self.points, moving = [], []
        for i, (part, pair) in enumerate(points.items()):
            at, y = (positions(f"points[{part!r}]", values, 1) for values in pair)
            kind = role(part, i) | {"linestyle": "none", "markeredgewidth": 0}
            kind |= {"markersize": 3.5, "alpha": 0.5} if i else {"markersize": 4.5}
            (line,) = ax.plot(pick(at, 1), pick(y, 1), label=f"{part} points", **kind)
            if max(at.ndim, y.ndim) > 1:
                self.points.append((line, at, y))
                moving.append(line)
            shown.append(y)
        blank = np.full(len(self.grid), np.nan)
        fill = {"color": SKY, "alpha": 0.3, "linewidth": 0, "label": "mean ± 2 sd"}
        self.bands = [ax.fill_between(self.grid, blank, blank, **fill)] if band else []
        (self.each,) = ax.plot([], [], color=SKY, linewidth=0.7, alpha=0.7)
        (self.mean,) = ax.plot([], [], color=INK, linewidth=2, label=name)
        curves = None if curves is None else np.atleast_2d(as_array(curves))
        shown += [curves] if curves is not None and not shown else []
        ax.set_xlim(self.grid.min(), self.grid.max())
        ax.set_ylim(*(ylim or limits(*shown, margin=0.4)))
        moving += [*self.bands, self.each, self.mean]
        self._finish(moving, [(curves, 2)], words, title="Fit", x="x", y="y")

    def update(self, *index):
        super().update(*index)
        for line, at, y in self.points if index else ():
            line.set_data(pick(at, 1, index), pick(y, 1, index))

    def show(self, curves):
        """Draw these curves, (G,) or (R, G)."""
        curves = np.atleast_2d(as_array(curves))
        mean, sd = mean_sd(curves, axis=0)
        self.mean.set_data(self.grid, mean)
        self.each.set_data(*one_line(self.grid, curves[:30] if len(curves) > 1 else curves[:0]))
        for band in self.bands:
            band.set_data(self.grid, mean - 2 * sd, mean + 2 * sd)


class Overlay(Panel):
    """Draw lines (a formula), dots (its simulation) and samples over one x.

    - at (n,).
    - lines, dots: name → (..., n, S) or (n,): mean and ± one standard deviation over S seeds, as
      a band or as bars. Dots of a name that a line has too take its look. None: see `show`.
    - samples: name → (..., n, S): every value a point, shifted by its seed; for a sample with two
      heaps, which mean ± sd would hide.
    - stops: name → x (...) of a vertical line; NaN where there is none.
    - reference: name → a height (...), or (mean, sd), of a horizontal line.
    - scale, ticks: of the x axis, as in `style.place`; log_y: of the y axis.
    - levels: heights of thin grey lines.
    - marker: a vertical line at x[k], where k is the position of `control`. The other controls'
      positions choose among the leading axes.
    - ends: names stand at the right ends of the lines, not in a legend.
    """

    @look()
    def __init__(
        self, ax, at, lines={}, dots={}, *, samples={}, stops={}, reference={}, scale="linear",
        ticks=None, log_y=False, xlim=None, ylim=None, levels=(), marker=False, control=-1,
        ends=False, **words,
    ):  # fmt: skip
        self.ax, self.scale, self.given = ax, scale, as_array(at)
        self.at = place(ax, at, scale, ticks)
        self.names = list(dict.fromkeys([*lines, *dots, *samples]))
        self.moving, self.shown = [], []
        self.lines = {name: self._line(name, values) for name, values in lines.items()}
        self.parts = {name: part for name, (_, *part) in self.lines.items()}
        for i, (name, value) in enumerate(reference.items()):
            self.parts[name] = self._reference(name, i, value)
        rest = [self._dots(*item, i - (len(dots) - 1) / 2) for i, item in enumerate(dots.items())]
        for i, item in enumerate(samples.items()):
            rest.append(self._samples(*item, i - (len(samples) - 1) / 2))
        drawn = [line for line in ax.lines if line.get_label() in self.parts]
        for i, (name, value) in enumerate(stops.items()):
            self.parts[name] = self._stop(name, i, value)
        self.every = [*self.parts.values(), *rest]
        for height in levels:
            ax.axhline(height, color=GREY, linewidth=0.8)
        if xlim:
            ax.set_xlim(*xlim)
        if log_y:
            flat = np.concatenate([[], *(np.ravel(values) for values in self.shown)])
            flat = flat[np.isfinite(flat) & (flat > 0)]
            flat = flat if len(flat) else np.array([0.1, 1.0])
            logarithmic(ax.yaxis, *(ylim or (flat.min(), flat.max() * 1.3)))
        else:
            ax.set_ylim(*(ylim or limits(*self.shown)))
        if marker:
            self.control = control
            self.marker = ax.axvline(self.at[0], color=INK, linewidth=1)
            (self.heads,) = ax.plot([], [], "o", color=INK, markersize=5)
            self.moving += [self.marker, self.heads]
        self.named = drawn if ends else []
        self.labels = [end_label(ax, line, 1) for line in self.named]
        self.moving += self.labels if any(line in self.moving for line in self.named) else []
        self._finish(self.moving, [], words, x="p")

    def _seeds(self, name, values):
        """Mean and standard deviation over seeds, (..., n) each; NaN for None."""
        if values is None:
            return np.full(len(self.at), np.nan), np.zeros(len(self.at))
        values = as_array(values)
        values = positions(name, values[:, None] if values.ndim == 1 else values, 2)
        require(values.shape[-2] == len(self.at), name, values.shape, f"(..., {len(self.at)}, S)")
        mean, sd = mean_sd(np.where(np.isfinite(values), values, np.nan))
        self.shown += [mean - sd, mean + sd]
        return mean, sd

    def _line(self, name, values):
        mean, sd = self._seeds(name, values)
        i, every = self.names.index(name), -(-len(self.at) // 12)
        kind = role(name, i) | {"markersize": 4, "markevery": (i % every, every)}
        blank = np.full(len(self.at), np.nan)
        (line,) = self.ax.plot(self.at, blank, label=name, linewidth=1.6, **kind)
        bands = []
        if sd.any() or values is None:
            bands = [self.ax.fill_between(self.at, blank, blank, color=kind["color"], **BAND)]
        self.moving += [*bands, line] if mean.ndim > 1 or values is None else []

        def put(mean, sd):
            line.set_ydata(mean)
            for band in bands:
                band.set_data(self.at, mean - sd, mean + sd)

        return line, put, (mean, sd), 1

    def _dots(self, name, values, side):
        mean, sd = self._seeds(name, values)
        kind = role(name, self.names.index(name))
        moved = self._moved(6 * side if self.scale == "each" else 0) | {"color": kind["color"]}
        text = "_nolegend_" if name in self.lines else name
        dot = {"linestyle": "none", "marker": kind["marker"], "markersize": 4.5, "label": text}
        (bars,) = self.ax.plot([], [], linewidth=1, **moved)
        (heads,) = self.ax.plot([], [], **dot, **moved)
        self.moving += [bars, heads] if mean.ndim > 1 else []

        def put(mean, sd):
            heads.set_data(self.at, mean)
            bars.set_data(*one_line(self.at[:, None], np.stack([mean - sd, mean + sd], 1)))

        return put, (mean, sd), 1

    def _samples(self, name, values, side):
        values = positions(name, values, 2)
        self.shown.append(values)
        n, made = values.shape[-1], []
        kind = role(name, self.names.index(name)) | {"linestyle": "none", "markersize": 4}
        for s in range(n):
            shift = 14 * side * (self.scale == "each") + (s - (n - 1) / 2) * min(2.0, 10 / n)
            text = "_nolegend_" if s or name in self.parts else name
            dots = {"label": text, "markeredgewidth": 0, "alpha": 0.8} | self._moved(shift)
            made += self.ax.plot([], [], **kind, **dots)
        self.moving += made if values.ndim > 2 else []

        def put(values):
            for dots, now in zip(made, values.T):
                dots.set_data(self.at, now)

        return put, (values,), 2

    def _reference(self, name, i, value):
        mean, sd = value if isinstance(value, tuple) else (value, 0.0)
        mean, sd = as_array(np.nan if mean is None else mean), as_array(sd)
        self.shown += [mean - sd, mean + sd]
        kind = ROLES.get(name, _REFERENCES[i % len(_REFERENCES)])
        line = self.ax.axhline(np.nan, **(kind | {"marker": "", "linewidth": 1.6, "label": name}))
        band = self.ax.axhspan(np.nan, np.nan, color=kind["color"], **BAND)
        self.moving += [band, line] if mean.ndim or np.isnan(mean) else []

        def put(mean, sd):
            line.set_ydata([float(mean)] * 2)
            band.set(y=float(mean - sd), height=float(2 * sd))

        return put, (mean, sd), 0

    def _stop(self, name, i, at):
        style, point = (("-", "v"), (":", "s"), ("--", "^"))[i % 3]
        kind = {"color": INK, "linewidth": 1.2, "linestyle": style, "marker": point, "label": name}
        up = {"transform": self.ax.get_xaxis_transform(), "markevery": [1]}
        (line,) = self.ax.plot([np.nan] * 2, [0, 0.96], **kind, **up)
        self.moving.append(line)

        def put(at, _=None):
            each = self.scale == "each" and np.isfinite(at)
            line.set_xdata([float(np.interp(at, self.given, self.at) if each else at)] * 2)

        return put, (as_array(np.nan if at is None else at),), 0

    def _moved(self, points):
        """Coordinates of the data, shifted to the right by so many points."""
        shift = ScaledTranslation(points / 72, 0, self.ax.figure.dpi_scale_trans)
        return {"transform": self.ax.transData + shift}

    def update(self, *index):
        first = not index  # what stays is drawn once
        k, index = self._split(index)
        for put, arrays, core in self.every:
            if first or any(array.ndim > core for array in arrays):
                put(*(pick(array, core, index) for array in arrays))
        self._name_ends(first)
        if self.control is not None:
            now = [line.get_ydata()[k] for line, *_ in self.lines.values()]
            self.marker.set_xdata([self.at[k]] * 2)
            self.heads.set_data([self.at[k]] * len(now), now)

    def show(self, **now):
        """Draw what is known so far, by name: a line's values, a stop's x, a reference's height.

        A line's values are (t,) or (S, t) with t ≤ n; the rest of it stays empty.
        """
        for name, values in now.items():
            put, _, core = self.parts[name]
            if core:
                values = np.atleast_2d(as_array(values))
                rest = np.full((len(values), len(self.at) - values.shape[1]), np.nan)
                values = mean_sd(np.hstack([values, rest]), axis=0)
            elif not isinstance(values, tuple):
                values = (np.nan if values is None else values, 0.0)
            put(*values)
        self._name_ends(False)

    def _name_ends(self, first):
        if self.labels and (first or self.labels[0] in self.moving):
            spread_labels(self.ax, self.labels, self.named, -1)


def end_label(ax, line, edge):
    """Write a curve's name outside the Axes (edge 1: right, 0: left), tied to its end."""
    color = line.get_color()
    tie = {"arrowstyle": "-", "color": color, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0}
    where = {"xycoords": "axes fraction", "textcoords": "axes fraction", "arrowprops": tie}
    words = {"fontsize": SMALL, "color": color, "va": "center", "ha": "left" if edge else "right"}
    name, away = line.get_label(), 1.05 if edge else -0.05
    line.set_label("_nolegend_")
    where |= {"annotation_clip": False, "parse_math": False}
    return ax.annotate(name, (edge, 0.5), (away, 0.5), **where, **words)


def spread_labels(ax, labels, lines, end):
    """Put the labels beside their curves' ends (0 or −1), at least a line of text apart."""
    scale = ax.yaxis.get_transform().transform
    known = [y[np.isfinite(y)] for y in (np.asarray(line.get_ydata(), float) for line in lines)]
    heights = scale(np.array([y[end] if len(y) else np.nan for y in known]))
    low, high = scale(np.array(ax.get_ylim()))
    true = np.clip(np.nan_to_num((heights - low) / (high - low)), 0, 1)
    height = ax.get_subplotspec().get_position(ax.figure).height  # whatever the layout is
    gap = 10 / (72 * ax.figure.get_figheight() * height)
    order = np.argsort(true, kind="stable")
    at = true[order]
    for i in range(1, len(at)):  # pushed up from below, then down from above
        at[i] = max(at[i], at[i - 1] + gap)
    at[-1] = min(at[-1], 1.0)
    for i in range(len(at) - 2, -1, -1):
        at[i] = min(at[i], at[i + 1] - gap)
    for i, height in zip(order, at):
        labels[i].xy = (labels[i].xy[0], true[i])
        labels[i].set_position((labels[i].get_position()[0], height))


class LossCurves(Overlay):
    """Draw curves over steps, mean ± one standard deviation over seeds.

    - steps (T,).
    - curves: name → (..., S, T), or (T,); None for a curve that `show` draws while it grows.
    - stops: name → step (...) of a vertical line: where training stopped, what a rule chose.
    - rest: as in `Overlay`.
    """

    def __init__(self, ax, steps, curves, **rest):
        lines = {
            name: None if values is None else np.swapaxes(np.atleast_2d(as_array(values)), -1, -2)
            for name, values in curves.items()
        }
        words = {"title": "Learning curves", "x": "step", "y": "data loss"}
        super().__init__(ax, steps, lines, **(words | rest))
        if self.scale == "linear" and "xlim" not in rest:
            ax.set_xlim(min(self.at[0], 0), self.at[-1])


class ErrorVsLambda(Overlay):
    """Draw the error against λ, mean ± one standard deviation over seeds; mark the slider's λ.

    - lams (K,): λ gets a logarithmic axis with room for 0. For p or a degree `scale="linear"`; for
      a slider whose values mean several things `scale="each"`, its labels as `ticks`.
    - errors: name → (..., K, S) or (K,).
    - rest: as in `Overlay`.
    """

    def __init__(self, ax, lams, errors, **rest):
        words = {"scale": "strength", "title": "Error against λ", "x": "λ", "y": "error"}
        super().__init__(ax, lams, errors, **({"marker": True} | words | rest))
        if "ylim" not in rest and not rest.get("log_y"):
            ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
            self._name_ends(True)


class LossParts(Panel):
    """Draw data loss and λ times the penalty stacked, against λ; mark the slider's λ.

    - lams (K,); data_loss, penalty (K,) or (K, S): their mean; the penalty with λ in it.
    - control: whose position is the marker's.
    """

    @look()
    def __init__(self, ax, lams, data_loss, penalty, *, ylim=None, control=-1, **words):
        self.ax, self.lams, self.control = ax, as_array(lams), control
        parts = [as_array(part).reshape(len(self.lams), -1) for part in (data_loss, penalty)]
        loss, total = parts[0].mean(1), sum(part.mean(1) for part in parts)
        below = {"color": BLUE, "alpha": 0.55, "linewidth": 0, "label": "data loss"}
        above = {"color": ORANGE, "alpha": 0.6, "linewidth": 0, "label": "λ · penalty"}
        ax.fill_between(self.lams, 0, loss, **below)
        ax.fill_between(self.lams, loss, total, hatch="///", edgecolor="white", **above)
        self.marker = ax.axvline(self.lams[0], color=INK, linewidth=1)
        strength_axis(ax, self.lams)
        ax.set_ylim(*(ylim or limits(total, low=0.0)))
        self._finish([self.marker], [], words, title="Total loss, taken apart", x="λ", y="loss")

    def update(self, *index):
        self.marker.set_xdata([self.lams[self._split(index)[0]]] * 2)


class Paths(Panel):
    """Draw one line per coefficient against λ, named at its left end; mark the slider's λ.

    A coefficient that is exactly 0 at the mark shows a hollow dot.

    - lams (K,); names: of the d coefficients; values (..., K, d).
    - control: whose position is the marker's; the others' choose among the leading axes.
    """

    @look()
    def __init__(self, ax, lams, names, values, *, ylim=None, control=-1, **words):
        self.ax, self.lams, self.control = ax, as_array(lams), control
        self.paths = positions("values", values, 2)
        looks = [CYCLE[i % len(CYCLE)] | {"marker": ""} for i in range(len(names))]
        self.lines = [
            ax.plot(self.lams, path, linewidth=1.6, label=str(name), **kind)[0]
            for path, name, kind in zip(pick(self.paths, 2).T, names, looks)
        ]
        self.marker = ax.axvline(self.lams[0], color=INK, linewidth=1)
        (self.dots,) = ax.plot([], [], "o", color=INK, markersize=4)
        (self.zeros,) = ax.plot([], [], linestyle="none", **HOLLOW)
        ax.axhline(0, color=GREY, linewidth=0.8)
        strength_axis(ax, self.lams)
        ax.set_ylim(*(ylim or limits(self.paths)))
        ax.yaxis.tick_right()
        ax.yaxis.set_label_position("right")
        ax.spines["left"].set_visible(False)
        self.labels = [end_label(ax, line, 0) for line in self.lines]
        moving = [*self.lines, *self.labels] if self.paths.ndim > 2 else []
        moving += [self.marker, self.dots, self.zeros]
        self._finish(moving, [], words, x="λ", y="coefficient")

    def update(self, *index):
        k, rest = self._split(index)
        paths = pick(self.paths, 2, rest)
        if not index or self.paths.ndim > 2:
            for line, path in zip(self.lines, paths.T):
                line.set_ydata(path)
            spread_labels(self.ax, self.labels, self.lines, 0)
        kept = paths[k][paths[k] != 0]
        self.marker.set_xdata([self.lams[k]] * 2)
        self.dots.set_data([self.lams[k]] * len(kept), kept)
        zero = [0.0] if len(kept) < len(paths[k]) else []
        self.zeros.set_data([self.lams[k]] * len(zero), zero)


class Choices(Panel):
    """Draw how often each value was chosen, over resampled splits.

    - labels: of the K values.
    - chosen: rule → index of the value that it chose in each split, (..., R); at most five rules.
    - top: share at which the axis ends.
    """

    @look()
    def __init__(self, ax, labels, chosen, *, top=1.0, **words):
        self.ax, self.bars, wide = ax, [], 0.8 / len(chosen)
        for i, (name, hatch) in enumerate(zip(chosen, ("", "///", "...", "xx", "\\\\"))):
            at = np.arange(len(labels)) + (i - (len(chosen) - 1) / 2) * wide
            kind = {"color": role(name, i)["color"], "edgecolor": "white", "hatch": hatch}
            self.bars.append(ax.bar(at, np.zeros(len(at)), wide, label=name, **kind))
        ax.set(xlim=(-0.6, len(labels) - 0.4), ylim=(0, top))
        ticks(ax.xaxis, range(len(labels)), labels)
        moving = [bar for bars in self.bars for bar in bars.patches]
        values = [(positions(name, at, 1), 1) for name, at in chosen.items()]
        default = {"title": "Chosen how often", "x": "λ", "y": "share of splits"}
        self._finish(moving, values, words, **default)

    def show(self, *chosen):
        """Draw the choices of each rule, (R,)."""
        for bars, at in zip(self.bars, chosen):
            counts = np.bincount(as_array(at, int), minlength=len(bars))
            for bar, height in zip(bars, counts / max(counts.sum(), 1)):
                bar.set_height(height)


class Intervals(Panel):
    """Draw intervals, one a line, those that miss their truth in red and wider.

    - low, high (..., n); truth (..., n), or one number for all.
    - xlim: an end beyond it is drawn as an arrow at the edge.
    - centre (..., n): a dot on each interval.
    - names: of the n intervals.
    - kinds: words for those that hold the truth, those that miss it, and the truth.
    """

    @look()
    def __init__(
        self, ax, low, high, truth, *, xlim=None, centre=None, names=None,
        kinds=("holds the truth", "misses it", "truth"), **words,
    ):  # fmt: skip
        self.ax, self.at = ax, np.arange(np.shape(low)[-1])
        blank = np.full(len(self.at), np.nan)
        every = low, high, (truth if np.ndim(truth) else blank), blank if centre is None else centre
        low, high, *rest = (positions("low, high, truth, centre", part, 1) for part in every)
        dots = {"color": INK, "linestyle": "none", "markersize": 4}
        (self.held,) = ax.plot([], [], color=BLUE, linewidth=1.4, label=kinds[0])
        (self.missed,) = ax.plot([], [], color=RED, linewidth=2.4, label=kinds[1])
        self.one = None if np.ndim(truth) else float(truth)
        if self.one is not None:
            ax.axvline(self.one, color=INK, linewidth=1, linestyle=":", label=kinds[2])
        name = "_nolegend_" if self.one is not None else kinds[2]
        (self.truths,) = ax.plot([], [], marker=".", label=name, **dots)
        (self.centres,) = ax.plot([], [], marker="o", **dots)
        dots |= {"clip_on": False, "in_layout": False}  # an empty line would claim the corner
        self.beyond = [ax.plot([], [], marker=m, **dots)[0] for m in "<>"]
        ax.set_xlim(*(xlim or limits(low, high, rest[0] if self.one is None else self.one)))
        ax.set_ylim(len(self.at) - 0.4, -0.6)
        ticks(ax.yaxis, [] if names is None else self.at, [] if names is None else names)
        moving = [self.held, self.missed, self.truths, self.centres, *self.beyond]
        self._finish(moving, [(part, 1) for part in (low, high, *rest)], words, x="error")

    def show(self, low, high, truth, centre):
        """Draw these intervals, (n,) each."""
        true = truth if self.one is None else self.one
        hit = (low <= true) & (true <= high)
        for line, chosen in ((self.held, hit), (self.missed, ~hit)):
            ends = np.stack([low, high], 1)[chosen]
            line.set_data(*one_line(ends, self.at[chosen][:, None]))
        self.truths.set_data(truth, self.at)
        self.centres.set_data(centre, self.at)
        left, right = self.ax.get_xlim()
        for line, out, edge in zip(self.beyond, (low < left, high > right), (left, right)):
            line.set_data(np.full(out.sum(), edge), self.at[out])


class ReliabilityDiagram(Panel):
    """Draw accuracy against confidence in bins: on the diagonal a network is calibrated.

    A dot is as large as its share of the examples; a thin line shows its gap to the diagonal.

    - confidence (..., n): the largest probability; correct (..., n): whether its class was right.

    Source: Guo et al., On calibration of modern neural networks (2017).
    """

    @look()
    def __init__(self, ax, confidence, correct, *, bins=10, **words):
        self.ax, self.bins = ax, bins
        ax.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--")
        (self.gaps,) = ax.plot([], [], color=RED, linewidth=1.5)
        self.dots = ax.scatter([], [], color=BLUE, zorder=3, clip_on=False, in_layout=False)
        corner = {"transform": ax.transAxes, "ha": "right", "fontsize": SMALL, "color": INK}
        self.words = ax.text(0.98, 0.03, "", **corner)
        ax.set(xlim=(0, 1), ylim=(0, 1))
        values = [
            (positions("confidence", confidence, 1), 1),
            (positions("correct", correct, 1), 1),
        ]
        default = {"title": "Reliability", "x": "confidence", "y": "share that is right"}
        self._finish([self.gaps, self.dots, self.words], values, words, **default)

    def show(self, confidence, correct):
        """Draw the bins of these examples, (n,) each."""
        bin_of = np.clip((confidence * self.bins).astype(int), 0, self.bins - 1)
        total = partial(np.bincount, bin_of, minlength=self.bins)
        count = total()
        full = count > 0
        said, right = (total(values)[full] / count[full] for values in (confidence, correct))
        share = count[full] / count.sum()
        self.dots.set_offsets(np.stack([said, right], 1))
        self.dots.set_sizes(12 + 160 * share)
        self.gaps.set_data(*one_line(said[:, None], np.stack([said, right], 1)))
        self.words.set_text(f"calibration error {share @ np.abs(said - right):.3f}")


class StrengthTrace(Panel):
    """Draw the λ in force at each step, and the slider's λ now as a dotted line; see `show`.

    - steps (T,); lams: the slider's values.
    - named: those that have a tick; all unless given.
    """

    @look()
    def __init__(self, ax, steps, lams, *, named=None, **words):
        self.ax, self.steps, self.lams = ax, as_array(steps), list(lams)
        kind = CYCLE[0] | {"marker": "", "drawstyle": "steps-pre"}
        (self.line,) = ax.plot([], [], label="in force", **kind)
        self.now = ax.axhline(0, color=GREY, linestyle=":", label="on the slider")
        ax.set(xlim=(self.steps[0], self.steps[-1]), ylim=(-0.4, len(self.lams) + 0.1))
        shown = self.lams if named is None else named
        ticks(ax.yaxis, list(map(self.lams.index, shown)), [plain(lam) for lam in shown])
        default = {"title": "λ while it trained", "x": "step", "y": "λ"}
        self._finish([self.line, self.now], [], words, **default)

    def show(self, past, lam):
        """Draw the λ of the steps so far and the one now, all of them values of the slider."""
        at = [self.lams.index(value) for value in past]
        self.line.set_data(self.steps[: len(at)], at)
        self.now.set_ydata([self.lams.index(lam)] * 2)


class Caption:
    """Draw words in the upper right corner of an Axes; see `show`."""

    @look()
    def __init__(self, ax):
        corner = {"transform": ax.transAxes, "ha": "right", "va": "bottom"}
        self.words = ax.text(1.0, 1.02, "", fontsize=SMALL, color=INK, parse_math=False, **corner)
        self.artists = [self.words]

    def show(self, text):
        self.words.set_text(text)
