"""What a class hands in: notebooks, folders of them, and files that are neither."""

import glob
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from ..arguments import require

LARGEST = 50_000_000  # bytes of a notebook


class Trouble(Exception):
    """A file that cannot be executed: status, sentence."""


def find(arguments: Sequence[str]) -> list[Path]:
    """Return the submissions in files, folders and patterns; ValueError for what does not exist."""
    paths: list[str] = []
    for argument in arguments:
        # Windows leaves patterns to the program.
        matching = [argument] if os.path.lexists(argument) else sorted(glob.glob(argument))
        require(bool(matching), "SUBMISSION", argument, "a file or folder that exists")
        paths += map(os.path.abspath, matching)
    return [Path(path) for path in dict.fromkeys(paths)]


def notebooks(path: Path) -> list[Path]:
    """Return the notebooks of a submission; a file given in place of a folder counts as one."""
    if not path.is_dir():
        return [path]
    hidden = re.compile(r"(^|/)(\.|__MACOSX/)")
    found = sorted(path.rglob("*.ipynb"))
    return [file for file in found if not hidden.search(file.relative_to(path).as_posix())]


def read_cells(path: Path) -> list[NotebookNode]:
    """Return the code cells, without outputs; Trouble with the status of what has none."""
    try:
        if not path.is_file():  # a pipe would be waited for
            raise FileNotFoundError(path)
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise Trouble("unreadable", "the file cannot be opened") from error
    if len(raw) > LARGEST:
        raise Trouble("too large", f"the file is larger than {LARGEST // 1_000_000} MB")
    if not raw.strip():
        raise Trouble("empty", "there is nothing in this file")
    try:
        cells = [cell for cell in json.loads(raw)["cells"] if cell["cell_type"] == "code"]
        sources = ["".join(cell["source"]) for cell in cells]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise Trouble("not a notebook", "the file is not a notebook, or is damaged") from error
    if not "".join(sources).strip():
        raise Trouble("empty", "the notebook has no code in it")
    # Half a character cannot be sent to a kernel.
    return [new_code_cell(s.encode("utf-8", "backslashreplace").decode()) for s in sources]


def version(path: Path) -> str:
    """Return what changes with a submission's code; no spreadsheet takes it for a number."""
    code = []
    for file in notebooks(path):
        try:
            code += [cell.source for cell in read_cells(file)]
        except Trouble as trouble:
            code += trouble.args
    return f"v{hashlib.sha256(repr(code).encode()).hexdigest()[:12]}"


def text(path: Path) -> str:
    """Return a path as one printable line; a byte that is not UTF-8 as an escape."""
    name = os.fsencode(path).decode(errors="backslashreplace")
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())


def learners(handed_in: Sequence[Path], rows: Sequence[dict[str, str]]) -> dict[Path, str]:
    """Return the names: of the file or folder, or its whole path where others have that name."""
    names = {path: text(Path(path.name)).removesuffix(".ipynb") for path in handed_in}
    own = set(map(text, handed_in))
    taken = Counter(names.values())
    taken.update(row["learner"] for row in rows if row["submission"] not in own)
    return {path: name if taken[name] == 1 else text(path) for path, name in names.items()}
