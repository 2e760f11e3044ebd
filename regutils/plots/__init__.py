"""Panels: one class per kind of Axes. Arrays in, artists out; matplotlib only, never pyplot.

A panel draws on the Axes it is given what stays, and keeps in `artists` what `update(...)` moves. The same panel
serves a static figure and a slider (`live.Canvas`). Fix every axis limit from all the data at the start: a limit
that changes costs a full redraw.

In reading order: style · curves · weights · pictures · boards. Every panel is found here, as plots.Name.
"""

from .boards import Reproduction, SweepBoard, TrainingBoard
from .curves import Band, ErrorVsLambda, FittedCurve, LossCurves, LossParts, Overlay, Paths
from .pictures import Connections, Filters, HeatMap, Picture, Pictures, tiles
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
    SKY,
    STYLES,
    figure,
    label,
    limits,
    strength_axis,
    style,
)
from .weights import (
    Balance,
    Bars,
    Coefficients,
    LayerHistograms,
    PenaltyGeometry,
    Shares,
    WeightHistogram,
)

__all__ = [
    "BAND",
    "BLUE",
    "Balance",
    "Band",
    "Bars",
    "CYCLE",
    "Coefficients",
    "Connections",
    "ErrorVsLambda",
    "Filters",
    "FittedCurve",
    "GREEN",
    "GREY",
    "HeatMap",
    "INK",
    "LayerHistograms",
    "LossCurves",
    "LossParts",
    "ORANGE",
    "Overlay",
    "PURPLE",
    "Paths",
    "PenaltyGeometry",
    "Picture",
    "Pictures",
    "RED",
    "Reproduction",
    "SKY",
    "STYLES",
    "Shares",
    "SweepBoard",
    "TrainingBoard",
    "WeightHistogram",
    "figure",
    "label",
    "limits",
    "strength_axis",
    "style",
    "tiles",
]
