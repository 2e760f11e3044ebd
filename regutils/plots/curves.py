"""Panels of curves: fits, learning curves, errors against λ, paths, intervals, calibration."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import ScaledTranslation

from ..results import as_array, mean_sd
from .style import (
    BAND,
    BLUE,
    CYCLE,
    GREY,
    INK,
    ORANGE,
    RED,
    ROLES,
    SKY,
    SMALL,
    label,
    legend,
    limits,
    logarithmic,
    look,
    pick,
    place,
    plain,
    positions,
    role,
    strength_axis,
    ticks,
)

# References after the first, which has the look of early stopping.
_REFERENCES = (
    ROLES["early stopping"],
    {"color": GREY, "linestyle": (0, (4, 4))},
    {"color": GREY, "linestyle": (0, (1, 2))},
)


def one_line(x, curves) -> tuple[np.ndarray, np.ndarray]:
    """Return many curves (R, G) over `x` (G,) or (R, G) as x and y of one line with gaps.

    Far cheaper to draw than R lines.
    """
    curves = np.asarray(curves)
    gap = np.full((len(curves), 1), np.nan)
    x = np.broadcast_to(x, curves.shape)
    return np.hstack([x, gap]).ravel(), np.hstack([curves, gap]).ravel()


def split_index(index: Sequence[int], control: int) -> tuple[int, tuple[int, ...]]:
    """Return the marker's position and the positions of the other controls."""
    rest = list(index)
    k = rest.pop(control)
    return k, tuple(rest)


