"""What an explorer shows, what it is told, what it keeps and what it draws ahead."""

import asyncio
import gc
import io
import random
import sys
import tracemalloc
from types import SimpleNamespace

import ipywidgets as widgets
import matplotlib.pyplot
import numpy as np
import pytest
from moving import Stem, stem
from PIL import Image

from regutils import live, plots

LAMS = [0.0, *np.logspace(-4, 0, 5).tolist()]


class Counted(live.Canvas):
    """A Canvas that counts its frames."""

    drawn = 0

    def frame(self, sharp=True):
        self.drawn += 1
        return super().frame(sharp)


def explorer(reading=None, film=None, **controls):
    """A box over a stem, its canvas and its Axes; x = 0 … 4 unless there are other controls."""
    fig, ax, panel = stem(range(5))
    canvas = Counted(fig, [panel], alt="one stem")
    controls = controls or {"x": live.slider([0.0, 1.0, 2.0, 3.0, 4.0], "x")}
    box = live.explore(canvas, reading or (lambda *k: f"position {k}"), film=film, **controls)
    return box, canvas, ax


def linked(fail_at=None):
    """Two panels, one of them still, under λ and a choice."""
    fig, axes = plots.figure(2)
    panels = [Stem(axes[0], np.outer(LAMS, [1, -1])), SimpleNamespace(artists=axes[1].plot([0, 1]))]

    def reading(k, kind):
        if k == fail_at:
            raise RuntimeError("no <luck> here")
        return f"λ = {LAMS[k]:g}, {['up', 'down'][kind]}"

    controls = {"lam": live.lam_slider(LAMS), "kind": live.choice(["up", "down"], "direction")}
    return live.explore(live.Canvas(fig, panels, alt="A stem and a line."), reading, **controls)


def width(box):
    return Image.open(io.BytesIO(box.image.value)).width


async def until(done, seconds=20):
    """Wait for something that the event loop does."""
    for _ in range(int(seconds / 0.02)):
        if done():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came")


def test_panels_and_reading_get_the_positions_of_the_controls():
    fig, _, panel = stem(np.arange(6.0).reshape(3, 2))
    box = live.explore(
        live.Canvas(fig, [panel], alt="a stem"),
        lambda *index: f"{index} {panel.line.get_ydata()[1]:g}",
        lam=live.lam_slider([0.0, 0.1, 1.0]),
        kind=live.choice(["a", "b"], "kind"),
    )
    box.set(lam=1.0, kind="b")
    assert box.reading == "(2, 1) 5"
    first = [tuple(setting.values()) for setting in box.settings()[:3]]
    assert first == [(0.0, "a"), (0.0, "b"), (0.1, "a")]


def test_a_frame_is_what_the_slider_shows_there_and_moves_nothing():
    box, canvas, _ = explorer()
    box.set(x=1.0)
    before = (bytes(box.image.value), box.reading, canvas.frame().copy(), box.controls["x"].value)
    frames = {setting["x"]: box.frame(**setting) for setting in box.settings()}
    assert (bytes(box.image.value), box.reading) == before[:2]
    np.testing.assert_array_equal(canvas.frame(), before[2])
    assert box.controls["x"].value == before[3]
    for x, (png, reading) in frames.items():
        box.set(x=x)
        assert (png, reading) == (bytes(box.image.value), box.reading)
    assert len({png for png, _ in frames.values()}) == 5
    with pytest.raises(ValueError, match="x must be one of"):
        box.frame(x=0.5)


def test_coming_back_costs_no_drawing_until_what_stays_or_the_reading_has_changed():
    told = ["one"]
    box, canvas, ax = explorer(reading=lambda k: told[0])
    box.set(x=1.0)
    first = bytes(box.image.value)
    box.set(x=2.0)
    drawn = canvas.drawn
    box.set(x=1.0)
    assert canvas.drawn == drawn and bytes(box.image.value) == first
    ax.set_facecolor("0.9")
    box.set(x=2.0)
    box.set(x=1.0)
    assert canvas.drawn == drawn + 2 and bytes(box.image.value) != first
    told[0] = "two"
    box.set(x=1.0)
    assert canvas.drawn == drawn + 3 and box.reading == "two"


