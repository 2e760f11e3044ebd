"""Panels: one class per kind of Axes. Arrays in, artists out; matplotlib only, never pyplot.

A panel draws on the Axes it is given what stays, and keeps in `artists` what `update(...)` moves. The same panel
serves a static figure and a slider (`live.Canvas`). Fix every axis limit from all the data at the start: a limit
that changes costs a full redraw.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe & Ito's palette, told apart with every common colour blindness. Each role has its line style too.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"
INK, GREY = "#222222", "#767676"
STYLES = {
    "train": {"color": BLUE, "linestyle": "-"},
    "val": {"color": RED, "linestyle": "--"},
    "test": {"color": PURPLE, "linestyle": ":"},
    "none": {"color": INK, "linestyle": "-"},
    "L2": {"color": BLUE, "linestyle": "--"},
    "L1": {"color": RED, "linestyle": "-."},
    "dropout": {"color": GREEN, "linestyle": ":"},
}
CYCLE = [{"color": color, "linestyle": line} for color, line in zip((BLUE, RED, GREEN, PURPLE, ORANGE),
                                                                      ("-", "--", "-.", ":", (0, (5, 1))))]
BAND = {"alpha": 0.2, "linewidth": 0}


def style(label: str, i: int = 0) -> dict:
    """Colour and line style of a role ("train", "val", "L1", …), else the i-th of the cycle."""
    return STYLES.get(label, CYCLE[i % len(CYCLE)])


def figure(columns: int = 3, rows: int = 1, width: float = 9.6, height: float = 3.1, ratios=None, dpi: int = 110):
    """A Figure of rows × columns Axes, outside pyplot, and the list of its Axes. Sizes in inches."""
    fig = Figure(figsize=(width, height), dpi=dpi, layout="constrained")
    axes = fig.subplots(rows, columns, squeeze=False, width_ratios=ratios).ravel().tolist()
    for ax in axes:
        ax.tick_params(labelsize=8, color=GREY)
        ax.spines[["top", "right"]].set_visible(False)
        ax.spines[["left", "bottom"]].set_color(GREY)
        ax.grid(True, color="#eeeeee", linewidth=0.8)
        ax.set_axisbelow(True)
    return fig, axes


def label(ax: Axes, title: str, x: str, y: str, legend: bool = False, **where) -> None:
    """Title and axis labels in the course's sizes; `where` goes to the legend."""
    ax.set_title(title, fontsize=10, color=INK, loc="left")
    ax.set_xlabel(x, fontsize=9)
    ax.set_ylabel(y, fontsize=9)
    if legend:
        ax.legend(fontsize=8, frameon=False, **where)


