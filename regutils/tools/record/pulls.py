"""How hard the data pull on each layer's weights at the end of a run with L1."""

from dataclasses import dataclass
from typing import Any

from torch import nn

from ... import data, train
from .runs import LAYERS, Job


@dataclass(frozen=True)
class Pulled(Job):
    """A run of the L1 sweep, of whose trained network the gradients are looked at."""

    penalty: str = "l1"
    lam: float = 2e-4

    def looked_at(self, model: nn.Module, split: data.Split) -> dict[str, Any]:
        """Of each layer the share of weights on which the data pull less hard than λ, as well."""
        model.eval().zero_grad()
        n = len(split.train.y)
        for x, y in zip(split.train.x.split(500), split.train.y.split(500)):
            (train.loss(model(x), y) * len(y) / n).backward()
        pulls = {name: model.get_submodule(name).weight.grad for name in LAYERS}
        weaker = {name: (pull.abs() < self.lam).float().mean() for name, pull in pulls.items()}
        shares = {name: round(share.item(), 4) for name, share in weaker.items()}
        return super().looked_at(model, split) | {"pulled_less": shares}
