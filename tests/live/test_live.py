import asyncio
import gc
import random
import tracemalloc

import ipywidgets as widgets
import matplotlib.pyplot
import numpy as np
import pytest
from conftest import in_a_loop

from regutils import live, plots

LAMS = [0.0, *np.logspace(-4, 0, 5).tolist()]
RNG = np.random.default_rng(0)
GRID = np.linspace(-1, 1, 60)
A, CENTRE = np.array([[1.0, 0.3], [0.3, 0.6]]), np.array([1.0, 0.6])


def every_panel():
    """Each panel of plots with a random state for its update."""
    return {
        "FittedCurve": (
            lambda ax: plots.FittedCurve(
                ax, GRID, points={"train": (GRID[::9], GRID[::9])}, truth=GRID
            ),
            lambda p: p.update(RNG.normal(size=(3, 60))),
        ),
        "Coefficients": (
            lambda ax: plots.Coefficients(ax, list("abcd"), 10.0),
            lambda p: p.update(RNG.integers(-2, 3, size=4)),
        ),
        "WeightHistogram": (
            lambda ax: plots.WeightHistogram(ax, ["a", "b"], 2.0, 200),
            lambda p: p.update({"a": RNG.normal(size=80), "b": np.zeros(RNG.integers(1, 50))}),
        ),
        "LossCurves": (
            lambda ax: plots.LossCurves(ax, range(1, 20), ["train", "val"], (0, 2)),
            lambda p: p.update(train=RNG.random((3, 19)), val=RNG.random(19)),
        ),
        "ErrorVsLambda": (
            lambda ax: plots.ErrorVsLambda(ax, LAMS, {"a": RNG.random((6, 5)), "b": RNG.random(6)}),
            lambda p: p.update(int(RNG.integers(1, 6))),
        ),
        "LossParts": (
            lambda ax: plots.LossParts(ax, LAMS, RNG.random(6), RNG.random(6)),
            lambda p: p.update(int(RNG.integers(1, 6))),
        ),
        "PenaltyGeometry": (
            lambda ax: plots.PenaltyGeometry(ax, A, CENTRE, "L1"),
            lambda p: p.update(RNG.random(2), RNG.random((4, 2))),
        ),
        "Picture": (
            lambda ax: plots.Picture(ax, (8, 8), 1.0),
            lambda p: p.update(RNG.normal(size=(8, 8))),
        ),
    }


def explorer(fail_at=None):
    fig, axes = plots.figure(2)
    bar = plots.Coefficients(axes[0], ["w"], 2.0)
    curve = plots.FittedCurve(axes[1], GRID, ylim=(-2, 2), truth=GRID)

    def show(lam, kind):
        if lam == fail_at:
            raise RuntimeError("no <luck> here")
        bar.update([lam if kind == "up" else -lam])
        curve.update(lam * GRID)
        return f"λ = {lam:g}, {kind}"

    return live.explore(
        live.Canvas(fig, [bar, curve], alt="A stem and a line."),
        show,
        lam=live.lam_slider(LAMS),
        kind=live.choice(["up", "down"], "direction"),
    )


@pytest.mark.parametrize("name", every_panel())
def test_a_blitted_frame_is_pixel_identical_to_a_full_redraw(name):
    make, update = every_panel()[name]
    fig, axes = plots.figure(2)
    panel = make(axes[1])
    canvas = live.Canvas(fig, [panel], alt="one panel")
    empty = canvas.frame().copy()
    for _ in range(3):
        update(panel)
        assert not canvas.changed, "what stays is drawn once"
        blitted = canvas.frame().copy()
        assert not canvas.changed
        assert (blitted == canvas.redraw()).all() and (blitted != empty).any()
        canvas.frame()


def test_a_frame_moves_with_its_panel_and_stays_without():
    box = explorer()
    frames = {}
    for lam in (0.0, 1.0, 0.0):
        box.set(lam=lam)
        frames.setdefault(lam, []).append(bytes(box.image.value))
    assert frames[0.0][0] == frames[0.0][1] != frames[1.0][0]


