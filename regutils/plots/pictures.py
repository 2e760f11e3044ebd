"""Panels of pictures: matrices, maps, photographs, filters, tables in colour."""

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import LogNorm, Normalize

from ..results import as_array
from .style import GREY, SMALL, Panel, bare, look, pick, ticks


class Picture(Panel):
    """Draw a matrix as an image with its colour bar. Zeros are white, the darkest is the most.

    - values (..., rows, columns), none below 0.
    - top: where the scale ends; low: where it starts if it is logarithmic.
    - bar: what the colours mean.
    """

    @look()
    def __init__(self, ax, values, *, top, bar="connections", low=None, **words):
        self.ax = ax
        colours = colormaps["viridis_r" if low else "Greys"].with_extremes(bad="white")
        norm = LogNorm(low, top) if low else Normalize(0, top)
        values = np.ma.masked_equal(as_array(values), 0)
        self.image = ax.imshow(pick(values, 2), cmap=colours, norm=norm)
        bare(ax, frame=True)
        at = [0.1, 0.3, 1, 3, 10, 30, 100, 300] if low else None
        _colour_bar(self.image, ax, f"{bar}\n(dark: many, white: none)" if low else bar, at)
        self._finish([self.image], [(values, 2)], words)

    def show(self, values):
        """Draw this matrix."""
        self.image.set_data(values)


class HeatMap(Panel):
    """Draw a table as colours, its numbers in the cells, the lowest the darkest; it stays.

    - values (rows, columns); NaN is an empty cell.
    - rows, columns: their labels, in the order of the values.
    - top: values above it share the last colour.
    """

    @look()
    def __init__(self, ax, values, rows, columns, *, top, **words):
        self.ax, values = ax, as_array(values)
        low = np.nanmin(values[np.isfinite(values)], initial=top)
        colours = colormaps["cividis"].with_extremes(bad="white")
        kind = {"cmap": colours, "vmin": low, "vmax": top, "aspect": "auto", "origin": "lower"}
        image = ax.imshow(values, **kind)
        for (i, j), value in np.ndenumerate(values):
            bright = image.to_rgba([value])[0, :3] @ (0.299, 0.587, 0.114)
            text = f"{value:.3f}" if np.isfinite(value) else "–"
            where = {"ha": "center", "va": "center", "fontsize": SMALL}
            ax.text(j, i, text, color="white" if bright < 0.5 else "black", **where)
        ax.grid(False)
        ticks(ax.xaxis, range(len(columns)), columns)
        ticks(ax.yaxis, range(len(rows)), rows)
        self._finish([], [], words)
        _colour_bar(image, ax, "dark: low", extend="max")


def _colour_bar(image, ax, name, at=None, **options):
    """Draw a colour bar with its name beside the Axes; at: where its ticks stand."""
    scale = ax.figure.colorbar(image, ax=ax, shrink=0.85, **options)
    scale.set_label(name, fontsize=SMALL, parse_math=False)
    scale.ax.tick_params(labelsize=SMALL)
    scale.outline.set_edgecolor(GREY)
    if at is not None:
        low, high = image.get_clim()
        ticks(scale.ax.yaxis, [value for value in at if low <= value <= high])


def tiles(x: np.ndarray, columns: int, fill: float) -> np.ndarray:
    """Return pictures (n, c, h, w) side by side, `columns` in a row, as one: (H, W, c).

    Between them, and where the last row is not full, stands `fill`.
    """
    n, c, h, w = x.shape
    rows = -(-n // columns)
    x = np.pad(x, ((0, rows * columns - n), (0, 0), (0, 1), (0, 1)), constant_values=fill)
    x = x.reshape(rows, columns, c, h + 1, w + 1).transpose(0, 3, 1, 4, 2)
    return x.reshape(rows * (h + 1), columns * (w + 1), c)[:-1, :-1]


class Maps(Panel):
    """Draw maps of one number per place side by side: red above 0, blue below; see `show`.

    - n maps of `side` × `side` places; columns: in a row; top: where the scale ends.
    """

    @look()
    def __init__(self, ax, n, side, columns, *, top, **words):
        self.ax, self.columns = ax, columns
        colours = colormaps["RdBu_r"].with_extremes(bad="#9a9a9a")  # grey: nothing is there
        kind = {"cmap": colours, "vmin": -top, "vmax": top, "interpolation": "nearest"}
        kind |= {"interpolation_stage": "data"}  # the faster of two
        self.image = ax.imshow(tiles(np.zeros((n, 1, side, side)), columns, np.nan)[..., 0], **kind)
        bare(ax, frame=True)
        self._finish([self.image], [], words)

    def show(self, x, dead):
        """Draw maps (n, side, side), their first row at the bottom; the dead (n,) are grey."""
        upright = np.where(as_array(dead, bool)[:, None, None, None], np.nan, as_array(x)[:, None])
        self.image.set_data(tiles(upright[:, :, ::-1], self.columns, np.nan)[..., 0])


class Pictures(Panel):
    """Draw a sheet of pictures.

    - x (..., n, 3, h, w): uint8, or float in [0, 1]; columns: in a row.
    """

    @look()
    def __init__(self, ax, x, columns, **words):
        x = as_array(x, None)
        self.ax, self.columns, self.white = ax, columns, 255 if x.dtype == np.uint8 else 1.0
        self.image = ax.imshow(tiles(pick(x, 4), columns, self.white), interpolation="nearest")
        bare(ax)
        self._finish([self.image], [(x, 4)], words)

    def show(self, x):
        """Draw these pictures, (n, 3, h, w)."""
        self.image.set_data(tiles(x, self.columns, self.white))
