"""Every panel: drawn alike under any settings, blitted alike, and it says what it shows."""

import matplotlib
import matplotlib.style
import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg

from regutils import live, plots

LAMS = [0.0, *np.logspace(-4, 0, 5).tolist()]
GRID = np.linspace(-1, 1, 30)


def drawn_panels():
    """Each kind of panel once: name → (function that makes it, function that updates it)."""
    rng = np.random.default_rng(0)
    x, y = np.meshgrid(GRID, GRID)
    points = rng.uniform(-1, 1, (12, 2))
    classes = rng.integers(0, 2, 12)
    six = rng.random((6, 5))
    return {
        "FittedCurve": (
            lambda ax: plots.FittedCurve(ax, GRID, truth=GRID, band=True),
            lambda panel: panel.update(GRID + rng.normal(size=(5, 1))),
        ),
        "LossCurves": (
            lambda ax: plots.LossCurves(ax, LAMS, ["val"], (0, 1), scale="strength", marks=["min"]),
            lambda panel: (panel.update(val=six.T), panel.mark(min=LAMS[3])),
        ),
        "ErrorVsLambda": (
            lambda ax: plots.ErrorVsLambda(ax, LAMS, {"a": six, "b": six[:, 0]}),
            lambda panel: panel.update(2),
        ),
        "Overlay": (
            lambda ax: plots.Overlay(ax, LAMS[1:], {"a": six[1:]}, {"a": six[1:]}, scale="log"),
            lambda panel: panel.update(3),
        ),
        "LossParts": (
            lambda ax: plots.LossParts(ax, LAMS, six[:, 0], six[:, 1]),
            lambda panel: panel.update(4),
        ),
        "Paths": (
            lambda ax: plots.Paths(ax, LAMS, list("abcde"), six),
            lambda panel: panel.update(1),
        ),
        "Choices": (
            lambda ax: plots.Choices(ax, list("abc"), ["one", "two"]),
            lambda panel: panel.update(one=[0, 0, 1], two=[2, 2, 2]),
        ),
        "Coefficients": (
            lambda ax: plots.Coefficients(ax, ["$a", "b$", "$c$"], 100.0),
            lambda panel: panel.update([0, -3, 50]),
        ),
        "WeightHistogram": (
            lambda ax: plots.WeightHistogram(ax, ["a", "b"], 1.0, 200),
            lambda panel: panel.update({"a": rng.normal(size=80), "b": np.zeros(30)}),
        ),
        "Bars": (
            lambda ax: plots.Bars(ax, ["a", "b"]),
            lambda panel: panel.update([0.2, 1.0]),
        ),
        "Balance": (
            lambda ax: plots.Balance(ax, 1.0),
            lambda panel: panel.update([0.0, 0.5], [0.3, 1.0]),
        ),
        "PenaltyGeometry": (
            lambda ax: plots.PenaltyGeometry(ax, np.eye(2), [1.0, 0.5], "L1"),
            lambda panel: panel.update([0.5, 0.0], [[1.0, 0.5], [0.5, 0.0]]),
        ),
        "Picture": (
            lambda ax: plots.Picture(ax, (3, 4), 1.0),
            lambda panel: panel.update(rng.normal(size=(3, 4))),
        ),
        "Connections": (
            lambda ax: plots.Connections(ax, (3, 4), 1, 64),
            lambda panel: panel.update(rng.integers(0, 64, (3, 4))),
        ),
        "HeatMap": (
            lambda ax: plots.HeatMap(ax, [[-1, 2], [0, 1]], "ab", "cd", signed=True),
            lambda panel: panel.update(0, 1),
        ),
        "Maps": (
            lambda ax: plots.Maps(ax, 3, (4, 4), 2, 1.0, signed=True),
            lambda panel: panel.update(rng.normal(size=(3, 4, 4)), [False, True, False]),
        ),
        "Pictures": (
            lambda ax: plots.Pictures(ax, np.zeros((3, 3, 4, 4)), 2),
            lambda panel: panel.update(rng.random((3, 3, 4, 4))),
        ),
        "Filters": (
            lambda ax: plots.Filters(ax, 3, (3, 4, 4), 1.0),
            lambda panel: panel.update(rng.normal(size=(3, 3, 4, 4))),
        ),
        "DecisionRegions": (
            lambda ax: plots.DecisionRegions(ax, GRID, GRID),
            lambda panel: (
                panel.update(1 / (1 + np.exp(-x - y))),
                panel.place((points, classes), (points[:3], classes[:3]), classes == 1),
            ),
        ),
        "NetworkDrawing": (
            lambda ax: plots.NetworkDrawing(ax, [2, 3, 1], 1.0, inputs=["x₁", "x₂"]),
            lambda panel: panel.update([rng.normal(size=(3, 2)), rng.normal(size=(1, 3))]),
        ),
        "Caption": (plots.Caption, lambda panel: panel.update("p = 0.3")),
        "Intervals": (
            lambda ax: plots.Intervals(ax, 3, (0.0, 1.0)),
            lambda panel: panel.update([0.1, 0.2, 0.6], [0.4, 0.5, 0.9], [0.2, 0.6, 0.7]),
        ),
    }


