"""A class that hands in everything that was ever reported: notebooks made for tests of the grader.

python tests/tools/class_of_thirty.py FOLDER    writes the class, for `regutils grade FOLDER/*`
"""

import json
import os
import sys
from pathlib import Path

import nbformat

SETUP = "from regutils.course import check"
ALPHA = 'def alpha(a, n):\n    return {}\n\n\ncheck("2.1", alpha)'
STEP = 'def step(w, g, lr, lam):\n    return {}\n\n\ncheck("2.2", step)'
LETTER = 'check("2.6", {})'
HIDDEN = "import os\nassert 'COURSE_TOKEN' not in os.environ"
LOOP = "while True: pass\n"
DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n" + LOOP
KILL = "import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(60)\n"
FILL = "import torch\nkept = torch.ones(10**10)\n"
SOFTMAX = "torch.softmax(torch.ones(2).long(), 0)"
THROW = "(_ for _ in ()).throw(ValueError('\\ud800'))"
DETACHED = (
    "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; "
    "time.sleep(3333)'], start_new_session=True)"
)
OWN_WAYS = (
    SETUP,
    "from math import *\nfrom fractions import Fraction\nx = !ls\n%timeit -n1 -r1 1",
    'check(number="2.1", answer=lambda a, n: Fraction(a) * n / 2)',
    STEP.format("w - lr * (g + 2 * lam * w)") + ";",
    'print(check("2.6", "C"))',
)
STORED = {
    "text/plain": "Exercise 2.1: right.",
    "application/vnd.regutils.check+json": {"exercise": "2.1", "verdict": "right", "message": ""},
}


def answers(alpha="n * a / 2", step="w - lr * (g + 2 * lam * w)", letter='"C"', before=()):
    """Return a notebook's cells: right ones, except where another answer is given."""
    return SETUP, *before, ALPHA.format(alpha), STEP.format(step), LETTER.format(letter)


SOLVED = answers()
UNTOUCHED = answers("...", "...", "...")
TWO_LETTERS = answers("...", "...")
# Per learner: the code cells, and (status of 2.1, of 2.2, of 2.6) as they should be marked.
R, Y, N, F, S = "right", "not yet", "not attempted", "failed", "stopped"
NOTEBOOKS: dict[str, tuple[tuple[str, ...], tuple[str, str, str]]] = {
    "solved": (SOLVED, (R, R, R)),
    "untouched": (UNTOUCHED, (N, N, N)),
    "two letters 1": (TWO_LETTERS, (N, N, R)),
    "two letters 2": (TWO_LETTERS, (N, N, R)),
    "two letters 3": (TWO_LETTERS, (N, N, R)),
    "no quotes": (answers(letter="C"), (R, R, F)),
    "syntax error": (answers(alpha="n * a /"), (F, R, R)),
    "hanging": ((SETUP, SOLVED[1] + "\n" + LOOP, *SOLVED[2:]), (R, R, R)),
    "hanging before": ((SETUP, LOOP + SOLVED[1], *SOLVED[2:]), (S, R, R)),
    "hanging for good": ((*SOLVED[:2], DEAF + SOLVED[2], SOLVED[3]), (R, S, S)),
    "exiting": ((*SOLVED[:2], "import os\nos._exit(0)\n" + SOLVED[2], SOLVED[3]), (R, S, S)),
    "killing parent": ((*SOLVED[:2], KILL + SOLVED[2], SOLVED[3]), (R, S, S)),
    "detached": ((*SOLVED, DETACHED), (R, R, R)),
    "filling memory": ((SETUP, FILL + SOLVED[1], *SOLVED[2:]), (S, R, R)),
    "filling in answer": (answers(alpha="bytearray(10**11)"), (S, R, R)),
    "surrogates": (answers(THROW, before=('print("\\ud800")',)), (Y, R, R)),
    "half a character": (answers(before=("half = '\ud800'",)), (R, R, R)),
    "400 digits": (answers(alpha="10 ** 400"), (Y, R, R)),
    "much output": (answers(before=("print('x' * 60_000_000)", "print('x' * 200_000)")), (R, R, R)),
    "own ways": (OWN_WAYS, (R, R, R)),
    "torch says no": (answers(SOFTMAX, before=("import torch",)), (Y, R, R)),
    "=HYPERLINK(1)": ((HIDDEN, *SOLVED), (R, R, R)),
    "Łukasz": (SOLVED, (R, R, R)),
}
# What is no notebook that could be marked: its bytes, and the status of its one line.
OTHERS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "spaces": (b" \n", "empty"),
    "not json": (b"{'cells': [", "not a notebook"),
    "no cells": (b"[1, 2]", "not a notebook"),
    "nested": (b"[" * 100_000, "not a notebook"),
    "60 MB": (b" " * 60_000_000, "too large"),
}


def notebook(*sources: str, stored: bool = False) -> bytes:
    """Return a notebook's file; stored: whether its second cell has a verdict in its output."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    if stored:
        cells[1].outputs = [nbformat.v4.new_output("execute_result", STORED)]
    return json.dumps(nbformat.v4.new_notebook(cells=cells)).encode()


def write_class(folder: Path) -> dict[str, tuple[str, ...]]:
    """Write all submissions; by learner, the statuses of 2.1, 2.2 and 2.6, or of the one line."""
    files = {name: (notebook(*sources), marks) for name, (sources, marks) in NOTEBOOKS.items()}
    files |= {name: (content, (status,)) for name, (content, status) in OTHERS.items()}
    files["stored verdict"] = notebook(*UNTOUCHED, stored=True), (N, N, N)
    files["text only"] = notebook(), ("empty",)
    files["another course"] = notebook("print(1)"), ("no exercises",)
    for name, (content, _) in files.items():
        (folder / f"{name}.ipynb").write_bytes(content)
    expected = {name: statuses for name, (_, statuses) in files.items()}
    (folder / "no notebook").mkdir()
    expected["no notebook"] = ("empty",)
    (folder / "with files").mkdir()
    (folder / "with files" / "own.py").write_text("factor = 0.5")
    sources = answers("n * a * factor", before=("from own import factor",))
    (folder / "with files" / "02.ipynb").write_bytes(notebook(*sources))
    expected["with files"] = R, R, R
    (folder / "a link.ipynb").symlink_to(folder / "solved.ipynb")
    expected["a link"] = R, R, R
    (folder / "a dead link.ipynb").symlink_to(folder / "nowhere.ipynb")
    expected["a dead link"] = ("unreadable",)
    latin = os.fsencode(folder) + "/J\u00fcrgen.ipynb".encode("latin-1")
    try:
        Path(os.fsdecode(latin)).write_bytes(notebook(*SOLVED))
        expected["J\\xfcrgen"] = R, R, R
    except OSError:  # macOS takes no such name
        pass
    return expected


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir()
    print(f"{len(write_class(Path(sys.argv[1]).absolute()))} submissions in {sys.argv[1]}")
