"""Every panel: drawn alike under any settings, blitted alike, and it says what it shows."""

import warnings
from itertools import combinations

import matplotlib
import matplotlib.style
import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from moving import redrawn

from regutils import live, plots
from regutils.course.playground.drawing import NetworkDrawing

K, SEEDS = 4, 3
LAMS = [0.0, 0.01, 0.1, 1.0]
GRID = np.linspace(-1, 1, 30)


def drawn_panels(kind=np.asarray):
    """Each kind of panel once, over K positions: name → function that makes it."""
    rng = np.random.default_rng(0)

    def some(*shape):
        return kind(rng.random(shape).astype(np.float32))

    def signed(*shape):
        return kind(rng.normal(size=shape).astype(np.float32))

    sparse = rng.normal(size=(K, 6, 5)) * (rng.random((K, 6, 5)) > 0.4)
    points = {"train": (some(K, 8), some(K, 8)), "val": (some(6), some(6))}
    two, a = {"train": some(K, SEEDS, 9), "val": some(K, SEEDS, 9)}, some(K, 3, SEEDS)
    marks = {"stops": {"kept": [1, 2, np.nan, 5]}, "reference": {"stopped early": (0.5, 0.1)}}
    return {
        "FittedCurve": lambda ax: plots.FittedCurve(
            ax, GRID, signed(K, 5, 30), points=points, truth=GRID, ylim=(-2, 2)
        ),
        "LossCurves": lambda ax: plots.LossCurves(ax, range(9), two, **marks),
        "LossCurves, each": lambda ax: plots.LossCurves(ax, range(9), two, each=True, log_y=True),
        "ErrorVsLambda": lambda ax: plots.ErrorVsLambda(
            ax, LAMS, {"val": some(K, SEEDS)}, reference={"λ = 0, stopped early": 0.3}
        ),
        "Overlay": lambda ax: plots.Overlay(
            ax, LAMS[1:], {"a": a}, {"a": a, "b": a + 1}, samples={"c": some(K, 3, 8)}, scale="each"
        ),
        "LossParts": lambda ax: plots.LossParts(ax, LAMS, some(K), some(K, SEEDS)),
        "Paths": lambda ax: plots.Paths(ax, LAMS, "abcde", sparse[:, 0], ylim=(-2, 2)),
        "Choices": lambda ax: plots.Choices(ax, "abc", rng.integers(0, 3, (K, 9))),
        "ReliabilityDiagram": lambda ax: plots.ReliabilityDiagram(
            ax, some(K, 99), some(K, 99) > 0.5
        ),
        "Coefficients": lambda ax: plots.Coefficients(ax, ["$a", "b$", "$c$"], 9 * signed(K, 3)),
        "WeightHistogram": lambda ax: plots.WeightHistogram(
            ax, {"a": kind(sparse), "b": signed(K, 9)}, reach=1.0
        ),
        "Bars": lambda ax: plots.Bars(ax, "ab", some(K, 2)),
        "PenaltyGeometry": lambda ax: plots.PenaltyGeometry(
            ax, np.eye(2), [1.0, 0.5], "L1", np.linspace([1.0, 0.5], [0.1, 0.0], K)
        ),
        "Picture": lambda ax: plots.Picture(ax, some(K, 3, 4), top=1, bar="activation"),
        "Picture, logarithmic": lambda ax: plots.Picture(
            ax, rng.integers(0, 64, (K, 3, 4)), top=64, bar="connections", low=0.2
        ),
        "Pictures": lambda ax: plots.Pictures(ax, some(K, 3, 3, 4, 4), 2),
    }


NAMES = list(drawn_panels())


def on_canvas(make):
    fig, (ax,) = plots.figure(1, width=3.4, height=2.6)
    panel = make(ax)
    return panel, live.Canvas(fig, [panel], alt="one panel")