class FittedCurve:
    """Draw points, the true function, and the fit on top.

    - grid (G,), curves (..., R, G) or (G,): of several curves their mean is drawn, and no more
      than 30 one by one. None: `show` draws them later.
    - points: part ("train", "val") → its x and y, (n,) or (..., n); NaN where there is none.
    - truth (G,).
    - band: show mean ± 2 standard deviations of the curves too.
    - name: of the fit, in the legend.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        grid,
        curves=None,
        *,
        points: Mapping[str, tuple] = {},
        truth=None,
        ylim=None,
        band: bool = False,
        title: str = "Fit",
        x: str = "x",
        y: str = "y",
        name: str = "fit",
        loc: str | None = "above",
    ):
        self.ax, self.grid = ax, as_array(grid)
        shown = [] if truth is None else [as_array(truth)]
        if truth is not None:
            dashes = {"color": GREY, "linestyle": (0, (4, 2)), "linewidth": 1.2}
            ax.plot(self.grid, shown[0], label="truth", **dashes)
        self.artists: list[Artist] = []
        self.points = []
        for i, (part, pair) in enumerate(points.items()):
            at, values = (positions(f"points[{part!r}]", a, 1) for a in pair)
            kind = {key: role(part, i)[key] for key in ("color", "marker")}
            few = {"markersize": 4.5, "alpha": 1.0} if i == 0 else {"markersize": 3.5, "alpha": 0.5}
            dots = {"linestyle": "none", "markeredgewidth": 0, "label": f"{part} points"}
            (line,) = ax.plot(pick(at, 1), pick(values, 1), **dots, **kind, **few)
            self.points.append((line, at, values))
            shown.append(values)
            if max(at.ndim, values.ndim) > 1:
                self.artists.append(line)
        blank = np.full(len(self.grid), np.nan)
        self.bands = []
        if band:
            fill = {"color": SKY, "alpha": 0.3, "linewidth": 0}
            self.bands = [ax.fill_between(self.grid, blank, blank, label="mean ± 2 sd", **fill)]
        (self.each,) = ax.plot([], [], color=SKY, linewidth=0.7, alpha=0.7)
        (self.mean,) = ax.plot([], [], color=INK, linewidth=2, label=name)
        ax.set_xlim(self.grid.min(), self.grid.max())
        self.curves = None
        if curves is not None:
            self.curves = positions("curves", np.atleast_2d(as_array(curves)), 2)
            shown = shown or [self.curves]
            self.show(pick(self.curves, 2))
        ax.set_ylim(*(ylim or limits(*shown, margin=0.4)))
        label(ax, title, x, y)
        self.artists += [*self.bands, self.each, self.mean, *legend(ax, loc)]

    def update(self, *index: int) -> None:
        for line, at, values in self.points:
            line.set_data(pick(at, 1, index), pick(values, 1, index))
        if self.curves is not None:
            self.show(pick(self.curves, 2, index))

    def show(self, curves) -> None:
        """Draw these curves, (G,) or (R, G)."""
        curves = np.atleast_2d(as_array(curves))
        mean, sd = mean_sd(curves, axis=0)
        self.mean.set_data(self.grid, mean)
        self.each.set_data(*one_line(self.grid, curves[:30] if len(curves) > 1 else curves[:0]))
        for band in self.bands:
            band.set_data(self.grid, mean - 2 * sd, mean + 2 * sd)


class Overlay:
    """Draw lines (a formula), dots (its simulation) and samples over one x.

    - at (n,).
    - lines, dots: name → (..., n, S) or (n,): mean and ± one standard deviation over S seeds, as
      a band or as bars. Dots of a name that a line has too take its look. None: see `show`.
    - samples: name → (..., n, S): every value a point, shifted by its seed; for a sample with two
      heaps, which mean ± sd would hide.
    - stops: name → x (...) of a vertical line; NaN where there is none.
    - reference: name → a height (...), or (mean, sd), of a horizontal line.
    - scale, ticks: of the x axis, as in `style.place`; log_y: of the y axis.
    - levels: heights of thin grey lines.
    - marker: a vertical line at x[k], where k is the position of `control`. The other controls'
      positions choose among the leading axes.
    - ends: names stand at the right ends of the lines, not in a legend.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        at,
        lines: Mapping = {},
        dots: Mapping = {},
        *,
        samples: Mapping = {},
        stops: Mapping = {},
        reference: Mapping = {},
        scale: str = "linear",
        ticks: Sequence[str] | Mapping[float, str] | None = None,
        log_y: bool = False,
        xlim: tuple[float, float] | None = None,
        ylim: tuple[float, float] | None = None,
        levels: Sequence[float] = (),
        marker: bool = False,
        control: int = -1,
        ends: bool = False,
        title: str = "",
        x: str = "p",
        y: str = "",
        loc: str | None = "above",
    ):
        self.ax, self.at, self.scale, self.control = ax, place(ax, at, scale, ticks), scale, control
        self.given = as_array(at)
        self.artists: list[Artist] = []
        self.names = list(dict.fromkeys([*lines, *dots, *samples]))
        self.lines = {name: self._line(name, values) for name, values in lines.items()}
        self.dots = {name: self._dots(name, v, list(dots)) for name, v in dots.items()}
        self.samples = {name: self._samples(name, v, list(samples)) for name, v in samples.items()}
        self.references = {
            name: self._reference(name, i, value)
            for i, (name, value) in enumerate(reference.items())
        }
        self.stops = {name: self._stop(name, i, v) for i, (name, v) in enumerate(stops.items())}
        for level in levels:
            ax.axhline(level, color=GREY, linewidth=0.8)
        if xlim:
            ax.set_xlim(*xlim)
        self._heights(ylim, log_y)
        self.marker = None
        if marker:
            self.marker = ax.axvline(self.at[0], color=INK, linewidth=1)
            (self.heads,) = ax.plot([], [], "o", color=INK, markersize=5)
            self.artists += [self.marker, self.heads]
        label(ax, title, x, y)
        self.ends: dict[str, Annotation] = {}
        if ends:
            self.ends = {name: _end_label(ax, name, self.lines[name][0]) for name in self.lines}
            self.artists += [
                text for name, text in self.ends.items() if self.lines[name][0] in self.artists
            ]
        self.update()
        texts = len(self.names) + len(self.references) + len(self.stops)
        if not ends and texts > 1:
            self.artists += legend(ax, loc)
        elif ends and len(self.references) + len(self.stops):
            handles = [held[0] for held in (*self.references.values(), *self.stops.values())]
            self.artists += legend(ax, loc, handles=handles)

    def _seeds(self, name: str, values) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation over seeds, (..., n) each."""
        if values is None:
            return np.full(len(self.at), np.nan), np.zeros(len(self.at))
        values = as_array(values)
        values = positions(name, values[:, None] if values.ndim == 1 else values, 2)
        mean, sd = mean_sd(values)
        ok = mean.shape[-1] == len(self.at)
        if not ok:
            raise ValueError(
                f"{name} must be an array (..., {len(self.at)}, S); got shape {values.shape}"
            )
        return mean, sd

    def _line(self, name: str, values):
        mean, sd = self._seeds(name, values)
        kind = role(name, self.names.index(name))
        size = 4 if len(self.at) <= 12 else 3.5
        every = max(1, -(-len(self.at) // 12))
        (line,) = self.ax.plot(
            self.at,
            pick(mean, 1),
            label=name,
            linewidth=1.6,
            markersize=size,
            markevery=(self.names.index(name) % every, every),
            **kind,
        )
        moving: list[Artist] = [line] if values is None or mean.ndim > 1 else []
        band = None
        if sd.any() or values is None:
            low, high = pick(mean - sd, 1), pick(mean + sd, 1)
            band = self.ax.fill_between(self.at, low, high, color=kind["color"], **BAND)
            moving = [band, *moving] if moving else []
        self.artists += moving
        return line, band, mean, sd

    def _dots(self, name: str, values, names: list[str]):
        mean, sd = self._seeds(name, values)
        kind = role(name, self.names.index(name))
        apart = 6 * (names.index(name) - (len(names) - 1) / 2) if self.scale == "each" else 0
        shift = {"color": kind["color"], "transform": _shifted(self.ax, apart)}
        text = "_nolegend_" if name in self.lines else name
        dot = {"linestyle": "none", "marker": kind["marker"], "markersize": 4.5, "label": text}
        (bars,) = self.ax.plot([], [], linewidth=1, **shift)
        (heads,) = self.ax.plot([], [], **dot, **shift)
        self.artists += [bars, heads] if mean.ndim > 1 else []
        return heads, bars, mean, sd

    def _samples(self, name: str, values, names: list[str]):
        values = positions(name, values, 2)
        kind = role(name, self.names.index(name))
        n_seeds = values.shape[-1]
        apart = 14 * (names.index(name) - (len(names) - 1) / 2) if self.scale == "each" else 0
        made = []
        for s in range(n_seeds):
            shift = apart + (s - (n_seeds - 1) / 2) * min(2.0, 10 / n_seeds)
            dots = {"linestyle": "none", "marker": kind["marker"], "markersize": 4, "alpha": 0.8}
            dots |= {"color": kind["color"], "transform": _shifted(self.ax, shift)}
            text = "_nolegend_" if s or name in self.lines or name in self.dots else name
            made += self.ax.plot([], [], markeredgewidth=0, label=text, **dots)
        self.artists += made if values.ndim > 2 else []
        return made, values

    def _reference(self, name: str, i: int, value):
        mean, sd = value if isinstance(value, tuple) else (value, 0.0)
        mean = as_array(np.nan if mean is None else mean)
        sd = as_array(0.0 if sd is None else sd)
        kind = dict(ROLES.get(name, _REFERENCES[i % len(_REFERENCES)]))
        kind |= {"marker": "", "linewidth": 1.6, "label": name}
        line = self.ax.axhline(np.nan, **kind)
        band = self.ax.axhspan(np.nan, np.nan, color=kind["color"], **(BAND | {"alpha": 0.15}))
        later = mean.ndim == 0 and np.isnan(mean)  # `show` puts it
        self.artists += [band, line] if mean.ndim or later else []
        return line, band, mean, sd

    def _stop(self, name: str, i: int, at):
        line, point = (("-", "v"), (":", "s"), ("--", "^"))[i % 3]
        kind = {"color": INK, "linewidth": 1.2, "linestyle": line, "marker": point}
        up = {"transform": self.ax.get_xaxis_transform(), "markevery": [1], "label": name}
        (line,) = self.ax.plot([np.nan] * 2, [0, 0.96], **kind, **up)
        self.artists.append(line)
        return line, as_array(np.nan if at is None else at)

    def _heights(self, ylim, log_y: bool) -> None:
        shown = [values for _, values in self.samples.values()]
        for _, _, mean, sd in (*self.lines.values(), *self.dots.values()):
            shown += [mean - sd, mean + sd]
        shown += [
            mean + side * sd for _, _, mean, sd in self.references.values() for side in (-1, 1)
        ]
        if not log_y:
            self.ax.set_ylim(*(ylim or limits(*shown)))
            return
        flat = np.concatenate([np.ravel(values) for values in shown] or [[]])
        flat = flat[np.isfinite(flat) & (flat > 0)]
        low, high = ylim or ((flat.min(), flat.max() * 1.3) if len(flat) else (0.1, 1.0))
        logarithmic(self.ax.yaxis, low, high)

    def update(self, *index: int) -> None:
        k = 0
        if self.marker is not None and index:
            k, index = split_index(index, self.control)
        for line, band, mean, sd in self.lines.values():
            self._draw(line, band, pick(mean, 1, index), pick(sd, 1, index))
        for heads, bars, mean, sd in self.dots.values():
            now, error = pick(mean, 1, index), pick(sd, 1, index)
            heads.set_data(self.at, now)
            ends = np.stack([now - error, now + error], 1)
            bars.set_data(*one_line(self.at[:, None], ends))
        for made, values in self.samples.values():
            for dots, now in zip(made, pick(values, 2, index).T):
                dots.set_data(self.at, now)
        for line, band, mean, sd in self.references.values():
            _put(line, band, float(pick(mean, 0, index)), float(pick(sd, 0, index)))
        for line, at in self.stops.values():
            line.set_xdata([self._place(float(pick(at, 0, index)))] * 2)
        self._name_ends()
        if self.marker is not None:
            now = [line.get_ydata()[k] for line, *_ in self.lines.values()]
            self.marker.set_xdata([self.at[k]] * 2)
            self.heads.set_data([self.at[k]] * len(now), now)

    def show(self, **now) -> None:
        """Draw what is known so far, by name: a line's values, a stop's x, a reference's height.

        A line's values are (t,) or (S, t) with t ≤ n; the rest of it stays empty.
        """
        for name, values in now.items():
            if name in self.lines:
                line, band, *_ = self.lines[name]
                values = np.atleast_2d(as_array(values))
                rest = np.full((len(values), len(self.at) - values.shape[1]), np.nan)
                self._draw(line, band, *mean_sd(np.hstack([values, rest]), axis=0))
            elif name in self.references:
                line, band, *_ = self.references[name]
                mean, sd = values if isinstance(values, tuple) else (values, 0.0)
                _put(line, band, np.nan if mean is None else float(mean), float(sd))
            else:
                at = self._place(np.nan if values is None else float(values))
                self.stops[name][0].set_xdata([at] * 2)
        self._name_ends()

    def _draw(self, line, band, mean: np.ndarray, sd: np.ndarray) -> None:
        line.set_ydata(mean)
        if band is not None:
            band.set_data(self.at, mean - sd, mean + sd)

    def _place(self, value: float) -> float:
        """Where a value of x stands on the axis."""
        if np.isnan(value) or self.scale != "each":
            return value
        return float(np.interp(value, self.given, self.at))

    def _name_ends(self) -> None:
        if self.ends:
            _spread_labels(self.ax, self.ends, [line for line, *_ in self.lines.values()], -1)


def _shifted(ax: Axes, points: float):
    """The data's coordinates, shifted to the right by so many points."""
    return ax.transData + ScaledTranslation(points / 72, 0, ax.figure.dpi_scale_trans)


