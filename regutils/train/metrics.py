"""Data loss, error, both over a whole part, and Measurement, the record that holds them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..arguments import require
from ..data import Examples

MEASURED = ("train_loss", "val_loss", "train_error", "val_error", "penalty")


@dataclass(frozen=True)
class Measurement:
    """What is measured of a network after some steps.

    History, Sweep and recorded files hold the same fields with the same meaning.

    - step: optimizer steps taken.
    - lam: λ in force at the last of them.
    - train_loss, val_loss: the data term alone, a mean over examples, in evaluation mode.
    - train_error, val_error: share of wrong answers; in regression the mean squared error.
    - penalty: Σw² or what else was chosen, not times λ.
    """

    step: int
    lam: float
    train_loss: float
    val_loss: float
    train_error: float
    val_error: float
    penalty: float

    def nan_if_diverged(self) -> "Measurement":
        """Return itself, or NaN in all but step and lam if a loss or the penalty is not finite."""
        if all(map(math.isfinite, (self.train_loss, self.val_loss, self.penalty))):
            return self
        nothing: dict[str, Any] = dict.fromkeys(MEASURED, math.nan)
        return replace(self, **nothing)


def divergence(where: str, group: Mapping[str, Any]) -> str:
    """Return the message for a run that diverged, with the λ beyond which SGD cannot converge.

    - group: one of the optimizer's `param_groups`. The bound is that of SGD, with its momentum
      (Polyak 1964); for Adam and its kin there is none.
    """
    if "betas" in group:
        return f"Training diverged {where}. Lower λ or lr."
    lr, momentum = float(group["lr"]), float(group.get("momentum", 0.0))
    limit, edge = "2", "1/lr"
    if momentum:
        limit, edge = f"2·(1 + {momentum:g})", f"(1 + {momentum:g})/lr"
    return (
        f"Training diverged {where}: a gradient step needs lr·(h + 2λ) < {limit}, where h is the "
        f"data loss's largest curvature, so λ below {edge} = {(1 + momentum) / lr:g} at least. "
        "Lower λ or lr."
    )


def loss(
    outputs: Tensor, y: Tensor, weights: Tensor | None = None, label_smoothing: float = 0.0
) -> Tensor:
    """Return the data loss, a mean over examples, added up in float32 at least.

    - outputs (n, c) and integer labels y (n,): cross-entropy.
    - outputs (n, 1) or (n,) and floating y (n,): mean squared error, no ½.
    - weights (n,): sum to 1 and make it a weighted mean.
    - label_smoothing: as in `Trainer`; of cross-entropy alone.
    """
    outputs = outputs.to(torch.promote_types(outputs.dtype, torch.float32))
    if y.is_floating_point():
        if weights is not None:
            return (weights.to(outputs.dtype) * errors(outputs, y)).sum()
        kind = torch.promote_types(outputs.dtype, y.dtype)
        return F.mse_loss(outputs.reshape(y.shape).to(kind), y.to(kind))
    if weights is None:
        return F.cross_entropy(outputs, y.long(), label_smoothing=label_smoothing)
    each = F.cross_entropy(outputs, y.long(), reduction="none", label_smoothing=label_smoothing)
    return (weights.to(each.dtype) * each).sum()


def error(outputs: Tensor, y: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return the share of wrong labels for integer y, the mean squared error for floating y.

    - weights (n,): as in `loss`.
    """
    each = errors(outputs, y)
    return each.mean() if weights is None else (weights.to(each.dtype) * each).sum()


def errors(outputs: Tensor, y: Tensor) -> Tensor:
    """Return the error of each example (n,): 1 for a wrong label, else 0; or the squared error.

    NaN where the outputs are, so that a run that diverged has no error.
    """
    if not y.is_floating_point():
        got, accepts = tuple(y.shape), f"one label for each of outputs {tuple(outputs.shape)}"
        require(y.shape == outputs.shape[:-1] and outputs.ndim > 1, "y", got, accepts)
        return (outputs.argmax(-1) != y).float().masked_fill(outputs.isnan().any(-1), math.nan)
    kind = torch.promote_types(torch.promote_types(outputs.dtype, torch.float32), y.dtype)
    squares = (outputs.reshape(y.shape).to(kind) - y.to(kind)).square()
    return squares.flatten(1).mean(1) if y.ndim > 1 else squares


@torch.no_grad()
def evaluate(model: nn.Module, examples: Examples) -> tuple[float, float]:
    """Return data loss and error of `model` in evaluation mode; its mode is put back."""
    was_training, totals = model.training, torch.zeros(2, dtype=torch.float64)
    model.eval()
    try:
        for x, y in zip(examples.x.split(2000), examples.y.split(2000)):  # for memory's sake
            outputs = model(x)
            totals += len(x) * torch.stack([loss(outputs, y), error(outputs, y)]).cpu()
    finally:
        model.train(was_training)
    mean_loss, mean_error = (totals / len(examples.x)).tolist()
    return mean_loss, mean_error
