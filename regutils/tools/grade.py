"""Mark a class: execute handed-in notebooks and write what their checks say into a table.

    regutils grade class/* --out marks.csv

This is no sandbox. Each notebook runs in a process, a kernel and a copy of its folder of its own,
without your environment variables and with limits on time and memory; but it runs with your rights,
and whoever wants to can print a forged verdict. Code of strangers belongs in a container without a
network (notebooks/TEACHING.md has the command).

A SUBMISSION is a notebook, or a folder with all that one learner handed in. Outputs in the
file count for nothing, of several verdicts on an exercise the last one counts. The table has one
line an exercise, or one that says why a file could not be marked. Its statuses beside check's own:
    failed    the cell with the check raised an error, or gave no verdict
    stopped   a limit was passed, or the kernel ended: the hint says which
    not run   the grader's own trouble, a full disk say; call it again

Marks are written as they come. The same command goes on where it was stopped: it runs whose
notebooks are not in the table as they are now, and who was stopped, if the limits are others.
"""

import csv
import glob
import hashlib
import json
import os
import re
import shutil
import site
import subprocess
import sys
import tempfile
import time
import unicodedata
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from joblib import Parallel, delayed

from ..arguments import count, positive, require
from ..course.check import NOT_ATTEMPTED, NOT_YET, RIGHT
from ..course.exercises import CHAPTERS, EXERCISES
from ..progress import bar
from . import submission
from .execute import replacing, writable

COLUMNS = ("learner", "notebook", "exercise", "status", "hint", "submission", "version")
LARGEST = 50_000_000  # bytes of a notebook
CHECK = re.compile(r"""\bcheck\(\s*(?:number\s*=\s*)?["']\s*([\d.]+)\s*["']""")
STATUS = {NOT_ATTEMPTED: "not attempted", RIGHT: RIGHT, NOT_YET: NOT_YET}
# What Python and its libraries need of the environment; no token of the teacher is among it.
PASSED_ON = re.compile(
    "PATH|PATHEXT|SYSTEMROOT|WINDIR|COMSPEC|NUMBER_OF_PROCESSORS|VIRTUAL_ENV|CONDA_PREFIX|TZ|LANG"
    "|PYTHON.*|LC_.*|(DY)?LD_.*|KMP_.*|OMP_.*|MKL_.*|OPENBLAS_.*|ATEN_.*|ONEDNN_.*|CUDA_.*"
    "|REGUTILS_.*",
    re.IGNORECASE,
)


class Trouble(Exception):
    """A file that cannot be executed: status, sentence."""


@dataclass
class Grader:
    """Executes notebooks.

    - root: a folder for all that is written meanwhile.
    - private: what no learner gets a copy of: the table, and what others handed in.
    - seconds of a cell, minutes of a notebook, memory of a kernel in GB: limits.
    - jobs: how many learners at a time.
    """

    root: str
    private: set[Path]
    seconds: float
    minutes: float
    memory: float
    jobs: int
    ended: bool = False

    def mark(self, path: Path) -> tuple[Path, list[tuple[str, str, str, str]]]:
        """Return (path, (notebook, exercise, status, hint) of each exercise); never raises."""
        rows = []
        for file in notebooks(path):
            name = text(file.relative_to(path.parent))
            try:
                cells = read_cells(file)
                rows += [(name, *row) for row in marks(cells, self.execute(cells, file.parent))]
            except Trouble as trouble:
                rows.append((name, "", *trouble.args))
            except Exception as error:  # a full disk, too many processes
                rows.append((name, "", "not run", f"the grader could not run it: {error}"))
        return path, rows or [("", "", "empty", "there is no notebook in this folder")]

    def execute(self, cells: list[str], beside: Path | None = None) -> list[dict]:
        """Return what a process reported that ran the cells in a copy of `beside`; last its end."""
        with tempfile.TemporaryDirectory(dir=self.root, ignore_cleanup_errors=True) as work:
            folder = Path(work, "folder")
            folder.mkdir()
            if beside:
                copy_readable(beside, folder, self.private)
            job = {"cells": cells, "folder": str(folder)}
            job |= {"seconds": self.seconds, "memory": int(self.memory * 1e9)}
            if self.ended:
                raise Trouble("not run", "the grader was stopped")
            try:
                done = subprocess.run(
                    [sys.executable, "-m", submission.__name__],
                    input=json.dumps(job).encode(),
                    capture_output=True,
                    cwd=work,
                    env=environment(work, self.jobs),
                    start_new_session=True,  # a Ctrl-C here reaches it through end_processes
                    timeout=60 * self.minutes,
                )
                out, err = done.stdout, done.stderr.decode(errors="replace")
                errors = re.findall(r"^\w+(?:Error|Exception): .+", err, re.M)
                end = errors[0][:300] if errors else f"its process ended ({done.returncode})"
            except subprocess.TimeoutExpired as late:
                out = late.stdout or b""
                end = f"the notebook ran longer than {self.minutes:g} min"
            finally:
                end_processes(work)
        events = [json.loads(line) for line in out.splitlines() if line.endswith(b"}")]
        if not events:
            raise Trouble("not run", f"no kernel could be used: {end}")
        return events if "end" in events[-1] else [*events, {"end": end}]