def _put(line, band, mean: float, sd: float) -> None:
    """Set the height of a horizontal line and its band."""
    line.set_ydata([mean] * 2)
    band.set_y(mean - sd)
    band.set_height(2 * sd)


def _end_label(ax: Axes, name: str, line, side: int = -1) -> Annotation:
    """A curve's name outside the Axes, tied to its end by a thin line."""
    edge, away, ha = (1, 1.05, "left") if side == -1 else (0, -0.05, "right")
    color = line.get_color()
    tie = {"arrowstyle": "-", "color": color, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0}
    where = {"xycoords": "axes fraction", "textcoords": "axes fraction", "arrowprops": tie}
    words = {"fontsize": SMALL, "color": color, "va": "center", "ha": ha, "parse_math": False}
    text = ax.annotate(name, (edge, 0.5), (away, 0.5), annotation_clip=False, **where, **words)
    return text


def _spread_labels(ax: Axes, labels: Mapping[str, Annotation], lines: Sequence, side: int) -> None:
    """Put the labels beside their curves' ends, no two closer than a line of text."""
    scale = ax.yaxis.get_transform().transform
    low, high = scale(np.array(ax.get_ylim()))
    values = []
    for line in lines:
        y = np.asarray(line.get_ydata(), float)
        known = y[np.isfinite(y)]
        values.append(known[side] if len(known) else np.nan)
    true = (scale(np.array(values)) - low) / (high - low)
    true = np.clip(np.nan_to_num(true, nan=0.0), 0, 1)
    inches = ax.figure.get_figheight() * ax.get_position().height
    heights = _spread_out(true, 10 / (72 * inches), 1.0)
    for text, y, at in zip(labels.values(), true, heights):
        text.xy = (text.xy[0], y)
        text.set_position((text.get_position()[0], at))


