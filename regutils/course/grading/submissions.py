"""What learners handed in, found and read whatever state it is in."""

import glob
import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ...arguments import require
from .programs import Cell

LARGEST = 50_000_000


@dataclass(frozen=True)
class Submission:
    """All that one learner handed in; files: notebooks, or what was given instead of one."""

    learner: str
    files: tuple[Path, ...]

    def digest(self) -> str:
        """What the files hold, as a number that changes with any byte of them."""
        found = hashlib.sha256()
        for path in self.files:
            found.update(path.name.encode() + b"\0" + _bytes(path)[: LARGEST + 1])
        return found.hexdigest()


def find(arguments: Iterable[str]) -> list[Submission]:
    """The submissions in files, folders and patterns such as `class/*`, by learner's name.

    A file is one learner's, named after the file, or after folder and file where that is not
    enough; a folder is one learner's with all notebooks in it. Raises ValueError for what does not
    exist and for two learners of one name.
    """
    paths: list[Path] = []
    for argument in arguments:
        path = Path(argument).expanduser()
        matching = [path] if path.exists() else [Path(p) for p in sorted(glob.glob(str(path)))]
        require(bool(matching), "SUBMISSION", argument, "a file or folder that exists")
        paths += [one for one in matching if not one.name.startswith(".")]
    paths = list({path.resolve(): path.resolve() for path in paths})
    stems = Counter(_name(path) for path in paths)
    found = [
        Submission(_name(path) if stems[_name(path)] == 1 else _longer(path), _files(path))
        for path in paths
    ]
    names = Counter(submission.learner for submission in found)
    twice = [name for name, times in names.items() if times > 1]
    require(not twice, "SUBMISSION", ", ".join(twice), "one file or folder per learner")
    return sorted(found, key=lambda submission: submission.learner)


def read_cells(path: Path) -> tuple[list[Cell], str, str]:
    """(code cells, text of all cells, "") of a notebook; ([], "", reason) of what is none."""
    content = _bytes(path)
    if len(content) > LARGEST:
        return [], "", f"{path.name} is larger than {LARGEST // 1_000_000} MB"
    if not content.strip():
        return [], "", f"{path.name} is empty"
    try:
        notebook = json.loads(content)
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        read = [(cell["cell_type"], str(cell.get("id", "")), _source(cell)) for cell in cells]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return [], "", f"{path.name} is not a notebook"
    text = "\n".join(source.strip() for _, _, source in read)
    code = [Cell(name, source) for kind, name, source in read if kind == "code"]
    return (code, text, "") if code else ([], "", f"{path.name} has no code in it")


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError:
        return b""


def _source(cell: dict) -> str:
    source = cell["source"] if "source" in cell else cell.get("input", "")
    return source if isinstance(source, str) else "".join(source)


def _files(path: Path) -> tuple[Path, ...]:
    if path.is_file():
        return (path,)
    inside = (one.relative_to(path) for one in path.rglob("*.ipynb") if one.is_file())
    return tuple(
        path / one
        for one in sorted(inside)
        if not any(part.startswith((".", "__MACOSX")) for part in one.parts)
    )


def _name(path: Path) -> str:
    return path.stem if path.is_file() else path.name


def _longer(path: Path) -> str:
    return f"{path.parent.name}/{_name(path)}"
