"""A figure whose moving parts are drawn over a background that stays; its pictures as PNG."""

from __future__ import annotations

import io
import struct
import textwrap
import zlib
from collections.abc import Iterator, Sequence
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from ..arguments import require
from ..plots.style import look

# Pixels per point of the screen: most laptops have two; one is a quarter of the work in a drag.
SHARP = 2
COARSE = 1

# A figure is made finer once, however many times the cell that makes its Canvas is run.
_shown_dpi: WeakKeyDictionary[Figure, float] = WeakKeyDictionary()

# So many canvases have their backgrounds in memory, those drawn last: up to 30 MB each, a notebook
# has eight, and thirty kernels of a class share one machine. A full drawing brings back another.
AT_HAND = 2
_at_hand: list[Canvas] = []


class Canvas:
    """A figure drawn once; after that a frame restores the background and draws what moves.

    Shown as it is, a Canvas is a static PNG. The moving artists are lifted above everything that
    stays in their Axes, so a blitted frame and a full redraw are the same pixels. A change of what
    stays (limits, a scale, a title) is noticed and costs one full redraw.

    - fig: the figure; drawn at `SHARP` or `COARSE` pixels per point, its shown size stays
    - panels: each with `artists`, what its `update(...)` moves, anywhere in the figure
    - alt: describes the picture to those who do not see it

    Raises ValueError for an empty `alt` and for a panel that is drawn on another figure.
    """

    def __init__(self, fig: Figure, panels: Sequence, alt: str):
        described = isinstance(alt, str) and alt.strip() != ""
        require(described, "alt", alt, "a sentence that describes the picture")
        self.fig = fig
        self.panels = list(panels)
        self.alt = alt
        self._dpi = _shown_dpi.setdefault(fig, fig.dpi)
        fig.dpi = SHARP * self._dpi
        wanted = [artist for panel in panels for artist in panel.artists]
        for artist in wanted:
            artist.set_zorder(artist.get_zorder() + (0 if artist.get_animated() else 10))
            artist.set_animated(True)
        self._moving = list(_in_order(fig, set(wanted)))
        strangers = [artist for artist in wanted if artist.get_figure(root=True) is not fig]
        require(not strangers, "panels", strangers[:1], "drawn on this figure")
        self._known = self._laid_out = False
        # Pixels per point → the Agg canvas and the background drawn with it, None if out of date.
        self._agg: dict[int, FigureCanvasAgg] = {}
        self._background: dict[int, object] = {}

    @property
    def width(self) -> int:
        """Shown width in points of the screen."""
        return round(self.fig.get_figwidth() * self._dpi)

    @property
    def changed(self) -> bool:
        """Whether what stays has changed since it was drawn."""
        return not self._known or self.fig.stale

    def forget(self) -> None:
        """Draw everything afresh next time."""
        self._known = False
        self.fig.stale = False

    def frame(self, sharp: bool = True) -> np.ndarray:
        """Return the picture as it is now, RGBA (height, width, 4) uint8, valid until the next.

        - sharp: with `SHARP` pixels per point, else with `COARSE`
        """
        self._come_to_hand()
        with look():
            agg, background = self._prepared(SHARP if sharp else COARSE)
            agg.restore_region(background)
            renderer = agg.get_renderer()
            for artist in self._moving:
                artist.draw(renderer)
        self.fig.stale = False  # a legend that moves calls its figure stale by being drawn
        return np.asarray(agg.buffer_rgba())

    def png(self, sharp: bool = True) -> bytes:
        """Return the frame as PNG."""
        return png(self.frame(sharp))

    def _prepared(self, fine: int) -> tuple[FigureCanvasAgg, object]:
        """Return the Agg canvas and the background at `fine` pixels per point."""
        if self.changed:
            self._background.clear()
        if not self._laid_out and fine != SHARP:
            self._prepared(SHARP)  # the layout is worked out once, in sharp pixels
        agg = self._use(fine)
        if fine not in self._background:
            agg.draw()
            self.fig.set_layout_engine("none")
            self._background[fine] = agg.copy_from_bbox(self.fig.bbox)
            self._known = self._laid_out = True
        return agg, self._background[fine]

    def _use(self, fine: int) -> FigureCanvasAgg:
        """Give the figure its size in pixels and the Agg canvas of that size."""
        if self.fig.dpi != fine * self._dpi:  # setting it makes a figure stale
            self.fig.dpi = fine * self._dpi
        if fine not in self._agg:
            self._agg[fine] = FigureCanvasAgg(self.fig)
        self.fig.set_canvas(self._agg[fine])
        return self._agg[fine]

    def _come_to_hand(self) -> None:
        """Be the canvas drawn last; those drawn too long ago let go of their pixels."""
        _at_hand[:] = [*(canvas for canvas in _at_hand if canvas is not self), self]
        for canvas in _at_hand[:-AT_HAND]:
            canvas._background.clear()
            canvas._agg.clear()
            FigureCanvasBase(canvas.fig)  # without a buffer of pixels
        del _at_hand[:-AT_HAND]

    def _repr_mimebundle_(self, include=None, exclude=None):
        return bundle(self, [(self.png(), "")])


