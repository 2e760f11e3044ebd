"""Panels of pictures: matrices, maps, photographs, filters, tables in colour."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.colors import LogNorm, Normalize
from matplotlib.image import AxesImage

from ..results import as_array
from .style import GREY, INK, RED, SMALL, bare, label, look, ticks

# Grey, in the colour maps of white and colour, is where nothing is.
_GAP = "#9a9a9a"


class Picture:
    """A matrix as an image with its colour bar; `update(matrix)`. Zeros are white.

    shape: of the matrix.
    top: where the scale ends.
    signed: the scale runs from −top (blue) over 0 to top (red), else from 0 to top (dark).
    crosses: (rows, columns), True where a small cross is to say that nothing is to be seen.
    bar: what the colours mean; None draws no colour bar.
    share: the Axes of several pictures that have this colour bar in common.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        shape: tuple[int, int],
        top: float,
        *,
        signed: bool = True,
        crosses=None,
        title: str = "",
        bar: str | None = "value",
        share: Sequence[Axes] | None = None,
    ):
        self.ax = ax
        scale = {"cmap": "RdBu_r", "vmin": -top} if signed else {"cmap": "Greys", "vmin": 0}
        self.image = ax.imshow(np.zeros(shape), vmax=top, **scale)
        self.artists = [self.image]
        bare(ax, title, frame=True)
        if crosses is not None:
            rows, columns = np.nonzero(as_array(crosses, None))
            cross = {"color": GREY, "linestyle": "none", "markersize": 3.5}
            self.artists += ax.plot(columns, rows, "x", markeredgewidth=0.8, **cross)
        if bar is not None:
            _colour_bar(self.image, ax if share is None else share, bar)

    def update(self, matrix) -> None:
        self.image.set_data(as_array(matrix))


class Connections:
    """Counts per pixel, none at all in white; `update(counts)` with (rows, columns).

    low, high: of the logarithmic scale, the darkest being the most. Equal, they say that a pixel
        has `high` connections or none: two colours then, and words instead of a colour bar.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        shape: tuple[int, int],
        low: float,
        high: float,
        *,
        title: str = "",
        bar: str = "connections",
    ):
        self.ax = ax
        two = low == high
        colours = colormaps["viridis_r"].with_extremes(bad="white", under="white")
        norm = Normalize(0, high) if two else LogNorm(low, high)
        self.image = ax.imshow(np.full(shape, high), cmap=colours, norm=norm)
        self.artists = [self.image]
        bare(ax, title, frame=True)
        if two:
            words = f"dark: {high:g} {bar}, white: none"
            ax.set_xlabel(words, fontsize=SMALL, parse_math=False)
            return
        scale = _colour_bar(self.image, ax, f"{bar}\n(dark: many, white: none)")
        at = [value for value in (0.1, 0.3, 1, 3, 10, 30, 100, 300) if low <= value <= high]
        ticks(scale.ax.yaxis, at)

    def update(self, counts) -> None:
        self.image.set_data(np.ma.masked_equal(as_array(counts), 0))


class HeatMap:
    """A table as colours, its numbers in the cells; `update(i, j)` frames one cell.

    values: (rows, columns).
    rows, columns: their labels, in the order of the values.
    top: values above it share the last colour.
    signed: 0 is white, above it red, below it blue, so that what got worse and what got better are
        told apart at a glance; else the lowest is the darkest.
    bar: what the colours mean.
    numbers: how a value is written.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        values,
        rows: Sequence,
        columns: Sequence,
        *,
        title: str = "",
        x: str = "",
        y: str = "",
        bar: str = "value",
        numbers: str = "{:.2f}",
        top: float | None = None,
        signed: bool = False,
    ):
        self.ax, self.numbers = ax, numbers
        values = as_array(values)
        high = np.nanmax(np.abs(values) if signed else values) if top is None else top
        low = -high if signed else min(np.nanmin(values), high)
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
        self.artists = [self.frame, self.line]
        ax.grid(False)
        ticks(ax.xaxis, range(len(columns)), columns)
        ticks(ax.yaxis, range(len(rows)), rows)
        label(ax, title, x, y)
        beyond = {(True, True): "both", (False, True): "max"}.get((signed, top is not None))
        words = bar if signed else f"{bar} (dark: low)"
        _colour_bar(self.image, ax, words, extend=beyond or "neither")

    def update(self, i: int, j: int) -> None:
        for artist in self.artists:
            artist.set_data(
                j + np.array([-0.5, 0.5, 0.5, -0.5, -0.5]) * 0.97,
                i + np.array([-0.5, -0.5, 0.5, 0.5, -0.5]) * 0.97,
            )


