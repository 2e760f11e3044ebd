"""Networks trained on real pictures."""

import base64
import copy
import functools
import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ... import data, models, results, train

SEEDS = (0, 1, 2)
# Of the histograms, in units of a layer's initial bound 1/√(inputs per unit).
EDGES = torch.linspace(-6, 6, 62)


@dataclass(frozen=True)
class Job:
    """One run on pictures; the defaults are those of the sweeps.

    - every: epochs between two measurements.
    - early: the weights of the measured epoch with the lowest validation error are taken.
    - note: the study note's program as it stands (test split, no activation, nothing shuffled).
    - test: open the test set.
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
    label_smoothing: float = 0.0
    mixup: float = 0.0
    early: bool = False
    note: bool = False
    test: bool = False

    def run(self, pictures: str | None) -> dict[str, Any]:
        """Train the network, on a GPU if there is one; return plain JSON.

        - pictures: an .npz file for `data.archive`, or None for CIFAR-10.
        """
        activation = nn.Identity if self.note else nn.ReLU
        model = models.seeded(lambda: models.SeedCNN(activation, dropout=self.p), self.seed)
        model, split = train.to_device(model, self.split(read_pictures(pictures)))
        history = self._train(model, split)
        names = ("epochs", "running", "train_loss", "val_loss", "train_error", "val_error")
        measured = {name: [round(v, 5) for v in getattr(history, name)] for name in names}
        return measured | self.inspect(model, split)

    def split(self, pictures: data.Pictures) -> data.Split:
        """Cut the pictures; the note trains on the test split in order, values in [0, 1]."""
        if not self.note:
            return pictures.split(self.n_train, self.n_val)
        seen, n = pictures.test, self.n_train
        unseen, labels = pictures.x[: self.n_val] / 255, pictures.y[: self.n_val]
        return data.Split(
            (seen.x[:n] / 255, seen.y[:n]), (unseen, labels), (unseen[:1], labels[:1])
        )

    def _train(self, model: nn.Module, split: data.Split) -> train.History:
        """Return the history; `model` ends with the last weights, or with the best of `early`."""
        # Momentum m lets a steady gradient take steps of lr/(1 − m). A soft threshold of lr·λ after
        # each step would be weaker than λ·Σ|w| in the loss by that factor, so it gets it too.
        lam = self.lam / (1 - self.momentum) if self.penalty == "l1" else self.lam
        history, best, kept = None, math.inf, model.state_dict()
        while history is None or (history.epochs[-1] < self.epochs and not history.stopped):
            history = train.fit(
                model,
                split,
                epochs=self.every,
                every=self.every,
                history=history,
                optimizer=lambda p: torch.optim.SGD(
                    p, lr=self.lr, momentum=self.momentum, weight_decay=self.weight_decay
                ),
                penalty=self.penalty or None,
                lam=lam,
                proximal=self.penalty == "l1",
                shuffle=not self.note,
                batch_size=self.batch_size,
                augment=data.augment if self.augment else None,
                label_smoothing=self.label_smoothing,
                mixup=self.mixup,
                seed=self.seed,
                progress=False,
            )
            if self.early and history.val_error[-1] < best:
                best, kept = history.val_error[-1], copy.deepcopy(model.state_dict())
        if self.early:
            model.load_state_dict(kept)
        return history

    def inspect(self, model: nn.Module, split: data.Split) -> dict[str, Any]:
        """Return test error and zeros; of a sweep's first seed histograms and 8-bit filters."""
        weights = {n: model.get_submodule(n).weight.detach().cpu() for n in results.WEIGHTS}
        result: dict[str, Any] = {"zeros": {n: int((w == 0).sum()) for n, w in weights.items()}}
        if self.test:
            result["test_error"] = round(train.evaluate(model, split.test)[1], 5)
        if self.seed == SEEDS[0] and not (self.note or self.test):
            result["histogram"] = {name: _histogram(w) for name, w in weights.items()}
            top = weights["conv1"].abs().max().clamp_min(1e-9)
            filters = (weights["conv1"] / top * 127).nan_to_num().round().to(torch.int8)
            text = base64.b64encode(filters.numpy().tobytes()).decode()
            result["filters"] = {"top": round(top.item(), 5), "int8": text}
        return result


def _histogram(w: torch.Tensor) -> list[int]:
    unit = w[0].numel() ** -0.5
    counted = w[(w != 0) & w.isfinite()]
    inside = (counted / unit).clamp(EDGES[0], EDGES[-1])
    return torch.histogram(inside, EDGES).hist.int().tolist()


@functools.lru_cache(1)
def read_pictures(path: str | None) -> data.Pictures:
    """Return CIFAR-10, or the pictures of a file."""
    return data.cifar10() if path is None else data.archive(path)
