"""Every setting of the playground: its values, its control, its place in a line of text."""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from typing import Any

from ...arguments import position, require
from ...penalties import PENALTIES

DATASETS = ("moons", "circles", "xor", "spiral", "gaussians")
METHODS = {penalty.label: penalty for penalty in PENALTIES.values()}
LAMS = (0.0, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)

# Titles of the sections that are folded; what stands in none always shows.
OPTIMIZER = "Optimizer, and how the penalty acts"
NETWORK = "Points and network: a change starts training again"


def _control(first: Any, values: tuple, label: str, section: str = "", restarts=False) -> Any:
    """Return a field of `Setting`: its first value, all its values, how its control is named.

    - section: under which title the control is folded; "" for one that always shows.
    - restarts: whether another value means other points or weights, so that training starts again.
    """
    about = {"values": values, "label": label, "section": section}
    return field(default=first, metadata=about | {"restarts": restarts or section == NETWORK})


@dataclass(frozen=True)
class Setting:
    """Hold where all controls of the playground stand; this is the one table of them.

    A batch of 0 is all examples at once. Raises ValueError for a value that its control does not
    have.
    """

    data: str = _control("moons", DATASETS, "data (starts again)", restarts=True)
    penalty: str = _control("L2", tuple(METHODS), "penalty")
    lam: float = _control(0.0, LAMS, "λ, strength of the penalty")
    p: float = _control(0.0, (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8), "dropout p")
    lr: float = _control(0.1, RATES, "learning rate")
    proximal: bool = _control(False, (False, True), "penalty as a proximal step", OPTIMIZER)
    optimizer: str = _control(
        "momentum", ("SGD", "momentum", "Adam", "AdamW"), "optimizer", OPTIMIZER
    )
    batch: int = _control(20, (5, 10, 20, 0), "batch size (0: all points)", OPTIMIZER)
    noise: float = _control(0.2, (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5), "noise", NETWORK)
    wrong: float = _control(0.1, (0.0, 0.1, 0.2, 0.3, 0.4), "share of wrong labels", NETWORK)
    draw: int = _control(0, tuple(range(20)), "draw again", NETWORK)
    points: int = _control(60, (20, 40, 60, 100, 200), "training points", NETWORK)
    depth: int = _control(2, (1, 2, 3, 4), "hidden layers", NETWORK)
    width: int = _control(16, (2, 4, 8, 16, 32), "units in each", NETWORK)
    activation: str = _control("ReLU", ("ReLU", "tanh", "sigmoid"), "activation", NETWORK)
    seed: int = _control(0, tuple(range(10)), "seed of weights and batches", NETWORK)

    def __post_init__(self) -> None:
        for name, control in CONTROLS.items():
            values = control.metadata["values"]
            place = position(name, getattr(self, name), values)
            object.__setattr__(self, name, values[place])

    @property
    def decays(self) -> bool:
        """Whether the penalty is AdamW's own decay: L2's gradient outside of Adam's scaling."""
        return self.optimizer == "AdamW" and self.penalty == "L2" and not self.proximal

    @property
    def line(self) -> str:
        """The setting as a line of text: what differs from the first one, and the data."""
        told = [
            f"{name}={_text(getattr(self, name))}"
            for name, control in CONTROLS.items()
            if name == "data" or getattr(self, name) != control.default
        ]
        return " ".join(told)

    def restarts(self, other: Setting) -> bool:
        """Return whether training must start again to go from this setting to the other."""
        needed = [name for name, control in CONTROLS.items() if control.metadata["restarts"]]
        return any(getattr(self, name) != getattr(other, name) for name in needed)


CONTROLS: dict[str, Field] = {control.name: control for control in fields(Setting)}


def parse(line: str) -> Setting:
    """Return the setting that a line describes; what it does not name is as at the start.

    Raises ValueError, in one sentence, for a line that describes none.
    """
    accepts = 'a line such as "data=spiral lam=0.01 penalty=L1"'
    require(isinstance(line, str) and line.strip() != "", "state", line, accepts)
    found: dict[str, Any] = {}
    for word in line.replace(",", " ").split():
        name, equals, text = word.partition("=")
        require(bool(equals) and bool(text), "state", word, accepts)
        require(name in CONTROLS, "state", name, f"made of {', '.join(CONTROLS)}")
        require(name not in found, "state", word, f"a line that names {name} once")
        values = CONTROLS[name].metadata["values"]
        found[name] = values[_place(name, text, [_text(value) for value in values])]
    return Setting(**found)


def _place(name: str, text: str, texts: list[str]) -> int:
    if text in texts:
        return texts.index(text)
    try:
        return position(name, float(text), [float(value) for value in texts])
    except ValueError:
        raise ValueError(f"{name} must be one of {', '.join(texts)}; got {text!r}") from None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, (int, float)) else value.replace(" ", "_")
