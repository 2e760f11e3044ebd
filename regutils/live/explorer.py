"""Sliders over results that exist already: explore()."""

from __future__ import annotations

import asyncio
import contextlib
import html
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import product
from typing import ClassVar

import ipywidgets as widgets
import numpy as np
import traitlets

from ..arguments import position, require
from . import cells, stills
from .canvas import Canvas
from .controls import meant, values
from .idle import Idle
from .kept import Kept
from .turns import in_turn

# What all explorers of a kernel keep together; thirty kernels of a class share one machine.
KEPT = Kept(64_000_000)

# So long nothing must have happened before the neighbours of the current position are drawn, and so
# long the kernel waits before it draws where a drag is going, or another neighbour: it listens, and
# leaves the cores to the browser, which has a picture to show.
IDLE_SECONDS = 0.25
LISTEN_SECONDS = 0.02


class Picture(widgets.Image):
    """An Image that says what it shows: its tooltip is its accessible name."""

    # The front end shows a tooltip only on what has an empty description; Image has none at all.
    description = traitlets.Unicode("").tag(sync=True)


class Explorer(widgets.VBox):
    """Controls, picture, the reading in one sentence, a status line. Made by `explore`.

    controls: the widgets by name.
    image: the picture, a PNG of twice its shown size.
    reading: the sentence under it.
    reading_line, status_line: where the reading and what goes wrong are shown.
    """

    _of_cell: ClassVar[dict[str, tuple[str, list[Explorer]]]] = {}
    _idle: ClassVar[Idle] = Idle()

    def __init__(
        self,
        canvas: Canvas,
        show: Callable[..., str],
        controls: Mapping[str, widgets.Widget],
        film: Sequence[Mapping],
    ):
        self._canvas = canvas
        self._show = show
        self.controls = dict(controls)
        self._film = list(film)
        self._shown: dict | None = None
        self._quiet = False
        self.image = Picture(
            format="png",
            tooltip=canvas.alt,
            layout={"width": f"{canvas.width}px", "max_width": "100%", "height": "auto"},
        )
        self.reading_line = widgets.HTML()
        self.status_line = widgets.HTML()
        self.reading = ""
        super().__init__([*self.controls.values(), self.image, self.reading_line, self.status_line])
        self._replace()
        moved = in_turn(self._moved, latest=True)
        for control in self.controls.values():
            control.observe(moved, "value")
        self._draw()

    def set(self, **settings) -> None:
        """Move controls by name, as a drag does; what goes wrong is shown and raised.

        Raises ValueError for a name that is no control or a value that it does not have.
        """
        matched = self._matched(settings)
        self._quiet = True
        try:
            for name, value in matched.items():
                self.controls[name].value = value
        finally:
            self._quiet = False
        self._draw()

    def settings(self) -> list[dict]:
        """Every combination that the controls can take; the last control runs fastest."""
        every = product(*map(values, self.controls.values()))
        return [dict(zip(self.controls, setting)) for setting in every]

    @property
    def alt(self) -> str:
        """What describes the picture to those who do not see it."""
        return self._canvas.alt

    @property
    def film(self) -> list[dict]:
        """The settings of the static strip, each with a value for every control."""
        return [self._now() | setting for setting in self._film]

    def frame(self, **settings) -> tuple[bytes, str]:
        """(PNG, reading) that the controls would show there; what is shown stays as it is.

        settings: by name; controls that are not named stand where they are. Raises what `set` does.
        """
        wanted = self._now() | self._matched(settings)
        try:
            return self._drawn(wanted)
        finally:
            self._put_back()

    def close(self) -> None:
        """Take the widgets from the front end and the picture from memory."""
        self._idle.rest()
        KEPT.drop(id(self))
        for control in self.controls.values():
            control.unobserve_all("value")
        for widget in _parts(self):
            if widget is not self:
                widget.close()
        super().close()
        self._show = _closed
        self._canvas = None
        self.image.value = b""

    def _replace(self) -> None:
        """Close what an earlier run of the same cell has made: nobody sees it any more."""
        cell = cells.running()
        if cell is None:
            return
        name, run = cell
        before, boxes = Explorer._of_cell.get(name, (run, []))
        if before != run:
            for box in boxes:
                box.close()
            boxes = []
        Explorer._of_cell[name] = (run, [*boxes, self])

    def _matched(self, settings: Mapping) -> dict:
        return _matched(settings, self.controls)

    def _moved(self, _change) -> None:
        if not self._quiet and self._canvas is not None:
            before = self._shown
            self._draw()
            self._look_ahead(self._onward(before))

    def _draw(self) -> None:
        """Show the present setting, then draw its neighbours while nothing happens."""
        self._idle.rest()
        now = self._now()
        with self._watched("This setting failed, the picture shows the last one that worked."):
            self.image.value, self.reading = self._drawn(now)
        self._shown = now
        self.reading_line.value = (
            f'<div role="status" style="line-height:1.4">{html.escape(self.reading)}</div>'
        )
        self.status_line.value = ""
        self._look_ahead()

    def _drawn(self, setting: dict) -> tuple[bytes, str]:
        """(PNG, reading) of a setting.

        The callback is asked each time; a kept picture is not drawn again.
        """
        if self._canvas is not None and self._canvas.changed:
            KEPT.drop(id(self))
        reading = self._read(setting)
        key = _key(setting)
        found = KEPT.get(id(self), key) if key is not None else None
        if found is not None and found[1] == reading:
            if self._canvas.changed:  # by the callback itself, so it belongs to the setting
                self._canvas.forget()
            return found
        picture = self._canvas.png()
        if key is not None:
            KEPT.put(id(self), key, picture, reading)
        return picture, reading

    def _read(self, setting: dict) -> str:
        """Move the panels to a setting; its reading."""
        reading = self._show(**setting)
        require(
            isinstance(reading, str), "show", reading, "a function that returns its reading as text"
        )
        return reading

    def _put_back(self) -> None:
        """Move the panels to what is shown, after they were moved to something else."""
        if self._shown is not None:
            self._read(self._shown)

    def _now(self) -> dict:
        return {name: control.value for name, control in self.controls.items()}

    @contextlib.contextmanager
    def _watched(self, what: str) -> Iterator[None]:
        """An error is shown where the learner looks, and raised, so that the log keeps it."""
        try:
            yield
        except Exception as error:
            self._warn(f"{what} {type(error).__name__}: {error}")
            raise

    def _warn(self, text: str) -> None:
        """Say on the status line what went wrong."""
        self.status_line.value = (
            f'<div role="alert" style="color:#B00020">{html.escape(text)}</div>'
        )

    def _look_ahead(self, onward: Sequence[dict] = ()) -> None:
        """Draw what may be asked for next while the kernel is idle; without a loop, nothing."""
        self._idle.ask(lambda: self._ahead(onward))

    async def _ahead(self, onward: Sequence[dict]) -> None:
        """One at a time until something happens: a move of any explorer, a cell that is run."""
        cell = cells.count()
        for wait, settings in ((LISTEN_SECONDS, onward), (IDLE_SECONDS, self._neighbours())):
            await asyncio.sleep(wait)
            for setting in settings:
                if cells.count() != cell:
                    return
                if KEPT.get(id(self), _key(setting)) is None:
                    with contextlib.suppress(Exception):  # shown when the learner gets there
                        self._drawn(setting)
                    self._put_back()
                    await asyncio.sleep(LISTEN_SECONDS)

    def _neighbours(self) -> list[dict]:
        """One step of one control away from what is shown."""
        found = []
        for name, control in self.controls.items():
            options = values(control)
            place = position(name, self._shown[name], options)
            found += [
                self._shown | {name: options[i]}
                for i in (place + 1, place - 1)
                if 0 <= i < len(options)
            ]
        return found

    def _onward(self, before: dict) -> list[dict]:
        """Where the next move ends if it is like the one from `before` to what is shown."""
        for name, control in self.controls.items():
            if before[name] is not self._shown[name]:
                options = values(control)
                place = position(name, self._shown[name], options)
                ahead = 2 * place - position(name, before[name], options)
                if 0 <= ahead < len(options):
                    return [self._shown | {name: options[ahead]}]
        return []

    def _scenes(self) -> list[tuple[np.ndarray, str]]:
        """What pages without a kernel show: picture and reading for every setting of the film."""
        try:
            scenes = []
            for setting in self._film:
                reading = self._read(self._now() | setting)
                scenes.append((self._canvas.frame().copy(), reading))
            return scenes
        finally:
            self._put_back()

    def _repr_mimebundle_(self, **kwargs):
        data = super()._repr_mimebundle_(**kwargs)
        canvas = self._canvas
        static, metadata = stills.bundle(self._scenes(), canvas.alt, canvas.fig, canvas.width)
        return data | static, metadata


