"""Sliders that answer at once. In reading order:

canvas      a figure that is drawn once and then only where it moves; needs no ipywidgets
stills      what stands in its place on pages without a kernel
kept        what has been drawn, within a bound
controls    sliders and choices, and the values that they can take
cells       which cell of a notebook is being run
explorer    explore(): controls over results that exist already
training    steps that are taken while the kernel goes on listening
playground  play(): controls over training that goes on while they move
"""

import importlib

from .canvas import Canvas

_HOMES = {
    "Explorer": "explorer",
    "Playground": "playground",
    "Training": "training",
    "choice": "controls",
    "explore": "explorer",
    "lam_slider": "controls",
    "play": "playground",
    "slider": "controls",
    "values": "controls",
}

__all__ = [
    "Canvas",
    "Explorer",
    "Playground",
    "Training",
    "choice",
    "explore",
    "lam_slider",
    "play",
    "slider",
    "values",
]


def __getattr__(name: str):
    """What needs ipywidgets is imported when it is asked for: Canvas does without."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
