"""A class on one machine, without browsers: each learner is a kernel in a process of its own.

    python tests/tools/load.py drag 1 5 10    so many learners drag one slider, all at once
    python tests/tools/load.py together 1 2   so many run a whole notebook, all at once
    python tests/tools/load.py imports        what each import costs a kernel
    python tests/tools/load.py server         what each learner's Jupyter server takes

Times are this machine's at this moment. No test depends on them.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import lab
import nbformat
import numpy as np
import psutil
from learner import Learner

ROOT = Path(__file__).parents[2]
MB = 1e6


def code_cells(notebook: Path) -> list[nbformat.NotebookNode]:
    cells = nbformat.read(notebook, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


def to_first_explorer(learner: Learner, notebook: Path) -> tuple[str, str]:
    """Run cells until an explorer is shown; the comms of its slider and picture."""
    for cell in code_cells(notebook):
        found = learner.explorer(learner.run(cell.source, cell.id))
        if found is not None:
            return found
    raise ValueError(f"notebook must show an explorer; got {notebook.name}, which shows none")


@contextmanager
def learners(number: int, at_once: int) -> Iterator[list[Learner]]:
    """So many kernels, started a few at once."""
    with ThreadPoolExecutor(at_once) as pool:
        started = list(pool.map(lambda _: Learner(ROOT / "notebooks"), range(number)))
    try:
        yield started
    finally:
        for learner in started:
            learner.close()


def every(started: list[Learner], work: Callable[[Learner], object], at_once: int) -> list:
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(work, started))


def memory(started: list[Learner]) -> tuple[float, float]:
    """Mean USS and PSS in MB."""
    found = [psutil.Process(learner.pid).memory_full_info() for learner in started]
    return tuple(
        statistics.mean(getattr(info, kind) for info in found) / MB for kind in ("uss", "pss")
    )


def processor(started: list[Learner]) -> float:
    """Processor time of all kernels in seconds."""
    times = [psutil.Process(learner.pid).cpu_times() for learner in started]
    return sum(found.user + found.system for found in times)


def milliseconds(times: list[float]) -> str:
    if not times:
        return f"{'-':>7} {'-':>7}"
    middle, late = np.quantile(np.array(times) * 1e3, (0.5, 0.95))
    return f"{middle:7.0f} {late:7.0f}"


def drag(numbers: list[int], notebook: Path, seconds: float) -> None:
    print(
        f"{notebook.name}: its first explorer dragged up and down at 5 moves a second for "
        f"{seconds:.0f} s\nmilliseconds from the hand's move to the picture's arrival, median and "
        "95 %: at settings seen first, at settings seen before\nMB of a kernel, mean: USS its own, "
        "PSS with its share of what kernels share"
    )
    print(
        f"{'kernels':>7}  {'first':>7} {'95 %':>7}  {'again':>7} {'95 %':>7}  {'moves':>6} "
        f"{'overtaken':>9} {'errors':>6}  {'USS':>5} {'PSS':>5}  {'after':>5} {'PSS':>5}  "
        "cores a kernel"
    )
    for number in numbers:
        with learners(number, os.cpu_count()) as started:
            explorers = every(started, lambda one: to_first_explorer(one, notebook), os.cpu_count())
            time.sleep(2)  # what a kernel draws ahead while nobody moves
            before, used = memory(started), processor(started)
            with ThreadPoolExecutor(number) as pool:
                found = list(pool.map(Learner.drag, started, *zip(*explorers), [seconds] * number))
            used = (processor(started) - used) / seconds / number
            after = memory(started)
        first, again = [], []
        for moves, _ in found:
            seen = set()
            for move in moves:
                (again if move.setting in seen else first).append(move.seconds)
                seen.add(move.setting)
        overtaken = sum(lost for _, lost in found)
        errors = [error for one in started for error in one.errors]
        print(
            f"{number:7}  {milliseconds(first)}  {milliseconds(again)}  "
            f"{len(first) + len(again):6} {overtaken:9} {len(errors):6}  "
            f"{before[0]:5.0f} {before[1]:5.0f}  {after[0]:5.0f} {after[1]:5.0f}  {used:.3f}",
            flush=True,
        )
        print(*dict.fromkeys(errors), sep="\n", end="\n" if errors else "")


class Peak:
    """The most that each kernel's USS has been, looked at every half second."""

    def __init__(self, started: list[Learner]):
        self.most = dict.fromkeys((learner.pid for learner in started), 0.0)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(0.5):
            for pid, most in self.most.items():
                self.most[pid] = max(most, psutil.Process(pid).memory_full_info().uss / MB)


