"""The training loop for one model: fit() -> History."""

import math
import os
import pickle
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from .. import models, penalties
from ..arguments import count, real, require
from ..data.parts import Examples, Split
from .batches import batches as batches_of
from .devices import place
from .measures import check_outputs, evaluate
from .measures import loss as data_loss


@dataclass
class History:
    """What one run measured at the end of its epochs, in evaluation mode. Lists of equal length, one value a record.

    epochs: epoch number, from 1. train_loss, val_loss: the data term alone, a mean over examples. penalty: λ·penalty
    at the same weights, so the total training loss is train_loss + penalty. train_error, val_error: share of wrong
    labels (regression: mean squared error). stopped: empty, or why the run ended early. state: what a further call
    of `fit` needs to go on exactly where this one ended.
    running: the data term as the steps of an epoch met it, each before its step, a mean over batches; one value for
    every epoch, measured or not.
    """

    lam: float
    epochs: list[int] = field(default_factory=list)
    train_loss: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    train_error: list[float] = field(default_factory=list)
    val_error: list[float] = field(default_factory=list)
    penalty: list[float] = field(default_factory=list)
    running: list[float] = field(default_factory=list)
    stopped: str = ""
    state: dict = field(default_factory=dict, repr=False)

    @property
    def total(self) -> list[float]:
        """Training loss with its penalty: what the optimizer lowers."""
        return [loss + penalty for loss, penalty in zip(self.train_loss, self.penalty)]


def fit(
    model: nn.Module,
    split: Split,
    *,
    epochs: int,
    optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
    penalty=None,
    lam: float = 0.0,
    proximal: bool = False,
    penalized: Mapping[str, Tensor] | None = None,
    batch_size: int | None = None,
    shuffle: bool = True,
    augment: Callable[[Tensor], Tensor] | None = None,
    autocast: bool = False,
    seed: int = 0,
    every: int = 1,
    history: History | None = None,
    checkpoint: str | os.PathLike | None = None,
    progress: bool = True,
) -> History:
    """Train `model` in place on `split.train` by minimising data loss + lam·penalty.

    optimizer: a factory over parameters, `lambda p: torch.optim.SGD(p, lr=0.1)`. penalty: as in `penalties.get`.
    proximal: apply the penalty as its proximal step with t = lr·lam after the optimizer's, not in the loss. That
    minimises the same total loss under plain SGD; with momentum m the pull is weaker by the factor 1 − m.
    penalized: the tensors the penalty sees, by name; `penalties.weights(model)` unless given.
    batch_size: examples per step, reshuffled every epoch by `seed`, or in the given order with `shuffle=False`; None
    takes all at once. augment: a function of a batch of inputs, called before each step; it draws from torch's global
    random state. `seed` draws those numbers too, and the dropout masks. autocast: forward passes, measured ones
    included, in bfloat16 where PyTorch thinks it safe; weights stay as they are. every: measure each so many epochs,
    and after the last. Model and split stand on one device; for pictures see `place`.
    history: an earlier call's result on this model; this call adds `epochs` to it as if there had been one call.
    checkpoint: a file that is written after each measurement. If it exists, model and history are taken from it and
    `epochs` counts from the very start, so an interrupted call, repeated, ends with the same result.

    A run that diverges, or is interrupted from the keyboard, stops, says so in one sentence and returns what it has.
    Raises ValueError for arguments out of range and for a checkpoint of another run.
    """
    epochs, lam = count("epochs", epochs), real("lam", lam)
    pen = penalties.get(penalty, proximal)
    require(
        history is None or checkpoint is None,
        "history",
        "a history and a checkpoint",
        "given without checkpoint",
    )
    penalized = penalties.weights(model) if penalized is None else penalized
    optim = optimizer(model.parameters())
    require(
        isinstance(optim, torch.optim.Optimizer),
        "optimizer",
        optim,
        "a function from parameters to an optimizer, such as lambda p: torch.optim.SGD(p, lr=0.1)",
    )
    lr = optim.param_groups[0]["lr"]
    with torch.no_grad():
        was_training = model.training
        check_outputs(model.eval()(split.val.x[:1]), split)
        model.train(was_training)
    settings = {
        "lam": lam,
        "lr": lr,
        "penalty": penalty if isinstance(penalty, str) else bool(pen),
        "proximal": proximal,
        "batch_size": batch_size,
        "shuffle": bool(shuffle),
        "augment": augment is not None,
        "autocast": bool(autocast),
        "seed": count("seed", seed, low=0),
        "n_train": len(split.train.x),
    }
    order = torch.Generator().manual_seed(seed)
    history, goal = (
        history or History(lam),
        epochs + (history.epochs[-1] if history and history.epochs else 0),
    )
    path = Path(checkpoint) if checkpoint is not None else None
    if path is not None and path.exists():
        history, goal = _load(path, model, settings), epochs

    device = split.train.x.device
    gpus = [device] if device.type == "cuda" else []
    half = partial(torch.autocast, device.type, torch.bfloat16, enabled=bool(autocast))
    with torch.random.fork_rng(devices=gpus):
        torch.manual_seed(seed)
        if history.state:
            optim.load_state_dict(history.state["optimizer"])
            order.set_state(history.state["order"])
            torch.set_rng_state(history.state["masks"])
            for gpu, state in zip(gpus, history.state["gpu_masks"]):
                torch.cuda.set_rng_state(state, gpu)
        history.stopped, start = "", history.epochs[-1] if history.epochs else 0
        del history.running[start:]
        bar = tqdm(
            range(start + 1, goal + 1),
            "fit",
            unit="epoch",
            leave=False,
            delay=1,
            disable=not progress,
        )
        try:
            for epoch in bar:
                batches = batches_of(len(split.train.x), batch_size, order, shuffle, device)
                history.running.append(
                    _epoch(
                        model,
                        split.train,
                        optim,
                        pen,
                        lam,
                        proximal,
                        penalized,
                        batches,
                        augment,
                        half,
                    )
                )
                if epoch % count("every", every) and epoch != goal:
                    continue
                with half():
                    _record(history, epoch, model, split, pen, lam, penalized)
                if not math.isfinite(history.total[-1]):
                    history.stopped = _diverged(epoch, lam, lr)
                    break
                history.state = {
                    "optimizer": optim.state_dict(),
                    "order": order.get_state(),
                    "masks": torch.get_rng_state(),
                    "gpu_masks": [torch.cuda.get_rng_state(gpu) for gpu in gpus],
                }
                if path is not None:
                    _save(path, model, settings, history)
        except KeyboardInterrupt:
            done = history.epochs[-1] if history.epochs else 0
            history.stopped = (
                f"Interrupted; the history up to epoch {done} of {goal} is kept. "
                "To go on, pass it as history=, or run the cell again if it names a checkpoint."
            )
        finally:
            bar.close()
    if history.stopped:
        print(history.stopped, file=sys.stderr)
    return history


