"""Mark a class: execute handed-in notebooks and write what their checks say into a table.

    regutils grade class/* --out marks.csv

This is no sandbox. Each notebook runs in a kernel and a copy of its folder of its own, without your
environment variables and with limits on time and memory; but it runs with your rights, and whoever
wants to can print a forged verdict. Code of strangers belongs in a container without a network
(notebooks/TEACHING.md has the command).

A SUBMISSION is a notebook, or a folder with all that one learner handed in. Stored outputs count
for nothing, of several verdicts on an exercise the last one counts. The table has one line an
exercise, or one that says why a file could not be marked. Its statuses beside check's own:
    failed    the cell with the check raised an error, or gave no verdict
    stopped   a limit was passed, or the kernel ended: the hint says which
    not run   the grader's own trouble, a full disk say; call it again

Marks are written as they come. The same command goes on where it was stopped: it runs whose
notebooks are not in the table as they are now, and who was stopped, if the limits are others.
"""

import asyncio
import os
import re
import shutil
import site
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL

import psutil
from joblib import Parallel, delayed
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from ..arguments import count, positive
from ..course.check import MIME, NOT_ATTEMPTED, NOT_YET, RIGHT
from ..course.exercises import CHAPTERS, EXERCISES
from ..progress import bar
from .execute import writable
from .marks_table import COLUMNS, read_table, write_table
from .submissions import Trouble, find, learners, notebooks, read_cells, text, version

FIRST = "import matplotlib.pyplot, regutils.course\ndel matplotlib, regutils"
START_SECONDS = 300  # for a kernel, and for this first cell
OBEY_SECONDS = 10  # to react to an interrupt
CHECK = re.compile(r"""\bcheck\(\s*(?:number\s*=\s*)?["']\s*([\d.]+)\s*["']""")
NO_MEMORY = re.compile(r"MemoryError|can't allocate memory|not enough memory|Cannot allocate")
STATUS = {NOT_ATTEMPTED: "not attempted", RIGHT: RIGHT, NOT_YET: NOT_YET}
# What Python and its libraries need of the environment; no token of the teacher is among it.
PASSED_ON = re.compile(
    "PATH|PATHEXT|SYSTEMROOT|WINDIR|COMSPEC|NUMBER_OF_PROCESSORS|VIRTUAL_ENV|CONDA_PREFIX|TZ|LANG"
    "|(PYTHON|LC_|LD_|DYLD_|KMP_|OMP_|MKL_|OPENBLAS_|ATEN_|ONEDNN_|CUDA_|REGUTILS_).*",
    re.IGNORECASE,
)


class Client(NotebookClient):
    """Keep verdicts and errors, and drop all other output as it comes: there may be much of it."""

    def process_message(self, msg, cell, cell_index):
        """Add what counts to the cell's outputs; nbclient is told when a cell has ended."""
        data = msg["content"].get("data")
        if msg["msg_type"] in ("status", "error") or (isinstance(data, dict) and MIME in data):
            super().process_message(msg, cell, cell_index)


