"""Sliders that answer at once. In reading order:

canvas      a figure that is drawn once and then only where it moves; needs no ipywidgets
stills      what stands in its place on pages without a kernel
controls    sliders and choices
explorer    explore(): controls over results that exist already
playground  play(): controls over training that goes on while they move
"""

from .canvas import Canvas
from .controls import choice, lam_slider, slider
from .explorer import Explorer, explore
from .playground import Playground, play

__all__ = ["Canvas", "Explorer", "Playground", "choice", "explore", "lam_slider", "play", "slider"]
