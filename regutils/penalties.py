"""Penalties on weights, their proximal operators, and which weights are penalised.

The convention is the study note's: the total loss is data loss + λ·penalty with penalty Σw² (L2)
or Σ|w| (L1), no hidden ½ and no mean. So L2's gradient is 2λw, and PyTorch's `weight_decay=a` is
λ = a/2.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .arguments import real, require

Weights = Mapping[str, Tensor]
Prox = Callable[[Tensor, Any], Tensor]


def l2(weights: Weights) -> Tensor:
    """Σ|w|² over all tensors of `weights` (name → tensor of any shape); a scalar.

    Added up in float32 at least: a million squares of half precision would overflow it.
    """
    return _total(weights, lambda w: (w * w.conj()).real if w.is_complex() else w.square())


def l1(weights: Weights) -> Tensor:
    """Σ|w| over all tensors of `weights` (name → tensor of any shape); a scalar, as in `l2`."""
    return _total(weights, torch.abs)


def _total(weights: Weights, each: Callable[[Tensor], Tensor]) -> Tensor:
    good = isinstance(weights, Mapping) and all(isinstance(w, Tensor) for w in weights.values())
    require(good, "weights", weights, "a mapping from names to tensors")
    sums = [each(w.to(torch.promote_types(w.dtype, torch.float32))).sum() for w in weights.values()]
    return sum(sums[1:], sums[0]) if sums else torch.zeros(())


def soft_threshold(w: Tensor, t: Tensor | float) -> Tensor:
    """sign(w)·max(|w| − t, 0): the proximal operator of t·Σ|w|.

    That is the argmin over v of ½‖v − w‖² + t·Σ|v|.

    w of any shape, t ≥ 0 that broadcasts with it; ValueError where t is negative or not finite.
    Moves every weight t towards 0, and to exactly 0 if it is nearer.
    Source: Beck & Teboulle 2009 (ISTA).
    """
    _check_step(w, t)
    return torch.sgn(w) * (w.abs() - t).clamp_min(0)


def shrink(w: Tensor, t: Tensor | float) -> Tensor:
    """w / (1 + 2t): the proximal operator of t·Σw²; all weights shrink by one factor, none to 0.

    w of any shape, t ≥ 0 that broadcasts with it; ValueError where t is negative or not finite.
    """
    _check_step(w, t)
    return w / (1 + 2 * t)


def _check_step(w: Tensor, t: Tensor | float) -> None:
    require(isinstance(w, Tensor), "w", type(w).__name__, "a tensor")
    require(w.dtype.is_signed, "w", w.dtype, "of a number type that has negative ones")
    if not isinstance(t, Tensor):
        real("t", t)
        return
    pairs = zip(reversed(t.shape), reversed(w.shape))
    fits = t.numel() > 0 and all(a == b or 1 in (a, b) for a, b in pairs)
    require(fits, "t", f"a tensor {tuple(t.shape)}", f"one that broadcasts with {tuple(w.shape)}")
    try:
        low, high = (float(end) for end in t.detach().aminmax())
    except RuntimeError:
        return  # inside vmap no value can be looked at; a sweep has checked λ and lr before
    good = 0 <= low <= high < math.inf
    require(good, "t", f"values from {low:g}", "finite and at least 0, throughout")


@dataclass(frozen=True)
class Penalty:
    """A penalty as the training loops use it.

    - value: name → tensor in, scalar out.
    - prox(w, t): one weight tensor in and out, for `proximal=True`.
    - gradient(w): elementwise derivative of `value`, spares sweeps an autograd pass; None means
      autograd does it. Where it is given, `prox` is elementwise too, and t may be a tensor that
      broadcasts with w.
    """

    value: Callable[[Weights], Tensor]
    prox: Prox | None = None
    gradient: Callable[[Tensor], Tensor] | None = None


PENALTIES = {
    "l2": Penalty(l2, shrink, lambda w: 2 * w),
    "l1": Penalty(l1, soft_threshold, torch.sgn),
}


def elastic_net(l1_ratio: float) -> Penalty:
    """l1_ratio·Σ|w| + (1 − l1_ratio)·Σw², l1_ratio in [0, 1].

    Source: Zou & Hastie 2005, without scikit-learn's ½.
    """
    a = real("l1_ratio", l1_ratio, high=1.0)

    def prox(w: Tensor, t: Tensor | float) -> Tensor:
        _check_step(w, t)
        return shrink(soft_threshold(w, a * t), (1 - a) * t)

    return Penalty(
        value=lambda weights: a * l1(weights) + (1 - a) * l2(weights),
        prox=prox,
        gradient=lambda w: a * torch.sgn(w) + (1 - a) * 2 * w,
    )


def get(penalty: Any, proximal: bool = False) -> Penalty | None:
    """The Penalty meant by a name ("l1", "l2"), by l1 or l2 itself, or by a function of weights.

    None and a Penalty come back as they are. Raises ValueError for anything else, and with
    `proximal` for what has no proximal operator.
    """
    found = _known(penalty)
    require(
        not proximal or (found is not None and found.prox is not None),
        "penalty",
        penalty,
        "one with a proximal operator when proximal=True",
    )
    return found


def _known(penalty: Any) -> Penalty | None:
    if penalty is None or isinstance(penalty, Penalty):
        return penalty
    for name, known in PENALTIES.items():
        if penalty is known.value or (isinstance(penalty, str) and penalty == name):
            return known
    accepts = f"None, one of {', '.join(map(repr, PENALTIES))}, a Penalty, or a function of weights"
    require(callable(penalty), "penalty", penalty, accepts)
    return Penalty(penalty)


NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)


def weights(model: nn.Module) -> dict[str, nn.Parameter]:
    """What is penalised: the weights of `model` that training can move, each once, by its name.

    A weight maps from one space to another, so it has two dimensions or more, whatever its name:
    matrices of linear and recurrent layers, filters, embeddings. Not counted are vectors and
    scalars (biases, slopes), all of a norm layer and of PReLU, and the two learned positions
    bias_k and bias_v of MultiheadAttention. A tensor that two layers share is counted once, under
    its first name; a frozen one (requires_grad False) is not counted, as no penalty moves it.
    """
    return {name: p for name, p in _matrices(model).items() if p.requires_grad}


def _matrices(model: nn.Module) -> dict[str, nn.Parameter]:
    require(isinstance(model, nn.Module), "model", model, "a torch.nn.Module")
    first = {id(p): name for name, p in model.named_parameters()}
    found: dict[str, nn.Parameter] = {}
    for module in model.modules():
        for name, p in module.named_parameters(recurse=False):
            if _is_weight(module, name, p):
                found[first[id(p)]] = p
    return found


def _is_weight(module: nn.Module, name: str, p: nn.Parameter) -> bool:
    if isinstance(module, (*NORMS, nn.PReLU)):
        return False
    if isinstance(module, nn.MultiheadAttention) and name in ("bias_k", "bias_v"):
        return False
    return p.ndim >= 2


def decay_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Parameter groups for a PyTorch optimizer: `weight_decay` (≥ 0) on weights, none on the rest.

    Every parameter stands in one group, once, frozen ones in that of their kind.
    """
    decayed = list(_matrices(model).values())
    known = {id(p) for p in decayed}
    return [
        {"params": decayed, "weight_decay": real("weight_decay", weight_decay)},
        {"params": [p for p in model.parameters() if id(p) not in known], "weight_decay": 0.0},
    ]