NAMES = list(drawn_panels())


def pixels(name: str) -> np.ndarray:
    """The panel in a small figure, drawn by a Canvas."""
    make, update = drawn_panels()[name]
    fig, (ax,) = plots.figure(1, width=3.4, height=2.6)
    panel = make(ax)
    update(panel)
    return live.Canvas(fig, [panel], alt="one panel").frame().copy()


@pytest.fixture
def nobodys_taste():
    """Settings of a user that would spoil every picture."""
    spoilt = {
        "image.origin": "lower",
        "image.cmap": "hot",
        "text.usetex": True,
        "font.size": 20,
        "font.family": "serif",
        "lines.linewidth": 6,
        "lines.marker": "x",
        "axes.unicode_minus": False,
        "axes.xmargin": 0.4,
        "legend.loc": "center",
        "xtick.labelsize": 20,
        "hatch.color": "red",
        "figure.facecolor": "black",
        "image.interpolation": "bicubic",
    }
    with matplotlib.style.context(["dark_background", spoilt]):
        yield


@pytest.mark.parametrize("name", NAMES)
def test_a_panel_looks_the_same_under_anybodys_settings(name, nobodys_taste):
    spoilt = pixels(name)
    with matplotlib.style.context("default", after_reset=True):
        np.testing.assert_array_equal(spoilt, pixels(name))
    assert matplotlib.rcParams["text.usetex"]  # the user's own settings are back


@pytest.mark.parametrize("name", NAMES)
def test_a_panel_blits_to_the_pixels_of_a_full_drawing_and_moves(name):
    make, update = drawn_panels()[name]
    fig, (ax,) = plots.figure(1, width=3.4, height=2.6)
    panel = make(ax)
    canvas = live.Canvas(fig, [panel], alt="one panel")
    before = canvas.frame().copy()
    update(panel)
    assert not canvas.changed, "a drag draws what moves and nothing else"
    after = canvas.frame().copy()
    assert (after != before).any()
    np.testing.assert_array_equal(after, canvas.redraw())


@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_under_nine_pixels(name):
    make, update = drawn_panels()[name]
    fig, (ax,) = plots.figure(1, width=3.4, height=2.6, dpi=110)
    update(make(ax))
    with plots.look():
        FigureCanvasAgg(fig).draw()
    texts = [text for text in fig.findobj(matplotlib.text.Text) if text.get_text()]
    # 0.78: a picture of 1144 pixels on a page with room for 890.
    assert all(0.78 * text.get_fontsize() * 110 / 72 > 9 for text in texts)


def test_dollars_and_chinese_stand_as_they_are_written(recwarn):
    fig, (ax,) = plots.figure(1)
    panel = plots.ErrorVsLambda(
        ax, [0, 1, 2], {"$a": [1, 2, 3], "b$": [1, 1, 1]}, scale="each", ticks=["$", "$x_1$", "数"]
    )
    plots.label(ax, r"$5 and $\frac", "$1$", "中文")
    live.Canvas(fig, [panel], alt="dollars").frame()
    texts = [ax.title, ax.xaxis.label, *ax.get_xticklabels(), *ax.get_legend().get_texts()]
    assert not any(text.get_parse_math() for text in texts if text.get_text())
    assert not recwarn.list


