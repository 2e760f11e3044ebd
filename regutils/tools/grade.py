"""Mark a class: execute handed-in notebooks and write what their checks say into a table.

    regutils grade class/* --out marks.csv

This is no sandbox. Each notebook runs in a process, a kernel, a home and a copy of its folder of
its own, without your environment variables and with limits on time and memory; but it runs with
your rights, and whoever wants to can print a forged verdict. Code of strangers belongs in a
container without a network (notebooks/TEACHING.md has the command).

A SUBMISSION is a learner's notebook, or a folder with all that one learner handed in. Each notebook
is executed as it stands, from top to bottom; a cell that raises does not end it. Outputs in the
file count for nothing, of several verdicts on an exercise the last one counts.

The table has one line an exercise (written "ex 6.10", so that a spreadsheet leaves it alone):
    right, not yet, not attempted   what check said, with its hint
    not marked                      an open question: a person marks it
    failed                          the cell with the check raised an error, or gave no verdict
    stopped                         a limit was passed, or the kernel ended: the hint says which
and one for a file that could not be marked at all:
    empty, unreadable, not a notebook, too large, no exercises
    not run                         the grader's own trouble, a full disk say; call it again

Marks are written as they come. The same command goes on where it was stopped: who is in the table
with the same files, and the same exercises, is not run again; who was stopped is, with other
limits. Other learners are added to the table.
"""

import argparse
import csv
import glob
import hashlib
import json
import os
import re
import shutil
import signal
import site
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from joblib import Parallel, delayed

from .. import course
from ..arguments import count, positive, require
from ..course.check import NOT_ATTEMPTED, NOT_MARKED, NOT_YET, RIGHT
from ..course.exercises import CHAPTERS, EXERCISES
from ..progress import bar
from . import submission
from .execute import NOTEBOOKS, writable

COLUMNS = ("learner", "notebook", "exercise", "status", "hint", "key")
LARGEST = 50_000_000  # bytes of a notebook
CHECK = re.compile(r"""\bcheck\(\s*(?:number\s*=\s*)?["']\s*([\d.]+)\s*["']""")
NO_MEMORY = re.compile(r"MemoryError|can't allocate memory|not enough memory|Cannot allocate")
STATUS = {NOT_ATTEMPTED: "not attempted", RIGHT: RIGHT, NOT_YET: NOT_YET, NOT_MARKED: NOT_MARKED}
# What Python and its libraries need of the environment; no token of the teacher is among it.
PASSED_ON = re.compile(
    "PATH|PATHEXT|SYSTEMROOT|WINDIR|COMSPEC|NUMBER_OF_PROCESSORS|VIRTUAL_ENV|CONDA_PREFIX|TZ|LANG"
    "|PYTHON.*|LC_.*|(DY)?LD_.*|KMP_.*|OMP_.*|MKL_.*|OPENBLAS_.*|ATEN_.*|ONEDNN_.*|CUDA_.*"
    "|REGUTILS_.*",
    re.IGNORECASE,
)
IMPORT = "from regutils.course import check"  # its seconds are not a learner's


@dataclass(frozen=True)
class Limits:
    """seconds: of a cell; minutes: of a notebook; memory: of a kernel, in GB."""

    seconds: float
    minutes: float
    memory: float


@dataclass
class Submission:
    """All that one learner handed in; learner: the name in the table."""

    path: Path
    learner: str = ""

    def files(self) -> list[Path]:
        """Return the notebooks; a file given in place of a folder counts as one."""
        if not self.path.is_dir():
            return [self.path]
        inside = (path.relative_to(self.path) for path in self.path.rglob("*.ipynb"))
        shown = [one for one in inside if not one.as_posix().startswith((".", "__MACOSX"))]
        return [self.path / one for one in sorted(shown) if "/." not in one.as_posix()]

    def owner(self) -> str:
        """Return what the learner is recognised by, even if a spreadsheet changed the name."""
        return _hash(os.fsencode(os.path.abspath(self.path)))

    def key(self, limits: Limits | None = None) -> str:
        """Return what changes with the files and the exercises, and with the limits if given."""
        parts = [repr(limits).encode()]
        for path in self.files():
            parts += [os.fsencode(path.name), _content(path) or b""]
        for path in sorted(Path(course.__file__).parent.rglob("*.py")):
            parts.append(path.read_bytes())
        return f"{self.owner()}-{_hash(*parts)}"

    def rows(self, found: list[tuple[str, ...]], limits: Limits) -> list[dict[str, str]]:
        """Return lines of the table; their key tells whether to run the files again."""
        statuses = {status for _, _, status, _ in found}
        key = self.key(limits if "stopped" in statuses else None)
        key = f"{self.owner()}-again" if "not run" in statuses else key
        return [
            dict(zip(COLUMNS, (self.learner, name, number and f"ex {number}", *rest, key)))
            for name, number, *rest in found
        ]


