"""Boards: several linked panels on one figure."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from .curves import ErrorVsLambda, LossCurves
from .pictures import Filters
from .style import CYCLE, GREY, INK, figure, label, limits
from .weights import Bars, LayerHistograms


class SweepBoard:
    """Six linked views of a sweep as `recorded.read` gives it: `fig`, `panels`, `update(k)` for its k-th strength.

    name: of the strength, λ or p; log: its axis. zeros: show the share of exact zeros in each layer, else the root
    mean square of each layer's weights (from the histogram's bins).
    """

    def __init__(self, sweep: dict, *, name: str, log: bool = True, zeros: bool = False):
        self.sweep, layers = sweep, list(sweep["zeros"])
        self.fig, (a, b, c, d, e, f) = figure(3, 2, width=9.8, height=5.6)
        title, loss = f"{sweep['data']}: loss", [sweep["train_loss"], sweep["val_loss"]]
        steps, two = sweep["epochs"], ["train", "val"]
        self.loss = LossCurves(
            a, steps, two, limits(*loss, low=0.0, margin=0.3), title=title, x="epoch"
        )
        self.error = LossCurves(
            b, steps, two, (0, 1), title="Error", x="epoch", y="share of wrong labels"
        )
        last = {part: sweep[f"{part}_error"][:, :, -1] for part in two}
        self.curve = ErrorVsLambda(
            c,
            sweep["values"],
            last,
            log=log,
            ylim=(0, 1),
            x=name,
            title=f"Error after epoch {steps[-1]}",
        )
        top = max(counts.max() for counts in sweep["histogram"].values())
        self.histogram = LayerHistograms(d, layers, sweep["edges"], top)
        self.filters = Filters(e, 32, (3, 5, 5), np.abs(sweep["filters"]).max() * 0.7)
        if zeros:
            self.sizes = np.stack(list(sweep["zeros"].values()), 1)
            self.bars = Bars(
                f,
                layers,
                1,
                form="{:.1%}",
                title="Weights that are exactly 0",
                x="share of the layer",
            )
        else:
            squares = (np.asarray(sweep["edges"])[:-1] + np.diff(sweep["edges"]) / 2) ** 2
            sizes = [
                np.sqrt(counts @ squares / counts.sum(1)) for counts in sweep["histogram"].values()
            ]
            self.sizes = np.stack(sizes, 1)
            self.bars = Bars(
                f,
                layers,
                self.sizes.max(),
                title="Size of the weights",
                x="root mean square, same units",
            )
        self.panels = [self.loss, self.error, self.curve, self.histogram, self.filters, self.bars]

    def update(self, k: int) -> None:
        sweep = self.sweep
        self.loss.update(train=sweep["train_loss"][k], val=sweep["val_loss"][k])
        self.error.update(train=sweep["train_error"][k], val=sweep["val_error"][k])
        self.curve.update(k)
        self.histogram.update({name: counts[k] for name, counts in sweep["histogram"].items()})
        self.filters.update(sweep["filters"][k])
        self.bars.update(self.sizes[k])


class TrainingBoard:
    """Four linked views of a network while it trains: `fig`, `panels`, `update(curves, lam)`.

    curves: lists that grow, as `train.Stepper` keeps them, at most one value for each of `steps`; lam: the slider's
    value now, one of `lams`. top: of the axis for the penalty, Σw² or Σ|w|, named by `penalty`.
    """

    def __init__(
        self, steps: Sequence[int], lams: Sequence[float], *, top: float, penalty: str, title: str
    ):
        self.lams, self.room = list(lams), len(steps)
        self.fig, (a, b, c, d) = figure(2, 2, width=9.6, height=5.0)
        two = ["train", "val"]
        self.loss = LossCurves(a, steps, two, (0, 3), title=title)
        self.error = LossCurves(b, steps, two, (0, 1), title="Error", y="share of wrong labels")
        self.size = LossCurves(
            c, steps, [penalty], (0, top), title="Size of the weights", y=penalty
        )
        self.lam = LossCurves(
            d, steps, ["in force"], (-0.4, len(lams) - 0.6), title="λ while it trained", y="λ"
        )
        self.lam.lines["in force"].set_drawstyle("steps-pre")
        (self.now,) = d.plot(
            [0, 1],
            [0, 0],
            transform=d.get_yaxis_transform(),
            color=GREY,
            linewidth=1,
            linestyle=":",
        )
        d.text(
            1,
            1.03,
            "solid: in force · dotted: on the slider",
            transform=d.transAxes,
            fontsize=8,
            ha="right",
        )
        for ax in (c, d):
            ax.get_legend().remove()
        d.set_yticks(range(len(lams)), [f"{lam:g}" for lam in lams])
        self.panels = [self.loss, self.error, self.size, self.lam, self]
        self.artists = [self.now]

    def update(self, curves: dict, lam: float) -> None:
        def padded(values):
            return np.append(
                np.asarray(values, dtype=float), np.full(self.room - len(values), np.nan)
            )

        self.loss.update(train=padded(curves["train_loss"]), val=padded(curves["val_loss"]))
        self.error.update(train=padded(curves["train_error"]), val=padded(curves["val_error"]))
        self.size.update(**{next(iter(self.size.lines)): padded(curves["penalty"])})
        self.lam.update(**{"in force": padded([self.lams.index(value) for value in curves["lam"]])})
        self.now.set_ydata([self.lams.index(lam)] * 2)


class Reproduction:
    """Published values and our runs beside them, and how far they are apart; `update(name)` picks among the runs.

    published (T,); runs: name → (S, T).
    """

    def __init__(self, left: Axes, right: Axes, published, runs: dict, *, title: str):
        self.published, self.runs = np.asarray(published), runs
        self.steps = np.arange(1, len(self.published) + 1)
        every = np.concatenate(list(runs.values()))
        left.plot(
            self.steps, self.published, "o", color=INK, markersize=4, label="published in the note"
        )
        right.axhline(0, color=INK, linewidth=1)
        seeds = len(next(iter(runs.values())))
        self.lines = [
            left.plot([], [], label="our runs, one per seed" if i == 0 else None, **CYCLE[i])[0]
            for i in range(seeds)
        ]
        self.apart = [right.plot([], [], **CYCLE[i])[0] for i in range(seeds)]
        self.artists = [*self.lines, *self.apart]
        for ax in (left, right):
            ax.set_xlim(0.5, len(self.published) + 0.5)
            ax.set_xticks(self.steps[4::5])
        left.set_ylim(*limits(every, self.published))
        right.set_ylim(*limits(100 * (every / self.published - 1), [-1, 1], margin=0.15))
        label(left, title, "epoch", "sum over 157 batches", legend=True, loc="upper right")
        label(right, "Ours less published", "epoch", "difference in %")

    def update(self, name) -> None:
        for run, line, apart in zip(self.runs[name], self.lines, self.apart):
            line.set_data(self.steps, run)
            apart.set_data(self.steps, 100 * (run / self.published - 1))
