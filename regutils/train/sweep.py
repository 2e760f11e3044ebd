"""Many values of λ (and seeds) trained as one batch: sweep() -> Sweep.

The copies of the network are stacked along a leading dimension and every step is one batched
operation (`torch.func.vmap`). Elementwise optimizers (SGD, Adam, AdamW, …) do to a stack what they
do to each copy, so a sweep equals a loop of `train.fit` up to rounding.
"""

import contextlib
import copy
import inspect
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn, optim
from torch.func import functional_call, vmap
from torch.nn import functional as F

from .. import models, penalties
from ..arguments import column, count, position, positive, real, require
from ..data import Examples, Split
from ..progress import bar
from . import devices
from .checks import check_model, check_penalty, outputs_of, penalized_of
from .metrics import MEASURED, divergence, errors
from .metrics import error as data_error
from .metrics import loss as data_loss
from .trainer import batches

Weights = dict[str, Tensor]  # by the parameters' names
# What they do to a weight depends on that weight alone, so they can step a stack of networks.
ELEMENTWISE = (optim.SGD, optim.Adam, optim.AdamW, optim.NAdam, optim.RMSprop, optim.Adagrad)


@dataclass(repr=False)
class Sweep:
    """K values of λ, S seeds, T recorded steps; the fields mean what they mean in `Measurement`.

    - lams (K,), seeds (S,), steps (T,): λ, and the optimizer steps at each record.
    - train_loss, val_loss, train_error, val_error, penalty (K, S, T): NaN once a run has diverged.
    - test_loss, test_error (K, S, T): of the test part; None unless asked for.
    - weights: name → (K, S, ...), every final parameter, biases too.
    - vary: name → (K,). train_mask: None, or (S, n) bool, what each seed trained on; its train_loss
      and train_error are over that alone.
    - stopped: empty, or what ended the sweep early or diverged.
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
    base: nn.Module
    stopped: str = ""
    train_mask: Tensor | None = None
    test_loss: Tensor | None = None
    test_error: Tensor | None = None

    def at(self, lam: float) -> int:
        """Return the index of λ = `lam`, to three digits; ValueError that lists what there is."""
        return position("lam", real("lam", lam), self.lams.tolist())

    def model(self, k: int, s: int = 0) -> nn.Module:
        """Return the network of lams[k] and seeds[s], in evaluation mode; -1 is the last."""
        K, S = len(self.lams), len(self.seeds)
        k, s = count("k", k, -K, K - 1), count("s", s, -S, S - 1)
        model = copy.deepcopy(self.base)
        own = {name: w[k, s] for name, w in self.weights.items()}
        own |= {name: values[k] for name, values in self.vary.items()}
        tensors = dict(model.named_parameters()) | dict(model.named_buffers())
        with torch.no_grad():
            for name, value in own.items():
                tensors[name].copy_(value)
        return model.eval()

    @torch.no_grad()
    def predict(self, x: Tensor) -> Tensor:
        """Return the outputs of every network: x (n, ...) to (K, S, n, outputs)."""
        outputs_of(self.base, x[:2], "x")
        each = vmap(lambda own: functional_call(self.base, own, (x,)))
        outputs: Tensor = vmap(each)(self.weights)
        return outputs

    def held_out(self, examples: Examples) -> Tensor:
        """Return errors on what was not trained on: (K, S, n), NaN elsewhere or if diverged.

        - examples: the training part. 1 for a wrong label, else 0; in regression the squared error.

        A `nanmean` over n is the error of a fold.
        """
        if self.train_mask is None:
            raise ValueError("held_out needs a sweep with train_mask; this one trained on all")
        n, seen = len(examples.x), self.train_mask.shape[1]
        require(n == seen, "examples", f"{n} examples", f"the training part, of {seen}")
        each = vmap(lambda outputs: errors(outputs, examples.y))
        missed: Tensor = vmap(each)(self.predict(examples.x))
        diverged = self.val_loss[..., -1:].isnan().to(self.train_mask.device)
        return missed.masked_fill(self.train_mask | diverged, torch.nan)


def sweep(
    make_model: Callable[[], nn.Module],
    split: Split,
    lams: Sequence[float] | Tensor,
    *,
    penalty: Any,
    seeds: Iterable[int],
    steps: int,
    lr: float,
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
    proximal: bool = False,
    penalized: Iterable[str] | None = None,
    vary: Mapping[str, Sequence[float]] | None = None,
    train_mask: Tensor | None = None,
    batch_size: int | None = None,
    every: int | None = None,
    test: bool = False,
    progress: bool = True,
) -> Sweep:
    """Train a network for every λ in `lams` and every seed, all at once.

    - make_model: called once per seed, by `models.seeded`; all λ of a seed share these initial
      weights, and the order of batches.
    - split: on the models' device.
    - lams (K,): the values of λ, each at least 0, ascending; with `vary` in any order.
    - penalty, proximal, penalized, batch_size: as in `train.Trainer`.
    - seeds (S,): whole numbers in a sequence, such as range(3).
    - steps: of the optimizer. lr: its learning rate. optimizer: called with (parameters, lr=lr);
      one that treats every weight by itself, as SGD and Adam do.
    - vary: buffers that differ between the K runs, name → (K,), such as {"dropout.p": [0.0, 0.5]}.
    - train_mask: (S, n) bool, the examples of split.train that each seed trains on, such as the
      folds of `train.train_masks`; the same seed may stand in `seeds` for each fold.
    - every: record each so many steps, and after the last; a fiftieth of `steps` unless given.
    - test: whether to record the test part too, so that what was chosen on val is judged on it.
    - progress: whether to show a bar.

    Raises ValueError for arguments out of range, for optimizers that move a weight by what others
    do (LBFGS), and for models that cannot be batched (GRU) or change buffers in training
    (BatchNorm). Says which λ diverged. An interrupt keeps what is recorded, with its weights.
    """
    exact = column("lams", lams, dtype=torch.float64)
    accepts = "ascending, each value once, unless vary is given"
    require(bool(vary) or bool((exact.diff() > 0).all()), "lams", lams, accepts)
    listed = tuple(seeds) if isinstance(seeds, Iterable) else ()
    require(len(listed) > 0, "seeds", seeds, "whole numbers in a sequence, such as range(3)")
    seeds = tuple(count("seeds", seed, low=0) for seed in listed)
    lr, steps = positive("lr", lr), count("steps", steps)
    every = max(1, steps // 50) if every is None else count("every", every)
    batch_size = None if batch_size is None else count("batch_size", batch_size)
    good = callable(make_model) and not isinstance(make_model, nn.Module)
    require(good, "make_model", make_model, "a function without arguments that makes a model")
    fresh = [models.seeded(make_model, seed) for seed in seeds]
    check_model(fresh[0], split)
    _check_mask(train_mask, len(seeds), len(split.train.x))
    buffers, x = dict(fresh[0].named_buffers()), split.train.x  # the stack has one of each buffer
    trained = copy.deepcopy(fresh[0]).train()
    with torch.no_grad(), devices.drawing_from(x.device, devices.random_state(x.device)):
        trained(x[:2])
    same = all(
        torch.equal(b, buffers[n]) for model in (trained, *fresh) for n, b in model.named_buffers()
    )
    accepts = "a factory of models without BatchNorm and its like; use a loop of train.fit for them"
    require(same, "make_model", "one whose buffers change in training or with the seed", accepts)
    pen = penalties.get(penalty, proximal)
    varied = _varied(fresh[0], vary or {}, len(exact))
    run = _Stack(fresh, exact, varied, pen, proximal, penalized)
    stepping = _stacked_optimizer(optimizer, lr, list(run.stack.values()))

    orders = [torch.Generator().manual_seed(seed) for seed in seeds]
    todo = _stacked_batches(split.train, train_mask, batch_size, orders, len(exact))
    device = split.train.x.device
    parts = split.parts if test else split.parts[:2]
    recorded, records, weights = [], [], run.weights()
    stopped, done, name = "", 0, f"sweep, {len(run.lam)} networks"
    shown = bar(description=name, total=steps, unit="step", disable=not progress)
    drawing = devices.drawing_from(device, devices.seeded_state(device, seeds[0]))
    with torch.enable_grad(), devices.share_cores(), shown, drawing, _interrupts() as pressed:
        try:
            while done < steps:
                run.step(next(todo), stepping, first=done == 0)
                done += 1
                shown.update()
                if done % every == 0 or done == steps:
                    recorded.append(done)
                    records.append(run.measure(parts, train_mask))
                    weights = run.weights()
                if pressed:
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            stopped = f"Interrupted at step {done} of {steps}; what was recorded is kept."
            if not recorded:
                run.stack = weights
                recorded, records = [0], [run.measure(parts, train_mask)]
    shape = (len(exact), len(seeds))
    columns = torch.stack(records, -1).unflatten(1, shape).cpu()
    diverged = (~columns.isfinite()).any(0).cummax(-1).values  # (K, S, T), from there on
    lost, columns = diverged[..., -1].any(1), columns.masked_fill(diverged, torch.nan)
    if lost.any():
        named = ", ".join(f"{v:g}" for v in exact[lost].tolist())
        stopped += divergence(f"with lr={lr:g} for λ = {named}", stepping.param_groups[0])
    if stopped:
        print(stopped, file=sys.stderr)
    return Sweep(
        lams=exact.to(torch.get_default_dtype()),
        seeds=seeds,
        steps=torch.tensor(recorded),
        weights={name: w.unflatten(0, shape) for name, w in weights.items()},
        vary=varied,
        base=fresh[0],
        stopped=stopped,
        train_mask=train_mask,
        **dict(zip((*MEASURED, "test_loss", "test_error"), columns)),
    )


class _Stack:
    """The stacked networks: number k·S + s has λ number k and seed number s."""

    def __init__(
        self,
        fresh: list[nn.Module],
        lams: Tensor,
        varied: dict[str, Tensor],
        penalty: penalties.Penalty | None,
        proximal: bool,
        penalized: Iterable[str] | None,
    ) -> None:
        base, K, S = fresh[0].eval(), len(lams), len(fresh)
        seen, w = penalized_of(base, penalized), next(base.parameters())
        check_penalty(penalty, seen)
        self.names = tuple(seen)
        self.stack = {
            name: torch.stack([model.get_parameter(name).detach() for model in fresh])
            .repeat(K, *[1] * own.ndim)
            .requires_grad_(own.requires_grad)
            for name, own in base.named_parameters()
        }
        self.buffers = {name: values.repeat_interleave(S) for name, values in varied.items()}
        kind = torch.promote_types(w.dtype, torch.float32)
        self.lam = lams.to(w.device, kind).repeat_interleave(S)
        self.penalty, self.proximal = penalty, proximal
        # A copy: functional_call puts tied buffers back wrongly; hidden layers share "dropout.p".
        self.base = copy.deepcopy(base)

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of all parameters."""
        return {name: w.detach().clone() for name, w in self.stack.items()}

    def step(self, batch: "Batch", optimizer: optim.Optimizer, first: bool) -> None:
        """Take one optimizer step; ValueError if the `first` shows that vmap cannot do it."""
        optimizer.zero_grad()
        try:
            self._losses(batch).sum().backward()
        except RuntimeError as error:
            if not first:
                raise
            raise ValueError(
                "make_model must be a factory of models that torch.func.vmap can batch (without "
                "BatchNorm, GRU or LSTM, `if` on values, .item()); use a loop of train.fit for "
                f"others. Got one that says: {str(error).splitlines()[0]}"
            ) from error
        pen = self.penalty
        with torch.no_grad():
            if pen and pen.gradient and not self.proximal:
                for name in self.names:
                    w = self.stack[name]
                    pull = pen.gradient(w) * _along(self.lam, w)
                    w.grad = pull if w.grad is None else w.grad.add_(pull)
            optimizer.step()
            if pen and pen.prox and self.proximal:
                t = float(optimizer.param_groups[0]["lr"]) * self.lam
                for name in self.names:
                    w = self.stack[name]
                    # With a gradient prox is elementwise too, so all at once without vmap.
                    w.copy_(pen.prox(w, _along(t, w)) if pen.gradient else vmap(pen.prox)(w, t))

    def _losses(self, batch: "Batch") -> Tensor:
        """Return what autograd differentiates, one value a network (K·S,)."""
        pen = None if self.proximal or (self.penalty and self.penalty.gradient) else self.penalty

        def one(own: Weights, bufs: Weights, lam: Tensor, x: Tensor, y: Tensor, w: Any) -> Tensor:
            loss = data_loss(functional_call(self.base, (own, bufs), (x,)), y, w)
            return loss + lam * pen.value({n: own[n] for n in self.names}) if pen else loss

        self.base.train()
        in_dims = (0, 0, 0, batch.dim, batch.dim, None if batch.weights is None else 0)
        each = vmap(one, in_dims=in_dims, randomness="different")
        return each(self.stack, self.buffers, self.lam, batch.x, batch.y, batch.weights)

    @torch.no_grad()
    def measure(self, parts: Sequence[Examples], train_mask: Tensor | None) -> Tensor:
        """Return the values named in MEASURED, then test_loss and test_error: (5 or 7, K·S)."""
        self.base.eval()
        share = None
        if train_mask is not None:  # what each example weighs in its network's mean
            share = train_mask / train_mask.sum(1, keepdim=True)
            share = share.repeat(len(self.lam) // len(train_mask), 1)

        def one(own: Weights, buffers: Weights, share: Tensor | None) -> Tensor:
            outputs = [functional_call(self.base, (own, buffers), (part.x,)) for part in parts]
            judged = list(zip(outputs, (part.y for part in parts), (share, None, None)))
            losses, errors = ([f(*each) for each in judged] for f in (data_loss, data_error))
            price = torch.zeros_like(losses[0])
            if self.penalty:
                price = self.penalty.value({name: own[name] for name in self.names})
            rows = [*losses[:2], *errors[:2], price, *losses[2:], *errors[2:]]
            return torch.stack([row.to(losses[0].dtype) for row in rows])

        in_dims = (0, 0, None if share is None else 0)
        return vmap(one, in_dims=in_dims)(self.stack, self.buffers, share).T


@contextlib.contextmanager
def _interrupts() -> Iterator[list[object]]:
    """Yield a list, empty until an interrupt comes from the keyboard, which raises nothing.

    After a `torch.func.vmap` that is interrupted in its midst every later one may fail.
    """
    pressed: list[object] = []
    if threading.current_thread() is not threading.main_thread():
        yield pressed  # the interrupt comes to the main thread
        return
    before = signal.signal(signal.SIGINT, lambda *event: pressed.append(event))
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _along(values: Tensor, w: Tensor) -> Tensor:
    """Return values (K·S,) so that they broadcast along the leading dimension of w."""
    return values.view(-1, *[1] * (w.ndim - 1))


class Batch(NamedTuple):
    """What the networks of a sweep take a step on."""

    x: Tensor
    y: Tensor
    weights: Tensor | None = None  # (networks, size), of each example in its network's mean
    dim: int | None = None  # 0 if x and y have a leading dimension of networks


def _stacked_batches(
    train: Examples,
    train_mask: Tensor | None,
    size: int | None,
    orders: Sequence[torch.Generator],
    K: int,
) -> Iterator[Batch]:
    """Yield the batches of K values of λ, without end: each seed in its own order, as in `fit`."""
    if train_mask is None and size is None:
        yield from repeat(Batch(train.x, train.y))
    n, device = len(train.x), train.x.device
    sees = torch.ones(len(orders), n, dtype=torch.bool) if train_mask is None else train_mask
    own = [row.nonzero()[:, 0].to(device) for row in sees]
    if size is None:
        yield from repeat(_gathered(train, own, K))
    for parts in zip(*(_endless(rows, size, order) for rows, order in zip(own, orders))):
        yield _gathered(train, parts, K)


def _endless(rows: Tensor, size: int | None, order: torch.Generator) -> Iterator[Tensor]:
    while True:
        for batch in batches(len(rows), size, order, device=rows.device):
            yield rows[batch]


def _gathered(train: Examples, parts: Sequence[Tensor], K: int) -> Batch:
    """Return the examples parts[s] of each seed s, filled up with such as weigh nothing."""
    longest = max(map(len, parts))
    rows = torch.stack([F.pad(part, (0, longest - len(part))) for part in parts]).repeat(K, 1)
    equal = all(len(part) == longest for part in parts)
    counts = torch.tensor([len(part) for part in parts], device=rows.device).repeat(K)[:, None]
    counted = torch.arange(longest, device=rows.device) < counts
    return Batch(train.x[rows], train.y[rows], None if equal else counted / counts, dim=0)


def _stacked_optimizer(
    make: Callable[..., optim.Optimizer], lr: float, stack: list[Tensor]
) -> optim.Optimizer:
    """Return `make(stack, lr=lr)`; ValueError unless it treats every weight by itself."""
    accepts = "called with (parameters, lr=lr), such as torch.optim.SGD"
    # One pass over memory instead of several, where the caller has not chosen another way.
    asked = make.keywords if isinstance(make, partial) else {}
    try:
        known = inspect.signature(make).parameters
        fused = "fused" in known and not {"fused", "foreach"} & set(asked)
        found = make(stack, lr=lr, **({"fused": True} if fused else {}))
    except (TypeError, ValueError) as error:
        raise ValueError(f"optimizer must be {accepts}; got one that says: {error}") from error
    accepts = "one that treats every weight by itself, such as SGD or Adam, because a sweep trains "
    accepts += "its networks as one stack; use a loop of train.fit for others"
    require(type(found) in ELEMENTWISE, "optimizer", type(found).__name__, accepts)
    return found


def _check_mask(train_mask: Any, S: int, n: int) -> None:
    """Raise ValueError unless a mask (S, n) tells S seeds which of n examples they see."""
    if train_mask is None:
        return
    good = isinstance(train_mask, Tensor) and train_mask.dtype == torch.bool
    got = tuple(train_mask.shape) if good else type(train_mask).__name__
    accepts = f"a bool tensor ({S}, {n}), seeds × examples, with an example in each row"
    require(good and got == (S, n) and bool(train_mask.any(1).all()), "train_mask", got, accepts)


def _varied(base: nn.Module, vary: Mapping[str, Sequence[float]], K: int) -> dict[str, Tensor]:
    known = dict(base.named_buffers())
    checked = {}
    for name, values in vary.items():
        require(name in known, "vary", name, f"a buffer of the model, one of {sorted(known)}")
        top: dict[str, Any] = {"high": 1.0, "below": True} if name.split(".")[-1] == "p" else {}
        found = column(f"vary[{name}]", values, **top)
        good = len(found) == K
        require(good, f"vary[{name}]", f"{len(found)} values", f"as long as lams ({K})")
        checked[name] = found.to(known[name])
    return checked
