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
RIGHT = (SETUP, ALPHA.format("n * a / 2"), STEP.format("w - lr * (g + 2 * lam * w)"))
SOLVED = (*RIGHT, LETTER.format('"C"'))
UNTOUCHED = (SETUP, ALPHA.format("..."), STEP.format("..."), LETTER.format("..."))
FORGED = {
    "output_type": "execute_result",
    "execution_count": 1,
    "metadata": {},
    "data": {
        "text/plain": "Exercise 2.1: right.",
        "application/vnd.regutils.check+json": {
            "exercise": "2.1",
            "verdict": "right",
            "message": "",
        },
    },
}
HIDDEN = "import os\nassert 'COURSE_TOKEN' not in os.environ"
DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass\n"
KILL = "import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(60)\n"
FILL = "import torch\nkept = torch.ones(10**10)"

# Per learner: the code cells, and (status of 2.1, of 2.2, of 2.6) as they should be marked.
R, Y, N, F, S = "right", "not yet", "not attempted", "failed", "stopped"
NOTEBOOKS: dict[str, tuple[tuple[str, ...], tuple[str, str, str]]] = {
    "solved": (SOLVED, (R, R, R)),
    "untouched": (UNTOUCHED, (N, N, N)),
    "two letters 1": ((*UNTOUCHED[:3], LETTER.format('"C"')), (N, N, R)),
    "two letters 2": ((*UNTOUCHED[:3], LETTER.format('"C"')), (N, N, R)),
    "two letters 3": ((*UNTOUCHED[:3], LETTER.format('"C"')), (N, N, R)),
    "no quotes": ((*RIGHT, LETTER.format("C")), (R, R, F)),
    "syntax error": ((SETUP, ALPHA.format("n * a /"), *SOLVED[2:]), (F, R, R)),
    "hanging": ((SETUP, ALPHA.format("n * a / 2") + "\nwhile True: pass", *SOLVED[2:]), (R, R, R)),
    "hanging before": ((SETUP, "while True: pass\n" + SOLVED[1], *SOLVED[2:]), (S, R, R)),
    "hanging for good": ((*SOLVED[:2], DEAF + SOLVED[2], SOLVED[3]), (R, S, S)),
    "exiting": ((*SOLVED[:2], "import os\nos._exit(0)\n" + SOLVED[2], SOLVED[3]), (R, S, S)),
    "killing parent": ((*SOLVED[:2], KILL + SOLVED[2], SOLVED[3]), (R, S, S)),
    "detached": (
        (
            *SOLVED,
            "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', "
            "'import time; time.sleep(3333)'], start_new_session=True)",
        ),
        (R, R, R),
    ),
    "filling memory": ((SETUP, FILL + "\n" + SOLVED[1], *SOLVED[2:]), (S, R, R)),
    "filling in answer": (
        (SETUP, ALPHA.format("bytearray(10**11)"), *SOLVED[2:]),
        (S, R, R),
    ),
    "surrogates": (
        (
            SETUP,
            'print("\\ud800")\n' + ALPHA.format("(_ for _ in ()).throw(ValueError('\\ud800'))"),
            *SOLVED[2:],
        ),
        (Y, R, R),
    ),
    "half a character": ((SETUP, "half = '\ud800'", *SOLVED[1:]), (R, R, R)),
    "400 digits": ((SETUP, ALPHA.format("10 ** 400"), *SOLVED[2:]), (Y, R, R)),
    "much output": (
        (SETUP, "print('x' * 60_000_000)", "print('x' * 200_000)", *SOLVED[1:]),
        (R, R, R),
    ),
    "own ways": (
        (
            SETUP,
            "from math import *\nfrom fractions import Fraction\nx = !ls\n%timeit -n1 -r1 1",
            'check(number="2.1", answer=lambda a, n: Fraction(a) * n / 2)',
            SOLVED[2] + ";",
            'print(check("2.6", "C"))',
        ),
        (R, R, R),
    ),
    "torch says no": (
        (
            "import torch",
            SETUP,
            ALPHA.format("torch.softmax(torch.ones(2).long(), 0)"),
            *SOLVED[2:],
        ),
        (Y, R, R),
    ),
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
        cells[1].outputs = [nbformat.from_dict(FORGED)]
    return json.dumps(nbformat.v4.new_notebook(cells=cells)).encode()


def write_class(folder: Path) -> dict[str, list[str]]:
    """Write all submissions; by learner, the statuses of 2.1, 2.2 and 2.6, or of the one line."""
    expected = {name: list(statuses) for name, (_, statuses) in NOTEBOOKS.items()}
    for name, (sources, _) in NOTEBOOKS.items():
        (folder / f"{name}.ipynb").write_bytes(notebook(*sources))
    for name, (content, status) in OTHERS.items():
        (folder / f"{name}.ipynb").write_bytes(content)
        expected[name] = [status]
    (folder / "stored verdict.ipynb").write_bytes(notebook(*UNTOUCHED, stored=True))
    expected["stored verdict"] = [N, N, N]
    (folder / "text only.ipynb").write_bytes(notebook())
    expected["text only"] = ["empty"]
    (folder / "another course.ipynb").write_bytes(notebook("print(1)"))
    expected["another course"] = ["no exercises"]
    (folder / "no notebook").mkdir()
    expected["no notebook"] = ["empty"]
    (folder / "with files").mkdir()
    (folder / "with files" / "own.py").write_text("factor = 0.5")
    sources = (SETUP, "from own import factor", ALPHA.format("n * a * factor"), *SOLVED[2:])
    (folder / "with files" / "02.ipynb").write_bytes(notebook(*sources))
    expected["with files"] = [R, R, R]
    (folder / "a link.ipynb").symlink_to(folder / "solved.ipynb")
    expected["a link"] = [R, R, R]
    (folder / "a dead link.ipynb").symlink_to(folder / "nowhere.ipynb")
    expected["a dead link"] = ["unreadable"]
    latin = os.fsencode(folder) + "/J\u00fcrgen.ipynb".encode("latin-1")
    try:
        Path(os.fsdecode(latin)).write_bytes(notebook(*SOLVED))
        expected["J\u00fcrgen"] = [R, R, R]
    except OSError:  # macOS takes no such name
        pass
    return expected


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir()
    print(f"{len(write_class(Path(sys.argv[1])))} submissions in {sys.argv[1]}")
