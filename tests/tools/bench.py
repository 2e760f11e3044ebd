"""Measure what the course promises about speed: `python tests/tools/bench.py [ROW …]`.

Each row stands alone, prints figures of this machine at this moment with the goal beside them, and
can be run again by its name. No test depends on a clock.
"""

import argparse
import ast
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import bench_cifar
import lab
import nbformat
import numpy as np
import psutil
import torch
from claims import read
from learner import WIDGET, Learner

from regutils import data, live, models, plots
from regutils.train import fit, sweep

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
reached: list[bool] = []


def report(name: str, value: float, unit: str, goal: float, what: str, least=False) -> None:
    """Print a figure beside its goal, which is the most it may be, or the least."""
    reached.append(value >= goal if least else value <= goal)
    sign, said = "≥" if least else "≤", "yes" if reached[-1] else "NO"
    print(f"{name:<9} {value:8.2f} {unit:<3} {sign} {goal:<7g} {said:<4} {what}", flush=True)


def seconds(work, repeats: int = 1) -> float:
    """Return the median wall time of one call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def to_first_explorer(learner: Learner, path: Path) -> tuple[tuple[str, str], list[float]]:
    """Run cells until an explorer is shown.

    Return the comms of its slider and picture, and seconds for the imports of these cells, for the
    cells before the explorer's, and for its own.
    """
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    shown = [any(WIDGET in o.get("data", {}) for o in c.outputs) for c in cells]
    cells = cells[: shown.index(True) + 1]
    trees = [ast.parse(cell.source) for cell in cells]
    lines = [n for t in trees for n in t.body if isinstance(n, (ast.Import, ast.ImportFrom))]
    imports = "\n".join(map(ast.unparse, lines))
    taken, found = [], None
    for part in ([imports], [c.source for c in cells[:-1]], [cells[-1].source]):
        start = time.perf_counter()
        for source in part:
            found = learner.explorer(learner.run(source)) or found
        taken.append(time.perf_counter() - start)
    return found, taken


def opening() -> None:
    """From Run All to the first live slider: a fresh server and a fresh browser each."""
    for path in NOTEBOOKS:
        with tempfile.TemporaryDirectory() as home:
            copy = Path(home) / "notebooks"  # JupyterLab saves what it opens
            shutil.copytree(ROOT / "notebooks", copy)
            with lab.server(copy, Path(home)) as address, lab.browser_page() as page:
                taken = lab.open_and_run(page, address.format(path.name), until_first_slider=True)
        learner = Learner(ROOT / "notebooks")
        try:
            parts = to_first_explorer(learner, path)[1]
        finally:
            learner.close()
        what = "imports {:.1f} s, computing {:.1f} s, drawing {:.1f} s".format(*parts)
        report(
            "opening", taken, "s", 12, f"{path.stem}: first live slider; in a bare kernel {what}"
        )


LAMS = [0.0, *np.logspace(-5, 0, 40).tolist()]
# An explorer of three panels, and an Image with a slider that shows the same coarse pictures.
MADE = """
import sys
sys.path.append(TOOLS)
import ipywidgets as widgets
from bench import LAMS, three_panels
from regutils import live
canvas = three_panels()
explorer = live.explore(canvas, lambda k: f"λ = {LAMS[k]:.2g}", lam=live.lam_slider(LAMS))
"""
BARE = """
frames = []
for k in range(len(LAMS)):
    for panel in canvas.panels:
        panel.update(k)
    frames.append(canvas.png(sharp=False))
