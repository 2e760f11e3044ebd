"""A run of fit in a file: written after each measurement, taken up only by the same run."""

import os
import pickle
import sys
from pathlib import Path
from typing import Any

import torch

from ..arguments import require
from . import optimizers
from .histories import History
from .identity import fingerprint, structure
from .steps import Trainer

Identity = dict[str, Any]


def prepared(checkpoint: str | os.PathLike[str]) -> Path:
    """The path of a checkpoint, its folder made.

    ValueError, before any work is done, if nothing can be written there.
    """
    path = Path(checkpoint).expanduser()
    part = _part(path)
    try:
        require(not path.is_dir(), "checkpoint", str(path), "a file, not a folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        part.touch()
        part.unlink()
    except OSError as error:
        raise ValueError(
            f"checkpoint must be a file that can be written; got {str(path)!r} ({error.strerror})"
        ) from error
    return path


def identity(trainer: Trainer, every: int) -> Identity:
    """All that decides the result of a run, by name: two runs with equal ones are the same run.

    The initial weights are no part of it, as those of the file take their place.
    """
    train, val = trainer.split.train, trainer.split.val
    optimizer = optimizers.state(trainer.optimizer)
    groups = [{k: v for k, v in g.items() if k != "params"} for g in optimizer["param_groups"]]
    names = {id(w): name for name, w in trainer.model.named_parameters()}
    members = [[names.get(id(w), "") for w in g["params"]] for g in trainer.optimizer.param_groups]
    return {
        "model": structure(trainer.model),
        "data": fingerprint([train.x, train.y, val.x, val.y]),
        "lr": [fingerprint(group.pop("lr")) for group in groups],
        "optimizer": fingerprint([optimizer["class"], groups, members]),
        "penalty": fingerprint(trainer.penalty),
        "lam": trainer.lam,
        "proximal": trainer.proximal,
        "penalized": [names.get(id(w), name) for name, w in trainer.penalized.items()],
        "batch_size": trainer.batch_size,
        "shuffle": trainer.shuffle,
        "augment": fingerprint(trainer.augment),
        "label_smoothing": trainer.label_smoothing,
        "mixup": trainer.mixup,
        "autocast": trainer.autocast,
        "seed": trainer.seed,
        "every": every,
    }


def save(path: Path, ours: Identity, history: History) -> None:
    """Write `history` and what it goes on from.

    Beside the target, then renamed, so an interrupt never leaves half a checkpoint. If that fails
    (a full disk), it is said and training goes on: a run is worth more than its copy.
    """
    try:
        torch.save({"identity": ours, "history": vars(history)}, _part(path))
        os.replace(_part(path), path)
    except (OSError, RuntimeError) as error:
        print(f"The checkpoint {path} could not be written: {error}", file=sys.stderr)


def load(path: Path, ours: Identity) -> History:
    """The history in `path`, on the CPU, wherever it was written; ValueError if of another run."""
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        theirs, history = saved["identity"], History(**saved["history"])
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, TypeError, OSError) as error:
        raise ValueError(
            f"checkpoint must be a file that this version of fit wrote; got {path}, which is not "
            "readable as one. Move it away to start again, or name another file."
        ) from error
    differ = [name for name, value in ours.items() if theirs.get(name) != value]
    require(
        not differ,
        "checkpoint",
        f"{path}, which differs in {', '.join(differ)}",
        "of the same run; name another file for another run",
    )
    return history


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")
