"""Speeds, as ratios measured side by side in this run: `python tests/tools/bench.py [ROW …]`.

Absolute times are this machine's at this moment; the ratio is what to quote. No test depends on a
clock.
"""

import argparse
import io
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import lab
import nbformat
import numpy as np
import torch
from regutils.live.workbench import FINE

from regutils import data, live, models, plots
from regutils.live import stills
from regutils.tools.site import building
from regutils.train import fit, sweep

ROOT = Path(__file__).parents[2]


def seconds(work, repeats: int = 1) -> float:
    """Median wall time of one call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def row(name: str, ours: float, other: float, what: str, want: str = "") -> None:
    print(
        f"{name:<10} {other / ours:6.1f}×  {want:<8} {ours * 1e3:9.1f} ms  {other * 1e3:9.1f} "
        f"ms  {what}",
        flush=True,
    )


def frame() -> None:
    lams = [0.0, *np.logspace(-5, 0, 20).tolist()]
    grid, rng = np.linspace(-1, 1, 200), np.random.default_rng(0)
    errors, weights = (
        {name: rng.random((21, 5)) for name in ("train", "val")},
        rng.normal(size=(21, 4000)),
    )

    def build(axes):
        curve = plots.FittedCurve(axes[0], grid, truth=np.sin(3 * grid), ylim=(-2, 2))
        histogram = plots.WeightHistogram(axes[1], ["weights"], 3.0, 4000)
        return curve, histogram, plots.ErrorVsLambda(axes[2], lams, errors)

    def move(panels, k):
        for panel, state in zip(panels, (np.sin(3 * grid) * lams[k], {"weights": weights[k]}, k)):
            panel.update(state)

    fig, axes = plots.figure(3)
    panels = build(axes)
    canvas = live.Canvas(fig, panels, alt="three panels")
    canvas.png()

    def blitted():
        for k in range(21):
            move(panels, k)
            canvas.png()

    def redrawn():
        import matplotlib.pyplot as plt

        for k in range(21):
            fresh, axes = plt.subplots(1, 3, figsize=(9.6, 3.1), dpi=110, layout="constrained")
            move(build(axes), k)
            fresh.savefig(io.BytesIO(), format="png")
            plt.close(fresh)

    row(
        "frame",
        seconds(blitted, 3) / 21,
        seconds(redrawn, 3) / 21,
        "a slider's frame through Canvas; a new pyplot figure to PNG",
        "want 5×",
    )


def against_loop(name, make, split, lams, seeds, steps, lr, want) -> None:
    def batched(steps=steps):
        sweep(
            make,
            split,
            lams,
            penalty="l2",
            seeds=seeds,
            steps=steps,
            lr=lr,
            every=steps,
            progress=False,
        )

    def looped(lams=lams, steps=steps):
        for lam in lams:
            for seed in seeds:
                fit(
                    models.seeded(make, seed),
                    split,
                    epochs=steps,
                    optimizer=lambda p: torch.optim.Adam(p, lr=lr),
                    penalty="l2",
                    lam=lam,
                    every=steps,
                    progress=False,
                )

    # A process's first optimizer makes PyTorch import two seconds' worth of modules.
    batched(steps=5)
    looped(lams[:2], steps=5)
    row(
        name,
        seconds(batched),
        seconds(looped),
        f"sweep of {len(lams)} λ × {len(seeds)} seeds, {steps} steps; a loop of fit",
        want,
    )


def curves() -> None:
    lams = [0.0, *np.logspace(-6, 0, 32).tolist()]
    against_loop(
        "curves",
        lambda: models.MLP(1, 64, 64, 1),
        data.sine(20),
        lams,
        (0,),
        1500,
        0.01,
        "want 10×",
    )


def digits() -> None:
    lams = [0.0, *np.logspace(-5, -1, 24).tolist()]
    against_loop(
        "digits",
        lambda: models.MLP(64, 64, 64, 10),
        data.digits(150, label_noise=0.2),
        lams,
        range(5),
        200,
        3e-3,
        "want 5×",
    )


def imports() -> None:
    def python(code):
        return lambda: subprocess.run([sys.executable, "-c", code], check=True)

    ours = "import torch, regutils.data, regutils.models, regutils.penalties, regutils.train"
    python("import torch")()
    row(
        "import",
        seconds(python(ours), 5),
        seconds(python("import torch"), 5),
        "import of the whole training side; `import torch` alone (1.0× is no cost at all)",
    )


BARE = """
import ipywidgets as widgets
frames = [made.frame(lam=lam)[0] for lam in lams]
slider = widgets.SelectionSlider(options=list(range(len(frames))), layout=dict(width="42em"))
picture = widgets.Image(value=frames[0], format="png", layout=made.image.layout)
slider.observe(lambda change: setattr(picture, "value", frames[change["new"]]), "value")
made.close()
widgets.VBox([slider, picture])
"""
MAKE = """
import numpy as np
from regutils import live, plots
lams = [0.0, *np.logspace(-5, 0, 40).tolist()]
grid, rng = np.linspace(-1, 1, 200), np.random.default_rng(0)
fig, axes = plots.figure(3)
panels = [plots.FittedCurve(axes[0], grid, truth=np.sin(3 * grid), ylim=(-2, 2)),
          plots.WeightHistogram(axes[1], ["weights"], 3.0, 4000),
          plots.ErrorVsLambda(axes[2], lams, {"val": rng.random((41, 5))})]