@pytest.fixture
def spoilt_settings():
    """Settings of a user that would spoil every picture."""
    spoilt = {
        "image.origin": "lower", "image.cmap": "hot", "image.interpolation": "bicubic",
        "text.usetex": True, "font.size": 20, "font.family": "serif", "xtick.labelsize": 20,
        "lines.linewidth": 6, "lines.marker": "x", "axes.unicode_minus": False, "axes.xmargin": 0.4,
        "legend.loc": "center", "hatch.color": "red", "figure.facecolor": "black",
    }  # fmt: skip
    with matplotlib.style.context(["dark_background", spoilt]):
        yield


@pytest.mark.parametrize("name", NAMES)
def test_a_panel_looks_the_same_under_any_settings(name, spoilt_settings):
    spoilt = on_canvas(drawn_panels()[name])[1].frame().copy()
    with matplotlib.style.context("default", after_reset=True):
        plain = on_canvas(drawn_panels()[name])[1].frame()
    np.testing.assert_array_equal(spoilt, plain)
    assert matplotlib.rcParams["text.usetex"]  # the user's own settings are back


@pytest.mark.parametrize("name", NAMES)
def test_a_moved_panel_is_the_pixels_of_a_full_drawing_and_of_a_fresh_panel_and_readable(name):
    panel, canvas = on_canvas(drawn_panels()[name])
    before = canvas.frame().copy()
    panel.update(2)
    assert not canvas.changed, "a drag draws what moves and nothing else"
    after = canvas.frame().copy()
    assert (after != before).any()
    np.testing.assert_array_equal(after, redrawn(canvas))
    fresh, other = on_canvas(drawn_panels()[name])
    fresh.update(2)
    np.testing.assert_array_equal(after, other.frame())
    panel.update(0)
    np.testing.assert_array_equal(before, canvas.frame())  # nothing of the move is left
    texts = [text for text in canvas.fig.findobj(Text) if text.get_text()]
    # 0.78: a picture of 1144 pixels at 110 dots per inch, on a page with room for 890.
    assert all(0.78 * text.get_fontsize() * 110 / 72 > 9 for text in texts)


@pytest.mark.parametrize("kind", [{"requires_grad": True}, {"dtype": torch.bfloat16}], ids=str)
def test_tensors_are_drawn_like_arrays(kind):
    dtype = {key: value for key, value in kind.items() if key == "dtype"}

    def tensor(values):
        found = torch.as_tensor(np.asarray(values), **dtype)
        return found.requires_grad_() if "requires_grad" in kind else found

    for name, make in drawn_panels(tensor).items():
        panel = make(plots.figure(1)[1][0])
        panel.update(1)
        assert panel.artists, name


@pytest.mark.parametrize("name", ["FittedCurve", "LossCurves", "Overlay", "Picture"])
def test_missing_axes_and_axes_of_length_one_are_alike_everywhere(name):
    panel, canvas = on_canvas(drawn_panels()[name])
    panel.update(7, 3)  # K positions belong to the last control
    by_two = canvas.frame().copy()
    panel.update(3)
    np.testing.assert_array_equal(by_two, canvas.frame())


def test_two_controls_choose_and_a_single_row_serves_all():
    errors = np.arange(2 * K, dtype=float).reshape(2, K, 1)
    panel = plots.ErrorVsLambda(plots.figure(1)[1][0], LAMS, {"val": errors, "train": errors[:1]})
    panel.update(1, 2)
    assert list(panel.heads.get_ydata()) == [6, 2]
    assert list(panel.marker.get_xdata()) == [LAMS[2]] * 2
    first = plots.ErrorVsLambda(plots.figure(1)[1][0], LAMS, {"val": errors}, control=0)
    first.update(3, 1)
    assert list(first.heads.get_ydata()) == [7]


def test_too_few_positions_and_wrong_shapes_are_refused():
    _, axes = plots.figure(2)
    panel = plots.Picture(axes[0], np.zeros((2, K, 3, 3)), top=1, bar="")
    with pytest.raises(ValueError, match="index must be 2 positions"):
        panel.update(1)
    with pytest.raises(ValueError, match="val must be"):
        plots.ErrorVsLambda(axes[1], LAMS, {"val": np.zeros((3, 2))})
    with pytest.raises(ValueError, match="scale must be one of linear"):
        plots.Overlay(axes[1], LAMS, scale="cubic")


