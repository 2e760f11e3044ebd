"""Where a picture may be cut into panels that a narrow screen shows one under the other."""

import numpy as np
from matplotlib.figure import Figure

# A panel of this many points or fewer is readable on a phone as it is.
NARROW = 400

Box = tuple[float, float, float, float]


def panels(fig: Figure, width: int, height: int, fine: float) -> list[list[int]]:
    """Return rectangles [x, y, width, height] in pixels that together are the whole picture.

    Cuts run through the gaps between axes (with titles and labels), first between rows, then
    between columns, until a piece is at most NARROW points wide or has no gap.

    - width, height: of the picture in pixels; `fine`: pixels per point.
    """
    renderer = fig.canvas.get_renderer()
    parts = [*fig.axes, *fig.texts, *fig.legends, fig._suptitle]
    found = [part.get_tightbbox(renderer) for part in parts if part and part.get_visible()]
    w, h = fig.bbox.width, fig.bbox.height
    scale = np.array([width / w, height / h] * 2)
    boxes = [
        tuple(np.array([b.x0, h - b.y1, b.x1, h - b.y0]) * scale) for b in found if b is not None
    ]
    pieces = _cut((0, 0, width, height), boxes, NARROW * fine)
    return [
        [round(x0), round(y0), round(x1) - round(x0), round(y1) - round(y0)]
        for x0, y0, x1, y1 in pieces
    ]


def _cut(piece: Box, boxes: list[Box], narrow: float) -> list[Box]:
    """Cut a piece of the picture at a gap between `boxes`, and each part again."""
    if piece[2] - piece[0] <= narrow:
        return [piece]
    for axis in (1, 0):
        gaps = _gaps([(box[axis], box[axis + 2]) for box in boxes])
        if gaps:
            middle = (piece[axis] + piece[axis + 2]) / 2
            at = min(gaps, key=lambda gap: abs(gap - middle))
            first, second = list(piece), list(piece)
            first[axis + 2] = second[axis] = at
            before = [box for box in boxes if box[axis] < at]
            after = [box for box in boxes if box[axis] >= at]
            return _cut(tuple(first), before, narrow) + _cut(tuple(second), after, narrow)
    return [piece]


def _gaps(intervals: list[tuple[float, float]]) -> list[float]:
    """Return the middles of what no interval covers between the first and the last."""
    found, end = [], None
    for low, high in sorted(intervals):
        if end is not None and low > end:
            found.append((low + end) / 2)
        end = high if end is None else max(end, high)
    return found
