"""A figure whose moving parts are drawn over a background that stays."""

from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..arguments import require
from . import stills


class Canvas:
    """A figure that is drawn once, after which a frame restores the background and draws only the panels' artists.

    `alt` describes the picture to those who do not see it. Shown as it is, a Canvas is a static PNG. The moving
    artists are lifted above everything that stays in their Axes, so a blitted frame and a full redraw are the same
    pixels. Changed axis limits are noticed and cost one full redraw.
    """

    def __init__(self, fig: Figure, panels: Sequence, alt: str):
        require(
            isinstance(alt, str) and alt.strip() != "",
            "alt",
            alt,
            "a sentence that describes the picture",
        )
        self.fig, self.alt, self._agg = fig, alt, FigureCanvasAgg(fig)
        self._moving = [artist for panel in panels for artist in panel.artists]
        for artist in self._moving:
            artist.set_animated(True)
            artist.set_zorder(artist.get_zorder() + 10)
        self._moving.sort(key=lambda artist: (fig.axes.index(artist.axes), artist.get_zorder()))
        self._background = self._limits = None

    def frame(self) -> np.ndarray:
        """The picture as it is now, RGBA (height, width, 4) uint8; valid until the next frame."""
        limits = [ax.viewLim.frozen().extents.tolist() for ax in self.fig.axes]
        if self._background is None or limits != self._limits:
            self._agg.draw()
            self.fig.set_layout_engine("none")  # the layout stands; it is not worked out again
            self._background, self._limits = self._agg.copy_from_bbox(self.fig.bbox), limits
        self._agg.restore_region(self._background)
        renderer = self._agg.get_renderer()
        for artist in self._moving:
            artist.draw(renderer)
        return np.asarray(self._agg.buffer_rgba())

    def redraw(self) -> np.ndarray:
        """The same picture drawn from nothing, as matplotlib does without blitting; the next frame starts afresh."""
        self.frame()
        for artist in self._moving:
            artist.set_animated(False)
        self._agg.draw()
        pixels = np.array(self._agg.buffer_rgba())
        for artist in self._moving:
            artist.set_animated(True)
        self._background = None
        return pixels

    def png(self) -> bytes:
        """The frame as PNG; fast compression, for the screen."""
        return stills.png(self.frame())

    def _repr_mimebundle_(self, include=None, exclude=None):
        return stills.bundle([(self.frame(), "")], self.alt, self.fig)
