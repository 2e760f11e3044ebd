"""The course as a folder of web pages that need neither a kernel nor a network: `regutils site`.

    regutils site --out site                                     every notebook
    regutils site --out site notebooks/02_l2.ipynb               some
    regutils site --out site --executed run                      what is in run/ is not run again

Every picture that a slider can show is in its page, so the pages work from a web server, from a
folder and from a USB stick. A notebook that fails has a page up to the cell that failed.
"""

import argparse
import base64
import contextlib
import hashlib
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import nbformat

from ...arguments import require
from ..execute import NOTEBOOKS, Failed, execute, read_notebook
from ..record.files import writable
from . import frames
from .lessons import TEMPLATES, Page

MANIFEST = "site.json"


def build(
    notebooks: Sequence[Path], out: Path, executed: Path | None = None, repository: str = ""
) -> list[str]:
    """Write the site of some notebooks to a folder; return a sentence for each that failed.

    - notebooks: at least one, with different names.
    - out: new, empty, or a site made before; a link or a mounted folder stays what it is.
    - executed: folder with notebooks that carry their frames; what it lacks is run and kept there.
    - repository: address of the project, for "run it yourself".

    Raises ValueError for a file that is no notebook and for a folder that holds other things.
    """
    require(len(notebooks) > 0, "notebooks", notebooks, "at least one notebook")
    names = [path.stem.casefold() for path in notebooks]
    shown = [path.name for path in notebooks]
    require(len(set(names)) == len(names), "notebooks", shown, "notebooks of different names")
    require(
        "index" not in names, "notebooks", shown, "no index.ipynb: the first page is index.html"
    )
    read = [read_notebook(path) for path in notebooks]
    earlier = _earlier(out)
    writable(out)
    lessons = [_lesson(path, notebook, executed) for path, notebook in zip(notebooks, read)]
    folder = Path(tempfile.mkdtemp(prefix="regutils-site-"))
    failed = _write(lessons, folder, repository)
    try:
        _put(folder, out, earlier)
    except OSError as error:
        raise ValueError(f"out must take all pages; got {error}; they are in {folder}") from error
    shutil.rmtree(folder)
    total = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    print(f"{out}: {len(notebooks)} notebooks, {total / 1e6:.1f} MB", flush=True)
    return failed


def _earlier(out: Path) -> set[str]:
    """Return the files of an earlier site in `out`; ValueError if there is anything else."""
    if not out.exists():
        return set()
    require(out.is_dir(), "out", str(out), "a folder")
    there = {file.relative_to(out).as_posix() for file in out.rglob("*") if not file.is_dir()}
    ours = set()
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        ours = {MANIFEST, *json.loads((out / MANIFEST).read_text(encoding="utf-8"))["files"]}
    strange = sorted(there - ours)
    require(not strange, "out", str(out), f"a folder without other things, such as {strange[:1]}")
    return there - {MANIFEST}


def _put(folder: Path, out: Path, earlier: set[str]) -> None:
    """Copy a finished site to `out`, file by file, then remove what only the earlier one had."""
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}

    def manifest(names: set[str]) -> None:
        (out / MANIFEST).write_text(json.dumps({"files": sorted(names)}), encoding="utf-8")

    parts = {f"{name}.part" for name in files}
    manifest(earlier | files | parts)
    for name in sorted(files):
        target, part = out / name, out / f"{name}.part"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, part)
        part.replace(target)
    for name in earlier - files:
        (out / name).unlink()
    manifest(files)


def _lesson(
    path: Path, notebook: nbformat.NotebookNode, executed: Path | None
) -> tuple[Path, nbformat.NotebookNode, str]:
    """Return path, the notebook with its frames, and why it ends early ("" if it does not)."""
    kept = executed / path.name if executed else None
    sources = [cell.source for cell in notebook.cells]
    if kept and kept.exists():
        found = read_notebook(kept)
        if [cell.source for cell in found.cells] == sources and _whole(found):
            print(f"{path.name}: taken from {executed}", flush=True)
            return path, found, ""
    print(f"{path.name}: executing …", end=" ", flush=True)
    started, failure = time.perf_counter(), ""
    try:
        execute(notebook, path.resolve().parent, timeout=1800, setup=frames.SETUP)
    except Failed as error:
        failure = str(error)
        del notebook.cells[error.index + 1 :]
    print(f"{time.perf_counter() - started:.0f} s", flush=True)
    if kept and not failure:
        kept.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, kept)
    return path, notebook, failure


