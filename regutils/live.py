"""Sliders over results that exist already: Canvas, explore() and the controls.

The only module that imports ipywidgets. Nothing here trains: a callback looks up results, moves the artists of its
panels and returns one sentence; the canvas draws only what moved.
"""

import html
import io
from collections.abc import Callable, Mapping, Sequence

import ipywidgets as widgets
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from .arguments import require


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
        return _png(Image.fromarray(self.frame()).convert("RGB"), compress_level=1)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return _static(_png(_few_colours(self.frame()), optimize=True), self.alt)


def _png(image: Image.Image, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


def _few_colours(pixels: np.ndarray) -> Image.Image:
    # What is kept in the notebook file: 64 colours are enough for a chart and make it a quarter of the size.
    # Maximum coverage keeps the few pixels of a thin line in their own colour; median cut merges lines.
    return Image.fromarray(pixels[..., :3]).quantize(64, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


def _static(png: bytes, alt: str) -> tuple[dict, dict]:
    """Data and metadata of a MIME bundle for a PNG with its alt text."""
    return {"image/png": png, "text/plain": alt}, {"image/png": {"alt": alt}}


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
        try:
            self.reading = self._show(**{name: control.value for name, control in self.controls.items()})
            self.image.value = self._canvas.png()
        except Exception as error:
            # Shown where the learner looks; raised too, so that .set fails and the kernel's log keeps the trace.
            message = html.escape(f"This setting failed, the picture shows the last one that worked. "
                                   f"{type(error).__name__}: {error}")
            self.status_line.value = f'<div role="alert" style="color:#B00020">{message}</div>'
            raise
        self.reading_line.value = f'<div role="status" style="line-height:1.4">{html.escape(self.reading)}</div>'
        self.status_line.value = ""

    def film_strip(self) -> tuple[bytes, str]:
        """A PNG with one frame per setting of the film, its reading beneath each, and the alt text."""
        before = {name: control.value for name, control in self.controls.items()}
        frames, readings = [], []
        for setting in self._film:
            self.set(**setting)
            readings.append(self.reading)
            frames += [self._canvas.frame().copy(), _caption(self.reading, self._canvas)]
        self.set(**before)
        return _png(_few_colours(np.vstack(frames)), optimize=True), " ".join([self._canvas.alt, *readings])

    def _repr_mimebundle_(self, **kwargs):
        data = super()._repr_mimebundle_(**kwargs)
        static, metadata = _static(*self.film_strip())
        return data | static, metadata


def _caption(text: str, canvas: Canvas) -> np.ndarray:
    """A strip as wide as the canvas with one line of text, RGBA."""
    width, height, dpi = canvas.fig.get_figwidth(), 0.42, canvas.fig.dpi
    fig = Figure(figsize=(width, height), dpi=dpi)
    agg = FigureCanvasAgg(fig)
    fig.text(0.02, 0.62, text, fontsize=min(9.0, 132 * width / max(len(text), 1)), va="center", color="#222222")
    agg.draw()
    return np.asarray(agg.buffer_rgba())


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
