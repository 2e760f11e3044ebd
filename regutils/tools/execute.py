"""Execute notebooks with nbclient: `regutils execute`, all of them in place.

    regutils execute                                            every notebook, in place
    regutils execute notebooks/01_concept.ipynb --out /tmp/run  some, written elsewhere

What is kept is the same from run to run: no widget state, no timing, no progress bars, no kernel
version. A notebook that fails is left as it was; the others are run all the same.
"""

import glob
import os
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from ..arguments import require

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


class Failed(Exception):
    """A notebook that did not run to its end: in one sentence which cell (its index) and why."""

    def __init__(self, notebook: nbformat.NotebookNode, index: int, error: Exception):
        cell, why = notebook.cells[index], str(error)
        if isinstance(error, CellExecutionError):
            why = f"{error.ename}: {error.evalue}"
        if isinstance(error, CellTimeoutError):
            why = "it took too long"
        why, line = " ".join(why.split())[:300], cell.source.strip().partition("\n")[0][:60]
        super().__init__(f"cell {index + 1} ({cell.get('id', '')}: {line!r}) failed: {why}")
        self.index = index


def execute(
    notebook: nbformat.NotebookNode, folder: Path = NOTEBOOKS, timeout: int = 300, setup: str = ""
) -> nbformat.NotebookNode:
    """Run all cells in `folder`, each for at most `timeout` seconds; return the same notebook.

    - setup: code that the kernel runs before the first cell.

    Raises Failed at the first cell that fails; what ran before it is in the notebook.
    """
    started = [0]
    client = NotebookClient(
        notebook,
        km=own_kernel(),
        timeout=timeout,
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
        # No advice on how kernels are connected.
        extra_arguments=["--log-level=ERROR", f"--IPKernelApp.exec_lines={setup}"],
        on_cell_start=lambda cell, cell_index: started.append(cell_index),
    )
    try:
        client.execute(cleanup_kc=True)
    except (CellExecutionError, CellTimeoutError, DeadKernelError, RuntimeError) as error:
        raise Failed(notebook, started[-1], error) from error
    finally:
        notebook.metadata.pop("widgets", None)
        language = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}
        notebook.metadata["language_info"] = language
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = _kept(cell.outputs)
    return notebook


def own_kernel(**options: Any) -> AsyncKernelManager:
    """Return this Python's own kernel, whatever else is installed under the name python3."""
    return AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]), **options)


def _kept(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Return outputs, empty ones aside, each stream in one piece; of overwritten lines the last.

    nbclient's coalesce_streams joins in time quadratic in the length of a line.
    """
    kept = {}
    for i, output in enumerate(outputs):
        if output.get("name") in kept:
            kept[output.name].text += output.text
        elif output.output_type != "display_data" or output.data:
            kept[output.get("name", i)] = output
    for output in kept.values():
        if "text" in output:
            lines = output.text.split("\n")
            output.text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
    return [output for output in kept.values() if output.get("text", "none").strip()]


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Return the notebook in a file, in the newest format; ValueError if there is none."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat lets the exceptions of several libraries through
        raise ValueError(f"notebook must be a notebook's file; got {str(path)!r}") from error
    require(len(notebook.cells) > 0, "notebook", str(path), "a notebook with at least one cell")
    return notebook


def matching(name: str, arguments: Sequence[str]) -> list[Path]:
    """Return the paths that arguments name or, on Windows, where no shell does it, match.

    Raises ValueError, for the argument called `name`, if there is none.
    """
    found: list[str] = []
    for argument in map(os.path.expanduser, arguments):
        paths = [argument] if os.path.lexists(argument) else sorted(glob.glob(argument))
        require(bool(paths), name, argument, "a file or folder that exists")
        found += map(os.path.abspath, paths)
    return [Path(path) for path in dict.fromkeys(found)]


def writable(folder: Path) -> Path:
    """Return `folder`, made if it is missing; ValueError if nothing can be written to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        wrong = f"{folder} must be a folder that can be written to; got {error.strerror}"
        raise ValueError(wrong) from error
    return folder


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a path beside `target` that takes its place at the end: nobody meets half a file."""
    part = target.with_name(target.name + ".part")
    yield part
    os.replace(part, target)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `regutils execute`."""
    parser.add_argument("notebooks", nargs="*", help="default: all")
    parser.add_argument("--out", type=Path, help="folder to write to; default: in place")


def run(args: Namespace) -> int:
    """Execute notebooks; return 1 if one failed, else 0."""
    paths = matching("notebooks", args.notebooks) or sorted(NOTEBOOKS.glob("*.ipynb"))
    targets = [args.out.expanduser() / path.name if args.out else path for path in paths]
    different = len(set(targets)) == len(paths)
    require(different, "notebooks", [p.name for p in paths], "files of different names")
    notebooks = [read_notebook(path) for path in paths]
    for target in targets:
        writable(target.parent)
    failed = 0
    for path, target, notebook in zip(paths, targets, notebooks):
        try:
            execute(notebook, path.resolve().parent)
        except Failed as error:
            failed = 1
            print(f"{path.name}: left as it was: {error}", flush=True)
            continue
        with replacing(target) as part:
            nbformat.write(notebook, part)
        print(f"{path.name}: executed", flush=True)
    return failed
