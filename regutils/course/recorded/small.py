"""Small networks: what is chosen and who wins on digits, and λ that moves on the moons.

A job on digits is one data set of 100 pictures, some labels wrong, drawn by its seed: the pictures,
the wrong labels, the folds, the first weights. The network is MLP(64, 32, 10), trained by Adam for
40 steps on all at once.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from sklearn.model_selection import KFold, RepeatedKFold

from ... import data, models, train

# Ten values of λ: 0, then doubled from 0.001.
LAMS = (0.0, *(0.001 * 2**i for i in range(9)))
# Ten settings of L2, of dropout on hidden units and on inputs, one after the other.
PS = tuple(i / 10 for i in range(10))
STRENGTHS = (*LAMS, *[0.0] * 20)
HIDDEN = (*[0.0] * 10, *PS, *[0.0] * 10)
INPUT = (*[0.0] * 20, *PS)
HOW: dict[str, Any] = {"penalty": "l2", "steps": 40, "lr": 0.02, "progress": False}
NETWORK = partial(models.MLP, 64, 32, 10)
# Share of the strongest λ in force after a share f of the training.
SCHEDULES = {
    "none": lambda f: 0.0,
    "from the start": lambda f: 1.0,
    "late": lambda f: float(f >= 0.5),
    "rising": lambda f: f,
    "falling": lambda f: 1.0 - f,
    "early": lambda f: float(f < 0.5),
}


def digits(seed: int, share: float = 0.2, n: int = 100) -> data.Split:
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
class Choosing:
    """The ten λ on one data set, by every way of cutting it.

    Its results are wrong answers, counted, for each λ first:

    - halves, tenths (10, 5): of 100 answers, by each of five repeats of 2- and of 10-fold.
    - fifths (10, 5, 5, 5): repeat r, folds i and j: on fold i (20 pictures) by the network that saw
      neither i nor j.
    - refit (10, 3): of 1,697 with right labels, trained on all 100, three first weights.
    """

    seed: int

    def run(self, pictures: str | None) -> dict[str, Any]:
        """Train 138 networks for each λ; return plain JSON."""
        split = digits(self.seed)
        n = len(split.train.x)
        halves, fifths, tenths = (
            RepeatedKFold(n_splits=K, n_repeats=5, random_state=self.seed) for K in (2, 5, 10)
        )
        kept = train.train_masks(fifths, n).unflatten(0, (5, 5))  # (repeat, fold, example)
        one, other = torch.triu_indices(5, 5)  # two folds left out together, or one alone
        network = torch.zeros(5, 5, dtype=torch.long)
        network[one, other] = network[other, one] = torch.arange(len(one))
        masks = [
            train.train_masks(halves, n),
            train.train_masks(tenths, n),
            (kept[:, one] & kept[:, other]).flatten(0, 1),
            torch.ones(3, n, dtype=torch.bool),
        ]
        starts = [r for rows in masks[:3] for r in range(5) for _ in range(len(rows) // 5)]
        how = HOW | {"seeds": [*starts, 0, 1, 2], "train_mask": torch.cat(masks)}
        swept = train.sweep(NETWORK, split, LAMS, every=HOW["steps"], **how)
        two, ten, left, _ = swept.held_out(split.train).split([len(rows) for rows in masks], 1)
        errors = left.unflatten(1, (5, -1))[:, :, network]  # (λ, repeat, i, j, example)
        return counted(
            halves=two.unflatten(1, (5, 2)).nansum((2, 3)),
            tenths=ten.unflatten(1, (5, 10)).nansum((2, 3)),
            fifths=errors.where(~kept[:, :, None], 0).sum(-1),
            refit=swept.val_error[:, -3:, -1] * len(split.val.x),
        )


@dataclass(frozen=True)
class Opponents:
    """L2, dropout of hidden units and of inputs on one data set, step by step.

    Each method has ten strengths, 0 among them, and is looked at after every fourth step, so that
    each may stop early. Results are wrong answers, counted, (3, 10, 10): method, strength, look.

    - held: of the 100 training labels, by 5-fold.
    - truth: of 3 × 1,697 with right labels, trained on all 100 from three first weights.
    """

    seed: int

    def run(self, pictures: str | None) -> dict[str, Any]:
        """Train the thirty settings on five folds, then on all; return plain JSON."""
        split = digits(self.seed)
        x, y = split.train
        how = HOW | {"every": 4, "vary": {"dropout.p": HIDDEN, "input_dropout.p": INPUT}}
        network = partial(NETWORK, dropout=0.5, input_dropout=0.5)
        held = torch.zeros(30, 10)
        for kept in train.train_masks(KFold(5, shuffle=True, random_state=self.seed), len(x)):
            fold = data.Split((x[kept], y[kept]), (x[~kept], y[~kept]), split.test)
            swept = train.sweep(network, fold, STRENGTHS, seeds=[self.seed], **how)
            held += swept.val_error[:, 0] * int((~kept).sum())
        swept = train.sweep(network, split, STRENGTHS, seeds=(0, 1, 2), **how)
        truth = swept.val_error.sum(1) * len(split.val.x)
        return counted(held=held.unflatten(0, (3, 10)), truth=truth.unflatten(0, (3, 10)))


def counted(**wrong: torch.Tensor) -> dict[str, Any]:
    """Return counts as whole numbers, nested as the tensors are."""
    return {name: values.round().int().tolist() for name, values in wrong.items()}


@dataclass(frozen=True)
class Moved:
    """A small network on 60 points of the moons, three in ten labels wrong, under a moving λ·Σw².

    The points and the first weights are drawn by the seed. SGD with momentum, batches of 20, as in
    the playground. Measured every 30 epochs.
    """

    seed: int
    schedule: str
    lam: float = 0.02
    epochs: int = 600

    def run(self, pictures: str | None) -> dict[str, Any]:
        """Train one network; return plain JSON."""
        split = data.moons(60, 0.2, 0.3, self.seed)
        trainer = train.Trainer(
            models.seeded(partial(models.MLP, 2, 16, 16, 2), self.seed),
            split,
            optimizer=lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
            penalty="l2",
            batch_size=20,
            seed=self.seed,
        )
        measured = [vars(trainer.measure())]
        for epoch in range(self.epochs):
            trainer.lam = self.lam * SCHEDULES[self.schedule](epoch / self.epochs)
            trainer.epoch()
            if epoch % 30 == 29:
                measured.append(vars(trainer.measure()))
        found = {name: [one[name] for one in measured] for name in measured[0]}
        found["epochs"] = [step // 3 for step in found.pop("step")]
        return found
