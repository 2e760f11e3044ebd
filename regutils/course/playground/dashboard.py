"""The playground itself: controls over a network that trains while they move."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from ... import live
from ...arguments import require
from .figure import SessionFigure
from .program import program
from .session import STEPS, TrainingSession
from .settings import CONTROLS, Setting, parse

AT_ONCE = 10  # steps between two pictures at most, so that a run can be watched
WIDE = {"width": "100%", "max_width": "60em"}


class Dashboard(live.PlayerBox):
    """A training session with a control for every field of its setting.

    - line: where it starts, such as "data=spiral lam=0.01".
    - steps: budget of a run.

    `session` trains, `player` plays it. `one`, `ghost`, `cold`: the buttons "One step", "Keep as
    ghost", "Cold run". `state`: the setting as text; a line that is put in there moves the
    controls. `code`, `written`: "Show me the PyTorch" and where the program stands. `sections`:
    the folded controls.

    Raises ValueError for a line that describes no setting and for steps out of range.
    """

    def __init__(self, line: str = "data=moons", steps: int = STEPS):
        self.session = TrainingSession(parse(line), steps)
        self.figure = SessionFigure(self.session)
        self._cold_player: live.Player | None = None
        # What the first drawing writes to is made before it.
        self.one = _button("One step", "step-forward", "take one step", self.step_once)
        self.ghost = _button(
            "Keep as ghost", "thumb-tack", "keep this curve beside the next run's", self.keep_ghost
        )
        self.cold = _button(
            "Cold run", "snowflake-o", "fresh weights under the setting of now", self.run_cold
        )
        self.state = widgets.Text(description="state", continuous_update=False, layout=WIDE)
        self.state.observe(live.on_kernel_thread(self._pasted), "value")
        self.code = widgets.ToggleButton(
            description="Show me the PyTorch",
            icon="code",
            tooltip="the present setting as a program",
            layout={"width": "auto"},
        )
        self.code.observe(live.on_kernel_thread(lambda _: self._write()), "value")
        self.written = widgets.Textarea(layout=WIDE | {"height": "24em", "display": "none"})
        controls = {name: _control(name, self.session.setting) for name in CONTROLS}
        own = self._train, self._read, self._begin
        super().__init__(self.figure.canvas, *own, steps, controls, AT_ONCE)
        train, again, taken = self.bar.children
        self.bar.children = [train, self.one, again, self.ghost, self.cold, taken]
        self.bar.layout.flex_flow = "row wrap"
        titles = dict.fromkeys(control.metadata["section"] for control in CONTROLS.values())
        shown, *folded = ([self.controls[name] for name in _names(title)] for title in titles)
        self.sections = widgets.Accordion(
            [widgets.VBox(section) for section in folded], titles=tuple(titles)[1:]
        )
        seen = [self.image, self.reading_line, self.status_line]
        below = [self.sections, self.state, self.code, self.written]
        self.children = [*shown, self.bar, *seen, *below]

    def step_once(self) -> None:
        """Take one step of training, then show it."""
        self.player.pause()
        self.player.take(range(1))

    def keep_ghost(self, baseline: bool = False) -> None:
        """Keep the present curves, or those of λ = 0, beside those of the next run."""
        self.session.keep_ghost(baseline)
        self.draw(sharp=True)

    def run_cold(self, wait: bool = False) -> None:
        """Train the cold run as far as this one has come.

        - wait: train it now; the last scene of the strip then shows it too. Otherwise in turns,
          while the kernel listens.
        """
        self.player.pause()
        self._end_cold()
        if self.player.taken == 0:
            return
        step = self.session.start_cold().step
        self._cold_player = live.Player(step, self.draw, steps=self.player.taken)
        self._cold_player.on_change(self._tell_cold)
        if wait:
            self._cold_player.take(range(self._cold_player.steps))
            self._scenes[-1:] = [(self.player.taken, *self.frame())]
        else:
            self._cold_player.start()

    def paste(self, line: str) -> None:
        """Move the controls to where a line of text says.

        Raises ValueError, in one sentence, for a line that describes no setting.
        """
        self.set(**vars(parse(line)))

    def settings(self) -> list[dict]:
        """Return every value of each control, with the others where they stand."""
        now = self.now()
        each = ((name, value) for name, c in self.controls.items() for value in live.values(c))
        return [now | {name: value} for name, value in each]

    def frame(self, **settings) -> tuple[bytes, str]:
        """Return the sharp (PNG, reading) of the training as it is.

        Raises ValueError for a setting that is not the present one: it would change the run.
        """
        wanted = self.now() | live.explorer.matched(settings, self.controls)
        require(wanted == self.now(), "settings", settings, "the present setting")
        return super().frame()

    def draw(self, sharp: bool = False) -> None:
        """Show the session as a Box does; divergence, line and program follow."""
        super().draw(sharp)
        if self.session.run.diverged:
            self.warn(self.session.run.diverged)
        if self.state.value != self.session.setting.line:
            self.state.value = self.session.setting.line
            self._write()

    def close(self) -> None:
        """Stop all training, then close as a Box does."""
        self._end_cold()
        super().close()

    def _read(self, **controls) -> str:
        """Bring session and figure to the controls; return the reading."""
        if self.session.apply(**controls):
            self.player.restart()
            self._forget_runs()
            self.figure = SessionFigure(self.session)
            self.canvas = self.figure.canvas
        self.figure.show(self.session)
        return " ".join(filter(None, [self.session.reading(), self._score()]))

    def _train(self, **_controls) -> None:
        self.session.step()
        if self.session.run.diverged:
            self.player.pause()

    def _begin(self) -> None:
        """Begin with the same fresh weights."""
        self.session.reset()
        self._forget_runs()

    def _forget_runs(self) -> None:
        self._end_cold()
        self._scenes.clear()

    def _end_cold(self) -> None:
        if self._cold_player is not None:
            self._cold_player.pause()
            self._cold_player = self.session.cold = None
            self._tell_cold()

    def _tell_cold(self) -> None:
        player = self._cold_player
        going = player is not None and player.going
        text = f"{player.taken} of {player.steps} steps" if going else "Cold run"
        self.cold.description = text

    def _score(self) -> str:
        """Return what the cold run has shown, as long as the other has not gone on since."""
        cold = self._cold_player
        over = cold is not None and cold.finished and self.player.taken == cold.steps
        return self.session.score() if over else ""

    def _pasted(self, change) -> None:
        if change["new"] != self.session.setting.line:
            try:
                self.paste(change["new"])
            except ValueError as error:
                self.warn(str(error))

    def _write(self) -> None:
        shown = self.code.value
        if shown:
            self.written.value = program(self.session.setting, self.player.taken or 500)
        self.written.layout.display = "" if shown else "none"


def _names(section: str) -> list[str]:
    """Return the names of the controls in a section."""
    return [name for name, c in CONTROLS.items() if c.metadata["section"] == section]


def _control(name: str, setting: Setting) -> widgets.Widget:
    """Return the control of a field of the setting, where the setting says."""
    about, value = CONTROLS[name].metadata, getattr(setting, name)
    if isinstance(value, str):
        made = live.choice(about["values"], about["label"])
        made.value = value
        return made
    if name == "lam":
        return live.lam_slider(about["values"], about["label"], value=value)
    labels = ["off", "on"] if isinstance(value, bool) else None
    return live.slider(about["values"], about["label"], labels=labels, value=value)


def _button(name: str, icon: str, tooltip: str, pressed: Callable[[], None]) -> widgets.Button:
    made = widgets.Button(description=name, icon=icon, tooltip=tooltip, layout={"width": "auto"})
    made.on_click(live.on_kernel_thread(lambda _: pressed()))
    return made
