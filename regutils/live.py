"""Sliders over results that exist already, explore(), and over training that goes on, playground().

The only module that imports ipywidgets. A callback looks up numbers, moves the artists of its panels and returns one
sentence; the canvas draws only what moved. No drag waits for training: a playground trains between two drags.
"""

import asyncio
import contextlib
import html
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import ipywidgets as widgets
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tqdm import tqdm

from . import stills
from .arguments import count, require


class Canvas:
    """A figure that is drawn once, after which a frame restores the background and draws only the panels' artists.

    `alt` describes the picture to those who do not see it. Shown as it is, a Canvas is a static PNG. The moving
    artists are lifted above everything that stays in their Axes, so a blitted frame and a full redraw are the same
    pixels. Changed axis limits are noticed and cost one full redraw.
    """

    def __init__(self, fig: Figure, panels: Sequence, alt: str):
        require(isinstance(alt, str) and alt.strip() != "", "alt", alt, "a sentence that describes the picture")
        self.fig, self.alt, self._agg = fig, alt, FigureCanvasAgg(fig)
        self._moving = [artist for panel in panels for artist in panel.artists]
        for artist in self._moving:
            artist.set_animated(True)
            artist.set_zorder(artist.get_zorder() + 10)
        self._moving.sort(key=lambda artist: (fig.axes.index(artist.axes), artist.get_zorder()))
        self._background = self._limits = None

    def frame(self) -> np.ndarray:
        """The picture as it is now, RGBA (height, width, 4) uint8; valid until the next frame."""
        limits = [ax.viewLim.frozen().extents.tolist() for ax in self.fig.axes]
        if self._background is None or limits != self._limits:
            self._agg.draw()
            self.fig.set_layout_engine("none")  # the layout stands; it is not worked out again
            self._background, self._limits = self._agg.copy_from_bbox(self.fig.bbox), limits
        self._agg.restore_region(self._background)
        renderer = self._agg.get_renderer()
        for artist in self._moving:
            artist.draw(renderer)
        return np.asarray(self._agg.buffer_rgba())

    def redraw(self) -> np.ndarray:
        """The same picture drawn from nothing, as matplotlib does without blitting; the next frame starts afresh."""
        self.frame()
        for artist in self._moving:
            artist.set_animated(False)
        self._agg.draw()
        pixels = np.array(self._agg.buffer_rgba())
        for artist in self._moving:
            artist.set_animated(True)
        self._background = None
        return pixels

    def png(self) -> bytes:
        """The frame as PNG; fast compression, for the screen."""
        return stills.png(self.frame())

    def _repr_mimebundle_(self, include=None, exclude=None):
        return stills.bundle([(self.frame(), "")], self.alt, self.fig)


def slider(values: Sequence, description: str, *, labels: Sequence[str] | None = None, value=None):
    """A slider over `values` as they are; the arrow keys move it too. Starts at `value`, else at the first."""
    labels = [f"{v:g}" if isinstance(v, float) else str(v) for v in values] if labels is None else labels
    return widgets.SelectionSlider(
        options=list(zip(labels, values)), value=values[0] if value is None else _match("value", value, values),
        description=description, style={"description_width": "initial"}, layout={"width": "42em", "max_width": "100%"},
    )


def lam_slider(lams, description: str = "λ, strength of the penalty", *, value: float | None = None):
    """A slider over values of λ, in order, written with two digits; exactly 0 reads "0 (off)"."""
    lams = [float(lam) for lam in lams]
    return slider(lams, description, labels=["0 (off)" if lam == 0 else f"{lam:.2g}" for lam in lams], value=value)


def choice(values: Sequence[str], description: str):
    """A choice among a few words."""
    return widgets.ToggleButtons(options=list(values), description=description, style={"description_width": "initial"})


def _match(name: str, wanted, values: Sequence):
    """The member of `values` that equals `wanted`, numbers up to rounding."""
    for value in values:
        if value == wanted or (isinstance(value, float) and np.isscalar(wanted) and not isinstance(wanted, str)
                               and np.isclose(wanted, value, rtol=1e-5, atol=0)):
            return value
    shown = ", ".join(f"{v:.3g}" if isinstance(v, float) else str(v) for v in values)
    raise ValueError(f"{name} must be one of {shown}; got {wanted!r}")


class Explorer(widgets.VBox):
    """Controls, picture, the reading in one sentence, a status line. Made by `explore`."""

    def __init__(self, canvas: Canvas, show: Callable[..., str], controls: Mapping, film: Sequence[Mapping]):
        self._canvas, self._show, self.controls, self._film = canvas, show, dict(controls), list(film)
        self._quiet = False
        width = f"{round(canvas.fig.get_figwidth() * canvas.fig.dpi)}px"
        self.image = widgets.Image(format="png", layout={"width": width, "max_width": "100%", "height": "auto"})
        self.reading_line, self.status_line = widgets.HTML(), widgets.HTML()
        self.reading = ""
        super().__init__([*self.controls.values(), self.image, self.reading_line, self.status_line])
        for control in self.controls.values():
            control.observe(self._moved, "value")
        self._draw()

    def set(self, **values) -> None:
        """Move controls by name, as a drag does; what goes wrong in the callback is shown and raised.

        Raises ValueError for a name that is no control or a value that it does not have.
        """
        matched = {}
        for name, value in values.items():
            require(name in self.controls, "control", name, f"one of {', '.join(self.controls)}")
            matched[name] = _match(name, value, [v for _, v in self.controls[name]._options_full])
        self._quiet = True
        try:
            for name, value in matched.items():
                self.controls[name].value = value
        finally:
            self._quiet = False
        self._draw()

    def _moved(self, _change) -> None:
        if not self._quiet:
            self._draw()

    def _draw(self) -> None:
        with self._watched("This setting failed, the picture shows the last one that worked."):
            self.reading = self._show(**self._values())
            self.image.value = self._canvas.png()
        self.reading_line.value = f'<div role="status" style="line-height:1.4">{html.escape(self.reading)}</div>'
        self.status_line.value = ""

    def _values(self) -> dict:
        return {name: control.value for name, control in self.controls.items()}

    @contextlib.contextmanager
    def _watched(self, what: str):
        """An error is shown where the learner looks, and raised: so .set fails and the kernel's log keeps the trace."""
        try:
            yield
        except Exception as error:
            message = html.escape(f"{what} {type(error).__name__}: {error}")
            self.status_line.value = f'<div role="alert" style="color:#B00020">{message}</div>'
            raise

    def _scenes(self) -> list[tuple[np.ndarray, str]]:
        """What pages without a kernel show: a picture and its reading for every setting of the film."""
        before, scenes = self._values(), []
        for setting in self._film:
            self.set(**setting)
            scenes.append(self._scene())
        self.set(**before)
        return scenes

    def _scene(self) -> tuple[np.ndarray, str]:
        """The picture as it is now and its reading."""
        return self._canvas.frame().copy(), self.reading

    def _repr_mimebundle_(self, **kwargs):
        data = super()._repr_mimebundle_(**kwargs)
        static, metadata = stills.bundle(self._scenes(), self._canvas.alt, self._canvas.fig)
        return data | static, metadata


