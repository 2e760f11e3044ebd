"""Sliders over results that exist already: explore()."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence

import ipywidgets as widgets
import numpy as np

from ..arguments import position, require
from .box import Box, matched, require_parts
from .canvas import Canvas
from .controls import values


class FrameCache:
    """LRU cache of frames by owner and setting, bounded in bytes of their PNGs.

    A frame is (PNG, reading, whether it is sharp).
    """

    def __init__(self, max_bytes: int):
        self.max_bytes = max_bytes
        self.held = 0
        self._frames: OrderedDict[tuple, tuple[bytes, str, bool]] = OrderedDict()

    def get(self, owner: Hashable, setting: Hashable) -> tuple[bytes, str, bool] | None:
        """Return the frame of a setting, or None."""
        found = self._frames.get((owner, setting))
        if found is not None:
            self._frames.move_to_end((owner, setting))
        return found

    def put(self, owner: Hashable, setting: Hashable, frame: tuple[bytes, str, bool]) -> None:
        """Keep a frame; those asked for least recently make room."""
        self._remove((owner, setting))
        self._frames[owner, setting] = frame
        self.held += len(frame[0])
        while self.held > self.max_bytes:
            self._remove(next(iter(self._frames)))

    def drop(self, owner: Hashable) -> None:
        """Let go of all frames of an owner."""
        for key in [key for key in self._frames if key[0] == owner]:
            self._remove(key)

    def _remove(self, key: tuple) -> None:
        picture, *_ = self._frames.pop(key, (b"",))
        self.held -= len(picture)


# What all explorers of a kernel keep together; thirty kernels of a class share one machine.
CACHE = FrameCache(64_000_000)


class Explorer(Box):
    """A Box over results that exist, so that its frames can be kept. See `explore`."""

    def __init__(
        self,
        canvas: Canvas,
        reading: Callable[..., str],
        controls: Mapping[str, widgets.Widget],
        film: Sequence[Mapping],
    ):
        self._film = list(film)
        self._reading = reading
        super().__init__(canvas, controls, self._update)
        self.draw(sharp=True)

    @property
    def film(self) -> list[dict]:
        """The settings of the static strip, each with a value for every control."""
        return [self.now() | setting for setting in self._film]

    def snapshots(self) -> list[tuple[bytes, str]]:
        """Return (PNG, reading) for every setting of the film."""
        return [self.frame(**setting) for setting in self._film]

    def close(self) -> None:
        """Close as a Box does; its frames are forgotten."""
        super().close()
        CACHE.drop(id(self))

    def _update(self, **setting) -> str:
        """Move every panel to the positions of the controls; return the reading there."""
        index = [
            position(name, value, values(self.controls[name])) for name, value in setting.items()
        ]
        for panel in self.canvas.panels:
            if hasattr(panel, "update"):
                panel.update(*index)
        return self._reading(*index)

    def _drawn(self, setting: dict, sharp: bool) -> tuple[bytes, str, bool]:
        """Return the frame of a setting from the cache, or draw it; the reading is asked anew."""
        if self.canvas is not None and self.canvas.changed:
            CACHE.drop(id(self))
        reading = self._moved_to(setting)
        found = CACHE.get(id(self), _key(setting))
        if found is not None and found[1] == reading and (found[2] or not sharp):
            if self.canvas.changed:  # by the callback itself, so it belongs to the setting
                self.canvas.forget()
            return found
        drawn = self.canvas.png(sharp), reading, sharp
        CACHE.put(id(self), _key(setting), drawn)
        return drawn


def explore(
    canvas: Canvas,
    reading: Callable[..., str],
    *,
    film: Sequence[Mapping] | None = None,
    **controls: widgets.Widget,
) -> Explorer:
    """Return a box of controls over a picture of results that exist.

    At each move every panel of the canvas is updated, `panel.update(i, j, …)`, and the sentence
    under it is `reading(i, j, …)`, where i, j, … are the positions of the controls in their order.

    - canvas: the picture; panels without `update` stay as they are
    - reading: returns one sentence with the numbers
    - film: settings {name: value} for the static picture that pages without a kernel show; four
      positions along the first control unless given
    - controls: by name, made by `slider`, `lam_slider` or `choice`, or a slider of ipywidgets

    Raises ValueError for what is no Canvas, without controls, for one whose values cannot be
    listed, for a film without settings or with one that the controls do
    not have, and for a `reading` that does not return text.
    """
    require_parts(canvas, controls)
    if film is None:
        name, control = next(iter(controls.items()))
        options = values(control)
        ends = np.linspace(0, len(options) - 1, 4).round().astype(int)
        film = [{name: options[i]} for i in dict.fromkeys(ends.tolist())]
    listed = isinstance(film, Sequence) and all(isinstance(setting, Mapping) for setting in film)
    require(listed and len(film) > 0, "film", film, "a list of settings, each {name: value}")
    return Explorer(canvas, reading, controls, [matched(setting, controls) for setting in film])


def _key(setting: dict) -> Hashable:
    """Return a setting as a key of the cache, whatever its values are."""
    return tuple(map(repr, setting.values()))