def test_ten_curves_look_ten_ways():
    looks = [plots.role("", i) for i in range(10)]
    assert len({(kind["color"], str(kind["linestyle"])) for kind in looks}) == 10


def test_numbers_on_ticks_are_plain():
    shown = [plots.plain(value) for value in (0.001, 1e-5, 1e6, 100_000, -0.6, 0, 1e-12)]
    assert shown == ["0.001", "1e−5", "1e6", "100,000", "−0.6", "0", "1e−12"]


def test_a_strength_axis_names_zero_and_few_others():
    _, (ax,) = plots.figure(1)
    plots.strength_axis(ax, [0.0, *np.logspace(-8, 2, 30)])
    labels = [text.get_text() for text in ax.get_xticklabels()]
    assert labels[0] == "0" and len(labels) <= 7


def test_a_slider_of_mixed_values_gets_their_labels_and_equal_places():
    _, (ax,) = plots.figure(1)
    panel = plots.ErrorVsLambda(
        ax, [0, 0.1, 10], {"val": [1, 2, 3]}, scale="each", ticks=["off", "a", "b"]
    )
    panel.update(2)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["off", "a", "b"]
    assert list(panel.marker.get_xdata()) == [2, 2]


def test_all_zeros_are_a_spike_and_the_clipped_rest_is_marked():
    _, axes = plots.figure(2)
    panel = plots.WeightHistogram(axes[0], ["w"], 0.6, 100)
    panel.update({"w": np.zeros(100)})
    assert list(panel.spike.get_ydata()) == [0.5, 100]
    assert panel.words.get_text() == "100 of 100\nexactly 0"
    labels = [text.get_text() for text in axes[0].get_xticklabels()]
    assert (labels[0], labels[-1]) == ("≤ −0.6", "≥ 0.6")
    panel.update({"w": [-9.0, 9.0, 9.0]})
    counts = panel.steps["w"].get_data().values
    assert (counts[0], counts[-1]) == (1, 2)
    plots.WeightHistogram(axes[1], ["activation"], (0, 8), 100)
    labels = [text.get_text() for text in axes[1].get_xticklabels()]
    assert (labels[0], labels[-1]) == ("0", "≥ 8")


def test_one_curve_after_many_leaves_none_of_them():
    _, (ax,) = plots.figure(1)
    panel = plots.FittedCurve(ax, GRID, ylim=(-2, 2))
    panel.update(np.ones((40, 30)))
    assert np.isnan(panel.each.get_ydata()).sum() == 30  # no more than 30 one by one
    panel.update(GRID)
    assert len(panel.each.get_ydata()) == 0
    np.testing.assert_array_equal(panel.mean.get_ydata(), GRID)


def test_marks_stand_at_the_chosen_strength_or_nowhere():
    _, (ax,) = plots.figure(1)
    panel = plots.LossCurves(ax, [0, 1, 2], ["val"], (0, 1), marks=["best", "stop"])
    panel.mark(best=1, stop=2)
    panel.mark(stop=None)
    assert list(panel.marks["best"].get_xdata()) == [1, 1]
    assert len(panel.marks["stop"].get_xdata()) == 0


def test_choices_are_shares_of_the_splits():
    _, (ax,) = plots.figure(1)
    panel = plots.Choices(ax, list("abc"), ["rule"])
    panel.update(rule=[0, 0, 2, 0])
    assert [bar.get_height() for bar in panel.bars["rule"]] == [0.75, 0, 0.25]


def test_a_signed_heat_map_is_centred_at_zero():
    _, axes = plots.figure(2)
    signed = plots.HeatMap(axes[0], [[-0.3, 0.1]], "a", "bc", signed=True).image
    assert signed.norm.vmin == -signed.norm.vmax == -0.3
    better, nothing, worse = signed.to_rgba([-0.2, 0.0, 0.2])[:, :3]
    assert better[2] > better[0] and worse[0] > worse[2] and (nothing > 0.95).all()


