# ruff: noqa: F401
"""Panels: one class per kind of Axes. Arrays in, artists out; matplotlib only, never pyplot.

A panel is built once with the whole arrays over all slider positions and draws the first. Leading
axes of an array are the positions of the controls in their order; an axis of length 1, or a missing
leading one, is alike at every position. `update(*index)` moves the panel's `artists`, and never a
limit, since that would cost a full redraw. Where a network trains live, `show(...)` draws what is
known so far. Panels are made and drawn under `look()`, whatever settings the user has.
"""

from .curves import (
    Choices,
    ErrorVsLambda,
    FittedCurve,
    Intervals,
    LossCurves,
    LossParts,
    Overlay,
    Paths,
    ReliabilityDiagram,
)
from .pictures import HeatMap, Maps, Picture, Pictures
from .regions import DecisionRegions
from .style import ROLES, dress, figure, label, limits, look, looks, plain, ticks
from .weights import Bars, Coefficients, Histogram, PenaltyGeometry, WeightHistogram
