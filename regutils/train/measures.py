"""What is measured, and how: the data loss, the error, both over a whole part."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..arguments import require
from ..data.parts import Examples, Split


def loss(outputs: Tensor, y: Tensor) -> Tensor:
    """The data loss, a mean over examples: cross-entropy for integer y, mean squared error (no ½) otherwise.

    outputs (n, c) with labels y (n,); or outputs (n, 1) or (n,) with y (n,).
    """
    if y.is_floating_point():
        return F.mse_loss(outputs.reshape(y.shape), y)
    return F.cross_entropy(outputs, y)


def error(outputs: Tensor, y: Tensor) -> Tensor:
    """Share of wrong labels in [0, 1] for integer y; for floating y the mean squared error."""
    return loss(outputs, y) if y.is_floating_point() else (outputs.argmax(-1) != y).float().mean()


def check_outputs(outputs: Tensor, split: Split) -> None:
    """Raise ValueError unless a model's `outputs` (n, c) fit the targets of every part of `split`."""
    y = split.train.y
    if y.is_floating_point():
        per_example = y[0].numel()
        require(
            outputs[0].numel() == per_example,
            "model",
            f"{outputs[0].numel()} outputs per example",
            f"one with {per_example}, like the targets",
        )
        return
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
    """Data loss and error of `model` in evaluation mode, `chunk` examples at a time; its mode is put back."""
    was_training, totals = model.training, torch.zeros(2)
    model.eval()
    for x, y in zip(examples.x.split(chunk), examples.y.split(chunk)):
        outputs = model(x)
        totals += len(x) * torch.stack([loss(outputs, y), error(outputs, y)]).cpu()
    model.train(was_training)
    mean_loss, mean_error = (totals / len(examples.x)).tolist()
    return mean_loss, mean_error