def test_the_cache_is_bounded_in_bytes_and_the_least_recent_goes_first(monkeypatch):
    box, canvas, _ = explorer()
    sizes = [len(box.frame(x=x)[0]) for x in (0.0, 1.0, 2.0)]
    monkeypatch.setattr(live.explorer, "CACHE_BYTES", sum(sizes) + min(sizes) // 2)
    box.frame(x=0.0)  # asked for again, so that x = 1 is the one longest not asked for
    box.frame(x=3.0)
    drawn = canvas.drawn
    for x in (0.0, 2.0, 3.0):
        box.frame(x=x)
    assert canvas.drawn == drawn
    box.frame(x=1.0)
    assert canvas.drawn == drawn + 1


def test_a_drag_is_coarse_and_what_rests_is_sharp_in_each_of_two_boxes():
    async def learner():
        boxes = [explorer()[0] for _ in range(2)]
        for box in boxes:
            assert width(box) == 2 * box.canvas.width
            for x in (2.0, 3.0):
                box.controls["x"].value = x
                assert width(box) == box.canvas.width and f"({x:.0f},)" in box.reading
        for box in boxes:
            await until(lambda: width(box) == 2 * box.canvas.width)  # noqa: B023
            assert bytes(box.image.value) == box.frame(x=3.0)[0]
            box.controls["x"].value = 1.0  # as by a key, after a rest
            assert width(box) == 2 * box.canvas.width
            box.close()

    asyncio.run(learner())


def test_the_next_step_of_a_drag_is_drawn_while_the_hand_is_on_its_way():
    async def learner():
        box, canvas, _ = explorer(reading=lambda k: "abcde"[k])
        for x in (1.0, 2.0):
            box.controls["x"].value = x
        await until(lambda: (3,) in box._frames)
        shown, drawn = bytes(box.image.value), canvas.drawn
        (panel,) = canvas.panels
        assert box.reading == "c" and panel.line.get_ydata()[1] == 2
        box.controls["x"].value = 3.0
        assert canvas.drawn == drawn and bytes(box.image.value) != shown and box.reading == "d"
        box.close()

    asyncio.run(learner())


def test_a_thousand_random_settings_leave_memory_and_figures_flat():
    box, dice = linked(), random.Random(0)

    def play(times):
        for _ in range(times):
            box.set(lam=dice.choice(LAMS), kind=dice.choice(["up", "down"]))
        gc.collect()
        return len(gc.get_objects()), tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        play(50)
        objects, memory = play(50)
        later_objects, later_memory = play(1000)
    finally:
        tracemalloc.stop()
    assert later_objects - objects < 200, "objects grow"
    assert later_memory - memory < 300_000, "memory grows"
    assert matplotlib.pyplot.get_fignums() == [] and not box.status_line.value


def test_set_does_what_a_drag_does():
    dragged, told = linked(), linked()
    dragged.controls["lam"].value = LAMS[2]  # what the front end does to the model
    told.set(lam=LAMS[2])
    assert bytes(dragged.image.value) == bytes(told.image.value)
    assert dragged.reading == told.reading == "λ = 0.001, up"
    assert "λ = 0.001, up" in dragged.reading_line.value
    told.set(lam=np.float32(LAMS[2]), kind="down")  # numbers match up to rounding
    assert told.reading == "λ = 0.001, down"


def test_a_failing_reading_raises_in_set_and_shows_its_message():
    box = linked(fail_at=5)
    with pytest.raises(RuntimeError, match="no <luck> here"):
        box.set(lam=LAMS[-1])
    assert "no &lt;luck&gt; here" in box.status_line.value
    assert 'role="alert"' in box.status_line.value
    box.set(lam=0.0)
    assert box.status_line.value == ""


def test_the_mime_bundle_carries_a_film_strip_with_alt_text():
    box = linked()
    data, metadata = box._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert "application/vnd.jupyter.widget-view+json" in data
    alt = metadata["image/png"]["alt"]
    assert alt.startswith("A stem and a line.") and alt.count("λ = ") == 4
    assert alt == data["text/plain"] and len(box.film) == 4
    assert box.reading == "λ = 0, up"  # where it was before the film was made


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: linked().set(mu=1), "control must be one of lam, kind; got 'mu'"),
        (lambda: linked().set(lam=0.5), "lam must be one of 0, 0.0001.*; got 0.5"),
        (lambda: live.Canvas(plots.figure(1)[0], [], alt=" "), "alt must be a sentence"),
        (lambda: explorer(film=[{"x": 5}]), "x must be one of 0, 1, 2, 3, 4; got 5"),
        (lambda: explorer(film=[]), "film must be a list of settings"),
        (lambda: explorer(reading=lambda k: None), "reading must be a function that returns"),
        (lambda: explorer(x=widgets.Text()), "control must be a slider"),
        (lambda: live.explore(None, str, x=live.slider([0, 1], "x")), "canvas must be a live.Can"),
        (lambda: live.explore(explorer()[1], str), "controls must be at least one control"),
    ],
)
def test_wrong_arguments_are_named_before_a_widget_is_there(call, says, monkeypatch):
    failed = []
    monkeypatch.setattr(sys, "unraisablehook", lambda caught: failed.append(caught.exc_value))
    with pytest.raises(ValueError, match=says):
        call()
    gc.collect()
    assert not failed


def test_the_picture_says_what_it_shows_and_a_closed_explorer_that_it_is():
    box, *_ = explorer()
    assert box.image.tooltip == box.canvas.alt == "one stem" and box.image.description == ""
    box.close()
    assert box.comm is None and box.image.comm is None
    with pytest.raises(ValueError, match="explorer must be open"):
        box.set(x=1.0)
