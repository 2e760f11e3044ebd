"""Mark a class: `regutils grade class/* --out marks.csv` writes what its checks say into a table.

This is no sandbox. Each notebook runs in a kernel and a copy of its folder of its own, under limits
and without your environment variables, but with your rights; and verdicts can be forged. Code of
strangers belongs in a container: notebooks/TEACHING.md has the command, and explains the statuses.

A SUBMISSION is a notebook, or a folder with all that one learner handed in. The same command goes
on where it was stopped, and runs again what has changed or was stopped by other limits.
"""

import asyncio
import csv
import json
import os
import re
import shutil
import site
import sys
import tempfile
import time
import zlib
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from joblib import Parallel, delayed
from nbclient.client import DeadKernelError, NotebookClient
from nbformat.v4.nbbase import NotebookNode, new_code_cell, new_notebook

from ..arguments import count, positive, require
from ..course.check import MIME, NOT_ATTEMPTED, NOT_YET, RIGHT
from ..course.exercises import CHAPTERS, EXERCISES
from ..progress import bar
from .execute import matching, own_kernel, replacing, writable

COLUMNS = ["learner", "notebook", "exercise", "status", "hint", "submission", "version"]
STATUS = {NOT_ATTEMPTED: "not attempted", RIGHT: RIGHT, NOT_YET: NOT_YET}
CHECK = re.compile(r"""\bcheck\s*\(\s*(?:number\s*=\s*)?["']\s*([\d.]+)\s*["']""")
NO_MEMORY = re.compile(r"MemoryError|can't allocate memory|not enough memory|Cannot allocate")
FIRST = "import matplotlib.pyplot, regutils.course\ndel matplotlib, regutils"
# What Python and its libraries need of the environment; no token of the teacher is among it.
PASSED_ON = re.compile(
    "PATH|PATHEXT|SYSTEMROOT|WINDIR|COMSPEC|NUMBER_OF_PROCESSORS|VIRTUAL_ENV|CONDA_PREFIX|TZ|LANG"
    "|PYTHON[A-Z0-9]*|LD_[LP].*|(LC|DYLD|KMP|OMP|MKL|OPENBLAS|ATEN|ONEDNN|CUDA|REGUTILS)_.*"
)


def find(arguments: list[str]) -> dict[Path, dict[Path, list | tuple]]:
    """Return {submission: {notebook: its code}}, hidden ones aside; ValueError for a wrong path."""
    found = {}
    for path in matching("SUBMISSION", arguments):
        files = sorted(path.rglob("*.ipynb")) if os.path.isdir(path) else [path]
        found[path] = {f: read(f) for f in files if f"{os.sep}." not in str(f)[len(str(path)) :]}
    return found


