"""Notebooks under learners' hands and on machines that are not ours.

One kernel per notebook, everything at once: the course lies in a read-only folder whose name has
blanks and letters beyond ASCII, and there is neither a home nor a network. Cells are run twice, one
interrupted on the way. The second time prints what the first did, so what trains begins afresh.
"""

import os
import re
import shutil

import pytest
from claims import read
from conftest import NO_NETWORK, ONE_THREAD, ROOT
from learner import Learner

# Cells that take seconds.
TRAINS = re.compile(r"\btrain\.(sweep|fit|Trainer)\(|\.step\(|\.run\(\d")
# What matplotlib says, on stderr, to those who have no home, and what to do about it.
HOMELESS = re.compile(r"^(mkdir -p failed for path|Matplotlib created a temporary) .*\n", re.M)


def printed(outputs) -> str:
    """What a reader sees as text; addresses of objects in memory are nobody's result."""
    parts = [o.get("text", "") + o.get("data", {}).get("text/plain", "") for o in outputs]
    text = HOMELESS.sub("", "".join(parts))
    text = re.sub(r".*\r(?!\n) *", "", text)  # what bars have overwritten
    return re.sub(r"0x[0-9a-f]+", "0x…", text).strip()


@pytest.fixture
def folder(tmp_path):
    """The course in a folder that nobody but root can write to."""
    folder = tmp_path / "Kurs für Anfänger"
    for name, downloads in (("notebooks", "data"), ("regutils", "")):
        skip = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", downloads)
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(path.stat().st_mode & ~0o222)
    yield folder
    for path in paths:
        path.chmod(path.stat().st_mode | 0o200)


@pytest.fixture
def learner(folder):
    """A learner whose kernel runs in that folder, without a home."""
    variables = {"PYTHONPATH": str(folder), "HOME": str(folder / "nobody"), **ONE_THREAD}
    learner = Learner(folder / "notebooks", os.environ | variables)
    yield learner
    learner.close()


def errors(outputs) -> list[str]:
    return [output.ename for output in outputs if output.output_type == "error"]


def interrupted(learner, cell) -> bool:
    """Stop a cell that is at work; False if it was done before.

    A sweep or fit that is stopped keeps what it has, says so and raises nothing itself.
    """
    shown = learner.finish(learner.send(cell.source, cell.id), interrupt=True)
    found = errors(shown)
    kept = "Interrupted" in printed(shown)
    assert found in ([], ["KeyboardInterrupt"]) or kept, found
    return bool(found) or kept


# How far a notebook is run.
LAST = {
    "01_concept": "concept-plain-loop",
    "02_l2": "l2-13-explorer",
    "05_cifar10": "cifar-56-live-explorer",
    "07_playground": "play-14-code-same",
}


@pytest.mark.parametrize(("stem", "last"), LAST.items())
def test_a_notebook_is_hard_to_break(stem, last, folder, learner):
    if not os.access(folder, os.W_OK):  # root may write anywhere
        assert errors(learner.run("open('written here', 'w')")) == ["PermissionError"]
    cells = [c for c in read(ROOT / "notebooks" / f"{stem}.ipynb").cells if c.cell_type == "code"]
    cells = cells[: [cell.id for cell in cells].index(last) + 1]
    training = [cell for cell in cells if TRAINS.search(cell.source)]
    learner.run(NO_NETWORK)
    where = learner.run("import regutils.data\nprint(regutils.data.__file__)")
    assert folder.name in printed(where), "the package is another one"
    stopped, once = False, []
    for cell in cells:
        # Not the first one: it loads more of PyTorch, and half a module is no use to anybody.
        if cell in training[1:] and not stopped:
            stopped = interrupted(learner, cell)
        outputs = learner.run(cell.source, cell.id)
        assert not errors(outputs), f"{cell.id}: {learner.errors[-1]}"
        once.append(printed(outputs))
    assert stopped, "no cell was at work when it was interrupted"
    for cell, text in zip(cells, once):
        outputs = learner.run(cell.source, cell.id)
        assert not errors(outputs), f"{cell.id}: {learner.errors[-1]}"
        assert printed(outputs) == text, cell.id
