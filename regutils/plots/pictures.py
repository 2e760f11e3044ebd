"""Panels of pictures: matrices, maps, photographs, filters, tables in colour."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.colors import LogNorm, Normalize
from matplotlib.image import AxesImage

from ..results import as_array
from .style import GREY, INK, RED, SMALL, Panel, bare, largest, look, pick, positions, ticks

# Grey, in the colour maps of white and colour, is where nothing is.
_GAP = "#9a9a9a"


class Picture(Panel):
    """Draw a matrix as an image with its colour bar. Zeros are white.

    - values (..., rows, columns).
    - top: where the scale ends; at the largest size unless given.
    - signed: the scale runs from −top (blue) over 0 to top (red), else from 0 to top (dark).
    - crosses (rows, columns): True where a small cross says that nothing is to be seen.
    - bar: what the colours mean; None draws no colour bar.
    - share: the Axes of several pictures that have this colour bar in common.
    """

    @look()
    def __init__(
        self, ax, values, *, top=None, signed=True, crosses=None, bar="value", share=None, **words
    ):
        self.ax, values = ax, positions("values", values, 2)
        top = largest(values) if top is None else top
        scale = {"cmap": "RdBu_r", "vmin": -top} if signed else {"cmap": "Greys", "vmin": 0}
        self.image = ax.imshow(pick(values, 2), vmax=top, **scale)
        moving = [self.image]
        bare(ax, frame=True)
        if crosses is not None:
            rows, columns = np.nonzero(as_array(crosses, None))
            cross = {"color": GREY, "linestyle": "none", "markersize": 3.5}
            moving += ax.plot(columns, rows, "x", markeredgewidth=0.8, **cross)
        if bar is not None:
            _colour_bar(self.image, ax if share is None else share, bar)
        self._finish(moving, [(values, 2)], words)

    def show(self, values):
        """Draw this matrix."""
        self.image.set_data(as_array(values))


class Connections(Panel):
    """Draw counts per pixel on a logarithmic scale, none at all in white, the darkest the most.

    - counts (..., rows, columns).
    - low, high: of the scale; `high` is the largest count unless given. Equal, they say that a
      pixel has `high` connections or none: two colours then, and words instead of a colour bar.
    """

    @look()
    def __init__(self, ax, counts, *, low=1.0, high=None, bar="connections", **words):
        self.ax, counts = ax, positions("counts", counts, 2)
        high = max(largest(counts), low) if high is None else high
        two = low == high
        colours = colormaps["viridis_r"].with_extremes(bad="white", under="white")
        norm = Normalize(0, high) if two else LogNorm(low, high)
        self.image = ax.imshow(np.full(counts.shape[-2:], high), cmap=colours, norm=norm)
        bare(ax, frame=True)
        if two:
            words["x"] = f"dark: {high:g} {bar}, white: none"
        else:
            scale = _colour_bar(self.image, ax, f"{bar}\n(dark: many, white: none)")
            at = [value for value in (0.1, 0.3, 1, 3, 10, 30, 100, 300) if low <= value <= high]
            ticks(scale.ax.yaxis, at)
        self._finish([self.image], [(counts, 2)], words)

    def show(self, counts):
        """Draw these counts, (rows, columns)."""
        self.image.set_data(np.ma.masked_equal(counts, 0))


class HeatMap(Panel):
    """Draw a table as colours, its numbers in the cells; `update(i, j)` frames one cell.

    - values (rows, columns); NaN is an empty cell.
    - rows, columns: their labels, in the order of the values.
    - top: values above it share the last colour.
    - signed: 0 is white, above it red, below it blue, so that what got worse and what got better
      are told apart at a glance; else the lowest is the darkest.
    - bar: what the colours mean.
    - numbers: how a value is written.
    """

    @look()
    def __init__(
        self, ax, values, rows, columns, *, bar="value", numbers="{:.2f}", top=None, signed=False,
        **words,
    ):  # fmt: skip
        self.ax = ax
        values = as_array(values)
        found = values[np.isfinite(values)]
        known = found if len(found) else np.array([0.0, 1.0])
        high = (largest(known) if signed else known.max()) if top is None else top
        low = -high if signed else min(known.min(), high)
        cmap = colormaps["RdBu_r" if signed else "cividis"].with_extremes(bad="white")
        self.image = ax.imshow(
            values, cmap=cmap, aspect="auto", origin="lower", vmin=low, vmax=high
        )
        for (i, j), value in np.ndenumerate(values):
            bright = self.image.to_rgba([value])[0, :3] @ (0.299, 0.587, 0.114)
            kind = {"color": "white" if bright < 0.5 else "black", "fontsize": SMALL}
            text = numbers.format(value).replace("-", "−") if np.isfinite(value) else "–"
            ax.text(j, i, text, ha="center", va="center", **kind)
        (self.frame,) = ax.plot([], [], color="white", linewidth=4, clip_on=False)
        (self.line,) = ax.plot([], [], color=INK if signed else RED, linewidth=2, clip_on=False)
        ax.grid(False)
        ticks(ax.xaxis, range(len(columns)), columns)
        ticks(ax.yaxis, range(len(rows)), rows)
        self._finish([self.frame, self.line], [], words)
        beyond = {(True, True): "both", (False, True): "max"}.get((signed, top is not None))
        bar = bar if signed else f"{bar} (dark: low)"
        _colour_bar(self.image, ax, bar, extend=beyond or "neither")

    def update(self, *index: int) -> None:
        if len(index) < 2:
            return
        i, j = index[-2:]
        for artist in self.artists:
            artist.set_data(
                j + np.array([-0.5, 0.5, 0.5, -0.5, -0.5]) * 0.97,
                i + np.array([-0.5, -0.5, 0.5, 0.5, -0.5]) * 0.97,
            )


def _colour_bar(image: AxesImage, ax: Axes | Sequence[Axes], name: str, **options) -> Colorbar:
    """Draw a colour bar with its name, beside one Axes or several."""
    first = ax if isinstance(ax, Axes) else ax[0]
    scale = first.figure.colorbar(image, ax=ax, shrink=0.85, **options)
    scale.set_label(name, fontsize=SMALL, parse_math=False)
    scale.ax.tick_params(labelsize=SMALL)
    scale.outline.set_edgecolor(GREY)
    return scale


def tiles(x, columns: int, gap: int = 1, fill: float | None = None) -> np.ndarray:
    """Return pictures (n, c, h, w) of one number type side by side, `columns` in a row: (H, W, c).

    Between them, and where the last row is not full, stands `fill`: white unless given.
    """
    x = as_array(x, None)
    n, c, h, w = x.shape
    rows = -(-n // columns)
    if fill is None:
        fill = 255 if x.dtype == np.uint8 else 1.0
    sheet = np.full((rows * (h + gap) - gap, columns * (w + gap) - gap, c), fill, dtype=x.dtype)
    for i, picture in enumerate(x):
        top, left = i // columns * (h + gap), i % columns * (w + gap)
        sheet[top : top + h, left : left + w] = picture.transpose(1, 2, 0)
    return sheet


class Maps(Panel):
    """Draw maps of one number per pixel side by side, each framed.

    - x (..., n, h, w); columns: in a row.
    - dead (..., n): flags of maps that are crossed out.
    - top: where the scale ends, at the largest size unless given; signed: as in `Picture`.
    - upside: "lower" where the first row of a map belongs at the bottom, as y does on an axis.
    """

    @look()
    def __init__(
        self, ax, x, columns, *, dead=None, top=None, signed=False, upside="upper", **words
    ):
        self.ax, self.columns, self.upside = ax, columns, upside
        x = positions("x", x, 3)
        n, h, w = x.shape[-3:]
        dead = positions("dead", np.zeros(n) if dead is None else dead, 1)
        top = largest(x) if top is None else top
        cmap = colormaps["RdBu_r" if signed else "Greys"].with_extremes(bad=_GAP)
        sharp = {"interpolation": "nearest", "interpolation_stage": "data"}  # the faster of two
        scale = {"cmap": cmap, "vmin": -top if signed else 0, "vmax": top}
        self.image = ax.imshow(self._sheet(pick(x, 3)), **scale, **sharp)
        rows, places = np.divmod(np.arange(n), columns)
        left, upper = places * (w + 1) - 0.5, rows * (h + 1) - 0.5
        self.corners = np.stack([left, left + w, upper, upper + h], 1)
        (self.crosses,) = ax.plot([], [], color=GREY, linewidth=1.2)
        bare(ax, frame=True)
        self._finish([self.image, self.crosses], [(x, 3), (dead, 1)], words)

    def show(self, x, dead=()):
        """Draw these maps (n, h, w), crossing out the dead (n,)."""
        self.image.set_data(self._sheet(as_array(x)))
        left, right, upper, lower = self.corners[np.flatnonzero(as_array(dead, bool))].T
        gap = np.full(len(left), np.nan)
        across = np.stack([left, right, gap, left, right, gap], 1)
        down = np.stack([upper, lower, gap, lower, upper, gap], 1)
        self.crosses.set_data(across.ravel(), down.ravel())

    def _sheet(self, x):
        x = x[:, ::-1] if self.upside == "lower" else x
        return tiles(x[:, None], self.columns, fill=np.nan)[..., 0]


class Pictures(Panel):
    """Draw a sheet of pictures.

    - x (..., n, 3, h, w): uint8, or float in [0, 1]; columns: in a row.
    """

    @look()
    def __init__(self, ax, x, columns, **words):
        self.ax, self.columns, x = ax, columns, as_array(x, None)
        self.image = ax.imshow(tiles(pick(x, 4), columns), interpolation="nearest")
        bare(ax)
        self._finish([self.image], [(x, 4)], words)

    def show(self, x):
        """Draw these pictures, (n, 3, h, w)."""
        self.image.set_data(tiles(x, self.columns))


class Filters(Pictures):
    """Draw filters of a first layer as colours: grey is 0, one scale for all, ±`top`.

    - filters (..., n, 3, h, w).
    """

    def __init__(self, ax, filters, *, columns=8, top=None, **words):
        filters = as_array(filters)
        top = largest(filters) if top is None else top
        words = {"title": "Filters of the first layer (grey: 0)"} | words
        super().__init__(ax, np.clip(filters / top, -1, 1) / 2 + 0.5, columns, **words)