def _epoch(model, train, optim, pen, lam, proximal, penalized, batches, augment, half) -> float:
    """One pass over the training part; the mean over batches of the data loss that the steps met."""
    model.train()
    met, steps = torch.zeros((), device=train.x.device), 0
    for batch in batches:
        x = train.x[batch] if augment is None else augment(train.x[batch])
        steps += 1
        met += _step(model, x, train.y[batch], optim, pen, lam, proximal, penalized, half)
    return met.item() / steps


def _step(model, x, y, optim, pen, lam, proximal, penalized, half) -> Tensor:
    """One step on one batch; the data loss that it met, left on its device: .item() would make a GPU wait."""
    with half():
        loss = met = data_loss(model(x), y)
    if pen is not None and not proximal:
        loss = loss + lam * pen.value(penalized)
    optim.zero_grad()
    loss.backward()
    optim.step()
    if proximal:
        _proximal_step(optim, pen, lam, penalized)
    return met.detach()


class Stepper:
    """A network that is trained a few steps at a time, so that λ may move in between (see `live.playground`).

    make_model: called without arguments, with the initial weights that `seed` gives. The rest as in `fit`. Before the
    first step, and after every `every` steps, each list of `curves` gets a value: step, lam (the last step's),
    train_loss, val_loss, train_error, val_error (evaluation mode; of the training part as many examples as the
    validation part has) and penalty (not times λ).
    """

    def __init__(
        self,
        make_model: Callable[[], nn.Module],
        split: Split,
        *,
        optimizer,
        penalty,
        batch_size: int | None = None,
        autocast: bool = False,
        seed: int = 0,
        every: int = 10,
    ):
        self._make, self._optimizer, self._pen = make_model, optimizer, penalties.get(penalty)
        require(self._pen is not None, "penalty", penalty, "one that λ can move, not None")
        self._batch_size, self._seed, self._every = (
            batch_size,
            count("seed", seed, low=0),
            count("every", every),
        )
        self._split, self._autocast = split, bool(autocast)
        self.reset()

    def reset(self) -> None:
        """Fresh weights, the same every time; empty curves."""
        self.model, self._split = place(models.seeded(self._make, self._seed), self._split)
        train, n = self._split.train, len(self._split.val.x)
        self.steps, self._seen = 0, Examples(train.x[:n], train.y[:n])
        self._half = partial(
            torch.autocast, train.x.device.type, torch.bfloat16, enabled=self._autocast
        )
        self._penalized, self._optim = (
            penalties.weights(self.model),
            self._optimizer(self.model.parameters()),
        )
        self._order, self._batches = torch.Generator().manual_seed(self._seed), iter(())
        names = ("step", "lam", "train_loss", "val_loss", "train_error", "val_error", "penalty")
        self.curves: dict[str, list[float]] = {name: [] for name in names}
        self._measure(0.0)

    def step(self, lam: float) -> None:
        """One step under `lam`. Raises FloatingPointError, with what to do, once the loss is no longer finite."""
        train, batch = self._split.train, next(self._batches, None)
        if batch is None:
            self._batches = batches_of(
                len(train.x), self._batch_size, self._order, device=train.x.device
            )
            batch = next(self._batches)
        _step(
            self.model.train(),
            train.x[batch],
            train.y[batch],
            self._optim,
            self._pen,
            real("lam", lam),
            False,
            self._penalized,
            self._half,
        )
        self.steps += 1
        if self.steps % self._every == 0:
            self._measure(lam)

    def _measure(self, lam: float) -> None:
        with self._half():
            seen, new = (evaluate(self.model, part) for part in (self._seen, self._split.val))
        if not math.isfinite(seen[0]):
            lr = self._optim.param_groups[0]["lr"]
            raise FloatingPointError(
                f"Training diverged by step {self.steps} with λ={lam:g} and lr={lr:g}: "
                f"{penalties.edge(lr)} Lower λ and start again; the curves up to here are kept."
            )
        with torch.no_grad():
            penalty = float(self._pen.value(self._penalized))
        for values, value in zip(
            self.curves.values(), (self.steps, lam, seen[0], new[0], seen[1], new[1], penalty)
        ):
            values.append(value)


