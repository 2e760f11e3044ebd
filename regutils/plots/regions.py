"""Panels of a network at work: its decision regions, its units and lines, what each unit sees."""

from collections.abc import Sequence

import numpy as np
from contourpy import contour_generator
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb

from ..results import as_array
from .style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    SMALL,
    Panel,
    bare,
    look,
    positions,
)

# Class by class: a colour and a mark, both in every picture of classes.
CLASSES = tuple(zip((BLUE, ORANGE, GREEN, PURPLE, SKY, RED), "osD^vP"))


class DecisionRegions(Panel):
    """Draw what class a network gives to each place, and how surely.

    The surer, the deeper the colour; a line runs where two classes are equally likely.

    - x (W,), y (H,): the places of the grid, evenly apart, rising.
    - probabilities (..., H, W, classes); None: `show` draws them later.
    - classes: how many where no probabilities are given; at most six.
    """

    @look()
    def __init__(self, ax, x, y, probabilities=None, *, classes=2, **words):
        self.ax = ax
        if probabilities is not None:
            probabilities = positions("probabilities", probabilities, 3)
            classes = probabilities.shape[-1]
        self.x, self.y = as_array(x), as_array(y)
        self.colours = np.array([to_rgb(color) for color, _ in CLASSES[:classes]])
        dx, dy = self.x[1] - self.x[0], self.y[1] - self.y[0]
        ends = (self.x[0] - dx / 2, self.x[-1] + dx / 2, self.y[0] - dy / 2, self.y[-1] + dy / 2)
        self.pixels = np.full((len(self.y), len(self.x), 4), 255, np.uint8)
        self.image = ax.imshow(
            self.pixels, extent=ends, origin="lower", aspect="auto", interpolation="nearest"
        )
        (self.border,) = ax.plot([], [], color=INK, linewidth=1.2)
        self.train, self.val = [], []
        for color, mark in CLASSES[:classes]:
            kind = {"linestyle": "none", "marker": mark}
            hollow = {"markerfacecolor": "white", "markeredgecolor": color, "markersize": 4}
            filled = {"markerfacecolor": color, "markeredgecolor": "white", "markersize": 6}
            self.val += ax.plot([], [], markeredgewidth=1.1, **hollow, **kind)
            self.train += ax.plot([], [], markeredgewidth=0.7, **filled, **kind)
        ring = {"markerfacecolor": "none", "markeredgecolor": INK, "markersize": 10}
        (self.ring,) = ax.plot([], [], "o", markeredgewidth=1.3, label="wrong label", **ring)
        ax.grid(False)
        ax.set_xlim(*ends[:2])
        ax.set_ylim(*ends[2:])
        # The legend shows filled and hollow in ink, since every class has both.
        kind = {"linestyle": "none", "marker": "o", "markeredgecolor": INK}
        ax.plot([], [], markerfacecolor=INK, markersize=5, label="train", **kind)
        ax.plot([], [], markerfacecolor="white", markersize=4, label="val", **kind)
        moving = [self.image, self.border, *self.val, *self.train, self.ring]
        words = {"title": "Decision regions", "x": "x₁", "y": "x₂"} | words
        self._finish(moving, [(probabilities, 3)], words)

    def show(self, probabilities) -> None:
        """Draw these probabilities, (H, W, classes)."""
        p = as_array(probabilities)
        # 1/classes, a guess, is nearly white; certainty is three fifths of the class's colour.
        sure = (p.max(-1, keepdims=True) - 1 / p.shape[-1]) / (1 - 1 / p.shape[-1])
        colour = p @ self.colours
        depth = 0.12 + 0.48 * np.clip(sure, 0, 1)
        self.pixels[..., :3] = 255 * (1 - depth * (1 - colour))
        self.image.set_data(self.pixels)
        self.border.set_data(*self._borders(p))

    def place(self, train: tuple, val: tuple, wrong) -> None:
        """Put the points: training filled, validation hollow, wrong training labels ringed.

        - train, val: points (n, 2) and their classes (n,); wrong (n,): flags of the training.
        """
        for lines, (points, labels) in ((self.train, train), (self.val, val)):
            points, labels = as_array(points), as_array(labels, None)
            for c, line in enumerate(lines):
                line.set_data(*points[labels == c].T)
        ringed = as_array(train[0])[as_array(wrong, bool)]
        self.ring.set_data(*ringed.T)

    def _borders(self, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where a class is as likely as the likeliest other, as one line with gaps."""
        classes = p.shape[-1]
        pieces = [np.full((1, 2), np.nan)]
        for c in range(1 if classes == 2 else 0, classes):
            lead = p[..., c] - np.delete(p, c, -1).max(-1)
            for piece in contour_generator(self.x, self.y, lead).lines(0.0):
                pieces += [piece, pieces[0]]
        every = np.concatenate(pieces)
        return every[:, 0], every[:, 1]


class NetworkDrawing(Panel):
    """Draw layers of units and the weights between them; see `show`.

    A line is as wide and dark as its weight is large, solid red above 0 and dashed blue below; a
    weight of exactly 0 has no line. A dead unit is a grey square with a cross.

    - sizes: units of each layer, the inputs first.
    - top: weights of this size and more have the widest line.
    - inputs, outputs: names of the first and last layer's units, if they are to be shown.
    """

    @look()
    def __init__(self, ax, sizes, top, *, inputs=(), outputs=(), **words):
        self.ax = ax
        self.sizes = list(sizes)
        self.top = top
        self.widest = 3.7 * min(1.0, 8 / max(self.sizes))  # many lines must not become a wall
        self.units = [
            np.column_stack([np.full(n, float(i)), _heights(n)]) for i, n in enumerate(self.sizes)
        ]
        pairs = []
        for before, after in zip(self.units, self.units[1:]):
            each = np.empty((len(after), len(before), 2, 2))
            each[:, :, 0] = before
            each[:, :, 1] = after[:, None]
            pairs.append(each.reshape(-1, 2, 2))
        self.pairs = np.concatenate(pairs)
        self.above = LineCollection([], colors=RED, capstyle="butt")
        self.below = LineCollection([], colors=BLUE, linestyles=(0, (2.5, 1.2)))
        for lines in (self.above, self.below):
            ax.add_collection(lines, autolim=False)
        size = float(np.clip(60 / max(self.sizes), 4, 10))
        kind = {"linestyle": "none", "markersize": size, "markeredgecolor": INK}
        grey = {"markeredgecolor": GREY, "markersize": size, "linestyle": "none"}
        (self.alive,) = ax.plot([], [], "o", markerfacecolor="white", **kind)
        (self.dead,) = ax.plot([], [], "s", markerfacecolor="#dddddd", **grey)
        (self.crosses,) = ax.plot([], [], "x", **(grey | {"markersize": 0.6 * size}))
        bare(ax)
        last = len(self.sizes) - 1
        ax.set_xlim(-0.35 - 0.2 * bool(inputs), last + 0.35 + 0.2 * bool(outputs))
        ax.set_ylim(-0.08, 1.08)
        for names, at, side, shift in ((inputs, 0, "right", -0.12), (outputs, last, "left", 0.12)):
            for name, (x, y) in zip(names, self.units[at]):
                kind = {"fontsize": SMALL, "ha": side, "va": "center", "color": INK}
                ax.text(x + shift, y, name, parse_math=False, **kind)
        moving = [self.above, self.below, self.alive, self.dead, self.crosses]
        self._finish(moving, [], {"title": "Network (solid: +, dashed: −)"} | words)

    def show(self, weights: Sequence, dead: Sequence = ()) -> None:
        """Draw weights, each layer (units, units before), and dead units, each layer (units,)."""
        w = np.concatenate([as_array(layer).ravel() for layer in weights])
        size = np.clip(np.abs(w) / self.top, 0, 1)
        for lines, chosen in ((self.above, w > 0), (self.below, w < 0)):
            lines.set_segments(self.pairs[chosen])
            lines.set_linewidths(0.3 + self.widest * size[chosen])
            if chosen.any():  # many small ones must not hide the large
                lines.set_alpha(0.25 + 0.6 * size[chosen])
        gone = [np.zeros(n, dtype=bool) for n in self.sizes]
        for layer, flags in zip(gone[1:], dead):
            layer[:] = as_array(flags, bool)
        flags, units = np.concatenate(gone), np.concatenate(self.units)
        self.alive.set_data(*units[~flags].T)
        for marks in (self.dead, self.crosses):
            marks.set_data(*units[flags].T)


def _heights(n: int) -> np.ndarray:
    """Return where n units stand between 0 and 1, evenly and centred, the first on top."""
    return 1 - (np.arange(n) + 0.5) / n