def copy_readable(source: Path, folder: Path, private: set[Path]) -> None:
    """Copy what stands in a folder, except what is private or cannot be read."""

    def hidden(parent: str, names: list[str]) -> list[str]:
        return [name for name in names if Path(parent, name) in private]

    try:
        shutil.copytree(source, folder, symlinks=True, ignore=hidden, dirs_exist_ok=True)
    except shutil.Error as error:  # all else has been copied
        if "No space left" in str(error):
            raise


def environment(work: str, jobs: int) -> dict[str, str]:
    """Return the environment of a child: what Python and its libraries need, and nothing else."""
    kept = {key: value for key, value in os.environ.items() if PASSED_ON.fullmatch(key)}
    paths = [os.path.abspath(p) for p in kept.get("PYTHONPATH", "").split(os.pathsep) if p]
    return {
        "OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // jobs)),
        "PYTHONUSERBASE": site.getuserbase(),
        **kept,
        **dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), work),
        "MPLCONFIGDIR": str(Path(work).parent / "matplotlib"),  # fonts are searched for once
        "PYTHONPATH": os.pathsep.join(paths),
        "REGUTILS_GRADING": work,
    }


def end_processes(work: str) -> None:
    """End every process whose environment says that it was started for this folder."""
    for process in psutil.process_iter():
        try:
            if process.environ().get("REGUTILS_GRADING", "").startswith(work):
                process.kill()
        except (psutil.Error, OSError):  # it has ended, or is somebody else's
            continue


def notebooks(path: Path) -> list[Path]:
    """Return the notebooks of a submission; a file given in place of a folder counts as one."""
    if not path.is_dir():
        return [path]
    hidden = re.compile(r"(^|/)(\.|__MACOSX/)")
    found = sorted(path.rglob("*.ipynb"))
    return [file for file in found if not hidden.search(file.relative_to(path).as_posix())]


def content(path: Path) -> bytes | None:
    """Return the first bytes of a file, as many as a notebook may have and one; None if none."""
    try:
        if path.is_file():  # a pipe would be waited for
            with path.open("rb") as file:
                return file.read(LARGEST + 1)
    except OSError:
        pass
    return None


def read_cells(path: Path) -> list[str]:
    """Return the sources of the code cells; Trouble with the status of what has none."""
    raw = content(path)
    if raw is None:
        raise Trouble("unreadable", "the file cannot be opened")
    if len(raw) > LARGEST:
        raise Trouble("too large", f"the file is larger than {LARGEST // 1_000_000} MB")
    if not raw.strip():
        raise Trouble("empty", "there is nothing in this file")
    try:
        cells = [cell for cell in json.loads(raw)["cells"] if cell["cell_type"] == "code"]
        sources = ["".join(cell["source"]) for cell in cells]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise Trouble("not a notebook", "the file is not a notebook, or is damaged") from error
    if not "".join(sources).strip():
        raise Trouble("empty", "the notebook has no code in it")
    # Half a character cannot be sent to a kernel.
    return [source.encode("utf-8", "backslashreplace").decode() for source in sources]


