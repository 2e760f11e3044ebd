"""Boards: several linked panels on one figure."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from ..results import as_array, mean_sd
from .curves import ErrorVsLambda, LossCurves
from .pictures import Filters
from .style import (
    CYCLE,
    GREY,
    INK,
    SMALL,
    figure,
    label,
    legend,
    limits,
    look,
    plain,
    ticks,
)
from .weights import Bars, WeightHistogram


class SweepBoard:
    """Four linked views of a sweep as `recording.read` gives it: `fig`, `panels`, `update(k)`.

    `update(k)` shows the k-th strength: its loss curves, the error against the strength, its
    weights, its filters.

    name: of the strength, λ or p.
    scale: of its axis, as in `style.place`.
    zeros: the share of exact zeros in each layer takes the place of the loss curves.
    """

    def __init__(self, sweep: dict, *, name: str, scale: str = "strength", zeros: bool = False):
        self.sweep = sweep
        layers = list(sweep["zeros"])
        two = ["train", "val"]
        self.fig, (a, b, c, d) = figure(2, 2, width=9.6, height=7.0)
        steps = sweep["epochs"]
        self.shares = np.stack(list(sweep["zeros"].values()), 1)
        self.loss = self.bars = None
        if zeros:
            words = {"title": f"{sweep['data']}: weights exactly 0", "x": "share of the layer"}
            self.bars = Bars(a, layers, form="{:.1%}", **words)
        else:
            means = [mean_sd(sweep[f"{part}_loss"], axis=1)[0] for part in two]
            top = limits(*means, low=0.0, margin=0.3)
            title = f"{sweep['data']}: loss"
            self.loss = LossCurves(a, steps, two, top, title=title, x="epoch")
        last = {part: sweep[f"{part}_error"][:, :, -1] for part in two}
        words = {"x": name, "y": "share of wrong answers", "loc": "upper center"}
        title = f"Error after epoch {steps[-1]}"
        self.curve = ErrorVsLambda(
            b, sweep["values"], last, scale=scale, ylim=(0, 1), title=title, **words
        )
        edges = np.asarray(sweep["edges"])
        most = max(counts.max() for counts in sweep["histogram"].values())
        self.histogram = WeightHistogram(
            c,
            layers,
            (edges[0], edges[-1]),
            most,
            bins=len(edges) - 1,
            title="Weights, layer by layer",
            x="weight, in units of its layer's 1/√inputs",
        )
        self.filters = Filters(d, 32, (3, 5, 5), np.abs(sweep["filters"]).max() * 0.7)
        kept = np.stack([counts.sum(1) for counts in sweep["histogram"].values()], 1)
        # Of the strength with the fewest zeros, which has some weights left in every layer.
        scaled = kept / np.where(self.shares < 1, 1 - self.shares, np.inf)
        self.total = round(scaled.max(0).sum())
        self.zeros = self.total - kept.sum(1)
        self.panels = [self.loss or self.bars, self.curve, self.histogram, self.filters]

    def update(self, k: int) -> None:
        sweep = self.sweep
        if self.loss:
            self.loss.update(train=sweep["train_loss"][k], val=sweep["val_loss"][k])
        if self.bars:
            self.bars.update(self.shares[k])
        self.curve.update(k)
        counts = {name: counts[k] for name, counts in sweep["histogram"].items()}
        self.histogram.show(counts, int(self.zeros[k]), self.total)
        self.filters.update(sweep["filters"][k])


class StrengthTrace:
    """The λ in force at each step, and the slider's λ now as a dotted line; `update(past, lam)`.

    past: the λ of the steps so far, lam: the one now, all of `lams`.
    named: those that have a tick; all unless given.
    loc: of the legend; None for none.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        steps: Sequence[int],
        lams: Sequence[float],
        *,
        named: Sequence[float] | None = None,
        title: str = "λ while it trained",
        x: str = "step",
        loc="upper right",
    ):
        self.ax = ax
        self.steps = as_array(steps)
        self.lams = list(lams)
        blank = np.full(len(self.steps), np.nan)
        (self.line,) = ax.plot(
            self.steps, blank, label="in force", drawstyle="steps-pre", **CYCLE[0]
        )
        across = {"transform": ax.get_yaxis_transform(), "color": GREY, "linestyle": ":"}
        (self.now,) = ax.plot([0, 1], [0, 0], label="on the slider", **across)
        ax.set_xlim(self.steps[0], self.steps[-1])
        ax.set_ylim(-0.4, len(self.lams) + 0.1)
        shown = self.lams if named is None else named
        ticks(ax.yaxis, list(map(self.lams.index, shown)), [plain(lam) for lam in shown])
        label(ax, title, x, "λ")
        self.artists = [self.line, self.now]
        if loc is not None:
            self.artists.append(legend(ax, loc, ncols=2))

    def update(self, past: Sequence[float], lam: float) -> None:
        at = [self.lams.index(value) for value in past]
        self.line.set_ydata(padded(at, len(self.steps)))
        self.now.set_ydata([self.lams.index(lam)] * 2)