weights = rng.normal(size=(41, 4000))
def show(lam):
    k = lams.index(lam)
    for panel, state in zip(panels, (np.sin(3 * grid) * k / 40, {"weights": weights[k]}, k)):
        panel.update(state)
    return f"λ = {lam:.2g}"
canvas = live.Canvas(fig, panels, alt="three panels")
"""
WATCH = """() => {
  window.moves = []; window.shown = [];
  document.addEventListener('mousemove', () => window.moves.push(performance.now()), true);
  for (const picture of document.querySelectorAll('img.widget-image'))
    picture.addEventListener('load', () => window.shown.push(performance.now()));
}"""


class Slider:
    """A slider on the page that a mouse holds and moves."""

    def __init__(self, page, which: int):
        self.page = page
        self.handle = lab.sliders(page).nth(which)
        self.target = self.handle.locator("xpath=ancestor::*[contains(@class,'noUi-target')][1]")

    def latency(self, share: float) -> float:
        """Milliseconds from the mouse's move to the load of the picture that it asked for."""
        box, track = self.handle.bounding_box(), self.target.bounding_box()
        y = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + box["width"] / 2, y)
        self.page.mouse.down()
        self.page.evaluate("() => { window.moves = []; window.shown = []; }")
        self.page.mouse.move(track["x"] + share * track["width"], y)
        self.page.wait_for_function("() => window.shown.length > 0", timeout=10_000)
        taken = self.page.evaluate("() => window.shown[0] - window.moves[0]")
        self.page.mouse.up()
        return taken


def drag() -> None:
    """Both in one notebook and one kernel, a move of one after a move of the other."""
    make = "live.explore(canvas, show, lam=live.lam_slider(lams))"
    sources = (MAKE + make, f"made = {make}" + BARE)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        nbformat.write(notebook, Path(folder) / "drag.ipynb")
        with (
            lab.server(Path(folder), Path(home)) as address,
            lab.browser_page(height=1400) as page,
        ):
            lab.open_and_run(page, address.format("drag.ipynb"))
            page.evaluate(WATCH)
            ours, bare = Slider(page, 0), Slider(page, 1)
            places = np.arange(1, 41) / 40
            for name, order in (("drag", places), ("drag back", places[-2::-1])):
                both = np.array([(ours.latency(p), bare.latency(p)) for p in order]) / 1e3
                what = "mouse move to new picture in JupyterLab; a bare Image with the same bytes"
                new = "settings seen first" if name == "drag" else "settings seen before"
                for part, at in (("median", 0.5), ("95th percentile", 0.95)):
                    row(
                        name, *np.quantile(both, at, axis=0), f"{what}, {new}, {part}", "want 0.77×"
                    )


SITE_WATCH = """id => {
  window.moved = []; window.drawn = [];
  const canvas = document.querySelector(`#${id} canvas`);
  document.addEventListener('mousemove', event => window.moved.push(event.timeStamp), true);
  new MutationObserver(() => window.drawn.push(performance.now()))
    .observe(canvas, { attributeFilter: ['data-position'] });
}"""


def site() -> None:
    """Not a ratio: a page of the site, from a mouse move to the new picture on its canvas."""
    with tempfile.TemporaryDirectory() as home, lab.browser_page() as page:
        building.build([ROOT / "notebooks" / "02_l2.ipynb"], Path(home) / "site")
        page.goto((Path(home) / "site" / "02_l2.html").as_uri() + "#explorer_lambda")
        page.wait_for_selector("#explorer_lambda canvas[data-position]")
        page.evaluate(SITE_WATCH, "explorer_lambda")
        track = page.locator("#explorer_lambda input[type=range]").bounding_box()
        y = track["y"] + track["height"] / 2
        taken = {"there": [], "back": []}
        page.mouse.move(track["x"] + 8, y)
        page.mouse.down()
        page.wait_for_timeout(1000)  # the reader looks before she drags
        for way, shares in (("there", np.arange(1, 53) / 53), ("back", np.arange(52, 0, -1) / 53)):
            for share in shares:
                page.evaluate("() => { window.moved = []; window.drawn = []; }")
                page.mouse.move(track["x"] + 8 + share * (track["width"] - 16), y)
                page.wait_for_timeout(40)
                got = page.evaluate(
                    "() => window.drawn.length && window.drawn[0] - window.moved[0]"
                )
                taken[way] += [got] if got else []
        page.mouse.up()
    for way, all_taken in taken.items():
        median, most = np.quantile(all_taken, (0.5, 0.95))
        print(
            f"site {way:<6} median {median:5.1f} ms  95 % {most:5.1f} ms  of {len(all_taken)} "
            f"moves, mouse move to new picture on a page of the site; want 16.7 and 33",
            flush=True,
        )