def run_all(learner: Learner, notebook: Path) -> float:
    """Seconds that a whole notebook takes."""
    start = time.perf_counter()
    for cell in code_cells(notebook):
        learner.run(cell.source, cell.id, seconds=1800)
    return time.perf_counter() - start


def together(numbers: list[int], notebook: Path) -> None:
    print(
        f"{notebook.name}: all cells, on {os.cpu_count()} cores. In proportion is 1.00: so many "
        "kernels take so many times as long as the first row's"
    )
    print(
        f"{'kernels':>7} {'last ends':>9} {'first ends':>10} {'in proportion':>13} "
        f"{'processor s a kernel':>20} {'errors':>6}  {'USS peak':>8} {'USS after':>9}"
    )
    base = None
    for number in numbers:
        with learners(number, os.cpu_count()) as started, Peak(started) as peak:
            start, used = time.perf_counter(), processor(started)
            ends = every(started, lambda one: run_all(one, notebook), number)
            wall, used = time.perf_counter() - start, processor(started) - used
            after, _ = memory(started)
        base = base or wall / number
        errors = [error for one in started for error in one.errors]
        print(
            f"{number:7} {wall:7.1f} s {min(ends):8.1f} s {wall / number / base:13.2f} "
            f"{used / number:20.1f} {len(errors):6}  {max(peak.most.values()):8.0f} {after:9.0f}",
            flush=True,
        )
        print(*dict.fromkeys(errors), sep="\n", end="\n" if errors else "")


IMPORTS = (
    "import ipykernel.kernelapp",
    "import numpy",
    "import torch",
    "import matplotlib.figure",
    "import ipywidgets",
    "from regutils import course, data, live, models, penalties, plots, train",
    "from regutils import live; live.explore",
    "from sklearn import datasets",
    "import torch._dynamo  # what PyTorch imports by itself with the first optimizer",
    "import torchvision",
)
MEASURE = """
import sys, time, psutil
me = psutil.Process()
for line in sys.argv[1:]:
    start = time.perf_counter()
    exec(line)
    taken, full = time.perf_counter() - start, me.memory_full_info()
    own = sum(getattr(area, "anonymous", 0) for area in me.memory_maps())
    print(f"{own / 1e6:9.0f} {full.uss / 1e6:5.0f} {full.rss / 1e6:5.0f} {taken:5.2f} s  {line}")
"""


def imports() -> None:
    print(
        "MB of one process after each import, the ones above it included: anonymous memory, which "
        "no other process shares; USS, which counts libraries too while nobody else has them "
        "loaded; RSS"
    )
    print(f"{'anonymous':>9} {'USS':>5} {'RSS':>5} {'takes':>7}", flush=True)
    subprocess.run([sys.executable, "-c", MEASURE, *IMPORTS], check=True)


def server() -> None:
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        with lab.server(Path(folder), Path(home)):
            for process in psutil.Process().children():
                full = process.memory_full_info()
                print(f"Jupyter server, nothing open: USS {full.uss / MB:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_subparsers(dest="what", required=True)
    for name, numbers in (("drag", [1, 5, 10, 20, 30]), ("together", [1, 2, 4, 8])):
        command = what.add_parser(name)
        command.add_argument("numbers", nargs="*", type=int, default=numbers)
        command.add_argument("--notebook", default="02_l2.ipynb")
    what.choices["drag"].add_argument("--seconds", type=float, default=60)
    what.add_parser("imports")
    what.add_parser("server")
    args = parser.parse_args()
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    print(f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 1e9:.0f} GB, load {load}")
    if args.what == "drag":
        drag(args.numbers, ROOT / "notebooks" / args.notebook, args.seconds)
    elif args.what == "together":
        together(args.numbers, ROOT / "notebooks" / args.notebook)
    elif args.what == "imports":
        imports()
    else:
        server()


if __name__ == "__main__":
    main()