def test_a_changed_limit_is_noticed():
    fig, (ax,) = plots.figure(1)
    panel = plots.Coefficients(ax, ["w"], 2.0)
    canvas = live.Canvas(fig, [panel], alt="one stem")
    panel.update([1.0])
    before = canvas.frame().copy()
    ax.set_ylim(-50, 50)
    after = canvas.frame().copy()
    assert (before != after).any() and (after == canvas.redraw()).all()


def test_no_figure_is_registered_with_pyplot():
    explorer().set(lam=1.0)
    assert matplotlib.pyplot.get_fignums() == []


def test_a_thousand_random_settings_leave_memory_and_figures_flat():
    box, dice = explorer(), random.Random(0)

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
    dragged, told = explorer(), explorer()
    dragged.controls["lam"].value = LAMS[2]  # what the front end does to the model
    told.set(lam=LAMS[2])
    assert (
        bytes(dragged.image.value) == bytes(told.image.value)
        and dragged.reading == told.reading == "λ = 0.001, up"
    )
    assert "λ = 0.001, up" in dragged.reading_line.value
    told.set(lam=np.float32(LAMS[2]), kind="down")  # numbers match up to rounding
    assert told.reading == "λ = 0.001, down"


def test_a_failing_callback_raises_in_set_and_shows_its_message():
    box = explorer(fail_at=LAMS[-1])
    with pytest.raises(RuntimeError, match="no <luck> here"):
        box.set(lam=LAMS[-1])
    assert (
        "no &lt;luck&gt; here" in box.status_line.value and 'role="alert"' in box.status_line.value
    )
    box.set(lam=0.0)
    assert box.status_line.value == ""


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: explorer().set(mu=1), "control must be one of lam, kind; got 'mu'"),
        (lambda: explorer().set(lam=0.5), "lam must be one of 0, 0.0001.*; got 0.5"),
        (lambda: explorer().set(kind="left"), "kind must be one of up, down; got 'left'"),
        (lambda: live.Canvas(plots.figure(1)[0], [], alt=" "), "alt must be a sentence"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_mime_bundle_carries_a_film_strip_with_alt_text():
    box = explorer()
    data, metadata = box._repr_mimebundle_()
    assert (
        data["image/png"].startswith(b"\x89PNG")
        and "application/vnd.jupyter.widget-view+json" in data
    )
    alt = metadata["image/png"]["alt"]
    assert (
        alt.startswith("A stem and a line.")
        and alt.count("λ = ") == 4
        and alt == data["text/plain"]
    )
    assert box.reading == "λ = 0, up"  # where it was before the film was made


def test_sliders_hold_zero_and_say_so():
    slider = live.lam_slider(LAMS)
    assert slider.options[0] == ("0 (off)", 0.0) and slider.description
    assert live.lam_slider(LAMS, value=LAMS[1]).value == LAMS[1]
    assert isinstance(live.slider(range(5), "degree"), widgets.SelectionSlider)


def test_a_static_canvas_shows_itself_as_a_png_with_alt_text():
    fig, (ax,) = plots.figure(1)
    data, metadata = live.Canvas(
        fig, [plots.Coefficients(ax, ["w"], 1.0)], alt="A stem."
    )._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG") and metadata == {
        "image/png": {"alt": "A stem.", "width": 1056}
    }


class Counter:
    """A network whose training is counting; breaks at step `broken`."""

    def __init__(self, broken=None):
        self.broken = broken
        self.reset()

    def reset(self):
        self.seen = []

    def step(self, lam):
        if len(self.seen) + 1 == self.broken:
            raise FloatingPointError("too far")
        self.seen.append(lam)

    def playground(self, steps=10):
        fig, (ax,) = plots.figure(1)
        bar = plots.Coefficients(ax, ["w"], 20.0)

        def show(lam):
            bar.update([len(self.seen) + lam])
            return f"{len(self.seen)} steps, λ = {lam:g}"

        return live.play(
            live.Canvas(fig, [bar], alt="A stem."),
            self.step,
            show,
            self.reset,
            steps=steps,
            lam=live.lam_slider(LAMS),
        )