def _spread_out(heights: np.ndarray, gap: float, top: float) -> np.ndarray:
    """Heights at least `gap` apart and below `top`: pushed up from below, then down from above."""
    order = np.argsort(heights, kind="stable")
    at = heights[order].copy()
    for i in range(1, len(at)):
        at[i] = max(at[i], at[i - 1] + gap)
    at[-1] = min(at[-1], top)
    for i in range(len(at) - 2, -1, -1):
        at[i] = min(at[i], at[i + 1] - gap)
    apart = np.empty_like(at)
    apart[order] = at
    return apart


class LossCurves(Overlay):
    """Draw curves over steps, mean ± one standard deviation over seeds.

    - steps (T,).
    - curves: name → (..., S, T), or (T,); None for a curve that `show` draws while it grows.
    - stops: name → step (...) of a vertical line: where training stopped, what a rule chose.
    - rest: as in `Overlay`.
    """

    def __init__(
        self,
        ax: Axes,
        steps,
        curves: Mapping,
        *,
        title: str = "Learning curves",
        x: str = "step",
        y: str = "data loss",
        **rest,
    ):
        seeds_last = {
            name: None if values is None else np.swapaxes(np.atleast_2d(as_array(values)), -1, -2)
            for name, values in curves.items()
        }
        super().__init__(ax, steps, seeds_last, title=title, x=x, y=y, **rest)
        if self.scale == "linear" and "xlim" not in rest:
            ax.set_xlim(min(self.at[0], 0), self.at[-1])


