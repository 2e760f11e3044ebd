"""The studies behind the notebooks: which networks are trained, and why these."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch

SEEDS = (0, 1, 2)


LAYERS = ("conv1", "conv2", "conv3", "linear1", "linear2")


EDGES = torch.linspace(
    -6, 6, 62
)  # of the histograms, in units of a layer's initial bound 1/√(inputs per unit)


@dataclass(frozen=True)
class Job:
    """One run: what is trained on how many pictures, and how. The defaults are those of the sweeps.

    note: the study note's program as it stands (test split, no activation, weight_decay, nothing shuffled).
    early: the weights of the measured epoch with the lowest validation error are taken. test: open the test set.
    """

    seed: int = 0
    n_train: int = 5000
    n_val: int = 5000
    epochs: int = 16
    every: int = 4
    lr: float = 0.01
    momentum: float = 0.9
    batch_size: int = 32
    penalty: str = ""
    lam: float = 0.0
    p: float = 0.0
    weight_decay: float = 0.0
    augment: bool = False
    early: bool = False
    note: bool = False
    test: bool = False

    @property
    def cost(self) -> float:
        """Expected duration in some unit: pictures that are trained on."""
        return self.n_train * self.epochs


@dataclass(frozen=True)
class Study:
    """A file of the recording: rows of jobs, each row one setting with all its seeds.

    rows: from what was found before (study name → row label → results) to row label → jobs.
    """

    name: str
    about: str
    rows: Callable[[dict], dict[str, list[Job]]]


def _sweep(
    values: Iterable[float], changed: Callable[[float], dict], **fixed
) -> Callable[[dict], dict]:
    # Strength 0 is the same job in every sweep, so it is run once.
    return lambda _: {
        f"{v:g}": [Job(seed=s, **fixed, **(changed(v) if v else {})) for s in SEEDS] for v in values
    }


def _last(results: list[dict]) -> float:
    """Mean over seeds of the validation error of the weights that are kept."""
    return float(
        np.mean(
            [
                r["val_error"][r["epochs"].index(r.get("taken_epoch", r["epochs"][-1]))]
                for r in results
            ]
        )
    )


def _methods(found: dict) -> dict[str, list[Job]]:
    """Every method with the strength that its sweep's validation error prefers; then the best two together."""

    def best(study):
        return float(
            min(
                (value for value in found[study] if float(value)),
                key=lambda v: _last(found[study][v]),
            )
        )

    how = {
        "none": {},
        "L2": {"penalty": "l2", "lam": best("l2")},
        "L1": {"penalty": "l1", "lam": best("l1")},
        "dropout": {"p": best("dropout")},
        "augmentation": {"augment": True},
        "early stopping": {"early": True},
    }
    if "methods" in found:
        ranked = sorted(
            (name for name in how if name != "none"), key=lambda name: _last(found["methods"][name])
        )
        first = ranked[0]
        second = next(name for name in ranked[1:] if not how[name].keys() & how[first].keys())
        how = {f"{first} + {second}": how[first] | how[second]}
    return {
        name: [Job(seed=s, every=2, test=True, **changed) for s in SEEDS]
        for name, changed in how.items()
    }


L2 = (0.0, 1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 6e-3, 1e-2, 3e-2)


L1 = (0.0, 1e-5, 3e-5, 1e-4, 2e-4, 3e-4, 6e-4, 1e-3, 3e-3)


P = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


STUDIES = (
    Study(
        "l2", "L2, λ·Σw² in the loss, λ swept", _sweep(L2, lambda v: {"penalty": "l2", "lam": v})
    ),
    Study(
        "note",
        "The study note's program, weight_decay 0.01 and 0",
        lambda _: {
            f"{wd:g}": [
                Job(
                    seed=s,
                    n_train=10_000,
                    n_val=1500,
                    epochs=20,
                    every=10,
                    lr=0.01,
                    momentum=0.0,
                    batch_size=64,
                    weight_decay=wd,
                    note=True,
                )
                for s in SEEDS
            ]
            for wd in (0.01, 0.0)
        },
    ),
    Study("dropout", "Dropout before both linear layers, p swept", _sweep(P, lambda v: {"p": v})),
    Study(
        "l1",
        "L1, λ·Σ|w| as its proximal step, λ swept",
        _sweep(L1, lambda v: {"penalty": "l1", "lam": v}),
    ),
    Study(
        "methods",
        "Every method at the strength its sweep chose, equal epochs, test set opened",
        _methods,
    ),
    Study("together", "The two best methods at once", _methods),
    Study(
        "l2_more",
        "L2 on twice the pictures, λ swept",
        _sweep(L2, lambda v: {"penalty": "l2", "lam": v}, n_train=10_000),
    ),
    Study(
        "l2_longer",
        "L2 on the 5,000 pictures, for as many steps as l2_more",
        _sweep((0.0, 3e-3), lambda v: {"penalty": "l2", "lam": v}, epochs=32),
    ),
)
