"""Static pictures for pages without a kernel: frames one under another with their readings, as PNG with alt text."""

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image


def png(pixels: np.ndarray) -> bytes:
    """RGBA (height, width, 4) uint8 as PNG; fast compression, for the screen."""
    return _encoded(Image.fromarray(pixels).convert("RGB"), compress_level=1)


def bundle(scenes: Sequence[tuple[np.ndarray, str]], alt: str, fig: Figure) -> tuple[dict, dict]:
    """Data and metadata of a MIME bundle: one PNG of scenes of `fig`, each (RGBA pixels, reading), and its alt text.

    A reading is written under its scene, unless it is empty, and added to `alt`.
    """
    strips = []
    for pixels, reading in scenes:
        strips += [pixels, _caption(reading, pixels.shape[1], fig.dpi)] if reading else [pixels]
    alt = " ".join([alt, *(reading for _, reading in scenes if reading)])
    # 64 colours are enough for a chart and make the notebook's file a quarter of the size; photographs and filters need
    # 256. Maximum coverage keeps the few pixels of a thin line in their own colour; median cut merges lines.
    colours = 256 if any(ax.images for ax in fig.axes) else 64
    few = Image.fromarray(np.vstack(strips)[..., :3])
    few = few.quantize(colours, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    return {"image/png": _encoded(few, optimize=True), "text/plain": alt}, {
        "image/png": {"alt": alt}
    }


def _encoded(image: Image.Image, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


def _caption(text: str, width: int, dpi: float) -> np.ndarray:
    """A strip `width` pixels wide with one line of text, RGBA."""
    inches = width / dpi
    fig = Figure(figsize=(inches, 0.42), dpi=dpi)
    agg = FigureCanvasAgg(fig)
    fig.text(
        0.02, 0.62, text, fontsize=min(9.0, 132 * inches / len(text)), va="center", color="#222222"
    )
    agg.draw()
    return np.asarray(agg.buffer_rgba())
