"""Panels of curves: fits, learning curves, errors against λ, paths, intervals, calibration."""

from functools import partial

import numpy as np

from ..arguments import require
from ..results import as_array, mean_sd
from . import style
from .style import Panel, limits, look, looks, one_line, pick, ticks

# References after the first, which has the look of early stopping.
_REFERENCES = (
    style.ROLES["early stopping"],
    {"color": style.GREY, "linestyle": (0, (4, 4))},
    {"color": style.GREY, "linestyle": (0, (1, 2))},
)


class FittedCurve(Panel):
    """Draw points, the true function, and the fit on top.

    - grid (G,), truth (G,).
    - curves (..., R, G): of several curves their mean is drawn, and no more than 30 one by one.
    - points: part ("train", "val") → its x and y, (n,) or (..., n); NaN where there is none.
    - name: of the fit, in the legend.
    """

    @look()
    def __init__(self, ax, grid, curves, *, truth, ylim, points={}, name="fit", **words):
        self.ax, self.grid = ax, as_array(grid)
        dashes = {"color": style.GREY, "linestyle": (0, (4, 2)), "linewidth": 1.2}
        ax.plot(self.grid, as_array(truth), label="truth", **dashes)
        self.points, values = [], [(as_array(curves), 2)]
        for i, (part, pair) in enumerate(points.items()):
            kind = style.ROLES[part] | {"linestyle": "none", "markeredgewidth": 0}
            kind |= {"markersize": 3.5, "alpha": 0.5} if i else {"markersize": 4.5}
            self.points += ax.plot([], [], label=f"{part} points", **kind)
            values += [(as_array(each), 1) for each in pair]
        (self.each,) = ax.plot([], [], color=style.SKY, linewidth=0.7, alpha=0.7)
        (self.mean,) = ax.plot([], [], color=style.INK, linewidth=2, label=name)
        ax.set_xlim(self.grid.min(), self.grid.max())
        ax.set_ylim(*ylim)
        moving = [*self.points, self.each, self.mean]
        self._finish(moving, values, words, title="Fit", x="x", y="y")

    def show(self, curves, *points):
        """Draw these curves, (R, G), and points: x and y of each part, (n,)."""
        self.mean.set_data(self.grid, curves.mean(0))
        self.each.set_data(*one_line(self.grid, curves[:30] if len(curves) > 1 else curves[:0]))
        for line, x, y in zip(self.points, points[::2], points[1::2]):
            line.set_data(x, y)


