"""Penalties on weights, their proximal operators, and which weights are penalised.

The convention is the study note's: the total loss is data loss + λ·penalty with penalty Σw² (L2) or Σ|w| (L1),
no hidden ½ and no mean. So L2's gradient is 2λw, and PyTorch's `weight_decay=a` is λ = a/2.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .arguments import real, require

Weights = Mapping[str, Tensor]


def l2(weights: Weights) -> Tensor:
    """Σw² over all tensors of `weights` (name → tensor of any shape); a scalar."""
    return sum(w.square().sum() for w in weights.values())


def l1(weights: Weights) -> Tensor:
    """Σ|w| over all tensors of `weights` (name → tensor of any shape); a scalar."""
    return sum(w.abs().sum() for w in weights.values())


def soft_threshold(w: Tensor, t: Tensor | float) -> Tensor:
    """sign(w)·max(|w| − t, 0): the proximal operator of t·Σ|w|, argmin over v of ½‖v − w‖² + t·Σ|v|.

    w of any shape, t ≥ 0 that broadcasts with it. Moves every weight t towards 0, and to exactly 0 if it is nearer.
    Source: Beck & Teboulle 2009 (ISTA).
    """
    if not isinstance(t, Tensor):
        real("t", t)
    return torch.sign(w) * (w.abs() - t).clamp_min(0)


def shrink(w: Tensor, t: Tensor | float) -> Tensor:
    """w / (1 + 2t): the proximal operator of t·Σw². Makes every weight smaller by one factor, none of them 0."""
    return w / (1 + 2 * t)


@dataclass(frozen=True)
class Penalty:
    """A penalty as the training loops use it.

    value: name → tensor in, scalar out. prox(w, t): one weight tensor in and out, for `proximal=True`.
    gradient(w): elementwise derivative of `value`, spares sweeps an autograd pass; None means autograd does it.
    """

    value: Callable[[Weights], Tensor]
    prox: Callable[[Tensor, Tensor], Tensor] | None = None
    gradient: Callable[[Tensor], Tensor] | None = None


PENALTIES = {
    "l2": Penalty(l2, shrink, lambda w: 2 * w),
    "l1": Penalty(l1, soft_threshold, torch.sign),
}


def elastic_net(l1_ratio: float) -> Penalty:
    """l1_ratio·Σ|w| + (1 − l1_ratio)·Σw², l1_ratio in [0, 1] (Zou & Hastie 2005, without scikit-learn's ½)."""
    a = real("l1_ratio", l1_ratio, high=1.0)
    return Penalty(
        value=lambda weights: a * l1(weights) + (1 - a) * l2(weights),
        prox=lambda w, t: shrink(soft_threshold(w, a * torch.as_tensor(t)), (1 - a) * t),
        gradient=lambda w: a * torch.sign(w) + (1 - a) * 2 * w,
    )


def get(penalty, proximal: bool = False) -> Penalty | None:
    """The Penalty meant by a name ("l1", "l2"), by one of the functions l1 and l2, or by any function of weights.

    None and a Penalty come back as they are. Raises ValueError for anything else, and with `proximal` for what has
    no proximal operator.
    """
    found = _known(penalty)
    require(
        not proximal or (found is not None and found.prox is not None),
        "penalty",
        penalty,
        "one with a proximal operator when proximal=True",
    )
    return found


def edge(lr: float) -> str:
    """What a run that diverged is told: beyond which λ gradient steps of length `lr` cannot converge."""
    return (
        f"a gradient step needs lr·(h + 2λ) < 2, where h is the data loss's largest curvature, so λ below "
        f"1/lr = {1 / lr:g} at the very least."
    )


def _known(penalty) -> Penalty | None:
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
    """What is penalised: every parameter of `model` by its name, but no bias and nothing of a norm layer."""
    return {
        f"{prefix}.{name}".lstrip("."): parameter
        for prefix, module in model.named_modules()
        if not isinstance(module, NORMS)
        for name, parameter in module.named_parameters(recurse=False)
        if not name.endswith("bias")
    }


def decay_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Parameter groups for a PyTorch optimizer: `weight_decay` (≥ 0) on weights, none on biases and norm layers."""
    decayed = weights(model)
    rest = [p for name, p in model.named_parameters() if name not in decayed]
    return [
        {"params": list(decayed.values()), "weight_decay": real("weight_decay", weight_decay)},
        {"params": rest, "weight_decay": 0.0},
    ]
