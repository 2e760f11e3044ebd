"""Notebook 07 in Chromium: it trains while λ, p and lr are dragged, by mouse and by keyboard."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time

import lab
import nbformat
import pytest
from conftest import ROOT

NAME = "07_playground.ipynb"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The notebook as far as the dashboard, which trains for a tenth of its steps."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "notebooks" / "recorded", folder / "recorded")
    notebook = nbformat.read(ROOT / "notebooks" / NAME, as_version=4)
    ids = [cell.id for cell in notebook.cells]
    notebook.cells = notebook.cells[: ids.index("play-05-desk") + 1]
    notebook.cells[-1].source = re.sub(r"run\((\d+)0\b", r"run(\1", notebook.cells[-1].source)
    nbformat.write(notebook, folder / NAME)
    return folder


@pytest.fixture(scope="module")
def desk(page, folder, tmp_path_factory):
    """The notebook open in JupyterLab."""
    with lab.server(folder, tmp_path_factory.mktemp("home")) as address:
        lab.open_notebook(page, address.format(NAME))
        yield page


@pytest.fixture
def opened(desk):
    """The same with a new dashboard in it."""
    lab.run_cells(desk)
    return desk


def steps(page) -> int:
    """How many steps the reading tells of."""
    text = page.locator("[role=status]").last.inner_text()
    return int(re.search(r"Step (\d+)", text)[1])


def grows(page, seconds: float = 20) -> bool:
    before, end = steps(page), time.monotonic() + seconds
    while steps(page) <= before and time.monotonic() < end:
        page.wait_for_timeout(100)
    return steps(page) > before


def test_it_trains_while_lam_p_and_lr_are_dragged(opened, complaints):
    picture = opened.locator(".jp-OutputArea img").last
    train = opened.get_by_role("button", name="Train").first
    opened.get_by_role("button", name="Start again").click()
    reading = opened.locator("[role=status]").last
    reading.filter(has_text="Step 0,").wait_for(timeout=30_000)
    train.click()
    assert grows(opened)
    handles = lab.sliders(opened)
    for i, share in ((0, 0.6), (1, 0.5), (2, 0.3)):  # λ, p and lr
        before = picture.screenshot()
        lab.drag(opened, handles.nth(i), share)
        assert grows(opened), "a drag does not stop the training"
        assert picture.screenshot() != before
    assert opened.locator("[role=alert]").count() == 0
    train.click()
    state = opened.get_by_role("textbox", name="state")
    before = None  # the last of the drag may still be on its way, and would overwrite what is typed
    while before != state.input_value():
        before = state.input_value()
        opened.wait_for_timeout(2000)
    assert re.search(r"lam=.* p=.* lr=", before)
    state.fill("data=xor lam=0.01 depth=3")
    state.press("Enter")
    reading.filter(has_text="Step 0, λ = 0.01").wait_for(timeout=30_000)
    state.fill("data=mars")
    state.press("Enter")
    opened.locator("[role=alert]", has_text="data must be one of").wait_for(timeout=30_000)
    opened.get_by_role("button", name="Show me the PyTorch").click()
    text = opened.locator("textarea:visible").last
    text.wait_for(timeout=30_000)
    assert "import torch" in text.input_value()
    assert not complaints


def test_everything_is_reached_by_tab_and_moved_by_arrow_keys(opened, complaints):
    for title in opened.locator(".jp-OutputArea .jupyter-widget-Collapse-header").all():
        title.click()
    reached = ""
    opened.locator(".jp-OutputArea button").first.focus()
    for _ in range(90):
        reached += opened.evaluate(
            "(e => e.matches('button') ? e.textContent + '; ' : '')(document.activeElement)"
        )
        opened.keyboard.press("Tab")
    for name in ("One step", "Start again", "Keep as ghost", "Cold run", "Show me the PyTorch"):
        assert name in reached
    slider = lab.sliders(opened).first
    slider.focus()
    opened.keyboard.press("ArrowRight")
    opened.locator("[role=status]", has_text="λ = 0.02").wait_for(timeout=30_000)
    assert not complaints


def test_the_cold_run_is_scored(opened):
    status = opened.locator("[role=status]").last
    opened.get_by_role("button", name="One step").click()
    status.filter(has_not_text="from fresh weights").wait_for(timeout=30_000)
    opened.get_by_role("button", name="Keep as ghost").click()
    opened.get_by_role("button", name="Cold run").click()
    status.filter(has_text="from fresh weights").wait_for(timeout=60_000)


def test_as_a_page_without_code(page, folder, tmp_path, complaints):
    pytest.importorskip("voila", reason="voila is not installed: pip install -e '.[app]'")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "voila", str(folder / NAME), "--no-browser", f"--port={port}"]
    variables = os.environ | {"JUPYTER_CONFIG_DIR": str(tmp_path), "IPYTHONDIR": str(tmp_path)}
    process = subprocess.Popen(command, env=variables)
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.2)
        page.goto(f"http://127.0.0.1:{port}/", timeout=120_000)
        page.locator("[role=status]").last.wait_for(timeout=120_000)
        assert page.locator(".jp-CodeCell .jp-InputArea:visible").count() == 0, "no code"
        page.get_by_role("button", name="Train").first.click()
        assert grows(page) and not complaints
    finally:
        process.terminate()
        process.wait(timeout=30)