def read(path: Path) -> list[str] | tuple[str, str, str]:
    """Return the code of a notebook, or (exercise, status, hint) of a file that has none."""
    try:
        if not path.is_file():  # a pipe would be waited for
            raise FileNotFoundError(path)
        if path.stat().st_size > 50e6:
            return "", "too large", "the file is larger than 50 MB"
        cells = json.loads(path.read_bytes().strip() or '{"cells": []}')["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except OSError:
        return "", "unreadable", "the file cannot be opened"
    except (ValueError, LookupError, TypeError, RecursionError):
        return "", "not a notebook", "the file is not a notebook, or is damaged"
    if not "".join(code).strip():
        return "", "empty", "there is no code in this file"
    # Half a character cannot be sent to a kernel.
    return [source.encode("utf-8", "backslashreplace").decode() for source in code]


class Client(NotebookClient):
    """Keep verdicts and errors, and drop all other output as it comes: there may be much of it."""

    def process_message(self, msg, cell, cell_index):
        """Add what counts to the cell's outputs; nbclient is told when a cell has ended."""
        if msg["msg_type"] in ("status", "error") or MIME in msg["content"].get("data", ""):
            super().process_message(msg, cell, cell_index)


@dataclass
class Grader:
    """Executes notebooks, in folders below `root`."""

    root: str
    private: Callable[[str, list[str]], list[str]]  # names that no learner gets a copy of
    limits: Namespace  # seconds of a cell, minutes of a notebook, memory in GB, jobs at a time

    def mark(self, path: Path, notebooks: dict[Path, list | tuple]) -> tuple[Path, list[tuple]]:
        """Return (path, (notebook, exercise, status, hint) of each exercise); never raises."""
        rows = []
        for file, code in notebooks.items():
            try:
                found = self.execute(code, file.parent) if isinstance(code, list) else [code]
            except Exception as error:  # a full disk, too many processes
                found = [("", "not run", f"the grader could not run it: {error}")]
            rows += [(text(file.relative_to(path.parent)), *mark) for mark in found]
        return path, rows or [("", "", "empty", "there is no notebook in this folder")]

    def execute(self, code: list[str], beside: Path) -> list[tuple[str, str, str]]:
        """Run code cells in a copy of the folder `beside`, end what they started, mark them."""
        cells = [new_code_cell(source) for source in (FIRST, *code)]
        with tempfile.TemporaryDirectory(dir=self.root, ignore_cleanup_errors=True) as work:
            folder = f"{work}/folder"
            try:
                shutil.copytree(beside, folder, True, self.private)
            except shutil.Error as error:  # what can be read has been copied
                if "No space left" in str(error):
                    raise
            try:
                asyncio.run(self.run(cells, folder, environment(work, self.limits.jobs)))
            finally:
                end_processes(work)
        return marks(cells)

    async def run(self, cells: list[NotebookNode], folder: str, env: dict[str, str]) -> None:
        """Run the cells in a kernel of their own; metadata say why one was stopped."""
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # of what was killed
        by = "tcp" if os.name == "nt" or len(os.fsencode(folder)) > 95 else "ipc"  # ports get taken
        km = own_kernel(connection_file=f"{folder}.json", transport=by)
        confine = [sys.executable, "-I", str(Path(__file__).with_name("confine.py"))]
        km.kernel_spec.argv[:0] = [*confine, str(int(self.limits.memory * 1e9))]
        client = Client(new_notebook(cells=cells), km=km, allow_errors=True)
        client.startup_timeout = client.iopub_timeout = 300  # seconds: a machine may be busy
        await client.async_start_new_kernel(cwd=folder, env=env)
        await client.async_start_new_kernel_client()
        try:
            # Not what is printed: endless output would fill the grader's own memory.
            heard = client.kc.iopub_channel.socket
            heard.unsubscribe("")
            heard.subscribe("kernel")
            heard.subscribe("display_data")
            await asyncio.wait_for(client.async_execute_cell(cells[0], 0), client.startup_timeout)
            if cells[0].outputs:
                raise RuntimeError(outcome(cells[0])[1])
            end, deadline = "", time.monotonic() + 60 * self.limits.minutes
            for i, cell in enumerate(cells[1:], 1):
                end = end or await self.run_cell(client, i, cell, deadline)
                if end:
                    cell.metadata.stopped = end
        finally:
            client.kc.stop_channels()
            await km.shutdown_kernel(now=True)

    async def run_cell(self, client: Client, i: int, cell: NotebookNode, deadline: float) -> str:
        """Run code cell `i`; return why no other can run after it, or ""."""
        # A cell that nbclient gives up by its own limit can cost the next one its verdict.
        running = asyncio.ensure_future(client.async_execute_cell(cell, i))
        await asyncio.wait({running}, timeout=min(self.limits.seconds, deadline - time.monotonic()))
        if not running.done():
            cell.metadata.stopped = f"code cell {i} ran longer than {self.limits.seconds:g} s"
            await client.km.interrupt_kernel()
            await asyncio.wait({running}, timeout=10)
        if time.monotonic() > deadline:
            return f"the notebook ran longer than {self.limits.minutes:g} min"
        if not running.done():
            return f"{cell.metadata.stopped} and could not be interrupted"
        dead = isinstance(running.exception(), DeadKernelError)
        return f"code cell {i} ended the kernel" if dead else ""


def environment(work: str, jobs: int) -> dict[str, str]:
    """Return the environment of a kernel: what Python and its libraries need, and nothing else."""
    kept = {key: value for key, value in os.environ.items() if PASSED_ON.fullmatch(key.upper())}
    paths = [os.path.abspath(p) for p in kept.get("PYTHONPATH", "").split(os.pathsep) if p]
    return {
        "OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // jobs)),
        "PYTHONUSERBASE": site.getuserbase(),
        **kept,
        **dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), work),
        "MATPLOTLIBRC": os.devnull,  # not what another learner may have put beside the fonts
        "MPLCONFIGDIR": str(Path(work).with_name("matplotlib")),  # fonts are searched for once
        "PYTHONPATH": os.pathsep.join(paths),
        "REGUTILS_GRADING": work,
    }


