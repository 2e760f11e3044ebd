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
from .runs import machine

# Ten values of λ: 0, then doubled from 0.001.
LAMS = (0.0, *(0.001 * 2**i for i in range(9)))
NOISES = (0.0, 0.1, 0.2, 0.3, 0.4)
SIZES = (25, 50, 100, 200, 400)
HOW: dict[str, Any] = {"penalty": "l2", "steps": 40, "lr": 0.02, "progress": False}
NETWORK = partial(models.MLP, 64, 32, 10)


def digits(n: int, share: float, seed: int) -> data.Split:
    """n training pictures, each label wrong with probability `share`, by itself.

    `data.digits(label_noise=…)` spoils a fixed number of labels, and so takes away a part of what a
    score differs by from one data set to the next. Here val is all that was not drawn.
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
    """A job on one draw of the data, by its seed.

    cost: expected duration in some unit, one a draw.
    """

    seed: int

    cost: ClassVar[float] = 1.0


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

    def run(self, pictures: str | None) -> dict[str, Any]:
        """Train 138 networks for each λ."""
        torch.set_flush_denormal(True)
        started = time.process_time()
        split = digits(self.n, self.noise, self.seed)
        halves, fifths, tenths = (
            RepeatedKFold(n_splits=K, n_repeats=5, random_state=self.seed) for K in (2, 5, 10)
        )
        left_out = train.pairs(fifths, self.n)
        members = [
            train.train_masks(halves, self.n),
            train.train_masks(tenths, self.n),
            left_out.train_mask,
            torch.ones(3, self.n, dtype=torch.bool),
        ]
        starts = [r for rows in members[:3] for r in range(5) for _ in range(len(rows) // 5)]
        swept = train.sweep(
            NETWORK,
            split,
            LAMS,
            seeds=[*starts, 0, 1, 2],
            train_mask=torch.cat(members),
            every=HOW["steps"],
            **HOW,
        )
        two, ten, left, _ = swept.held_out(split.train).split([len(rows) for rows in members], 1)
        return {
            "halves": counted(two.unflatten(1, (5, 2)).nansum((2, 3))),
            "tenths": counted(ten.unflatten(1, (5, 10)).nansum((2, 3))),
            "first_tenths": counted(ten[:, :10].nansum(2)),
            "fifths": counted(left_out.table(left).sum(-1)),
            "refit": counted(swept.val_error[:, -3:, -1] * len(split.val.x)),
        } | machine(split, started)


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

    def run(self, pictures: str | None) -> dict[str, Any]:
        """Train eleven networks."""
        torch.set_flush_denormal(True)
        started = time.process_time()
        split = digits(self.n, self.noise, self.seed)
        judge = data.Examples(split.val.x[:100], split.val.y[:100])
        split = data.Split(split.train, (split.val.x[100:], split.val.y[100:]), split.test)
        how = HOW | {"seeds": (self.seed,)}
        plain = train.sweep(NETWORK, split, [0.0, 0.016, 0.032, 0.064], every=2, **how)
        masked = train.sweep(
            partial(NETWORK, dropout=0.5),
            split,
            [0.0] * 4 + [0.032] * 2,
            vary={"dropout.p": [0.2, 0.4, 0.6, 0.8, 0.2, 0.4]},
            every=HOW["steps"],
            **how,
        )
        stopped = train.sweep(NETWORK, split, [0.0], **(how | {"steps": 10}))
        swept = {"plain": plain, "stopped": stopped, "masked": masked}
        truth = {name: each.val_error[:, 0] * len(split.val.x) for name, each in swept.items()}
        return {
            "truth": {
                "plain": counted(truth["plain"]),
                "stopped": counted(truth["stopped"][:, -1]),
                "masked": counted(truth["masked"][:, -1]),
            },
            "judged": {
                name: counted((each.predict(judge.x)[:, 0].argmax(-1) != judge.y).sum(-1))
                for name, each in swept.items()
            },
        } | machine(split, started)


@dataclass(frozen=True)
class Gain(Draw):
    """What a λ gains, for every share of wrong labels and every number of pictures.

    Its results are wrong answers, counted, for each noise and size first; the shares of wrong
    labels are exact, as in `data.digits`.

    - held (5, 5, 9): of the n training labels, by 5-fold, for λ = 0 … 0.128.
    - refit (5, 5, 9): of 800 test pictures, trained on all n.
    """

    def run(self, pictures: str | None) -> dict[str, Any]:
        """Train 54 networks for each noise and size."""
        torch.set_flush_denormal(True)
        started = time.process_time()
        found = [[self._counts(noise, n) for n in SIZES] for noise in NOISES]
        split = data.digits(SIZES[0], seed=self.seed)
        return {
            name: [[cell[name] for cell in row] for row in found] for name in ("held", "refit")
        } | machine(split, started)

    def _counts(self, noise: float, n: int) -> dict[str, Any]:
        split = data.digits(n, label_noise=noise, seed=self.seed)
        judge = split.test.x[:800], split.test.y[:800]
        split = data.Split(split.train, judge, split.val)
        folds = train.train_masks(KFold(5, shuffle=True, random_state=self.seed), n)
        swept = train.sweep(
            NETWORK,
            split,
            LAMS[:-1],
            seeds=[self.seed] * 6,
            train_mask=torch.cat([folds, torch.ones(1, n, dtype=torch.bool)]),
            every=HOW["steps"],
            **HOW,
        )
        return {
            "held": counted(swept.held_out(split.train)[:, :5].nansum((1, 2))),
            "refit": counted(swept.val_error[:, 5, -1] * 800),
        }


def counted(wrong: torch.Tensor) -> list[Any]:
    """Counts as whole numbers, nested as the tensor is."""
    found: list[Any] = wrong.round().int().tolist()
    return found
