"""Checks before training starts, so that nothing is refused in the middle of it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ..arguments import require
from ..data import Split
from ..penalties import Penalty, weights

Factory = Callable[[Iterable[Tensor]], torch.optim.Optimizer]


def check_model(model: nn.Module, split: Split) -> None:
    """Raise ValueError unless `model` goes with `split`: device, number type, shapes, labels."""
    require(isinstance(split, Split), "split", type(split).__name__, "a data.Split")
    require(isinstance(model, nn.Module), "model", model, "a torch.nn.Module")
    tensors = (*model.parameters(), *model.buffers(), *split.train)
    got = f"tensors on {', '.join(sorted({str(t.device) for t in tensors}))}"
    accepts = "on one device with split; train.to_device(model, split) moves both"
    require(len({t.device for t in tensors}) == 1, "model", got, accepts)
    trainable = any(p.requires_grad for p in model.parameters())
    accepts = "one with a parameter that requires a gradient"
    require(trainable, "model", "one that is all frozen", accepts)
    x, y = split.val.x[:2], split.train.y
    outputs = outputs_of(model, x, "train.x")
    shape = tuple(outputs.shape) if isinstance(outputs, Tensor) else (type(outputs).__name__,)
    got = f"outputs {shape} for {len(x)} examples"
    if y.is_floating_point():
        good, needed = shape[0] == len(x) and outputs[0].numel() == y[0].numel(), y[0].numel()
        require(good, "model", got, f"one that gives a tensor (n, {needed}), like the targets")
        return
    good = shape[0] == len(x) and len(shape) == 2
    require(good, "model", got, "one that gives a tensor (n, classes) where y are labels")
    accepts = f"labels from 0 to {outputs.shape[1] - 1}, the model's outputs"
    for name, part in zip(("train", "val", "test"), split.parts):
        top = int(part.y.max())
        require(top < outputs.shape[1], f"{name}.y", f"label {top}", accepts)


def outputs_of(model: nn.Module, x: Tensor, name: str) -> Any:
    """Return the outputs in evaluation mode; ValueError if the model does not take x."""
    was_training = model.training
    try:
        with torch.no_grad():
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


def build_optimizer(factory: Factory, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
    """Return `factory(parameters)`; ValueError if that is no optimizer."""
    found = factory(parameters) if callable(factory) else None
    accepts = "a function from parameters to an optimizer, as lambda p: torch.optim.SGD(p, lr=0.1)"
    require(isinstance(found, torch.optim.Optimizer), "optimizer", factory, accepts)
    return found


def check_penalty(penalty: Penalty | None, seen: Mapping[str, Tensor]) -> None:
    """Raise ValueError unless `penalty` is None or gives a scalar."""
    if penalty is None:
        return
    found = penalty.value(seen)
    got = tuple(found.shape) if isinstance(found, Tensor) else found
    accepts = "a function from weights, name → tensor, to a scalar tensor"
    require(isinstance(found, Tensor) and found.ndim == 0, "penalty", f"one to {got!r}", accepts)


def penalized_of(model: nn.Module, names: Iterable[str] | None) -> dict[str, Tensor]:
    """Return the parameters that a penalty sees, each once, by name; frozen ones left out.

    - names: those of `penalties.weights(model)` if None.
    """
    if names is None:
        return dict(weights(model))
    known = dict(model.named_parameters(remove_duplicate=False))
    good = set(names := tuple(names)) <= known.keys()
    require(good, "penalized", names, f"names of parameters, among {sorted(known)}")
    wanted = {id(known[name]) for name in names}
    return {n: w for n, w in model.named_parameters() if id(w) in wanted and w.requires_grad}
