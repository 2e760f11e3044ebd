"""Results: mean ± standard deviation over seeds, and recorded files read as arrays."""

import base64
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Weights per layer of models.SeedCNN.
WEIGHTS = {"conv1": 2400, "conv2": 25600, "conv3": 51200, "linear1": 65536, "linear2": 640}
MEASURED = "running train_loss val_loss train_error val_error penalty test_error".split()


def mean_sd(values: ArrayLike, axis: int = -1) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return mean and standard deviation of `values` (array or tensor) over `axis`, the seeds.

    The standard deviation has n, not n − 1, in its denominator: it describes these seeds, and is
    0 for a single one. ValueError for none.
    """
    values = as_array(values)
    if values.ndim == 0 or values.shape[axis] == 0:
        raise ValueError(f"values must be one at least over axis {axis}; got shape {values.shape}")
    return values.mean(axis), values.std(axis)


def as_array(values: Any, dtype: type | None = float) -> NDArray[Any]:
    """Return numbers, tensors and lists of tensors as an array.

    NumPy alone refuses a tensor that has a gradient, lies on a GPU or is in bfloat16.
    """
    if isinstance(values, (list, tuple)) and values and hasattr(values[0], "detach"):
        values = [as_array(value, dtype) for value in values]
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        if values.is_floating_point() and values.element_size() < 4:
            values = values.float()
    return np.asarray(values, dtype=dtype)


def read(name: str, folder: str | os.PathLike[str] | None = None) -> dict[str, Any]:
    """Return what a recorded file holds, its numbers as arrays.

    - values (K,): a sweep's strengths, or the names of the rows.
    - epochs (T,): where it was measured.
    - train_loss, val_loss, train_error, val_error, penalty (K, S, T), as far as they were kept.
    - running (K, S, epochs); test_error (K, S) if the test set was opened.
    - zeros: layer → (K,), a share.
    - histogram: layer → (K, bins), and filters (K, 32, 3, 5, 5), of a sweep's first seed.

    The rest as in the file. A run that diverged is NaN from there on. The file is looked for in
    `folder`, else in `recorded` and `notebooks/recorded` of the working folder and of those above
    it, then in this project's own checkout. Raises ValueError for one that is not found, with a
    list of what there is, or was not recorded.
    """
    path = _find(name, folder)
    try:
        return _arrays(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        got = f"{type(error).__name__}: {error}"
        raise ValueError(f"{path} must be as `regutils record` writes it; got {got}") from error


def _find(name: str, folder: str | os.PathLike[str] | None) -> Path:
    """Return the path of a recorded file."""
    above = [Path.cwd(), *Path.cwd().parents, Path(__file__).parents[1]]
    places = [place / sub for place in above for sub in ("recorded", "notebooks/recorded")]
    places = places if folder is None else [Path(folder)]
    for place in places:
        if (place / f"{name}.json").is_file():
            return place / f"{name}.json"
    listed = ", ".join(sorted({path.stem for place in places for path in place.glob("*.json")}))
    raise ValueError(f"name must be one of {listed or 'no file'} in recorded/; got {name!r}")


def _arrays(found: dict[str, Any]) -> dict[str, Any]:
    """Return a file's content with its numbers as arrays."""
    rows = list(found["runs"].values())
    first = [row[0] for row in rows]
    for field in first[0].keys() & MEASURED:
        found[field] = _array([[run[field] for run in row] for row in rows])
    if "zeros" in first[0]:
        shares = {name: [run["zeros"][name] for run in first] for name in WEIGHTS}
        found["zeros"] = {name: np.array(shares[name]) / n for name, n in WEIGHTS.items()}
    if "filters" in first[0]:
        found["histogram"] = {
            name: np.array([run["histogram"][name] for run in first]) for name in WEIGHTS
        }
        found["filters"] = np.stack([_filters(run["filters"]) for run in first])
    if "epochs" in first[0]:
        found["epochs"] = max((run["epochs"] for row in rows for run in row), key=len)
    found["values"] = [float(label) if label[0].isdigit() else label for label in found["runs"]]
    return found


def _array(rows: Sequence[Sequence[Any]]) -> np.ndarray:
    """Return nested lists as an array; None is NaN, and so is what a run that ended early lacks."""
    values = [[np.array(run, dtype=float) for run in row] for row in rows]
    longest = max((run for row in values for run in row), key=np.size)
    padded = np.full((len(values), len(values[0]), *longest.shape), np.nan)
    for k, row in enumerate(values):
        for s, run in enumerate(row):
            part: Any = (k, s, *map(slice, run.shape))
            padded[part] = run
    return padded


def _filters(kept: Mapping[str, Any]) -> np.ndarray:
    eight_bits = np.frombuffer(base64.b64decode(kept["int8"]), np.int8)
    top = np.nan if kept["top"] is None else kept["top"]
    return eight_bits.reshape(32, 3, 5, 5) * (top / 127)
