"""The networks of the course."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from .arguments import count, real, require


class Dropout(nn.Module):
    """Set an activation to 0 with probability p in training, or divide it by 1 − p.

    As `nn.Dropout` for p in [0, 1), but p is a buffer, so models that are trained as one batch
    (`sweep`, with `vary`) can each have their own. It is a setting: no state_dict holds it.
    Source: Srivastava et al. 2014.
    """

    p: Tensor

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.register_buffer("p", torch.zeros(()), persistent=False)
        self.p = p  # type: ignore[assignment]

    def __setattr__(self, name: str, value: Any) -> None:
        """Set p, checked: `layer.p = 0.3`, as in nn.Dropout."""
        if name == "p":
            checked = torch.full_like(self.p, real("p", value, high=1.0, below=True))
            require(float(checked) < 1, "p", value, f"below 1 in {checked.dtype}")
            value = checked
        super().__setattr__(name, value)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        # In float32 at least: bfloat16 knows 256 numbers in [0, 1), too few to be below 0.001.
        drawn = torch.rand_like(x, dtype=torch.promote_types(x.dtype, torch.float32))
        return x * (drawn >= self.p) / (1 - self.p)

    def extra_repr(self) -> str:
        return f"p={float(self.p):g}"


class MLP(nn.Sequential):
    """Stack linear layers with an activation between them: MLP(64, 10) maps (n, 64) to (n, 10).

    - sizes: at least two, inputs first, outputs last.
    - dropout: p after each hidden activation, in [0, 1); 0 puts no module there. One module serves
      all hidden layers, so its buffer is "dropout.p". input_dropout: likewise, on the inputs.
    - activation: makes the module between two layers.
    """

    def __init__(
        self,
        *sizes: int,
        dropout: float = 0.0,
        input_dropout: float = 0.0,
        activation: Callable[[], nn.Module] = nn.ReLU,
    ) -> None:
        require(len(sizes) >= 2, "sizes", sizes, "at least two whole numbers, inputs and outputs")
        super().__init__()
        if real("input_dropout", input_dropout, high=1.0, below=True):
            self.input_dropout = Dropout(input_dropout)
        hidden = Dropout(dropout) if real("dropout", dropout, high=1.0, below=True) else None
        for i, (n_in, n_out) in enumerate(pairwise(sizes), start=1):
            self.add_module(f"linear{i}", nn.Linear(count("sizes", n_in), count("sizes", n_out)))
            if i < len(sizes) - 1:
                self.add_module(f"activation{i}", activation())
                if hidden:
                    self.add_module(f"dropout{i}" if i > 1 else "dropout", hidden)


class SeedCNN(nn.Sequential):
    """Stack the layers of the study note's network for pictures: (n, 3, 32, 32) to (n, 10).

    Three 5×5 convolutions with max-pooling, then two linear layers. As in the note there is no
    activation; `activation=nn.ReLU` puts one after each hidden layer. `dropout` is p in [0, 1) on
    the inputs of both linear layers (buffer "dropout.p"); 0 puts no module there.
    """

    def __init__(
        self, activation: Callable[[], nn.Module] = nn.Identity, dropout: float = 0.0
    ) -> None:
        super().__init__()
        drop = Dropout(dropout) if real("dropout", dropout, high=1.0, below=True) else None
        for i, (n_in, n_out) in enumerate(((3, 32), (32, 32), (32, 64)), start=1):
            self.add_module(f"conv{i}", nn.Conv2d(n_in, n_out, 5, padding=2))
            self.add_module(f"activation{i}", activation())
            self.add_module(f"pool{i}", nn.MaxPool2d(2))
        self.flatten = nn.Flatten()
        if drop:
            self.dropout = drop
        self.linear1, self.activation4 = nn.Linear(1024, 64), activation()
        if drop:
            self.add_module("dropout2", drop)
        self.linear2 = nn.Linear(64, 10)


def seeded(make_model: Callable[[], nn.Module], seed: int) -> nn.Module:
    """Return `make_model()` with the weights of `seed`; the global random state is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(count("seed", seed, low=0))
        return make_model()