def strength_axis(ax: Axes, values: Sequence[float]) -> None:
    """A logarithmic x axis for λ with room for exactly 0 at its left end."""
    values = np.asarray(values, dtype=float)
    smallest = values[values > 0].min()
    ax.set_xscale("symlog", linthresh=smallest, linscale=0.7)
    decades = 10.0 ** np.arange(np.ceil(np.log10(smallest)), np.floor(np.log10(values.max())) + 1)
    ax.set_xticks([0.0, *decades[:: 1 + len(decades) // 7]] if (values == 0).any() else decades)
    ax.set_xticks([], minor=True)
    ax.xaxis.set_major_formatter(lambda v, _: "0" if v == 0 else f"$10^{{{round(np.log10(v))}}}$")
    ax.set_xlim(-0.15 * smallest if (values == 0).any() else smallest, values.max() * 1.15)


def limits(*arrays, margin: float = 0.05, low: float | None = None, high: float | None = None) -> tuple[float, float]:
    """Axis limits that hold every finite value of the arrays; `low` and `high` fix an end."""
    flat = np.concatenate([np.asarray(a, dtype=float).ravel() for a in arrays])
    flat = flat[np.isfinite(flat)]
    bottom = flat.min() if low is None else low
    top = flat.max() if high is None else high
    pad = margin * ((top - bottom) or 1.0)
    return (bottom - pad if low is None else low), (top + pad if high is None else high)


class FittedCurve:
    """Points, the true function, and the fit on top; `update(curves)` with (G,), or (R, G) and their mean."""

    def __init__(self, ax: Axes, grid, *, points: Mapping[str, tuple] = {}, truth=None, ylim=None, title="Fit",
                 name="fit"):
        self.ax, self.grid = ax, np.asarray(grid, dtype=float)
        if truth is not None:
            ax.plot(self.grid, truth, color=GREY, linestyle=(0, (4, 2)), linewidth=1.2, label="truth")
        for (part, (x, y)), marker in zip(points.items(), "o^s"):
            ax.plot(x, y, marker, color=style(part)["color"], markersize=4.5 if marker == "o" else 3,
                    alpha=1.0 if marker == "o" else 0.35, markeredgewidth=0, label=f"{part} points")
        (self.each,) = ax.plot([], [], color=SKY, linewidth=0.7, alpha=0.7)
        (self.mean,) = ax.plot([], [], color=INK, linewidth=2, label=name)
        self.artists = [self.each, self.mean]
        ax.set_xlim(self.grid.min(), self.grid.max())
        shown = [y for _, y in points.values()] + ([] if truth is None else [truth])
        ax.set_ylim(*(ylim or limits(*shown, margin=0.4)))
        label(ax, title, "x", "y", legend=True, loc="lower right")

    def update(self, curves) -> None:
        curves = np.atleast_2d(np.asarray(curves, dtype=float))
        self.mean.set_data(self.grid, curves.mean(0))
        if len(curves) > 1:  # one line with gaps: far cheaper to draw than R lines
            gaps = np.full((len(curves), 1), np.nan)
            self.each.set_data(np.tile(np.append(self.grid, np.nan), len(curves)), np.hstack([curves, gaps]).ravel())


class Coefficients:
    """One bar-like stem per coefficient on a symmetric log scale, exact zeros hollow; `update(values)` with (d,)."""

    def __init__(self, ax: Axes, names: Sequence[str], top: float, *, linthresh: float = 1.0, title="Coefficients"):
        self.ax, self.at = ax, np.arange(len(names))
        ax.axhline(0, color=GREY, linewidth=0.8)
        (self.stems,) = ax.plot([], [], color=BLUE, linewidth=2)
        (self.heads,) = ax.plot([], [], "o", color=BLUE, markersize=5)
        (self.zeros,) = ax.plot([], [], "o", markerfacecolor="white", markeredgecolor=RED, markersize=5)
        self.artists = [self.stems, self.heads, self.zeros]
        ax.set_yscale("symlog", linthresh=linthresh)
        ax.set_ylim(-top * 1.5, top * 1.5)
        ax.set_xlim(-0.7, len(names) - 0.3)
        ax.set_xticks(self.at, names)
        label(ax, title, "", "value")

    def update(self, values) -> None:
        values = np.asarray(values, dtype=float)
        stem = np.stack([np.zeros_like(values), values, np.full_like(values, np.nan)], 1)
        self.stems.set_data(np.repeat(self.at, 3), stem.ravel())
        zero = values == 0
        self.heads.set_data(self.at[~zero], values[~zero])
        self.zeros.set_data(self.at[zero], values[zero])


class WeightHistogram:
    """Counts of weights on a log axis, one outline per group, exact zeros counted in words and as a spike at 0.

    `update({name: weights of any shape})`, with the names given at the start. Weights beyond `edge` count in the
    outermost bins.
    """

    def __init__(self, ax: Axes, names: Sequence[str], edge: float, total: int, *, bins: int = 41, title="Weights"):
        self.ax, self.edges = ax, np.linspace(-edge, edge, bins + 1)
        self.steps = {}
        for i, name in enumerate(names):
            look = {"baseline": 0.5, "linewidth": 1.6, "label": name} | style(name, i)
            self.steps[name] = ax.stairs(np.ones(bins), self.edges, **look)
        (self.spike,) = ax.plot([], [], color=INK, linewidth=3, solid_capstyle="butt")
        self.words = ax.text(0.98, 0.97, "", transform=ax.transAxes, ha="right", va="top", fontsize=8, color=INK)
        self.artists = [*self.steps.values(), self.spike, self.words]
        ax.set_yscale("log")
        ax.set_ylim(0.5, total * 4)
        ax.set_xlim(-edge, edge)
        label(ax, title, "weight", "count", legend=len(names) > 1, loc="upper left")

    def update(self, weights: Mapping[str, np.ndarray]) -> None:
        flat = {name: np.asarray(w, dtype=float).ravel() for name, w in weights.items()}
        for name, w in flat.items():
            inside = np.clip(w[np.isfinite(w) & (w != 0)], self.edges[0], self.edges[-1])
            self.steps[name].set_data(np.maximum(np.histogram(inside, self.edges)[0], 0.5))
        zeros = sum(int((w == 0).sum()) for w in flat.values())
        self.spike.set_data([0, 0], [0.5, max(zeros, 0.5)])
        self.words.set_text(f"{zeros:,} of {sum(map(len, flat.values())):,}\nexactly 0")


class LossCurves:
    """Curves over steps, mean and ± one standard deviation over seeds. `update(train=(S, T), val=(S, T))`."""

    def __init__(self, ax: Axes, steps, names: Sequence[str], ylim, *, log=False, title="Learning curves",
                 x="step", y="data loss"):
        self.ax, self.steps = ax, np.asarray(steps, dtype=float)
        self.lines, self.bands, blank = {}, {}, np.full(len(self.steps), np.nan)
        for i, name in enumerate(names):
            (self.lines[name],) = ax.plot(self.steps, blank, label=name, linewidth=1.6, **style(name, i))
            self.bands[name] = ax.fill_between(self.steps, blank, blank, color=style(name, i)["color"], **BAND)
        self.artists = [*self.bands.values(), *self.lines.values()]
        if log:
            ax.set_yscale("log")
        ax.set_xlim(self.steps[0], self.steps[-1])
        ax.set_ylim(*ylim)
        label(ax, title, x, y, legend=True, loc="upper right")

    def update(self, **curves) -> None:
        for name, values in curves.items():
            values = np.atleast_2d(np.asarray(values, dtype=float))
            mean, sd = values.mean(0), values.std(0)
            self.lines[name].set_ydata(mean)
            self.bands[name].set_data(self.steps, mean - sd, mean + sd)


class ErrorVsLambda:
    """Error against λ (or p), mean ± one standard deviation over seeds; `update(k)` puts the marker on value k.

    errors: name → (K, S) or (K,). λ gets a logarithmic axis with room for 0; `log=False` is for p or a degree,
    `log_y=True` for errors that span decades.
    """

    def __init__(self, ax: Axes, lams, errors: Mapping[str, np.ndarray], *, log=True, log_y=False, ylim=None,
                 title="Error against λ", x="λ", y="error", loc="upper left"):
        self.ax, self.lams = ax, np.asarray(lams, dtype=float)
        self.means, arrays = {}, {}
        for i, (name, values) in enumerate(errors.items()):
            arrays[name] = values = np.asarray(values, dtype=float).reshape(len(self.lams), -1)
            mean, sd = values.mean(1), values.std(1)
            self.means[name] = mean
            ax.plot(self.lams, mean, label=name, linewidth=1.6, **style(name, i))
            ax.fill_between(self.lams, mean - sd, mean + sd, color=style(name, i)["color"], **BAND)
        self.marker = ax.axvline(self.lams[0], color=INK, linewidth=1)
        (self.dots,) = ax.plot([], [], "o", color=INK, markersize=5)
        self.artists = [self.marker, self.dots]
        if log:
            strength_axis(ax, self.lams)
        if log_y:
            ax.set_yscale("log")
        ax.set_ylim(*(ylim or limits(*arrays.values(), low=0.0)))
        label(ax, title, x, y, legend=len(errors) > 1, loc=loc)

    def update(self, k: int) -> None:
        self.marker.set_xdata([self.lams[k]] * 2)
        self.dots.set_data([self.lams[k]] * len(self.means), [mean[k] for mean in self.means.values()])


class LossParts:
    """Data loss and penalty stacked to the total loss, against λ; `update(k)` puts the marker on value k."""

    def __init__(self, ax: Axes, lams, data_loss, penalty, *, ylim=None, title="Total loss, taken apart"):
        self.ax, self.lams = ax, np.asarray(lams, dtype=float)
        data_loss, penalty = np.asarray(data_loss, dtype=float), np.asarray(penalty, dtype=float)
        total = data_loss + penalty
        ax.fill_between(self.lams, 0, data_loss, color=BLUE, alpha=0.55, linewidth=0, label="data loss")
        ax.fill_between(self.lams, data_loss, total, color=ORANGE, alpha=0.6, linewidth=0, hatch="///",
                        edgecolor="white", label="λ · penalty")
        self.marker = ax.axvline(self.lams[0], color=INK, linewidth=1)
        self.artists = [self.marker]
        strength_axis(ax, self.lams)
        ax.set_ylim(*(ylim or limits(total, low=0.0)))
        label(ax, title, "λ", "loss", legend=True, loc="upper left")

    def update(self, k: int) -> None:
        self.marker.set_xdata([self.lams[k]] * 2)


class PenaltyGeometry:
    """Contours of a quadratic loss over (w₁, w₂), and the penalty's ball that the solution touches.

    curvature (2, 2) and centre (2,) give the loss ½(w − c)ᵀA(w − c); `update(w, path)` with the solution (2,) and
    the solutions for smaller λ (n, 2). kind: "L1" draws a diamond, "L2" a disc.
    """

    def __init__(self, ax: Axes, curvature, centre, kind: str, *, title="", x="w₁", y="w₂"):
        self.ax, self.kind = ax, kind
        self.A, self.centre = np.asarray(curvature, dtype=float), np.asarray(centre, dtype=float)
        reach = 1.35 * np.abs(self.centre).max()
        grid = np.linspace(-reach, 1.3 * reach, 201)
        w = np.stack(np.meshgrid(grid, grid), -1) - self.centre
        loss = 0.5 * np.einsum("...i,ij,...j", w, self.A, w)
        ax.contour(grid, grid, loss, levels=loss.max() * np.linspace(0.03, 1, 9) ** 2, colors=GREY, linewidths=0.7)
        ax.axhline(0, color=INK, linewidth=0.6)
        ax.axvline(0, color=INK, linewidth=0.6)
        ax.plot(*self.centre, "x", color=INK, markersize=6)
        color = style(kind)["color"]
        (self.ball,) = ax.fill([0], [0], facecolor=color, alpha=0.25, edgecolor=color, linewidth=1.5)
        (self.trail,) = ax.plot([], [], linewidth=1.5, **style(kind))
        (self.level,) = ax.plot([], [], color=INK, linewidth=1.2)
        (self.point,) = ax.plot([], [], "o", color=INK, markersize=6)
        self.artists = [self.ball, self.trail, self.level, self.point]
        ax.set_aspect("equal")
        ax.set_xlim(grid[0], grid[-1])
        ax.set_ylim(grid[0], grid[-1])
        label(ax, title or kind, x, y)
        angles = np.linspace(0, 2 * np.pi, 181)
        self.circle = np.stack([np.cos(angles), np.sin(angles)], 1)

    def update(self, w, path) -> None:
        w = np.asarray(w, dtype=float)
        order = 1 if self.kind == "L1" else 2
        shape = self.circle / np.linalg.norm(self.circle, ord=order, axis=1, keepdims=True)
        self.ball.set_xy(shape * np.linalg.norm(w, ord=order))
        # The contour through w: A = LLᵀ maps it to a circle of radius √(2·loss).
        radius = np.sqrt((w - self.centre) @ self.A @ (w - self.centre))
        ellipse = radius * np.linalg.solve(np.linalg.cholesky(self.A).T, self.circle.T)
        self.level.set_data(*(self.centre[:, None] + ellipse))
        self.trail.set_data(*np.asarray(path, dtype=float).reshape(-1, 2).T)
        self.point.set_data([w[0]], [w[1]])


class Picture:
    """A matrix as an image with its colour bar; `update(matrix)`. Zeros are white: the scale is centred on 0."""

    def __init__(self, ax: Axes, shape: tuple[int, int], top: float, *, title="", bar: str = "", cmap="RdBu_r"):
        self.ax = ax
        self.image = ax.imshow(np.zeros(shape), cmap=cmap, vmin=-top, vmax=top)
        self.artists = [self.image]
        ax.grid(False)
        ax.set_xticks([])
        ax.set_yticks([])
        label(ax, title, "", "")
        ax.figure.colorbar(self.image, ax=ax, shrink=0.8).set_label(bar, fontsize=8)

    def update(self, matrix) -> None:
        self.image.set_data(np.asarray(matrix, dtype=float))
