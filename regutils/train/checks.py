"""Checks before training starts, so that nothing is refused in the middle of it."""

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ..arguments import require
from ..data import Split
from ..penalties import Penalty
from .devices import bfloat16, drawing_from, random_state


def check_model(model: nn.Module, split: Split, autocast: bool = False) -> None:
    """Raise ValueError unless `model` goes with `split`: device, number type, shapes, labels."""
    require(isinstance(split, Split), "split", type(split).__name__, "a data.Split")
    require(isinstance(model, nn.Module), "model", model, "a torch.nn.Module")
    x = split.train.x
    places = {t.device for t in (*model.parameters(), *model.buffers(), x, split.train.y)}
    require(
        len(places) == 1,
        "model",
        f"tensors on {', '.join(sorted(map(str, places)))}",
        "on one device with split; train.to_device(model, split) moves both",
    )
    outputs = outputs_of(model, split.val.x[:2], "train.x", autocast)
    require(
        any(p.requires_grad for p in model.parameters()),
        "model",
        "one whose parameters are all frozen",
        "one with a parameter that requires a gradient",
    )
    _check_outputs(outputs, split)


def outputs_of(model: nn.Module, x: Tensor, name: str, autocast: bool = False) -> Any:
    """Return the outputs in evaluation mode; ValueError if the model does not take x."""
    was_training = model.training
    try:
        with torch.no_grad(), bfloat16(x.device, autocast):
            return model.eval()(x)
    except RuntimeError as error:
        kinds = sorted({str(p.dtype) for p in model.parameters()})
        raise ValueError(
            f"model must be one that takes inputs like {name}, {x.dtype} of shape "
            f"{('n', *x.shape[1:])}; got one in {', '.join(kinds)} that says: "
            f"{str(error).splitlines()[0]} (split.to(dtype) changes the number type of a split)"
        ) from error
    finally:
        model.train(was_training)


def _check_outputs(outputs: Any, split: Split) -> None:
    """Raise ValueError unless a model's `outputs` (n, c) fit the targets of every part."""
    y, n = split.train.y, len(split.val.x[:2])
    rows = isinstance(outputs, Tensor) and outputs.ndim > 0 and len(outputs) == n
    got = tuple(outputs.shape) if isinstance(outputs, Tensor) else type(outputs).__name__
    got = f"outputs {got} for {n} examples"
    require(rows, "model", got, "one that gives a tensor with a row for each example")
    if y.is_floating_point():
        own, needed = outputs[0].numel(), y[0].numel()
        accepts = f"one with {needed}, like the targets"
        require(own == needed, "model", f"{own} outputs per example", accepts)
        return
    require(outputs.ndim == 2, "model", got, "one that gives (n, classes) where y are labels")
    accepts = f"labels from 0 to {outputs.shape[-1] - 1}, the model's outputs"
    for name in ("train", "val", "test"):
        top = int(getattr(split, name).y.max())
        require(top < outputs.shape[-1], f"{name}.y", f"label {top}", accepts)


def check_batches(model: nn.Module, split: Split, batch_size: int | None) -> None:
    """Raise ValueError if a batch is one example and `model` cannot train on one (BatchNorm)."""
    n = len(split.train.x)
    size = min(batch_size or n, n)
    if size > 1 and n % size != 1:
        return
    try:
        _trained_copy(model, split.train.x[:1])
    except ValueError as error:
        raise ValueError(
            "batch_size must be one that leaves no batch of a single example, as BatchNorm "
            f"compares those of a batch; got {batch_size} for {n} training examples"
        ) from error


def check_penalty(
    penalty: Penalty | None, weights: Mapping[str, Tensor], device: torch.device
) -> None:
    """Raise ValueError unless `penalty` is None or gives a scalar; no random number is used up."""
    if penalty is None:
        return
    with drawing_from(device, random_state(device)):
        found = penalty.value(weights)
    got = tuple(found.shape) if isinstance(found, Tensor) else found
    accepts = "a function from weights, name → tensor, to a scalar tensor"
    require(isinstance(found, Tensor) and found.ndim == 0, "penalty", f"one to {got!r}", accepts)


def changing_buffers(model: nn.Module, x: Tensor) -> list[str]:
    """Return the names of buffers that training changes, such as BatchNorm's running means."""
    after = dict(_trained_copy(model, x).named_buffers())
    return [name for name, b in model.named_buffers() if not torch.equal(b, after[name])]


def _trained_copy(model: nn.Module, x: Tensor) -> nn.Module:
    """Return a copy of `model` after one pass in training mode; no random number is used up."""
    trained = copy.deepcopy(model).train()
    with torch.no_grad(), drawing_from(x.device, random_state(x.device)):
        trained(x)
    return trained
