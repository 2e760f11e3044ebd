"""Execute one handed-in notebook in a kernel of its own; `regutils grade` starts this as a process.

    python -m regutils.tools.submission < job.json

The job: `cells` (sources), `folder` (where they run), `seconds` (limit of a cell), `memory` (limit
in bytes). To stdout goes one JSON object a line: {"started": true} once the course is imported,
{"verdict": …} as check gave it, {"cell": i, "status": …, "hint": …} after each cell, with what to
say of an exercise that got no verdict there, and {"end": ""}, or why it ended early.
"""

import asyncio
import contextlib
import json
import re
import subprocess
import sys

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

MIME = "application/vnd.regutils.check+json"  # course.check.MIME; importing it would load PyTorch
FIRST = "import matplotlib.pyplot, regutils.course\ndel matplotlib, regutils"
START_SECONDS = 300  # for a kernel, and for this first cell
OBEY_SECONDS = 10  # to react to an interrupt
LARGEST_FILE = 2**30  # bytes that a submission may write into one file
NO_MEMORY = re.compile(r"MemoryError|can't allocate memory|not enough memory|Cannot allocate")
LETTER = re.compile(r"NameError: name '[A-Za-z]' is not defined")


class Client(NotebookClient):
    """Keep verdicts and errors, and drop all other output as it comes: there may be much of it."""

    async def run(self, source: str) -> str:
        """Execute a cell; return its error, or ""."""
        self.problem = ""
        await self.async_execute_cell(nbformat.v4.new_code_cell(source), 0)
        return self.problem

    def process_message(self, msg, cell, cell_index):
        """Report a verdict, keep an error's text; nbclient is told when a cell has ended."""
        content = msg["content"]
        if msg["msg_type"] == "error":
            text = f"{content.get('ename')}: {content.get('evalue')}"
            self.problem = " ".join(text.split())[:500]
        data = content.get("data")
        if isinstance(data, dict) and MIME in data:
            report(verdict=data[MIME])
        if msg["msg_type"] == "status":
            super().process_message(msg, cell, cell_index)


def report(**event) -> None:
    """Write one line for the parent process."""
    print(json.dumps(event), flush=True)


def limit(memory: int) -> None:
    """Limit this process, and the kernel that inherits it, where the system can."""
    with contextlib.suppress(ImportError):  # Windows has no such limits
        import resource

        limits = {"RLIMIT_DATA": memory, "RLIMIT_FSIZE": LARGEST_FILE, "RLIMIT_CORE": 0}
        for name, most in limits.items():
            with contextlib.suppress(AttributeError, ValueError, OSError):  # it is lower already
                resource.setrlimit(getattr(resource, name), (most, most))


def explain(problem: str) -> tuple[str, str]:
    """Return (status, hint) of a check that gave no verdict in a cell with this error."""
    if NO_MEMORY.search(problem):
        return "stopped", f"used too much memory: {problem}"
    if LETTER.match(problem):
        problem += ' (a letter needs quotes, such as "B")'
    return "failed", problem or "its cell ran and gave no verdict"


async def run(cells: list[str], folder: str, seconds: float) -> str:
    """Execute the cells in order; return why that ended early, or ""."""
    client = Client(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell()]),
        # This Python's own kernel, whatever else is installed under the name python3.
        km=AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[])),
        allow_errors=True,
        startup_timeout=START_SECONDS,
        timeout=None,
        iopub_timeout=START_SECONDS,  # a verdict may come late from a busy machine
        shutdown_kernel="immediate",
        extra_arguments=["--log-level=ERROR"],
        log_level="CRITICAL",
    )
    # A cell may write to the process's own stdout, past IPython; the parent reads ours.
    async with client.async_setup_kernel(cwd=folder, stdout=subprocess.DEVNULL):
        if problem := await asyncio.wait_for(client.run(FIRST), START_SECONDS):
            raise RuntimeError(problem)
        report(started=True)
        for i, source in enumerate(cells):
            name, late = f"code cell {i + 1}", ""
            cell = asyncio.ensure_future(client.run(source))
            # A cell that nbclient gives up by its own limit can cost the next one its verdict.
            await asyncio.wait({cell}, timeout=seconds)
            if not cell.done():
                late = f"{name} ran longer than {seconds:g} s"
                await client.km.interrupt_kernel()
                await asyncio.wait({cell}, timeout=OBEY_SECONDS)
            if not cell.done():
                return f"{late} and could not be interrupted"
            try:
                status, hint = explain(cell.result())
            except DeadKernelError:
                return f"{name} ended the kernel (exit status {await client.km.provisioner.poll()})"
            report(cell=i, status="stopped" if late else status, hint=late or hint)
    return ""


if __name__ == "__main__":
    job = json.load(sys.stdin)
    limit(job.pop("memory"))
    report(end=asyncio.run(run(**job)))
