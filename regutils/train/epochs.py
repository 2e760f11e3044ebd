"""The training loop for one model: fit() -> History."""

import os
import sys
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ..arguments import count, require
from ..data.split import Split
from ..progress import bar
from . import checkpoints
from .histories import History
from .optimizers import Factory
from .steps import Trainer


def fit(
    model: nn.Module,
    split: Split,
    *,
    epochs: int,
    optimizer: Factory,
    penalty: Any = None,
    lam: float = 0.0,
    proximal: bool = False,
    penalized: Mapping[str, Tensor] | None = None,
    batch_size: int | None = None,
    shuffle: bool = True,
    augment: Callable[[Tensor], Tensor] | None = None,
    label_smoothing: float = 0.0,
    mixup: float = 0.0,
    autocast: bool = False,
    seed: int = 0,
    every: int = 1,
    history: History | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> History:
    """Train `model` in place on `split.train` by minimising data loss + lam·penalty.

    - epochs: passes over the training part.
    - optimizer, penalty, lam, proximal, penalized, batch_size, shuffle, augment, label_smoothing,
      mixup, autocast, seed: as in `Trainer`.
    - every: measure each so many epochs, and after the last.
    - history: an earlier call's result on this model; this call adds `epochs` to it as if there had
      been one call. What is asked for now holds: another lr or weight_decay goes on with the
      optimizer's moments, another optimizer or another of its options starts with fresh ones,
      another seed with its own order and masks.
    - checkpoint: a file that is written after each measurement. If it exists, weights and history
      are taken from it and `epochs` counts from the very start, so an interrupted call, repeated,
      ends with the same result. On another device than it was written on, it goes on with other
      dropout masks.
    - progress: whether to show a bar.

    A run that diverges, or is interrupted from the keyboard, stops, says so in one sentence and
    returns what it has; an interrupt puts the weights back to those of the last record. A history
    that has diverged is returned as it is.
    Raises ValueError for arguments out of range, for a checkpoint that cannot be written, that is
    of another run (whatever decides the result: model, data, optimizer, penalty, …), or that holds
    more than `epochs`.
    """
    epochs, every = count("epochs", epochs), count("every", every)
    accepts = "given without checkpoint"
    require(history is None or checkpoint is None, "history", "a history and a checkpoint", accepts)
    accepts = "an earlier result of fit, or None"
    require(history is None or isinstance(history, History), "history", history, accepts)
    trainer = Trainer(
        model,
        split,
        optimizer=optimizer,
        penalty=penalty,
        lam=lam,
        proximal=proximal,
        penalized=penalized,
        batch_size=batch_size,
        shuffle=shuffle,
        augment=augment,
        label_smoothing=label_smoothing,
        mixup=mixup,
        autocast=autocast,
        seed=seed,
    )
    history = History() if history is None else history
    goal = epochs + (history.epochs[-1] if history.epochs else 0)
    keep: Callable[[History], None] | None = None
    if checkpoint is not None:
        path = checkpoints.prepared(checkpoint)
        identity = checkpoints.identity(trainer, every)
        keep = partial(checkpoints.save, path, identity)
        if path.exists():
            history, goal = checkpoints.load(path, identity), epochs
            held = history.epochs[-1]
            require(held <= goal, "epochs", epochs, f"at least {held}, as many as {path} holds")
            trainer.restore(history.state)
    elif history.state:
        _check_shapes(model, history)
        trainer.restore({name: v for name, v in history.state.items() if name != "model"})
    if not history.diverged:
        start = history.epochs[-1] if history.epochs else 0
        todo = range(start + 1, goal + 1)
        with (
            torch.enable_grad(),  # also where a caller has switched gradients off
            trainer.own_random(),  # once, not for every step
            bar(todo, "fit", unit="epoch", disable=not progress) as shown,
        ):
            _train(trainer, history, shown, every, keep)
    if history.stopped:
        print(history.stopped, file=sys.stderr)
    return history


def _train(
    trainer: Trainer,
    history: History,
    epochs: Collection[int],
    every: int,
    keep: Callable[[History], None] | None,
) -> None:
    """Train on; why that ended early stands in `history.stopped`."""
    start = history.epochs[-1] if history.epochs else 0
    goal = start + len(epochs)
    kept = {start: trainer.state()}
    try:
        for epoch in epochs:
            history.running.append(trainer.epoch())
            if epoch % every and epoch != goal:
                continue
            found = trainer.measure()
            kept[epoch] = trainer.state()
            history.add(found)
            history.epochs.append(epoch)  # last: an interrupt before this line undoes the record
            history.state = kept[epoch]
            kept = {epoch: history.state}
            if history.diverged:
                said = trainer.divergence(f"epoch {epoch}")
                history.stopped = f"{said} The history up to here is kept."
            if keep is not None:
                keep(history)
            if history.diverged:
                break
    except BaseException as error:
        # Weights and history go back to the last record, so that what comes next starts from there.
        done = history.epochs[-1] if history.epochs else 0
        history.cut()
        history.state = kept[done]
        trainer.restore(history.state)
        if not isinstance(error, KeyboardInterrupt):
            raise
        history.stopped = (
            f"Interrupted; the history up to epoch {done} of {goal} is kept, and the weights "
            "are those of that epoch. To go on, pass it as history=, or run the cell again if it "
            "names a checkpoint."
        )


def _check_shapes(model: nn.Module, history: History) -> None:
    """Raise ValueError if `history` is that of a network of other shapes."""
    ours = {name: tuple(w.shape) for name, w in model.state_dict().items()}
    theirs = {name: tuple(w.shape) for name, w in history.state["model"].items()}
    differ = sorted(name for name, _ in ours.items() ^ theirs.items())
    accepts = "an earlier result on this model"
    require(not differ, "history", f"one of a model that differs in {differ}", accepts)
