"""Sliders over results that exist already: explore()."""

import contextlib
import html
from collections.abc import Callable, Mapping, Sequence

import ipywidgets as widgets
import numpy as np

from ..arguments import require
from . import stills
from .canvas import Canvas
from .controls import matching


class Explorer(widgets.VBox):
    """Controls, picture, the reading in one sentence, a status line. Made by `explore`."""

    def __init__(
        self, canvas: Canvas, show: Callable[..., str], controls: Mapping, film: Sequence[Mapping]
    ):
        self._canvas, self._show, self.controls, self._film = (
            canvas,
            show,
            dict(controls),
            list(film),
        )
        self._quiet = False
        width = f"{round(canvas.fig.get_figwidth() * canvas.fig.dpi)}px"
        self.image = widgets.Image(
            format="png", layout={"width": width, "max_width": "100%", "height": "auto"}
        )
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
            matched[name] = matching(name, value, [v for _, v in self.controls[name]._options_full])
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
        self.reading_line.value = (
            f'<div role="status" style="line-height:1.4">{html.escape(self.reading)}</div>'
        )
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


def explore(
    canvas: Canvas, show: Callable[..., str], *, film: Sequence[Mapping] | None = None, **controls
) -> Explorer:
    """A box of controls over a picture: every change calls `show(name=value, …)` and redraws what moved.

    canvas: the picture; show: moves its panels' artists and returns the reading, one sentence with the numbers.
    controls: by name, made by `slider`, `lam_slider` or `choice`. film: settings (name → value) for the static
    picture that pages without a kernel show; four values along the first control unless given.
    """
    require(len(controls) > 0, "controls", controls, "at least one control by name")
    if film is None:
        name, control = next(iter(controls.items()))
        values = [value for _, value in control._options_full]
        film = [
            {name: values[i]}
            for i in dict.fromkeys(np.linspace(0, len(values) - 1, 4).round().astype(int))
        ]
    return Explorer(canvas, show, controls, film)