def test_connections_that_are_there_or_not_need_no_colour_bar():
    fig, (ax,) = plots.figure(1)
    panel = plots.Connections(ax, (1, 2), 64, 64)
    panel.update([[0, 64]])
    assert len(fig.axes) == 1 and "64" in ax.get_xlabel()
    none, all_of_them = panel.image.to_rgba(panel.image.get_array())[0]
    assert list(none) == [1, 1, 1, 1] and all_of_them[:3].sum() < 1


def test_decision_regions_colour_the_surer_class_and_draw_the_border():
    _, (ax,) = plots.figure(1)
    panel = plots.DecisionRegions(ax, GRID, GRID)
    x, _ = np.meshgrid(GRID, GRID)
    panel.update(1 / (1 + np.exp(-20 * (x - 0.5))))
    border = panel.border.get_xdata()
    np.testing.assert_allclose(border[np.isfinite(border)], 0.5, atol=0.01)
    left, right = np.asarray(panel.image.get_array())[0, [0, -1]].astype(int)
    assert left[2] > left[0] and right[0] > right[2]  # blue is class 0, orange class 1
    points, classes = np.array([[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]]), np.array([0, 1, 1])
    panel.place((points, classes), (points[:1], classes[:1]), [False, True, False])
    assert panel.ring.get_xydata().tolist() == [[0.5, 0.5]]
    assert [len(line.get_xdata()) for line in panel.train] == [1, 2]
    assert [len(line.get_xdata()) for line in panel.val] == [1, 0]


def test_decision_regions_of_three_classes_meet():
    _, (ax,) = plots.figure(1)
    panel = plots.DecisionRegions(ax, GRID, GRID, classes=3)
    x, y = np.meshgrid(GRID, GRID)
    e = np.exp(np.stack([x, y - x, -y], -1) * 3)
    panel.update(e / e.sum(-1, keepdims=True))
    assert np.isfinite(panel.border.get_xdata()).sum() > 30


def test_a_network_shows_no_line_for_a_zero_and_greys_the_dead():
    _, (ax,) = plots.figure(1)
    panel = plots.NetworkDrawing(ax, [2, 2, 1], 1.0)
    panel.update([[[0.5, 0.0], [-1.0, 2.0]], [[0.0, -0.1]]], [[True, False]])
    assert len(panel.above.get_segments()) == 2 and len(panel.below.get_segments()) == 2
    widths = panel.above.get_linewidths()
    assert widths[0] < widths[1]
    assert len(panel.dead.get_xdata()) == 1 and len(panel.alive.get_xdata()) == 4


def test_maps_stand_upright_and_cross_out_the_dead():
    _, (ax,) = plots.figure(1)
    panel = plots.Maps(ax, 2, (2, 2), 2, 1.0, upside="lower")
    panel.update([[[0.1, 0.2], [0.3, 0.4]], np.zeros((2, 2))], [False, True])
    sheet = np.asarray(panel.image.get_array())
    np.testing.assert_allclose(sheet[:, :2], [[0.3, 0.4], [0.1, 0.2]])  # y grows upwards
    assert np.ma.getmaskarray(panel.image.get_array())[:, 2].all()  # the frame between
    assert np.nanmin(panel.crosses.get_xdata()) == 2.5


def test_fonts_with_eastern_signs_are_asked_only_where_they_are_installed():
    from regutils.plots.style import families

    assert families({"SimHei", "Comic Sans MS"}) == ["DejaVu Sans", "SimHei"]
    assert families(set()) == ["DejaVu Sans"]


def test_intervals_show_which_miss_their_truth():
    _, (ax,) = plots.figure(1)
    panel = plots.Intervals(ax, 3, (0.0, 1.0))
    panel.update([0.1, 0.2, 0.6], [0.4, 0.5, 0.9], [0.2, 0.6, 0.7])
    assert np.isfinite(panel.held.get_xdata()).sum() == 4
    np.testing.assert_allclose(panel.missed.get_xdata()[:2], [0.2, 0.5])
    assert panel.missed.get_ydata()[0] == 1