class Overlay(Panel):
    """Draw lines (a formula), dots (its simulation) and samples over one x.

    - at (n,).
    - lines, dots: name → (..., n, S) or (n,): mean and ± one standard deviation over S seeds, as
      a band or as bars. Dots of a name that a line has too take its look. Beside dots or samples
      a line has no markers of its own. A line of None: see `show`.
    - samples: name → (..., n, S): every value a point, shifted by its seed; for a sample with two
      heaps, which mean ± sd would hide. each: of lines, every seed is a thin line, for the same.
    - stops: name → x (...) of a vertical line; NaN where there is none.
    - reference: name → a height (...), or (mean, sd), of a horizontal line; None: see `show`.
    - scale, ticks: of the x axis, as in `style.place`; log_y: of the y axis.
    - marker: a vertical line at x[k], where k is the position of `control`. The other controls'
      positions choose among the leading axes.
    """

    _floor = np.inf  # the y axis, unless given, starts there or below

    @look()
    def __init__(
        self, ax, at, lines={}, dots={}, *, samples={}, stops={}, reference={}, scale="linear",
        ticks=None, log_y=False, ylim=None, marker=False, control=-1, each=False, **words,
    ):  # fmt: skip
        self.ax, self.scale, self.given, self.control = ax, scale, as_array(at), control
        self.at = style.place(ax, self.given, scale, ticks)
        self.looks = looks([*lines, *dots, *samples])
        self.moving, self.shown, self.drawn = [], [], []
        dotted = {*dots, *samples}
        self.lines = {name: self._line(name, w, dotted, each) for name, w in lines.items()}
        for i, (name, value) in enumerate(reference.items()):
            self._reference(name, i, value)
        self.parts = dict(zip([*lines, *reference], self.drawn))
        for name, values in dots.items():
            self._dots(name, values)
        for i, (name, values) in enumerate(samples.items()):
            self._samples(name, values, i - (len(samples) - 1) / 2)
        for i, (name, value) in enumerate(stops.items()):
            self._stop(name, i, value)
        low, high = ylim or limits(*self.shown, log=log_y)
        if log_y:
            style.logarithmic(ax.yaxis, low, high)
        else:
            ax.set_ylim(low if ylim else min(low, self._floor), high)
        self.marker = ax.axvline(self.at[0], color=style.INK, linewidth=1) if marker else None
        if marker:
            (self.heads,) = ax.plot([], [], "o", color=style.INK, markersize=5)
            self.moving += [self.marker, self.heads]
        self._finish(self.moving, [], words, x="p")

    def _add(self, artists, put, arrays, core, live=False):
        """Keep how a part is drawn: `put` gets its arrays (..., core axes) at a position."""
        self.drawn.append((put, arrays, core))
        self.moving += artists if live or any(array.ndim > core for array in arrays) else []

    def _seeds(self, name, values):
        """Return mean and standard deviation over seeds, (..., n) each; NaN for None."""
        if values is None:
            return np.full(len(self.at), np.nan), np.zeros(len(self.at))
        values = as_array(values)
        values = values[:, None] if values.ndim == 1 else values
        require(values.shape[-2] == len(self.at), name, values.shape, f"(..., {len(self.at)}, S)")
        mean, sd = mean_sd(np.where(np.isfinite(values), values, np.nan))
        self.shown += [mean - sd, mean + sd]
        return mean, sd

    def _line(self, name, values, dotted, each):
        mean, sd = self._seeds(name, values)
        i, every = list(self.looks).index(name), -(-len(self.at) // 12)
        kind = self.looks[name] | {"markersize": 4, "markevery": (i % every, every)}
        kind |= {"zorder": 2 - i / 99}  # the first lies on top
        if dotted:  # a name that is dotted too keeps its marker in the legend
            kind |= {"markevery": [], "marker": kind["marker"] if name in dotted else ""}
        blank, color, bands = np.full(len(self.at), np.nan), kind["color"], []
        if each:
            self.shown.append(values)
            (seeds,) = self.ax.plot([], [], color=color, linewidth=0.6, alpha=0.5)
            self._add([seeds], lambda now: seeds.set_data(*one_line(self.at, now.T)), [values], 2)
        elif sd.any():
            bands = [self.ax.fill_between(self.at, blank, blank, color=color, **style.BAND)]
        (line,) = self.ax.plot(self.at, blank, label=name, linewidth=1.6, **kind)

        def put(mean, sd):
            line.set_ydata(mean)
            for band in bands:
                band.set_data(self.at, mean - sd, mean + sd)

        self._add([*bands, line], put, (mean, sd), 1, live=values is None)
        return line

    def _dots(self, name, values):
        kind = self.looks[name]
        text = "_nolegend_" if name in self.lines else name
        dot = kind | {"linestyle": "none", "markersize": 4.5, "label": text}
        (bars,) = self.ax.plot([], [], linewidth=1, color=kind["color"])
        (heads,) = self.ax.plot([], [], **dot)

        def put(mean, sd):
            heads.set_data(self.at, mean)
            bars.set_data(*one_line(self.at[:, None], np.stack([mean - sd, mean + sd], 1)))

        self._add([bars, heads], put, self._seeds(name, values), 1)

    def _samples(self, name, values, side):
        values = as_array(values)
        self.shown.append(values)
        scale, n = self.ax.xaxis.get_transform(), values.shape[-1]
        left, right = scale.transform(self.ax.get_xlim())
        shift = np.linspace(-0.01, 0.01, n) + 0.03 * side * (self.scale == "each")
        x = scale.transform(self.at)[:, None] + (right - left) * shift
        x = scale.inverted().transform(x.ravel())
        kind = self.looks[name] | {"linestyle": "none", "markersize": 4, "markeredgewidth": 0}
        text = "_nolegend_" if name in self.lines else name
        (dots,) = self.ax.plot(x, np.full_like(x, np.nan), alpha=0.8, label=text, **kind)
        self._add([dots], lambda values: dots.set_ydata(values.ravel()), (values,), 2)

    def _reference(self, name, i, value):
        mean, sd = value if isinstance(value, tuple) else (value, 0.0)
        mean, sd = as_array(np.nan if mean is None else mean), as_array(sd)
        self.shown += [mean - sd, mean + sd]
        kind = style.ROLES.get(name, _REFERENCES[i % len(_REFERENCES)])
        line = self.ax.axhline(np.nan, **(kind | {"marker": "", "linewidth": 1.6, "label": name}))
        band = self.ax.axhspan(np.nan, np.nan, color=kind["color"], **style.BAND)

        def put(mean, sd):
            line.set_ydata([float(mean)] * 2)
            band.set(y=float(mean - sd), height=float(2 * sd))

        self._add([band, line], put, (mean, sd), 0, live=value is None)

    def _stop(self, name, i, at):
        dash, point = (("-", "v"), (":", "s"), ("--", "^"))[i % 3]
        kind = {"linestyle": dash, "marker": point, "linewidth": 1.2, "label": name}
        up = {"transform": self.ax.get_xaxis_transform(), "markevery": [1]}
        (line,) = self.ax.plot([np.nan] * 2, [0, 0.96], color=style.INK, **kind, **up)

        def put(at):
            line.set_xdata([float(np.interp(at, self.given, self.at))] * 2)

        self._add([line], put, (as_array(at),), 0, live=True)

    def update(self, *index):
        first, rest = not index, list(index)  # what stays is drawn once
        k = rest.pop(self.control) if rest and self.marker else 0
        for put, arrays, core in self.drawn:
            if first or any(array.ndim > core for array in arrays):
                put(*(pick(array, core, rest) for array in arrays))
        if self.marker:
            now = [line.get_ydata()[k] for line in self.lines.values()]
            self.marker.set_xdata([self.at[k]] * 2)
            self.heads.set_data([self.at[k]] * len(now), now)

    def show(self, **now):
        """Draw what is known so far, by name: values of a line or the height of a reference.

        A line's values are (t,) with t ≤ n; the rest of it stays empty.
        """
        for name, values in now.items():
            put, _, core = self.parts[name]
            values = as_array(np.nan if values is None else values)
            if core:
                values = np.append(values, np.full(len(self.at) - len(values), np.nan))
            put(values, np.zeros_like(values))


class LossCurves(Overlay):
    """Draw curves over steps, mean ± one standard deviation over seeds.

    - steps (T,).
    - curves: name → (..., S, T), or (T,); None for a curve that `show` draws while it grows.
    - rest: as in `Overlay`.
    """

    def __init__(self, ax, steps, curves, **rest):
        lines = {
            name: None if values is None else np.swapaxes(np.atleast_2d(as_array(values)), -1, -2)
            for name, values in curves.items()
        }
        words = {"title": "Learning curves", "x": "step", "y": "data loss"}
        super().__init__(ax, steps, lines, **(words | rest))
        if self.scale == "linear":
            ax.set_xlim(min(self.at[0], 0), self.at[-1])


class ErrorVsLambda(Overlay):
    """Draw the error against λ, mean ± one standard deviation over seeds; mark the slider's λ.

    - lams (K,): λ gets a logarithmic axis with room for 0. For p or a degree `scale="linear"`.
    - errors: name → (..., K, S) or (K,).
    - rest: as in `Overlay`.
    """

    _floor = 0.0

    def __init__(self, ax, lams, errors, **rest):
        words = {"scale": "strength", "title": "Error against λ", "x": "λ", "y": "error"}
        super().__init__(ax, lams, errors, **({"marker": True} | words | rest))


class LossParts(Overlay):
    """Draw data loss and λ times the penalty stacked, against λ; mark the slider's λ.

    - lams (K,); data_loss, penalty (K,) or (K, S): their mean; the penalty with λ in it.
    """

    @look()
    def __init__(self, ax, lams, data_loss, penalty, **words):
        lams = as_array(lams)
        parts = [as_array(part).reshape(len(lams), -1) for part in (data_loss, penalty)]
        loss, total = parts[0].mean(1), sum(part.mean(1) for part in parts)
        above = {"facecolor": style.ORANGE, "hatch": "///", "edgecolor": "white"}
        area = {"alpha": 0.6, "linewidth": 0}
        ax.fill_between(lams, 0, loss, color=style.BLUE, label="data loss", **area)
        ax.fill_between(lams, loss, total, label="λ · penalty", **above, **area)
        kind = {"scale": "strength", "marker": True, "ylim": (0, 1.05 * style.largest(total))}
        words = {"title": "Total loss, taken apart", "x": "λ", "y": "loss"} | words
        super().__init__(ax, lams, **kind, **words)


class Paths(Panel):
    """Draw one line per coefficient against λ, named at its left end; mark the slider's λ.

    A coefficient that is exactly 0 at the mark shows a hollow dot.

    - lams (K,); names: of the d coefficients; values (K, d).
    """

    @look()
    def __init__(self, ax, lams, names, values, *, ylim, **words):
        self.ax, lams, paths = ax, as_array(lams), as_array(values)
        lines = []
        for path, name, kind in zip(paths.T, names, style.CYCLE):
            lines += ax.plot(lams, path, label=name, **(kind | {"marker": "", "linewidth": 1.6}))
        self.marker = ax.axvline(lams[0], color=style.INK, linewidth=1)
        (self.dots,) = ax.plot([], [], "o", color=style.INK, markersize=4)
        (self.zeros,) = ax.plot([], [], **style.HOLLOW)
        ax.axhline(0, color=style.GREY, linewidth=0.8)
        style.place(ax, lams, "strength")
        ax.set_ylim(*ylim)
        ax.yaxis.tick_right()
        ax.yaxis.set_label_position("right")
        ax.spines["left"].set_visible(False)
        _name_at_start(ax, lines)
        moving = [self.marker, self.dots, self.zeros]
        values = [(lams[:, None], 1), (paths, 1)]
        self._finish(moving, values, words, x="λ", y="coefficient", loc=None)

    def show(self, lam, values):
        """Mark this λ (1,), where the coefficients have these values, (d,)."""
        kept = values[values != 0]
        self.marker.set_xdata([lam, lam])
        self.dots.set_data(np.repeat(lam, len(kept)), kept)
        self.zeros.set_data(lam, [0.0 if len(kept) < len(values) else np.nan])


def _name_at_start(ax, lines):
    """Write each line's name left of the Axes, tied to its start, a line of text apart."""
    lines = sorted(lines, key=lambda line: line.get_ydata()[0])
    starts = [line.get_ydata()[0] for line in lines]
    low, high = ax.get_ylim()
    apart = 0.065 * (high - low) * np.arange(len(lines))
    at = np.maximum.accumulate(starts - apart) + apart  # pushed up from below,
    at = np.minimum(at, high - apart[::-1])  # then down from above
    words = {"fontsize": style.SMALL, "va": "center", "ha": "right", "parse_math": False}
    words |= dict.fromkeys(("xycoords", "textcoords"), ax.get_yaxis_transform())
    for line, start, height in zip(lines, starts, at):
        tie = {"arrowstyle": "-", "color": line.get_color(), "linewidth": 0.7, "shrinkA": 0}
        words |= {"color": line.get_color(), "arrowprops": tie, "annotation_clip": False}
        ax.annotate(line.get_label(), (0, start), (-0.05, height), **words)


class Choices(Panel):
    """Draw how often each value was chosen, over resampled splits.

    - names: of the K values.
    - chosen (..., R): index of the value that was chosen in each split.
    """

    @look()
    def __init__(self, ax, names, chosen, **words):
        at = np.arange(len(names))
        kind = {"color": style.CYCLE[0]["color"], "edgecolor": "white"}
        self.ax, self.bars = ax, ax.bar(at, np.zeros(len(at)), **kind).patches
        ax.set(xlim=(-0.6, len(at) - 0.4), ylim=(0, 1))
        ticks(ax.xaxis, at, names)
        self._finish(self.bars, [(as_array(chosen), 1)], words)

    def show(self, chosen):
        """Draw these choices, (R,)."""
        counts = np.bincount(chosen.astype(int), minlength=len(self.bars))
        for bar, height in zip(self.bars, counts / counts.sum()):
            bar.set_height(height)


class Intervals(Panel):
    """Draw intervals, one a line, those that miss their truth in red and wider; they stay.

    - low, high (n,); truth (n,), or one number for all.
    - xlim: an end beyond it is drawn as an arrow at the edge.
    - centre (n,): a dot on each interval; names: of the intervals.
    - kinds: words for those that hold the truth, those that miss it, and the truth.
    """

    @look()
    def __init__(
        self, ax, low, high, truth, *, xlim=None, centre=None, names=(),
        kinds=("holds the truth", "misses it", "truth"), **words,
    ):  # fmt: skip
        self.ax, at = ax, np.arange(len(low))
        low, high, truth = (as_array(values) for values in (low, high, truth))
        hit = (low <= truth) & (truth <= high)
        drawn = {"color": style.BLUE, "linewidth": 1.4}, {"color": style.RED, "linewidth": 2.4}
        for chosen, kind, name in zip((hit, ~hit), drawn, kinds):
            ends = np.stack([low, high], 1)[chosen]
            ax.plot(*one_line(ends, at[chosen][:, None]), **kind, label=name)
        dots = {"color": style.INK, "linestyle": "none", "markersize": 4}
        if truth.ndim:
            ax.plot(truth, at, marker=".", label=kinds[2], **dots)
        else:
            ax.axvline(truth, color=style.INK, linewidth=1, linestyle=":", label=kinds[2])
        if centre is not None:
            ax.plot(as_array(centre), at, marker="o", **dots)
        left, right = ax.set_xlim(*(xlim or limits(low, high, truth)))
        dots |= {"clip_on": False, "in_layout": False}  # an empty line would claim the corner
        for mark, x, beyond in (("<", left, low < left), (">", right, high > right)):
            ax.plot(np.full(beyond.sum(), x), at[beyond], marker=mark, **dots)
        ax.set_ylim(len(at) - 0.4, -0.6)
        ticks(ax.yaxis, at[: len(names)], names)
        self._finish([], [], words, x="error")


class ReliabilityDiagram(Panel):
    """Draw accuracy against confidence in ten bins: on the diagonal a network is calibrated.

    A dot is as large as its share of the examples; a thin line shows its gap to the diagonal.

    - confidence (..., n): the largest probability; correct (..., n): whether its class was right.

    Source: Guo et al., On calibration of modern neural networks (2017).
    """

    @look()
    def __init__(self, ax, confidence, correct, **words):
        self.ax = ax
        ax.plot([0, 1], [0, 1], color=style.GREY, linewidth=1, linestyle="--")
        (self.gaps,) = ax.plot([], [], color=style.RED, linewidth=1.5)
        self.dots = ax.scatter([], [], color=style.BLUE, zorder=3, clip_on=False, in_layout=False)
        corner = {"transform": ax.transAxes, "ha": "right", "fontsize": style.SMALL}
        self.words = ax.text(0.98, 0.03, "", color=style.INK, **corner)
        ax.set(xlim=(0, 1), ylim=(0, 1))
        values = [(as_array(confidence), 1), (as_array(correct), 1)]
        default = {"title": "Reliability", "x": "confidence", "y": "share that is right"}
        self._finish([self.gaps, self.dots, self.words], values, words, **default)

    def show(self, confidence, correct):
        """Draw the bins of these examples, (n,) each."""
        total = partial(np.bincount, np.clip((confidence * 10).astype(int), 0, 9), minlength=10)
        count = total()
        full = count > 0
        said, right = (total(values)[full] / count[full] for values in (confidence, correct))
        share = count[full] / count.sum()
        self.dots.set_offsets(np.stack([said, right], 1))
        self.dots.set_sizes(12 + 160 * share)
        self.gaps.set_data(*one_line(said[:, None], np.stack([said, right], 1)))
        self.words.set_text(f"calibration error {share @ np.abs(said - right):.3f}")