def end_processes(work: str) -> None:
    """End every process whose environment says that it was started for this folder, or cwd."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):  # it has ended, or is somebody else's
            if (process.environ().get("REGUTILS_GRADING") or process.cwd()).startswith(work):
                process.kill()


def marks(cells: list[NotebookNode]) -> list[tuple[str, str, str]]:
    """Return ("ex 2.1", status, hint) for each exercise of an executed notebook."""
    ends = [outcome(cell) for cell in cells]
    found = {}
    for cell, end in zip(cells, ends):
        found |= dict.fromkeys(EXERCISES.keys() & CHECK.findall(cell.source), end)
    for shown in (output.get("data", {}).get(MIME) for cell in cells for output in cell.outputs):
        with suppress(LookupError, TypeError):  # it is no verdict, or none of ours
            status, hint = STATUS[shown["verdict"]], str(shown["message"])[:1000]
            status = "stopped" if NO_MEMORY.search(hint) else status
            found[EXERCISES[shown["exercise"]].number] = status, "" if status == RIGHT else hint
    if not found:
        return [("", "no exercises", "the notebook checks no exercise of this course")]
    chapter = max(CHAPTERS, key=lambda chapter: len(chapter.exercises.keys() & found))
    absent = dict.fromkeys(chapter.exercises, ("not attempted", "the notebook has no check of it"))
    found = absent | found
    rows = [(f"ex {number}", *found[number]) for number in EXERCISES if number in found]
    # Where no exercise tells that the notebook was stopped, a line of its own does.
    silent = dict.fromkeys(end for end in ends if end[0] == "stopped")
    return rows + [("", *end) for end in silent if end not in found.values()]


def outcome(cell: NotebookNode) -> tuple[str, str]:
    """Return (status, hint) of an exercise that got no verdict in this cell."""
    if "stopped" in cell.metadata:
        return "stopped", cell.metadata.stopped
    errors = [f"{out.ename}: {out.evalue}" for out in cell.outputs if out.output_type == "error"]
    problem = " ".join("".join(errors[-1:]).split())[:500]
    status = "stopped" if NO_MEMORY.search(problem) else "failed"
    return status, problem or "its cell ran and gave no verdict"


def text(path: Path) -> str:
    """Return a path as one printable line, with escapes where something else is in it."""
    name = os.fsencode(path).decode(errors="backslashreplace")
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)


def learners(handed_in: dict[Path, dict], rows: list[list[str]]) -> dict[Path, str]:
    """Return the names: of the file or folder, or its whole path where others have that name."""
    names = {path: text(Path(path.name)).removesuffix(".ipynb") for path in handed_in}
    own = set(map(text, names))
    taken = Counter(names.values()) + Counter(name for name, *_, of, _ in rows if of not in own)
    return {path: name if taken[name] == 1 else text(path) for path, name in names.items()}


def read_table(out: Path) -> list[list[str]]:
    """Return the rows of a table of ours, also as a spreadsheet saves it; ValueError for others."""
    if not out.exists():
        return []
    try:
        saved = out.read_text("utf-8-sig")
        delimiter = ";" if saved.startswith("learner;") else ","
        head, *rows = csv.reader(saved.splitlines(), delimiter=delimiter)
        ours = head == COLUMNS and {*map(len, rows)} <= {0, len(COLUMNS)}
    except (OSError, ValueError, csv.Error):
        ours = False
    require(ours, "--out", str(out), "a new file, or one that regutils grade wrote")
    return [[re.sub(r"^'(?=[=+\-@])", "", value) for value in row] for row in rows if row]


def write_table(out: Path, rows: list[list[str]]) -> None:
    """Write the rows, with a mark at their beginning for Excel."""
    how = {"encoding": "utf-8-sig", "errors": "backslashreplace", "newline": ""}
    with replacing(out) as part, part.open("w", **how) as file:
        for row in (COLUMNS, *sorted(rows, key=lambda row: row[0])):
            # A spreadsheet takes what begins so for a formula and runs it.
            values = [re.sub(r"^(?=[=+\-@])", "'", re.sub(r"\s", " ", value)) for value in row]
            csv.writer(file).writerow(values)


def grade(handed_in: dict[Path, dict[Path, list | tuple]], out: Path, limits: Namespace) -> None:
    """Mark submissions, writing the table after each; ValueError, before, if that is impossible."""
    rows = read_table(out)
    names = learners(handed_in, rows)
    version = {p: f"v{zlib.crc32(repr([*handed_in[p].values()]).encode()):08x}" for p in handed_in}
    under = f" under {limits.seconds:g} s, {limits.minutes:g} min, {limits.memory:g} GB"
    done = {(submission, key.removesuffix(under)) for *_, submission, key in rows}
    todo = [path for path in handed_in if path != out and (text(path), version[path]) not in done]
    print(f"{len(handed_in)} handed in, {len(todo)} to mark, {limits.jobs} at a time", flush=True)
    with tempfile.TemporaryDirectory(prefix="regutils-grade-", ignore_cleanup_errors=True) as root:
        own = {*handed_in, out}
        grader = Grader(root, lambda at, inside: [n for n in inside if Path(at, n) in own], limits)
        try:
            if todo:
                grader.execute([], Path(tempfile.mkdtemp(dir=root)))
        except Exception as error:
            raise ValueError(f"nothing was marked: no kernel could be used: {error}") from error
        try:
            threads = Parallel(limits.jobs, backend="threading", return_as="generator_unordered")
            with bar(total=len(todo), description="marking", unit="learner") as progress:
                for path, found in threads(delayed(grader.mark)(p, handed_in[p]) for p in todo):
                    statuses = Counter(status for _, _, status, _ in found)
                    redo = under * ("stopped" in statuses) + " again" * ("not run" in statuses)
                    rows = [row for row in rows if row[-2] != text(path)]
                    rows += [[names[path], *row, text(path), version[path] + redo] for row in found]
                    said = ", ".join(f"{n} {status}" for status, n in statuses.items())
                    try:
                        write_table(out, rows)
                    except OSError as error:  # a full disk, or a spreadsheet that holds the file
                        progress.write(f"{out} cannot be written now: {error}")
                    progress.write(f"{names[path]}: {said}")
                    progress.update()
        finally:
            end_processes(root)
    write_table(out, rows)
    print(f"{out}: {len(todo)} learners in {progress.format_dict['elapsed']:.0f} s")


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
    for limit in ("seconds", "minutes", "memory"):
        positive(f"--{limit}", getattr(args, limit))
    count("--jobs", args.jobs)
    out = args.out.expanduser().resolve()
    writable(out.parent)
    try:
        grade(find(args.submissions), out, args)
    except KeyboardInterrupt:
        print(f"stopped: finished marks are in {out}, and the same command goes on")
        return 130
    except OSError as error:  # no room for temporary files, a spreadsheet that holds the table
        raise ValueError(f"no more could be marked; finished marks are kept: {error}") from error
    return 0
