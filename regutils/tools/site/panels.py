"""Where a picture may be cut into panels that a narrow screen shows one under the other."""

import math

import numpy as np
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

# A panel of this many points or fewer is readable on a phone as it is.
NARROW = 400


def panels(fig: Figure, width: int, height: int, fine: float) -> list[list[int]]:
    """Return rectangles [x, y, width, height] in pixels that together show all of the picture.

    Cuts run through the gaps between axes (with titles, labels and colour bars), between rows where
    there are any, else between columns, in pieces of more than NARROW points.

    - width, height: of the picture in pixels; `fine`: pixels per point.
    """
    renderer, scale = fig.canvas.get_renderer(), width / fig.bbox.width
    parts = [[part] for part in (*fig.axes, *fig.texts, *fig.legends) if part.get_visible()]
    parts += [[ax, image.colorbar.ax] for ax in fig.axes for image in ax.images if image.colorbar]
    boxes = [Bbox.union([one.get_tightbbox(renderer) for one in part]) for part in parts]
    taken = np.array([[b.x0, fig.bbox.height - b.y1, b.x1, fig.bbox.height - b.y0] for b in boxes])
    pieces = _pieces([0, 0, width, height], taken * scale, NARROW * fine)
    return [[x0, y0, x1 - x0, y1 - y0] for x0, y0, x1, y1 in pieces]


def _pieces(piece: list[int], boxes: np.ndarray, narrow: float) -> list[list[int]]:
    """Cut a piece until each is narrow or has no more gaps."""
    if piece[2] - piece[0] > narrow:
        for axis in (1, 0):
            parts = _cut(piece, boxes, axis)
            if len(parts) > 1:
                return [small for part in parts for small in _pieces(part, boxes, narrow)]
        inside = _inside(piece, boxes)
        left, right = math.floor(inside[:, 0].min()), math.ceil(inside[:, 2].max())
        if right - left < 0.7 * (piece[2] - piece[0]):  # a legend beside nothing
            return [[left, piece[1], right, piece[3]]]
    return [piece]


def _inside(piece: list[int], boxes: np.ndarray) -> np.ndarray:
    """Return the boxes whose middle lies in a piece."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    return boxes[((middle > piece[:2]) & (middle < piece[2:])).all(1)]


def _cut(piece: list[int], boxes: np.ndarray, axis: int) -> list[list[int]]:
    """Cut a piece of the picture at every gap along an axis between the boxes in it."""
    inside = _inside(piece, boxes)[:, [axis, axis + 2]]
    lows, highs = inside[inside[:, 0].argsort()].T
    ends = np.maximum.accumulate(highs)
    gaps = [round((end + low) / 2) for end, low in zip(ends, lows[1:]) if low > end]
    edges = [piece[axis], *gaps, piece[axis + 2]]
    cut = [list(piece) for _ in edges[1:]]
    for part, low, high in zip(cut, edges, edges[1:]):
        part[axis], part[axis + 2] = low, high
    return cut
