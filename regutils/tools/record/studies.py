"""The studies behind the notebooks: which networks are trained, and why these."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .draws import Choosing, Gain, Opponents
from .moving import SCHEDULES, Moved
from .pulls import Pulled
from .runs import SEEDS, Job

Rows = dict[str, list[Any]]


@dataclass(frozen=True)
class Study:
    """A file of the recording: rows of jobs, each row one setting with all its seeds.

    - name: of the file.
    - about: what it is, in one line.
    - rows: from what was found before (study → row → results) to row → jobs. A job is a frozen
      dataclass with a `seed`, a `cost` (expected duration in some unit) and `run(pictures)`, which
      returns plain JSON.
    - pictures: whether its jobs need real pictures.
    """

    name: str
    about: str
    rows: Callable[[dict[str, dict[str, list[dict[str, Any]]]]], Rows]
    pictures: bool = True


def sweep(values: Iterable[float], changed: Callable[[float], dict[str, Any]], **fixed: Any):
    """The rows of a sweep: for each strength the jobs of all seeds, with what `changed` says."""

    def jobs(value: float) -> list[Job]:
        # Strength 0 is the same job in every sweep, so it is run once.
        differs = changed(value) if value else {}
        return [Job(seed=seed, **fixed, **differs) for seed in SEEDS]

    return lambda _found: {f"{value:g}": jobs(value) for value in values}


def l2(lam: float) -> dict[str, Any]:
    """What a job of an L2 sweep differs in."""
    return {"penalty": "l2", "lam": lam}


def l1(lam: float) -> dict[str, Any]:
    """What a job of an L1 sweep differs in."""
    return {"penalty": "l1", "lam": lam}


def dropout(p: float) -> dict[str, Any]:
    """What a job of a dropout sweep differs in."""
    return {"p": p}


def smoothing(epsilon: float) -> dict[str, Any]:
    """What a job of a label-smoothing sweep differs in."""
    return {"label_smoothing": epsilon}


def mixup(alpha: float) -> dict[str, Any]:
    """What a job of a mixup sweep differs in."""
    return {"mixup": alpha}


def note(_found: dict[str, Any]) -> Rows:
    """The study note's program as printed, and without its weight decay."""
    fixed = {
        "n_train": 10_000,
        "n_val": 1500,
        "epochs": 20,
        "every": 10,
        "momentum": 0.0,
        "batch_size": 64,
        "note": True,
    }
    return {
        f"{weight_decay:g}": [Job(seed=seed, weight_decay=weight_decay, **fixed) for seed in SEEDS]
        for weight_decay in (0.01, 0.0)
    }


def kept_error(results: list[dict[str, Any]]) -> float:
    """Mean over seeds of the validation error of the weights that are kept; inf once diverged."""
    errors = []
    for result in results:
        taken = result["epochs"].index(result.get("taken_epoch", result["epochs"][-1]))
        errors.append(result["val_error"][taken])
    return float("inf") if None in errors else float(np.mean(errors))


def best(found: dict[str, Any], study: str) -> str:
    """The label, other than 0, of the row with the lowest validation error."""
    labels = [label for label in found[study] if float(label)]
    return min(labels, key=lambda label: kept_error(found[study][label]))


def chosen(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every method with the strength that its sweep's validation error prefers."""
    return {
        "none": {},
        "L2": l2(float(best(found, "cifar10_l2"))),
        "L1": l1(float(best(found, "cifar10_l1"))),
        "dropout": dropout(float(best(found, "cifar10_dropout"))),
        "augmentation": {"augment": True},
        "label smoothing": smoothing(float(best(found, "cifar10_smoothing"))),
        "mixup": mixup(float(best(found, "cifar10_mixup"))),
        "early stopping": {"early": True},
    }


def compared(how: dict[str, dict[str, Any]]) -> Rows:
    """Rows of the table of methods: measured every second epoch, the test set opened."""
    return {
        name: [Job(seed=seed, every=2, test=True, **changed) for seed in SEEDS]
        for name, changed in how.items()
    }


def methods(found: dict[str, Any]) -> Rows:
    """Every method alone."""
    return compared(chosen(found))


def together(found: dict[str, Any]) -> Rows:
    """The two best methods at once, as far as they do not use the same argument."""
    how = chosen(found)
    alone = [name for name in how if name != "none"]
    ranked = sorted(alone, key=lambda name: kept_error(found["cifar10_methods"][name]))
    first = ranked[0]
    second = next(name for name in ranked[1:] if not how[name].keys() & how[first].keys())
    return compared({f"{first} + {second}": how[first] | how[second]})


def drawn(job: Callable[..., Any], n: int) -> Callable[[dict[str, Any]], Rows]:
    """One row: the same job on n data sets, each drawn by its seed."""
    return lambda _found: {"data sets": [job(seed=seed) for seed in range(n)]}


L2 = (0.0, 1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 6e-3, 1e-2, 3e-2)
L1 = (0.0, 1e-5, 3e-5, 1e-4, 2e-4, 3e-4, 6e-4, 1e-3, 3e-3)
P = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
# Around what the papers took: ε 0.1; α 0.1 to 0.4 on ImageNet, 1 on CIFAR-10.
EPSILON = (0.0, 0.05, 0.1, 0.2)
ALPHA = (0.0, 0.1, 0.2, 0.4, 1.0)

# Most important first.
STUDIES = (
    Study("cifar10_l2", "L2, λ·Σw² in the loss, λ swept", sweep(L2, l2)),
    Study("cifar10_note", "The study note's program, weight_decay 0.01 and 0", note),
    Study("cifar10_dropout", "Dropout before both linear layers, p swept", sweep(P, dropout)),
    Study("cifar10_l1", "L1, λ·Σ|w| as its proximal step, λ swept", sweep(L1, l1)),
    Study(
        "cifar10_smoothing",
        "Label smoothing in the training loss, ε swept",
        sweep(EPSILON, smoothing),
    ),
    Study("cifar10_mixup", "Mixup, α swept", sweep(ALPHA, mixup)),
    Study(
        "cifar10_methods",
        "Every method at the strength its sweep chose, equal epochs, test set opened",
        methods,
    ),
    Study("cifar10_together", "The two best methods at once", together),
    Study("cifar10_l2_more", "L2 on twice the pictures, λ swept", sweep(L2, l2, n_train=10_000)),
    Study(
        "cifar10_l2_longer",
        "L2 on the 5,000 pictures, for as many steps as l2_more",
        sweep((0.0, 3e-3), l2, epochs=32),
    ),
    Study(
        "cifar10_pulls",
        "L1 at λ = 0.0002: on how many weights of each layer the data pull less hard than λ",
        lambda _found: {"0.0002": [Pulled(seed=seed) for seed in SEEDS]},
    ),
    Study(
        "choosing",
        "Digits with wrong labels: λ chosen by hold-out, K-fold and nested, 100 data sets",
        drawn(Choosing, 100),
        pictures=False,
    ),
    Study(
        "opponents",
        "Digits with wrong labels: L2 against stopping early and dropout, 100 data sets",
        drawn(Opponents, 100),
        pictures=False,
    ),
    Study(
        "gain",
        "Digits: what λ gains, for each share of wrong labels and number of pictures, 20 draws",
        drawn(Gain, 20),
        pictures=False,
    ),
    Study(
        "schedules",
        "Moons with wrong labels: L2 from the start, late, rising, falling, taken away; ten draws",
        lambda _found: {name: [Moved(seed, name) for seed in range(10)] for name in SCHEDULES},
        pictures=False,
    ),
)