class ErrorVsLambda(Overlay):
    """Draw the error against λ, mean ± one standard deviation over seeds; mark the slider's λ.

    - lams (K,): λ gets a logarithmic axis with room for 0. For p or a degree `scale="linear"`; for
      a slider whose values mean several things `scale="each"`, its labels as `ticks`.
    - errors: name → (..., K, S) or (K,).
    - rest: as in `Overlay`.
    """

    def __init__(
        self,
        ax: Axes,
        lams,
        errors: Mapping,
        *,
        scale: str = "strength",
        title: str = "Error against λ",
        x: str = "λ",
        y: str = "error",
        **rest,
    ):
        words = {"scale": scale, "title": title, "x": x, "y": y}
        super().__init__(ax, lams, errors, **({"marker": True} | words | rest))
        if "ylim" not in rest and not rest.get("log_y") and self.ax.get_ylim()[0] < 0.3:
            self.ax.set_ylim(bottom=0.0)


class LossParts:
    """Draw data loss and λ times the penalty stacked, against λ; mark the slider's λ.

    - lams (K,); data_loss, penalty (K,) or (K, S): their mean; the penalty with λ in it.
    - control: whose position is the marker's.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        lams,
        data_loss,
        penalty,
        *,
        ylim: tuple[float, float] | None = None,
        control: int = -1,
        title: str = "Total loss, taken apart",
        loc: str | None = "above",
    ):
        self.ax, self.lams, self.control = ax, as_array(lams), control
        data_loss, penalty = (
            values.reshape(len(self.lams), -1).mean(1)
            for values in (as_array(data_loss), as_array(penalty))
        )
        total = data_loss + penalty
        below = {"color": BLUE, "alpha": 0.55, "linewidth": 0}
        above = {"color": ORANGE, "alpha": 0.6, "linewidth": 0, "hatch": "///"}
        ax.fill_between(self.lams, 0, data_loss, label="data loss", **below)
        ax.fill_between(
            self.lams, data_loss, total, label="λ · penalty", edgecolor="white", **above
        )
        self.marker = ax.axvline(self.lams[0], color=INK, linewidth=1)
        strength_axis(ax, self.lams)
        ax.set_ylim(*(ylim or limits(total, low=0.0)))
        label(ax, title, "λ", "loss")
        self.artists = [self.marker, *legend(ax, loc)]

    def update(self, *index: int) -> None:
        self.marker.set_xdata([self.lams[index[self.control]]] * 2)


class Paths:
    """Draw one line per coefficient against λ, named at its left end; mark the slider's λ.

    A coefficient that is exactly 0 at the mark shows a hollow dot.

    - lams (K,).
    - names: of the d coefficients.
    - values (..., K, d).
    - control: whose position is the marker's; the others' choose among the leading axes.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        lams,
        names: Sequence[str],
        values,
        *,
        ylim: tuple[float, float] | None = None,
        control: int = -1,
        title: str = "",
        x: str = "λ",
        y: str = "coefficient",
    ):
        self.ax, self.lams, self.control = ax, as_array(lams), control
        self.values = positions("values", values, 2)
        self.lines = [
            ax.plot(self.lams, path, linewidth=1.6, **(CYCLE[i % len(CYCLE)] | {"marker": ""}))[0]
            for i, path in enumerate(pick(self.values, 2).T)
        ]
        hollow = {"markerfacecolor": "white", "markeredgecolor": RED, "markersize": 5}
        self.marker = ax.axvline(self.lams[0], color=INK, linewidth=1)
        (self.dots,) = ax.plot([], [], "o", color=INK, markersize=4)
        (self.zeros,) = ax.plot([], [], "o", **hollow)
        moving = self.lines if self.values.ndim > 2 else []
        self.artists = [*moving, self.marker, self.dots, self.zeros]
        ax.axhline(0, color=GREY, linewidth=0.8)
        strength_axis(ax, self.lams)
        ax.set_ylim(*(ylim or limits(self.values)))
        label(ax, title, x, y)
        ax.yaxis.tick_right()
        ax.yaxis.set_label_position("right")
        ax.spines["left"].set_visible(False)
        self.labels = {name: _end_label(ax, name, line, 0) for name, line in zip(names, self.lines)}
        self.artists += self.labels.values() if moving else []
        self.update(*[0] * (self.values.ndim - 1))

    def update(self, *index: int) -> None:
        k, rest = split_index(index, self.control)
        values = pick(self.values, 2, rest)
        for line, path in zip(self.lines, values.T):
            line.set_ydata(path)
        _spread_labels(self.ax, self.labels, self.lines, 0)
        now, lam = values[k], self.lams[k]
        self.marker.set_xdata([lam] * 2)
        self.dots.set_data([lam] * int((now != 0).sum()), now[now != 0])
        self.zeros.set_data([lam] * int((now == 0).any()), [0.0] * int((now == 0).any()))