def marks(cells: list[str], events: list[dict]) -> list[tuple[str, str, str]]:
    """Return (exercise, status, hint) for each exercise of an executed notebook."""
    end = events[-1]["end"]
    done = {event["cell"]: (event["status"], event["hint"]) for event in events if "cell" in event}
    found = {}
    for i, cell in enumerate(cells):
        for number in EXERCISES.keys() & CHECK.findall(cell):
            found[number] = done.get(i, ("stopped", end))
    for event in events:
        found |= verdict(event.get("verdict"))
    if not found:
        raise Trouble("no exercises", "the notebook checks no exercise of this course")
    chapter = max(CHAPTERS, key=lambda chapter: len(chapter.exercises.keys() & found))
    absent = dict.fromkeys(chapter.exercises, ("not attempted", "the notebook has no check of it"))
    rows = [(number, *(absent | found)[number]) for number in EXERCISES if number in absent | found]
    # Where no exercise tells that the notebook was stopped, a line of its own does.
    reasons = [hint for status, hint in done.values() if status == "stopped"]
    told = [hint for _, _, hint in rows]
    silent = [reason for reason in (*reasons, end) if reason and reason not in told]
    return rows + [("", "stopped", reason) for reason in silent]


def verdict(shown) -> dict[str, tuple[str, str]]:
    """Return {exercise: (status, hint)}; nothing of what is no verdict of ours."""
    try:
        number, status, hint = shown["exercise"], STATUS[shown["verdict"]], str(shown["message"])
        if number not in EXERCISES:
            return {}
    except (LookupError, TypeError):
        return {}
    if status == NOT_YET and submission.NO_MEMORY.search(hint):
        return {number: ("stopped", f"used too much memory: {hint}")}
    return {number: (status, "" if status == RIGHT else hint)}


def text(path: Path) -> str:
    """Return a path as one printable line; a byte that is not UTF-8 as an escape."""
    name = unicodedata.normalize("NFC", os.fsencode(path).decode(errors="backslashreplace"))
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())


def read_table(out: Path) -> list[dict[str, str]]:
    """Return the rows of a table of ours, also as a spreadsheet saves it; ValueError for others."""
    if not out.exists():
        return []
    try:
        saved = out.read_text("utf-8-sig")
        delimiter = ";" if saved.startswith("learner;") else ","
        header, *lines = csv.reader(saved.splitlines(), delimiter=delimiter)
        ours = tuple(header) == COLUMNS and all(len(line) == len(COLUMNS) for line in lines)
    except (OSError, ValueError, csv.Error):
        ours = False
    columns = ", ".join(COLUMNS)
    require(ours, "--out", str(out), f"a new file, or one that regutils grade wrote ({columns})")
    plain = ([re.sub(r"^'(?=[=+\-@])", "", value) for value in line] for line in lines)
    return [dict(zip(COLUMNS, line)) for line in plain]


def write_table(out: Path, rows: Sequence[dict[str, str]]) -> None:
    """Write the rows, with a mark at their beginning for Excel."""
    how = {"encoding": "utf-8-sig", "errors": "backslashreplace", "newline": ""}
    with replacing(out) as part, part.open("w", **how) as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for row in sorted(rows, key=lambda row: row["learner"]):
            values = (" ".join(row[column].split()) for column in COLUMNS)
            # A spreadsheet takes what begins so for a formula and runs it.
            table.writerow("'" + v if v.startswith(("=", "+", "-", "@")) else v for v in values)


def find(arguments: Sequence[str]) -> list[Path]:
    """Return the submissions in files, folders and patterns; ValueError for what does not exist."""
    paths: list[str] = []
    for argument in arguments:
        # Windows leaves patterns to the program.
        matching = [argument] if os.path.lexists(argument) else sorted(glob.glob(argument))
        require(bool(matching), "SUBMISSION", argument, "a file or folder that exists")
        paths += map(os.path.abspath, matching)
    return [Path(path) for path in dict.fromkeys(paths)]


def version(path: Path) -> str:
    """Return what changes with a submission's notebooks; no spreadsheet takes it for a number."""
    contents = b"\0".join(content(file) or b"" for file in notebooks(path))
    return f"v{hashlib.sha256(contents).hexdigest()[:12]}"


