"""The controls of the playground, and the playground itself: desk()."""

from __future__ import annotations

from typing import Any

from ... import live
from .dashboard import Dashboard, dashboard
from .ground import STEPS, Ground
from .settings import RESTARTING, VALUES, Setting, parse

FIRST = ("data", "penalty", "lam", "p", "lr")
FOLDS = {
    "Data: noise, wrong labels, another draw": ("noise", "wrong", "draw"),
    "Optimizer": ("optimizer", "batch"),
    "Network, inputs, number of points: a change starts training again": tuple(
        name for name in RESTARTING if name not in FIRST
    ),
}

NAMES = {
    "data": "data (starts again)",
    "penalty": "penalty",
    "lam": "λ, strength of the penalty",
    "p": "dropout p",
    "lr": "learning rate",
    "noise": "noise",
    "wrong": "share of wrong labels",
    "draw": "draw again",
    "optimizer": "optimizer",
    "batch": "batch size",
    "points": "training points",
    "depth": "hidden layers",
    "width": "units in each",
    "activation": "activation",
    "squares": "inputs: squares",
    "product": "inputs: product",
    "sines": "inputs: sines",
    "seed": "seed of weights and batches",
}
CHOICES = ("data", "penalty", "optimizer", "activation")


def desk(line: str = "data=moons", steps: int = STEPS) -> Dashboard:
    """The playground, where a line of text says that it starts.

    steps: budget of a run.

    Raises ValueError for a line that describes no setting.
    """
    setting = parse(line)
    first = {name: control(name, setting) for name in FIRST}
    folds = {
        title: {name: control(name, setting) for name in names} for title, names in FOLDS.items()
    }
    return dashboard(Ground(setting, steps), first, folds)


def control(name: str, setting: Setting) -> Any:
    """The control of a field of the setting, where the setting says."""
    value = getattr(setting, name)
    if name in CHOICES:
        made = live.choice(VALUES[name], NAMES[name])
        made.value = value
        return made
    if name == "lam":
        return live.lam_slider(VALUES[name], NAMES[name], value=value)
    labels = None
    if name == "batch":
        labels = [str(size) if size else "all" for size in VALUES[name]]
    if isinstance(value, bool):
        labels = ["off", "on"]
    return live.slider(VALUES[name], NAMES[name], labels=labels, value=value)
