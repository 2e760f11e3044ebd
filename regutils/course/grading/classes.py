"""Marks for a class: `regutils grade SUBMISSION… --out marks.csv`.

    regutils grade class/* --out marks.csv --feedback pages --jobs 4

A SUBMISSION is a learner's notebook, or a folder with all that one learner handed in. Every
check("1.2", …) in it is run anew, with only those cells that it needs; the outputs in the file are
ignored. What an exercise needs of the course's own cells comes from the course, not from the
submission. Cells may be copied, split, renamed or deleted: what is not checked anywhere is "not
attempted", and of several attempts the best counts.

The table has one line per exercise: learner, notebook, exercise, status, hint, seconds.
    right, not yet, not attempted    what the check says
    stopped                          a limit was passed, or the process ended itself: the hint says
    not a notebook, empty, of another course, identical    about a whole file; exercise is empty

Called again, it goes on where it was stopped: learners whose files, and a course whose exercises,
are the same as before keep their lines. Beside the table stands a file NAME.kept with what is
needed to tell.

This is no sandbox. Each submission runs in a process of its own with an empty working folder and
HOME, without your environment variables, with limits on time, memory and processes (on Windows on
time, memory and processes as seen from outside only), and its process group is ended at the limit.
But code in the learner's kernel can fool any check, and it runs with your rights. For strangers'
code use a container without a network:

    docker run --rm --network none --read-only --tmpfs /tmp --cap-drop ALL --memory 8g \\
        --pids-limit 512 -v "$PWD/class:/class:ro" -v "$PWD/marks:/marks" IMAGE \\
        regutils grade "/class/*" --out /marks/marks.csv
"""

import argparse
import csv
import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from ...arguments import count, positive
from ...recording.files import writable, write
from .. import checks
from ..running import NOTEBOOKS
from . import feedback, marks, submissions
from .confined import Limits
from .marks import Mark
from .needs import Lesson, read_lessons
from .programs import Program, read_program
from .submissions import Submission


@dataclass(frozen=True)
class Row:
    """A line of the table; exercise is "" where a whole file is meant."""

    learner: str
    notebook: str
    exercise: str
    status: str
    hint: str
    seconds: str


@dataclass(frozen=True)
class Handed:
    """A submission as read.

    programs: by notebook of the course, the programs of the files that answer it.
    texts: by notebook, the text of these files.
    remarks: lines about files that answer none.
    """

    submission: Submission
    programs: Mapping[str, list[Program]]
    texts: Mapping[str, str]
    remarks: list[Row]


def grade(
    paths: Sequence[str],
    out: Path,
    *,
    jobs: int = 1,
    limits: Limits = Limits(),  # noqa: B008  frozen
    pages: Path | None = None,
    folder: Path = NOTEBOOKS,
    say: Callable[[str], None] = print,
) -> list[Row]:
    """Mark submissions, write the table, return its lines.

    - paths: files, folders, patterns.
    - out: the CSV file; what it holds already of the same files is kept.
    - jobs: how many submissions are run at a time.
    - limits: of time for each exercise, of memory and processes for each submission.
    - pages: folder for a page per learner.
    - folder: where the course's notebooks are.
    - say: told what is done.

    Raises ValueError, before any work, for what does not exist and for outputs that cannot be
    written.
    """
    writable(out.parent)
    if pages:
        writable(pages)
    lessons = read_lessons(folder)
    handed = [_read(submission, lessons) for submission in submissions.find(paths)]
    keys = {one.submission.learner: _key(one.submission, lessons) for one in handed}
    rows = _kept_rows(out, keys)
    todo = [one for one in handed if one.submission.learner not in rows]
    if len(todo) < len(handed):
        say(f"{len(handed) - len(todo)} of {len(handed)} were marked before")
    given = marks.given_by_course(_asked(todo, lessons), say)
    with ThreadPoolExecutor(count("jobs", jobs)) as pool:
        running = {
            pool.submit(marks.mark, one.programs, lessons, given, limits): one for one in todo
        }
        for done, future in enumerate(as_completed(running), start=1):
            one = running[future]
            learner = one.submission.learner
            rows[learner] = one.remarks + [_row(learner, mark) for mark in future.result()]
            _write(out, _all_rows(rows, handed), {name: keys[name] for name in rows})
            summary = Counter(row.status for row in rows[learner])
            said = ", ".join(f"{n} {status}" for status, n in summary.items())
            say(f"{done}/{len(todo)} {learner}: {said}")
    found = _all_rows(rows, handed)
    _write(out, found, {name: keys[name] for name in rows})
    if pages:
        feedback.write_pages([asdict(row) for row in found], pages)
    return found


def _read(submission: Submission, lessons: Sequence[Lesson]) -> Handed:
    programs: dict[str, list[Program]] = {}
    texts: dict[str, str] = {}
    remarks = []

    def remark(name: str, status: str, hint: str) -> None:
        remarks.append(Row(submission.learner, name, "", status, hint, ""))

    for path in submission.files:
        cells, text, reason = submissions.read_cells(path)
        if reason:
            remark(path.name, "not a notebook" if "not a" in reason else "empty", reason)
            continue
        program = read_program(cells)
        answered = [lesson for lesson in lessons if lesson.checked_by(program)]
        answered = answered or [lesson for lesson in lessons if lesson.shares_cells(program)]
        if not answered:
            hint = f"{path.name} checks no exercise of this course"
            remark(path.name, "of another course", hint)
        for lesson in answered:
            programs.setdefault(lesson.notebook, []).append(program)
            texts[lesson.notebook] = texts.get(lesson.notebook, "") + text
    if not submission.files:
        remark("", "empty", "no notebook in this folder")
    return Handed(submission, programs, texts, remarks)