@torch.no_grad()
def _proximal_step(optim, pen, lam, penalized) -> None:
    wanted = {id(w) for w in penalized.values()}
    for group in optim.param_groups:
        for w in group["params"]:
            if id(w) in wanted:
                w.copy_(pen.prox(w, group["lr"] * lam))


@torch.no_grad()
def _record(history, epoch, model, split, pen, lam, penalized) -> None:
    history.epochs.append(epoch)
    history.penalty.append(lam * float(pen.value(penalized)) if pen else 0.0)
    for name in ("train", "val"):
        loss, error = evaluate(model, getattr(split, name))
        getattr(history, f"{name}_loss").append(loss)
        getattr(history, f"{name}_error").append(error)


def _diverged(epoch: int, lam: float, lr: float) -> str:
    return (
        f"Training diverged by epoch {epoch} with λ={lam:g} and lr={lr:g}: {penalties.edge(lr)} "
        "Lower λ or lr; the history up to here is kept."
    )


def _save(path: Path, model, settings, history) -> None:
    # Written beside the target and renamed, so an interrupt never leaves half a checkpoint.
    half = path.with_name(path.name + ".part")
    torch.save(
        {"settings": settings, "model": model.state_dict(), "history": asdict(history)}, half
    )
    os.replace(half, path)


def _load(path: Path, model, settings) -> History:
    try:
        saved = torch.load(path, weights_only=True)
        theirs, history = saved["settings"], History(**saved["history"])
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, TypeError) as error:
        raise ValueError(
            f"checkpoint must be a file that fit wrote; {path} is not readable as one. "
            "Delete it to start again."
        ) from error
    differ = [name for name, value in settings.items() if theirs.get(name) != value]
    require(
        not differ,
        "checkpoint",
        f"{path}, which differs in {', '.join(differ)}",
        "of the same run; delete the file or name another",
    )
    model.load_state_dict(saved["model"])
    return history
