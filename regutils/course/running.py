"""Execute notebooks as a reader would and keep their outputs: `regutils execute`, all of them in place.

    regutils execute                        every notebook, in place
    regutils execute notebooks/01_concept.ipynb --out /tmp/run     some, written elsewhere

What is kept is the same from run to run: no widget state, no timing, no progress bars, no kernel version.
"""

import argparse
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def execute(
    notebook: nbformat.NotebookNode, folder: Path = NOTEBOOKS, timeout: int = 300
) -> nbformat.NotebookNode:
    """Run all cells in `folder`; raises nbclient's CellExecutionError at the first that fails."""
    NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
    ).execute()
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {
        "name": "python",
        "file_extension": ".py",
        "mimetype": "text/x-python",
    }
    for cell in notebook.cells:
        if cell.cell_type == "code":
            # A finished progress bar leaves an empty line.
            cell.outputs = [o for o in cell.outputs if o.output_type != "stream" or o.text.strip()]
    return notebook


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
    for path in args.notebooks or sorted(NOTEBOOKS.glob("*.ipynb")):
        started = time.perf_counter()
        notebook = execute(nbformat.read(path, as_version=4), path.resolve().parent)
        target = args.out / path.name if args.out else path
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, target)
        seconds, size = time.perf_counter() - started, target.stat().st_size / 1e6
        print(f"{path.name}: {seconds:.0f} s, {size:.2f} MB", flush=True)
    return 0
