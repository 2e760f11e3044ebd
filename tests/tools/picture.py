"""Make the README's picture.

Notebook 01's λ slider in a real JupyterLab, dragged. `python tests/tools/picture.py`
"""

import shutil
import tempfile
from pathlib import Path

import lab

ROOT = Path(__file__).parents[2]


def main() -> None:
    with tempfile.TemporaryDirectory() as home, lab.browser_page(width=1500, height=1100) as page:
        copy = Path(home) / "notebooks"  # JupyterLab saves what it opens
        shutil.copytree(ROOT / "notebooks", copy)
        with lab.server(copy, Path(home)) as address:
            lab.open_and_run(page, address.format("01_concept.ipynb"))
            box = page.locator(".jp-Notebook .widget-vbox").nth(1)
            lab.drag(page, box.locator(".noUi-handle").first, 0.55)
            page.wait_for_timeout(500)
            box.screenshot(path=ROOT / ".github" / "slider.png")


if __name__ == "__main__":
    main()
