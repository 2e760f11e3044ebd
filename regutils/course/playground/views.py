"""What is seen of the playground: one figure, updated as it trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor, nn

from ... import data, plots, train
from ...plots.boards import padded
from . import networks
from .settings import LAMS, Setting

SIDE = 64  # places of the grid along each axis
REACH = 2.8  # of standardised inputs; more than 99 of 100 points lie within
MAPS, SMALL_SIDE = 16, 24
CURVE_GRID = 120
FULL_LINE = 2.0  # a weight of this size and more has the widest line
EDGE = 2.5  # end of the histogram
NAMED = (0.0, 0.001, 0.01, 0.1, 1.0)  # of the values of λ

# Curves that are kept, beside those of the run that trains.
GHOST, COLD = KEPT = ("val, kept", "val, cold")


class Views:
    """The figure of a setting: `fig`, `panels`, `alt`, `update(setting, trainer, curves, kept)`.

    For classes the decision regions, for a curve the fit, whose points stay; loss and error with λ
    in force below them; the network; what units of its last hidden layer see; its weights.

    steps: at which is measured, (T,).
    """

    def __init__(self, setting: Setting, split: data.Split, steps: Sequence[int]):
        self.curve, self.room = setting.curve, len(steps)
        self.fine = _places(setting, CURVE_GRID if setting.curve else SIDE)
        self.coarse = _places(setting, SMALL_SIDE)
        self.fig, axes = plots.mosaic(
            "rle;rtt;nmw", width=9.6, height=5.8, heights=(1.15, 0.55, 1.25)
        )
        names = ["train", "val", *KEPT]
        self.first = _fit(axes["r"], setting, split) if self.curve else _regions(axes["r"], setting)
        told = {step: str(step) for step in range(0, steps[-1] + 1, max(1, steps[-1] // 4))}
        words: dict[str, Any] = {"x": "", "y": "", "ticks": told}
        logarithmic = words | {"log_y": True}
        self.loss = plots.LossCurves(
            axes["l"], steps, names, (0.01, 5.0), title="Data loss", **logarithmic
        )
        if self.curve:
            logarithmic["title"] = "Penalty without λ"
            self.error = plots.LossCurves(
                axes["e"], steps, ["penalty"], (0.1, 1000.0), **logarithmic
            )
        else:
            words["title"] = "Error: share of wrong answers"
            self.error = plots.LossCurves(axes["e"], steps, names, (0, 0.6), **words)
        title = "λ in force (line) and on the slider (dots)"
        self.lam = plots.StrengthTrace(axes["t"], steps, LAMS, named=NAMED, title=title, loc=None)
        self.caption = plots.Caption(axes["t"])
        units = networks.sizes(setting)
        self.drawing = plots.NetworkDrawing(
            axes["n"],
            units,
            FULL_LINE,
            inputs=networks.names(setting),
            title="Weights: solid +, dashed −, 0 none",
        )
        self.seen = min(MAPS, units[-2])
        shape = (SMALL_SIDE, SMALL_SIDE)
        title = f"What {self.seen} units before the output see"
        upright = {"signed": True, "upside": "lower"}
        self.maps = plots.Maps(axes["m"], self.seen, shape, 4, 2.0, title=title, **upright)
        total = sum(a * b for a, b in zip(units, units[1:]))
        self.histogram = plots.WeightHistogram(axes["w"], ["all weights"], EDGE, total)
        self.panels = [
            self.first,
            self.loss,
            self.error,
            self.lam,
            self.caption,
            self.drawing,
            self.maps,
            self.histogram,
        ]
        self.place(setting, split)

    @property
    def alt(self) -> str:
        """Describes the picture to those who do not see it."""
        first = "fitted curve with the points" if self.curve else "decision regions"
        return (
            f"A network in training: {first}; loss and error of training and validation points "
            "with λ in force below them; the network with its weights as lines; what single "
            "units see; a histogram of the weights."
        )

    def place(self, setting: Setting, split: data.Split) -> None:
        """Put the points of classes where they are; validation points 200 at most."""
        if isinstance(self.first, plots.DecisionRegions):
            (x, y), (val_x, val_y), _ = split.parts
            wrong = networks.wrong_labels(setting, y)
            self.first.place((x[:, :2], y), (val_x[:200, :2], val_y[:200]), wrong)

    @torch.no_grad()
    def update(
        self,
        setting: Setting,
        trainer: train.Trainer,
        curves: Mapping[str, Sequence[float]],
        kept: Mapping[str, Mapping[str, Sequence[float]]],
    ) -> None:
        """The network as it is, the curves so far; kept: name of KEPT → its curves.

        setting: of the same data and network as at the start.
        """
        model = trainer.model
        model.eval()
        if self.curve:
            self.first.update(model(self.fine)[:, 0])
        else:
            self.first.update(model(self.fine).softmax(1)[:, 1].reshape(SIDE, SIDE))
        so_far = {name: padded(values, self.room) for name, values in curves.items()}
        losses = {"train": so_far["train_loss"], "val": so_far["val_loss"]}
        errors = {"train": so_far["train_error"], "val": so_far["val_error"]}
        for name in KEPT:
            other = kept.get(name, {})
            losses[name] = padded(other.get("val_loss", []), self.room)
            errors[name] = padded(other.get("val_error", []), self.room)
        self.loss.update(**losses)
        self.error.update(**({"penalty": so_far["penalty"]} if self.curve else errors))
        self.lam.update(curves["lam"], setting.lam)
        self.caption.update(f"p = {setting.p:g}, lr = {setting.lr:g}")
        layers = networks.weights(model)
        gone = networks.dead(model, trainer.split.train.x)
        self.drawing.update(layers, gone)
        self.maps.update(self._seen(model), gone[-1][: self.seen])
        self.histogram.update({"all weights": torch.cat([w.ravel() for w in layers])})

    def _seen(self, model: nn.Sequential) -> Tensor:
        """Activations of units of the last hidden layer on a coarse grid, (units, side, side)."""
        acts = model[:-1](self.coarse)[:, : self.seen]
        if self.curve:
            return acts.T[:, None, :].expand(-1, SMALL_SIDE, -1)
        return acts.T.reshape(-1, SMALL_SIDE, SMALL_SIDE)


def _places(setting: Setting, side: int) -> Tensor:
    """Places of a grid, along one axis or two, with the inputs that are switched on."""
    if setting.curve:
        return networks.features(torch.linspace(-1, 1, side)[:, None], setting)
    along = torch.linspace(-REACH, REACH, side)
    down, across = torch.meshgrid(along, along, indexing="ij")
    return networks.features(torch.stack([across.ravel(), down.ravel()], 1), setting)


def _regions(ax: Axes, setting: Setting) -> plots.DecisionRegions:
    places = np.linspace(-REACH, REACH, SIDE)
    title = f"{setting.data}: ● train, ○ val, ◯ wrong label"
    return plots.DecisionRegions(ax, places, places, title=title, loc=None)


def _fit(ax: Axes, setting: Setting, split: data.Split) -> plots.FittedCurve:
    grid = np.linspace(-1, 1, CURVE_GRID)
    truth = np.sin(np.pi * grid) if setting.data == "sine" else np.where(grid < 0, -1.0, 1.0)
    points = {name: (x[:, 0], y) for name, (x, y) in zip(("train", "val"), split.parts)}
    title = f"Fitted curve: {setting.data}"
    fit = plots.FittedCurve(ax, grid, points=points, truth=truth, ylim=(-2.4, 2.4), title=title)
    plots.ticks(ax.xaxis, (-1, -0.5, 0, 0.5, 1))
    return fit
