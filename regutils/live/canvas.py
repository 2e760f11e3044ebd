"""A figure whose moving parts are drawn over a background that stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from weakref import ReferenceType, WeakKeyDictionary, ref

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure

from ..arguments import require
from ..plots.style import drawing
from . import stills

# Most laptops sold have screens of two pixels per point; a picture of one looks soft there.
PIXELS_PER_POINT = 2

# A figure is made finer once, however many times the cell that makes its Canvas is run.
_shown_dpi: WeakKeyDictionary[Figure, float] = WeakKeyDictionary()

# So many canvases have their background in memory, those drawn last: up to 12 MB each, a notebook
# has eight, and thirty kernels of a class share one machine. A full drawing brings back another.
AT_HAND = 2
_at_hand: list[ReferenceType[Canvas]] = []


class Canvas:
    """A figure drawn once; after that a frame restores the background and draws what moves.

    fig: the figure; its pixels become half as large, its shown size stays.
    panels: each with `artists`, what its `update(...)` moves, anywhere in the figure.
    alt: describes the picture to those who do not see it.

    Shown as it is, a Canvas is a static PNG. The moving artists are lifted above everything that
    stays in their Axes, so a blitted frame and a full redraw are the same pixels. A change of what
    stays (limits, a scale, a title) is noticed and costs one full redraw. matplotlib's settings are
    the course's while it draws, whatever the user's are.

    Raises ValueError for an empty `alt` and for a panel that is drawn on another figure.
    """

    def __init__(self, fig: Figure, panels: Sequence, alt: str):
        require(
            isinstance(alt, str) and alt.strip() != "",
            "alt",
            alt,
            "a sentence that describes the picture",
        )
        self.fig = fig
        self.alt = alt
        fig.dpi = PIXELS_PER_POINT * _shown_dpi.setdefault(fig, fig.dpi)
        self._agg = FigureCanvasAgg(fig)
        wanted = [artist for panel in panels for artist in panel.artists]
        for artist in wanted:
            artist.set_zorder(artist.get_zorder() + (0 if artist.get_animated() else 10))
            artist.set_animated(True)
        self._moving = list(_in_order(fig, set(wanted)))
        strangers = [artist for artist in wanted if artist.get_figure(root=True) is not fig]
        require(not strangers, "panels", strangers[:1], "drawn on this figure")
        self._known = False
        self._background = None

    @property
    def width(self) -> int:
        """Shown width in points of the screen, each `PIXELS_PER_POINT` pixels wide."""
        return round(self.fig.get_figwidth() * self.fig.dpi / PIXELS_PER_POINT)

    @property
    def changed(self) -> bool:
        """Whether what stays has changed since it was drawn."""
        return not self._known or self.fig.stale

    @property
    def at_hand(self) -> bool:
        """Whether its background is in memory."""
        return self._background is not None

    def forget(self) -> None:
        """Draw everything afresh next time."""
        self._known = False
        self.fig.stale = False

    def frame(self) -> np.ndarray:
        """The picture as it is now, RGBA (height, width, 4) uint8; valid until the next frame."""
        self._come_to_hand()
        with drawing():
            if self.changed or not self.at_hand:
                self._agg.draw()
                self.fig.set_layout_engine("none")  # the layout stands; it is not worked out again
                self._background = self._agg.copy_from_bbox(self.fig.bbox)
                self._known = True
            self._agg.restore_region(self._background)
            renderer = self._agg.get_renderer()
            for artist in self._moving:
                artist.draw(renderer)
        self.fig.stale = False  # a legend that moves calls its figure stale by being drawn
        return np.asarray(self._agg.buffer_rgba())

    def redraw(self) -> np.ndarray:
        """The same picture drawn from nothing, as matplotlib does without blitting."""
        self.frame()
        for artist in self._moving:
            artist.set_animated(False)
        with drawing():
            self._agg.draw()
        pixels = np.array(self._agg.buffer_rgba())
        for artist in self._moving:
            artist.set_animated(True)
        self.forget()
        return pixels

    def png(self) -> bytes:
        """The frame as PNG; fast compression, for the screen."""
        return stills.png(self.frame())

    def _come_to_hand(self) -> None:
        """Be the canvas drawn last; those drawn too long ago let go of their background."""
        others = [canvas for held in _at_hand if (canvas := held()) not in (None, self)]
        for canvas in others[: 1 - AT_HAND]:
            canvas._background = None
        _at_hand[:] = map(ref, [*others[1 - AT_HAND :], self])

    def _repr_mimebundle_(self, include=None, exclude=None):
        return stills.bundle([(self.frame(), "")], self.alt, self.fig, self.width)


def _in_order(parent: Artist, moving: set[Artist]) -> Iterator[Artist]:
    """Those of `moving` that `parent` holds, in the order in which matplotlib draws them.

    Axes lie in a figure, in a part of it or, as insets, in other Axes.
    """
    for child in sorted(parent.get_children(), key=lambda artist: artist.get_zorder()):
        if child in moving:
            yield child
        elif isinstance(child, (Axes, SubFigure)):
            yield from _in_order(child, moving)
