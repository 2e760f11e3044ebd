"""Panels for pictures and for networks that read them. As in `plots`: arrays in, artists out, matplotlib only."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from . import plots


def _bare(ax: Axes, title: str) -> None:
    ax.grid(False)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    plots.label(ax, title, "", "")


def tiles(x: np.ndarray, columns: int, gap: int = 1) -> np.ndarray:
    """Pictures (n, 3, h, w) of one number type side by side, `columns` in a row, white between: (H, W, 3)."""
    n, c, h, w = x.shape
    rows = -(-n // columns)
    white = 255 if x.dtype == np.uint8 else 1.0
    sheet = np.full((rows * (h + gap) - gap, columns * (w + gap) - gap, c), white, dtype=x.dtype)
    for i, picture in enumerate(x):
        top, left = i // columns * (h + gap), i % columns * (w + gap)
        sheet[top:top + h, left:left + w] = picture.transpose(1, 2, 0)
    return sheet


class Pictures:
    """A sheet of pictures; `update(x)` with (n, 3, h, w) uint8, or float in [0, 1]; n as at the start."""

    def __init__(self, ax: Axes, x, columns: int, *, title: str = "Pictures"):
        self.columns = columns
        self.image = ax.imshow(tiles(np.asarray(x), columns), interpolation="nearest")
        self.artists = [self.image]
        _bare(ax, title)

    def update(self, x) -> None:
        self.image.set_data(tiles(np.asarray(x), self.columns))


class Filters(Pictures):
    """Filters of a first layer (n, 3, h, w) as colours: grey is 0; the scale is one for all, ±`top`."""

    def __init__(self, ax: Axes, n: int, shape: tuple[int, int, int], top: float, *, columns: int = 8,
                 title: str = "Filters of the first layer"):
        self.top = top
        super().__init__(ax, np.full((n, *shape), 0.5), columns, title=title)

    def update(self, filters) -> None:
        super().update(np.clip(np.asarray(filters, dtype=float) / self.top, -1, 1) / 2 + 0.5)


class LayerHistograms:
    """Histograms that were counted already, one outline per layer on one axis; `update({layer: counts (bins,)})`.

    edges (bins + 1,). Exact zeros are not among the counts.
    """

    def __init__(self, ax: Axes, names: Sequence[str], edges, top: float, *, title="Weights, layer by layer",
                 x="weight, in units of its layer's 1/√inputs"):
        edges = np.asarray(edges, dtype=float)
        blank = np.full(len(edges) - 1, 0.5)
        self.steps = {name: ax.stairs(blank, edges, baseline=0.5, linewidth=1.4, label=name, **plots.CYCLE[i])
                      for i, name in enumerate(names)}
        self.artists = list(self.steps.values())
        ax.set_yscale("log")
        ax.set_ylim(0.7, top * 40)
        ax.set_xlim(edges[0], edges[-1])
        plots.label(ax, title, x, "count", legend=True, loc="upper left", ncols=2, handlelength=1.6)

    def update(self, counts) -> None:
        for name, values in counts.items():
            self.steps[name].set_data(np.maximum(np.asarray(values, dtype=float), 0.5))


class Bars:
    """One horizontal bar per name with its value beside it, as `form` writes it; `update(values)`, (len(names),)."""

    def __init__(self, ax: Axes, names: Sequence[str], top: float, *, form: str = "{:.2f}", title="", x=""):
        self.form = form
        self.bars = ax.barh(np.arange(len(names)), np.zeros(len(names)), color=plots.BLUE, height=0.6)
        self.words = [ax.text(0, i, "", va="center", fontsize=8, color=plots.INK) for i in range(len(names))]
        self.artists = [*self.bars, *self.words]
        ax.set_yticks(np.arange(len(names)), names)
        ax.invert_yaxis()
        ax.set_xlim(0, top * 1.25)
        plots.label(ax, title, x, "")

    def update(self, values) -> None:
        for bar, word, value in zip(self.bars, self.words, values):
            bar.set_width(value)
            word.set_text(" " + self.form.format(value))
            word.set_x(value)


class SweepBoard:
    """Six linked views of a sweep as `recorded.read` gives it: `fig`, `panels`, `update(k)` for its k-th strength.

    name: of the strength, λ or p; log: its axis. zeros: show the share of exact zeros in each layer, else the root
    mean square of each layer's weights (from the histogram's bins).
    """

    def __init__(self, sweep: dict, *, name: str, log: bool = True, zeros: bool = False):
        self.sweep, layers = sweep, list(sweep["zeros"])
        self.fig, (a, b, c, d, e, f) = plots.figure(3, 2, width=9.8, height=5.6)
        title, loss = f"{sweep['data']}: loss", [sweep["train_loss"], sweep["val_loss"]]
        steps, two = sweep["epochs"], ["train", "val"]
        self.loss = plots.LossCurves(a, steps, two, plots.limits(*loss, low=0.0, margin=0.3), title=title, x="epoch")
        self.error = plots.LossCurves(b, steps, two, (0, 1), title="Error", x="epoch", y="share of wrong labels")
        last = {part: sweep[f"{part}_error"][:, :, -1] for part in two}
        self.curve = plots.ErrorVsLambda(c, sweep["values"], last, log=log, ylim=(0, 1), x=name,
                                         title=f"Error after epoch {steps[-1]}")
        top = max(counts.max() for counts in sweep["histogram"].values())
        self.histogram = LayerHistograms(d, layers, sweep["edges"], top)
        self.filters = Filters(e, 32, (3, 5, 5), np.abs(sweep["filters"]).max() * 0.7)
        if zeros:
            self.sizes = np.stack(list(sweep["zeros"].values()), 1)
            self.bars = Bars(f, layers, 1, form="{:.1%}", title="Weights that are exactly 0", x="share of the layer")
        else:
            squares = (np.asarray(sweep["edges"])[:-1] + np.diff(sweep["edges"]) / 2) ** 2
            sizes = [np.sqrt(counts @ squares / counts.sum(1)) for counts in sweep["histogram"].values()]
            self.sizes = np.stack(sizes, 1)
            self.bars = Bars(f, layers, self.sizes.max(), title="Size of the weights", x="root mean square, same units")
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

    def __init__(self, steps: Sequence[int], lams: Sequence[float], *, top: float, penalty: str, title: str):
        self.lams, self.room = list(lams), len(steps)
        self.fig, (a, b, c, d) = plots.figure(2, 2, width=9.6, height=5.0)
        two = ["train", "val"]
        self.loss = plots.LossCurves(a, steps, two, (0, 3), title=title)
        self.error = plots.LossCurves(b, steps, two, (0, 1), title="Error", y="share of wrong labels")
        self.size = plots.LossCurves(c, steps, [penalty], (0, top), title="Size of the weights", y=penalty)
        self.lam = plots.LossCurves(d, steps, ["in force"], (-0.4, len(lams) - 0.6), title="λ while it trained", y="λ")
        self.lam.lines["in force"].set_drawstyle("steps-pre")
        (self.now,) = d.plot([0, 1], [0, 0], transform=d.get_yaxis_transform(), color=plots.GREY, linewidth=1,
                             linestyle=":")
        d.text(1, 1.03, "solid: in force · dotted: on the slider", transform=d.transAxes, fontsize=8, ha="right")
        for ax in (c, d):
            ax.get_legend().remove()
        d.set_yticks(range(len(lams)), [f"{lam:g}" for lam in lams])
        self.panels = [self.loss, self.error, self.size, self.lam, self]
        self.artists = [self.now]

    def update(self, curves: dict, lam: float) -> None:
        def padded(values):
            return np.append(np.asarray(values, dtype=float), np.full(self.room - len(values), np.nan))

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
        left.plot(self.steps, self.published, "o", color=plots.INK, markersize=4, label="published in the note")
        right.axhline(0, color=plots.INK, linewidth=1)
        seeds = len(next(iter(runs.values())))
        self.lines = [left.plot([], [], label="our runs, one per seed" if i == 0 else None, **plots.CYCLE[i])[0]
                      for i in range(seeds)]
        self.apart = [right.plot([], [], **plots.CYCLE[i])[0] for i in range(seeds)]
        self.artists = [*self.lines, *self.apart]
        for ax in (left, right):
            ax.set_xlim(0.5, len(self.published) + 0.5)
            ax.set_xticks(self.steps[4::5])
        left.set_ylim(*plots.limits(every, self.published))
        right.set_ylim(*plots.limits(100 * (every / self.published - 1), [-1, 1], margin=0.15))
        plots.label(left, title, "epoch", "sum over 157 batches", legend=True, loc="upper right")
        plots.label(right, "Ours less published", "epoch", "difference in %")

    def update(self, name) -> None:
        for run, line, apart in zip(self.runs[name], self.lines, self.apart):
            line.set_data(self.steps, run)
            apart.set_data(self.steps, 100 * (run / self.published - 1))
