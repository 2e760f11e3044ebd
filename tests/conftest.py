"""What several test files share: the notebooks, their cells, and the browser if there is one."""

import os
import re
import sys
from pathlib import Path

import nbformat
import pytest

from regutils.course.exercises import EXERCISES, Choice

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
sys.path.insert(0, str(ROOT / "tests"))


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


CHECK = re.compile(r'^check\("([\d.]+)", .*\)$')
SOLUTION = re.compile(r"<details>.*?```python\n(.*?)```.*?</details>", re.DOTALL)


def exercises(notebook) -> list[tuple[int, str, str]]:
    """Per exercise: the position of its code cell, its number, and the cell's source when solved.

    The code of an exercise is solved in the fold below it; a question has no fold, its letter is
    known to the exercise only.
    """
    found = []
    for i, cell in enumerate(notebook.cells):
        lines = cell.source.strip().split("\n")
        if cell.cell_type != "code" or not (match := CHECK.match(lines[-1])):
            continue
        number = match[1]
        exercise = EXERCISES[number]
        if isinstance(exercise, Choice):
            solved = cell.source.replace("...", f'"{exercise.letter}"', 1)
        else:
            solution = SOLUTION.search(notebook.cells[i + 1].source)
            assert solution, f"exercise {number} has no folded solution under it"
            solved = solution[1].rstrip() + "\n" + lines[-1]
        found.append((i, number, solved))
    return found


@pytest.fixture(scope="session")
def page():
    """A page of headless Chromium.

    Without one the test is skipped, or fails where REGUTILS_BROWSER=required.
    """
    import lab

    if lab.chromium() is None:
        reason = "no Chromium or Chrome found; install one, or run `playwright install chromium`"
        if os.environ.get("REGUTILS_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    with lab.browser_page() as page:
        yield page
