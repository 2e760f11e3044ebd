"""Execute one handed-in notebook in a kernel of its own; `regutils grade` starts this as a process.

    python -m regutils.tools.submission < job.json

The job: `before` (source of a cell of the grader's), `cells` (sources of the code cells), `folder`
(where they run), `seconds` (limit of a cell), `memory` (limit in bytes). To stdout goes one JSON
object a line: {"verdict": …} as the course's check gave it, {"cell": i, "problem": "", "stopped":
false} after each cell, {"end": ""} or why it ended early. If `before` fails there is only an error.
"""

import asyncio
import json
import subprocess
import sys

import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

MIME = "application/vnd.regutils.check+json"  # course.check.MIME; importing it would load PyTorch
LARGEST_FILE = 2**30  # bytes that a submission may write into one file

# The limits are set in the kernel's process, before anything of the learner runs. The working
# folder leaves the path until then, as ipykernel does it: a learner's random.py is no library.
LIMITS = """
def limit(memory, file):
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    for name, most in (("RLIMIT_DATA", memory), ("RLIMIT_FSIZE", file), ("RLIMIT_CORE", 0)):
        try:
            kind = getattr(resource, name)
            hard = resource.getrlimit(kind)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (most, most))
        except (AttributeError, ValueError, OSError):  # a system that has it in name only
            pass
"""
KERNEL = f"""
import sys
sys.path = [folder for folder in sys.path if folder]
{LIMITS}
limit(int(sys.argv.pop(1)), {LARGEST_FILE})
from ipykernel.kernelapp import launch_new_instance
launch_new_instance()
"""
START_SECONDS = 300  # for a kernel, and for importing PyTorch
OBEY_SECONDS = 10  # to react to an interrupt


class Kernels(KernelSpecManager):
    """This Python's own kernel, whatever kernels the machine has under the name of `python3`."""

    memory = 0

    def get_kernel_spec(self, kernel_name):
        """Return how to start a kernel that limits itself."""
        argv = [sys.executable, "-c", KERNEL, str(self.memory), "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python", language="python")


class Client(NotebookClient):
    """Keep verdicts and errors, and drop all other output as it comes: there may be much of it."""

    problem = ""

    async def run(self, source: str, seconds: float) -> str:
        """Execute a cell for at most so long; return its error, or ""."""
        self.problem, self.timeout = "", seconds
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


async def run(job: dict) -> str:
    """Execute the cells in order; return why that ended early, or ""."""
    kernels = Kernels()
    kernels.memory = job["memory"]
    client = Client(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell()]),
        km=AsyncKernelManager(kernel_name="python3", kernel_spec_manager=kernels),
        allow_errors=True,
        startup_timeout=START_SECONDS,
        shutdown_kernel="immediate",
        extra_arguments=["--log-level=ERROR"],
        log_level="CRITICAL",
    )
    # A cell may write to the process's own stdout, past IPython; the parent reads ours.
    async with client.async_setup_kernel(cwd=job["folder"], stdout=subprocess.DEVNULL):
        if problem := await client.run(job["before"], START_SECONDS):
            raise RuntimeError(problem)
        for i, source in enumerate(job["cells"]):
            name, end = f"code cell {i + 1}", ""
            try:
                report(cell=i, problem=await client.run(source, job["seconds"]), stopped=False)
            except CellTimeoutError:
                problem = f"{name} ran longer than {job['seconds']:g} s"
                await client.km.interrupt_kernel()
                try:
                    await client.run("pass", OBEY_SECONDS)
                except (CellTimeoutError, DeadKernelError):
                    end = problem = f"{problem} and could not be interrupted"
                report(cell=i, problem=problem, stopped=True)
            except DeadKernelError:
                code = await client.km.provisioner.poll()
                end = f"{name} ended the kernel (exit status {code})"
            if end:
                return end
    return ""


def main() -> None:
    """Run the job on stdin."""
    job = json.load(sys.stdin)
    exec(LIMITS + f"limit({job['memory']}, {LARGEST_FILE})", {})
    report(end=asyncio.run(run(job)))


if __name__ == "__main__":
    main()