@dataclass
class Grader:
    """Executes notebooks, in folders below `root`; what is private no learner gets a copy of."""

    root: str
    private: set[Path]
    seconds: float  # limit of a cell
    minutes: float  # limit of a notebook
    memory: float  # limit of a kernel, in GB
    jobs: int  # learners at a time

    def mark(self, path: Path) -> tuple[Path, list[tuple[str, str, str, str]]]:
        """Return (path, (notebook, exercise, status, hint) of each exercise); never raises."""
        rows = []
        for file in notebooks(path):
            name = text(file.relative_to(path.parent))
            try:
                cells = read_cells(file)
                self.execute(cells, file.parent)
                rows += [(name, *row) for row in marks(cells)]
            except Trouble as trouble:
                rows.append((name, "", *trouble.args))
            except Exception as error:  # a full disk, too many processes
                rows.append((name, "", "not run", f"the grader could not run it: {error}"))
        return path, rows or [("", "", "empty", "there is no notebook in this folder")]

    def execute(self, cells: list[NotebookNode], beside: Path | None = None) -> None:
        """Run the cells in a copy of the folder `beside`, and end what they started."""

        def hidden(parent: str, names: list[str]) -> list[str]:
            return [name for name in names if Path(parent, name) in self.private]

        with tempfile.TemporaryDirectory(dir=self.root, ignore_cleanup_errors=True) as work:
            folder = Path(work, "folder")
            folder.mkdir()
            try:
                if beside:
                    shutil.copytree(beside, folder, True, hidden, dirs_exist_ok=True)
            except shutil.Error as error:  # what can be read has been copied
                if "No space left" in str(error):
                    raise
            try:
                asyncio.run(self.run(cells, folder, environment(work, self.jobs)))
            finally:
                end_processes(work)

    async def run(self, cells: list[NotebookNode], folder: Path, env: dict[str, str]) -> None:
        """Run the cells in a kernel of their own.

        Verdicts and errors become outputs of the cells; a cell that was stopped, or not reached,
        has the reason in its metadata.
        """
        # What comes of a cell after its kernel was ended is of no interest.
        asyncio.get_running_loop().set_exception_handler(lambda *args: None)
        # This Python's own kernel, whatever else is installed under the name python3.
        kernels = KernelSpecManager(kernel_dirs=[])
        connection = str(folder.with_name("kernel.json"))
        km = AsyncKernelManager(kernel_spec_manager=kernels, connection_file=connection)
        confine = [sys.executable, "-I", str(Path(__file__).with_name("confine.py"))]
        km.kernel_spec.argv[:0] = [*confine, str(int(self.memory * 1e9))]
        notebook = new_notebook(cells=[first := new_code_cell(FIRST), *cells])
        # A verdict may come late from a busy machine.
        late = {"startup_timeout": START_SECONDS, "iopub_timeout": START_SECONDS}
        client = Client(notebook, km=km, allow_errors=True, **late)
        try:
            # A cell may write to the process's own output, past IPython.
            pipes = {"stdout": DEVNULL, "stderr": DEVNULL}
            await client.async_start_new_kernel(cwd=str(folder), env=env, **pipes)
            await client.async_start_new_kernel_client()
            # Not what is printed: endless output would fill the grader's own memory.
            heard = client.kc.iopub_channel.socket
            heard.unsubscribe("")
            for topic in ("kernel", "display_data"):
                heard.subscribe(topic)
            await asyncio.wait_for(client.async_execute_cell(first, 0), START_SECONDS)
            if first.outputs:
                raise RuntimeError(outcome(first)[1])
            end, deadline = "", time.monotonic() + 60 * self.minutes
            for i, cell in enumerate(cells, 1):
                end = end or await self.run_cell(client, i, cell, deadline)
                if end:
                    cell.metadata.stopped = end
        finally:
            await km.shutdown_kernel(now=True)
            if client.kc:
                client.kc.stop_channels()

    async def run_cell(self, client: Client, i: int, cell: NotebookNode, deadline: float) -> str:
        """Run code cell `i`; return why no other can run after it, or ""."""
        # A cell that nbclient gives up by its own limit can cost the next one its verdict.
        running = asyncio.ensure_future(client.async_execute_cell(cell, i))
        left = deadline - time.monotonic()
        await asyncio.wait({running}, timeout=min(left, self.seconds))
        if not running.done():
            cell.metadata.stopped = f"code cell {i} ran longer than {self.seconds:g} s"
            await client.km.interrupt_kernel()
            await asyncio.wait({running}, timeout=OBEY_SECONDS)
        if time.monotonic() > deadline:
            return f"the notebook ran longer than {self.minutes:g} min"
        if not running.done():
            return f"{cell.metadata.stopped} and could not be interrupted"
        if isinstance(running.exception(), DeadKernelError):
            return f"code cell {i} ended the kernel"
        return ""


def environment(work: str, jobs: int) -> dict[str, str]:
    """Return the environment of a kernel: what Python and its libraries need, and nothing else."""
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
        with suppress(psutil.Error, OSError):  # it has ended, or is somebody else's
            if process.environ().get("REGUTILS_GRADING", "").startswith(work):
                process.kill()