def explore(
    canvas: Canvas,
    show: Callable[..., str],
    *,
    film: Sequence[Mapping] | None = None,
    **controls: widgets.Widget,
) -> Explorer:
    """Controls over a picture: a change calls `show(name=value, …)` and draws what it moved.

    canvas: the picture.
    show: moves its panels' artists and returns the reading, one sentence with the numbers.
    film: settings (name → value) for the static picture that pages without a kernel show; four
    values along the first control unless given.
    controls: by name, made by `slider`, `lam_slider` or `choice`, or a slider of ipywidgets.

    Run again, a cell closes what it made before. Raises ValueError for what is no Canvas, without
    controls, for one whose values cannot be listed, for a film without settings or with one that
    the controls do not have, and for a `show` that does not return text.
    """
    require_parts(canvas, controls)
    if film is None:
        name, control = next(iter(controls.items()))
        options = values(control)
        ends = np.linspace(0, len(options) - 1, 4).round().astype(int)
        film = [{name: options[i]} for i in dict.fromkeys(ends.tolist())]
    listed = isinstance(film, Sequence) and all(isinstance(setting, Mapping) for setting in film)
    require(listed and len(film) > 0, "film", film, "a list of settings, each {name: value}")
    return Explorer(canvas, show, controls, [_matched(setting, controls) for setting in film])


