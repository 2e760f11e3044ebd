"""Many values of λ (and seeds) trained as one batch: sweep() -> Sweep.

The copies of the network are stacked along a leading dimension and every step is one batched
operation (`torch.func.vmap`). Elementwise optimizers (SGD, Adam, AdamW, …) do to a stack what they
do to each copy, so a sweep equals a loop of `train.fit` up to rounding.
"""

import copy
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from .. import models, penalties
from ..arguments import column, count, position, positive, real, require
from ..data.split import Examples, Split
from ..progress import bar
from . import devices, folds, optimizers
from .fitness import changing_buffers, check_batches, check_model, check_penalty, outputs_of
from .interrupts import heard_between
from .measures import divergence, errors
from .measures import error as data_error
from .measures import loss as data_loss


@dataclass(repr=False)
class Sweep:
    """K values of λ, S seeds, T recorded steps; the fields mean what they mean in `Measurement`.

    - lams (K,): the values of λ. seeds (S,). steps (T,): optimizer steps at each record.
    - train_loss, val_loss, train_error, val_error, penalty (K, S, T): measured in evaluation mode,
      the penalty not times λ. A run that has diverged is NaN from there on.
    - weights: name → (K, S, ...), every final parameter, biases too.
    - vary: name → (K,).
    - members: None, or (S, n) bool: what each seed trained on. Its train_loss and train_error are
      over that alone.
    - stopped: empty, or what ended the sweep early or diverged.
    - exact: the values of λ as they were given, before they took torch's default number type.
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
    exact: tuple[float, ...]
    stopped: str = ""
    members: Tensor | None = None

    def __repr__(self) -> str:
        """What was trained, in a line: a notebook's cell may end with `sweep`."""
        lams = f"λ from {float(self.lams.min()):.3g} to {float(self.lams.max()):.3g}"
        networks = f"{len(self.lams)} values × {len(self.seeds)} seeds"
        told = [lams, networks, f"{len(self.steps)} records", *filter(None, [self.stopped])]
        return f"Sweep({', '.join(told)})"

    def at(self, lam: float) -> int:
        """The index of λ = `lam`, to three digits if no λ is nearer than that.

        A ValueError that lists `lams` if it is not there.
        """
        return position("lam", real("lam", lam), self.exact)

    def model(self, k: int, s: int = 0) -> nn.Module:
        """The network trained with lams[k] and seeds[s], in evaluation mode; -1 is the last."""
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
        """Outputs of every network: x (n, ...) to (K, S, n, outputs)."""
        require(isinstance(x, Tensor), "x", type(x).__name__, "a tensor")
        outputs_of(self.base, x[:2], "x")
        flat = {name: w.flatten(0, 1) for name, w in self.weights.items()}
        outputs: Tensor = vmap(lambda own: functional_call(self.base, own, (x,)))(flat)
        return torch.unflatten(outputs, 0, (len(self.lams), len(self.seeds)))

    def held_out(self, examples: Examples) -> Tensor:
        """The error on what was not trained on: (K, S, n), NaN where it was or a run diverged.

        examples: the training part. 1 for a wrong label, else 0; in regression the squared error.
        A `nanmean` over n is the error of a fold.
        """
        if self.members is None:
            raise ValueError("held_out needs a sweep with members; this one was trained on all")
        n, seen = len(examples.x), self.members.shape[1]
        require(n == seen, "examples", f"{n} examples", f"the training part, of {seen}")
        outputs = self.predict(examples.x).flatten(0, 1)
        missed = torch.stack([errors(out, examples.y) for out in outputs])
        missed = torch.unflatten(missed, 0, (len(self.lams), len(self.seeds)))
        diverged = self.val_loss[..., -1:].isnan().to(self.members.device)
        return missed.masked_fill(self.members | diverged, torch.nan)


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
    members: Tensor | None = None,
    batch_size: int | None = None,
    every: int | None = None,
    progress: bool = True,
) -> Sweep:
    """Train a network for every λ in `lams` and every seed, all at once.

    - make_model: called without arguments once per seed, right after `torch.manual_seed(seed)` (see
      `models.seeded`); all λ of a seed share these initial weights, and the order of batches.
    - split: on the models' device.
    - lams (K,): the values of λ, each at least 0.
    - penalty, proximal, batch_size: as in `train.fit`.
    - seeds (S,): whole numbers in a sequence, such as range(3).
    - steps: of the optimizer. lr: its learning rate.
    - optimizer: called with (parameters, lr=lr). One that treats every weight by itself, as SGD and
      Adam do; those not known to are tried first.
    - penalized: names of the parameters that the penalty sees; frozen ones are left out.
    - vary: buffers that differ between the K runs, name → (K,), such as {"dropout.p": [0.0, 0.5]}.
    - members: (S, n) bool, the examples of split.train that each seed trains on, such as the folds
      of `train.members`; the same seed may stand in `seeds` for each fold. All unless given.
    - every: record each so many steps, and after the last; a fiftieth of `steps` unless given.
    - progress: whether to show a bar.

    Raises ValueError for arguments out of range, for optimizers that move a weight by what others
    do (Adafactor, LBFGS, Muon), and for models that write down what they see in training
    (BatchNorm). Says once which λ diverged. An interrupt from the keyboard keeps what is recorded,
    with the weights of the last record.
    """
    exact = column("lams", lams, dtype=torch.float64)
    accepts = "whole numbers in a sequence, such as range(3)"
    require(isinstance(seeds, Iterable), "seeds", seeds, accepts)
    seeds = tuple(count("seeds", seed, low=0) for seed in seeds)
    require(len(seeds) > 0, "seeds", seeds, "at least one seed")
    lr, steps = positive("lr", lr), count("steps", steps)
    pen = penalties.get(penalty, proximal)
    every = max(1, steps // 50) if every is None else count("every", every)
    batch_size = None if batch_size is None else count("batch_size", batch_size)

    accepts = "a function without arguments that makes a model"
    good = callable(make_model) and not isinstance(make_model, nn.Module)
    require(good, "make_model", make_model, accepts)
    fresh = [models.seeded(make_model, seed) for seed in seeds]
    check_model(fresh[0], split)
    base = fresh[0].eval()
    folds.check(members, len(seeds), len(split.train.x))
    check_batches(base, split, batch_size)
    _check_buffers(fresh, split)
    varied = _varied(base, {} if vary is None else vary, len(exact))
    # Stack m = k·S + s holds λ number k and seed number s.
    stack = {
        name: torch.stack([dict(model.named_parameters())[name].detach() for model in fresh])
        .repeat(len(exact), *[1] * w.ndim)
        .requires_grad_(w.requires_grad)
        for name, w in base.named_parameters()
    }
    names, device = _penalized(base, penalized), split.train.x.device
    own = dict(base.named_parameters())
    check_penalty(pen, {name: own[name] for name in names}, device)
    optim = optimizers.stacked(optimizer, lr, list(base.parameters()), list(stack.values()))
    run = _Batch(
        # A copy: functional_call puts tied buffers back wrongly; hidden layers share "dropout.p".
        base=copy.deepcopy(base),
        stack=stack,
        buffers={name: values.repeat_interleave(len(seeds)) for name, values in varied.items()},
        lam=_like_weights(base, exact).repeat_interleave(len(seeds)),
        penalty=pen,
        proximal=proximal,
        names=names,
        optim=optim,
    )
    orders = [torch.Generator().manual_seed(seed) for seed in seeds]
    records: list[Tensor] = []
    recorded: list[int] = []
    stopped, done, kept = "", 0, {0: run.weights()}
    shown = bar(
        description=f"sweep, {len(run.lam)} networks",
        total=steps,
        unit="step",
        disable=not progress,
    )
    drawing = devices.drawing_from(device, devices.seeded_state(device, seeds[0]))
    with torch.enable_grad(), shown, drawing, heard_between() as listen:
        try:
            for batch in folds.drawn(split.train, members, batch_size, orders, len(exact)):
                run.step(batch)
                done += 1  # a bar that is switched off does not count
                shown.update()
                if done % every == 0 or done == steps:
                    found = run.measure(split, members)
                    kept[done] = run.weights()
                    records.append(found)
                    recorded.append(done)  # last: an interrupt before this line undoes the record
                    kept = {done: kept[done]}
                listen()
                if done == steps:
                    break
        except KeyboardInterrupt:
            stopped = f"Interrupted at step {done} of {steps}; what was recorded is kept."
            run.put_back(kept[recorded[-1] if recorded else 0])
            if not recorded:
                records, recorded = [run.measure(split, members)], [0]
    columns = torch.stack(records[: len(recorded)], -1).unflatten(1, (len(exact), len(seeds)))
    columns, lost = _settled(columns.cpu())
    train_loss, val_loss, train_error, val_error, price = columns
    if lost.any():
        named = ", ".join(f"{v:g}" for v in exact[lost].tolist())
        stopped += divergence(f"with lr={lr:g} for λ = {named}", optim.param_groups[0])
    if stopped:
        print(stopped, file=sys.stderr)
    shape = (len(exact), len(seeds))
    return Sweep(
        lams=exact.to(torch.get_default_dtype()),
        seeds=seeds,
        steps=torch.tensor(recorded),
        train_loss=train_loss,
        val_loss=val_loss,
        train_error=train_error,
        val_error=val_error,
        penalty=price,
        weights={name: w.unflatten(0, shape) for name, w in run.weights().items()},
        vary=varied,
        base=base,
        stopped=stopped,
        members=members,
        exact=tuple(exact.tolist()),
    )


@dataclass(kw_only=True)
class _Batch:
    """The stacked networks, and what is done to all at once: a step, a measurement."""

    base: nn.Module
    stack: dict[str, Tensor]
    buffers: dict[str, Tensor]
    lam: Tensor
    penalty: penalties.Penalty | None
    proximal: bool
    names: tuple[str, ...]
    optim: torch.optim.Optimizer

    def weights(self) -> dict[str, Tensor]:
        """A copy of all parameters."""
        return {name: w.detach().clone() for name, w in self.stack.items()}

    @torch.no_grad()
    def put_back(self, weights: dict[str, Tensor]) -> None:
        for name, w in weights.items():
            self.stack[name].copy_(w)

    def step(self, batch: folds.Batch) -> None:
        pen = self.penalty if not self.proximal else None

        def data_and_penalty(
            own: dict[str, Tensor],
            buffers: dict[str, Tensor],
            lam: Tensor,
            part: tuple[Tensor, Tensor, Tensor | None],
        ) -> Tensor:
            x, y, weights = part
            loss = data_loss(functional_call(self.base, (own, buffers), (x,)), y, weights)
            if pen and not pen.gradient:
                loss = loss + lam * pen.value({name: own[name] for name in self.names})
            return loss

        self.base.train()
        self.optim.zero_grad()
        each = vmap(data_and_penalty, in_dims=(0, 0, 0, batch.dims), randomness="different")
        losses = each(self.stack, self.buffers, self.lam, (batch.x, batch.y, batch.weights))
        losses.sum().backward()
        with torch.no_grad():
            if pen and pen.gradient:
                for name in self.names:
                    w = self.stack[name]
                    pull = pen.gradient(w) * _along(self.lam, w)
                    w.grad = pull if w.grad is None else w.grad.add_(pull)
            self.optim.step()
            if self.proximal and self.penalty and self.penalty.prox:
                self._proximal_step(self.penalty, self.penalty.prox)

    def _proximal_step(self, penalty: penalties.Penalty, prox: penalties.Prox) -> None:
        t = float(self.optim.param_groups[0]["lr"]) * self.lam
        for name in self.names:
            w = self.stack[name]
            if penalty.gradient:  # elementwise, so all networks at once without vmap
                w.copy_(prox(w, _along(t, w)))
            else:
                w.copy_(vmap(prox)(w, t))

    @torch.no_grad()
    def measure(self, split: Split, members: Tensor | None) -> Tensor:
        """train_loss, val_loss, train_error, val_error, penalty: (5, K·S)."""
        self.base.eval()
        shares = None
        if members is not None:
            shares = folds.shares(members).repeat(len(self.lam) // len(members), 1)

        def one(own: dict[str, Tensor], buffers: dict[str, Tensor], share: Tensor | None) -> Tensor:
            parts = (split.train, share), (split.val, None)
            outputs = [functional_call(self.base, (own, buffers), (part.x,)) for part, _ in parts]
            rows = [
                score(out, part.y, weights)
                for score in (data_loss, data_error)
                for out, (part, weights) in zip(outputs, parts)
            ]
            if self.penalty:
                rows.append(self.penalty.value({name: own[name] for name in self.names}))
            else:
                rows.append(torch.zeros_like(rows[0]))
            return torch.stack([row.to(rows[0].dtype) for row in rows])

        in_dims = (0, 0, None if shares is None else 0)
        return vmap(one, in_dims=in_dims)(self.stack, self.buffers, shares).T


def _along(values: Tensor, w: Tensor) -> Tensor:
    """values (K·S,) so that they broadcast along the leading dimension of w."""
    return values.view(-1, *[1] * (w.ndim - 1))


def _settled(columns: Tensor) -> tuple[Tensor, Tensor]:
    """columns (5, K, S, T), NaN from where a run diverged, and (K,) whether one of that λ did."""
    diverged = (~columns.isfinite()).any(0).cummax(-1).values
    return columns.masked_fill(diverged, torch.nan), diverged[..., -1].any(1)


def _like_weights(base: nn.Module, lams: Tensor) -> Tensor:
    w = next(base.parameters())
    real_kind = w.real.dtype if w.is_complex() else w.dtype
    return lams.to(w.device, torch.promote_types(real_kind, torch.float32))


def _penalized(base: nn.Module, names: Iterable[str] | None) -> tuple[str, ...]:
    """Names of what the penalty sees, each parameter once, under its first name."""
    if names is None:
        return tuple(penalties.weights(base))
    several = isinstance(names, Iterable) and not isinstance(names, str)
    require(several, "penalized", names, "names of parameters, in a sequence")
    names = tuple(names)
    known = dict(base.named_parameters(remove_duplicate=False))
    unknown = sorted(set(names) - known.keys())
    require(not unknown, "penalized", unknown, f"names among {sorted(known)}")
    wanted = {id(known[name]) for name in names}
    return tuple(n for n, w in base.named_parameters() if id(w) in wanted and w.requires_grad)


def _check_buffers(fresh: list[nn.Module], split: Split) -> None:
    """Raise ValueError unless buffers are the same for all seeds and stay so in training."""
    changing = changing_buffers(fresh[0], split.train.x[:2])
    require(
        not changing,
        "make_model",
        f"a model that writes down {', '.join(changing)} in training",
        "a factory of models without BatchNorm and its like; use train.fit for those",
    )
    first = dict(fresh[0].named_buffers())
    differ = {
        name
        for model in fresh[1:]
        for name, buffer in model.named_buffers()
        if not torch.equal(buffer, first[name])
    }
    accepts = (
        "a factory of models whose buffers are the same for every seed; use train.fit for others"
    )
    require(not differ, "make_model", f"a model whose {sorted(differ)} vary", accepts)


def _varied(base: nn.Module, vary: Mapping[str, Sequence[float]], K: int) -> dict[str, Tensor]:
    require(isinstance(vary, Mapping), "vary", vary, "a mapping from buffers to values, or None")
    known = dict(base.named_buffers())
    checked = {}
    for name, values in vary.items():
        require(name in known, "vary", name, f"a buffer of the model, one of {sorted(known)}")
        top: dict[str, Any] = {"high": 1.0, "below": True} if name.split(".")[-1] == "p" else {}
        found = column(f"vary[{name}]", values, **top)
        accepts = f"as long as lams ({K})"
        require(len(found) == K, f"vary[{name}]", f"{len(found)} values", accepts)
        checked[name] = found.to(known[name])
        good = not top or float(checked[name].max()) < 1
        require(good, f"vary[{name}]", values, f"below 1 in {checked[name].dtype}")
    return checked
