"""The format of a recorded file, written and read in one place."""

import base64
import json
import os
from pathlib import Path

import numpy as np


def write(path: Path, content) -> None:
    """JSON, written beside the target and renamed: a reader never meets half a file."""
    part = path.with_name(path.name + ".part")
    part.write_text(
        json.dumps(content, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8"
    )
    os.replace(part, path)


WEIGHTS = {
    "conv1": 2400,
    "conv2": 25600,
    "conv3": 51200,
    "linear1": 65536,
    "linear2": 640,
}  # per layer of SeedCNN


def read(name: str, folder: str | os.PathLike = "recorded") -> dict:
    """A file of the recording, its numbers as arrays.

    values (K,): a sweep's strengths, or the names of the rows; epochs (T,); train_loss, val_loss, train_error and
    val_error (K, S, T); running (K, S, epochs); test_error (K, S) if the test set was opened; zeros: layer → (K,), a
    share. Of a sweep's first seed histogram: layer → (K, bins), and filters (K, 32, 3, 5, 5). The rest as in the file.
    """
    found = json.loads((Path(folder) / f"cifar10_{name}.json").read_text(encoding="utf-8"))
    runs = found["runs"].values()
    first = [row[0] for row in runs]
    arrays = {
        field: np.array([[r[field] for r in row] for row in runs])
        for field in ("running", "train_loss", "val_loss", "train_error", "val_error", "test_error")
        if field in first[0]
    }
    arrays["zeros"] = {
        layer: np.array([r["zeros"][layer] for r in first]) / size
        for layer, size in WEIGHTS.items()
    }
    if "filters" in first[0]:
        arrays["histogram"] = {
            layer: np.array([r["histogram"][layer] for r in first]) for layer in WEIGHTS
        }
        arrays["filters"] = np.stack(
            [
                np.frombuffer(base64.b64decode(r["filters"]["int8"]), np.int8).reshape(32, 3, 5, 5)
                * (r["filters"]["top"] / 127)
                for r in first
            ]
        )
    values = [float(label) if label[0].isdigit() else label for label in found["runs"]]
    return found | arrays | {"values": values, "epochs": first[0]["epochs"]}
