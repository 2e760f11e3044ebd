"""Panels of pictures: matrices, photographs, filters, heat maps."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

from .style import RED, label


class Picture:
    """A matrix as an image with its colour bar; `update(matrix)`. Zeros are white: the scale is centred on 0."""

    def __init__(
        self,
        ax: Axes,
        shape: tuple[int, int],
        top: float,
        *,
        title="",
        bar: str = "",
        cmap="RdBu_r",
    ):
        self.ax = ax
        self.image = ax.imshow(np.zeros(shape), cmap=cmap, vmin=-top, vmax=top)
        self.artists = [self.image]
        ax.grid(False)
        ax.set_xticks([])
        ax.set_yticks([])
        label(ax, title, "", "")
        ax.figure.colorbar(self.image, ax=ax, shrink=0.8).set_label(bar, fontsize=8)

    def update(self, matrix) -> None:
        self.image.set_data(np.asarray(matrix, dtype=float))


class Connections:
    """Counts per pixel on a logarithmic colour scale, none at all in white; `update(counts)` with (rows, columns)."""

    def __init__(
        self, ax: Axes, shape: tuple[int, int], low: float, high: float, *, title="", bar=""
    ):
        self.ax = ax
        colours = colormaps["viridis_r"].with_extremes(bad="white", under="white")
        self.image = ax.imshow(np.full(shape, high), cmap=colours, norm=LogNorm(low, high))
        self.artists = [self.image]
        ax.grid(False)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[["top", "right"]].set_visible(True)
        label(ax, title, "", "")
        scale = ax.figure.colorbar(self.image, ax=ax, shrink=0.8, format="%g")
        scale.set_label(bar, fontsize=8)
        scale.ax.tick_params(labelsize=8)

    def update(self, counts) -> None:
        counts = np.asarray(counts, dtype=float)
        self.image.set_data(np.ma.masked_equal(counts, 0))


class HeatMap:
    """Values (rows, columns) as colours with their numbers in the cells; `update(i, j)` frames one cell.

    rows and columns are the labels, in the order of the values. Low is dark (good, for an error); values above `top`
    share the last colour.
    """

    def __init__(
        self,
        ax: Axes,
        values,
        rows: Sequence,
        columns: Sequence,
        *,
        title="",
        x="",
        y="",
        bar="",
        numbers="{:.2f}",
        top: float | None = None,
    ):
        values, self.ax = np.asarray(values, dtype=float), ax
        image = ax.imshow(values, cmap="cividis", aspect="auto", origin="lower", vmax=top)
        middle = (np.nanmin(values) + image.norm.vmax) / 2
        for (i, j), value in np.ndenumerate(values):
            ax.text(
                j,
                i,
                numbers.format(value),
                ha="center",
                va="center",
                fontsize=7.5,
                color="white" if value < middle else "black",
            )
        (self.frame,) = ax.plot([], [], color="white", linewidth=4, clip_on=False)
        (self.line,) = ax.plot([], [], color=RED, linewidth=2, clip_on=False)
        self.artists = [self.frame, self.line]
        ax.grid(False)
        ax.set_xticks(range(len(columns)), columns)
        ax.set_yticks(range(len(rows)), rows)
        label(ax, title, x, y)
        scale = ax.figure.colorbar(
            image, ax=ax, shrink=0.85, extend="neither" if top is None else "max"
        )
        scale.set_label(bar, fontsize=8)
        scale.ax.tick_params(labelsize=8)

    def update(self, i: int, j: int) -> None:
        for artist in self.artists:
            artist.set_data(
                j + np.array([-0.5, 0.5, 0.5, -0.5, -0.5]) * 0.97,
                i + np.array([-0.5, -0.5, 0.5, 0.5, -0.5]) * 0.97,
            )


def _bare(ax: Axes, title: str) -> None:
    ax.grid(False)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    label(ax, title, "", "")


def tiles(x: np.ndarray, columns: int, gap: int = 1) -> np.ndarray:
    """Pictures (n, 3, h, w) of one number type side by side, `columns` in a row, white between: (H, W, 3)."""
    n, c, h, w = x.shape
    rows = -(-n // columns)
    white = 255 if x.dtype == np.uint8 else 1.0
    sheet = np.full((rows * (h + gap) - gap, columns * (w + gap) - gap, c), white, dtype=x.dtype)
    for i, picture in enumerate(x):
        top, left = i // columns * (h + gap), i % columns * (w + gap)
        sheet[top : top + h, left : left + w] = picture.transpose(1, 2, 0)
    return sheet


class Pictures:
    """A sheet of pictures; `update(x)` with (n, 3, h, w) uint8, or float in [0, 1]; n as at the start."""

    def __init__(self, ax: Axes, x, columns: int, *, title: str = "Pictures"):
        self.columns = columns
        self.image = ax.imshow(tiles(np.asarray(x), columns), interpolation="nearest")
        self.artists = [self.image]
        _bare(ax, title)

    def update(self, x) -> None:
        self.image.set_data(tiles(np.asarray(x), self.columns))


class Filters(Pictures):
    """Filters of a first layer (n, 3, h, w) as colours: grey is 0; the scale is one for all, ±`top`."""

    def __init__(
        self,
        ax: Axes,
        n: int,
        shape: tuple[int, int, int],
        top: float,
        *,
        columns: int = 8,
        title: str = "Filters of the first layer",
    ):
        self.top = top
        super().__init__(ax, np.full((n, *shape), 0.5), columns, title=title)

    def update(self, filters) -> None:
        super().update(np.clip(np.asarray(filters, dtype=float) / self.top, -1, 1) / 2 + 0.5)
