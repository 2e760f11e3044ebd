"""Many small data sets of digits with wrong labels: what is chosen on each, and who wins there.

A job is one data set, drawn by its seed: the pictures, the wrong labels, the folds, the first
weights. The network is MLP(64, 32, 10), trained by Adam for 40 steps on all examples at once.
"""

import time
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import torch
from sklearn.model_selection import KFold, RepeatedKFold

from ... import data, models, train
from .photographs import machine

# Ten values of λ: 0, then doubled from 0.001.
LAMS = (0.0, *(0.001 * 2**i for i in range(9)))
# Ten settings of L2, of dropout on hidden units and on inputs, one after the other.
PS = tuple(i / 10 for i in range(10))
STRENGTHS = (*LAMS, *[0.0] * 20)
HIDDEN = (*[0.0] * 10, *PS, *[0.0] * 10)
INPUT = (*[0.0] * 20, *PS)
HOW: dict[str, Any] = {"penalty": "l2", "steps": 40, "lr": 0.02, "progress": False}
NETWORK = partial(models.MLP, 64, 32, 10)


def digits(n: int, share: float, seed: int) -> data.Split:
    """Return n training pictures, each label wrong with probability `share`, independently.

    `data.digits(label_noise=…)` draws a fixed number of wrong labels, and so removes a part of what
    a score differs by from one data set to the next. Here val is all that was not drawn.
    """
    split = data.digits(n, seed=seed)
    generator = torch.Generator().manual_seed(10_000 + seed)
    y = split.train.y.clone()
    wrong = torch.rand(n, generator=generator) < share
    y[wrong] = (y[wrong] + torch.randint(1, 10, (int(wrong.sum()),), generator=generator)) % 10
    x, labels = (torch.cat(parts) for parts in zip(split.val, split.test))
    return data.Split((split.train.x, y), (x, labels), (x[:1], labels[:1]))


@dataclass(frozen=True)
class Draw:
    """A job on one draw of the data, by its seed; `cost`: one unit a draw."""

    seed: int

    cost: ClassVar[float] = 1.0

    def run(self, pictures: str | None) -> dict[str, Any]:
        """Train all networks of this draw; return plain JSON."""
        torch.set_flush_denormal(True)
        started = time.process_time()
        return self.measure() | machine(data.digits(25, seed=self.seed), started)


@dataclass(frozen=True)
class Choosing(Draw):
    """The ten λ on one data set of 100 pictures, by every way of cutting it.

    Its results are wrong answers, counted, for each λ first:

    - halves, tenths (10, 5): of 100 answers, by each of five repeats of 2- and of 10-fold.
    - first_tenths (10, 10): the folds of the first of those.
    - fifths (10, 5, 5, 5): repeat r, folds i and j: on fold i (20 pictures) by the network that saw
      neither i nor j.
    - refit (10, 3): of 1,697 with right labels, trained on all 100, three first weights.
    """

    n: int = 100
    noise: float = 0.2

    def measure(self) -> dict[str, Any]:
        """Train 138 networks for each λ."""
        split = digits(self.n, self.noise, self.seed)
        halves, fifths, tenths = (
            RepeatedKFold(n_splits=K, n_repeats=5, random_state=self.seed) for K in (2, 5, 10)
        )
        left_out = train.pairs(fifths, self.n)
        masks = [
            train.train_masks(halves, self.n),
            train.train_masks(tenths, self.n),
            left_out.train_mask,
            torch.ones(3, self.n, dtype=torch.bool),
        ]
        starts = [r for rows in masks[:3] for r in range(5) for _ in range(len(rows) // 5)]
        how = HOW | {"seeds": [*starts, 0, 1, 2], "train_mask": torch.cat(masks)}
        swept = train.sweep(NETWORK, split, LAMS, every=HOW["steps"], **how)
        two, ten, left, _ = swept.held_out(split.train).split([len(rows) for rows in masks], 1)
        return {
            "halves": counted(two.unflatten(1, (5, 2)).nansum((2, 3))),
            "tenths": counted(ten.unflatten(1, (5, 10)).nansum((2, 3))),
            "first_tenths": counted(ten[:, :10].nansum(2)),
            "fifths": counted(left_out.table(left).sum(-1)),
            "refit": counted(swept.val_error[:, -3:, -1] * len(split.val.x)),
        }


@dataclass(frozen=True)
class Opponents(Draw):
    """L2, dropout of hidden units and of inputs on one data set of 100 pictures, step by step.

    Each method has ten strengths, 0 among them, and is looked at after every fourth step, so that
    each may stop early. Results are wrong answers, counted, (3, 10, 10): method, strength, look.

    - held: of the 100 training labels, by 5-fold.
    - truth: of 3 × 1,697 with right labels, trained on all 100 from three first weights.
    """

    n: int = 100
    noise: float = 0.2

    def measure(self) -> dict[str, Any]:
        """Train the thirty settings on five folds, then on all."""
        split = digits(self.n, self.noise, self.seed)
        x, y = split.train
        how = HOW | {"every": 4, "vary": {"dropout.p": HIDDEN, "input_dropout.p": INPUT}}
        network = partial(NETWORK, dropout=0.5, input_dropout=0.5)
        held = torch.zeros(30, 10)
        for kept in train.train_masks(KFold(5, shuffle=True, random_state=self.seed), self.n):
            fold = data.Split((x[kept], y[kept]), (x[~kept], y[~kept]), split.test)
            swept = train.sweep(network, fold, STRENGTHS, seeds=[self.seed], **how)
            held += swept.val_error[:, 0] * int((~kept).sum())
        swept = train.sweep(network, split, STRENGTHS, seeds=(0, 1, 2), **how)
        truth = swept.val_error.sum(1) * len(split.val.x)
        return {
            "held": counted(held.unflatten(0, (3, 10))),
            "truth": counted(truth.unflatten(0, (3, 10))),
        }


def counted(wrong: torch.Tensor) -> list[Any]:
    """Return counts as whole numbers, nested as the tensor is."""
    found: list[Any] = wrong.round().int().tolist()
    return found
