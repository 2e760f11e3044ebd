"""The table of studies behind the notebooks: which networks are trained, and how."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...course.recorded.photographs import SEEDS, Job
from ...course.recorded.small import SCHEDULES, Choosing, Moved, Opponents


@dataclass(frozen=True)
class Study:
    """A file of the recording: rows of jobs, each row one setting with all its seeds.

    - about: what it is, in one line.
    - rows: label → arguments of its jobs.
    - seeds: of each row.
    - job: a frozen dataclass with a `seed` and `run(pictures)`, which returns plain JSON.
    - common: arguments of all its jobs.
    """

    about: str
    rows: dict[str, dict[str, Any]]
    seeds: Sequence[int] = SEEDS
    job: type = Job
    common: dict[str, Any] = field(default_factory=dict)

    def jobs(self) -> dict[str, list[Any]]:
        """Return label → one job a seed."""
        return {
            label: [self.job(seed=seed, **self.common, **row) for seed in self.seeds]
            for label, row in self.rows.items()
        }


def swept(argument: str, values: Sequence[float], penalty: str = "") -> dict[str, dict[str, Any]]:
    """Return one row a strength; 0 is the same job in every sweep, so it is run once."""
    fixed = {"penalty": penalty} if penalty else {}
    return {f"{value:g}": fixed | {argument: value} if value else {} for value in values}


L2 = swept("lam", (0.0, 1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 6e-3, 1e-2, 3e-2), "l2")
L1 = swept("lam", (0.0, 1e-5, 3e-5, 1e-4, 2e-4, 3e-4, 6e-4, 1e-3, 3e-3), "l1")
NOTE = {"n_train": 10_000, "n_val": 1500, "epochs": 20, "every": 10}
NOTE |= {"momentum": 0.0, "batch_size": 64, "note": True}

# Each method at the strength with the lowest validation error at the end of its sweep.
CHOSEN: dict[str, dict[str, Any]] = {
    "none": {},
    "L2": {"penalty": "l2", "lam": 2e-3},
    "L1": {"penalty": "l1", "lam": 1e-5},
    "dropout": {"p": 0.3},
    "augmentation": {"augment": True},
    "label smoothing": {"label_smoothing": 0.2},
    "mixup": {"mixup": 1.0},
}
BOTH = {"augmentation + dropout": {"augment": True, "p": 0.3}}
LONGER = {"epochs": 32, "every": 2, "early": True, "test": True}

P = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
DECAYS = {f"{decay:g}": {"weight_decay": decay} for decay in (0.01, 0.0)}
DRAWS = {"data sets": {}}
MOVED = {name: {"schedule": name} for name in SCHEDULES}

# Most important first. ε and α are around what the papers took: ε 0.1; α 0.1 to 0.4 on ImageNet, 1
# on CIFAR-10.
STUDIES = {
    "cifar10_l2": Study("L2, λ·Σw² in the loss, λ swept", L2),
    "cifar10_note": Study("The note's program, weight_decay 0.01 and 0", DECAYS, common=NOTE),
    "cifar10_dropout": Study("Dropout before both linear layers, p swept", swept("p", P)),
    "cifar10_l1": Study("L1, λ·Σ|w| as its proximal step, λ swept", L1),
    "cifar10_smoothing": Study(
        "Label smoothing, ε swept", swept("label_smoothing", (0.0, 0.05, 0.1, 0.2))
    ),
    "cifar10_mixup": Study("Mixup, α swept", swept("mixup", (0.0, 0.1, 0.2, 0.4, 1.0))),
    "cifar10_longer": Study(
        "Every method at the strength its sweep chose, twice the epochs, the weights of the epoch "
        "with the lowest validation error kept, test set opened",
        CHOSEN | BOTH,
        common=LONGER,
    ),
    "choosing": Study("Digits: λ by hold-out, K-fold, nested", DRAWS, range(100), Choosing),
    "opponents": Study("Digits: L2 and dropout, each may stop", DRAWS, range(100), Opponents),
    "schedules": Study("Moons: L2 at which time of the training", MOVED, range(10), Moved),
}
