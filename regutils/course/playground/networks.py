"""The data, the network and the trainer of a setting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from ... import data, models, penalties, train
from .settings import Setting

ACTIVATIONS = {"ReLU": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "SGD": torch.optim.SGD,
    "momentum": torch.optim.SGD,
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
}
MOMENTUM = 0.9
L1_RATIO = 0.5

# Penalty by its name on the control: as `train.Trainer` takes it, and whether as a proximal step.
PENALTIES: dict[str, tuple[Any, bool]] = {
    "L2": ("l2", False),
    "L1 subgradient": ("l1", False),
    "L1 soft threshold": ("l1", True),
    "elastic net": (penalties.elastic_net(L1_RATIO), True),
}


def split(setting: Setting) -> data.Split:
    """The examples, with the inputs that are switched on."""
    make: Callable[..., data.Split] = getattr(data, setting.data)
    if setting.curve:
        raw = make(setting.points, setting.noise, seed=setting.draw)
    else:
        raw = make(setting.points, setting.noise, setting.wrong, setting.draw)
    return data.Split(*(data.Examples(features(x, setting), y) for x, y in raw.parts))


def wrong_labels(setting: Setting, y: Tensor) -> Tensor:
    """Which of the training labels y (n,) are wrong, (n,) bool; none of a curve's."""
    if setting.curve:
        return torch.zeros(len(y), dtype=torch.bool)
    return y != split(replace(setting, wrong=0.0)).train.y


def features(x: Tensor, setting: Setting) -> Tensor:
    """x (n, 1) or (n, 2) and what is made of it, (n, inputs)."""
    made = [x]
    if setting.squares:
        made.append(x.square())
    if setting.product and x.shape[1] == 2:
        made.append(x.prod(1, keepdim=True))
    if setting.sines:
        made.append((torch.pi * x).sin())
    return torch.cat(made, 1)


def names(setting: Setting) -> list[str]:
    """Of the inputs, as they are written in the drawing of the network."""
    plain = ["x"] if setting.curve else ["x₁", "x₂"]
    made = list(plain)
    if setting.squares:
        made += [f"{name}²" for name in plain]
    if setting.product and not setting.curve:
        made.append("x₁x₂")
    if setting.sines:
        made += [f"sin π{name}" for name in plain]
    return made


def sizes(setting: Setting) -> list[int]:
    """Units of each layer, inputs and outputs included."""
    return [len(names(setting)), *[setting.width] * setting.depth, 1 if setting.curve else 2]


def network(setting: Setting) -> nn.Sequential:
    """Linear layers with activation and nn.Dropout between them, its weights drawn by the seed."""
    units = sizes(setting)

    def make() -> nn.Sequential:
        layers: list[nn.Module] = []
        for n_in, n_out in zip(units[:-2], units[1:-1]):
            layers += [nn.Linear(n_in, n_out), ACTIVATIONS[setting.activation]()]
            layers.append(nn.Dropout(setting.p))
        return nn.Sequential(*layers, nn.Linear(*units[-2:]))

    model = models.seeded(make, setting.seed)
    assert isinstance(model, nn.Sequential)
    return model


def trainer(setting: Setting) -> train.Trainer:
    """The setting's network with fresh weights, ready for its first step."""
    model = network(setting)
    penalty, proximal = penalty_of(setting)
    return train.Trainer(
        model,
        split(setting),
        optimizer=optimizer(setting, model),
        penalty=penalty,
        lam=setting.lam,
        proximal=proximal,
        batch_size=setting.batch or None,
        seed=setting.seed,
    )


def change(now: train.Trainer, old: Setting, new: Setting) -> None:
    """Bring a trainer from one setting to another that needs no restart."""
    if (old.noise, old.wrong, old.draw) != (new.noise, new.wrong, new.draw):
        now.split = split(new)
    if old.batch != new.batch:
        now.batch_size = new.batch or None
    for module in now.model.modules():
        if isinstance(module, nn.Dropout):
            module.p = new.p
    if old.optimizer != new.optimizer:
        now.optimizer = optimizer(new, now.model)
    if now.lr != new.lr:
        now.lr = new.lr
    now.penalise(*penalty_of(new))
    now.lam = new.lam
    for group, decay in zip(now.optimizer.param_groups, (decay_of(new), 0.0)):
        group["weight_decay"] = decay


def penalty_of(setting: Setting) -> tuple[Any, bool]:
    """The penalty in the trainer and whether it is a proximal step: none where AdamW decays."""
    return (None, False) if decays(setting) else PENALTIES[setting.penalty]


def decays(setting: Setting) -> bool:
    """Whether the penalty is AdamW's own decay: L2's gradient outside of Adam's scaling."""
    return setting.optimizer == "AdamW" and setting.penalty == "L2"


def decay_of(setting: Setting) -> float:
    """PyTorch's weight_decay that stands for the setting's λ·Σw²."""
    return 2 * setting.lam if decays(setting) else 0.0


def optimizer(setting: Setting, model: nn.Module) -> Callable[[Any], torch.optim.Optimizer]:
    """The factory of the setting's optimizer; weights and biases are groups of their own."""
    kind = OPTIMIZERS[setting.optimizer]
    options: dict[str, Any] = {"lr": setting.lr}
    if setting.optimizer == "momentum":
        options["momentum"] = MOMENTUM
    return lambda _: kind(penalties.decay_groups(model, decay_of(setting)), **options)


def price(setting: Setting, model: nn.Module) -> float:
    """Σw² or Σ|w| or their mixture: the penalty, not times λ."""
    value: Tensor = penalties.get(PENALTIES[setting.penalty][0]).value(penalties.weights(model))
    return value.item()


def weights(model: nn.Sequential) -> list[Tensor]:
    """The weight of each linear layer, (units, units before), inputs first."""
    return [layer.weight for layer in model if isinstance(layer, nn.Linear)]


@torch.no_grad()
def dead(model: nn.Sequential, x: Tensor) -> list[Tensor]:
    """Of each hidden layer which units do nothing, (units,) bool.

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