def _in_order(parent: Artist, moving: set[Artist]) -> Iterator[Artist]:
    """Yield those of `moving` in a figure or Axes, in the order in which matplotlib draws them."""
    for child in sorted(parent.get_children(), key=lambda artist: artist.get_zorder()):
        if child in moving:
            yield child
        elif isinstance(child, Axes):
            yield from _in_order(child, moving)


def png(pixels: np.ndarray) -> bytes:
    """Return RGBA (height, width, 4) uint8 as PNG, opaque; fast compression, for the screen.

    A third of the time that PIL takes at its fastest, for the same number of bytes: each row is
    written as its difference from the row above, mostly zeros in a chart, and only runs are found.
    """
    height, width = pixels.shape[:2]
    lines = np.empty((height, 3 * width), np.uint8)
    for channel in range(3):  # four times faster than pixels[..., :3]
        lines[:, channel::3] = pixels[..., channel]
    rows = np.empty((height, 1 + 3 * width), np.uint8)
    rows[:, 0] = 2  # the filter "Up"
    rows[0, 1:] = lines[0]
    np.subtract(lines[1:], lines[:-1], out=rows[1:, 1:])
    runs = zlib.compressobj(1, zlib.DEFLATED, strategy=zlib.Z_RLE)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = runs.compress(rows) + runs.flush()
    chunks = [(b"IHDR", header), (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def bundle(canvas: Canvas, scenes: Sequence[tuple[bytes, str]]) -> tuple[dict, dict]:
    """Return data and metadata of a MIME bundle: scenes of a canvas in one PNG, and its alt text.

    - scenes: each (sharp PNG, reading); readings are written below and added to the alt text
    """
    strips = []
    for picture, reading in scenes:
        strips.append(np.asarray(Image.open(io.BytesIO(picture))))
        if reading:
            strips.append(_caption(reading, strips[-1].shape[1], SHARP * canvas._dpi))
    alt = " ".join([canvas.alt, *(reading for _, reading in scenes if reading)])
    # 64 colours are enough for a chart and a quarter of the size; photographs need 256.
    colours = 256 if any(ax.images for ax in canvas.fig.axes) else 64
    buffer = io.BytesIO()
    few_colours(Image.fromarray(np.vstack(strips)), colours).save(buffer, "PNG", optimize=True)
    data = {"image/png": buffer.getvalue(), "text/plain": alt}
    return data, {"image/png": {"alt": alt, "width": canvas.width}}


def few_colours(picture: Image.Image, colours: int) -> Image.Image:
    """Return an RGB picture in so many colours.

    Maximum coverage keeps thin lines, median cut merges them and makes red orange. Each colour is
    looked at once, not each pixel; the mean of the pixels that become one keeps pale bands.
    """
    red, green, blue = np.moveaxis(np.asarray(picture, np.uint32), -1, 0)
    packed = red << 16 | green << 8 | blue
    found, which, often = np.unique(packed, return_inverse=True, return_counts=True)
    each = np.stack([found >> 16, found >> 8 & 255, found & 255], 1).astype(np.uint8)
    how = Image.Quantize.MAXCOVERAGE
    place = np.asarray(Image.fromarray(each[None]).quantize(colours, how, dither=0))[0]
    sums = np.stack([np.bincount(place, often * channel) for channel in each.T], 1)
    palette = sums / np.bincount(place, often).clip(1)[:, None]
    few = Image.fromarray(place[which].reshape(red.shape))
    few.putpalette(palette.round().astype(np.uint8).tobytes())
    return few


def _caption(text: str, width: int, dpi: float) -> np.ndarray:
    """Return a strip `width` pixels wide with a reading as it is, dollar signs too, RGB."""
    inches = width / dpi
    lines = textwrap.wrap(text, max(20, round(14 * inches))) or [""]  # at 9 points, many digits
    ink = {"fontsize": 9, "va": "center", "color": "#222222", "parse_math": False}
    with look():
        fig = Figure(figsize=(inches, 0.25 + 0.17 * len(lines)), dpi=dpi)
        agg = FigureCanvasAgg(fig)
        fig.text(0.02, 0.62, "\n".join(lines), **ink)
        agg.draw()
    return np.asarray(agg.buffer_rgba())[..., :3]
