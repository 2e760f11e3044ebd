"""The decision regions of a network while it trains."""

import numpy as np
from contourpy import contour_generator
from matplotlib.colors import to_rgb

from ..results import as_array
from .style import BLUE, INK, ORANGE, Panel, look

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
