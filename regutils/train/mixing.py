"""Mixup: training on pictures halfway between two, with the loss shared between both labels."""

import torch
from torch import Tensor


def beta(alpha: float) -> float:
    """A draw from Beta(alpha, alpha), in [0, 1], from torch's global random state.

    A/(A + B) for two draws A and B of Gamma(alpha), in logarithms, since Gamma(alpha) underflows
    to 0 for small alpha: Gamma(alpha) is Gamma(alpha + 1)·U^(1/alpha) (Marsaglia and Tsang 2000).
    """
    above = torch.distributions.Gamma(torch.tensor(alpha + 1, dtype=torch.float64), 1.0)
    logs = above.sample((2,)).log() + torch.rand(2, dtype=torch.float64).log() / alpha
    return float((logs[0] - logs[1]).sigmoid())


def mix(x: Tensor, y: Tensor, alpha: float) -> tuple[Tensor, Tensor, float]:
    """A batch blended with itself in another order (mixup: Zhang et al. 2018, arXiv 1710.09412).

    - x (n, …), y (n,): the batch and its targets.
    - alpha: above 0. One share s is drawn from Beta(alpha, alpha) for the whole batch: near 0 or 1
      for a small alpha, anything between for alpha 1.

    Returns s·x + (1 − s)·x', the targets y' of the pictures x' blended in, and s. Draws a share and
    a permutation from torch's global random state.
    """
    share = beta(alpha)
    others = torch.randperm(len(x), device=x.device)
    return share * x + (1 - share) * x[others], y[others], share
