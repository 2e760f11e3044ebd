"""What every interactive picture is made of: controls, picture, reading, status line."""

from __future__ import annotations

import asyncio
import contextlib
import html
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import ClassVar

import ipywidgets as widgets
import traitlets

from ..arguments import require
from .canvas import Canvas, bundle
from .controls import index_of, values
from .kernel import on_kernel_thread, running_cell, running_loop

# So long nothing must have been drawn before the sharp picture takes the place of the coarse one.
REST_SECONDS = 0.2


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

    `image` is the picture, a PNG; `reading` the sentence; `reading_line` and `status_line` show the
    reading and what goes wrong. Run again, a cell closes the boxes that it made before. Who makes a
    Box checks first with `require_parts`, and calls `draw` once all that `read` needs is there.
    """

    _of_cell: ClassVar[dict[str, tuple[str, list[Box]]]] = {}

    def __init__(
        self,
        canvas: Canvas,
        controls: Mapping[str, widgets.Widget],
        read: Callable[..., str],
    ):
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
        """The picture."""
        return self._canvas

    @canvas.setter
    def canvas(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self.image.tooltip = canvas.alt
        self.image.layout.width = f"{canvas.width}px"

    @property
    def alt(self) -> str:
        """What describes the picture to those who do not see it."""
        return self._canvas.alt

    def now(self) -> dict:
        """Return the value of each control."""
        return {name: control.value for name, control in self.controls.items()}

    def settings(self) -> list[dict]:
        """Return every combination that the controls can take; the last one runs fastest."""
        every = product(*map(values, self.controls.values()))
        return [dict(zip(self.controls, setting)) for setting in every]

    def matched(self, settings: Mapping) -> dict:
        """Return the settings, each value as its control has it.

        Raises ValueError for a name that is no control or a value that it does not have.
        """
        return matched(settings, self.controls)

    def set(self, **settings) -> None:
        """Move controls by name, as a drag does; what goes wrong is shown and raised.

        Raises what `matched` does.
        """
        wanted = self.matched(settings)
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
        wanted = self.now() | self.matched(settings)
        try:
            picture, reading, _ = self._drawn(wanted, sharp=True)
            return picture, reading
        finally:
            self._put_back()

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
        cell = running_cell()
        if cell is None:
            return
        name, run = cell
        before, boxes = Box._of_cell.get(name, (run, []))
        if before != run:
            for box in boxes:
                box.close()
            boxes = []
        Box._of_cell[name] = (run, [*boxes, self])

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
        accepts = "a function that returns a sentence"
        require(isinstance(reading, str), "reading", reading, accepts)
        return reading

    def _put_back(self) -> None:
        """Move the picture to what is shown, after it was moved to something else."""
        if self._shown is not None:
            self._moved_to(self._shown)

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


def require_parts(canvas: Canvas, controls: Mapping[str, widgets.Widget]) -> None:
    """Raise ValueError for what a Box cannot be made of, before a widget of it is there."""
    require(isinstance(canvas, Canvas), "canvas", canvas, "a live.Canvas")
    require(len(controls) > 0, "controls", controls, "at least one control by name")
    for control in controls.values():
        values(control)


def matched(settings: Mapping, controls: Mapping[str, widgets.Widget]) -> dict:
    """Return the settings, each value as its control has it.

    Raises ValueError for a name that is no control or a value that it does not have.
    """
    found = {}
    for name, value in settings.items():
        require(name in controls, "control", name, f"one of {', '.join(controls)}")
        options = values(controls[name])
        found[name] = options[index_of(name, value, options)]
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
