"""What is found out before training starts, so that nothing is refused in the middle of it."""

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ..arguments import require
from ..data.split import Split
from ..penalties import Penalty
from .devices import bfloat16, drawing_from, random_state
from .measures import check_outputs


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
        "on one device with split; train.place(model, split) moves both",
    )
    outputs = outputs_of(model, split.val.x[:2], "train.x", autocast)
    require(
        any(p.requires_grad for p in model.parameters()),
        "model",
        "one whose parameters are all frozen",
        "one with a parameter that requires a gradient",
    )
    check_outputs(outputs, split)


def outputs_of(model: nn.Module, x: Tensor, name: str, autocast: bool = False) -> Any:
    """What `model` gives in evaluation mode; ValueError if it does not take `x`, called `name`."""
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


def check_batches(model: nn.Module, split: Split, batch_size: int | None) -> None:
    """Raise ValueError if a batch is one example and `model` cannot train on one (BatchNorm)."""
    n = len(split.train.x)
    size = min(batch_size or n, n)
    if size > 1 and n % size != 1:
        return
    try:
        _tried(model, split.train.x[:1])
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
    """Names of what `model` writes down as it trains on `x`, such as BatchNorm's running means."""
    after = dict(_tried(model, x).named_buffers())
    return [name for name, b in model.named_buffers() if not torch.equal(b, after[name])]


def _tried(model: nn.Module, x: Tensor) -> nn.Module:
    """A copy of `model` after one pass in training mode; the random state is left alone."""
    trained = copy.deepcopy(model).train()
    with torch.no_grad(), drawing_from(x.device, random_state(x.device)):
        trained(x)
    return trained