def test_what_grows_is_padded_and_put_by_name():
    _, axes = plots.figure(2)
    best = {"λ = 0, stopped early": None}
    panel = plots.LossCurves(axes[0], range(4), {"val": None}, ylim=(0, 1), reference=best)
    assert plots.LossCurves(axes[1], range(3), {"val": [3, 2, 1]}).artists == []  # it stays
    panel.show(**{"val": [0.5, 0.25], "λ = 0, stopped early": 0.3})
    np.testing.assert_array_equal(panel.lines["val"].get_ydata(), [0.5, 0.25, np.nan, np.nan])
    heights = {line.get_label(): line.get_ydata()[0] for line in axes[0].lines}
    assert heights["λ = 0, stopped early"] == 0.3


def test_a_network_has_a_line_for_each_weight_and_a_mark_for_each_unit():
    network = NetworkDrawing(plots.figure(1)[1][0], [2, 2, 1], 1.0, inputs="ab")
    network.show([[[0.5, 0.0], [-1.0, 2.0]], [[0.0, -0.1]]], [[True, False]])
    assert len(network.above.get_segments()) == 2 and len(network.below.get_segments()) == 2
    assert network.dead.get_xydata().tolist() == [[1, 0.75]]
    assert len(network.alive.get_xdata()) == 4


def test_curves_drawn_together_differ_in_colour_line_and_marker():
    names = ["train", "val", "test", "none", "L2", "L1", "dropout", "early stopping"]
    assert list(plots.ROLES) == names
    sets = [names, "abcdefg", ["L2", "L1", "L1, refit"], ["train", "val", "kept", "cold"]]
    for kind in ("color", "linestyle", "marker"):
        for together in (plots.looks(some).values() for some in sets):
            assert all(a[kind] != b[kind] for a, b in combinations(together, 2)), kind
    cycle = plots.looks(range(10)).values()
    assert len({(look["color"], str(look["linestyle"])) for look in cycle}) == 10


def test_a_formula_has_no_markers_beside_its_dots():
    _, axes = plots.figure(2)
    for ax, beside in zip(axes, ({"dots": {"a": [1, 2]}}, {"samples": {"b": [[1, 1], [2, 2]]}})):
        panel = plots.Overlay(ax, range(2), {"a": [1, 2]}, **beside)
        assert panel.lines["a"].get_markevery() == []


def test_each_seed_is_a_line_in_place_of_a_band():
    _, (ax,) = plots.figure(1)
    heaps = [[0.0, 0.0], [1.0, 1.0]]
    panel = plots.LossCurves(ax, range(2), {"val": heaps}, each=True)
    seeds = ax.lines[0].get_xydata()
    np.testing.assert_array_equal(seeds[:, 1], [0, 0, np.nan, 1, 1, np.nan])
    assert list(panel.lines["val"].get_ydata()) == [0.5, 0.5] and not ax.collections


def test_no_coefficient_stands_on_the_frame():
    for linthresh in (None, 1.0):
        _, (ax,) = plots.figure(1)
        plots.Coefficients(ax, "ab", [3.0, -2e6], linthresh=linthresh)
        assert ax.transAxes.inverted().transform(ax.transData.transform([1, -2e6]))[1] > 0.05


def test_the_first_reference_has_the_look_of_early_stopping():
    _, (ax,) = plots.figure(1)
    plots.ErrorVsLambda(ax, LAMS, {"val": np.ones(K)}, reference={"λ = 0, stopped early": 2.0})
    line = next(line for line in ax.lines if line.get_label() == "λ = 0, stopped early")
    assert line.get_color() == plots.ROLES["early stopping"]["color"]
    assert ax.get_ylim()[1] > 2


