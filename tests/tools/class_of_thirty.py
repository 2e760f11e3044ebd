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
LETTER = 'check("2.7", {})'
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
FILL = "import torch\nkept = torch.ones(10**10)"

# Per learner: the code cells, and (status of 2.1, of 2.2, of 2.7) as they should be marked.
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
    "hanging for good": (
        (
            SETUP,
            SOLVED[1],
            "while True:\n    try:\n        while True: pass\n"
            "    except KeyboardInterrupt: pass\n" + SOLVED[2],
            SOLVED[3],
        ),
        (R, S, S),
    ),
    "exiting": ((*SOLVED[:2], "import os\nos._exit(0)\n" + SOLVED[2], SOLVED[3]), (R, S, S)),
    "killing parent": (
        (*SOLVED[:2], "import os\nos.kill(os.getppid(), 9)\nimport time\ntime.sleep(60)", *SOLVED[2:]),
        (R, S, S),
    ),
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
            'print(check("2.7", "C"))',
        ),
        (R, R, R),
    ),
    "torch says no": (
        (SETUP, ALPHA.format("torch.softmax(torch.ones(2).long(), 0)"), *SOLVED[2:]),
        (Y, R, R),
    ),
    "=HYPERLINK(1)": ((HIDDEN, *SOLVED), (R, R, R)),
    "Łukasz": (SOLVED, (R, R, R)),
}
NOTEBOOKS["torch says no"][0][0:0]
FILES = {
    "stored verdict": ((), "untouched with an output"),
    "empty": "empty",
    "spaces": "empty",
    "text only": "empty",
    "not json": "not a notebook",
    "no cells": "not a notebook",
    "60 MB": "too large",
    "another course": "no exercises",
}


def notebook(*sources: str, output: dict | None = None) -> str:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    if output:
        cells[1].outputs = [nbformat.from_dict(output)]
    return json.dumps(nbformat.v4.new_notebook(cells=cells))
