"""Sliders that answer at once. In reading order:

canvas    Canvas: a figure that is drawn once and then only where it moves; pictures as PNG
controls  slider, lam_slider, choice, the values that they can take, the thread of their callbacks
explorer  Box: controls, picture, reading and status line; explore(): a Box over results that exist
player    play(): a Box over training that goes on while its controls move
"""

import importlib

from .canvas import Canvas

_NAMES = {
    "controls": ("choice", "lam_slider", "on_kernel_thread", "slider", "values"),
    "explorer": ("Box", "Explorer", "explore"),
    "player": ("Player", "PlayerBar", "PlayerBox", "play"),
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names}

__all__ = ["Canvas", *_HOMES]


def __getattr__(name: str):
    """Import what needs ipywidgets when it is asked for: Canvas does without."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
