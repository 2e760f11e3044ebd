"""Run what a notebook's text claims, in the notebook's own kernel; spread.py prints what came out.

`tests/claims/02_l2.py` is a percent script: each cell begins with `# %%` and `# after: <cell id>`.
A copy of the notebook, its exercises solved, runs each of them after the cell named. They see the
notebook's names but bind none in it; what one of them binds, the later ones may use. Every
statement with an `assert` in it is one claim; one that fails does not stop the others.
"""

import ast
import os
import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import nbformat

from regutils.course.exercises import EXERCISES
from regutils.course.exercises.kinds import Choice
from regutils.tools import execute as running

TESTS = Path(__file__).resolve().parents[1]
MIME = "application/vnd.regutils.claims+json"
CHECK = re.compile(r'^check\("([\d.]+)", .*\)$')
SOLUTION = re.compile(r"<details>.*?```python\n(.*?)```.*?</details>", re.DOTALL)
CELL = re.compile(r"^# %%.*$", re.MULTILINE)


@dataclass(frozen=True)
class Claim:
    """A statement that asserts, and what came out.

    - line, source: where it stands in the file of claims
    - error: "" where it holds
    - values: what the sides of its comparison were
    """

    line: int
    source: str
    error: str
    values: str


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def exercises(notebook) -> list[tuple[int, str, str]]:
    """Return of each exercise the position of its cell, its number, and its source when solved.

    Code is solved in the fold below it, a question by its letter.
    """
    found = []
    for i, cell in enumerate(notebook.cells):
        lines = cell.source.strip().split("\n")
        if cell.cell_type != "code" or not (match := CHECK.match(lines[-1])):
            continue
        number, solved = match[1], cell.source
        kind = EXERCISES[number]
        if isinstance(kind, Choice):
            solved = solved.replace("...", f'"{kind.letter}"', 1)
        else:
            solution = SOLUTION.search(notebook.cells[i + 1].source)
            assert solution, f"exercise {number} has no folded solution under it"
            solved = solution[1].rstrip() + "\n" + lines[-1]
        found.append((i, number, solved))
    return found


def solve(notebook) -> None:
    """Put the solutions into the cells of the exercises."""
    for i, _, solution in exercises(notebook):
        notebook.cells[i].source = solution


def claims_of(path: Path) -> Path:
    """Return the file that claims for the notebook at `path`."""
    return TESTS / "claims" / f"{path.stem}.py"


def parse(script: Path) -> list[tuple[int, str, str]]:
    """Return of each cell of a file of claims its first line, the cell it follows, its source."""
    text = script.read_text(encoding="utf-8")
    starts = [match.start() for match in CELL.finditer(text)]
    cells = []
    for start, end in zip(starts, [*starts[1:], len(text)]):
        line = text.count("\n", 0, start) + 1
        source = text[start:end]
        after = re.match(r"# %%.*\n# after: (\S+)\n", source)
        if not after:
            raise ValueError(f"{script.name}:{line}: the cell has no line '# after: <cell id>'")
        if not any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(source))):
            raise ValueError(f"{script.name}:{line}: the cell asserts nothing")
        cells.append((line, after[1], source))
    if not cells:
        raise ValueError(f"{script.name} claims nothing")
    return cells


def insert(notebook, script: Path) -> None:
    """Put a cell `claim-N` for each cell of a file of claims behind the cell that it names."""
    ids = [cell.id for cell in notebook.cells]
    behind: dict[str, list] = {}
    for n, (line, after, source) in enumerate(parse(script), start=1):
        if after not in ids:
            raise ValueError(f"{script.name}:{line}: the notebook has no cell {after!r}")
        call = f"claims_runner.run({line}, {source!r})"
        behind.setdefault(after, []).append(nbformat.v4.new_code_cell(call, id=f"claim-{n}"))
    setup = (
        f"import sys\nsys.path.append({str(Path(__file__).parent)!r})\n"
        f"from claims import Runner\nclaims_runner = Runner({str(script)!r})\n"
        "sys.path.pop()"
    )
    cells = [nbformat.v4.new_code_cell(setup, id="claim-0")]
    for cell in notebook.cells:
        cells += [cell, *behind.get(cell.id, [])]
    notebook.cells = cells


class Runner:
    """In the kernel: runs cells of a file of claims and shows what came out as JSON."""

    def __init__(self, script: str):
        self.script = script
        self.bound: dict = {}

    def run(self, first_line: int, source: str) -> None:
        from IPython import get_ipython
        from IPython.display import display

        names = get_ipython().user_ns
        space = self.bound | names
        found = []
        tree = ast.parse("\n" * (first_line - 1) + source, self.script)
        for statement in tree.body:
            error = ""
            try:
                exec(compile(ast.Module([statement], []), self.script, "exec"), space)
            except Exception as raised:
                lines = [
                    f.lineno
                    for f in traceback.extract_tb(raised.__traceback__)
                    if f.filename == self.script
                ]
                text = f": {raised}" if str(raised) else ""
                error = f"{type(raised).__name__}{text} (line {lines[-1]})"
            asserts = any(isinstance(node, ast.Assert) for node in ast.walk(statement))
            if asserts or error:
                code = ast.get_source_segment("\n" * (first_line - 1) + source, statement)
                found.append(
                    {
                        "line": statement.lineno,
                        "source": code,
                        "error": error,
                        "values": values(statement, space),
                    }
                )
            if error and not error.startswith("AssertionError"):
                break
        self.bound |= {k: v for k, v in space.items() if k not in names}
        display({MIME: found, "text/plain": f"{len(found)} claims"}, raw=True)


def values(statement: ast.stmt, space: dict) -> str:
    """Return what stands on the sides of an assert's comparisons, names and numbers left out."""
    if not isinstance(statement, ast.Assert):
        return ""
    parts = []
    for node in ast.walk(statement.test):
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                if not any(isinstance(inner, (ast.Name, ast.Call)) for inner in ast.walk(side)):
                    continue
                try:
                    value = eval(compile(ast.Expression(side), "claim", "eval"), space)
                except Exception:  # a name of a comprehension
                    continue
                parts.append(f"{ast.unparse(side)} = {short(value)}")
    return "; ".join(dict.fromkeys(parts))


def short(value) -> str:
    """Return a value in at most 60 characters, numbers with four digits."""
    try:
        text = f"{float(value):.4g}"
    except (TypeError, ValueError, RuntimeError):
        text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:57] + "…"


def execute(
    notebook, folder: Path, environment: Mapping[str, str] | None = None, setup: str = ""
) -> tuple[list[Claim], str]:
    """Run a notebook that has claims in it; return them, and where and why it stopped, or "".

    - environment: variables added to the kernel's.
    - setup: code that the kernel runs first.
    """
    stopped = ""
    with mock.patch.dict(os.environ, environment or {}):
        try:
            running.execute(notebook, folder, timeout=600, setup=setup)
        except running.Failed as error:
            stopped = str(error)
    claims = [cell for cell in notebook.cells if cell.id.startswith("claim-")]
    outputs = [output for cell in claims for output in cell.outputs]
    found = [Claim(**claim) for o in outputs for claim in o.get("data", {}).get(MIME, [])]
    notebook.cells = [cell for cell in notebook.cells if cell not in claims]
    return found, stopped
