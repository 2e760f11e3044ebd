"""What is asked of an optimizer: to be one, what to go on with, whether it can be stacked."""

import copy
import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..arguments import require

Factory = Callable[[Iterable[Tensor]], torch.optim.Optimizer]

# What they do to a weight depends on that weight alone: tests/train/test_stacked.py proves each.
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
    torch.optim.Rprop,
    torch.optim.ASGD,
)


def build(factory: Factory, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
    """`factory(parameters)`, or a ValueError if that is no optimizer."""
    optim = factory(parameters) if callable(factory) else factory
    require(
        callable(factory) and isinstance(optim, torch.optim.Optimizer),
        "optimizer",
        optim,
        "a function from parameters to an optimizer, such as lambda p: torch.optim.SGD(p, lr=0.1)",
    )
    return optim


def needs_closure(optim: torch.optim.Optimizer) -> bool:
    """Whether its step calls the loss by itself, as LBFGS does."""
    found = inspect.signature(type(optim).step).parameters.get("closure")
    return found is not None and found.default is inspect.Parameter.empty


def kind(optim: torch.optim.Optimizer) -> str:
    """The full name of an optimizer's class."""
    return f"{type(optim).__module__}.{type(optim).__qualname__}"


def state(optim: torch.optim.Optimizer) -> dict[str, Any]:
    """Class, options and moments, as they are now; later steps do not change it."""
    return {"class": kind(optim), **_copied(optim.state_dict())}


def go_on(optim: torch.optim.Optimizer, saved: dict[str, Any]) -> None:
    """Take the moments from a `state`; the options stay those of `optim`.

    Its lr and weight_decay may differ. An optimizer of another class, with other options or other
    groups of parameters, starts with moments of its own.
    """
    asked = optim.state_dict()["param_groups"]
    if saved["class"] == kind(optim) and _options(asked) == _options(saved["param_groups"]):
        moments = _copied(saved["state"])
        optim.load_state_dict({"state": moments, "param_groups": asked})


def _copied(value: Any) -> Any:
    """As copy.deepcopy, in a fifth of the time: an epoch of a small network is as short as that."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {name: _copied(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_copied(inner) for inner in value]
    return value if isinstance(value, (int, float, str, tuple)) else copy.deepcopy(value)


def _options(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in g.items() if k not in ("lr", "weight_decay")} for g in groups]


def stacked(
    make: Callable[..., torch.optim.Optimizer],
    lr: float,
    one: Sequence[Tensor],
    stack: Sequence[Tensor],
) -> torch.optim.Optimizer:
    """`make(stack, lr=lr)`, which does to each of the stacked networks what it does to one.

    one: the parameters of one network; stack: those of all, with a leading dimension. What is not
    known to treat every weight by itself is tried on two networks; ValueError if they are not
    moved as each would be alone.
    """
    accepts = "called with (parameters, lr=lr), such as torch.optim.SGD"
    require(callable(make), "optimizer", make, accepts)
    try:
        alone = build(partial(make, lr=lr), [w.detach().clone().requires_grad_() for w in one])
    except TypeError as error:
        raise ValueError(f"optimizer must be {accepts}; got one that says: {error}") from error
    if type(alone) in ELEMENTWISE:
        return make(stack, lr=lr, **_fused(make))
    reason = _coupling(partial(make, lr=lr), one)
    require(
        not reason,
        "optimizer",
        f"{type(alone).__name__}, {reason}",
        "one that treats every weight by itself, such as SGD or Adam, because a sweep trains its "
        "networks as one stack; use a loop of train.fit for others",
    )
    return make(stack, lr=lr)


def _fused(make: Callable[..., torch.optim.Optimizer]) -> dict[str, bool]:
    """One pass over memory instead of several, where the caller has not chosen another way."""
    asked = make.keywords if isinstance(make, partial) else {}
    ways = {"fused", "foreach", "differentiable", "capturable"}
    known = inspect.signature(make).parameters
    return {"fused": True} if "fused" in known and not ways & asked.keys() else {}


def _coupling(factory: Factory, one: Sequence[Tensor]) -> str:
    """Why an optimizer moves two stacked networks otherwise than each alone; empty if it does not.

    Twelve steps under gradients that are a hundred times larger for the second network.
    """
    generator = torch.Generator().manual_seed(0)
    starts = [torch.stack([w.detach(), 1.5 * w.detach()]) for w in one]
    both = [w.clone().requires_grad_() for w in starts]
    apart = [[w[m].clone().requires_grad_() for w in starts] for m in (0, 1)]
    try:
        with torch.random.fork_rng(devices=[]):
            optims = [factory(both), *(factory(weights) for weights in apart)]
            for _ in range(12):
                for i, w in enumerate(both):
                    noise = torch.randn(w.shape, generator=generator).to(w)
                    w.grad = noise * noise.new_tensor([1.0, 100.0]).view(-1, *[1] * (w.ndim - 1))
                    for m in (0, 1):
                        apart[m][i].grad = w.grad[m].clone()
                for optim in optims:
                    optim.step()
    except (TypeError, ValueError, RuntimeError, KeyError) as error:
        return f"which cannot step a stack ({str(error).splitlines()[0]})"
    equal = all(
        torch.allclose(w[m], apart[m][i], rtol=1e-4, atol=1e-6)
        for i, w in enumerate(both)
        for m in (0, 1)
    )
    return "" if equal else "which moves a weight by what others do"
