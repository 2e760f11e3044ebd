"""What an explorer shows without being moved, what it keeps, what it draws ahead."""

import asyncio
import gc
import io
import sys

import ipywidgets as widgets
import numpy as np
import pytest
from conftest import in_a_loop
from PIL import Image

from regutils import live, plots
from regutils.live.kept import Kept


class Counted(live.Canvas):
    """A Canvas that counts its frames."""

    drawn = 0

    def frame(self):
        self.drawn += 1
        return super().frame()


def explorer(show=None, film=None, **controls):
    fig, (ax,) = plots.figure(1, width=3.0)
    stem = plots.Coefficients(ax, ["w"], 5.0)
    canvas = Counted(fig, [stem], alt="one stem")

    def up(x, **others):
        stem.update([x])
        return f"x = {x:g} {others or ''}"

    controls = controls or {"x": live.slider([0.0, 1.0, 2.0, 3.0, 4.0], "x")}
    return live.explore(canvas, show or up, film=film, **controls), canvas, ax


def test_settings_are_every_combination():
    box, *_ = explorer(x=live.slider([0, 1], "x"), kind=live.choice(["a", "b"], "kind"))
    assert box.settings() == [
        {"x": 0, "kind": "a"},
        {"x": 0, "kind": "b"},
        {"x": 1, "kind": "a"},
        {"x": 1, "kind": "b"},
    ]


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


def test_coming_back_costs_no_drawing_until_what_stays_has_changed():
    box, canvas, ax = explorer()
    box.set(x=1.0)
    first = bytes(box.image.value)
    box.set(x=2.0)
    drawn = canvas.drawn
    box.set(x=1.0)
    assert canvas.drawn == drawn and bytes(box.image.value) == first
    ax.set_title("changed")
    box.set(x=2.0)
    box.set(x=1.0)
    assert canvas.drawn == drawn + 2 and bytes(box.image.value) != first


def test_a_callback_that_says_something_else_is_drawn_again():
    told = ["one"]
    box, canvas, _ = explorer(show=lambda x: told[0])
    drawn = canvas.drawn
    told[0] = "two"
    box.set(x=0.0)
    assert canvas.drawn == drawn + 1 and box.reading == "two"


def test_what_is_kept_is_bounded_and_the_least_recent_goes_first():
    kept = Kept(10)
    kept.put("a", 1, b"1234", "one")
    kept.put("a", 2, b"1234", "two")
    kept.get("a", 1)
    kept.put("b", 1, b"1234", "three")
    assert kept.get("a", 2) is None and kept.get("a", 1) == (b"1234", "one") and kept.held == 8
    kept.put("a", 1, b"12", "shorter")
    assert kept.held == 6
    kept.put("c", 1, b"x" * 11, "too large")
    assert kept.get("c", 1) is None and kept.held == 0
    kept.put("a", 1, b"1", "one")
    kept.drop("a")
    assert kept.held == 0


def others():
    return asyncio.all_tasks() - {asyncio.current_task()}


def test_while_nothing_happens_the_neighbours_are_drawn_ahead():
    async def learner():
        box, canvas, _ = explorer()
        box.set(x=2.0)
        await asyncio.gather(*others(), return_exceptions=True)
        drawn, shown = canvas.drawn, bytes(box.image.value)
        assert box.reading == "x = 2 " and shown == box.frame(x=2.0)[0]
        for x in (1.0, 3.0):
            box.set(x=x)
        assert canvas.drawn == drawn, "both neighbours were there"
        box.controls["x"].value = 4.0
        assert canvas.drawn == drawn + 1

    in_a_loop(learner())


def test_a_drag_is_drawn_ahead_where_it_is_going_and_a_move_stops_what_was_begun():
    async def learner():
        box, canvas, _ = explorer()
        box.controls["x"].value = 2.0
        await asyncio.sleep(0)
        before = others()
        box.controls["x"].value = 1.0
        await asyncio.gather(*others(), return_exceptions=True)
        assert all(task.cancelled() for task in before) and before
        drawn = canvas.drawn
        box.controls["x"].value = 0.0
        assert canvas.drawn == drawn
        box.close()
        await asyncio.gather(*others(), return_exceptions=True)
        assert not others()

    in_a_loop(learner())


def test_a_cell_that_moves_a_slider_in_a_loop_leaves_one_task_to_the_kernel():
    async def learner():
        box, *_ = explorer()
        for x in (1.0, 2.0, 3.0, 4.0) * 10:
            box.set(x=x)
        assert len(others()) == 1

    in_a_loop(learner())


def test_a_neighbour_that_fails_is_heard_of_only_when_the_learner_gets_there():
    def show(x):
        if x == 1.0:
            raise RuntimeError("not here")
        return f"x = {x:g}"

    async def learner():
        box, *_ = explorer(show=show)
        await asyncio.gather(*others())
        assert box.status_line.value == "" and box.reading == "x = 0"
        with pytest.raises(RuntimeError, match="not here"):
            box.set(x=1.0)
        assert "not here" in box.status_line.value
        with pytest.raises(RuntimeError, match="not here"):
            box.frame(x=1.0)
        box.set(x=0.0)

    # What was asked for is the four scenes of the film, which leave out nothing here.
    in_a_loop(learner())


def test_a_callback_without_a_reading_is_refused_in_one_sentence():
    with pytest.raises(ValueError, match="show must be a function that returns its reading"):
        explorer(show=lambda x: None)


@pytest.mark.parametrize(
    ("film", "says"),
    [
        ([{"x": 5}], "x must be one of 0, 1, 2, 3, 4; got 5"),
        ([], "film must be a list of settings"),
        ({"x": 0}, "film must be a list of settings"),
    ],
)
def test_a_film_is_checked_before_a_widget_is_there(film, says, monkeypatch):
    failed = []
    monkeypatch.setattr(sys, "unraisablehook", lambda caught: failed.append(caught.exc_value))
    with pytest.raises(ValueError, match=says):
        explorer(film=film)
    gc.collect()
    assert not failed


def test_what_is_no_canvas_is_refused():
    with pytest.raises(ValueError, match=r"canvas must be a live\.Canvas; got None"):
        live.explore(None, str, x=live.slider([0, 1], "x"))
    with pytest.raises(ValueError, match=r"canvas must be a live\.Canvas; got None"):
        live.play(None, print, str, print, steps=1, x=live.slider([0, 1], "x"))


def test_sliders_of_ipywidgets_are_controls_too():
    box, *_ = explorer(x=widgets.FloatSlider(min=0, max=1, step=0.5), on=widgets.Checkbox())
    assert len(box.settings()) == 6
    box.set(x=0.5, on=True)
    assert box.reading == "x = 0.5 {'on': True}"
    box._repr_mimebundle_()
    with pytest.raises(ValueError, match="control must be a slider, a choice or a checkbox"):
        explorer(x=widgets.Text())


def test_the_picture_says_what_it_shows_and_is_fine_enough_for_today():
    box, canvas, _ = explorer()
    assert box.image.tooltip == "one stem" and box.image.description == ""
    assert Image.open(io.BytesIO(box.image.value)).width == 2 * canvas.width


def test_a_closed_explorer_says_so():
    box, *_ = explorer()
    box.close()
    assert box.comm is None and box.image.comm is None
    with pytest.raises(ValueError, match="explorer must be open"):
        box.set(x=1.0)
