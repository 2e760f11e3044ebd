"""Pictures from one file of arrays (.npz)."""

import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..arguments import require
from .images import Pictures
from .parts import Examples

NAMES = "train_x, train_y, test_x and test_y (or x_train, y_train, x_test and y_test)"


def archive(path: str | os.PathLike[str]) -> Pictures:
    """Pictures from an .npz file, of ours or as Keras keeps them.

    - path: a leading ~ is the home folder. It holds train_x, train_y and, if there are any, test_x,
      test_y, val_x, val_y, or the same names the other way round, x_train, …
    - pictures: (n, 3, h, w), channels last (n, h, w, 3), or grey (n, h, w) or (n, h, w, 1), as
      uint8 or as floats in [0, 1].
    - labels: (n,) or (n, 1) integers. An array `classes` names them.

    Raises ValueError in one sentence.
    """
    path = Path(path).expanduser()
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {_canonical(name): file[name] for name in file.files}
    except Exception as error:  # no file, no archive, half of one, or pickled objects
        said = " ".join(str(error).split())
        raise ValueError(f"path must be an .npz file of arrays; {path}: {said}") from error
    parts = {
        name: _examples(name, arrays)
        for name in ("train", "val", "test")
        if f"{name}_x" in arrays or name == "train"
    }
    train = parts["train"]
    named = arrays.get("classes", np.arange(int(train.y.max()) + 1))
    classes = tuple(str(name) for name in named.tolist())
    return Pictures(
        *train, classes, f"pictures of {path.name}", parts.get("test"), parts.get("val")
    )


def _canonical(name: str) -> str:
    """train_x for x_train."""
    first, _, second = name.partition("_")
    return f"{second}_{first}" if first in ("x", "y") else name


def _examples(name: str, arrays: dict[str, np.ndarray]) -> Examples:
    found = ", ".join(sorted(arrays)) or "nothing"
    there = f"{name}_x" in arrays and f"{name}_y" in arrays
    require(there, "path", f"a file that holds {found}", f"a file of arrays {NAMES}")
    x, y = _pixels(f"{name}_x", arrays[f"{name}_x"]), arrays[f"{name}_y"]
    fits = y.size == len(x) and np.issubdtype(y.dtype, np.integer)
    require(fits, f"{name}_y", f"{y.dtype} {y.shape}", f"one whole number per picture ({len(x)})")
    return Examples(x, torch.from_numpy(y.reshape(-1).astype(np.int64)))


def _pixels(name: str, x: np.ndarray) -> Tensor:
    """(n, 3, h, w) uint8."""
    if x.ndim == 3:
        x = x[:, None]
    accepts = "pictures (n, 3, h, w) or (n, h, w, 3), uint8 or floats from 0 to 1"
    require(x.ndim == 4 and x.size > 0, name, f"{x.dtype} {x.shape}", accepts)
    if x.shape[1] not in (1, 3) and x.shape[-1] in (1, 3):
        x = x.transpose(0, 3, 1, 2)
    require(x.shape[1] in (1, 3), name, f"{x.dtype} {x.shape}", accepts)
    if x.dtype != np.uint8:
        low, high = float(x.min()), float(x.max())
        whole = np.issubdtype(x.dtype, np.integer) and 0 <= low and high <= 255
        share = np.issubdtype(x.dtype, np.floating) and 0 <= low and high <= 1
        require(whole or share, name, f"{x.dtype} from {low:g} to {high:g}", accepts)
        x = (x * 255).round().astype(np.uint8) if share else x.astype(np.uint8)
    if x.shape[1] == 1:
        x = x.repeat(3, axis=1)
    return torch.from_numpy(np.ascontiguousarray(x))