def learners(handed_in: Sequence[Path], rows: Sequence[dict[str, str]]) -> dict[Path, str]:
    """Return the names: of the file or folder, or its whole path where others have that name."""
    names = {path: text(Path(path.name)).removesuffix(".ipynb") for path in handed_in}
    own = set(map(text, handed_in))
    taken = Counter(names.values())
    taken.update(row["learner"] for row in rows if row["submission"] not in own)
    return {path: name if taken[name] == 1 else text(path) for path, name in names.items()}


def grade(
    handed_in: list[Path], out: Path, *, seconds: float, minutes: float, memory: float, jobs: int
) -> None:
    """Mark submissions, writing the table after each learner; limits and jobs as in Grader.

    Raises ValueError before marking if the table is not ours or no kernel starts, and OSError at
    the end if the table cannot be written.
    """
    rows = read_table(out)
    names = learners(handed_in, rows)
    versions = {path: version(path) for path in handed_in}
    under = f" under {seconds:g} s, {minutes:g} min, {memory:g} GB"
    done = {(row["submission"], row["version"].removesuffix(under)) for row in rows}
    todo = [path for path in handed_in if (text(path), versions[path]) not in done]
    print(f"{len(handed_in)} handed in, {len(todo)} to mark, {jobs} at a time", flush=True)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="regutils-grade-", ignore_cleanup_errors=True) as root:
        grader = Grader(root, {*handed_in, out}, seconds, minutes, memory, jobs)
        try:
            if todo:
                grader.execute([])
            threads = Parallel(jobs, backend="threading", return_as="generator_unordered")
            with bar(total=len(todo), description="marking", unit="learner") as progress:
                for path, found in threads(delayed(grader.mark)(path) for path in todo):
                    statuses = Counter(status for _, _, status, _ in found)
                    key = versions[path] + under * ("stopped" in statuses)
                    key = "again" if "not run" in statuses else key
                    rows = [row for row in rows if row["submission"] != text(path)]
                    for name, number, *rest in found:
                        exercise = number and f"ex {number}"
                        values = (names[path], name, exercise, *rest, text(path), key)
                        rows.append(dict(zip(COLUMNS, values)))
                    progress.update()
                    said = ", ".join(f"{n} {status}" for status, n in statuses.items())
                    progress.write(f"{names[path]}: {said}")
                    try:
                        write_table(out, rows)
                    except OSError as error:  # a full disk, or a spreadsheet that holds the file
                        progress.write(f"{out} cannot be written now: {error}")
        except Trouble as trouble:
            raise ValueError(f"nothing was marked: {trouble.args[1]}") from trouble
        finally:
            grader.ended = True
            end_processes(root)
    write_table(out, rows)
    print(f"{out}: {len(todo)} learners in {time.perf_counter() - started:.0f} s")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `regutils grade`."""
    add = parser.add_argument
    add("submissions", nargs="+", metavar="SUBMISSION", help="file or folder")
    add("--out", type=Path, required=True, help="CSV file to write or add to")
    add("--seconds", type=float, default=120, help="limit of a cell (120)")
    add("--minutes", type=float, default=15, help="limit of a notebook (15)")
    add("--memory", type=float, default=4, help="limit of a kernel, in GB (4)")
    fit = max(1, min(os.cpu_count() or 1, int(psutil.virtual_memory().available / 2e9)))
    add("--jobs", type=int, default=fit, help=f"learners at a time ({fit}: by cores and memory)")


def run(args: Namespace) -> int:
    """Mark a class; return 0, or 130 if it was interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal in cp1252 has no Ł
            stream.reconfigure(errors="backslashreplace")
    names = ("seconds", "minutes", "memory")
    limits = {name: positive(f"--{name}", getattr(args, name)) for name in names}
    jobs = count("--jobs", args.jobs)
    out = args.out.expanduser().resolve()
    writable(out.parent)
    try:
        grade(find(args.submissions), out, **limits, jobs=jobs)
    except KeyboardInterrupt:
        print(f"stopped: finished marks are in {out}, and the same command goes on")
        return 130
    except OSError as error:  # no room for temporary files, a spreadsheet that holds the table
        raise ValueError(f"no more could be marked; finished marks are kept: {error}") from error
    return 0