slider = widgets.SelectionSlider(options=list(range(len(frames))), layout=dict(width="42em"))
picture = widgets.Image(value=frames[0], format="png", layout=explorer.image.layout)
slider.observe(lambda change: setattr(picture, "value", frames[change["new"]]), "value")
widgets.VBox([slider, picture])
"""
WATCH = """() => {
  window.moves = []; window.shown = [];
  document.addEventListener('mousemove', () => window.moves.push(performance.now()), true);
  for (const picture of document.querySelectorAll('img.widget-image'))
    picture.addEventListener('load', () => window.shown.push(performance.now()));
}"""


def three_panels() -> live.Canvas:
    grid, rng, n = np.linspace(-1, 1, 200), np.random.default_rng(0), len(LAMS)
    fig, axes = plots.figure(3)
    fits = np.linspace(0, 1, n)[:, None] * np.sin(3 * grid)
    panels = [
        plots.FittedCurve(axes[0], grid, fits[:, None], truth=np.sin(3 * grid), ylim=(-2, 2)),
        plots.WeightHistogram(axes[1], {"weights": rng.normal(size=(n, 4000))}),
        plots.ErrorVsLambda(axes[2], LAMS, {"val": rng.random((n, 5))}),
    ]
    return live.Canvas(fig, panels, alt="three panels")


def frame() -> None:
    """A frame while the mouse moves: every panel moved, drawn at one pixel per point, encoded."""
    canvas = three_panels()
    canvas.png(sharp=False)

    def once():
        for k in range(len(LAMS)):
            for panel in canvas.panels:
                panel.update(k)
            canvas.png(sharp=False)

    report("frame", seconds(once, 3) / len(LAMS) * 1e3, "ms", 16, "one frame of three panels")


class Slider:
    """A slider on the page that a mouse holds and moves."""

    def __init__(self, page, which: int):
        self.page = page
        self.handle = lab.sliders(page).nth(which)
        self.target = self.handle.locator("xpath=ancestor::*[contains(@class,'noUi-target')][1]")

    def drag(self, shares: np.ndarray) -> list[float]:
        """Return of each move of a held mouse the milliseconds to the picture it asked for."""
        box, track = self.handle.bounding_box(), self.target.bounding_box()
        y, taken = box["y"] + box["height"] / 2, []
        self.page.mouse.move(box["x"] + box["width"] / 2, y)
        self.page.mouse.down()
        for share in shares:
            self.page.evaluate("() => { window.moves = []; window.shown = []; }")
            self.page.mouse.move(track["x"] + share * track["width"], y)
            self.page.wait_for_function("() => window.shown.length > 0", timeout=10_000)
            taken.append(self.page.evaluate("() => window.shown[0] - window.moves[0]"))
        self.page.mouse.up()
        self.page.wait_for_timeout(300)  # the sharp picture follows at rest
        return taken


def drag() -> None:
    """Both in one notebook and one kernel, a drag of ten moves of one after one of the other."""
    made = MADE.replace("TOOLS", repr(str(Path(__file__).parent)))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    cells = [nbformat.v4.new_code_cell(source) for source in (made + "explorer", BARE)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        nbformat.write(notebook, Path(folder) / "drag.ipynb")
        with (
            lab.server(Path(folder), Path(home)) as address,
            lab.browser_page(height=1400) as page,
        ):
            lab.open_and_run(page, address.format("drag.ipynb"))
            page.evaluate(WATCH)
            both = Slider(page, 0), Slider(page, 1)
            shares = np.arange(1, 41).reshape(4, 10) / 40
            taken = [[slider.drag(part) for slider in both] for part in shares]
    (our, their), late = np.quantile(np.array(taken), (0.5, 0.95), axis=(0, 2))
    what = f"mouse move to new picture {our:.0f} ms, a bare Image {their:.0f} ms (medians; "
    report("drag", our / their, "×", 1.3, what + f"95 %: {late[0]:.0f} and {late[1]:.0f} ms)")


def digits() -> None:
    """A sweep against the loop of fit that it replaces."""
    split, seeds = data.digits(150, label_noise=0.2), range(5)
    lams = [0.0, *np.logspace(-5, -1, 24).tolist()]

    def make():
        return models.MLP(64, 64, 64, 10)

    def batched(steps=200):
        kind = {"penalty": "l2", "seeds": seeds, "lr": 3e-3, "progress": False}
        sweep(make, split, lams, steps=steps, every=steps, **kind)

    def looped(lams=lams, steps=200):
        kind = {"penalty": "l2", "every": steps, "progress": False}
        for lam in lams:
            for seed in seeds:
                model = models.seeded(make, seed)
                adam = lambda p: torch.optim.Adam(p, lr=3e-3)  # noqa: E731
                fit(model, split, epochs=steps, optimizer=adam, lam=lam, **kind)

    # A process's first optimizer makes PyTorch import two seconds' worth of modules.
    batched(steps=5)
    looped(lams[:2], steps=5)
    ours, other = seconds(batched), seconds(looped)
    what = f"sweep of {len(lams)} λ × {len(seeds)} seeds {ours:.2f} s; a loop of fit {other:.2f} s"
    report("digits", other / ours, "×", 5, what, least=True)


def cifar() -> None:
    device, ours, note, alone, goal = bench_cifar.row()
    what = f"epoch of 5,000 pictures on {device}: {ours:.2f} s; the note's own loop {note:.2f} s"
    what += f"; the convolutions alone {alone:.2f} s"
    report("cifar", note / ours, "×", goal, what, least=True)


def imports() -> None:
    def python(code):
        return lambda: subprocess.run([sys.executable, "-c", code], check=True)

    python("import torch")()
    bare = seconds(python("import torch"), 5)
    ours = seconds(python("import torch; from regutils import data, models, penalties, train"), 5)
    what = f"import of the training side {ours:.2f} s; `import torch` {bare:.2f} s"
    report("imports", ours / bare, "×", 1.5, what)


def run_all(learner: Learner, path: Path) -> None:
    for cell in read(path).cells:
        if cell.cell_type == "code":
            learner.run(cell.source, cell.id, seconds=600)


FLOOR = """
import matplotlib.figure, ipywidgets, sklearn.datasets, torch
torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.1)
"""


def megabytes(work) -> float:
    """Return the resident memory of a kernel after some work."""
    learner = Learner(ROOT / "notebooks")
    try:
        work(learner)
        return psutil.Process(learner.pid).memory_info().rss / 1e6
    finally:
        learner.close()


def memory() -> None:
    """A kernel after Run All of a notebook, beside one that has only made an optimizer."""
    floor = megabytes(lambda learner: learner.run(FLOOR))
    works = [partial(run_all, path=path) for path in NOTEBOOKS if not path.stem.startswith("05")]
    with ThreadPoolExecutor(2) as pool:
        for work, found in zip(works, pool.map(megabytes, works)):
            what = f"a kernel after {work.keywords['path'].stem}; libraries alone {floor:.0f} MB"
            report("memory", found, "MB", 800, what)


def two() -> None:
    """Notebook 02 in kernels that share the cores: alone, and two at once."""

    def together(number: int) -> float:
        started = [Learner(ROOT / "notebooks") for _ in range(number)]
        start = time.perf_counter()
        with ThreadPoolExecutor(number) as pool:
            list(pool.map(lambda learner: run_all(learner, NOTEBOOKS[1]), started))
        taken = time.perf_counter() - start
        for learner in started:
            learner.close()
        return taken

    alone, both = together(1), together(2)
    what = f"two kernels of 02 at once {both:.0f} s, against twice one alone {2 * alone:.0f} s"
    report("two", both / (2 * alone), "×", 1.3, what)


ROWS = [opening, drag, frame, digits, cifar, imports, memory, two]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [row.__name__ for row in ROWS]
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(names)}")
    args = parser.parse_args()
    if unknown := set(args.rows) - set(names):
        parser.error(f"no row {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    print(
        f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads, load "
        f"{os.getloadavg()[0]:.1f}, Python {platform.python_version()}, torch {torch.__version__}"
    )
    for row in ROWS:
        if not args.rows or row.__name__ in args.rows:
            try:
                row()
            except Exception as error:  # the other rows do not depend on this one
                reached.append(False)
                print(f"{row.__name__:<9} did not end: {type(error).__name__}: {error}", flush=True)
    print(f"{sum(reached)} of {len(reached)} rows reach their goal")


if __name__ == "__main__":
    main()
