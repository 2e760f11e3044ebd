"""Penalties on weights, their proximal operators, and which weights are penalised.

The convention is the study note's: the total loss is data loss + λ·penalty with penalty Σw² (L2)
or Σ|w| (L1), no hidden ½ and no mean. So L2's gradient is 2λw, and PyTorch's `weight_decay=a` is
λ = a/2.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .arguments import real, require

Weights = Mapping[str, Tensor]
Prox = Callable[[Tensor, Any], Tensor]


def l2(weights: Weights) -> Tensor:
    """Return Σw² over all tensors of `weights` (name → tensor of any shape), a scalar.

    Added up in float32 at least: a million squares of half precision would overflow it.
    """
    return _total(weights, torch.square)


def l1(weights: Weights) -> Tensor:
    """Return Σ|w| over all tensors of `weights` (name → tensor of any shape), a scalar."""
    return _total(weights, torch.abs)


def _total(weights: Weights, each: Callable[[Tensor], Tensor]) -> Tensor:
    good = isinstance(weights, Mapping) and all(isinstance(w, Tensor) for w in weights.values())
    require(good, "weights", weights, "a mapping from names to tensors")
    sums = [each(w.to(torch.promote_types(w.dtype, torch.float32))).sum() for w in weights.values()]
    return sum(sums[1:], sums[0]) if sums else torch.zeros(())


def soft_threshold(w: Tensor, t: Tensor | float) -> Tensor:
    """Return sign(w)·max(|w| − t, 0), the proximal operator of t·Σ|w|.

    That is the argmin over v of ½‖v − w‖² + t·Σ|v|: every weight moves t towards 0, and to
    exactly 0 if it is nearer.

    - w: any shape.
    - t: finite and at least 0, else ValueError; a tensor of them broadcasts with w.

    Source: Beck & Teboulle 2009 (ISTA).
    """
    _check_step(w, t)
    return torch.sign(w) * (w.abs() - t).clamp_min(0)


def shrink(w: Tensor, t: Tensor | float) -> Tensor:
    """Return w / (1 + 2t), the proximal operator of t·Σw²; w and t as in `soft_threshold`."""
    _check_step(w, t)
    return w / (1 + 2 * t)


def _check_step(w: Tensor, t: Tensor | float) -> None:
    require(isinstance(w, Tensor), "w", type(w).__name__, "a tensor")
    if not isinstance(t, Tensor):
        real("t", t)
        return
    pairs = zip(reversed(t.shape), reversed(w.shape))
    fits = t.numel() > 0 and all(a == b or 1 in (a, b) for a, b in pairs)
    require(fits, "t", f"a tensor {tuple(t.shape)}", f"one that broadcasts with {tuple(w.shape)}")
    try:
        good = bool(((t >= 0) & t.isfinite()).all())
    except RuntimeError:
        return  # inside vmap no value can be looked at; a sweep has checked λ and lr before
    require(good, "t", t, "finite and at least 0, throughout")


@dataclass(frozen=True)
class Penalty:
    """Hold a penalty as the training loops use it.

    - value: name → tensor in, scalar out.
    - prox(w, t): one weight tensor in and out, for `proximal=True`.
    - gradient(w): elementwise derivative of `value`, spares sweeps an autograd pass; None leaves it
      to autograd. Where it is given, `prox` is elementwise too, and t broadcasts with w.
    - label: its name for readers.
    - code, prox_code: both for one weight tensor w in plain PyTorch, for programs that are shown.
    """

    value: Callable[[Weights], Tensor]
    prox: Prox | None = None
    gradient: Callable[[Tensor], Tensor] | None = None
    label: str = "own penalty"
    code: str = ""
    prox_code: str = ""


SOFT = "w.sign() * (w.abs() - t).clamp_min(0)"  # soft_threshold, for `prox_code`


def elastic_net(l1_ratio: float) -> Penalty:
    """Return l1_ratio·Σ|w| + (1 − l1_ratio)·Σw², l1_ratio in [0, 1].

    Source: Zou & Hastie 2005, without scikit-learn's ½.
    """
    a = real("l1_ratio", l1_ratio, high=1.0)
    return Penalty(
        value=lambda weights: a * l1(weights) + (1 - a) * l2(weights),
        prox=lambda w, t: shrink(soft_threshold(w, a * t), (1 - a) * t),
        gradient=lambda w: a * torch.sign(w) + (1 - a) * 2 * w,
        label="elastic net",
        code=f"({a:g} * w.abs() + {1 - a:g} * w.square()).sum()",
        prox_code=f"{SOFT.replace('- t', f'- {a:g} * t')} / (1 + {2 * (1 - a):g} * t)",
    )


# The one table of penalties: who offers penalties by name reads it.
PENALTIES = {
    "l2": Penalty(l2, shrink, lambda w: 2 * w, "L2", "w.square().sum()", "w / (1 + 2 * t)"),
    "l1": Penalty(l1, soft_threshold, torch.sign, "L1", "w.abs().sum()", SOFT),
    "elastic_net": elastic_net(0.5),
}


def get(penalty: Any, proximal: bool = False) -> Penalty | None:
    """Return the Penalty meant by a name in PENALTIES, by l1 or l2 itself, or by a function.

    None and a Penalty come back as they are. Raises ValueError for anything else, and with
    `proximal` for what has no proximal operator.
    """
    found: Penalty | None = penalty
    if penalty is not None and not isinstance(penalty, Penalty):
        named = [k for name, k in PENALTIES.items() if penalty is k.value or str(penalty) == name]
        names = ", ".join(map(repr, PENALTIES))
        accepts = f"None, one of {names}, a Penalty, or a function of weights"
        require(bool(named) or callable(penalty), "penalty", penalty, accepts)
        found = named[0] if named else Penalty(penalty)
    good = not proximal or (found is not None and found.prox is not None)
    require(good, "penalty", penalty, "one with a proximal operator when proximal=True")
    return found


NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)


def weights(model: nn.Module) -> dict[str, nn.Parameter]:
    """Return what is penalised: the weights of `model` that training can move, by name.

    A weight has two dimensions or more, whatever its name: matrices of linear and recurrent layers,
    filters, embeddings. Not counted are vectors and scalars (biases, slopes) and all of a norm
    layer. A tensor that two layers share is counted once, under its first name; a frozen one is
    not, as no penalty moves it.
    """
    return {name: p for name, p in _matrices(model).items() if p.requires_grad}


def _matrices(model: nn.Module) -> dict[str, nn.Parameter]:
    require(isinstance(model, nn.Module), "model", model, "a torch.nn.Module")
    norms = [module for module in model.modules() if isinstance(module, NORMS)]
    skipped = {id(p) for norm in norms for p in norm.parameters()}
    named = model.named_parameters()  # each parameter once, under its first name
    return {name: p for name, p in named if p.ndim >= 2 and id(p) not in skipped}


def decay_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Return parameter groups for an optimizer: `weight_decay` (≥ 0) on weights, 0 on the rest.

    Every parameter stands in one group, once, frozen ones in that of their kind.
    """
    decayed = _matrices(model)
    rest = [p for name, p in model.named_parameters() if name not in decayed]
    return [
        {"params": list(decayed.values()), "weight_decay": real("weight_decay", weight_decay)},
        {"params": rest, "weight_decay": 0.0},
    ]