def test_legends_and_names_stand_outside_the_data():
    fig, axes = plots.figure(2)
    curves = {name: np.full(5, 0.5) for name in plots.ROLES}
    plots.LossCurves(axes[0], range(5), curves)
    plots.Paths(axes[1], LAMS, "abcdefgh", np.full((K, 8), 0.5), ylim=(0, 1))
    with plots.look():
        FigureCanvasAgg(fig).draw()
    legend = axes[0].get_legend().get_window_extent()
    assert legend.y0 >= axes[0].bbox.y1 - 1
    assert axes[0].title.get_window_extent().y0 >= axes[0].bbox.y1 - 1
    assert axes[0]._left_title.get_window_extent().y0 >= legend.y1 - 4
    boxes = [Text.get_window_extent(text) for text in axes[1].texts]  # without the thin line
    heights = sorted(text.xyann[1] for text in axes[1].texts)
    assert all(box.x1 < axes[1].bbox.x0 for box in boxes)
    assert (np.diff(heights) * axes[1].bbox.height > 9).all()  # no two on one another


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_diverged_everywhere_is_drawn_without_a_warning(bad):
    _, axes = plots.figure(3, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plots.HeatMap(axes[0], np.full((2, 2), bad), "ab", "cd", top=1)
        plots.LossParts(axes[1], LAMS, np.full(K, bad), np.zeros(K))
        plots.LossCurves(axes[2], range(3), {"val": np.full((K, 2, 3), bad)}, log_y=True)
        plots.ErrorVsLambda(axes[3], LAMS, {"val": np.full((K, 2), np.nan)}).update(1)
        plots.WeightHistogram(axes[4], {"w": np.full((K, 5), bad)})
        plots.Coefficients(axes[5], "ab", np.full((K, 2), bad))
        plots.Picture(axes[6], np.full((K, 2, 2), bad), top=1, bar="")
        plots.Bars(axes[7], "ab", np.full((K, 2), np.nan))


def test_names_stand_as_they_are_written(recwarn):
    fig, (ax,) = plots.figure(1)
    errors = {"$a": [1, 2, 3], "b$": [1, 1, 1]}
    ticks = ["$", "$x_1$", "数"]
    panel = plots.ErrorVsLambda(ax, [0, 1, 2], errors, scale="each", ticks=ticks)
    plots.label(ax, r"$5 and $\frac", "$1$", "中文")
    live.Canvas(fig, [panel], alt="dollars").frame()
    texts = [ax.title, ax.xaxis.label, *ax.get_xticklabels(), *ax.get_legend().get_texts()]
    assert not any(text.get_parse_math() for text in texts if text.get_text())
    assert [text.get_text() for text in ax.get_xticklabels()] == ticks
    assert not recwarn.list


def test_ticks_are_plain_and_few():
    shown = [plots.plain(value) for value in (0.001, 1e-5, 1e6, 100_000, -0.6, 0, 1e-12)]
    assert shown == ["0.001", "1e−5", "1e6", "100,000", "−0.6", "0", "1e−12"]
    _, (ax,) = plots.figure(1)
    lams = [0.0, *np.logspace(-8, 2, 30)]
    plots.ErrorVsLambda(ax, lams, {"val": np.ones(31)})
    labels = [text.get_text() for text in ax.get_xticklabels()]
    assert labels[0] == "0" and len(labels) <= 7


def test_a_histogram_counts_zeros_and_marks_what_it_clips():
    _, axes = plots.figure(3)
    weights = np.array([[0.0] * 4, [-9.0, 9.0, 9.0, 0.1]])
    panel = plots.WeightHistogram(axes[0], {"w": weights}, reach=0.6)
    assert list(panel.spike.get_ydata()) == [0.5, 4]
    assert panel.text.get_text() == "4 of 4\nexactly 0"
    labels = [text.get_text() for text in axes[0].get_xticklabels()]
    assert (labels[0], labels[-1]) == ("≤ −0.6", "≥ 0.6")
    panel.update(1)
    counts = panel.outlines["w"].get_data().values
    assert (counts[0], counts[-1], panel.text.get_text()) == (1, 2, "0 of 4\nexactly 0")
    live_one = plots.WeightHistogram(axes[1], {"w": np.zeros((1, 9))}, reach=2)
    live_one.show_weights(torch.ones(3, 3))
    assert live_one.outlines["w"].get_data().values.max() == 9
    counts = {"w": counts[None].repeat(2, 0)}
    recorded = plots.Histogram(axes[2], counts, panel.edges, zeros=[1, 7], total=10)
    recorded.update(1)
    assert list(recorded.spike.get_ydata()) == [0.5, 7]


def test_intervals_show_which_miss_their_truth_and_which_are_cut():
    _, (ax,) = plots.figure(1)
    low, high = np.array([0.1, 0.2, 0.6]), np.array([0.4, 0.5, 1.9])
    plots.Intervals(ax, low, high, [0.2, 0.6, 0.7], xlim=(0, 1))
    held, missed, _, left, right = ax.lines
    assert np.isfinite(held.get_xdata()).sum() == 4
    np.testing.assert_allclose(missed.get_xydata()[:2], [[0.2, 1], [0.5, 1]])
    assert len(left.get_xdata()) == 0 and right.get_xydata().tolist() == [[1, 2]]


def test_samples_are_points_that_lie_apart():
    _, (ax,) = plots.figure(1)
    plots.Overlay(ax, range(2), samples={"none": np.ones((2, 5))}, scale="each")
    at = ax.lines[0].get_xdata()
    assert len(np.unique(np.round(at, 3))) == 10 and list(np.sort(at)) == list(at)


def test_calibration_is_exact_on_a_known_sample():
    _, (ax,) = plots.figure(1)
    sure, right = np.repeat([0.55, 0.95], 100), np.tile([1.0, 0.0], 100)
    panel = plots.ReliabilityDiagram(ax, sure, right)
    np.testing.assert_allclose(panel.dots.get_offsets(), [[0.55, 0.5], [0.95, 0.5]])
    assert panel.words.get_text() == "calibration error 0.250"


def test_tables_and_maps_show_what_is_low_and_what_is_absent():
    _, axes = plots.figure(2)
    plots.HeatMap(axes[0], [[0.1, np.nan, 9.0]], "a", "bcd", top=0.3)
    assert [text.get_text() for text in axes[0].texts] == ["0.100", "–", "9.000"]
    assert [text.get_color() for text in axes[0].texts] == ["white", "black", "black"]
    maps = plots.Maps(axes[1], 2, 2, 2, top=1.0)
    maps.show([[[0.1, 0.2], [0.3, 0.4]], np.zeros((2, 2))], [0, 1])
    sheet = np.ma.filled(maps.image.get_array(), np.nan)
    np.testing.assert_allclose(sheet[:, :2], [[0.3, 0.4], [0.1, 0.2]])  # y grows upwards
    assert np.isnan(sheet[:, 2:]).all()  # dead: grey


def test_decision_regions_colour_the_surer_class_and_draw_the_border():
    _, (ax,) = plots.figure(1)
    points, labels = np.array([[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]]), np.array([0, 1, 1])
    train, val = (points, labels), (points[:1], labels[:1])
    panel = plots.DecisionRegions(ax, GRID, train, val, [False, True, False])
    *marks, ring = panel.artists[2:]
    assert [len(line.get_xdata()) for line in marks] == [1, 0, 1, 2]  # hollow, then filled
    assert ring.get_xydata().tolist() == [[0.5, 0.5]]
    panel.show(1 / (1 + np.exp(-20 * (np.tile(GRID, (30, 1)) - 0.5))))
    border = panel.border.get_xdata()
    np.testing.assert_allclose(border[np.isfinite(border)], 0.5, atol=0.01)
    left, right = np.asarray(panel.image.get_array())[0, [0, -1]].astype(int)
    assert left[2] > left[0] and right[0] > right[2]  # blue is class 0, orange class 1
