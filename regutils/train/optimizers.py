"""Optimizers: built from a factory, continued from a state, or shared by a stack of networks."""

import inspect
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..arguments import require

Factory = Callable[[Iterable[Tensor]], torch.optim.Optimizer]

# What they do to a weight depends on that weight alone, so they can step a stack of networks.
ELEMENTWISE = (
    torch.optim.SGD,
    torch.optim.Adam,
    torch.optim.AdamW,
    torch.optim.Adamax,
    torch.optim.NAdam,
    torch.optim.RAdam,
    torch.optim.RMSprop,
    torch.optim.Adagrad,
    torch.optim.Adadelta,
)


def build(factory: Factory, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
    """Return `factory(parameters)`; ValueError if that is no optimizer."""
    optim = factory(parameters) if callable(factory) else factory
    require(
        callable(factory) and isinstance(optim, torch.optim.Optimizer),
        "optimizer",
        optim,
        "a function from parameters to an optimizer, such as lambda p: torch.optim.SGD(p, lr=0.1)",
    )
    return optim


def state(optim: torch.optim.Optimizer) -> dict[str, Any]:
    """Return a copy of class, options and moments, in types that `torch.load` reads safely."""
    kind = f"{type(optim).__module__}.{type(optim).__qualname__}"
    return {"class": kind, **plain(optim.state_dict())}


def resume(optim: torch.optim.Optimizer, saved: dict[str, Any]) -> None:
    """Take the moments from a `state`; the options stay those of `optim`.

    Its lr and weight_decay may differ. An optimizer of another class, with other options or other
    groups of parameters, starts with moments of its own.
    """
    now = state(optim)
    if now["class"] == saved["class"] and _options(now) == _options(saved):
        asked = optim.state_dict()["param_groups"]
        optim.load_state_dict({"state": plain(saved["state"]), "param_groups": asked})


def _options(state: dict[str, Any]) -> list[dict[str, Any]]:
    changeable = ("lr", "weight_decay")
    return [{k: v for k, v in g.items() if k not in changeable} for g in state["param_groups"]]


def plain(value: Any) -> Any:
    """Return a copy of nested settings: tensors cloned, NumPy's numbers as Python's."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(plain(inner) for inner in value)
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value


def stacked(
    make: Callable[..., torch.optim.Optimizer], lr: float, stack: Iterable[Tensor]
) -> torch.optim.Optimizer:
    """Return `make(stack, lr=lr)`; ValueError unless it treats every weight by itself.

    - stack: the parameters of many networks, with a leading dimension.
    """
    accepts = "called with (parameters, lr=lr), such as torch.optim.SGD"
    require(callable(make), "optimizer", make, accepts)
    # One pass over memory instead of several, where the caller has not chosen another way.
    asked = make.keywords if isinstance(make, partial) else {}
    known = inspect.signature(make).parameters
    fused = "fused" in known and not {"fused", "foreach", "differentiable"} & asked.keys()
    try:
        optim = build(partial(make, lr=lr, **({"fused": True} if fused else {})), stack)
    except (TypeError, ValueError) as error:
        raise ValueError(f"optimizer must be {accepts}; got one that says: {error}") from error
    accepts = (
        "one that treats every weight by itself, such as SGD or Adam, because a sweep trains its "
        "networks as one stack; use a loop of train.fit for others"
    )
    require(type(optim) in ELEMENTWISE, "optimizer", type(optim).__name__, accepts)
    return optim
