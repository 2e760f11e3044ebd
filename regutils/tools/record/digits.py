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
NOISES = (0.0, 0.1, 0.2, 0.3, 0.4)
SIZES = (25, 50, 100, 200, 400)
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
        return self.measure() | machine(data.digits(SIZES[0], seed=self.seed), started)


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
    """Methods against each other on one data set of 100 pictures.

    Its results are wrong answers, counted: `truth` of 1,597, `judged` of 100 others, as one single
    test set would have it.

    - plain (4, 20): λ = 0, 0.016, 0.032, 0.064, after every second step; judged (4,): at the end.
    - stopped (1,): λ = 0, after step 10.
    - masked (6,): dropout, p = 0.2, 0.4, 0.6, 0.8, then p = 0.2, 0.4 with λ = 0.032.
    """

    n: int = 100
    noise: float = 0.2

    def measure(self) -> dict[str, Any]:
        """Train eleven networks."""
        split = digits(self.n, self.noise, self.seed)
        judge = data.Examples(split.val.x[:100], split.val.y[:100])
        split = data.Split(split.train, (split.val.x[100:], split.val.y[100:]), split.test)
        how = HOW | {"seeds": (self.seed,)}
        p = [0.2, 0.4, 0.6, 0.8, 0.2, 0.4]
        noisy = partial(NETWORK, dropout=0.5)
        lams = [0.0] * 4 + [0.032] * 2
        swept = {
            "plain": train.sweep(NETWORK, split, [0.0, 0.016, 0.032, 0.064], every=2, **how),
            "stopped": train.sweep(NETWORK, split, [0.0], **(how | {"steps": 10})),
            "masked": train.sweep(noisy, split, lams, vary={"dropout.p": p}, every=40, **how),
        }
        truth = {name: each.val_error[:, 0] * len(split.val.x) for name, each in swept.items()}
        wrong = {
            name: (each.predict(judge.x)[:, 0].argmax(-1) != judge.y).sum(-1)
            for name, each in swept.items()
        }
        ends = {name: truth[name][:, -1] for name in ("stopped", "masked")}
        return {
            "truth": {name: counted(each) for name, each in (truth | ends).items()},
            "judged": {name: counted(each) for name, each in wrong.items()},
        }


@dataclass(frozen=True)
class Gain(Draw):
    """What a λ gains, for every share of wrong labels and every number of pictures.

    Its results are wrong answers, counted, for each noise and size first; the shares of wrong
    labels are exact, as in `data.digits`.

    - held (5, 5, 9): of the n training labels, by 5-fold, for λ = 0 … 0.128.
    - refit (5, 5, 9): of 800 test pictures, trained on all n.
    """

    def measure(self) -> dict[str, Any]:
        """Train 54 networks for each noise and size."""
        found = [[self._counts(noise, n) for n in SIZES] for noise in NOISES]
        return {name: [[cell[name] for cell in row] for row in found] for name in ("held", "refit")}

    def _counts(self, noise: float, n: int) -> dict[str, Any]:
        split = data.digits(n, label_noise=noise, seed=self.seed)
        judge = split.test.x[:800], split.test.y[:800]
        split = data.Split(split.train, judge, split.val)
        folds = train.train_masks(KFold(5, shuffle=True, random_state=self.seed), n)
        masks = torch.cat([folds, torch.ones(1, n, dtype=torch.bool)])
        how = HOW | {"seeds": [self.seed] * 6, "train_mask": masks}
        swept = train.sweep(NETWORK, split, LAMS[:-1], every=HOW["steps"], **how)
        return {
            "held": counted(swept.held_out(split.train)[:, :5].nansum((1, 2))),
            "refit": counted(swept.val_error[:, 5, -1] * 800),
        }


def counted(wrong: torch.Tensor) -> list[Any]:
    """Return counts as whole numbers, nested as the tensor is."""
    found: list[Any] = wrong.round().int().tolist()
    return found