class Caption:
    """Words in the upper right corner of an Axes; `update(text)`."""

    @look()
    def __init__(self, ax: Axes):
        corner = {"transform": ax.transAxes, "ha": "right", "va": "bottom"}
        self.words = ax.text(1.0, 1.02, "", fontsize=SMALL, color=INK, parse_math=False, **corner)
        self.artists = [self.words]

    def update(self, text: str) -> None:
        self.words.set_text(text)


def padded(values: Sequence[float], room: int) -> np.ndarray:
    """The values so far and nan for those to come, (room,)."""
    return np.append(as_array(values), np.full(room - len(values), np.nan))


class TrainingBoard:
    """Four linked views of a network while it trains: `fig`, `panels`, `update(curves, lam)`.

    curves: lists that grow by one value for each of `steps`: train_loss, val_loss, train_error,
        val_error, penalty, and lam, the λ in force.
    lam: the slider's value now, one of `lams`.
    top: of the axis for the penalty, Σw² or Σ|w|, named by `penalty`.
    """

    def __init__(
        self, steps: Sequence[int], lams: Sequence[float], *, top: float, penalty: str, title: str
    ):
        self.penalty, self.room = penalty, len(steps)
        self.fig, (a, b, c, d) = figure(2, 2, width=9.6, height=5.0)
        two = ["train", "val"]
        self.loss = LossCurves(a, steps, two, (0, 3), title=title)
        self.error = LossCurves(b, steps, two, (0, 1), title="Error", y="share of wrong answers")
        self.size = LossCurves(
            c, steps, [penalty], (0, top), title="Size of the weights", y=penalty
        )
        self.lam = StrengthTrace(d, steps, lams)
        self.panels = [self.loss, self.error, self.size, self.lam]

    def update(self, curves: dict, lam: float) -> None:
        so_far = {name: padded(values, self.room) for name, values in curves.items()}
        self.loss.update(train=so_far["train_loss"], val=so_far["val_loss"])
        self.error.update(train=so_far["train_error"], val=so_far["val_error"])
        self.size.update(**{self.penalty: so_far["penalty"]})
        self.lam.update(curves["lam"], lam)


class Reproduction:
    """Published values and our runs beside them, and how far they are apart; `update(name)`.

    published: (T,).
    runs: name → (S, T); `update` picks among them.
    """

    @look()
    def __init__(self, left: Axes, right: Axes, published, runs: dict, *, title: str):
        self.published = as_array(published)
        self.runs = {name: as_array(run) for name, run in runs.items()}
        self.steps = np.arange(1, len(self.published) + 1)
        every = np.concatenate(list(self.runs.values()))
        dots = {"color": INK, "markersize": 4, "label": "published in the note"}
        left.plot(self.steps, self.published, "o", **dots)
        right.axhline(0, color=INK, linewidth=1)
        looks = CYCLE[: len(next(iter(runs.values())))]
        self.lines = [
            left.plot([], [], label=f"our run, seed {i}", **kind)[0] for i, kind in enumerate(looks)
        ]
        self.apart = [
            right.plot([], [], label=f"seed {i}", **kind)[0] for i, kind in enumerate(looks)
        ]
        self.artists = [*self.lines, *self.apart]
        for ax in (left, right):
            ax.set_xlim(0.5, len(self.published) + 0.5)
            ticks(ax.xaxis, self.steps[4::5])
        left.set_ylim(*limits(every, self.published))
        right.set_ylim(*limits(100 * (every / self.published - 1), [-1, 1], margin=0.3))
        label(left, title, "epoch", "sum over 157 batches")
        label(right, "Ours less published", "epoch", "difference in %")
        legend(left, "upper right")
        legend(right, "upper right", ncols=len(looks))

    def update(self, name) -> None:
        for run, line, apart in zip(self.runs[name], self.lines, self.apart):
            line.set_data(self.steps, run)
            apart.set_data(self.steps, 100 * (run / self.published - 1))
