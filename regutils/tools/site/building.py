"""The course as a folder of web pages that need neither a kernel nor a network: `regutils site`.

    regutils site --out site                                     every notebook
    regutils site --out site notebooks/02_l2.ipynb               some
    regutils site --out site --executed run                      what is in run/ is not run again

Every picture that a slider can show is in its page, so the pages work from a web server, from a
folder and from a USB stick.
"""

import argparse
import base64
import contextlib
import copy
import hashlib
import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat

from ...arguments import require
from .. import execute as running
from . import frames, layers
from .lessons import TEMPLATES, Page

# A page, a site: what is sent at most, in bytes.
PAGE_LIMIT = 8_000_000
SITE_LIMIT = 40_000_000

# Per explorer this rounding of colours is tried, if its page would be too large otherwise.
GRAINS = (8, 16)

MANIFEST = "site.json"


def build(notebooks: Sequence[Path], out: Path, executed: Path | None = None, repository: str = ""):
    """Write the site of some notebooks to a folder, all of it or nothing.

    notebooks: at least one, with different names.
    out: new, empty, or a site made before.
    executed: folder with notebooks that carry their frames; what it lacks is run and kept there.
    repository: address of the project, for "run it yourself".

    Raises ValueError for a file that is no notebook and for a folder that holds other things, and
    nbclient's CellExecutionError.
    """
    require(len(notebooks) > 0, "notebooks", notebooks, "at least one notebook")
    read = [(path, running.read_notebook(path)) for path in notebooks]
    _require_ours(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with _beside(out) as folder:
        lessons = [(path, _with_frames(path, notebook, executed)) for path, notebook in read]
        _write(lessons, folder, repository)
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        names = [file.relative_to(folder).as_posix() for file in files]
        (folder / MANIFEST).write_text(json.dumps({"files": names}, indent=1), encoding="utf-8")
    total = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    print(f"{out}: {len(notebooks)} notebooks, {total / 1e6:.1f} MB", flush=True)
    if total > SITE_LIMIT:
        print(f"{out}: more than {SITE_LIMIT / 1e6:.0f} MB", flush=True)


def _require_ours(out: Path) -> None:
    """A folder is replaced only if everything in it was written by an earlier build."""
    if not out.exists():
        return
    require(out.is_dir(), "out", str(out), "a folder")
    there = {file.relative_to(out).as_posix() for file in out.rglob("*") if not file.is_dir()}
    ours = set()
    if MANIFEST in there:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            ours = {MANIFEST, *json.loads((out / MANIFEST).read_text(encoding="utf-8"))["files"]}
    strange = sorted(there - ours)
    require(not strange, "out", str(out), f"a folder without other things, such as {strange[:1]}")


@contextlib.contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """A new folder that takes the place of `out` in the end; interrupted, nothing of it is left."""
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    old = folder.with_name(folder.name + "-old")
    try:
        yield folder
        folder.chmod(0o755)
        if out.exists():
            out.rename(old)
        try:
            folder.rename(out)
        except BaseException:
            if old.exists():
                old.rename(out)
            raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _with_frames(
    path: Path, notebook: nbformat.NotebookNode, executed: Path | None
) -> nbformat.NotebookNode:
    """The notebook, executed, its explorers with their frames."""
    kept = executed / path.name if executed else None
    if kept and kept.exists():
        found = running.read_notebook(kept)
        if _sources(found) == _sources(notebook) and _whole(found):
            print(f"{path.name}: taken from {executed}", flush=True)
            return found
    print(f"{path.name}: executing …", end=" ", flush=True)
    started = time.perf_counter()
    notebook.cells.insert(0, nbformat.v4.new_code_cell(frames.SETUP))
    notebook = running.execute(notebook, path.resolve().parent, timeout=1800)
    notebook.cells.pop(0)
    print(f"{time.perf_counter() - started:.0f} s", flush=True)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, kept)
    return notebook


def _sources(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells]