class Trouble(Exception):
    """A file that cannot be executed: status, sentence."""


class Grader:
    """Executes notebooks; its folder, and every process that carries its name, end with it."""

    def __init__(self, limits: Limits, jobs: int, submissions: Sequence[Submission]):
        self.limits = limits
        self.jobs = jobs
        self.handed_in = {os.path.abspath(one.path) for one in submissions}
        self.name = uuid.uuid4().hex
        self.stopping = threading.Event()

    def __enter__(self):
        self.root = Path(tempfile.mkdtemp(prefix="regutils-grade-"))
        (self.root / "home").mkdir()
        return self

    def __exit__(self, *error):
        self.stopping.set()
        end_processes(self.name)
        shutil.rmtree(self.root, ignore_errors=True)

    def start_first(self) -> None:
        """Start a kernel and import the course; ValueError in one sentence if that fails."""
        before = f'{IMPORT}\nimport matplotlib.pyplot\ncheck("{next(iter(EXERCISES))}", ...)'
        try:
            events = self.execute([], self.root, self.root / "home", before)
        except Trouble as trouble:
            raise ValueError(f"nothing was marked: {trouble.args[1]}") from trouble
        if not any("verdict" in event for event in events):
            raise ValueError("nothing was marked: the first kernel gave no verdict")

    def mark(self, one: Submission) -> tuple[Submission, list[tuple[str, ...]], float]:
        """Return (submission, rows without learner and key, seconds); never raises."""
        started = time.perf_counter()
        rows = []
        files = one.files()
        for path in files:
            name = _text(path.relative_to(one.path)) if path != one.path else _text(path.name)
            try:
                cells = read_cells(path)
                rows += [(name, *row) for row in marks(cells, self.run(cells, path, one))]
            except Trouble as trouble:
                rows.append((name, "", *trouble.args))
            except Exception as error:  # a full disk, too many processes
                rows.append((name, "", "not run", f"the grader could not run it: {error}"))
        if not files:
            rows.append(("", "", "empty", "there is no notebook in this folder"))
        return one, rows, time.perf_counter() - started

    def run(self, cells: list[str], path: Path, one: Submission) -> list[dict]:
        """Execute a notebook's cells in a copy of its folder."""
        with tempfile.TemporaryDirectory(dir=self.root, ignore_cleanup_errors=True) as work:
            folder, home = Path(work, "folder"), Path(work, "home")
            shutil.copytree(self.root / "home", home)
            for source in filter(Path.is_dir, (NOTEBOOKS, path.parent)):
                self._copy(source, folder, all_of_it=one.path.is_dir() and source != NOTEBOOKS)
            folder.mkdir(exist_ok=True)
            return self.execute(cells, folder, home)

    def _copy(self, source: Path, folder: Path, all_of_it: bool) -> None:
        """Copy what stands beside a notebook, other learners' work and what is unreadable aside."""

        def others(parent: str, names: list[str]) -> list[str]:
            paths = {name: os.path.abspath(os.path.join(parent, name)) for name in names}
            return [
                name
                for name, path in paths.items()
                if not all_of_it and (name.endswith(".ipynb") or path in self.handed_in)
            ]

        try:
            shutil.copytree(source, folder, symlinks=True, ignore=others, dirs_exist_ok=True)
        except shutil.Error as error:  # all else has been copied
            if "No space left" in str(error):
                raise OSError("no space left on the disk") from error

    def execute(
        self, cells: list[str], folder: Path, home: Path, before: str = IMPORT
    ) -> list[dict]:
        """Run cells in a process of their own; what it reported, {"end": …} last."""
        if self.stopping.is_set():
            raise Trouble("not run", "the grader was stopped")
        name = f"{self.name}-{uuid.uuid4().hex}"
        memory, seconds = int(self.limits.memory * 1e9), self.limits.seconds
        job = {"before": before, "cells": cells, "folder": str(folder)}
        job |= {"seconds": seconds, "memory": memory}
        process = subprocess.Popen(
            [sys.executable, "-m", submission.__name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=home,
            env=environment(home, name, self.jobs),
            start_new_session=True,  # a Ctrl-C here reaches it through end_processes only
        )
        late = ""
        try:
            out, err = process.communicate(json.dumps(job).encode(), 60 * self.limits.minutes)
        except subprocess.TimeoutExpired:
            late = f"the notebook ran longer than {self.limits.minutes:g} min"
            end_processes(name)
            out, err = process.communicate()
        end_processes(name)
        events = [json.loads(line) for line in out.splitlines() if line.endswith(b"}")]
        if not events or "end" not in events[-1]:
            errors = re.findall(r"^\w+(?:Error|Exception): .+", err.decode(errors="replace"), re.M)
            reason = errors[0][:300] if errors else f"its process ended ({process.returncode})"
            if not (late or events):
                raise Trouble("not run", f"no kernel could be used: {reason}")
            events.append({"end": late or reason})
        return events


def environment(home: Path, name: str, jobs: int) -> dict[str, str]:
    """Return the environment of a child: what Python and its libraries need, and nothing else."""
    kept = {key: value for key, value in os.environ.items() if PASSED_ON.fullmatch(key)}
    paths = [os.path.abspath(p) for p in kept.get("PYTHONPATH", "").split(os.pathsep) if p]
    package = Path(course.__file__).parents[2]
    if not package.name.endswith("-packages"):  # a checkout that is not installed
        paths.append(str(package))
    threads = str(max(1, (os.cpu_count() or 1) // jobs))
    (home / "tmp").mkdir(exist_ok=True)
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(home / "tmp"))
    return {
        "OMP_NUM_THREADS": threads,
        "PYTHONUSERBASE": site.getuserbase(),
        **kept,
        **places,
        **dict.fromkeys(("HOME", "USERPROFILE"), str(home)),
        "PYTHONPATH": os.pathsep.join(paths),
        "REGUTILS_GRADING": name,
    }


def end_processes(name: str) -> None:
    """End every process that was started under this name, detached ones included."""
    for process in psutil.process_iter():
        try:
            if process.environ().get("REGUTILS_GRADING", "").startswith(name):
                process.kill()
        except (psutil.Error, OSError):  # it has ended, or is somebody else's
            continue


def find(arguments: Iterable[str]) -> list[Submission]:
    """Return the submissions in files, folders and patterns; ValueError for what does not exist."""
    paths: dict[str, Path] = {}
    for argument in arguments:
        given = os.path.expanduser(argument)
        matching = [given] if os.path.lexists(given) else sorted(glob.glob(given))
        require(bool(matching), "SUBMISSION", argument, "a file or folder that exists")
        for path in map(Path, matching):
            if not path.name.startswith("."):
                paths.setdefault(os.path.abspath(path), path)
    return [Submission(path) for path in paths.values()]


def name_learners(submissions: Sequence[Submission], rows: Sequence[dict[str, str]]) -> None:
    """Name each after its file or folder, or its whole path where others have that name."""
    short = {id(one): _text(Path(os.path.abspath(one.path)).stem) for one in submissions}
    times = Counter(short.values())
    owners = {one.owner() for one in submissions}
    taken = {row["learner"] for row in rows if row["key"].split("-")[0] not in owners}
    for one in submissions:
        name = short[id(one)]
        one.learner = name if times[name] == 1 and name not in taken else _text(one.path)


def read_cells(path: Path) -> list[str]:
    """Return the sources of the code cells; Trouble with the status of what has none."""
    content = _content(path)
    if content is None:
        raise Trouble("unreadable", "the file cannot be opened")
    if len(content) > LARGEST:
        raise Trouble("too large", f"the file is larger than {LARGEST // 1_000_000} MB")
    if not content.strip():
        raise Trouble("empty", "there is nothing in this file")
    try:
        notebook = json.loads(content)
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        sources = [cell["source"] if "source" in cell else cell.get("input", "") for cell in code]
        found = [_sound("".join(source)) for source in sources]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Trouble("not a notebook", "the file is not a notebook, or is damaged") from error
    if not "".join(found).strip():
        raise Trouble("empty", "the notebook has no code in it")
    return found


def marks(cells: list[str], events: list[dict]) -> list[tuple[str, str, str]]:
    """Return (exercise, status, hint) for each exercise of an executed notebook."""
    asked = {number: i for i, cell in enumerate(cells) for number in CHECK.findall(cell)}
    verdicts = dict(filter(None, (_verdict(event.get("verdict")) for event in events)))
    done = {event["cell"]: event for event in events if "cell" in event}
    found = [number for number in EXERCISES if number in asked or number in verdicts]
    if not found:
        raise Trouble("no exercises", "the notebook checks no exercise of this course")
    most = max(CHAPTERS, key=lambda chapter: sum(n in chapter.exercises for n in found))
    rows = []
    for number in EXERCISES:
        if number in verdicts:
            rows.append((number, *verdicts[number]))
        elif number in asked:
            rows.append((number, *_without_verdict(done.get(asked[number]), events[-1]["end"])))
        elif number in most.exercises:
            rows.append((number, "not attempted", "the notebook has no check of it"))
    reasons = [event["problem"] for event in done.values() if event["stopped"]]
    said = {hint for _, status, hint in rows if status == "stopped"}
    silent = [reason for reason in (*reasons, events[-1]["end"]) if reason and reason not in said]
    return rows + [("", "stopped", reason) for reason in dict.fromkeys(silent)]


def _verdict(verdict) -> tuple[str, tuple[str, str]] | None:
    """Return (exercise, (status, hint)); None for what is no verdict of ours."""
    try:
        number, status, hint = (verdict[key] for key in ("exercise", "verdict", "message"))
        if number not in EXERCISES:
            return None
        if status == NOT_YET and NO_MEMORY.search(hint):
            return number, ("stopped", f"used too much memory: {hint}")
        return number, (STATUS[status], "" if status == RIGHT else hint)
    except (LookupError, TypeError):
        return None


def _without_verdict(event: dict | None, end: str) -> tuple[str, str]:
    """Return (status, hint) for a check whose cell gave no verdict."""
    if event is None:
        return "stopped", end
    problem = event["problem"]
    if event["stopped"]:
        return "stopped", problem
    if NO_MEMORY.search(problem):
        return "stopped", f"used too much memory: {problem}"
    if re.fullmatch(r"NameError: name '[A-Za-z]' is not defined.*", problem):
        problem += ' (a letter needs quotes, such as "B")'
    return "failed", problem or "its cell ran and gave no verdict"


def _content(path: Path) -> bytes | None:
    """Return the first bytes of a file, as many as a notebook may have and one; None if none."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return None
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError:
        return None


def _hash(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _sound(text: str) -> str:
    """Return text without halves of characters, which no file and no kernel takes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _text(path: Path | str) -> str:
    """Return a file's name as text, also where it was written as Latin-1, without `.ipynb`."""
    raw = os.fsencode(os.fspath(path))
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        name = raw.decode("latin-1")
    name = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", name))
    return name.removesuffix(".ipynb")


def read_table(out: Path) -> list[dict[str, str]]:
    """Return the rows of a table of ours, even if a spreadsheet saved it; ValueError for others."""
    if not out.exists() or (out.is_file() and out.stat().st_size == 0):
        return []
    accepts = f"a new file, or one that regutils grade wrote (columns {', '.join(COLUMNS)})"
    require(out.is_file(), "--out", str(out), accepts)
    raw = out.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    header = text.splitlines()[0]
    delimiter = next((d for d in ";\t" if header.count(d) == len(COLUMNS) - 1), ",")
    lines = [line for line in csv.reader(text.splitlines(), delimiter=delimiter) if any(line)]
    ours = tuple(lines[0]) == COLUMNS if lines else False
    require(ours and all(len(line) == len(COLUMNS) for line in lines), "--out", str(out), accepts)
    return [
        dict(zip(COLUMNS, (re.sub(r"^'(?=[=+\-@])", "", value) for value in line)))
        for line in lines[1:]
    ]


def write_table(out: Path, rows: Iterable[dict[str, str]]) -> None:
    """Write the rows beside the table and rename: nobody meets half of it."""
    part = out.with_name(out.name + ".part")
    with part.open("w", encoding="utf-8-sig", newline="") as file:  # with a mark, for Excel
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for row in sorted(rows, key=lambda row: row["learner"]):
            values = (" ".join(_sound(row[column]).split()) for column in COLUMNS)
            # A spreadsheet takes what begins so for a formula and runs it.
            table.writerow("'" + v if v.startswith(("=", "+", "-", "@")) else v for v in values)
    os.replace(part, out)


def grade(submissions: list[Submission], out: Path, limits: Limits, jobs: int) -> int:
    """Mark submissions, writing the table after each learner; the exit status.

    Raises ValueError before marking if the table is not ours or no kernel starts, and at the end
    if the table could not be written.
    """
    rows = read_table(out)
    name_learners(submissions, rows)
    done = {row["key"] for row in rows}
    todo = [one for one in submissions if done.isdisjoint((one.key(), one.key(limits)))]
    print(f"{len(submissions)} handed in, {len(todo)} to mark, {jobs} at a time", flush=True)
    problem: OSError | None = None
    started = time.perf_counter()
    with Grader(limits, jobs, submissions) as grader:
        if todo:
            grader.start_first()
        run = Parallel(jobs, backend="threading", return_as="generator_unordered")
        try:
            with bar(total=len(todo), description="marking", unit="learner") as progress:
                for one, found, seconds in run(delayed(grader.mark)(one) for one in todo):
                    rows = [row for row in rows if not row["key"].startswith(one.owner())]
                    rows += one.rows(found, limits)
                    progress.update()
                    summary = Counter(status for _, _, status, _ in found)
                    said = ", ".join(f"{n} {status}" for status, n in summary.items())
                    progress.write(f"{one.learner}: {said} ({seconds:.0f} s)")
                    try:
                        write_table(out, rows)
                        problem = None
                    except OSError as error:  # a full disk, or a spreadsheet that holds the file
                        problem = error
                        progress.write(f"{out} cannot be written now: {error}")
        except KeyboardInterrupt:
            print(f"stopped: finished marks are in {out}, and the same command goes on")
            return 130
    if problem:
        raise ValueError(f"{out} could not be written with all marks: {problem}")
    print(f"{out}: {len(submissions)} learners in {time.perf_counter() - started:.0f} s")
    return 0


def add_command(commands) -> None:
    """Add `regutils grade` to the command line's sub-commands."""
    parser = commands.add_parser(
        "grade",
        help="mark the notebooks of a class",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("submissions", nargs="+", metavar="SUBMISSION", help="file or folder")
    parser.add_argument("--out", type=Path, required=True, help="CSV file to write or add to")
    parser.add_argument("--seconds", type=float, default=120, help="limit of a cell (120)")
    parser.add_argument("--minutes", type=float, default=15, help="limit of a notebook (15)")
    parser.add_argument("--memory", type=float, default=4, help="limit of a kernel, in GB (4)")
    parser.add_argument("--jobs", type=int, help="learners at a time; default: by cores and memory")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal in cp1252 has no Ł
            stream.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    limits = Limits(
        positive("--seconds", args.seconds),
        positive("--minutes", args.minutes),
        positive("--memory", args.memory),
    )
    fit = min(os.cpu_count() or 1, int(psutil.virtual_memory().available / 2e9))
    jobs = max(1, fit) if args.jobs is None else count("--jobs", args.jobs)
    out = args.out.expanduser().resolve()
    writable(out.parent)
    try:
        return grade(find(args.submissions), out, limits, jobs)
    except OSError as error:  # no room for temporary files, no more processes
        raise ValueError(f"no more could be marked; finished marks are kept: {error}") from error