def _colour_bar(image: AxesImage, ax: Axes | Sequence[Axes], name: str, **options) -> Colorbar:
    """A colour bar with its name, beside one Axes or several."""
    first = ax if isinstance(ax, Axes) else ax[0]
    scale = first.figure.colorbar(image, ax=ax, shrink=0.85, **options)
    scale.set_label(name, fontsize=SMALL, parse_math=False)
    scale.ax.tick_params(labelsize=SMALL)
    scale.outline.set_edgecolor(GREY)
    return scale


def tiles(x, columns: int, gap: int = 1, fill: float | None = None) -> np.ndarray:
    """Pictures (n, c, h, w) of one number type side by side, `columns` in a row: (H, W, c).

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


class Maps:
    """Maps of one number per pixel side by side, each framed; `update(x, dead)`.

    x: (n, h, w).
    dead: n flags, whose maps are crossed out; none unless given.
    n, shape: how many, and (h, w) of each.
    columns: in a row.
    top: where the scale ends.
    signed: as in `Picture`.
    upside: "lower" where the first row of a map belongs at the bottom, as y does on an axis.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        n: int,
        shape: tuple[int, int],
        columns: int,
        top: float,
        *,
        signed: bool = False,
        upside: str = "upper",
        title: str = "",
    ):
        self.ax = ax
        self.columns = columns
        self.upside = upside
        cmap = colormaps["RdBu_r" if signed else "Greys"].with_extremes(bad=_GAP)
        low = -top if signed else 0
        blank = self._sheet(np.zeros((n, *shape)))
        sharp = {"interpolation": "nearest", "interpolation_stage": "data"}  # the faster of two
        self.image = ax.imshow(blank, cmap=cmap, vmin=low, vmax=top, **sharp)
        h, w = shape
        rows, places = np.divmod(np.arange(n), columns)
        left, upper = places * (w + 1) - 0.5, rows * (h + 1) - 0.5
        self.corners = np.stack([left, left + w, upper, upper + h], 1)
        (self.crosses,) = ax.plot([], [], color=GREY, linewidth=1.2)
        self.artists = [self.image, self.crosses]
        bare(ax, title, frame=True)

    def update(self, x, dead=()) -> None:
        self.image.set_data(self._sheet(as_array(x)))
        flags = as_array(dead, bool)
        left, right, upper, lower = self.corners[np.flatnonzero(flags)].T
        gap = np.full(len(left), np.nan)
        across = np.stack([left, right, gap, left, right, gap], 1)
        down = np.stack([upper, lower, gap, lower, upper, gap], 1)
        self.crosses.set_data(across.ravel(), down.ravel())

    def _sheet(self, x: np.ndarray) -> np.ndarray:
        if self.upside == "lower":
            x = x[:, ::-1]
        return tiles(x[:, None], self.columns, fill=np.nan)[..., 0]


class Pictures:
    """A sheet of pictures; `update(x)` with (n, 3, h, w) uint8, or float in [0, 1].

    x: the first pictures; as many come later.
    columns: in a row.
    """

    @look()
    def __init__(self, ax: Axes, x, columns: int, *, title: str = "Pictures"):
        self.ax, self.columns = ax, columns
        self.image = ax.imshow(tiles(x, columns), interpolation="nearest")
        self.artists = [self.image]
        bare(ax, title)

    def update(self, x) -> None:
        self.image.set_data(tiles(x, self.columns))


class Filters(Pictures):
    """Filters of a first layer (n, 3, h, w) as colours; grey is 0, one scale for all, ±`top`."""

    def __init__(
        self,
        ax: Axes,
        n: int,
        shape: tuple[int, int, int],
        top: float,
        *,
        columns: int = 8,
        title: str = "Filters of the first layer (grey: 0)",
    ):
        self.top = top
        super().__init__(ax, np.full((n, *shape), 0.5), columns, title=title)

    def update(self, filters) -> None:
        super().update(np.clip(as_array(filters) / self.top, -1, 1) / 2 + 0.5)