def _whole(notebook: nbformat.NotebookNode) -> bool:
    """Whether it is executed and all its explorers carry their frames."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    outputs = [output.get("data", {}) for cell in code for output in cell.outputs]
    return any(cell.execution_count for cell in code) and not any(map(frames.lacking, outputs))


def _write(lessons: Sequence[tuple], folder: Path, repository: str) -> None:
    """Pages, notebooks to download, what they point to, and the first page."""
    chapters = [_chapter(path, notebook) for path, notebook in lessons]
    page = Page({path.stem for path, _ in lessons}, lessons[0][0].parent)
    site = _parts() | {"chapters": chapters, "repository": repository}
    best = None
    for i, (path, notebook) in enumerate(lessons):
        around = {"here": chapters[i], "previous": chapters[i - 1] if i else None}
        around["next"] = chapters[i + 1] if i + 1 < len(chapters) else None
        text, resources = _fitting(page, notebook, {"site": site | around})
        (folder / f"{path.stem}.html").write_text(text, encoding="utf-8")
        shutil.copyfile(path, folder / path.name)
        for link in resources["links"]:
            target = folder / link
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path.parent / link, target)
        explorers = resources["explorers"]
        chapters[i]["sliders"] = _sliders(explorers)
        best = best or _face(explorers, chapters[i])
        number = sum(len(explorer["layers"]) for explorer in explorers)
        size = len(text.encode()) / 1e6
        print(f"{path.stem}.html: {len(explorers)} explorers, {number} frames, {size:.1f} MB")
    home = page.environment.get_template("home.html.j2")
    context = {"site": site, "explorers": [best] if best else []}
    (folder / "index.html").write_text(home.render(resources=context), encoding="utf-8")
    (folder / ".nojekyll").touch()  # GitHub Pages takes the files as they are


def _chapter(path: Path, notebook: nbformat.NotebookNode) -> dict:
    """What the table of notebooks says about one: from its title, its first paragraph, its time."""
    first = notebook.cells[0].source
    title = re.search(r"^# (.+)$", first, re.M)
    number, _, question = (title[1] if title else path.stem).rpartition(" · ")
    duration = re.search(r"\*\*Time[.:]?\*\*[.:]?\s*(.+?)(?: to |[.,;\n])", first)
    return {
        "stem": path.stem,
        "number": number,
        "question": question,
        "time": duration[1] if duration else "",
        "sliders": "",
    }


def _sliders(explorers: Sequence[dict]) -> str:
    """The words of the controls of a page, each once."""
    controls = [control for explorer in explorers for control in explorer["controls"]]
    words = [control["label"].partition(",")[0] for control in controls]
    return ", ".join(dict.fromkeys(words))


def _face(explorers: Sequence[dict], chapter: dict) -> dict | None:
    """The explorer for the first page: the first with one slider, over λ."""
    for explorer in explorers:
        if [control["name"] for control in explorer["controls"]] == ["lam"]:
            return explorer | {"chapter": chapter}
    return None


def _fitting(page: Page, notebook: nbformat.NotebookNode, context: dict) -> tuple[str, dict]:
    """(HTML, resources) of a page; if too large, its largest explorers lose some colour."""
    shown = _explorers(notebook)
    tried = dict.fromkeys(range(len(shown)), 0)
    while True:
        text, resources = page.from_notebook_node(notebook, resources=copy.copy(context))
        left = [i for i in tried if tried[i] < len(GRAINS)]
        if len(text.encode()) <= PAGE_LIMIT or not left:
            return text, resources
        i = max(left, key=lambda i: sum(map(len, shown[i]["layers"])))
        grain = GRAINS[tried[i]]
        over = [layers.coarser(base64.b64decode(layer), grain) for layer in shown[i]["layers"]]
        shown[i]["layers"] = [base64.b64encode(layer).decode() for layer in over]
        shown[i]["grain"] = grain
        tried[i] += 1
        print(f"{shown[i]['name']}: colours to {grain // 2} of 255, so that the page fits")


def _explorers(notebook: nbformat.NotebookNode) -> list[dict]:
    return [
        output.data[frames.MIME]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if frames.MIME in output.get("data", {})
    ]


def _parts() -> dict:
    """Style and script of every page, and the policy that allows them and nothing else."""
    parts = {}
    for name, file in (("style", "site.css"), ("script", "explorer.js")):
        parts[name] = (TEMPLATES / file).read_text(encoding="utf-8")
        digest = hashlib.sha256(parts[name].encode()).digest()
        parts[f"{name}_hash"] = f"'sha256-{base64.b64encode(digest).decode()}'"
    parts["policy"] = (
        f"default-src 'none'; img-src data:; style-src {parts['style_hash']}; "
        f"script-src {parts['script_hash']}; base-uri 'none'; form-action 'none'"
    )
    return parts


def add_command(commands) -> None:
    """`regutils site`, added to the command line's sub-commands."""
    parser = commands.add_parser(
        "site",
        help="make web pages whose sliders need no kernel",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("notebooks", nargs="*", type=Path, metavar="NOTEBOOK", help="default: all")
    parser.add_argument("--out", type=Path, required=True, help="new folder, or an earlier site")
    parser.add_argument(
        "--executed",
        type=Path,
        metavar="DIR",
        help="notebooks executed before, with frames; what it lacks is run and kept there",
    )
    parser.add_argument("--repository", default="", metavar="URL", help="where the project lies")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    notebooks = args.notebooks or sorted(running.NOTEBOOKS.glob("*.ipynb"))
    build(notebooks, args.out, args.executed, args.repository)
    return 0