class Choices:
    """Draw how often each value was chosen, over resampled splits.

    - labels: of the K values.
    - chosen: rule → index of the value that it chose in each split, (..., R); at most five rules.
    - top: share at which the axis ends.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        labels: Sequence[str],
        chosen: Mapping,
        *,
        top: float = 1.0,
        title: str = "Chosen how often",
        x: str = "λ",
        y: str = "share of splits",
        loc: str | None = "above",
    ):
        self.ax, self.labels = ax, list(labels)
        self.chosen = {name: positions(name, at, 1) for name, at in chosen.items()}
        self.bars = {}
        wide = 0.8 / len(chosen)
        for i, (name, hatch) in enumerate(zip(chosen, ("", "///", "...", "xx", "\\\\"))):
            at = np.arange(len(self.labels)) + (i - (len(chosen) - 1) / 2) * wide
            kind = {"color": role(name, i)["color"], "edgecolor": "white", "hatch": hatch}
            self.bars[name] = ax.bar(at, np.zeros(len(at)), wide, label=name, **kind).patches
        ax.set_xlim(-0.6, len(self.labels) - 0.4)
        ax.set_ylim(0, top)
        ticks(ax.xaxis, range(len(self.labels)), self.labels)
        label(ax, title, x, y)
        over = legend(ax, loc) if len(chosen) > 1 else []
        self.artists = [*(bar for bars in self.bars.values() for bar in bars), *over]
        self.update()

    def update(self, *index: int) -> None:
        for name, chosen in self.chosen.items():
            counts = np.bincount(pick(chosen, 1, index).astype(int), minlength=len(self.labels))
            for bar, height in zip(self.bars[name], counts / max(counts.sum(), 1)):
                bar.set_height(height)


class Intervals:
    """Draw intervals, one a line, those that miss their truth in red and wider.

    - low, high (..., n); truth (..., n), or one number for all.
    - xlim: an end beyond it is drawn as an arrow at the edge.
    - centre (..., n): a dot on each interval.
    - names: of the n intervals.
    - words: for those that hold the truth, those that miss it, and the truth.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        low,
        high,
        truth,
        *,
        xlim: tuple[float, float] | None = None,
        centre=None,
        names: Sequence[str] | None = None,
        words: Sequence[str] = ("holds the truth", "misses it", "truth"),
        title: str = "",
        x: str = "error",
        y: str = "",
        loc: str | None = "above",
    ):
        self.ax = ax
        self.low, self.high = positions("low", low, 1), positions("high", high, 1)
        n = self.low.shape[-1]
        self.truth = as_array(truth) if np.ndim(truth) else np.full(n, float(truth))
        self.centre = positions("centre", np.full(n, np.nan) if centre is None else centre, 1)
        self.at = np.arange(n)
        (self.held,) = ax.plot([], [], color=BLUE, linewidth=1.4, label=words[0])
        (self.missed,) = ax.plot([], [], color=RED, linewidth=2.4, label=words[1])
        dots = {"color": INK, "linestyle": "none", "markersize": 4}
        if np.ndim(truth):
            (self.mark,) = ax.plot([], [], label=words[2], marker=".", **dots)
        else:  # one line for all says it better than a column of dots
            (self.mark,) = ax.plot([], [], color=INK, linewidth=1, linestyle=":", label=words[2])
        (self.dots,) = ax.plot([], [], marker="o", **dots)
        (self.left,) = ax.plot([], [], marker="<", **dots, clip_on=False)
        (self.right,) = ax.plot([], [], marker=">", **dots, clip_on=False)
        ax.set_xlim(*(xlim or limits(self.low, self.high, self.truth)))
        ax.set_ylim(n - 0.4, -0.6)
        label(ax, title, x, y)
        ticks(ax.yaxis, [] if names is None else self.at, [] if names is None else names)
        moving = [self.held, self.missed, self.mark, self.dots, self.left, self.right]
        self.artists: list[Artist] = [*moving, *legend(ax, loc)]
        self.update()

    def update(self, *index: int) -> None:
        every = (self.low, self.high, self.truth, self.centre)
        low, high, truth, centre = (pick(values, 1, index) for values in every)
        hit = (low <= truth) & (truth <= high)
        for line, chosen in ((self.held, hit), (self.missed, ~hit)):
            ends = np.stack([low, high], 1)[chosen]
            line.set_data(*one_line(ends, np.repeat(self.at[chosen][:, None], 2, 1)))
        left, right = self.ax.get_xlim()
        for line, beyond, edge in (
            (self.left, low < left, left),
            (self.right, high > right, right),
        ):
            line.set_data(np.full(beyond.sum(), edge), self.at[beyond])
        ends = (-0.6, len(self.at) - 0.4)
        one = self.mark.get_linestyle() != "None"
        self.mark.set_data(*(([truth[0]] * 2, ends) if one else (truth, self.at)))
        self.dots.set_data(centre, self.at)


