"""The network of the playground as it trains: its units, and its weights as lines."""

import numpy as np
from matplotlib.collections import LineCollection

from ...plots.style import BLUE, GREY, INK, RED, SMALL, Panel, bare, look
from ...results import as_array


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
