"""Every control of the playground and its values; a setting as one line of text."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from ...arguments import position, require

CLASSES = ("moons", "circles", "xor", "spiral", "gaussians")
CURVES = ("sine", "step")
PENALTIES = ("L2", "L1 subgradient", "L1 soft threshold", "elastic net")
LAMS = (0.0, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

# What each control can take. A batch of 0 is all examples at once.
VALUES: dict[str, tuple[Any, ...]] = {
    "data": (*CLASSES, *CURVES),
    "penalty": PENALTIES,
    "lam": LAMS,
    "p": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    "lr": (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
    "noise": (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5),
    "wrong": (0.0, 0.1, 0.2, 0.3, 0.4),
    "draw": tuple(range(20)),
    "optimizer": ("SGD", "momentum", "Adam", "AdamW"),
    "batch": (5, 10, 20, 0),
    "points": (20, 40, 60, 100, 200),
    "depth": (1, 2, 3, 4),
    "width": (2, 4, 8, 16, 32),
    "activation": ("ReLU", "tanh", "sigmoid"),
    "squares": (False, True),
    "product": (False, True),
    "sines": (False, True),
    "seed": tuple(range(10)),
}

# A change of these asks for other weights or other shapes, so training starts again.
RESTARTING = (
    "data",
    "points",
    "depth",
    "width",
    "activation",
    "squares",
    "product",
    "sines",
    "seed",
)


@dataclass(frozen=True)
class Setting:
    """Where all controls of the playground stand; values are those of `VALUES`.

    Raises ValueError for a value that its control does not have.
    """

    data: str = "moons"
    penalty: str = "L2"
    lam: float = 0.0
    p: float = 0.0
    lr: float = 0.1
    noise: float = 0.2
    wrong: float = 0.1
    draw: int = 0
    optimizer: str = "momentum"
    batch: int = 20
    points: int = 60
    depth: int = 2
    width: int = 16
    activation: str = "ReLU"
    squares: bool = False
    product: bool = False
    sines: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name, values in VALUES.items():
            place = position(name, getattr(self, name), values)
            object.__setattr__(self, name, values[place])

    @property
    def curve(self) -> bool:
        """Whether a curve is fitted; else two classes are told apart."""
        return self.data in CURVES

    @property
    def line(self) -> str:
        """The setting as a line of text for a classmate: what differs from the first one."""
        told = [
            f"{field.name}={_text(getattr(self, field.name))}"
            for field in fields(self)
            if getattr(self, field.name) != field.default or field.name == "data"
        ]
        return " ".join(told)


def parse(line: str) -> Setting:
    """The setting that a line describes; what it does not name is as at the start.

    Raises ValueError, in one sentence, for a line that describes none.
    """
    accepts = 'a line such as "data=spiral lam=0.01 penalty=L1_subgradient"'
    require(isinstance(line, str) and line.strip() != "", "state", line, accepts)
    found: dict[str, Any] = {}
    for word in line.replace(",", " ").split():
        name, equals, text = word.partition("=")
        require(bool(equals) and bool(text), "state", word, accepts)
        require(name in VALUES, "state", name, f"made of {', '.join(VALUES)}")
        require(name not in found, "state", word, f"a line that names {name} once")
        texts = [_text(value) for value in VALUES[name]]
        found[name] = VALUES[name][_place(name, text, texts)]
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
