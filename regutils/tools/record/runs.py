"""One long run: a network trained on real pictures as its job says."""

import base64
import copy
import functools
import platform
import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ... import data, models, train

SEEDS = (0, 1, 2)
LAYERS = ("conv1", "conv2", "conv3", "linear1", "linear2")
# Of the histograms, in units of a layer's initial bound 1/√(inputs per unit).
EDGES = torch.linspace(-6, 6, 62)


@dataclass(frozen=True)
class Job:
    """One run: what is trained on how many pictures, and how. The defaults are those of the sweeps.

    - note: the study note's program as it stands (test split, no activation, weight_decay, nothing
      shuffled).
    - early: the weights of the measured epoch with the lowest validation error are taken.
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

    @property
    def cost(self) -> float:
        """Expected duration in some unit: pictures that are trained on."""
        return self.n_train * self.epochs

    def run(self, pictures: str | None) -> dict[str, Any]:
        """Train the network, on an accelerator if there is one; what was measured, as plain JSON.

        pictures: a file for `data` to read, or None for CIFAR-10. All passes are in bfloat16
        autocast (tests/recording compares with float32).
        """
        # Weights that a strong λ has all but erased would make a CPU ten times slower.
        torch.set_flush_denormal(True)
        started = time.process_time()
        activation = nn.Identity if self.note else nn.ReLU
        model = models.seeded(lambda: models.SeedCNN(activation, dropout=self.p), self.seed)
        model, split = train.to_device(model, split_of(self, read_pictures(pictures)))
        history, taken = self._train(model, split)
        result: dict[str, Any] = {
            name: [round(value, 5) for value in getattr(history, name)]
            for name in ("epochs", "running", "train_loss", "val_loss", "train_error", "val_error")
        }
        if self.early:
            result["taken_epoch"] = taken
        return result | self.looked_at(model, split) | machine(split, started)

    def _train(self, model: nn.Module, split: data.Split) -> tuple[train.History, int]:
        """The history, and the epoch whose weights `model` ends with."""
        # Momentum m lets a steady gradient take steps of lr/(1 − m). A soft threshold of lr·λ after
        # each step would be weaker than λ·Σ|w| in the loss by that factor, so it gets it too.
        lam = self.lam / (1 - self.momentum) if self.penalty == "l1" else self.lam
        history, best = None, None
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
                autocast=True,
                seed=self.seed,
                progress=False,
            )
            if self.early and (best is None or history.val_error[-1] < min(history.val_error[:-1])):
                best = history.epochs[-1], copy.deepcopy(model.state_dict())
        if best is None:
            return history, history.epochs[-1]
        model.load_state_dict(best[1])
        return history, best[0]

    def looked_at(self, model: nn.Module, split: data.Split) -> dict[str, Any]:
        """The test error; zeros of each layer; of the first seed histograms, filters in 8 bits."""
        layers = {
            name: model.get_submodule(name).weight.detach().float().cpu().contiguous()
            for name in LAYERS
        }
        result: dict[str, Any] = {
            "zeros": {name: int((w == 0).sum()) for name, w in layers.items()}
        }
        if self.test:
            result["test_error"] = round(train.evaluate(model, split.test)[1], 5)
        if self.seed == SEEDS[0] and not (self.note or self.test):
            result["histogram"] = {name: _histogram(w) for name, w in layers.items()}
            top = layers["conv1"].abs().max().clamp_min(1e-9)
            filters = (layers["conv1"] / top * 127).nan_to_num().round().to(torch.int8).numpy()
            result["filters"] = {
                "top": round(top.item(), 5),
                "int8": base64.b64encode(filters.tobytes()).decode(),
            }
        return result


def _histogram(w: torch.Tensor) -> list[int]:
    unit = w[0].numel() ** -0.5
    counted = w[(w != 0) & w.isfinite()]
    inside = (counted / unit).clamp(EDGES[0], EDGES[-1])
    return torch.histogram(inside, EDGES).hist.int().tolist()


def machine(split: data.Split, started: float) -> dict[str, Any]:
    """What a result says of where and how it was made; `started` is in seconds of this process."""
    on_gpu = split.train.x.is_cuda
    name = torch.cuda.get_device_name() if on_gpu else torch.backends.cpu.get_cpu_capability()
    return {
        "device": name if on_gpu else f"CPU, {name}",
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
        "seconds": round(time.process_time() - started, 1),
    }


@functools.lru_cache(1)
def read_pictures(path: str | None) -> data.Pictures:
    """CIFAR-10, or the pictures of a file as `data.archive` reads it."""
    return data.cifar10() if path is None else data.archive(path)


def split_of(job: Job, pictures: data.Pictures) -> data.Split:
    """The pictures as `job` cuts them."""
    if not job.note:
        return pictures.split(job.n_train, job.n_val)
    # As the note has it: it trains on the test split, in order, values in [0, 1]. What it never saw
    # is "val".
    seen = pictures.test
    unseen, labels = pictures.x[: job.n_val] / 255, pictures.y[: job.n_val]
    return data.Split(
        (seen.x[: job.n_train] / 255, seen.y[: job.n_train]),
        (unseen, labels),
        (unseen[:1], labels[:1]),
    )
