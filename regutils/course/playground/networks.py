"""The data, the network and the trainer of a setting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from ... import data, models, penalties, train
from .settings import METHODS, Setting

ACTIVATIONS = {"ReLU": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
OPTIMIZERS: dict[str, tuple[Callable[..., torch.optim.Optimizer], dict[str, float]]] = {
    "SGD": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "Adam": (torch.optim.Adam, {}),
    "AdamW": (torch.optim.AdamW, {}),
}


def split(setting: Setting) -> data.Split:
    """Return the examples."""
    make: Callable[..., data.Split] = getattr(data, setting.data)
    return make(setting.points, setting.noise, setting.wrong, setting.draw)


def wrong_labels(setting: Setting, y: Tensor) -> Tensor:
    """Return which of the training labels y (n,) are wrong, (n,) bool."""
    return y != split(replace(setting, wrong=0.0)).train.y


def sizes(setting: Setting) -> list[int]:
    """Return the units of each layer, inputs and outputs included."""
    return [2, *[setting.width] * setting.depth, 2]


def network(setting: Setting) -> nn.Sequential:
    """Return linear layers with activation and nn.Dropout between them, weights by the seed."""
    units = sizes(setting)

    def make() -> nn.Sequential:
        layers: list[nn.Module] = []
        for n_in, n_out in zip(units[:-2], units[1:-1]):
            layers += [nn.Linear(n_in, n_out), ACTIVATIONS[setting.activation]()]
            layers.append(nn.Dropout(setting.p))
        return nn.Sequential(*layers, nn.Linear(*units[-2:]))

    return models.seeded(make, setting.seed)


def trainer(setting: Setting) -> train.Trainer:
    """Return the setting's network with fresh weights, ready for its first step."""
    model = network(setting)
    return train.Trainer(
        model,
        split(setting),
        optimizer=optimizer(setting, model),
        penalty=penalty(setting),
        lam=setting.lam,
        proximal=setting.proximal,
        batch_size=setting.batch or None,
        seed=setting.seed,
    )


def change(now: train.Trainer, old: Setting, new: Setting) -> None:
    """Bring a trainer from one setting to another that needs no restart."""
    if old.batch != new.batch:
        now.batch_size = new.batch or None
    for module in now.model.modules():
        if isinstance(module, nn.Dropout):
            module.p = new.p
    if old.optimizer != new.optimizer:
        now.optimizer = optimizer(new, now.model)
    if now.lr != new.lr:
        now.lr = new.lr
    now.penalise(penalty(new), new.proximal)
    now.lam = new.lam
    for group, decay in zip(now.optimizer.param_groups, (_decay(new), 0.0)):
        group["weight_decay"] = decay


def penalty(setting: Setting) -> penalties.Penalty | None:
    """Return the penalty in the trainer: none where AdamW decays by itself."""
    return None if setting.decays else METHODS[setting.penalty]


def optimizer(setting: Setting, model: nn.Module) -> Callable[[Any], torch.optim.Optimizer]:
    """Return the factory of the setting's optimizer; weights and biases are separate groups."""
    kind, options = OPTIMIZERS[setting.optimizer]
    groups = penalties.decay_groups(model, _decay(setting))
    return lambda _: kind(groups, lr=setting.lr, **options)


def _decay(setting: Setting) -> float:
    """Return PyTorch's weight_decay that stands for the setting's λ·Σw²."""
    return 2 * setting.lam if setting.decays else 0.0


def weights(model: nn.Sequential) -> list[Tensor]:
    """Return the weight of each linear layer, (units, units before), inputs first."""
    return [layer.weight for layer in model if isinstance(layer, nn.Linear)]


@torch.no_grad()
def dead(model: nn.Sequential, x: Tensor) -> list[Tensor]:
    """Return of each hidden layer which units do nothing, (units,) bool.

    A unit does nothing when it gives the same for all of `x` (n, inputs), or when all weights that
    lead on from it are exactly 0.
    """
    model.eval()
    onward = iter(weights(model)[1:])
    found: list[Tensor] = []
    for module in model[:-1]:
        x = module(x)
        if isinstance(module, nn.Dropout):
            silent = (next(onward) == 0).all(0)
            found.append((x.max(0).values == x.min(0).values) | silent)
    return found
