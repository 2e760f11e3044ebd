"""Pictures: where panels may stand, whose settings they are drawn under, captions."""

import io
import warnings
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from moving import redrawn
from PIL import Image

from regutils import live, plots
from regutils.live.canvas import bundle, png


def moving(*artists):
    """A panel of whatever artists."""
    return SimpleNamespace(artists=artists)


def drawn(*heights):
    """A canvas of a line, the line and its Axes."""
    fig, (ax,) = plots.figure(1, width=3.0)
    (line,) = ax.plot(heights or [0, 1])
    return live.Canvas(fig, [moving(line)], alt="a line"), line, ax


def same_pixels(canvas):
    """Whether blitted frames are full redraws, sharp and coarse."""
    blitted = [canvas.frame(sharp).copy() for sharp in (True, False)]
    return all((redrawn(canvas, sharp) == blitted[not sharp]).all() for sharp in (True, False))


def test_a_picture_has_two_pixels_per_point_however_often_its_cell_is_run():
    canvas, line, _ = drawn()
    for _ in range(2):
        canvas = live.Canvas(canvas.fig, [moving(line)], alt="a line")
        assert canvas.frame().shape[1] == 2 * canvas.width == 660
        _, metadata = canvas._repr_mimebundle_()
        assert metadata["image/png"]["width"] == 330


def test_panels_stand_in_insets_and_on_the_figure_itself():
    fig, axes = plots.figure(2, width=6.0)
    inset = axes[0].inset_axes((0.5, 0.5, 0.4, 0.4))
    (line,) = axes[0].plot([0, 1])
    (small,) = inset.plot([0, 1])
    note = fig.text(0.5, 0.5, "step 0")
    canvas = live.Canvas(fig, [moving(note), moving(small, line)], alt="an inset and a note")
    before = canvas.frame().copy()
    for artist, move in ((small, [1, 0]), (line, [0, 0.5])):
        artist.set_ydata(move)
        assert same_pixels(canvas) and (canvas.frame() != before).any()
        before = canvas.frame().copy()
    note.set_text("step 1")
    assert same_pixels(canvas) and (canvas.frame() != before).any()


def test_a_panel_of_another_figure_is_refused():
    with pytest.raises(ValueError, match="panels must be drawn on this figure"):
        live.Canvas(drawn()[0].fig, [moving(drawn()[1])], alt="a line")


def test_a_coarse_frame_has_a_quarter_of_the_pixels_and_the_same_layout():
    canvas, _, ax = drawn()
    ax.set_title("one")
    coarse = canvas.frame(sharp=False).copy()
    place = ax.get_position().bounds
    sharp = canvas.frame()
    assert sharp.shape[:2] == (2 * coarse.shape[0], 2 * coarse.shape[1])
    assert not canvas.changed
    assert ax.get_position().bounds == place


def test_of_many_canvases_few_keep_their_pixels_and_all_draw_the_same():
    canvases = [drawn(0, height)[0] for height in range(1, 6)]
    before = [canvas.frame().copy() for canvas in canvases]
    buffers = [hasattr(canvas.fig.canvas, "renderer") for canvas in canvases]
    assert buffers == [False, False, False, True, True]
    for canvas, pixels in zip(canvases, before):
        np.testing.assert_array_equal(canvas.frame(), pixels)


@pytest.mark.parametrize(
    "change",
    [
        lambda ax: ax.set_yscale("log"),
        lambda ax: ax.set_ylim(0.5, 20),
        lambda ax: ax.set_title("another"),
        lambda ax: ax.set_xticks([0, 0.5, 1]),
        lambda ax: ax.texts[0].set_text("another"),
    ],
)
def test_a_change_of_what_stays_is_noticed(change):
    canvas, _, ax = drawn(1, 10)
    ax.text(0.5, 5, "one")
    ax.set_title("one")
    before = canvas.frame().copy()
    change(ax)
    assert (canvas.frame() != before).any() and same_pixels(canvas)


@pytest.mark.parametrize(
    "settings",
    [
        {"text.color": "white", "xtick.color": "white", "ytick.labelcolor": "white"},
        {"axes.formatter.limits": (0, 0), "xtick.labelsize": 20},
        {"text.usetex": True},
        {"path.sketch": (3, 10, 5)},
    ],
)
def test_the_users_settings_of_matplotlib_change_no_pixel(settings):
    def picture(settings):
        canvas, line, ax = drawn(0, 100_000)
        with matplotlib.rc_context(settings):
            # Looking at "backend" makes matplotlib choose one.
            theirs = {name: matplotlib.rcParams[name] for name in matplotlib.rcParams}
            canvas.frame()
            line.set_ydata([100_000, 0])
            ax.set_xlim(0, 2)  # new ticks are made as they are drawn
            pixels = canvas.frame().copy()
            assert theirs == {name: matplotlib.rcParams[name] for name in matplotlib.rcParams}
        return pixels

    np.testing.assert_array_equal(picture(settings), picture({}))


def test_a_png_for_the_screen_is_the_picture_pixel_by_pixel():
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 4), dtype=np.uint8)
    read = np.asarray(Image.open(io.BytesIO(png(pixels))))
    np.testing.assert_array_equal(read, pixels[..., :3])


LONG = ["a " * 300, "L1 0.101 ± 0.008, " * 12, "λ·penalty of the total loss, " * 9]


@pytest.mark.parametrize("reading", ["$5 or $x^$, broken", "误差 0.3，权重 12", *LONG])
def test_any_reading_can_stand_under_a_picture_and_ends_before_it_does(reading):
    canvas, *_ = drawn()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data, _ = bundle(canvas, [(canvas.png(), reading)])
    assert data["text/plain"] == f"a line {reading}"
    strip = np.asarray(Image.open(io.BytesIO(data["image/png"])).convert("L"))[
        canvas.frame().shape[0] :
    ]
    assert strip.min() < 128 and strip[:, -4:].min() > 200
