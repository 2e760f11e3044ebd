import gc
import random
import tracemalloc

import ipywidgets as widgets
import matplotlib.pyplot
import numpy as np
import pytest

from regutils import live, plots

LAMS = [0.0, *np.logspace(-4, 0, 5).tolist()]
RNG = np.random.default_rng(0)
GRID = np.linspace(-1, 1, 60)
A, CENTRE = np.array([[1.0, 0.3], [0.3, 0.6]]), np.array([1.0, 0.6])


def every_panel():
    """Each panel of plots with a random state for its update."""
    return {
        "FittedCurve": (lambda ax: plots.FittedCurve(ax, GRID, points={"train": (GRID[::9], GRID[::9])}, truth=GRID),
                        lambda p: p.update(RNG.normal(size=(3, 60)))),
        "Coefficients": (lambda ax: plots.Coefficients(ax, list("abcd"), 10.0),
                         lambda p: p.update(RNG.integers(-2, 3, size=4))),
        "WeightHistogram": (lambda ax: plots.WeightHistogram(ax, ["a", "b"], 2.0, 200),
                            lambda p: p.update({"a": RNG.normal(size=80), "b": np.zeros(RNG.integers(1, 50))})),
        "LossCurves": (lambda ax: plots.LossCurves(ax, range(1, 20), ["train", "val"], (0, 2)),
                       lambda p: p.update(train=RNG.random((3, 19)), val=RNG.random(19))),
        "ErrorVsLambda": (lambda ax: plots.ErrorVsLambda(ax, LAMS, {"a": RNG.random((6, 5)), "b": RNG.random(6)}),
                          lambda p: p.update(int(RNG.integers(1, 6)))),
        "LossParts": (lambda ax: plots.LossParts(ax, LAMS, RNG.random(6), RNG.random(6)),
                      lambda p: p.update(int(RNG.integers(1, 6)))),
        "PenaltyGeometry": (lambda ax: plots.PenaltyGeometry(ax, A, CENTRE, "L1"),
                            lambda p: p.update(RNG.random(2), RNG.random((4, 2)))),
        "Picture": (lambda ax: plots.Picture(ax, (8, 8), 1.0), lambda p: p.update(RNG.normal(size=(8, 8)))),
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

    return live.explore(live.Canvas(fig, [bar, curve], alt="A stem and a line."), show, lam=live.lam_slider(LAMS),
                        kind=live.choice(["up", "down"], "direction"))


@pytest.mark.parametrize("name", every_panel())
def test_a_blitted_frame_is_pixel_identical_to_a_full_redraw(name):
    make, update = every_panel()[name]
    fig, axes = plots.figure(2)
    panel = make(axes[1])
    canvas = live.Canvas(fig, [panel], alt="one panel")
    empty = canvas.frame().copy()
    for _ in range(3):
        update(panel)
        blitted = canvas.frame().copy()
        assert (blitted == canvas.redraw()).all() and (blitted != empty).any()


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
    assert bytes(dragged.image.value) == bytes(told.image.value) and dragged.reading == told.reading == "λ = 0.001, up"
    assert "λ = 0.001, up" in dragged.reading_line.value
    told.set(lam=np.float32(LAMS[2]), kind="down")  # numbers match up to rounding
    assert told.reading == "λ = 0.001, down"


def test_a_failing_callback_raises_in_set_and_shows_its_message():
    box = explorer(fail_at=LAMS[-1])
    with pytest.raises(RuntimeError, match="no <luck> here"):
        box.set(lam=LAMS[-1])
    assert "no &lt;luck&gt; here" in box.status_line.value and 'role="alert"' in box.status_line.value
    box.set(lam=0.0)
    assert box.status_line.value == ""


@pytest.mark.parametrize(("call", "message"), [
    (lambda: explorer().set(mu=1), "control must be one of lam, kind; got 'mu'"),
    (lambda: explorer().set(lam=0.5), "lam must be one of 0, 0.0001.*; got 0.5"),
    (lambda: explorer().set(kind="left"), "kind must be one of up, down; got 'left'"),
    (lambda: live.Canvas(plots.figure(1)[0], [], alt=" "), "alt must be a sentence"),
])
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_mime_bundle_carries_a_film_strip_with_alt_text():
    box = explorer()
    data, metadata = box._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG") and "application/vnd.jupyter.widget-view+json" in data
    alt = metadata["image/png"]["alt"]
    assert alt.startswith("A stem and a line.") and alt.count("λ = ") == 4 and alt == data["text/plain"]
    assert box.reading == "λ = 0, up"  # where it was before the film was made


def test_sliders_hold_zero_and_say_so():
    slider = live.lam_slider(LAMS)
    assert slider.options[0] == ("0 (off)", 0.0) and slider.description
    assert live.lam_slider(LAMS, value=LAMS[1]).value == LAMS[1]
    assert isinstance(live.slider(range(5), "degree"), widgets.SelectionSlider)


def test_a_static_canvas_shows_itself_as_a_png_with_alt_text():
    fig, (ax,) = plots.figure(1)
    data, metadata = live.Canvas(fig, [plots.Coefficients(ax, ["w"], 1.0)], alt="A stem.")._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG") and metadata == {"image/png": {"alt": "A stem."}}
