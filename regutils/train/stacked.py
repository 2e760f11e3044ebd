"""Many values of λ (and seeds) trained as one batch: sweep() -> Sweep.

The copies of the network are stacked along a leading dimension and every step is one batched operation
(`torch.func.vmap`). Elementwise optimizers (SGD, Adam, AdamW, …) do to a stack what they do to each copy,
so a sweep equals a loop of `train.fit` up to rounding.
"""

import copy
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from tqdm import tqdm

from .. import models, penalties
from ..arguments import column, count, positive, require
from ..data.parts import Examples, Split
from .batches import batches as batches_of
from .measures import check_outputs
from .measures import error as data_error
from .measures import loss as data_loss


@dataclass
class Sweep:
    """K values of λ, S seeds, T recorded steps; everything measured in evaluation mode, diverged runs are NaN.

    lams (K,); vary: name → (K,); seeds (S,); steps (T,); train_loss, val_loss, train_error, val_error and penalty
    (K, S, T), the penalty times its λ; weights: name → (K, S, ...), every final parameter, biases too. stopped:
    empty, or what ended the sweep early or diverged. The attributes mean what they mean in `train.History`.
    """

    lams: Tensor
    seeds: tuple[int, ...]
    steps: Tensor
    train_loss: Tensor
    val_loss: Tensor
    train_error: Tensor
    val_error: Tensor
    penalty: Tensor
    weights: dict[str, Tensor]
    vary: dict[str, Tensor]
    stopped: str = ""
    base: nn.Module = field(repr=False, default=None)

    def model(self, k: int, s: int = 0) -> nn.Module:
        """The network trained with lams[k] and seeds[s], in evaluation mode."""
        model = copy.deepcopy(self.base)
        own = {name: w[k, s] for name, w in self.weights.items()} | {
            name: v[k] for name, v in self.vary.items()
        }
        model.load_state_dict(own, strict=False)
        return model.eval()

    @torch.no_grad()
    def predict(self, x: Tensor) -> Tensor:
        """Outputs of every network: x (n, ...) to (K, S, n, outputs)."""
        flat = {name: w.flatten(0, 1) for name, w in self.weights.items()}
        outputs = vmap(lambda own: functional_call(self.base, own, (x,)))(flat)
        return outputs.unflatten(0, (len(self.lams), len(self.seeds)))


