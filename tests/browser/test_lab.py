"""In a real JupyterLab in headless Chromium: open, run, drag every slider, look for errors.

Each notebook runs down to its first explorer: nbmake and the claims run them to the end, and every
explorer is driven to its ends there and on the site.
"""

import re
import shutil
import time

import lab
import nbformat
import pytest
from conftest import NOTEBOOKS, ROOT


@pytest.fixture(scope="module")
def address(tmp_path_factory, page):
    """JupyterLab on a copy of the notebooks, so that nothing committed is written to."""
    folder = tmp_path_factory.mktemp("lab") / "notebooks"
    shutil.copytree(ROOT / "notebooks", folder)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    for name, source in (("failing", FAILING), ("training", TRAINING)):
        cells = [nbformat.v4.new_code_cell(source)]
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(notebook, folder / f"{name}.ipynb")
    with lab.server(folder, tmp_path_factory.mktemp("home")) as address:
        yield address


def changes(page, picture, before: bytes, seconds: float = 3) -> bool:
    """Whether a picture soon looks different."""
    end = time.monotonic() + seconds
    while picture.screenshot() == before and time.monotonic() < end:
        page.wait_for_timeout(100)
    return picture.screenshot() != before


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_slider_changes_its_picture(path, page, address, complaints):
    lab.open_and_run(page, address.format(path.name), to_explorer=True)
    visible = [handle for handle in lab.sliders(page).all() if handle.is_visible()]
    assert visible
    for i, handle in enumerate(visible):
        box = "ancestor::*[contains(@class,'widget-vbox')][.//img][1]"
        picture = handle.locator(f"xpath={box}//img")
        before = picture.screenshot()
        for share in (1.0, 0.0, 0.5):
            lab.drag(page, handle, share)
            if changes(page, picture, before):
                break
        else:
            pytest.fail(f"slider {i} of {path.name} never changed its picture")
    for trouble in ("[role=alert]", "[data-mime-type='application/vnd.jupyter.error']"):
        assert page.locator(f".jp-Notebook {trouble}").count() == 0
    assert not complaints
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")


def test_a_slider_moves_with_the_arrow_keys_and_a_failing_callback_is_seen(page, address):
    lab.open_and_run(page, address.format("failing.ipynb"))
    reading, slider = page.locator(".jp-Notebook [role=status]"), lab.sliders(page).first
    slider.focus()
    page.keyboard.press("ArrowRight")
    reading.filter(has_text="x = 1").wait_for(timeout=30_000)
    lab.drag(page, slider, 1.0)
    alert = page.locator(".jp-Notebook [role=alert]")
    alert.wait_for(timeout=30_000)
    assert "no such luck" in alert.inner_text()
    lab.drag(page, slider, 0.0)
    alert.wait_for(state="detached", timeout=30_000)


def test_training_goes_on_while_the_slider_is_dragged(page, address, complaints):
    lab.open_and_run(page, address.format("training.ipynb"))
    reading = page.locator(".jp-Notebook [role=status]")
    train = page.get_by_role("button", name="Train")

    def steps():
        return int(re.match(r"step (\d+)", reading.inner_text())[1])

    train.click()
    reading.filter(has_text=re.compile(r"step \d{2,}, λ = 0$")).wait_for(timeout=30_000)
    lab.drag(page, lab.sliders(page).first, 1.0)
    reading.filter(has_text="λ = 0.1").wait_for(timeout=30_000)
    moved = steps()
    reading.filter(has_text=re.compile(rf"step (?!{moved},)\d+, λ = 0.1")).wait_for(timeout=30_000)
    assert steps() > moved, "a drag neither stops the training nor starts it again"
    train.click()
    page.get_by_role("button", name="Train", pressed=False).wait_for(timeout=30_000)
    page.wait_for_timeout(500)
    paused = steps()
    page.wait_for_timeout(1000)
    assert steps() == paused and not complaints
    page.get_by_role("button", name="Start again").click()
    reading.filter(has_text="step 0, λ = 0.1").wait_for(timeout=30_000)


SETUP = f"""
import sys
sys.path.insert(0, {str(ROOT / "tests")!r})
import torch
from moving import stem
from regutils import data, live, models, train
"""
# A slider over 0, 1, 2 whose reading fails at 2.
FAILING = f"""{SETUP}
fig, _, panel = stem([0, 1, 2])
def reading(k):
    if k == 2:
        raise RuntimeError("no such luck")
    return f"x = {{k}}"
canvas = live.Canvas(fig, [panel], alt="one stem")
live.explore(canvas, reading, film=[{{"x": 0}}], x=live.slider(range(3), "x"))
"""
TRAINING = f"""{SETUP}
model = models.seeded(lambda: models.MLP(2, 16, 2), 0)
trainer = train.Trainer(
    model, data.moons(), penalty="l2", optimizer=lambda p: torch.optim.SGD(p, lr=0.1)
)
fresh = trainer.state()
fig, _, panel = stem([30.0])
def reading(lam):
    panel.line.set_ydata([0, trainer.measure().penalty])
    return f"step {{trainer.steps}}, λ = {{lam:g}}"
def step(lam):
    trainer.lam = lam
    trainer.step()
canvas = live.Canvas(fig, [panel], alt="one stem")
lam = live.lam_slider([0.0, 0.01, 0.1])
live.play(canvas, step, reading, lambda: trainer.restore(fresh), steps=1_000_000, lam=lam)
"""