def explore(canvas: Canvas, show: Callable[..., str], *, film: Sequence[Mapping] | None = None, **controls) -> Explorer:
    """A box of controls over a picture: every change calls `show(name=value, …)` and redraws what moved.

    canvas: the picture; show: moves its panels' artists and returns the reading, one sentence with the numbers.
    controls: by name, made by `slider`, `lam_slider` or `choice`. film: settings (name → value) for the static
    picture that pages without a kernel show; four values along the first control unless given.
    """
    require(len(controls) > 0, "controls", controls, "at least one control by name")
    if film is None:
        name, control = next(iter(controls.items()))
        values = [value for _, value in control._options_full]
        film = [{name: values[i]} for i in dict.fromkeys(np.linspace(0, len(values) - 1, 4).round().astype(int))]
    return Explorer(canvas, show, controls, film)


class Playground(Explorer):
    """An Explorer whose network trains on while its controls move. Made by `playground`.

    "Train" starts a task in the kernel: it trains for 25 ms, draws, and lets the kernel hear what the learner moved.
    It ends when the button is pressed again, when all `steps` are taken, when the kernel makes another playground, or
    at an error, which the status line shows.
    """

    _training: "Playground | None" = None

    def __init__(self, canvas: Canvas, step, show, reset, steps: int, controls: Mapping):
        self._step, self._reset, self._told = step, reset, []
        self.button = widgets.ToggleButton(description="Train", icon="play", tooltip="train, or pause")
        self.again = widgets.Button(description="Start again", icon="refresh", tooltip="fresh weights")
        self.progress = widgets.IntProgress(max=steps, description=f"0 of {steps} steps", bar_style="info",
                                            style={"description_width": "initial"}, layout={"width": "22em"})
        _pause()
        super().__init__(canvas, show, controls, ())
        self.children = [widgets.HBox([self.button, self.again, self.progress]), *self.children]
        self.button.observe(self._pressed, "value")
        self.again.on_click(lambda _: self.start_again())

    def run(self, steps: int, **values) -> None:
        """Move the controls, take so many steps at once, and keep the picture as a scene of the static strip."""
        self.set(**values)
        self._advance(tqdm(range(count("steps", steps)), "training", unit="step", leave=False, delay=1))
        self._told.append(self._scene())

    def start_again(self) -> None:
        """Fresh weights, all steps still to be taken; training pauses."""
        self.button.value = False
        self._reset()
        self._count(-self.progress.value)
        self._draw()

    def _pressed(self, change) -> None:
        if change["new"] and Playground._training is not self:
            _pause()
            Playground._training = self
            self._task = asyncio.get_running_loop().create_task(self._train())

    async def _train(self) -> None:
        try:
            while self.button.value and not self.button.disabled:
                self._advance(_for(0.025))
                await asyncio.sleep(0.002)
        finally:
            self.button.value = False
            if Playground._training is self:
                Playground._training = None

    def _advance(self, turns: Iterable) -> None:
        """A step for each of `turns`, as far as the budget goes; then a frame."""
        taken = 0
        try:
            with self._watched("Training stopped."):
                for _ in islice(turns, self.progress.max - self.progress.value):
                    self._step(**self._values())
                    taken += 1
        finally:
            self._count(taken)
        self._draw()

    def _count(self, taken: int) -> None:
        self.progress.value += taken
        self.progress.description = f"{self.progress.value} of {self.progress.max} steps"
        self.button.disabled = self.progress.value == self.progress.max

    def _scenes(self) -> list[tuple[np.ndarray, str]]:
        return self._told or [self._scene()]


def _for(seconds: float) -> Iterator[None]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield


def _pause() -> None:
    if Playground._training is not None:
        Playground._training.button.value = False


def playground(canvas: Canvas, step: Callable[..., None], show: Callable[..., str], reset: Callable[[], None], *,
               steps: int, **controls) -> Playground:
    """A box of controls over training that goes on while they move.

    step: called `step(name=value, …)` with the controls as they stand, takes one training step. show: as in `explore`,
    called between steps. reset: fresh weights. steps: training pauses for good after so many. controls: as in
    `explore`. `.run(steps, name=value)` does what a learner does who moves the controls and trains.
    """
    require(len(controls) > 0, "controls", controls, "at least one control by name")
    return Playground(canvas, step, show, reset, count("steps", steps), controls)
