"""In a real JupyterLab in headless Chromium: run all cells, drag every slider, look for errors."""

import lab
import nbformat
import pytest
from conftest import NOTEBOOKS, ROOT


@pytest.fixture(scope="module")
def address(tmp_path_factory, page):
    """JupyterLab on a copy of the notebooks, so that nothing committed is written to."""
    import shutil

    folder = tmp_path_factory.mktemp("lab") / "notebooks"
    shutil.copytree(ROOT / "notebooks", folder)
    nbformat.write(failing_notebook(), folder / "failing.ipynb")
    with lab.server(folder, tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture
def complaints(page):
    """What the page itself complains about while a test runs."""
    heard = []

    def listen(error):
        heard.append(error)

    page.on("pageerror", listen)
    yield heard
    page.remove_listener("pageerror", listen)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_slider_changes_its_picture(path, page, address, complaints):
    lab.open_and_run(page, address.format(path.name))
    handles = lab.sliders(page)
    assert handles.count() >= 1
    for i in range(handles.count()):
        handle = handles.nth(i)
        picture = handle.locator("xpath=ancestor::*[contains(@class,'widget-vbox')][1]//img")
        before = picture.screenshot()
        for share in (1.0, 0.0, 0.5):
            lab.drag(page, handle, share)
            page.wait_for_timeout(400)
            if picture.screenshot() != before:
                break
        else:
            pytest.fail(f"slider {i} of {path.name} never changed its picture")
    for trouble in ("[role=alert]", "[data-mime-type='application/vnd.jupyter.error']"):
        assert page.locator(f".jp-Notebook {trouble}").count() == 0
    assert not complaints


def test_a_slider_moves_with_the_arrow_keys(page, address):
    lab.open_and_run(page, address.format("failing.ipynb"))
    reading = page.locator(".jp-Notebook [role=status]")
    lab.sliders(page).first.focus()
    page.keyboard.press("ArrowRight")
    reading.filter(has_text="x = 1").wait_for(timeout=10_000)


def test_a_failing_callback_is_seen_in_the_status_line(page, address):
    lab.open_and_run(page, address.format("failing.ipynb"))
    lab.drag(page, lab.sliders(page).first, 1.0)
    alert = page.locator(".jp-Notebook [role=alert]")
    alert.wait_for(timeout=10_000)
    assert "no such luck" in alert.inner_text()
    lab.drag(page, lab.sliders(page).first, 0.0)
    alert.wait_for(state="detached", timeout=10_000)


def failing_notebook():
    """A slider over 0, 1, 2 whose callback fails at 2."""
    source = """
from regutils import live, plots
fig, (ax,) = plots.figure(1)
panel = plots.Coefficients(ax, ["w"], 1.0)
def show(x):
    if x == 2:
        raise RuntimeError("no such luck")
    panel.update([x / 2])
    return f"x = {x}"
live.explore(live.Canvas(fig, [panel], alt="one coefficient"), show, film=[{"x": 0}], x=live.slider(range(3), "x"))
"""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)], metadata={"kernelspec": kernel})
