"""A run of `fit` in a file: written after each measurement, taken up only by the same run."""

import hashlib
import os
import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ..arguments import require

if TYPE_CHECKING:
    from .trainer import History, Trainer


def prepared(checkpoint: str | os.PathLike[str]) -> Path:
    """Return the path of a checkpoint, its folder made; ValueError if it cannot be written."""
    path = Path(checkpoint).expanduser()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _part(path).touch()
        _part(path).unlink()
        require(not path.is_dir(), "checkpoint", str(path), "a file, not a folder")
    except OSError as error:
        got = f"{str(path)!r} ({error.strerror})"
        raise ValueError(f"checkpoint must be a file that can be written; got {got}") from error
    return path


def settings(trainer: "Trainer", every: int) -> dict[str, Any]:
    """Return what decides the result of a run, by name, in plain values that can be compared.

    A function is known by its name; a penalty by its value at fixed weights. The initial weights
    are no part of it, as those of the file take their place.
    """
    state = optimizer_state(trainer.optimizer)
    named = trainer.model.named_parameters()
    fixed = {
        name: torch.linspace(-1, 2, w.numel(), dtype=w.dtype, device=w.device).view(w.shape)
        for name, w in trainer.penalized.items()
    }
    augment = trainer.augment
    plain = "lam proximal batch_size shuffle label_smoothing mixup seed".split()
    return {
        "model": [str(trainer.model), {n: (tuple(w.shape), w.requires_grad) for n, w in named}],
        "data": _digest([*trainer.split.train, *trainer.split.val]),
        "lr": [float(group.pop("lr")) for group in state["param_groups"]],
        "optimizer": [state["class"], state["param_groups"]],
        "penalty": float(trainer.penalty.value(fixed)) if trainer.penalty else None,
        "penalized": list(trainer.penalized),
        "augment": augment and getattr(augment, "__qualname__", type(augment).__qualname__),
        "every": every,
        **{name: getattr(trainer, name) for name in plain},
    }


def _digest(tensors: list[Tensor]) -> str:
    """Return a text that differs where the content of any tensor does."""
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(f"{tensor.dtype}{tuple(tensor.shape)}".encode())
        digest.update(tensor.cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def save(path: Path, ours: dict[str, Any], history: "History") -> None:
    """Write settings and `history`, with the model's and the optimizer's state in it.

    Beside the target, then renamed, so an interrupt never leaves half a checkpoint. If that fails
    (a full disk), it is said and training goes on: a run is worth more than its copy.
    """
    try:
        torch.save({"settings": ours, "history": vars(history)}, _part(path))
        os.replace(_part(path), path)
    except (OSError, RuntimeError) as error:
        print(f"The checkpoint {path} could not be written: {error}", file=sys.stderr)


def load(path: Path, ours: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of the History in `path`, on the CPU; ValueError if of another run."""
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        theirs, history = saved["settings"], dict(saved["history"])
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, TypeError, OSError) as error:
        raise ValueError(
            f"checkpoint must be a file that this version of fit wrote; got {path}, which is not "
            "readable as one. Move it away to start again, or name another file."
        ) from error
    differ = ", ".join(name for name, value in ours.items() if theirs.get(name) != value)
    accepts = "of the same run; name another file for another run"
    require(not differ, "checkpoint", f"{path}, which differs in {differ}", accepts)
    return history


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def optimizer_state(optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Return a copy of class, options and moments, in types that `torch.load` reads safely."""
    kind = type(optimizer)
    return {"class": f"{kind.__module__}.{kind.__qualname__}", **_plain(optimizer.state_dict())}


def resume_optimizer(optimizer: torch.optim.Optimizer, saved: dict[str, Any]) -> None:
    """Take the moments from an `optimizer_state`; the options stay those of `optimizer`.

    Its lr and weight_decay may differ. An optimizer of another class, with other options or other
    groups of parameters, starts with moments of its own.
    """
    now = optimizer_state(optimizer)
    if now["class"] == saved["class"] and _options(now) == _options(saved):
        asked = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": _plain(saved["state"]), "param_groups": asked})


def _options(state: dict[str, Any]) -> list[dict[str, Any]]:
    free = ("lr", "weight_decay")
    return [{k: v for k, v in g.items() if k not in free} for g in state["param_groups"]]


def _plain(value: Any) -> Any:
    """Return a copy of nested settings: tensors cloned, NumPy's numbers as Python's."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_plain, value))
    return value.tolist() if isinstance(value, (np.generic, np.ndarray)) else value
