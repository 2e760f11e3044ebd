"""Panels: one class per kind of Axes. Arrays in, artists out; matplotlib only, never pyplot.

A panel draws on the Axes it is given what stays, and keeps in `artists` what `update(...)` moves.
The same panel serves a static figure and a slider (`live.Canvas`). Fix every axis limit from all
the data at the start: a limit that changes costs a full redraw. Places of legends, ticks, limits
and scales are arguments, so that nobody mends a panel afterwards.

In reading order: style · curves · weights · pictures · regions · boards. Every panel is found here,
as plots.Name. Panels are made and drawn under `look()`, whatever settings the user has.
"""

from .boards import Caption, Reproduction, StrengthTrace, SweepBoard, TrainingBoard
from .curves import (
    Choices,
    ErrorVsLambda,
    FittedCurve,
    Intervals,
    LossCurves,
    LossParts,
    Overlay,
    Paths,
)
from .pictures import Connections, Filters, HeatMap, Maps, Picture, Pictures, tiles
from .regions import DecisionRegions, NetworkDrawing
from .style import (
    BAND,
    BLUE,
    CYCLE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    RED,
    ROLES,
    SKY,
    figure,
    label,
    legend,
    limits,
    look,
    mosaic,
    plain,
    role,
    strength_axis,
    ticks,
)
from .weights import Balance, Bars, Coefficients, PenaltyGeometry, WeightHistogram

__all__ = [
    "BAND",
    "BLUE",
    "CYCLE",
    "GREEN",
    "GREY",
    "INK",
    "ORANGE",
    "PURPLE",
    "RED",
    "ROLES",
    "SKY",
    "Balance",
    "Bars",
    "Caption",
    "Choices",
    "Coefficients",
    "Connections",
    "DecisionRegions",
    "ErrorVsLambda",
    "Filters",
    "FittedCurve",
    "HeatMap",
    "Intervals",
    "LossCurves",
    "LossParts",
    "Maps",
    "NetworkDrawing",
    "Overlay",
    "Paths",
    "PenaltyGeometry",
    "Picture",
    "Pictures",
    "Reproduction",
    "StrengthTrace",
    "SweepBoard",
    "TrainingBoard",
    "WeightHistogram",
    "figure",
    "label",
    "legend",
    "limits",
    "look",
    "mosaic",
    "plain",
    "role",
    "strength_axis",
    "ticks",
    "tiles",
]
