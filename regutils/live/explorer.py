"""Sliders over results that exist: Box, Explorer, explore()."""

from __future__ import annotations

import asyncio
import contextlib
import html
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import ClassVar

import ipywidgets as widgets
import numpy as np
import traitlets
from IPython import get_ipython

from ..arguments import position, require
from .canvas import Canvas, bundle
from .controls import on_kernel_thread, running_loop, values

# So long nothing must have been drawn before the sharp picture takes the place of the coarse one.
REST_SECONDS = 0.2

# What an explorer keeps of drawn frames; thirty kernels of a class share one machine.
CACHE_BYTES = 12_000_000

Controls = Mapping[str, widgets.Widget]


class Picture(widgets.Image):
    """An Image that says what it shows: its tooltip is its accessible name."""

    # The front end shows a tooltip only on what has an empty description; Image has none at all.
    description = traitlets.Unicode("").tag(sync=True)


class Box(widgets.VBox):
    """Controls, a picture, the reading in one sentence, a status line.

    While something moves the picture has one pixel per point; once it rests it has two.

    - canvas: the picture; another may be assigned later
    - controls: the widgets by name; assign `children` for another layout
    - read: called `read(name=value, …)`, moves the picture there and returns the reading

    `image` is the picture, `reading` the sentence, in `reading_line`; `status_line` shows what goes
    wrong. Run again, a cell closes the boxes that it made before. Who makes a Box calls `draw` once
    all that `read` needs is there.
    """

    _of_cell: ClassVar[dict[str, dict[str, list[Box]]]] = {}  # by cell and run

    def __init__(self, canvas: Canvas, controls: Controls, read: Callable[..., str]):
        self.controls = dict(controls)
        self.reading = ""
        self.image = Picture(format="png", layout={"max_width": "100%", "height": "auto"})
        self.reading_line = widgets.HTML()
        self.status_line = widgets.HTML()
        self._read = read
        self._shown: dict | None = None
        self._quiet = False
        self._timer: asyncio.TimerHandle | None = None
        super().__init__([*self.controls.values(), self.image, self.reading_line, self.status_line])
        self.canvas = canvas
        self._close_earlier_run()
        moved = on_kernel_thread(self._moved, latest=True)
        for control in self.controls.values():
            control.observe(moved, "value")

    @property
    def canvas(self) -> Canvas:
        return self._canvas

    @canvas.setter
    def canvas(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self.image.tooltip = canvas.alt
        self.image.layout.width = f"{canvas.width}px"

    def now(self) -> dict:
        """Return the value of each control."""
        return {name: control.value for name, control in self.controls.items()}

    def settings(self) -> list[dict]:
        """Return every combination that the controls can take; the last one runs fastest."""
        every = product(*map(values, self.controls.values()))
        return [dict(zip(self.controls, setting)) for setting in every]

    def set(self, **settings) -> None:
        """Move controls by name, as a drag does; show and raise what goes wrong."""
        wanted = matched(settings, self.controls)
        self._quiet = True
        try:
            for name, value in wanted.items():
                self.controls[name].value = value
        finally:
            self._quiet = False
        self.draw(sharp=True)

    def frame(self, **settings) -> tuple[bytes, str]:
        """Return the sharp (PNG, reading) of a setting; what is shown stays as it is.

        Controls that are not named stand where they are. Raises what `matched` does.
        """
        wanted = self.now() | matched(settings, self.controls)
        try:
            picture, reading, _ = self._drawn(wanted, sharp=True)
            return picture, reading
        finally:
            if self._shown is not None:
                self._moved_to(self._shown)

    def snapshots(self) -> list[tuple[bytes, str]]:
        """Return the (PNG, reading) pairs that pages without a kernel show."""
        return [self.frame()]

    def draw(self, sharp: bool = False) -> None:
        """Show the present setting: coarse at once and sharp at rest, or sharp at once.

        Where no event loop runs there is no later, so it is sharp at once.
        """
        now, loop = self.now(), running_loop()
        with self.watched("This setting failed, the picture shows the last one that worked."):
            drawn = self._drawn(now, sharp or loop is None)
        self._show(now, *drawn)
        self.status_line.value = ""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if loop is None else loop.call_later(REST_SECONDS, self._rest)

    def warn(self, text: str) -> None:
        """Say on the status line what went wrong."""
        self.status_line.value = (
            f'<div role="alert" style="color:#B00020">{html.escape(text)}</div>'
        )

    @contextlib.contextmanager
    def watched(self, what: str) -> Iterator[None]:
        """Show an error where the learner looks, and raise it, so that the log keeps it."""
        try:
            yield
        except Exception as error:
            self.warn(f"{what} {type(error).__name__}: {error}")
            raise

    def close(self) -> None:
        """Take the widgets from the front end and the picture from memory."""
        if self._timer is not None:
            self._timer.cancel()
        for control in self.controls.values():
            control.unobserve_all("value")
        for widget in _parts(self):
            if widget is not self:
                widget.close()
        super().close()
        self._read = _closed
        self._canvas = None
        self.image.value = b""

    def _close_earlier_run(self) -> None:
        """Close what an earlier run of the same cell has made: nobody sees it any more."""
        if (running := _running_cell()) is None:
            return
        cell, run = running
        boxes = Box._of_cell.setdefault(cell, {})
        for earlier in boxes.keys() - {run}:
            for box in boxes.pop(earlier):
                box.close()
        boxes.setdefault(run, []).append(self)

    def _moved(self, _change) -> None:
        if not self._quiet and self._canvas is not None:
            self.draw(sharp=self._timer is None)  # as for a key; in a drag it is pending

    def _drawn(self, setting: dict, sharp: bool) -> tuple[bytes, str, bool]:
        """Return (PNG, reading, whether it is sharp) of a setting."""
        reading = self._moved_to(setting)
        return self._canvas.png(sharp), reading, sharp

    def _moved_to(self, setting: dict) -> str:
        """Move the picture to a setting and return its reading."""
        reading = self._read(**setting)
        require(isinstance(reading, str), "reading", reading, "a function that returns a sentence")
        return reading

    def _show(self, setting: dict, picture: bytes, reading: str, sharp: bool) -> None:
        self.image.value, self.reading = picture, reading
        self._shown, self._sharp = setting, sharp
        self.reading_line.value = (
            f'<div role="status" style="line-height:1.4">{html.escape(reading)}</div>'
        )

    def _rest(self) -> None:
        """Sharpen what is shown, and have the background at hand with which a drag begins."""
        self._timer = None
        self._canvas.png(sharp=False)
        if not self._sharp:
            self._show(self._shown, *self._drawn(self._shown, sharp=True))

    def _repr_mimebundle_(self, **kwargs):
        data = super()._repr_mimebundle_(**kwargs)
        static, metadata = bundle(self._canvas, self.snapshots())
        return data | static, metadata


def require_parts(canvas: Canvas, controls: Controls) -> None:
    """Raise ValueError for what a Box cannot be made of, before a widget of it is there."""
    require(isinstance(canvas, Canvas), "canvas", canvas, "a live.Canvas")
    require(len(controls) > 0, "controls", controls, "at least one control by name")
    for control in controls.values():
        values(control)


class Explorer(Box):
    """A Box over results that exist, so that its frames can be kept. See `explore`."""

    def __init__(self, canvas, reading, controls, film):
        self._film, self._reading = film, reading
        self._frames: OrderedDict[tuple[int, ...], tuple[bytes, str, bool]] = OrderedDict()
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
        self._frames.clear()

    def _index(self, setting: dict) -> tuple[int, ...]:
        """Return the positions of the controls, in their order."""
        return tuple(values(self.controls[name]).index(v) for name, v in setting.items())

    def _update(self, **setting) -> str:
        """Move every panel to the positions of the controls; return the reading there."""
        index = self._index(setting)
        for panel in self.canvas.panels:
            if hasattr(panel, "update"):
                panel.update(*index)
        return self._reading(*index)

    def _moved(self, change) -> None:
        """Draw, and soon after that the step with which a drag would go on."""
        before = self._shown
        super()._moved(change)
        moved = [name for name, value in before.items() if self._shown[name] != value]
        if len(moved) == 1 and (loop := running_loop()):
            options = values(self.controls[moved[0]])
            was, here = (options.index(shown[moved[0]]) for shown in (before, self._shown))
            if (there := here + (1 if here > was else -1)) in range(len(options)):
                # By then the page has its picture; a hand that was faster is not kept waiting.
                loop.call_later(0.03, self._ahead, self._shown, {moved[0]: options[there]})

    def _ahead(self, shown: dict, step: dict) -> None:
        """Draw what may be asked for after `shown`, which stays; nothing where it is gone."""
        ahead = shown | step
        if self._shown is not shown or self._canvas is None or self._index(ahead) in self._frames:
            return
        with contextlib.suppress(Exception):  # raised again where the reader moves there
            self._moved_to(ahead)
            if not self._canvas.changed:
                self._drawn(ahead, sharp=False)
        self._moved_to(shown)

    def _drawn(self, setting: dict, sharp: bool) -> tuple[bytes, str, bool]:
        """Return the LRU-cached frame of a setting, or draw it; the reading is asked anew."""
        if self.canvas is not None and self.canvas.changed:
            self._frames.clear()
        reading, key = self._moved_to(setting), self._index(setting)
        drawn = self._frames.pop(key, None)
        if drawn is None or drawn[1] != reading or (sharp and not drawn[2]):
            drawn = self.canvas.png(sharp), reading, sharp
        elif self.canvas.changed:  # by the callback itself, so it belongs to the setting
            self.canvas.forget()
        self._frames[key] = drawn
        while sum(len(picture) for picture, *_ in self._frames.values()) > CACHE_BYTES:
            self._frames.popitem(last=False)
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
    - controls: by name, made by `slider`, `lam_slider` or `choice`

    Raises ValueError for what is no Canvas, for controls that are none or whose values cannot be
    listed, for a film whose settings they do not have, and for a `reading` that returns no text.
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


def matched(settings: Mapping, controls: Controls) -> dict:
    """Return the settings, each value as its control has it.

    Raises ValueError for a name that is no control or a value that it does not have.
    """
    found = {}
    for name, value in settings.items():
        require(name in controls, "control", name, f"one of {', '.join(controls)}")
        options = values(controls[name])
        found[name] = options[position(name, value, options)]
    return found


def _parts(widget: widgets.Widget) -> Iterator[widgets.Widget]:
    """Yield a widget and all that it is made of: each counts in the kernel and in the page."""
    for child in getattr(widget, "children", ()):
        yield from _parts(child)
    for name in ("layout", "style"):
        if isinstance(part := getattr(widget, name, None), widgets.Widget):
            yield part
    yield widget


def _closed(**_settings) -> str:
    raise ValueError("explorer must be open; got one whose cell has been run again")


def _running_cell() -> tuple[str, str] | None:
    """Return (the cell, this run of it), or None where no cell of a kernel is being run.

    JupyterLab, Notebook and VS Code name the cell; where the front end does not, its source does.
    """
    shell = get_ipython()
    request = shell.get_parent() if hasattr(shell, "get_parent") else {}
    if request.get("msg_type") != "execute_request":
        return None
    cell = request["metadata"].get("cellId") or request["content"]["code"]
    return cell, request["header"]["msg_id"]
