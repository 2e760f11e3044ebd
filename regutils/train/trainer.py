"""One network: Trainer takes steps, `fit` drives it by epochs and returns a History."""

import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn

from .. import penalties
from ..arguments import count, positive, real, require
from ..data import Examples, Split
from ..progress import bar
from . import checkpoint as checkpoints
from . import devices
from .checks import Factory, build_optimizer, check_model, check_penalty, penalized_of
from .metrics import MEASURED, Measurement, divergence, evaluate
from .metrics import loss as data_loss


class Trainer:
    """Lower data loss + lam·penalty on `split.train`, step by step.

    - model: trained in place; its frozen parameters stay bit for bit as they are.
    - split: on the model's device; for pictures see `to_device`.
    - optimizer: a factory over parameters, `lambda p: torch.optim.SGD(p, lr=0.1)`; not LBFGS.
    - penalty: as in `penalties.get`.
    - lam: λ, at least 0.
    - proximal: the penalty as its proximal step with t = lr·lam after the optimizer's, not in the
      loss. That minimises the same total loss under plain SGD; with momentum m the pull is weaker
      by the factor 1 − m.
    - penalized: names of the parameters that the penalty sees; None means `penalties.weights`.
    - batch_size: examples per step; None takes all at once.
    - shuffle: a new order every epoch, by `seed`; the given order without it.
    - augment: a function of a batch of inputs, called before each step.
    - label_smoothing: ε in [0, 1); in training the true label weighs 1 − ε, and each of the c
      labels ε/c more (Szegedy et al. 2016, arXiv 1512.00567).
    - mixup: α ≥ 0; 0 is none. After `augment` each batch becomes s·x + (1 − s)·x', x' in another
      order and one s from Beta(α, α); so does its loss (Zhang et al. 2018, arXiv 1710.09412).
    - seed: of all that is drawn, by `augment` too. The global random state is left as it was.

    `lam`, `lr`, `optimizer`, `batch_size`, a dropout's p and, by `penalise`, the penalty may be
    changed between steps. `steps` counts those taken. ValueError for arguments out of range.
    """

    def __init__(
        self,
        model: nn.Module,
        split: Split,
        *,
        optimizer: Factory,
        penalty: Any = None,
        lam: float = 0.0,
        proximal: bool = False,
        penalized: Iterable[str] | None = None,
        batch_size: int | None = None,
        shuffle: bool = True,
        augment: Callable[[Tensor], Tensor] | None = None,
        label_smoothing: float = 0.0,
        mixup: float = 0.0,
        seed: int = 0,
    ) -> None:
        check_model(model, split)
        self.model, self.split, self.device = model, split, split.train.x.device
        self.shuffle, self.augment = bool(shuffle), augment
        self.label_smoothing = real("label_smoothing", label_smoothing, high=1, below=True)
        good = not (self.label_smoothing and split.train.y.is_floating_point())
        accepts = "0 for targets that are no class labels"
        require(good, "label_smoothing", label_smoothing, accepts)
        self.mixup = real("mixup", mixup)
        self.seed = seed = count("seed", seed, low=0)
        self.lam = lam
        self.penalized = penalized_of(model, penalized)
        self.penalise(penalty, proximal)
        self.optimizer = optimizer
        self.steps, self._order = 0, torch.Generator().manual_seed(seed)
        self.batch_size = batch_size
        self._random = devices.seeded_state(self.device, seed)

    @property
    def lam(self) -> float:
        return self._lam

    @lam.setter
    def lam(self, lam: float) -> None:
        self._lam = real("lam", lam)

    def penalise(self, penalty: Any, proximal: bool = False) -> None:
        """Train under this penalty from the next step on, in the loss or as a proximal step."""
        found = penalties.get(penalty, proximal)
        check_penalty(found, self.penalized)
        self.penalty, self.proximal = found, bool(proximal)

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """The optimizer at work. Set it to a factory for another one, with fresh moments."""
        return self._optimizer

    @optimizer.setter
    def optimizer(self, factory: Factory) -> None:
        self._optimizer = build_optimizer(factory, self.model.parameters())

    @property
    def lr(self) -> float:
        """Learning rate of the optimizer's first group; setting it sets that of every group."""
        return float(self._optimizer.param_groups[0]["lr"])

    @lr.setter
    def lr(self, lr: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = positive("lr", lr)

    @property
    def batch_size(self) -> int | None:
        """Examples per step; a new size begins a new epoch."""
        return self._batch_size

    @batch_size.setter
    def batch_size(self, size: int | None) -> None:
        self._batch_size = None if size is None else count("batch_size", size)
        self._begin_epoch()

    def step(self) -> None:
        """Take one optimizer step on the next batch.

        Raises FloatingPointError, with what to do, once loss or penalty is no longer finite.
        """
        with self._own_random():
            _, total = self._advance()
        if not math.isfinite(total):
            raise FloatingPointError(self.divergence(f"step {self.steps}") + " Then start again.")

    def divergence(self, by: str) -> str:
        """Return the message for a loss that is no longer finite, with what to do."""
        where = f"by {by} with λ={self.lam:g} and lr={self.lr:g}"
        return divergence(where, self._optimizer.param_groups[0])

    def epoch(self) -> float:
        """Take the steps left of an epoch; return the mean of the data loss before each."""
        met, n = torch.zeros((), device=self.device), 0
        with self._own_random():
            while n == 0 or self._taken < self._per_epoch:
                met += self._advance()[0]  # stays on its device: .item() would make a GPU wait
                n += 1
        return met.item() / n

    @torch.no_grad()
    def measure(self, at_most: int | None = None) -> Measurement:
        """Measure both parts in evaluation mode; of train the first `at_most` examples, or all."""
        at_most = None if at_most is None else count("at_most", at_most)
        train = Examples(*(t[:at_most] for t in self.split.train))
        with self._own_random():
            losses, errors = zip(evaluate(self.model, train), evaluate(self.model, self.split.val))
        price = float(self.penalty.value(self.penalized)) if self.penalty else 0.0
        return Measurement(self.steps, self.lam, *losses, *errors, price).nan_if_diverged()

    def state(self) -> dict[str, Any]:
        """Return a copy of all that later steps depend on, settings aside."""
        done = self._taken == self._per_epoch
        return {
            "steps": self.steps,
            "order": self._order.get_state() if done else self._order_before,
            "taken": 0 if done else self._taken,
            "random": self._random,
            "optimizer": checkpoints.optimizer_state(self._optimizer),
            "model": {name: w.clone() for name, w in self.model.state_dict().items()},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state`, bit for bit; the settings stay this Trainer's."""
        self.steps = state["steps"]
        checkpoints.resume_optimizer(self._optimizer, state["optimizer"])
        self.model.load_state_dict(state["model"])
        self._order.set_state(state["order"])
        self._begin_epoch(state["taken"])
        self._random = self._random | state["random"]

    @contextmanager
    def _own_random(self) -> Iterator[None]:
        """Let torch draw from this Trainer's random state, and from its own again afterwards."""
        with devices.drawing_from(self.device, self._random):
            try:
                yield
            finally:
                self._random = devices.random_state(self.device)

    def _begin_epoch(self, taken: int = 0) -> None:
        n = len(self.split.train.x)
        self._order_before, self._taken = self._order.get_state(), taken
        self._per_epoch = math.ceil(n / min(self._batch_size or n, n))
        todo = batches(n, self._batch_size, self._order, self.shuffle, self.device)
        self._batches = islice(todo, taken, None)

    def _next_batch(self) -> tuple[Tensor, Tensor]:
        if self._taken == self._per_epoch:
            self._begin_epoch()
        if self._taken == 0 or not self.model.training:
            self.model.train()
        batch = next(self._batches)
        self._taken += 1
        x, y = self.split.train.x[batch], self.split.train.y[batch]
        if self.augment is not None:
            # A slice is the split's own memory, and what changes a batch may do so in place.
            x = self.augment(x.clone() if isinstance(batch, slice) else x)
        return x, y

    def _advance(self) -> tuple[Tensor, Tensor]:
        """Take one step; return the data loss and the total that it met, on their device."""
        x, y = self._next_batch()
        other, share = y, 1.0
        if self.mixup:
            alphas = torch.full((2,), self.mixup, dtype=torch.double)
            share = float(torch.distributions.Beta(*alphas).sample())
            others = torch.randperm(len(x), device=x.device)
            x, other = share * x + (1 - share) * x[others], y[others]
        outputs = self.model(x)
        loss = total = data_loss(outputs, y, label_smoothing=self.label_smoothing)
        if self.mixup:
            others = data_loss(outputs, other, label_smoothing=self.label_smoothing)
            loss = total = share * loss + (1 - share) * others
        if self.penalty is not None and self._lam and not self.proximal:
            total = loss + self._lam * self.penalty.value(self.penalized)
        self._optimizer.zero_grad()
        total.backward()
        self._optimizer.step()
        if self.proximal and self.penalty and self.penalty.prox:
            self._proximal_step(self.penalty.prox)
        self.steps += 1
        return loss.detach(), total.detach()

    @torch.no_grad()
    def _proximal_step(self, prox: penalties.Prox) -> None:
        wanted = {id(w) for w in self.penalized.values()}
        for group in self._optimizer.param_groups:
            for w in group["params"]:
                if id(w) in wanted:
                    w.copy_(prox(w, float(group["lr"]) * self._lam))


def batches(
    n: int, size: int | None, generator: torch.Generator, shuffle: bool = True, device: Any = "cpu"
) -> Iterator[Tensor | slice]:
    """Yield one epoch of batches of n examples.

    - size: of a batch; None takes all examples at once.
    - generator: shuffles.
    - shuffle: index tensors (size,) on `device`, the last one shorter; without it slices in the
      given order.
    """
    if size is None:
        yield slice(None)
        return
    size = count("batch_size", size)
    if shuffle:
        yield from torch.randperm(n, generator=generator).to(device).split(size)
    else:
        yield from (slice(i, i + size) for i in range(0, n, size))


@dataclass(repr=False)
class History:
    """What one run measured: the fields of `Measurement` as lists, one value a record.

    - epochs: epoch number, from 1.
    - running: the data loss of every epoch, measured or not, as its steps met it: a mean over
      batches, each before its step.
    - stopped: empty, or why the run ended early. The last record of a run that diverged is NaN.
    - state: what a further call of `fit` needs to go on exactly where this one ended.
    """

    step: list[int] = field(default_factory=list)
    lam: list[float] = field(default_factory=list)
    train_loss: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    train_error: list[float] = field(default_factory=list)
    val_error: list[float] = field(default_factory=list)
    penalty: list[float] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)
    running: list[float] = field(default_factory=list)
    stopped: str = ""
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def diverged(self) -> bool:
        """Whether the last record is that of a run that diverged."""
        return bool(self.train_loss) and math.isnan(self.train_loss[-1])

    def add(self, epoch: int, found: Measurement, state: dict[str, Any]) -> None:
        """Append a record; what an interrupt leaves without its state is cut."""
        for name, value in asdict(found).items():
            getattr(self, name).append(value)
        self.epochs.append(epoch)
        self.state = state | {"epoch": epoch}

    def cut(self) -> int:
        """Remove what an interrupt left beyond the last whole record; return its epoch."""
        done: int = self.state.get("epoch", 0)
        self.epochs = [epoch for epoch in self.epochs if epoch <= done]
        for name in ("step", "lam", *MEASURED):
            del getattr(self, name)[len(self.epochs) :]
        del self.running[done:]
        return done


def fit(
    model: nn.Module,
    split: Split,
    *,
    epochs: int,
    optimizer: Factory,
    every: int = 1,
    history: History | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: bool = True,
    penalty: Any = None,
    lam: float = 0.0,
    proximal: bool = False,
    **settings: Any,
) -> History:
    """Train `model` in place on `split.train` by minimising data loss + lam·penalty.

    - epochs: passes over the training part.
    - every: measure each so many epochs, and after the last.
    - history: an earlier call's result on this model; this call adds `epochs` to it as if there had
      been one call. What is asked for now holds: another optimizer starts with fresh moments.
    - checkpoint: a file that is written after each measurement. If it exists, weights and history
      are taken from it and `epochs` counts from the very start, so an interrupted call, repeated,
      ends with the same result.
    - progress: whether to show a bar.
    - optimizer, penalty, lam, proximal and all other settings (penalized, batch_size, shuffle,
      augment, label_smoothing, mixup, seed): as in `Trainer`.

    A run that diverges, or is interrupted from the keyboard, stops, says so and returns what it
    has; an interrupt puts the weights back to those of the last record. A history that has diverged
    is returned as it is. Raises ValueError for arguments out of range, and for a checkpoint that
    cannot be written, is of another run or holds more than `epochs`.
    """
    epochs, every = count("epochs", epochs), count("every", every)
    good = history is None or (isinstance(history, History) and checkpoint is None)
    accepts = "None, or an earlier result of fit where there is no checkpoint"
    require(good, "history", history, accepts)
    settings |= {"penalty": penalty, "lam": lam, "proximal": proximal}
    trainer = Trainer(model, split, optimizer=optimizer, **settings)
    history = history or History()
    goal = epochs + history.state.get("epoch", 0)

    if checkpoint is not None:
        path, ours = checkpoints.prepared(checkpoint), checkpoints.settings(trainer, every)
        if path.exists():
            history, goal = History(**checkpoints.load(path, ours)), epochs
            accepts = f"at least {history.epochs[-1]}, as many as {path} holds"
            require(history.epochs[-1] <= goal, "epochs", epochs, accepts)
            trainer.restore(history.state)
    elif history.state:
        states = model.state_dict(), history.state["model"]
        mine, theirs = ({name: (*w.shape,) for name, w in state.items()} for state in states)
        accepts = f"an earlier result on this model, of shapes {mine}"
        require(mine == theirs, "history", f"one of {theirs}", accepts)
        trainer.restore(history.state | {"model": states[0]})
    history.state = history.state or trainer.state()
    todo = range(goal if history.diverged else history.state.get("epoch", 0), goal)
    try:
        with (
            torch.enable_grad(),  # also where a caller has switched gradients off
            devices.share_cores(),
            bar(todo, "fit", unit="epoch", disable=not progress) as shown,
        ):
            for epoch in (done + 1 for done in shown):
                history.running.append(trainer.epoch())
                if epoch % every and epoch != goal:
                    continue
                history.add(epoch, trainer.measure(), trainer.state())
                if history.diverged:
                    said = trainer.divergence(f"epoch {epoch}")
                    history.stopped = f"{said} The history up to here is kept."
                if checkpoint is not None:
                    checkpoints.save(path, ours, history)
                if history.diverged:
                    break
    except BaseException as error:
        # Weights and history go back to the last record, so that what comes next starts from there.
        done = history.cut()
        trainer.restore(history.state)
        if not isinstance(error, KeyboardInterrupt):
            raise
        history.stopped = (
            f"Interrupted; the history up to epoch {done} of {goal} is kept, and the weights "
            "are those of that epoch. To go on, pass it as history=, or run the cell again if it "
            "names a checkpoint."
        )
    if history.stopped:
        print(history.stopped, file=sys.stderr)
    return history
