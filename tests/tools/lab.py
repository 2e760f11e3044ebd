"""A real JupyterLab in headless Chromium: for browser tests, benchmark and the README's picture."""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync".split()
FLAGS += ["--disable-background-networking", "--disable-component-update"]


def chromium() -> str | None:
    """Path of an installed Chromium or Chrome, or of the one that playwright fetched."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


@contextlib.contextmanager
def browser_page(width: int = 1280, height: int = 900) -> Iterator:
    """A page of a fresh headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            yield browser.new_page(viewport={"width": width, "height": height})
        finally:
            browser.close()


@contextlib.contextmanager
def server(folder: Path, home: Path) -> Iterator[str]:
    """JupyterLab serving `folder` on this machine only; yields address.format("01_concept.ipynb").

    Settings and history go to `home`, so neither is the user's.
    """
    # All cells stand in the page, so that every slider can be found; nobody is asked about news.
    silent = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    for name, settings in (
        ("notebook-extension/tracker", {"windowingMode": "none"}),
        ("apputils-extension/notification", silent),
    ):
        file = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser"]
    command += [f"--port={port}", f"--IdentityProvider.token={token}"]
    command += [f"--ServerApp.root_dir={folder}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    environment = os.environ | {
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTER_CONFIG_DIR": str(home),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home),
    }
    log = (home / "jupyterlab.log").open("w")
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
    base = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{base}/api?token={token}", process)
        yield f"{base}/lab/tree/{{}}?token={token}&reset"
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


def _wait(url: str, process: subprocess.Popen, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"JupyterLab ended with code {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise TimeoutError(f"JupyterLab did not answer within {seconds:.0f} s")


ERRORS = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
  .filter(cell => cell.type === 'code').flatMap(cell => cell.outputs.toJSON())
  .filter(output => output.output_type === 'error')
  .map(output => `${output.ename}: ${output.evalue}`)"""
DRAWN = """() => {
  const model = window.jupyterapp.shell.currentWidget.content.model;
  const views = [...model.cells].filter(cell => cell.type === 'code')
    .flatMap(cell => cell.outputs.toJSON())
    .filter(output => output.data && 'application/vnd.jupyter.widget-view+json' in output.data);
  const pictures = [...document.querySelectorAll('.jp-Notebook img.widget-image')];
  return pictures.length >= views.length && pictures.every(picture => picture.complete);
}"""


# Runs all cells, or those down to the first explorer.
RUN = r"""toExplorer => {
  const { commands, shell } = window.jupyterapp, notebook = shell.currentWidget.content;
  const makes = cell => /^explorer_\w+ =/m.test(cell.model.sharedModel.getSource());
  if (toExplorer) notebook.activeCellIndex = notebook.widgets.findIndex(makes) + 1;
  window.ran = false;
  commands.execute(`notebook:run-all-${toExplorer ? 'above' : 'cells'}`)
    .then(() => { window.ran = true; });
}"""


def open_notebook(page, address: str) -> None:
    """Open a notebook and wait for its kernel."""
    page.goto(address)
    page.wait_for_function(
        "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status"
        " === 'idle'",
        timeout=120_000,
    )


def run_cells(page, to_explorer: bool = False, until_first_slider: bool = False) -> float:
    """Clear outputs, run all cells, wait until every widget, or one, is drawn.

    to_explorer: run no cell below the first explorer. Return the seconds that it took.
    """
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    start = time.perf_counter()
    page.evaluate(RUN, to_explorer)
    if until_first_slider:
        page.locator(".jp-Notebook img.widget-image").first.wait_for(timeout=300_000)
        return time.perf_counter() - start
    page.wait_for_function("() => window.ran", timeout=300_000)
    errors = page.evaluate(ERRORS)
    assert not errors, f"cells failed in JupyterLab: {errors}"
    page.wait_for_function(DRAWN, timeout=60_000)
    return time.perf_counter() - start


def open_and_run(page, address: str, **how) -> float:
    """Open a notebook and run its cells as `run_cells` does."""
    open_notebook(page, address)
    return run_cells(page, **how)


def sliders(page):
    """Every slider on the page, in order."""
    return page.locator(".jp-Notebook :is(.widget-hslider, .widget-slider) .noUi-handle")


def drag(page, handle, share: float, steps: int = 6) -> None:
    """Drag a slider's handle with the mouse to `share` (0 left, 1 right) of its track."""
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    track = handle.locator("xpath=ancestor::*[contains(@class,'noUi-target')][1]").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(track["x"] + share * track["width"], box["y"] + box["height"] / 2, steps=steps)
    page.mouse.up()