def require_parts(canvas: Canvas, controls: Mapping[str, widgets.Widget]) -> None:
    """Raise ValueError for what a box cannot be made of, before a widget of it is there."""
    require(isinstance(canvas, Canvas), "canvas", canvas, "a live.Canvas")
    require(len(controls) > 0, "controls", controls, "at least one control by name")
    for control in controls.values():
        values(control)


def _matched(settings: Mapping, controls: Mapping[str, widgets.Widget]) -> dict:
    """The settings, each value as its control has it."""
    matched = {}
    for name, value in settings.items():
        require(name in controls, "control", name, f"one of {', '.join(controls)}")
        options = values(controls[name])
        matched[name] = options[meant(name, value, options)]
    return matched


def _key(setting: dict) -> Hashable | None:
    """A setting as a key; None for values that cannot be one, whose pictures are not kept."""
    key = tuple(setting.values())
    try:
        hash(key)
    except TypeError:
        return None
    return key


def _parts(widget: widgets.Widget) -> Iterator[widgets.Widget]:
    """A widget and all that it is made of: each counts as one in the kernel and in the page."""
    for child in getattr(widget, "children", ()):
        yield from _parts(child)
    for name in ("layout", "style"):
        if isinstance(part := getattr(widget, name, None), widgets.Widget):
            yield part
    yield widget


def _closed(**_settings) -> str:
    raise ValueError("explorer must be open; got one whose cell has been run again")
