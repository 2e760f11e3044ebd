"""Many controls over training that goes on: desk()."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import ipywidgets as widgets

from ...arguments import count, require
from ...live.canvas import Canvas
from ...live.controls import values
from ...live.playground import Playground
from ...live.training import Training
from ...live.turns import in_turn

# Pixels per point, fewer than elsewhere: a picture that is new 20 times a second has less time.
FINE = 1.25


class Beside(Protocol):
    """A second run that the first is compared with."""

    steps: int

    def step(self) -> None: ...

    @property
    def score(self) -> str: ...


class Ground(Protocol):
    """What stands under a Dashboard: training whose every setting can change."""

    steps: int
    diverged: str
    views: Any

    def apply(self, **controls: Any) -> bool: ...
    def step(self) -> None: ...
    def reset(self) -> None: ...
    def keep(self) -> None: ...
    def cold(self) -> Beside: ...
    def show(self) -> str: ...
    def program(self) -> str: ...
    def parse(self, line: str) -> dict[str, Any]: ...

    @property
    def line(self) -> str: ...


class Dashboard(Playground):
    """A Playground whose picture, controls and runs belong together. Made by `desk`.

    one, keep, fresh: "One step", "Keep as ghost", "Cold run".
    line: the state as text; a line that is put in there moves the controls.
    code, written: "Show me the PyTorch" and where it stands.
    """

    def __init__(
        self,
        ground: Ground,
        first: Mapping[str, widgets.Widget],
        folds: Mapping[str, Mapping[str, widgets.Widget]],
        at_once: int,
    ):
        self.ground = ground
        self._beside: Beside | None = None
        self._beside_training: Training | None = None
        controls = dict(first)
        for fold in folds.values():
            controls |= fold
        self.code = widgets.ToggleButton(
            description="Show me the PyTorch",
            icon="code",
            tooltip="the present setting as a program",
            layout={"width": "auto"},
        )
        self.line = widgets.Text(
            value=ground.line,
            description="state",
            continuous_update=False,
            layout={"width": "100%", "max_width": "60em"},
        )
        self.written = widgets.Textarea(
            layout={"width": "100%", "max_width": "60em", "height": "24em", "display": "none"}
        )
        super().__init__(
            self._canvas_of(ground),
            ground.step,
            self._shown_by,
            ground.reset,
            steps=ground.steps,
            controls=controls,
            at_once=at_once,
        )
        self.one = _button("One step", "step-forward", "take one step")
        self.keep = _button("Keep as ghost", "thumb-tack", "keep this curve beside the next run's")
        self.fresh = _button("Cold run", "snowflake-o", "fresh weights under the setting of now")
        self.one.on_click(in_turn(lambda _: self.step_once()))
        self.keep.on_click(in_turn(lambda _: self.keep_this()))
        self.fresh.on_click(in_turn(lambda _: self.start_cold()))
        self.code.observe(in_turn(lambda _: self._write()), "value")
        self.line.observe(in_turn(self._pasted), "value")
        self.folds = widgets.Accordion(
            [widgets.VBox(list(fold.values())) for fold in folds.values()], titles=tuple(folds)
        )
        buttons = self.children[0]
        buttons.children = [self.button, self.one, self.again, self.keep, self.fresh, self.progress]
        buttons.layout.flex_flow = "row wrap"
        self.children = [
            *first.values(),
            buttons,
            self.image,
            self.reading_line,
            self.status_line,
            self.folds,
            self.line,
            self.code,
            self.written,
        ]

    def step_once(self) -> None:
        """One step of training, then a picture."""
        self.training.pause()
        self.training.take(range(1))

    def keep_this(self) -> None:
        """Keep the present curves as a ghost beside those of the next run."""
        self.ground.keep()
        self._draw()

    def start_cold(self) -> None:
        """Train the cold run as far as this one has come, in turns, while the kernel listens."""
        self._prepare_cold()
        if self._beside_training is not None:
            self._beside_training.start()

    def run_cold(self) -> str:
        """The cold run at once; its score, in one sentence."""
        self._prepare_cold()
        if self._beside_training is not None:
            self._beside_training.take(range(self._beside_training.steps))
        return self._compared()

    def start_again(self) -> None:
        """As of a Playground; what a cold run said of the run before is over."""
        self._end_cold()
        super().start_again()

    def paste(self, line: str) -> None:
        """Move the controls to where a line of text says.

        Raises ValueError, in one sentence, for a line that describes no setting.
        """
        self.set(**self.ground.parse(line))

    def settings(self) -> list[dict]:
        """Every value of each control, with the others where they stand."""
        now = self._now()
        every = ((name, value) for name, c in self.controls.items() for value in values(c))
        return [now | {name: value} for name, value in every]

    def frame(self, **settings) -> tuple[bytes, str]:
        """(PNG, reading) of the training as it is; another setting would change it.

        Raises ValueError for a setting that is not the present one.
        """
        wanted = self._now() | self._matched(settings)
        require(wanted == self._now(), "settings", settings, "the present setting")
        return self._canvas.png(), self.reading

    def close(self) -> None:
        """As of a Playground; the cold run ends too."""
        self._end_cold()
        super().close()

    def _canvas_of(self, ground: Ground) -> Canvas:
        return Canvas(ground.views.fig, ground.views.panels, ground.views.alt, FINE)

    def _shown_by(self, **controls) -> str:
        """Bring the ground to the controls; its reading."""
        if self.ground.apply(**controls):
            self._end_cold()
            self.training.taken = 0
            self._changed()
        if self.ground.views.fig is not self._canvas.fig:
            self._canvas = self._canvas_of(self.ground)
            self.image.tooltip = self._canvas.alt
        return " ".join(filter(None, [self.ground.show(), self._compared()]))

    def _draw(self) -> None:
        super()._draw()
        if self.ground.diverged:
            self._warn(self.ground.diverged)
        self._tell()

    def _tell(self) -> None:
        """The line and the program follow the controls."""
        if self.line.value != self.ground.line:
            self._quiet = True
            self.line.value = self.ground.line
            self._quiet = False
            self._write()

    def _train(self) -> None:
        with self._watched("Training stopped."):
            self._step()  # the ground knows where the controls stand
        if self.ground.diverged:
            self.training.pause()

    def _changed(self) -> None:
        super()._changed()
        beside = self._beside_training
        going = beside is not None and beside.going
        self.fresh.description = f"{beside.taken} of {beside.steps} steps" if going else "Cold run"

    def _end_cold(self) -> None:
        if self._beside_training is not None:
            self._beside_training.pause()
        self._beside = self._beside_training = None

    def _prepare_cold(self) -> None:
        self.training.pause()
        self._end_cold()
        if self.training.taken == 0:
            return
        self._beside = self.ground.cold()
        self._beside_training = Training(
            self._beside.step, self._draw, self._changed, self._beside.steps
        )

    def _compared(self) -> str:
        """What the cold run has shown, once it is over."""
        training = self._beside_training
        over = training is not None and training.finished and self.training.taken == training.steps
        return self._beside.score if over else ""

    def _pasted(self, change) -> None:
        if self._quiet:
            return
        try:
            self.paste(change["new"])
        except ValueError as error:
            self._warn(str(error))

    def _write(self) -> None:
        shown = self.code.value
        self.written.layout.display = "" if shown else "none"
        if shown:
            self.written.value = self.ground.program()


def dashboard(
    ground: Ground,
    first: Mapping[str, widgets.Widget],
    folds: Mapping[str, Mapping[str, widgets.Widget]],
    *,
    at_once: int = 10,
) -> Dashboard:
    """Controls over a ground that trains while they move.

    ground: holds the network and its picture; see `Ground`.
    first: controls by name that always show.
    folds: title → controls by name that are folded away under it.
    at_once: steps between two pictures at most, so that a run can be watched.

    Raises ValueError for a control whose values cannot be listed and for `at_once` below 1.
    """
    for control in (*first.values(), *(c for fold in folds.values() for c in fold.values())):
        values(control)
    return Dashboard(ground, first, folds, count("at_once", at_once))


def _button(name: str, icon: str, tooltip: str) -> widgets.Button:
    return widgets.Button(description=name, icon=icon, tooltip=tooltip, layout={"width": "auto"})
