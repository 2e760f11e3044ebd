"""Sliders that answer at once. In reading order:

canvas    Canvas: a figure that is drawn once and then only where it moves; pictures as PNG
controls  slider, lam_slider, choice, and the values that they can take
kernel    which cell is run, and in which thread a widget's callback is called
box       Box: controls, picture, reading and status line
explorer  explore(): a Box over results that exist already
player    play(): a Box over training that goes on while its controls move
"""

import importlib

from .canvas import Canvas

_HOMES = {
    "Box": "box",
    "Explorer": "explorer",
    "Player": "player",
    "PlayerBar": "player",
    "PlayerBox": "player",
    "choice": "controls",
    "explore": "explorer",
    "lam_slider": "controls",
    "on_kernel_thread": "kernel",
    "play": "player",
    "slider": "controls",
    "values": "controls",
}

__all__ = ["Canvas", *_HOMES]


def __getattr__(name: str):
    """Import what needs ipywidgets when it is asked for: Canvas does without."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