def _whole(notebook: nbformat.NotebookNode) -> bool:
    """Return whether it is executed and all its explorers carry their frames."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    outputs = [output.get("data", {}) for cell in code for output in cell.outputs]
    return any(cell.execution_count for cell in code) and not any(map(frames.lacking, outputs))


def _write(lessons: Sequence[tuple], folder: Path, repository: str) -> list[str]:
    """Write pages, notebooks to download, what they point to, and the first page."""
    chapters = [_chapter(path, notebook, failure) for path, notebook, failure in lessons]
    stems = {path.stem for path, _, _ in lessons}
    site = _parts() | {"chapters": chapters, "repository": repository}
    best = None
    for i, (path, notebook, _) in enumerate(lessons):
        around = {"here": chapters[i], "previous": chapters[i - 1] if i else None}
        around["next"] = chapters[i + 1] if i + 1 < len(chapters) else None
        shutil.copyfile(path, folder / path.name)
        page = Page(stems, path.parent)
        try:
            text, found = page.from_notebook_node(notebook, resources={"site": site | around})
        except Exception as error:  # one page that cannot be written costs no other
            why = f"{type(error).__name__}: {error}"
            chapters[i]["failure"] = f"the page could not be written: {why}"
            nothing = nbformat.v4.new_notebook(cells=[notebook.cells[0]])
            nothing.cells[0] = nbformat.v4.new_markdown_cell(f"# {path.stem}")
            text, found = page.from_notebook_node(nothing, resources={"site": site | around})
        (folder / f"{path.stem}.html").write_text(text, encoding="utf-8")
        for link in found["links"]:
            target = folder / link
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path.parent / link, target)
        explorers = found["explorers"]
        chapters[i]["sliders"] = _sliders(explorers)
        best = best or _first_over_lambda(explorers, chapters[i])
        number = sum(len(explorer["layers"]) for explorer in explorers)
        size = len(text.encode()) / 1e6
        print(f"{path.stem}.html: {len(explorers)} explorers, {number} frames, {size:.1f} MB")
    home = page.environment.get_template("home.html.j2")
    context = {"site": site, "explorers": [best] if best else []}
    (folder / "index.html").write_text(home.render(resources=context), encoding="utf-8")
    (folder / ".nojekyll").touch()  # GitHub Pages takes the files as they are
    return [
        f"{path.name}: {chapter['failure']}"
        for (path, _, _), chapter in zip(lessons, chapters)
        if chapter["failure"]
    ]


def _chapter(path: Path, notebook: nbformat.NotebookNode, failure: str) -> dict:
    """Return what the table of notebooks says: from title, first paragraph and time."""
    first = notebook.cells[0].source
    title = re.search(r"^# (.+)$", first, re.M)
    number, _, question = (title[1] if title else path.stem).rpartition(" · ")
    duration = re.search(r"\*\*Time[.:]?\*\*[.:]?\s*(.+?)(?: to |[.,;\n])", first)
    return {
        "link": quote(f"{path.stem}.html"),
        "file": quote(path.name),
        "number": number,
        "question": question,
        "time": duration[1] if duration else "",
        "sliders": "",
        "failure": failure,
    }


def _sliders(explorers: Sequence[dict]) -> str:
    """Return the words of the controls of a page, each once."""
    controls = [control for explorer in explorers for control in explorer["controls"]]
    words = [control["label"].partition(",")[0] for control in controls]
    return ", ".join(dict.fromkeys(words))


def _first_over_lambda(explorers: Sequence[dict], chapter: dict) -> dict | None:
    """Return the explorer for the first page: the first with one slider, over λ."""
    for explorer in explorers:
        if [control["name"] for control in explorer["controls"]] == ["lam"]:
            return explorer | {"chapter": chapter}
    return None


def _parts() -> dict:
    """Return style and script of every page, and the policy that allows nothing else."""
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
    """Add `regutils site` to the command line's sub-commands."""
    how = argparse.RawDescriptionHelpFormatter
    about = "make web pages whose sliders need no kernel"
    parser = commands.add_parser("site", help=about, description=__doc__, formatter_class=how)
    add = parser.add_argument
    add("notebooks", nargs="*", type=Path, metavar="NOTEBOOK", help="default: all")
    add("--out", type=Path, required=True, help="new folder, or an earlier site")
    about = "notebooks executed before, with frames; what it lacks is run and kept there"
    add("--executed", type=Path, metavar="DIR", help=about)
    add("--repository", default="", metavar="URL", help="where the project lies")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    notebooks = args.notebooks or sorted(NOTEBOOKS.glob("*.ipynb"))
    failed = build(notebooks, args.out.expanduser(), args.executed, args.repository)
    print("\n".join(failed), file=sys.stderr, end="\n" if failed else "")
    return 1 if failed else 0
