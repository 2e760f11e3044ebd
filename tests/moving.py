"""A panel for the tests of explorers, and a picture drawn without blitting."""

import numpy as np

from regutils import plots
from regutils.plots.style import look


class Stem:
    """A stem whose height is `heights` (K, …) at the positions of the controls."""

    def __init__(self, ax, heights):
        self.heights = np.asarray(heights, float)
        (self.line,) = ax.plot([0, 0], [0, 0], marker="o")
        ax.set(xlim=(-1, 1), ylim=(-1.2 * abs(self.heights).max(), 1.2 * abs(self.heights).max()))
        self.artists = [self.line]
        self.update(*[0] * self.heights.ndim)

    def update(self, *index):
        self.line.set_ydata([0, self.heights[index]])


def stem(heights, width=3.0):
    """The figure, its Axes and a stem in it."""
    fig, (ax,) = plots.figure(1, width=width)
    return fig, ax, Stem(ax, heights)


def redrawn(canvas, sharp=True):
    """The canvas's picture drawn from nothing, as matplotlib does without blitting."""
    canvas.frame(sharp)
    agg = canvas.fig.canvas
    for artist in canvas._moving:
        artist.set_animated(False)
    with look():
        agg.draw()
    for artist in canvas._moving:
        artist.set_animated(True)
    canvas.forget()
    return np.array(agg.buffer_rgba())
