"""Notebooks executed as a reader would: `regutils execute`, all of them in place.

    regutils execute                                            every notebook, in place
    regutils execute notebooks/01_concept.ipynb --out /tmp/run  some, written elsewhere

What is kept is the same from run to run: no widget state, no timing, no progress bars, no kernel
version. A notebook that fails is left as it was, and the others are run all the same.
"""

import argparse
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from ..arguments import require
from .record.files import writable

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def execute(
    notebook: nbformat.NotebookNode, folder: Path = NOTEBOOKS, timeout: int = 300
) -> nbformat.NotebookNode:
    """Run all cells in `folder`, each for at most `timeout` seconds; returns the same notebook.

    Raises nbclient's CellExecutionError at the first cell that fails, CellTimeoutError at one that
    takes too long, DeadKernelError if the kernel dies.
    """
    NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],  # no advice on how kernels are connected
    ).execute()
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {
        "name": "python",
        "file_extension": ".py",
        "mimetype": "text/x-python",
    }
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if says_something(output)]
    return notebook


def says_something(output: nbformat.NotebookNode) -> bool:
    """False for what a finished progress bar leaves: an empty line, or a display of nothing."""
    if output.output_type == "stream":
        return bool(output.text.strip())
    return output.output_type != "display_data" or bool(output.data)


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """The notebook in a file, in the newest format; ValueError if it is none."""
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat lets the exceptions of several libraries through
        raise ValueError(f"notebook must be a notebook's file; got {str(path)!r}") from error


def add_command(commands) -> None:
    """`regutils execute`, added to the command line's sub-commands."""
    parser = commands.add_parser(
        "execute",
        help="run notebooks again and keep their outputs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all")
    parser.add_argument("--out", type=Path, help="folder to write to; default: in place")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    paths = [path.expanduser() for path in args.notebooks] or sorted(NOTEBOOKS.glob("*.ipynb"))
    targets = {path: args.out.expanduser() / path.name if args.out else path for path in paths}
    names = sorted(path.name for path in paths)
    distinct = len(set(targets.values())) == len(paths)
    require(distinct, "notebooks", names, "files of different names, if written to one folder")
    notebooks = {path: read_notebook(path) for path in paths}
    for target in targets.values():
        writable(target.parent)
    failures = 0
    for path, notebook in notebooks.items():
        started = time.perf_counter()
        try:
            execute(notebook, path.resolve().parent)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            failures += 1
            print(f"{path.name}: failed, and left as it was\n{error}", flush=True)
            continue
        partial = targets[path].with_suffix(".partial")
        nbformat.write(notebook, partial)
        partial.replace(targets[path])
        seconds, size = time.perf_counter() - started, targets[path].stat().st_size / 1e6
        print(f"{path.name}: {seconds:.0f} s, {size:.2f} MB", flush=True)
    return 1 if failures else 0
