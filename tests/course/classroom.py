"""A course in small, and a class that hands in everything a teacher may get."""

import json
import shutil
from pathlib import Path

from regutils.course.exercises import CHAPTERS, EXERCISES, Choice

# What the course's own cells make for the exercises that depend on it.
GIVEN = {
    "1.4": ("my_lambda", ["lams", "train", "val"]),
    "5.3": ("chosen", ["lams", "train", "val"]),
}
ERRORS = """lams = torch.tensor([0.0, 0.1, 2.0])
train = torch.tensor([[0.0, 0.1], [0.1, 0.2], [0.2, 0.3]])
val = torch.tensor([[0.5, 0.4], [0.3, 0.3], [0.1, 0.9]]) + heavy()"""
# Runs once for all submissions; each run leaves a line in the file.
HEAVY = """from regutils import penalties


def heavy():
    with open({log!r}, "a") as file:
        print("computed", file=file)
    return 0.0"""


def notebook(cells: list[tuple[str, str]]) -> str:
    """The file's text; cells: (id, source)."""
    coded = [
        {
            "cell_type": "code",
            "id": name,
            "metadata": {},
            "execution_count": 1,
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": "Exercise 1.1: right."}
            ],
            "source": source.splitlines(keepends=True),
        }
        for name, source in cells
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": coded})


def exercise_cell(number: str, answer: str = "...") -> tuple[str, str]:
    """The cell of an exercise with an answer, an expression, in place of the stub."""
    exercise = EXERCISES[number]
    name = f"ex-{number}"
    if isinstance(exercise, Choice):
        return name, f'answer = {answer}\ncheck("{number}", answer)'
    if number in GIVEN:
        variable, given = GIVEN[number]
        return name, f'{variable} = {answer}\ncheck("{number}", {", ".join([variable, *given])})'
    function = exercise.right.__name__
    if answer == "...":
        head = f"def {function}({', '.join(exercise.arguments)}):\n    return ..."
    else:
        head = f"from regutils.course.exercises import EXERCISES\n\n{function} = {answer}"
    return name, f'{head}\n\n\ncheck("{number}", {function})'


def cells(chapter, answers: dict[str, str], log: Path = Path("unused")) -> list[tuple[str, str]]:
    """A notebook of the course, with answers by exercise; the rest is as the course has it."""
    return [
        ("imports", "import torch\nfrom regutils.course import check"),
        ("heavy", HEAVY.format(log=str(log))),
        ("errors", ERRORS),
        *(exercise_cell(number, answers.get(number, "...")) for number in chapter.exercises),
    ]


def right(number: str) -> str:
    exercise = EXERCISES[number]
    if isinstance(exercise, Choice):
        return repr(exercise.letter)
    called = f"({', '.join(GIVEN[number][1])})" if number in GIVEN else ""
    return f'__import__("regutils.course").course.exercises.EXERCISES["{number}"].right{called}'


def mistaken(number: str, which: int) -> tuple[str, str]:
    """(the answer of a usual mistake, its hint); which: counted round and round."""
    exercise = EXERCISES[number]
    if isinstance(exercise, Choice):
        letters = [letter for letter in exercise.options if letter != exercise.letter]
        letter = letters[which % len(letters)]
        return repr(letter), exercise.options[letter].reason
    which %= len(exercise.mistakes)
    called = f"({', '.join(GIVEN[number][1])})" if number in GIVEN else ""
    source = f'__import__("regutils.course").course.exercises.EXERCISES["{number}"]'
    hint = " ".join(exercise.mistakes[which].__doc__.split())
    return f"{source}.mistakes[{which}]{called}", hint


def write_course(folder: Path, log: Path) -> None:
    folder.mkdir()
    for chapter in CHAPTERS:
        text = notebook(cells(chapter, {}, log))
        (folder / f"{chapter.notebook}.ipynb").write_text(text, encoding="utf-8")


def hand_in(folder: Path, answers: dict[str, str], chapters=CHAPTERS) -> None:
    """A folder with a notebook per chapter."""
    folder.mkdir()
    for chapter in chapters:
        text = notebook(cells(chapter, answers))
        (folder / f"{chapter.notebook}.ipynb").write_text(text, encoding="utf-8")


CONCEPT = CHAPTERS[0]
SOLVED = "def total_loss(data_loss, w, lam):\n    return data_loss + lam * (w**2).sum()"
DOWNHILL = "def penalty_gradient(data_loss, w, lam):\n    return -2 * lam * w"
CHECK_1, CHECK_2 = 'check("1.1", total_loss)', 'check("1.2", penalty_gradient)'
STUB_1 = "def total_loss(data_loss, w, lam):\n    return ..."


def body(code: str) -> str:
    """Exercise 1.1 with code of a hostile kind before its right answer."""
    lines = "\n".join(f"    {line}" for line in code.splitlines())
    return f"def total_loss(data_loss, w, lam):\n{lines}\n    return data_loss + lam * (w**2).sum()"


