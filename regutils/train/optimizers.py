"""Optimizers: built from a factory, continued from a state, or shared by a stack of networks."""

import inspect
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
from torch import Tensor, optim
from torch.optim import Optimizer

from ..arguments import require

Factory = Callable[[Iterable[Tensor]], Optimizer]

# What they do to a weight depends on that weight alone, so they can step a stack of networks.
ELEMENTWISE = (optim.SGD, optim.Adam, optim.AdamW, optim.NAdam, optim.RMSprop, optim.Adagrad)


def build(factory: Factory, parameters: Iterable[Tensor]) -> Optimizer:
    """Return `factory(parameters)`; ValueError if that is no optimizer."""
    found = factory(parameters) if callable(factory) else factory
    accepts = "a function from parameters to an optimizer, such as "
    accepts += "lambda p: torch.optim.SGD(p, lr=0.1)"
    good = callable(factory) and isinstance(found, Optimizer)
    require(good, "optimizer", found, accepts)
    return found


def state(optimizer: Optimizer) -> dict[str, Any]:
    """Return a copy of class, options and moments, in types that `torch.load` reads safely."""
    kind = type(optimizer)
    return {"class": f"{kind.__module__}.{kind.__qualname__}", **plain(optimizer.state_dict())}


def resume(optimizer: Optimizer, saved: dict[str, Any]) -> None:
    """Take the moments from a `state`; the options stay those of `optimizer`.

    Its lr and weight_decay may differ. An optimizer of another class, with other options or other
    groups of parameters, starts with moments of its own.
    """
    now = state(optimizer)
    if now["class"] == saved["class"] and _options(now) == _options(saved):
        asked = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": plain(saved["state"]), "param_groups": asked})


def _options(state: dict[str, Any]) -> list[dict[str, Any]]:
    free = ("lr", "weight_decay")
    return [{k: v for k, v in g.items() if k not in free} for g in state["param_groups"]]


def plain(value: Any) -> Any:
    """Return a copy of nested settings: tensors cloned, NumPy's numbers as Python's."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(plain(inner) for inner in value)
    return value.tolist() if isinstance(value, (np.generic, np.ndarray)) else value


def stacked(make: Callable[..., Optimizer], lr: float, stack: Iterable[Tensor]) -> Optimizer:
    """Return `make(stack, lr=lr)`; ValueError unless it treats every weight by itself.

    - stack: the parameters of many networks, with a leading dimension.
    """
    accepts = "called with (parameters, lr=lr), such as torch.optim.SGD"
    require(callable(make), "optimizer", make, accepts)
    # One pass over memory instead of several, where the caller has not chosen another way.
    asked = make.keywords if isinstance(make, partial) else {}
    fused = "fused" in inspect.signature(make).parameters and not {"fused", "foreach"} & set(asked)
    try:
        found = build(partial(make, lr=lr, **({"fused": True} if fused else {})), stack)
    except (TypeError, ValueError) as error:
        raise ValueError(f"optimizer must be {accepts}; got one that says: {error}") from error
    accepts = "one that treats every weight by itself, such as SGD or Adam, because a sweep trains "
    accepts += "its networks as one stack; use a loop of train.fit for others"
    require(type(found) in ELEMENTWISE, "optimizer", type(found).__name__, accepts)
    return found