def _asked(handed: Sequence[Handed], lessons: Sequence[Lesson]) -> list[tuple[Lesson, str]]:
    """The exercises that somebody checks and that depend on what the course computes."""
    checked: set[str] = set()
    for one in handed:
        for programs in one.programs.values():
            checked.update(*(program.checks() for program in programs))
    return [
        (lesson, number)
        for lesson in lessons
        for number in lesson.numbers
        if number in checked and lesson.given(number)
    ]


def _row(learner: str, mark: Mark) -> Row:
    seconds = f"{mark.seconds:.2f}" if mark.seconds is not None else ""
    return Row(learner, mark.notebook, mark.exercise, mark.status, mark.hint, seconds)


def _all_rows(rows: Mapping[str, list[Row]], handed: Sequence[Handed]) -> list[Row]:
    """The lines of all learners, and which of them handed in the same text."""
    same: dict[tuple[str, str], list[str]] = {}
    for one in handed:
        for notebook, text in one.texts.items():
            same.setdefault((notebook, text), []).append(one.submission.learner)
    found = []
    for learner in sorted(rows):
        found += rows[learner]
        for (notebook, _), learners in same.items():
            attempted = any(
                row.notebook == notebook and row.status != "not attempted" for row in rows[learner]
            )
            if learner in learners and len(learners) > 1 and attempted:
                others = ", ".join(other for other in learners if other != learner)
                hint = f"the same text as {others}"
                found.append(Row(learner, notebook, "", "identical", hint, ""))
    return found


def _key(submission: Submission, lessons: Sequence[Lesson]) -> str:
    """What decides a submission's marks: its files, the course's cells, its exercises."""
    found = hashlib.sha256(submission.digest().encode())
    for lesson in lessons:
        found.update("".join(cell.source for cell in lesson.program.cells).encode())
    for path in sorted(Path(checks.__file__).parent.rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


def _beside(out: Path) -> Path:
    return out.with_name(out.name + ".kept")


def _kept_rows(out: Path, keys: Mapping[str, str]) -> dict[str, list[Row]]:
    """The lines of an earlier call for learners whose key is the same."""
    try:
        kept = json.loads(_beside(out).read_text(encoding="utf-8"))
        with out.open(encoding="utf-8", newline="") as file:
            lines = [Row(**line) for line in csv.DictReader(file)]
        same = {learner for learner, key in keys.items() if kept.get(learner) == key}
    except (OSError, ValueError, TypeError, AttributeError):  # none, or not ours
        return {}
    rows: dict[str, list[Row]] = {learner: [] for learner in same}
    for row in lines:
        if row.learner in same and row.status != "identical":
            rows[row.learner].append(row)
    return rows


def _write(out: Path, rows: Sequence[Row], keys: Mapping[str, str]) -> None:
    """Both files, written beside their targets and renamed."""
    part = out.with_name(out.name + ".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, [field.name for field in fields(Row)])
        table.writeheader()
        table.writerows(map(asdict, rows))
    os.replace(part, out)
    write(_beside(out), dict(keys))


def add_command(commands) -> None:
    """`regutils grade`, added to the command line's sub-commands."""
    parser = commands.add_parser(
        "grade",
        help="mark the notebooks of a class",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    default = Limits()
    parser.add_argument("submissions", nargs="+", metavar="SUBMISSION", help="file or folder")
    parser.add_argument("--out", type=Path, required=True, help="CSV file to write")
    parser.add_argument("--feedback", type=Path, metavar="DIR", help="write a page per learner")
    parser.add_argument("--jobs", type=int, default=1, help="submissions at a time (1)")
    parser.add_argument(
        "--seconds",
        type=float,
        default=default.seconds,
        help=f"limit for each exercise ({default.seconds:g})",
    )
    parser.add_argument(
        "--megabytes",
        type=int,
        default=default.megabytes,
        help=f"limit of memory for each submission ({default.megabytes})",
    )
    parser.add_argument(
        "--processes",
        type=int,
        default=default.processes,
        help=f"limit of processes for each submission ({default.processes})",
    )
    parser.add_argument(
        "--notebooks", type=Path, default=NOTEBOOKS, help="the notebooks you teach with, if changed"
    )
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    limits = Limits(
        positive("--seconds", args.seconds),
        count("--megabytes", args.megabytes),
        count("--processes", args.processes),
    )
    rows = grade(
        args.submissions,
        args.out.expanduser(),
        jobs=args.jobs,
        limits=limits,
        pages=args.feedback.expanduser() if args.feedback else None,
        folder=args.notebooks.expanduser(),
        say=lambda line: print(line, flush=True),
    )
    learners = len({row.learner for row in rows})
    print(f"{args.out}: {learners} learners, {len(rows)} lines")
    return 0
