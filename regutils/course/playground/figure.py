"""What is seen of a training session: one figure, updated as it trains."""

from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn

from ... import live, plots
from . import networks
from .drawing import NetworkDrawing
from .session import EVERY, TrainingSession
from .settings import LAMS

SIDE = 64  # places of the grid along each axis
REACH = 2.8  # of standardised inputs; more than 99 of 100 points lie within
MAPS, SMALL_SIDE = 16, 24
FULL_LINE = 2.0  # a weight of this size and more has the widest line
EDGE = 2.5  # end of the histogram
NAMED = (0.0, 0.001, 0.01, 0.1, 1.0)  # of the values of λ
BEST, GHOST, COLD = "λ = 0 at its best step", "val, kept", "val, cold"
IN_FORCE, SLIDER = "in force", "on the slider"


class SessionFigure:
    """The figure of a session's data and network: `canvas`, and `show(session)`.

    Decision regions; loss and error with λ in force below them; the network; what units of its last
    hidden layer see; its weights.
    """

    def __init__(self, session: TrainingSession):
        setting = session.setting
        self.grid, self.coarse = _grid(SIDE), _grid(SMALL_SIDE)
        with plots.look():
            fig = Figure(figsize=(9.6, 6.2), dpi=110, layout="constrained")
            axes = fig.subplot_mosaic("rle;rtt;nmw", height_ratios=(1.2, 0.5, 1.25))
            for ax in axes.values():
                plots.dress(ax)
        self.regions = _regions(axes["r"], session)
        self._curves(axes, session)
        units = networks.sizes(setting)
        self.network = NetworkDrawing(
            axes["n"],
            units,
            FULL_LINE,
            inputs=("x₁", "x₂"),
            title="Weights: solid +, dashed −, 0 none",
        )
        self.units = min(MAPS, units[-2])
        title = f"What {self.units} last hidden units see"
        self.maps = plots.Maps(axes["m"], self.units, SMALL_SIDE, 4, top=2.0, title=title)
        total = sum(a * b for a, b in zip(units, units[1:]))
        weights = {"all weights": np.zeros((1, total))}
        self.weights = plots.WeightHistogram(axes["w"], weights, reach=EDGE)
        lines = [self.loss, self.error, self.lam]
        panels = [self.regions, *lines, self.network, self.maps, self.weights]
        alt = (
            "A network in training: decision regions; loss and error of training and validation "
            "points, a line for λ = 0 at its best step, and λ in force below them; the network "
            "with its weights as lines; what single units see; a histogram of the weights."
        )
        self.canvas = live.Canvas(fig, panels, alt)

    def _curves(self, axes: dict[str, Axes], session: TrainingSession) -> None:
        steps = range(0, session.steps + 1, EVERY)
        named = {step: str(step) for step in range(0, steps[-1] + 1, max(1, steps[-1] // 4))}
        names = dict.fromkeys(("train", "val", GHOST, COLD))
        kind = {"reference": {BEST: None}, "x": "", "y": "", "ticks": named, "loc": None}
        words = {"title": "Data loss", "ylim": (0, 2)}
        self.loss = plots.LossCurves(axes["l"], steps, names, **(kind | words))
        words = {"title": "Error: share of wrong answers", "ylim": (0, 0.6)}
        self.error = plots.LossCurves(axes["e"], steps, names, **(kind | words))
        names = dict.fromkeys((IN_FORCE, SLIDER))
        words = {"title": "λ in force (line) and on the slider (dashes)", "ylim": (-3e-5, 8)}
        self.lam = plots.LossCurves(axes["t"], steps, names, **(kind | words | {"reference": {}}))
        axes["t"].set_yscale("symlog", linthresh=LAMS[1], linscale=0.5)
        plots.ticks(axes["t"].yaxis, NAMED)
        corner = {"transform": axes["t"].transAxes, "ha": "right", "va": "bottom", "fontsize": 8}
        self.caption = axes["t"].text(1.0, 1.02, "", **corner)
        self.lam.artists.append(self.caption)  # it moves with the line
        handles = axes["l"].get_legend_handles_labels()[0]
        axes["l"].figure.legend(
            handles=handles,
            ncols=len(handles),
            loc="outside upper right",
            fontsize=8,
            frameon=False,
        )

    @torch.no_grad()
    def show(self, session: TrainingSession) -> None:
        """Draw the network as it is and the curves so far, of the same data and network."""
        run, setting = session.run, session.setting
        model = run.trainer.model.eval()
        sure = model(self.grid).softmax(1).nan_to_num(0.5)  # outputs overflow before it diverges
        self.regions.show(sure[:, 1].reshape(SIDE, SIDE))
        self.loss.show(**_lines(session, "loss"))
        self.error.show(**_lines(session, "error"))
        now = [setting.lam] * len(self.lam.at)
        self.lam.show(**{IN_FORCE: run.curves["lam"], SLIDER: now})
        self.caption.set_text(f"p = {setting.p:g}, lr = {setting.lr:g}")
        layers = networks.weights(model)
        dead = networks.dead(model, run.trainer.split.train.x)
        self.network.show(layers, dead)
        self.maps.show(self._seen(model), dead[-1][: self.units])
        self.weights.show_weights(torch.cat([w.ravel() for w in layers]))

    def _seen(self, model: nn.Sequential) -> Tensor:
        """Return activations of the last hidden layer on a coarse grid, (units, side, side)."""
        acts = model[:-1](self.coarse)[:, : self.units]
        return acts.T.reshape(-1, SMALL_SIDE, SMALL_SIDE)


def _lines(session: TrainingSession, measure: str) -> dict[str, list[float] | float]:
    """Return the curves of "loss" or "error" by name."""
    val, cold = f"val_{measure}", session.cold
    return {
        "train": session.run.curves[f"train_{measure}"],
        "val": session.run.curves[val],
        GHOST: session.ghost[val] if session.ghost else [],
        COLD: cold.curves[val] if cold else [],
        BEST: session.best(val),
    }


def _grid(side: int) -> Tensor:
    """Return the places of a grid, (side², 2)."""
    along = torch.linspace(-REACH, REACH, side)
    down, across = torch.meshgrid(along, along, indexing="ij")
    return torch.stack([across.ravel(), down.ravel()], 1)


def _regions(ax: Axes, session: TrainingSession) -> plots.DecisionRegions:
    places = np.linspace(-REACH, REACH, SIDE)
    title = f"{session.setting.data}: ● train ○ val ◯ wrong label"
    (x, y), (val_x, val_y), _ = session.run.trainer.split.parts
    wrong = networks.wrong_labels(session.setting, y)
    points = (x[:, :2], y), (val_x[:200, :2], val_y[:200])
    return plots.DecisionRegions(ax, places, *points, wrong, title=title, loc=None)