def opening() -> None:
    """Not a ratio: from opening each notebook to its first live slider, cells before it run."""
    with tempfile.TemporaryDirectory() as home, lab.browser_page() as page:
        copy = Path(home) / "notebooks"  # JupyterLab saves what it opens
        shutil.copytree(ROOT / "notebooks", copy)
        with lab.server(copy, Path(home)) as address:
            for path in sorted(copy.glob("*.ipynb")):
                start = time.perf_counter()
                lab.open_and_run(page, address.format(path.name), until_first_slider=True)
                print(
                    f"opening {time.perf_counter() - start:6.1f} s  {path.name}: its first "
                    f"live slider",
                    flush=True,
                )


def playground() -> None:
    """Not a ratio: the desk of notebook 07 as it trains, 10 steps and a picture in turn."""
    from regutils.course import playground

    ground = playground.Ground(playground.parse("data=moons wrong=0.2"), steps=10_000)
    canvas = live.Canvas(ground.views.fig, ground.views.panels, ground.views.alt, FINE)
    spent = dict.fromkeys(("steps", "moving the picture's parts", "drawing", "PNG"), 0.0)

    def timed(name, work):
        start = time.perf_counter()
        done = work()
        spent[name] += time.perf_counter() - start
        return done

    for turn in range(100):
        if turn % 10 == 0:  # λ moves meanwhile, as under a learner's hand
            lams = playground.VALUES["lam"]
            ground.apply(**vars(ground.setting) | {"lam": lams[turn // 10]})
        timed("steps", lambda: [ground.step() for _ in range(10)])
        timed("moving the picture's parts", ground.show)
        pixels = timed("drawing", canvas.frame)
        timed("PNG", lambda pixels=pixels: stills.png(pixels))
    total = sum(spent.values())
    shares = ", ".join(f"{name} {seconds / total:.0%}" for name, seconds in spent.items())
    print(
        f"playground {100 / total:5.1f} pictures and {1000 / total:.0f} steps a second: {shares}",
        flush=True,
    )


def two() -> None:
    """Notebook 02 in kernels that share the cores: alone, and two at once."""

    def kernels(number: int, **environment: str) -> float:
        with tempfile.TemporaryDirectory() as out:
            command = [sys.executable, "-m", "regutils", "execute", "--out", out]
            command.append(str(ROOT / "notebooks" / "02_l2.ipynb"))
            start = time.perf_counter()
            running = [
                subprocess.Popen(
                    command,
                    env=os.environ | environment,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                for _ in range(number)
            ]
            assert not any(process.wait() for process in running)
            return time.perf_counter() - start

    alone = statistics.median(kernels(1) for _ in range(3))
    fixed = statistics.median(kernels(1, REGUTILS_THREADS="fixed") for _ in range(3))
    row("two", alone, fixed, "notebook 02 alone; with threads that never change", "want 0.95×")
    both = kernels(2)
    row("two", both, 2 * alone, "two kernels of it at once; twice the time alone", "want 0.77×")


def cifar() -> None:
    import bench_cifar

    for path, ours, note, want in bench_cifar.rows():
        row(
            "cifar",
            ours,
            note,
            f"epoch of 10,000 pictures, {path}; the study note's own loop, same losses",
            want,
        )


ROWS = {
    function.__name__: function
    for function in (frame, curves, digits, imports, cifar, drag, playground, site, two, opening)
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "rows", nargs="*", metavar="row", help=f"of {', '.join(ROWS)}; default: all"
    )
    args = parser.parse_args()
    unknown = set(args.rows) - ROWS.keys()
    if unknown:
        parser.error(f"no row {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    print(
        f"{platform.node()}: {platform.processor() or platform.machine()}, "
        f"{torch.get_num_threads()} threads, "
        f"Python {platform.python_version()}, torch {torch.__version__}"
    )
    print(
        f"{'row':<10} {'ratio':>7}  {'':<8} {'ours':>12}  {'other':>12}  what is measured; "
        f"against what"
    )
    for name in args.rows or ROWS:
        ROWS[name]()


if __name__ == "__main__":
    main()
