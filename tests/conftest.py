"""What several test files share: the notebooks, their cells, and the browser if there is one."""

import os
import re
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
sys.path.insert(0, str(ROOT / "tests"))


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


CHECK = re.compile(r'^check\("([\d.]+)", .*\)$')
SOLUTION = re.compile(r"<details>.*?```python\n(.*?)```.*?</details>", re.DOTALL)


def exercises(notebook) -> list[tuple[int, str, str]]:
    """Per exercise: position of its code cell, its name, the code of its folded solution in the next cell."""
    found = []
    for i, cell in enumerate(notebook.cells):
        last = cell.source.strip().split("\n")[-1]
        if cell.cell_type == "code" and (match := CHECK.match(last)):
            solution = SOLUTION.search(notebook.cells[i + 1].source)
            assert solution, f"exercise {match[1]} has no folded solution under it"
            found.append((i, match[1], solution[1]))
    return found


@pytest.fixture(scope="session")
def page():
    """A page of headless Chromium. Without one the test is skipped, or fails where REGUTILS_BROWSER=required."""
    import lab

    if lab.chromium() is None:
        reason = "no Chromium or Chrome found; install one, or run `playwright install chromium`"
        if os.environ.get("REGUTILS_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    with lab.browser_page() as page:
        yield page
