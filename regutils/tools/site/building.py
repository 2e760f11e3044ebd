"""The course as a folder of web pages that need neither a kernel nor a network: `regutils site`.

    regutils site --out site                                     every notebook
    regutils site --out site notebooks/02_l2.ipynb               some
    regutils site --out site --executed run                      what is in run/ is not run again

Every picture that a slider can show is in its page, so the pages work from a web server, from a
folder and from a USB stick. A notebook that fails has a page up to the cell that failed.
"""

import base64
import contextlib
import hashlib
import json
import re
import shutil
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import nbformat

from ...arguments import require
from ..execute import NOTEBOOKS, Failed, execute, matching, read_notebook, writable
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
    shown = [path.name for path in notebooks]
    names = {path.stem.casefold() for path in notebooks}
    require(len(names) == len(shown), "notebooks", shown, "notebooks of different names")
    require("index" not in names, "notebooks", shown, "other names: index.html is the first page")
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
    manifest = out / MANIFEST
    manifest.write_text(json.dumps({"files": sorted(earlier | files)}), encoding="utf-8")
    for name in sorted(files):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, out / name)
    for name in earlier - files:
        (out / name).unlink()
    manifest.write_text(json.dumps({"files": sorted(files)}), encoding="utf-8")


def _lesson(
    path: Path, notebook: nbformat.NotebookNode, executed: Path | None
) -> tuple[Path, nbformat.NotebookNode, str]:
    """Return path, the notebook with its frames, and why it ends early ("" if it does not)."""
    kept = executed / path.name if executed else None
    if kept and kept.exists():
        found = read_notebook(kept)
        if [cell.source for cell in found.cells] == [cell.source for cell in notebook.cells]:
            print(f"{path.name}: taken from {executed}", flush=True)
            return path, found, ""
    print(f"{path.name}: executing …", flush=True)
    failure = ""
    try:
        execute(notebook, path.resolve().parent, timeout=1800, setup=frames.SETUP)
    except Failed as error:
        failure = str(error)
        del notebook.cells[error.index + 1 :]
    if kept and not failure:
        kept.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, kept)
    return path, notebook, failure


def _write(lessons: Sequence[tuple], folder: Path, repository: str) -> list[str]:
    """Write pages, notebooks to download, what they point to, and the first page."""
    chapters = [_chapter(path, notebook, failure) for path, notebook, failure in lessons]
    stems = {path.stem for path, _, _ in lessons}
    site = _parts() | {"chapters": chapters, "repository": repository}
    best = []  # the explorer of the first page: the first with one slider, over λ
    for (path, notebook, _), chapter, before, after in zip(
        lessons, chapters, [None, *chapters], [*chapters[1:], None]
    ):
        page = Page(stems, path.parent)
        around = {"site": site | {"here": chapter, "previous": before, "next": after}}
        try:
            text, found = page.from_notebook_node(notebook, resources=around)
        except Exception as error:  # one page that cannot be written costs no other
            chapter["failure"] = f"it could not be written: {type(error).__name__}: {error}"
            title = nbformat.v4.new_markdown_cell(f"# {path.stem}")
            empty = nbformat.v4.new_notebook(cells=[title])
            page = Page(stems, path.parent)
            text, found = page.from_notebook_node(empty, resources=around)
        (folder / f"{path.stem}.html").write_text(text, encoding="utf-8")
        for name in (path.name, *found["links"]):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path.parent / name, folder / name)
        explorers = found["explorers"]
        controls = [control for explorer in explorers for control in explorer["controls"]]
        words = [control["label"].partition(",")[0] for control in controls]
        chapter["sliders"] = ", ".join(dict.fromkeys(words))
        best += [
            explorer | {"chapter": chapter}
            for explorer in explorers
            if [control["name"] for control in explorer["controls"]] == ["lam"]
        ]
        number = sum(len(explorer["readings"]) for explorer in explorers)
        size = len(text.encode()) / 1e6
        print(f"{path.stem}.html: {len(explorers)} explorers, {number} frames, {size:.1f} MB")
    home = page.environment.get_template("home.html.j2")
    context = {"site": site, "explorers": best[:1]}
    (folder / "index.html").write_text(home.render(resources=context), encoding="utf-8")
    (folder / ".nojekyll").touch()  # GitHub Pages takes the files as they are
    told = [(path.name, chapter["failure"]) for (path, *_), chapter in zip(lessons, chapters)]
    return [f"{name}: {failure}" for name, failure in told if failure]


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
        "failure": failure,
    }


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


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `regutils site`."""
    add = parser.add_argument
    add("notebooks", nargs="*", metavar="NOTEBOOK", help="default: all")
    add("--out", type=Path, required=True, help="new folder, or an earlier site")
    about = "notebooks executed before, with frames; what it lacks is run and kept there"
    add("--executed", type=Path, metavar="DIR", help=about)
    add("--repository", default="", metavar="URL", help="where the project lies")


def run(args: Namespace) -> int:
    """Build the site; return 1 if a notebook failed, else 0."""
    notebooks = matching("notebooks", args.notebooks) or sorted(NOTEBOOKS.glob("*.ipynb"))
    failed = build(notebooks, args.out.expanduser(), args.executed, args.repository)
    print("\n".join(failed), file=sys.stderr, end="\n" if failed else "")
    return 1 if failed else 0
