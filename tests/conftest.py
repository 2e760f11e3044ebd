"""What several test files share: the notebooks, their cells, and the browser if there is one."""

import asyncio
import os
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import mock

import nbformat
import pytest
from filelock import FileLock

from regutils import course
from regutils.course.exercises import EXERCISES, Choice
from regutils.tools import execute as running
from regutils.tools.site import frames

ROOT = Path(__file__).parent.parent
# Other numbers of threads add up in another order, and training makes much of it.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "REGUTILS_THREADS": "fixed"}
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
sys.path.insert(0, str(ROOT / "tests"))
# Combinations of an explorer's controls that are drawn for the tests; pages have up to 400.
MOST_FRAMES = frames.MOST if course.full() else 6


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
def home(tmp_path_factory):
    """Folder of this run of the tests, which the workers of pytest-xdist have in common.

    `notebooks` in it is a copy of the course's whose exercises are solved.
    """
    base = tmp_path_factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "solved"
    with FileLock(f"{home}.lock"):
        if not home.exists():
            shutil.copytree(ROOT / "notebooks", home / "notebooks")
            for path in NOTEBOOKS:
                notebook = read(path)
                for i, _, solution in exercises(notebook):
                    notebook.cells[i].source = solution
                nbformat.write(notebook, home / "notebooks" / path.name)
    return home


# The first cell of a solved notebook: its explorers carry what they show for every setting.
CARRY = f"{frames.SETUP}\nframes.MOST = {MOST_FRAMES}"


@pytest.fixture(scope="session")
def solved_run(home):
    """Function from a notebook's path to the solved notebook, executed once for all tests.

    Its explorers carry their frames. Where test_hard_to_break was there first, it is its run.
    """

    def run(path: Path) -> nbformat.NotebookNode:
        with FileLock(home / f"{path.stem}.lock"):
            if not kept(home, path).exists():
                keep(home, path, executed(home, path))
        return read(kept(home, path))

    return run


def executed(home: Path, path: Path) -> nbformat.NotebookNode:
    """The solved notebook, run as it stands."""
    notebook = read(home / "notebooks" / path.name)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(CARRY))
    with mock.patch.dict(os.environ, ONE_THREAD):
        running.execute(notebook, home / "notebooks", timeout=600)
    notebook.cells.pop(0)
    return notebook


def kept(home: Path, path: Path) -> Path:
    """Where the solved notebook lies once it was executed."""
    return home / "run" / path.name


def keep(home: Path, path: Path, notebook: nbformat.NotebookNode) -> None:
    """Let all tests have this run of the solved notebook."""
    kept(home, path).parent.mkdir(exist_ok=True)
    nbformat.write(notebook, kept(home, path))


def pytest_collection_modifyitems(items):
    """What runs every notebook comes first, what looks at its runs late, nbmake's part last."""
    late = {item.path for item in items if "solved_run" in getattr(item, "fixturenames", ())}
    items.sort(
        key=lambda item: (
            item.path.suffix == ".ipynb",
            item.path in late,
            item.path.stem != "test_hard_to_break",
        )
    )


def in_a_loop(learner):
    """Run it in an event loop, in a thread, because Playwright keeps a loop in the main one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, learner).result()


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


@pytest.fixture
def complaints(page):
    """What the page itself complains about while a test runs."""
    heard = []

    def listen(error):
        heard.append(error)

    page.on("pageerror", listen)
    yield heard
    page.remove_listener("pageerror", listen)