def sweep(
    make_model: Callable[[], nn.Module],
    split: Split,
    lams: Sequence[float] | Tensor,
    *,
    penalty,
    seeds: Iterable[int],
    steps: int,
    lr: float,
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
    proximal: bool = False,
    penalized: Iterable[str] | None = None,
    vary: Mapping[str, Sequence[float]] | None = None,
    batch_size: int | None = None,
    every: int | None = None,
    progress: bool = True,
) -> Sweep:
    """Train a network for every λ in `lams` and every seed, all at once.

    make_model: called without arguments once per seed, right after `torch.manual_seed(seed)` (see `models.seeded`);
    all λ of a seed share these initial weights, and the order of batches. optimizer: called with (parameters, lr=lr).
    penalty, proximal, batch_size: as in `train.fit`. penalized: names of the parameters that the penalty sees.
    vary: buffers that differ between the K runs, name → (K,), such as {"dropout.p": [0.0, 0.5]}.
    every: record each so many steps, and after the last; a fiftieth of `steps` unless given.

    Raises ValueError for arguments out of range and for models with running statistics (BatchNorm), which cannot be
    stacked. Says once which λ diverged. An interrupt from the keyboard keeps what is recorded.
    """
    lams, seeds, lr = (
        column("lams", lams),
        tuple(count("seeds", s, low=0) for s in seeds),
        positive("lr", lr),
    )
    require(len(seeds) > 0, "seeds", seeds, "at least one seed")
    K, S, pen = len(lams), len(seeds), penalties.get(penalty, proximal)
    every = max(1, count("steps", steps) // 50) if every is None else count("every", every)

    fresh = [models.seeded(make_model, seed) for seed in seeds]
    base = fresh[0]
    require(
        not any(name.endswith("running_mean") for name, _ in base.named_buffers()),
        "make_model",
        "a model with running statistics",
        "a factory of models without BatchNorm; use train.fit for those",
    )
    with torch.no_grad():
        check_outputs(base.eval()(split.val.x[:1]), split)
    names = tuple(penalties.weights(base)) if penalized is None else tuple(penalized)
    unknown = set(names) - dict(base.named_parameters()).keys()
    require(
        not unknown,
        "penalized",
        sorted(unknown),
        f"names among {sorted(dict(base.named_parameters()))}",
    )
    buffers = _buffers(base, vary or {}, K, S)

    # Stack m = k·S + s holds λ number k and seed number s.
    stack = {
        name: torch.stack([dict(model.named_parameters())[name].detach() for model in fresh])
        .repeat(K, *[1] * parameter.ndim)
        .requires_grad_()
        for name, parameter in base.named_parameters()
    }
    lam = lams.repeat_interleave(S)
    extra = {"fused": True} if "fused" in inspect.signature(optimizer).parameters else {}
    optim = optimizer(list(stack.values()), lr=lr, **extra)
    # A copy: functional_call puts tied buffers back wrongly, and "dropout.p" is tied between the hidden layers.
    run = _Batch(copy.deepcopy(base), stack, buffers, lam, pen, proximal, names)
    orders = [torch.Generator().manual_seed(seed) for seed in seeds]
    records, recorded, stopped, done = [], [], "", 0
    bar = tqdm(
        total=steps,
        desc=f"sweep, {K * S} networks",
        unit="step",
        leave=False,
        delay=1,
        disable=not progress,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seeds[0])
        try:
            while done < steps:
                for batch in zip(
                    *(batches_of(len(split.train.x), batch_size, order) for order in orders)
                ):
                    if done == steps:
                        break
                    run.step(optim, lr, *_examples(split.train, batch, K))
                    done += 1  # not bar.n, which a bar that is switched off does not count
                    bar.update()
                    if done % every == 0 or done == steps:
                        records.append(run.measure(split))
                        recorded.append(done)
        except KeyboardInterrupt:
            stopped = f"Interrupted at step {done} of {steps}; what was recorded is kept."
            records, recorded = records or [run.measure(split)], recorded or [done]
        finally:
            bar.close()
    columns = torch.stack(records, -1).unflatten(1, (K, S))
    lost = ~torch.isfinite(columns[:, :, :, -1].sum(0)).all(1)
    if lost.any():
        named = ", ".join(f"{v:g}" for v in lams[lost].tolist())
        stopped += f"Training diverged with lr={lr:g} for λ = {named}: {penalties.edge(lr)}"
    if stopped:
        print(stopped, file=sys.stderr)
    weights = {name: w.detach().unflatten(0, (K, S)) for name, w in stack.items()}
    kept = {name: values.view(K, S)[:, 0] for name, values in buffers.items()}
    return Sweep(
        lams,
        seeds,
        torch.tensor(recorded),
        *columns,
        weights=weights,
        vary=kept,
        stopped=stopped,
        base=base,
    )


class _Batch:
    """The stacked networks and the two things done to all of them at once: a step, a measurement."""

    def __init__(self, base, stack, buffers, lam, pen, proximal, names):
        self.base, self.stack, self.buffers, self.lam = base, stack, buffers, lam
        self.pen, self.proximal, self.names = pen, proximal, names

    def _data_loss(self, own, buffers, lam, x, y):
        loss = data_loss(functional_call(self.base, (own, buffers), (x,)), y)
        if self.pen and not self.proximal and not self.pen.gradient:
            loss = loss + lam * self.pen.value({name: own[name] for name in self.names})
        return loss

    def step(self, optim, lr, x, y, dim) -> None:
        self.base.train()
        optim.zero_grad()
        losses = vmap(self._data_loss, in_dims=(0, 0, 0, dim, dim), randomness="different")(
            self.stack, self.buffers, self.lam, x, y
        )
        losses.sum().backward()
        with torch.no_grad():
            if self.pen and not self.proximal and self.pen.gradient:
                for name in self.names:
                    w = self.stack[name]
                    w.grad.add_(self.pen.gradient(w) * self.lam.view(-1, *[1] * (w.ndim - 1)))
            optim.step()
            if self.proximal:
                for name in self.names:
                    self.stack[name].copy_(vmap(self.pen.prox)(self.stack[name], lr * self.lam))

    @torch.no_grad()
    def measure(self, split) -> Tensor:
        """train_loss, val_loss, train_error, val_error, penalty: (5, K·S)."""
        self.base.eval()
        parts = split.train, split.val

        def one(own, buffers, lam):
            outputs = [functional_call(self.base, (own, buffers), (part.x,)) for part in parts]
            rows = [
                score(out, part.y)
                for score in (data_loss, data_error)
                for out, part in zip(outputs, parts)
            ]
            value = (
                self.pen.value({name: own[name] for name in self.names})
                if self.pen
                else torch.zeros(())
            )
            return torch.stack([*rows, lam * value])

        return vmap(one)(self.stack, self.buffers, self.lam).T


def _examples(train: Examples, batch: tuple, K: int):
    """x, y and the dimension along which they differ from network to network (None: they do not)."""
    if isinstance(batch[0], slice):
        return train.x, train.y, None
    rows = torch.stack(batch).repeat(K, 1)
    return train.x[rows], train.y[rows], 0


def _buffers(base: nn.Module, vary: Mapping, K: int, S: int) -> dict[str, Tensor]:
    known, checked = dict(base.named_buffers()), {}
    for name, values in vary.items():
        require(name in known, "vary", name, f"a buffer of the model, one of {sorted(known)}")
        top = {"high": 1.0, "below": True} if name.split(".")[-1] == "p" else {}
        checked[name] = column(f"vary[{name}]", values, **top)
        require(
            len(checked[name]) == K,
            f"vary[{name}]",
            f"{len(values)} values",
            f"as long as lams ({K})",
        )
    return {name: values.repeat_interleave(S) for name, values in checked.items()}
