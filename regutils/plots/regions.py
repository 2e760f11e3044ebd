"""Panels of a network while it trains: its decision regions, its units and weights."""

import numpy as np
from contourpy import contour_generator
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb

from ..results import as_array
from .style import BLUE, GREY, INK, ORANGE, RED, SMALL, Panel, bare, look

# Of the two classes: a colour and a mark.
CLASSES = ((BLUE, "o"), (ORANGE, "s"))


class DecisionRegions(Panel):
    """Draw which of two classes a network gives to each place, and how surely.

    The surer, the deeper the colour; a line runs where both are equally likely.

    - at (W,): the places of the grid along both axes, evenly apart, rising.
    - train, val: points (n, 2) and their classes (n,), drawn filled and hollow.
    - wrong (n,): flags of the training points whose label is wrong, which get a ring.
    """

    @look()
    def __init__(self, ax, at, train, val, wrong, **words):
        self.ax, self.at, half = ax, at, (at[1] - at[0]) / 2
        ends = at[0] - half, at[-1] + half
        self.pixels = np.full((len(at), len(at), 4), 255, np.uint8)
        kind = {"origin": "lower", "aspect": "auto", "interpolation": "nearest"}
        self.image = ax.imshow(self.pixels, extent=ends * 2, **kind)
        (self.border,) = ax.plot([], [], color=INK, linewidth=1.2)
        moving = [self.image, self.border]
        for (points, labels), hollow in ((val, True), (train, False)):
            points, labels = as_array(points), as_array(labels)
            for c, (color, mark) in enumerate(CLASSES):
                face, edge, size = ("white", color, 4) if hollow else (color, "white", 6)
                kind = {"markerfacecolor": face, "markeredgecolor": edge, "markersize": size}
                moving += ax.plot(*points[labels == c].T, mark, **kind)
        ring = {"markerfacecolor": "none", "markeredgecolor": INK, "markeredgewidth": 1.3}
        moving += ax.plot(*points[as_array(wrong, bool)].T, "o", markersize=10, **ring)
        ax.grid(False)
        ax.set(xlim=ends, ylim=ends)
        self._finish(moving, [], words, title="Decision regions", x="x₁", y="x₂")

    def show(self, p):
        """Draw the probability of the second class at each place, (W, W)."""
        p = as_array(p)[..., None]
        both = np.concatenate([1 - p, p], -1)
        colour = both @ np.array([to_rgb(color) for color, _ in CLASSES])
        # One half, a guess, is nearly white; certainty is three fifths of the class's colour.
        depth = 0.12 + 0.48 * np.abs(2 * p - 1)
        self.pixels[..., :3] = 255 * (1 - depth * (1 - colour))
        self.image.set_data(self.pixels)
        pieces = contour_generator(self.at, self.at, p[..., 0]).lines(0.5)
        gap = np.full((1, 2), np.nan)
        border = np.concatenate([gap, *(part for piece in pieces for part in (piece, gap))])
        self.border.set_data(*border.T)


class NetworkDrawing(Panel):
    """Draw layers of units and the weights between them; see `show`.

    A line is as wide and dark as its weight is large, solid red above 0 and dashed blue below; a
    weight of exactly 0 has no line. A dead unit is a grey square with a cross.

    - sizes: units of each layer, the inputs first; inputs: names of these.
    - top: weights of this size and more have the widest line.
    """

    @look()
    def __init__(self, ax, sizes, top, *, inputs, **words):
        self.ax, self.sizes, self.top, most = ax, sizes, top, max(sizes)
        self.widest = 3.7 * min(1.0, 8 / most)  # many lines must not become a wall
        layers = [[(i, 1 - (j + 0.5) / n) for j in range(n)] for i, n in enumerate(sizes)]
        self.units = np.array([unit for layer in layers for unit in layer])
        between = zip(layers, layers[1:])
        self.pairs = np.array([(u, v) for before, after in between for v in after for u in before])
        self.above = LineCollection([], colors=RED, capstyle="butt")
        self.below = LineCollection([], colors=BLUE, linestyles=(0, (2.5, 1.2)))
        for lines in (self.above, self.below):
            ax.add_collection(lines, autolim=False)
        size = float(np.clip(60 / most, 4, 10))
        grey = {"markeredgecolor": GREY, "linestyle": "none"}
        alive = {"markeredgecolor": INK, "markerfacecolor": "white"}
        (self.alive,) = ax.plot([], [], "o", markersize=size, **alive)
        (self.dead,) = ax.plot([], [], "s", markersize=size, markerfacecolor="#dddddd", **grey)
        (self.crosses,) = ax.plot([], [], "x", markersize=0.6 * size, **grey)
        bare(ax)
        ax.set(xlim=(-0.55, len(sizes) - 0.65), ylim=(-0.08, 1.08))
        for name, (x, y) in zip(inputs, layers[0]):
            ax.text(x - 0.12, y, name, fontsize=SMALL, ha="right", va="center", color=INK)
        moving = [self.above, self.below, self.alive, self.dead, self.crosses]
        self._finish(moving, [], words)

    def show(self, weights, dead):
        """Draw weights, each layer (units, units before); dead (units,) of each but the inputs."""
        w = np.concatenate([as_array(layer).ravel() for layer in weights])
        size = np.clip(np.abs(w) / self.top, 0, 1)
        for lines, chosen in ((self.above, w > 0), (self.below, w < 0)):
            lines.set_segments(self.pairs[chosen])
            lines.set_linewidths(0.3 + self.widest * size[chosen])
            if chosen.any():  # many small ones must not hide the large
                lines.set_alpha(0.25 + 0.6 * size[chosen])
        hidden = np.concatenate([as_array(flags, bool) for flags in dead])
        gone = np.zeros(len(self.units), bool)
        gone[self.sizes[0] :][: len(hidden)] = hidden
        self.alive.set_data(*self.units[~gone].T)
        for marks in (self.dead, self.crosses):
            marks.set_data(*self.units[gone].T)