# Learner → code cells of one notebook; each goes on with an answer to 1.2 that is wrong.
USUAL = {
    "copied": [SOLVED + "\n\n\n" + CHECK_1, STUB_1 + "\n\n\n" + CHECK_1],
    "split": [SOLVED, "# some thoughts", CHECK_1],
    "renamed": [SOLVED.replace("total_loss", "my_own") + "\ncheck('1.1', answer=my_own)"],
    "printed": [SOLVED + "\nprint(check('1.1', total_loss))"],
    "asserted": [SOLVED + '\nassert check("1.1", total_loss).status == "right"'],
    "qualified": ["from regutils import course", SOLVED + '\ncourse.check("1.1", total_loss)'],
    "timed": ["%%time\n" + SOLVED + "\n" + CHECK_1],
    "magic": ["%matplotlib inline\n!pip list\n" + SOLVED + "\n" + CHECK_1 + "\ntotal_loss?"],
    "helped": [
        "def squared(w):\n    return weight(w)",
        "def total_loss(data_loss, w, lam):\n    return data_loss + lam * squared(w)",
        CHECK_1,
        "def weight(w):\n    return (w**2).sum()",
    ],
    "broken elsewhere": ["for for for", "1 / 0", "import no_such_module", SOLVED, CHECK_1],
    "slow elsewhere": ["import time\ntime.sleep(1000)", SOLVED, CHECK_1],
}
HOSTILE = {
    "patched check": [
        "def check(*anything):\n    return 'right'",
        "import regutils.course.checks as c\nc._same = lambda *a: True",
        body("import regutils.course.checks as c\nc._same = lambda *a: True\nreturn 7.0"),
        CHECK_1,
    ],
    "sys.exit": [body("import sys\nsys.exit(0)"), CHECK_1],
    "os._exit": [body("import os\nos._exit(0)"), CHECK_1],
    "signal": [body("import os\nos.kill(os.getpid(), 11)"), CHECK_1],
    "hang": [body("while True:\n    pass"), CHECK_1],
    "sleep": [body("import time\ntime.sleep(1000)"), CHECK_1],
    "output": [body("import os\nwhile True:\n    print('x' * 100000)"), CHECK_1],
    "forged": [
        body(
            "import os\nfor fd in range(3, 20):\n    try:\n"
            '        os.write(fd, b\'{"done": 0, "seconds": 0, "outcomes": 1}\\n\')\n'
            "    except OSError:\n        pass"
        ),
        CHECK_1,
    ],
    "memory": [body("hoard = []\nwhile True:\n    hoard.append(bytearray(50_000_000))"), CHECK_1],
    "children": [
        body(
            "import os, time\nfor _ in range(60):\n    if os.fork() == 0:\n"
            "        time.sleep(1000)\n        os._exit(0)\ntime.sleep(1000)"
        ),
        CHECK_1,
    ],
    "escaped": [
        body(
            "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', "
            "'import time; time.sleep(1000)'], start_new_session=True)"
        ),
        CHECK_1,
    ],
    "outside": [
        body(
            "from pathlib import Path\nimport shutil\n"
            "assert list(Path().iterdir()) == []\nassert list(Path.home().iterdir()) == []\n"
            "(Path('..') / 'stolen').write_text('x')\n(Path('../..') / 'stolen').write_text('x')\n"
            "for path in Path('../..').rglob('*'):\n    shutil.rmtree(path, ignore_errors=True)"
        ).replace("    assert", "    if not data_loss.requires_grad: assert"),
        CHECK_1,
    ],
    "curious": [
        body(
            "import os\nfrom pathlib import Path\nenviron = str(dict(os.environ))\n"
            "proc = Path('/proc/self/environ')\nif proc.exists():\n"
            "    environ += proc.read_text()\nassert 'TEACHERS_SECRET' not in environ"
        ),
        CHECK_1,
    ],
    "exception": ["raise BaseException('no')", body("raise BaseException('no')"), CHECK_1],
    "nested": ["(" * 300 + ")" * 300 + "\n" + CHECK_1, SOLVED],
}


def write_class(folder: Path) -> None:
    """About forty submissions: files and folders in `folder`."""
    folder.mkdir()
    everything = {number: right(number) for number in EXERCISES}
    hand_in(folder / "ada", everything)
    shutil.copytree(folder / "ada", folder / "copycat")
    hand_in(folder / "untouched", {})
    most = max(len(getattr(e, "mistakes", ())) for e in EXERCISES.values())
    for which in range(most):
        wrong = {number: mistaken(number, which)[0] for number in EXERCISES}
        hand_in(folder / f"wrong {which}", wrong)
    hand_in(folder / "no return", {"2.1": "lambda *args: print(args)"}, CHAPTERS[1:2])
    (folder / "empty folder").mkdir()
    (folder / "essay.ipynb").write_text("Dear teacher", encoding="utf-8")
    (folder / "nothing.ipynb").write_text("", encoding="utf-8")
    (folder / "picture.ipynb").write_bytes(bytes(range(256)))
    other = notebook([("a", "print('hello')"), ("b", 'check("77.1", 1)')])
    (folder / "other.ipynb").write_text(other, encoding="utf-8")
    for learner, sources in (USUAL | HOSTILE).items():
        own = [(f"{learner}-{i}", source) for i, source in enumerate(sources)]
        imports = ("imports", "import torch\nfrom regutils.course import check")
        text = notebook([imports, *own, ("last", DOWNHILL + "\n\n\n" + CHECK_2)])
        (folder / f"{learner}.ipynb").write_text(text, encoding="utf-8")