@pytest.mark.parametrize("kind", [{"requires_grad": True}, {"dtype": torch.bfloat16}], ids=str)
def test_any_tensor_is_drawn(kind):
    def ones(*shape):
        return torch.ones(*shape, **kind)

    grid = torch.linspace(0, 1, 5, **kind)
    _, axes = plots.figure(4, 4)
    ax = iter(axes)
    points = {"train": (ones(3), ones(3))}
    plots.FittedCurve(next(ax), grid, points=points, truth=grid, band=True).update(ones(2, 5))
    plots.LossCurves(next(ax), grid, ["val"], (0, 1)).update(val=ones(2, 5))
    plots.ErrorVsLambda(next(ax), grid, {"val": ones(5, 2)}).update(1)
    plots.LossParts(next(ax), grid, ones(5), ones(5)).update(1)
    plots.Paths(next(ax), grid, "ab", ones(5, 2)).update(1, [ones(2)] * 5)
    plots.Intervals(next(ax), 2, (0, 1)).update(ones(2), ones(2), ones(2))
    plots.Coefficients(next(ax), "ab", 1.0).update(ones(2))
    plots.WeightHistogram(next(ax), ["w"], 1.0, 9).update({"w": ones(3, 3)})
    plots.Bars(next(ax), "ab").update(ones(2))
    plots.Balance(next(ax), 1.0).update(ones(2), ones(2))
    plots.PenaltyGeometry(next(ax), torch.eye(2), ones(2), "L1").update(ones(2), ones(3, 2))
    plots.Picture(next(ax), (2, 2), 1.0).update(ones(2, 2))
    plots.HeatMap(next(ax), ones(2, 2), "ab", "cd")
    plots.Pictures(next(ax), ones(2, 3, 2, 2), 2).update(ones(2, 3, 2, 2))
    plots.DecisionRegions(next(ax), grid, grid).update(ones(5, 5))
    plots.NetworkDrawing(next(ax), [2, 1], 1.0).update([ones(1, 2)])


def test_tiles_of_a_tensor_keep_its_number_type():
    assert plots.tiles(torch.zeros(2, 3, 2, 2), 3).dtype == np.float32
    assert plots.tiles(torch.zeros(2, 3, 2, 2, dtype=torch.uint8), 3).dtype == np.uint8


@pytest.mark.parametrize(
    "make",
    [
        lambda ax: plots.FittedCurve(ax, GRID),
        lambda ax: plots.ErrorVsLambda(ax, [0.0], {"a": [0.5]}),
        lambda ax: plots.ErrorVsLambda(ax, [0.3], {"a": [0.5]}),
        lambda ax: plots.ErrorVsLambda(ax, LAMS, {"a": np.full((6, 2), np.nan)}),
        lambda ax: plots.Overlay(ax, [1, 2], {"a": [np.nan, np.nan]}, log_y=True),
        lambda ax: plots.LossParts(ax, [0.0], [0.5], [0.1]),
        lambda ax: plots.LossParts(ax, LAMS, np.full(6, np.nan), np.zeros(6)),
        lambda ax: plots.Paths(ax, [0.0], "ab", [[1.0, 2.0]]),
        lambda ax: plots.Paths(ax, LAMS, "ab", np.full((6, 2), np.nan)),
    ],
)
def test_what_is_off_or_has_diverged_everywhere_is_drawn(make):
    fig, (ax,) = plots.figure(1)
    live.Canvas(fig, [make(ax)], alt="one panel").frame()
    assert np.isfinite([*ax.get_xlim(), *ax.get_ylim()]).all()


def test_another_scale_is_refused():
    _, (ax,) = plots.figure(1)
    with pytest.raises(ValueError, match=r"scale must be one of linear, .*; got 'foo'"):
        plots.Overlay(ax, [1, 2], {"a": [1, 2]}, scale="foo")


def test_a_negative_number_has_a_minus():
    _, axes = plots.figure(2)
    bars = plots.Bars(axes[0], ["a-b"])
    bars.update([-0.5])
    assert bars.words[0].get_text() == " −50%"
    plots.ticks(axes[1].xaxis, [0, 1, 2], [-1, 1e-05, "10-fold"])
    assert [text.get_text() for text in axes[1].get_xticklabels()] == ["−1", "1e−05", "10-fold"]


def test_a_curve_without_a_role_looks_like_none_that_has_one_and_like_no_other():
    looks = [str(look) for look in (*plots.ROLES.values(), *plots.CYCLE)]
    assert len(set(looks)) == len(looks)
