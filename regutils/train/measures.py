"""What is measured, and how: the data loss, the error, both over a whole part."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..arguments import count, require
from ..data.split import Examples, Split


@dataclass(frozen=True)
class Measurement:
    """What is known of a network after some steps.

    History, Sweep and recorded files hold the same fields with the same meaning.

    - step: optimizer steps taken.
    - lam: λ in force at the last of them.
    - train_loss, val_loss: the data term alone, a mean over examples, in evaluation mode.
    - train_error, val_error: share of wrong answers; in regression the mean squared error.
    - penalty: Σw² or what else was chosen, not times λ.

    A run that has diverged is NaN in all but step and lam.
    """

    step: int
    lam: float
    train_loss: float
    val_loss: float
    train_error: float
    val_error: float
    penalty: float

    @property
    def diverged(self) -> bool:
        return not all(map(math.isfinite, (self.train_loss, self.val_loss, self.penalty)))

    def settled(self) -> "Measurement":
        """Itself, or NaN throughout if anything in it is not finite."""
        if not self.diverged:
            return self
        nothing = {field.name: math.nan for field in fields(self)}
        return Measurement(**asdict(self) | nothing | {"step": self.step, "lam": self.lam})


def divergence(where: str, group: Mapping[str, Any]) -> str:
    """What is said of a run that diverged: beyond which λ its optimizer's steps cannot converge.

    group: one of the optimizer's `param_groups`. The bounds are those of SGD, with its momentum
    (Polyak 1964); of Adam and its kin, whose steps have others, none is told.
    """
    if "betas" in group:
        return f"Training diverged {where}: take a smaller lr or a smaller λ."
    lr, momentum = float(group["lr"]), group.get("momentum", 0.0)
    step, limit, edge = "plain gradient step", "2", "1/lr"
    if momentum:
        one = f"(1 + {momentum:g})"
        step, limit, edge = "gradient step with momentum", f"2·{one}", f"{one}/lr"
    return (
        f"Training diverged {where}: a {step} needs lr·(h + 2λ) < {limit}, where h is the "
        f"data loss's largest curvature, so λ below {edge} = {(1 + momentum) / lr:g} at the very "
        "least."
    )


def loss(
    outputs: Tensor, y: Tensor, weights: Tensor | None = None, label_smoothing: float = 0.0
) -> Tensor:
    """The data loss, a mean over examples.

    Cross-entropy for integer y: outputs (n, c), labels y (n,). Mean squared error (no ½) otherwise:
    outputs (n, 1) or (n,), y (n,). Added up in float32 at least. weights (n,) that sum to 1 make it
    a weighted mean; an example of weight 0 is as good as absent. label_smoothing as in `Trainer`,
    of cross-entropy alone.
    """
    outputs = outputs.to(torch.promote_types(outputs.dtype, torch.float32))
    if weights is not None:
        numbers = y.is_floating_point()
        each = errors(outputs, y) if numbers else _entropies(outputs, y, label_smoothing)
        return (weights.to(each.dtype) * each).sum()
    if y.is_floating_point():
        kind = torch.promote_types(outputs.dtype, y.dtype)
        return F.mse_loss(outputs.reshape(y.shape).to(kind), y.to(kind))
    return F.cross_entropy(outputs, y.long(), label_smoothing=label_smoothing)


def error(outputs: Tensor, y: Tensor, weights: Tensor | None = None) -> Tensor:
    """Share of wrong labels in [0, 1] for integer y; for floating y the mean squared error.

    weights (n,) as in `loss`.
    """
    if weights is not None:
        each = errors(outputs, y)
        return (weights.to(each.dtype) * each).sum()
    return loss(outputs, y) if y.is_floating_point() else errors(outputs, y).mean()


def errors(outputs: Tensor, y: Tensor) -> Tensor:
    """What `error` is the mean of, (n,): 1 for a wrong label, else 0; or the squared error.

    NaN where the outputs are, so that a run that diverged has no error.
    """
    if not y.is_floating_point():
        got, accepts = tuple(y.shape), f"one label for each of outputs {tuple(outputs.shape)}"
        require(y.shape == outputs.shape[:-1] and outputs.ndim > 1, "y", got, accepts)
        return (outputs.argmax(-1) != y).float().masked_fill(outputs.isnan().any(-1), math.nan)
    kind = torch.promote_types(torch.promote_types(outputs.dtype, torch.float32), y.dtype)
    squares = (outputs.reshape(y.shape).to(kind) - y.to(kind)).square()
    return squares.flatten(1).mean(1) if y.ndim > 1 else squares


def _entropies(outputs: Tensor, y: Tensor, label_smoothing: float = 0.0) -> Tensor:
    how: Any = {"reduction": "none", "label_smoothing": label_smoothing}
    return F.cross_entropy(outputs, y.long(), **how)


def check_outputs(outputs: Any, split: Split) -> None:
    """Raise ValueError unless a model's `outputs` (n, c) fit the targets of every part."""
    y, n = split.train.y, len(split.val.x[:2])
    rows = isinstance(outputs, Tensor) and outputs.ndim > 0 and len(outputs) == n
    got = tuple(outputs.shape) if isinstance(outputs, Tensor) else type(outputs).__name__
    got = f"outputs {got} for {n} examples"
    require(rows, "model", got, "one that gives a tensor with a row for each example")
    if y.is_floating_point():
        per_example = y[0].numel()
        require(
            outputs[0].numel() == per_example,
            "model",
            f"{outputs[0].numel()} outputs per example",
            f"one with {per_example}, like the targets",
        )
        return
    require(outputs.ndim == 2, "model", got, "one that gives (n, classes) where y are labels")
    classes = outputs.shape[-1]
    for name in ("train", "val", "test"):
        top = int(getattr(split, name).y.max())
        require(
            top < classes,
            f"{name}.y",
            f"label {top}",
            f"labels from 0 to {classes - 1}, the model's outputs",
        )


@torch.no_grad()
def evaluate(model: nn.Module, examples: Examples, chunk: int = 2000) -> tuple[float, float]:
    """Data loss and error of `model` in evaluation mode, `chunk` examples at a time.

    The model's mode is put back.
    """
    was_training = model.training
    totals, chunk = torch.zeros(2, dtype=torch.float64), count("chunk", chunk)
    require(len(examples.x) > 0, "examples", "none", "one example at least")
    model.eval()
    try:
        for x, y in zip(examples.x.split(chunk), examples.y.split(chunk)):
            outputs = model(x)
            totals += len(x) * torch.stack([loss(outputs, y), error(outputs, y)]).cpu()
    finally:
        model.train(was_training)
    mean_loss, mean_error = (totals / len(examples.x)).tolist()
    return mean_loss, mean_error