def marks(cells: list[NotebookNode]) -> list[tuple[str, str, str]]:
    """Return ("ex 2.1", status, hint) for each exercise of an executed notebook."""
    outcomes = list(map(outcome, cells))
    found = {}
    for cell, without in zip(cells, outcomes):
        found |= dict.fromkeys(EXERCISES.keys() & CHECK.findall(cell.source), without)
    for output in (output for cell in cells for output in cell.outputs):
        found |= verdict(output.get("data", {}).get(MIME))
    if not found:
        raise Trouble("no exercises", "the notebook checks no exercise of this course")
    chapter = max(CHAPTERS, key=lambda chapter: len(chapter.exercises.keys() & found))
    absent = dict.fromkeys(chapter.exercises, ("not attempted", "the notebook has no check of it"))
    found = absent | found
    rows = [(f"ex {number}", *found[number]) for number in EXERCISES if number in found]
    # Where no exercise tells that the notebook was stopped, a line of its own does.
    told = [hint for _, _, hint in rows]
    silent = [end for end in dict.fromkeys(outcomes) if end[0] == "stopped" and end[1] not in told]
    return rows + [("", *end) for end in silent]


def outcome(cell: NotebookNode) -> tuple[str, str]:
    """Return (status, hint) of an exercise that got no verdict in this cell."""
    if "stopped" in cell.metadata:
        return "stopped", cell.metadata.stopped
    errors = [f"{out.ename}: {out.evalue}" for out in cell.outputs if out.output_type == "error"]
    problem = " ".join("".join(errors[-1:]).split())[:500]
    if NO_MEMORY.search(problem):
        return "stopped", f"used too much memory: {problem}"
    return "failed", problem or "its cell ran and gave no verdict"


def verdict(shown) -> dict[str, tuple[str, str]]:
    """Return {exercise: (status, hint)}; nothing of what is no verdict of ours."""
    try:
        number, status, hint = shown["exercise"], STATUS[shown["verdict"]], str(shown["message"])
        EXERCISES[number]
    except (LookupError, TypeError):
        return {}
    if status == NOT_YET and NO_MEMORY.search(hint):
        return {number: ("stopped", f"used too much memory: {hint}")}
    return {number: (status, "" if status == RIGHT else hint)}


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
        if todo:
            try:
                grader.execute([])
            except Exception as error:
                raise ValueError(f"nothing was marked: no kernel could be used: {error}") from error
        try:
            threads = Parallel(jobs, backend="threading", return_as="generator_unordered")
            with bar(total=len(todo), description="marking", unit="learner") as progress:
                for path, found in threads(delayed(grader.mark)(path) for path in todo):
                    statuses = Counter(status for _, _, status, _ in found)
                    key = versions[path] + under * ("stopped" in statuses)
                    key = "again" if "not run" in statuses else key
                    who = text(path)
                    rows = [row for row in rows if row["submission"] != who]
                    rows += [dict(zip(COLUMNS, (names[path], *row, who, key))) for row in found]
                    progress.update()
                    said = ", ".join(f"{n} {status}" for status, n in statuses.items())
                    progress.write(f"{names[path]}: {said}")
                    try:
                        write_table(out, rows)
                    except OSError as error:  # a full disk, or a spreadsheet that holds the file
                        progress.write(f"{out} cannot be written now: {error}")
        finally:
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
    if hasattr(sys.stdout, "reconfigure"):  # a terminal in cp1252 has no Ł
        sys.stdout.reconfigure(errors="backslashreplace")
    limits = {n: positive(f"--{n}", getattr(args, n)) for n in ("seconds", "minutes", "memory")}
    out = args.out.expanduser().resolve()
    writable(out.parent)
    try:
        grade(find(args.submissions), out, **limits, jobs=count("--jobs", args.jobs))
    except KeyboardInterrupt:
        print(f"stopped: finished marks are in {out}, and the same command goes on")
        return 130
    except OSError as error:  # no room for temporary files, a spreadsheet that holds the table
        raise ValueError(f"no more could be marked; finished marks are kept: {error}") from error
    return 0