def test_a_playground_runs_told_scenes_and_keeps_them_for_pages_without_a_kernel():
    counter = Counter()
    box = counter.playground()
    first = bytes(box.image.value)
    box.run(3, lam=0.0)
    box.run(4, lam=LAMS[-1])
    assert counter.seen == [0.0] * 3 + [LAMS[-1]] * 4 and box.reading == "7 steps, λ = 1"
    assert (
        bytes(box.image.value) != first
        and box.progress.value == 7
        and "7 of 10" in box.progress.description
    )
    data, metadata = box._repr_mimebundle_()
    assert (
        metadata["image/png"]["alt"]
        == "A stem. 3 steps, λ = 0 7 steps, λ = 1"
        == data["text/plain"]
    )
    box.run(50)
    assert len(counter.seen) == 10 and box.button.disabled, "the budget is the end"
    box.start_again()
    assert counter.seen == [] and box.progress.value == 0 and not box.button.disabled


def test_a_playground_trains_while_its_slider_moves():
    async def learner():
        counter = Counter()
        box = counter.playground(steps=100_000)
        box.button.value = True
        while len(counter.seen) < 5:
            await asyncio.sleep(0)
        box.controls["lam"].value = LAMS[2]  # a drag; nothing is restarted
        before = len(counter.seen)
        while len(counter.seen) < before + 5:
            await asyncio.sleep(0)
        assert counter.seen[0] == 0.0 and counter.seen[-1] == LAMS[2] and "λ = 0.001" in box.reading
        box.button.value = False
        await box.training.task
        stopped = len(counter.seen)
        await asyncio.sleep(0.02)
        assert len(counter.seen) == stopped == box.progress.value

    in_a_loop(learner())


def test_one_playground_trains_at_a_time_and_ends_by_itself():
    async def learner():
        one, other = Counter(), Counter()
        box, second = one.playground(steps=10**9), other.playground(steps=7)
        box.button.value = True
        await asyncio.sleep(0)
        second.button.value = True
        await asyncio.gather(box.training.task, second.training.task)
        assert not box.button.value and not second.button.value and len(other.seen) == 7
        box.button.value = True
        await asyncio.sleep(0)
        Counter().playground()  # as when the learner runs the cell again
        await box.training.task
        assert live.Training.current is None

    in_a_loop(learner())


def test_a_playground_that_breaks_says_so_and_stops():
    async def learner():
        counter = Counter(broken=4)
        box = counter.playground()
        box.button.value = True
        with pytest.raises(FloatingPointError):
            await box.training.task
        assert "Training stopped. FloatingPointError: too far" in box.status_line.value
        assert (
            'role="alert"' in box.status_line.value
            and not box.button.value
            and box.progress.value == 3
        )

    in_a_loop(learner())
    with pytest.raises(FloatingPointError, match="too far"):
        Counter(broken=2).playground().run(5)
    with pytest.raises(ValueError, match="steps must be"):
        Counter().playground(steps=0)


def test_a_training_board_shows_what_was_measured_and_leaves_room_for_the_rest():
    board = plots.TrainingBoard(
        range(0, 50, 10), [0.0, 0.1, 1.0], top=9, penalty="Σw²", title="Loss"
    )
    names = ("train_loss", "val_loss", "train_error", "val_error", "penalty")
    board.update(
        {"step": [0, 10], "lam": [0.0, 1.0]} | {name: [0.5, 0.25] for name in names}, lam=0.1
    )
    for panel, name in ((board.loss, "val"), (board.error, "train"), (board.size, "Σw²")):
        np.testing.assert_array_equal(
            panel.lines[name].get_ydata(), [0.5, 0.25, np.nan, np.nan, np.nan]
        )
    np.testing.assert_array_equal(board.lam.line.get_ydata()[:2], [0, 2])
    assert list(board.lam.now.get_ydata()) == [1, 1]
    canvas = live.Canvas(board.fig, board.panels, alt="four views")
    np.testing.assert_array_equal(canvas.frame().copy(), canvas.redraw())


def test_the_legend_of_a_fit_names_the_fit_whatever_points_it_goes_through():
    _, (ax,) = plots.figure(1)
    plots.FittedCurve(
        ax,
        GRID,
        points={"train": (GRID[::9], GRID[::9]), "val": (GRID[::5], GRID[::5])},
        truth=GRID,
    )
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "truth",
        "train points",
        "val points",
        "fit",
    ]