class ReliabilityDiagram:
    """Draw accuracy against confidence in bins: on the diagonal a network is calibrated.

    A dot is as large as its share of the examples; a thin line shows its gap to the diagonal.

    - confidence (..., n): the largest probability; correct (..., n): whether its class was right.

    Source: Guo et al., On calibration of modern neural networks (2017).
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        confidence,
        correct,
        *,
        bins: int = 10,
        title: str = "Reliability",
        x: str = "confidence",
        y: str = "share that is right",
    ):
        self.ax, self.bins = ax, bins
        self.confidence = positions("confidence", confidence, 1)
        self.correct = positions("correct", correct, 1)
        ax.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--")
        (self.gaps,) = ax.plot([], [], color=RED, linewidth=1.5)
        self.dots = ax.scatter([], [], color=BLUE, zorder=3)
        corner = {"transform": ax.transAxes, "va": "top", "fontsize": SMALL, "color": INK}
        self.words = ax.text(0.03, 0.97, "", **corner)
        self.artists = [self.gaps, self.dots, self.words]
        ax.set(xlim=(0, 1), ylim=(0, 1))
        label(ax, title, x, y)
        self.update()

    def update(self, *index: int) -> None:
        sure, right = pick(self.confidence, 1, index), pick(self.correct, 1, index)
        bin_of = np.clip((sure * self.bins).astype(int), 0, self.bins - 1)
        count = np.bincount(bin_of, minlength=self.bins)
        full = count > 0
        said, true = (
            np.bincount(bin_of, values, self.bins)[full] / count[full] for values in (sure, right)
        )
        share = count[full] / count.sum()
        self.dots.set_offsets(np.stack([said, true], 1))
        self.dots.set_sizes(12 + 160 * share)
        self.gaps.set_data(*one_line(said[:, None], np.stack([said, true], 1)))
        self.words.set_text(f"calibration error {share @ np.abs(said - true):.3f}")


class StrengthTrace:
    """Draw the λ in force at each step, and the slider's λ now as a dotted line; see `show`.

    - steps (T,); lams: the slider's values.
    - named: those that have a tick; all unless given.
    """

    @look()
    def __init__(
        self,
        ax: Axes,
        steps: Sequence[int],
        lams: Sequence[float],
        *,
        named: Sequence[float] | None = None,
        title: str = "λ while it trained",
        x: str = "step",
        loc: str | None = "above",
    ):
        self.ax, self.steps, self.lams = ax, as_array(steps), list(lams)
        kind = CYCLE[0] | {"marker": "", "drawstyle": "steps-pre"}
        (self.line,) = ax.plot([], [], label="in force", **kind)
        across = {"transform": ax.get_yaxis_transform(), "color": GREY, "linestyle": ":"}
        (self.now,) = ax.plot([0, 1], [0, 0], label="on the slider", **across)
        ax.set_xlim(self.steps[0], self.steps[-1])
        ax.set_ylim(-0.4, len(self.lams) + 0.1)
        shown = self.lams if named is None else named
        ticks(ax.yaxis, list(map(self.lams.index, shown)), [plain(lam) for lam in shown])
        label(ax, title, x, "λ")
        self.artists = [self.line, self.now, *legend(ax, loc)]

    def show(self, past: Sequence[float], lam: float) -> None:
        """Draw the λ of the steps so far and the one now, all of them values of the slider."""
        at = [self.lams.index(value) for value in past]
        self.line.set_data(self.steps[: len(at)], at)
        self.now.set_ydata([self.lams.index(lam)] * 2)


class Caption:
    """Draw words in the upper right corner of an Axes; see `show`."""

    @look()
    def __init__(self, ax: Axes):
        corner = {"transform": ax.transAxes, "ha": "right", "va": "bottom"}
        self.words = ax.text(1.0, 1.02, "", fontsize=SMALL, color=INK, parse_math=False, **corner)
        self.artists = [self.words]

    def show(self, text: str) -> None:
        self.words.set_text(text)
