"""Recorded files: written beside the target and renamed."""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write(path: Path, content: Any) -> None:
    """Write JSON beside the target and rename it: a reader never meets half a file."""
    part = path.with_name(path.name + ".part")
    text = json.dumps(plain(content), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    part.write_text(text + "\n", encoding="utf-8")
    os.replace(part, path)


def plain(content: Any) -> Any:
    """Return `content` with None in place of every float that JSON has no number for."""
    if isinstance(content, Mapping):
        return {name: plain(value) for name, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [plain(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content


def writable(folder: Path) -> Path:
    """Return `folder`, made if it is missing; ValueError if nothing can be written to it."""
    probe = folder / ".regutils"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        accepts = "a folder that can be written to"
        raise ValueError(f"{folder} must be {accepts}; got {error.strerror}") from error
    return folder
