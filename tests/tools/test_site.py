"""The site without a browser: frames, formulas, pages, and a build's folder."""

import base64
import hashlib
import io
import json
import re
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import html5lib
import nbformat
import numpy as np
import pytest
from conftest import NOTEBOOKS, ROOT, read
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from regutils.__main__ import main
from regutils.tools.site import building, formulas, frames, lessons, panels

LAMS = [0.0, 0.001, 0.01, 0.1, 1.0]

# Two explorers, a playground, a still picture, a table, a folded cell, a solution, formulas, links.
SOURCE = f"""\
# What a folded cell begins with.
import sys
sys.path.insert(0, {str(ROOT / "tests")!r})
import numpy as np
from moving import Stem
from regutils import live, plots
LAMS = {LAMS}
UP = np.outer(LAMS, [1, -1])
"""
BOX = """\
fig, axes = plots.figure(2, width=10.0, height=2.0)
both = live.explore(
    live.Canvas(fig, [Stem(axes[0], UP), Stem(axes[1], -UP)], alt='Two "dots".'),
    lambda i, j: f"λ = {LAMS[i]:g}, {['up', 'down'][j]} & <so on>",
    film=[{"lam": 0.0}, {"lam": 1.0, "kind": "down"}],
    lam=live.lam_slider(LAMS),
    kind=live.choice(["up", "down"], "direction"),
)
both
"""
ALONE = """\
small, (ax,) = plots.figure(1, width=2.0, height=1.5)
live.explore(
    live.Canvas(small, [Stem(ax, LAMS)], alt="A dot."), lambda k: f"λ = {LAMS[k]:g}",
    lam=live.lam_slider(LAMS, value=0.01),
)
"""
PLAY = """\
third, (ax,) = plots.figure(1, width=2.0, height=1.5)
count = Stem(ax, np.linspace(-1, 1, 20))
seen = []
def told(lam):
    count.update(len(seen))
    return f"{len(seen)} steps, λ = {lam:g}"
ground = live.play(
    live.Canvas(third, [count], alt="A dot."), lambda lam: seen.append(lam), told, seen.clear,
    steps=10, lam=live.lam_slider(LAMS),
)
ground.run(3, lam=0.0)
ground.run(4, lam=1.0)
ground
"""
# What Jupyter shows besides PNG.
SHOWN = """\
from IPython.display import SVG, Image, Latex, Markdown, display
import io, PIL.Image
held = io.BytesIO()
PIL.Image.new("RGB", (8, 4), "red").save(held, "JPEG")
display(SVG("<svg xmlns='http://www.w3.org/2000/svg' width='5' height='5'/>"))
display(Image(held.getvalue(), format="jpeg"), Markdown("**bold**"), Latex("$a^2$"))
"""
TEXT = """\
# 08 · A page of everything

**Time** 5 minutes to read.

Next: [09 · Another](other.ipynb) · [not here](03_l1.ipynb)
· [data](numbers.json) · [up](../README.md)

## One formula

$$\\underbrace{\\frac1n \\sum_i \\big(y_i - b\\big)^2}_{\\text{loss}} + \\lambda \\sum_j w_j^2$$

and $a < b$ in a line.

![A dot](dot.png) ![Attached](attachment:held.png)

<details><summary>Solution</summary>

```python
print("<folded>")
```

</details>

## One formula

| | a | b |
|---|--:|---|
| x | 1 | `c` |
"""


def notebook(text, *sources):
    """A notebook of one text and then code, the first cell of which is folded."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    cells = [nbformat.v4.new_markdown_cell(text), *map(nbformat.v4.new_code_cell, sources)]
    cells[1].metadata["tags"] = ["hide-input"]
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two notebooks and a file that one of them points to."""
    folder = tmp_path_factory.mktemp("notebooks")
    still = "live.Canvas(small, [], alt='Still.')"
    everything = notebook(TEXT, SOURCE, BOX, ALONE, PLAY, still, "print(1 < 2)", SHOWN)
    Image.new("RGB", (2, 2)).save(folder / "dot.png")
    held = base64.b64encode((folder / "dot.png").read_bytes()).decode()
    everything.cells[0].attachments = {"held.png": {"image/png": held}}
    nbformat.write(everything, folder / "everything.ipynb")
    back = "# 09 · Another\n\n[back](everything.ipynb#One-formula)"
    other = notebook(back, "open('runs', 'a').write('x')")
    nbformat.write(other, folder / "other.ipynb")
    (folder / "numbers.json").write_text("[1, 2]")
    return folder


@pytest.fixture(scope="module")
def built(folder, tmp_path_factory):
    """(site, folder with the executed notebooks) of these two, built by the command."""
    home = tmp_path_factory.mktemp("home")
    names = [str(folder / "everything.ipynb"), str(folder / "other.ipynb")]
    assert main(["site", "--out", f"{home}/site", "--executed", f"{home}/run", *names]) == 0
    return home / "site", home / "run"


@pytest.fixture(scope="module")
def pages(built):
    """Name → (text, tree) of each page, valid HTML."""
    found = {}
    for path in sorted(built[0].glob("*.html")):
        text, parser = path.read_text(encoding="utf-8"), html5lib.HTMLParser()
        found[path.name] = text, parser.parse(text)
        assert not parser.errors, (path.name, parser.errors[:3])
    return found


def made(source: str, name: str):
    """The explorer of that name that some code makes."""
    space = {}
    exec(SOURCE + source, space)
    return space[name]


def drawn(picture: bytes | str) -> np.ndarray:
    """Pixels (height, width, 3) of a frame, or of a page's picture in base64."""
    held = picture if isinstance(picture, bytes) else base64.b64decode(picture)
    return np.asarray(Image.open(io.BytesIO(held)).convert("RGB"), dtype=int)


def alike(picture: str, frame: bytes) -> bool:
    """Whether a page's picture, which has fewer colours, is a frame; one that moved is not."""
    return np.abs(drawn(picture) - drawn(frame)).max() <= 20


def test_an_explorer_carries_what_its_frame_gives_for_every_setting():
    explorer = made(BOX, "both")
    described = frames.described(explorer)
    assert len(described["pictures"]) == len(described["readings"]) == len(LAMS) * 2
    for i, setting in enumerate(explorer.settings()):
        picture, reading = explorer.frame(**setting)
        assert alike(described["pictures"][i], picture) and described["readings"][i] == reading
    assert not alike(described["pictures"][0], picture)
    height, width = drawn(described["pictures"][0]).shape[:2]
    assert described["size"] == [width, height] and described["width"] == width / 2
    assert len(described["panels"]) == 2
    assert described["film"] == [0, 9] and described["alt"] == 'Two "dots".'
    lam, kind = described["controls"]
    assert lam["kind"] == "slider" and lam["label"] == "λ, strength of the penalty"
    assert lam["texts"][:2] == ["0 (off)", "0.001"] and lam["links"][:2] == ["0", "0.001"]
    assert kind["kind"] == "choice" and kind["texts"] == kind["links"] == ["up", "down"]


def test_more_combinations_than_a_page_holds_are_thinned_and_the_reading_says_so(monkeypatch):
    monkeypatch.setattr(frames, "MOST", 6)
    explorer = made(BOX, "both")
    explorer.set(lam=1.0)
    found = frames.described(explorer)
    lam, kind = found["controls"]
    assert lam["texts"] == ["0 (off)", "0.01", "1"] and kind["texts"] == ["up", "down"]
    assert len(found["pictures"]) == 6 and lam["start"] == 2 and found["start"] == 4
    told = f"so on> (On this page 3 of 5 values of {lam['label']}.)"
    assert found["readings"][3].endswith(told) and found["film"] == [0, 5]
    assert alike(found["pictures"][3], explorer.frame(lam=0.01, kind="down")[0])


def test_a_playground_carries_its_recorded_scenes():
    ground = made(PLAY, "ground")
    found = frames.described(ground)
    (control,) = found["controls"]
    assert control["kind"] == "slider" and control["texts"] == ["3", "7"]
    assert found["readings"] == ["3 steps, λ = 0", "7 steps, λ = 1"] and found["film"] == [0, 1]
    picture, _ = ground.frame()
    assert alike(found["pictures"][1], picture)


@pytest.mark.parametrize(
    ("rows", "columns", "width", "wanted"),
    [(1, 1, 12, 1), (1, 2, 4, 1), (1, 3, 12, 3), (2, 2, 12, 4)],
)
def test_panels_are_the_whole_picture_and_cut_no_axes(rows, columns, width, wanted):
    fig = Figure(figsize=(width, 6), layout="constrained")
    FigureCanvasAgg(fig)
    words = {"title": "A title", "xlabel": "x", "ylabel": "y"}
    axes = fig.subplots(rows, columns, squeeze=False, subplot_kw=words).ravel()
    fig.colorbar(axes[0].imshow([[0, 1]], aspect="auto"))
    fig.canvas.draw()
    w, h = round(fig.bbox.width), round(fig.bbox.height)
    found = panels.panels(fig, w, h, 1.0)
    assert len(found) == wanted
    covered = np.zeros((h, w), int)
    for x, y, width, height in found:
        covered[y : y + height, x : x + width] += 1
    assert (covered == 1).all()
    for ax in axes:
        box = ax.get_tightbbox()
        holds = [
            x <= box.x0 and box.x1 <= x + dx and y <= h - box.y1 and h - box.y0 <= y + dy
            for x, y, dx, dy in found
        ]
        assert sum(holds) == 1


def test_every_formula_of_the_course_becomes_well_formed_mathml():
    cells = [cell for path in NOTEBOOKS for cell in read(path).cells]
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    found = re.findall(r"\$\$(.+?)\$\$|(?<![\\$`])\$([^$`\n]+?)\$", text, re.DOTALL)
    assert len(found) > 50
    for display, inline in found:
        tree = ElementTree.fromstring(formulas.mathml(display or inline, display=bool(display)))
        assert tree.tag.endswith("math") and tree.get("alttext") == (display or inline)


def test_sums_have_their_limits_below_and_fences_grow():
    element = formulas.mathml(r"\underbrace{\sum_i \big(a\big)}_{b}", display=True)
    tree = ElementTree.fromstring(re.sub(r' xmlns="[^"]+"', "", element))
    assert tree.get("display") == "block" and len(tree.findall(".//munder")) == 3
    assert [mo.get("form") for mo in tree.iter("mo") if mo.text in "()"] == ["prefix", "postfix"]


@pytest.mark.parametrize("tex", [r"\begin{aligned} a &= b \end{aligned}", r"\nosuchthing{a}"])
def test_a_formula_that_is_not_understood_is_refused(tex):
    with pytest.raises(ValueError, match="formula must be TeX"):
        formulas.mathml(tex)


def test_the_policy_allows_the_pages_own_style_and_script_and_nothing_else(pages):
    for text, _ in pages.values():
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)[1]
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["default-src"] == "'none'" and rules["img-src"] == "data:"
        for kind, tag in (("style-src", "style"), ("script-src", "script")):
            (body,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
            assert rules[kind] == f"'sha256-{digest}'"
        assert "unsafe" not in policy


def test_nothing_in_a_page_is_fetched_and_every_link_resolves(pages, built):
    ids = {
        name: [each.get("id") for each in tree.iter() if each.get("id")]
        for name, (_, tree) in pages.items()
    }
    links = 0
    for name, (_, tree) in pages.items():
        assert len(ids[name]) == len(set(ids[name])), "an id stands twice"
        for element in tree.iter():
            tag = str(element.tag).rpartition("}")[2]
            assert not any(key == "style" or key.startswith("on") for key in element.attrib)
            for key in {"src", "href", "data", "srcset", "action"}.intersection(element.keys()):
                target = urlsplit(element.get(key))
                if tag != "a":
                    assert target.geturl().startswith("data:image/"), (name, tag)
                elif not target.scheme:
                    links += 1
                    page = unquote(target.path) or name
                    assert (built[0] / page).exists(), (name, page)
                    assert not target.fragment or unquote(target.fragment) in ids[page]
    assert links > 20


def test_a_page_says_what_the_notebook_says(pages):
    for words in ("A page of everything", "Another", "5 minutes", "λ, direction", "data-explorer"):
        assert words in pages["index.html"][0]
    text, _ = pages["everything.html"]
    assert "<title>08 · A page of everything</title>" in text
    assert 'href="other.html"' in text and 'href="numbers.json"' in text
    assert ">not here<" not in text and "not here" in text and "../README" not in text
    assert "<summary>What a folded cell begins with</summary>" in text
    assert "<summary>Solution</summary>" in text and "&lt;folded&gt;" in text
    assert '<span class="kn">import</span>' in text
    assert '<pre class="output">True\n</pre>' in text
    assert '<td class="right">1</td>' in text and '<th scope="col" class="right">a</th>' in text
    assert '<math xmlns="http://www.w3.org/1998/Math/MathML"' in text
    assert 'id="One-formula"' in text and 'id="One-formula-"' in text
    assert 'href="everything.ipynb" download' in text and 'rel="next" href="other.html"' in text


def test_every_kind_of_picture_is_shown(pages):
    text, _ = pages["everything.html"]
    still = r'<img src="data:image/png;base64,[^"]+" alt="Still." width="\d+" height="\d+">'
    assert re.search(still, text)
    for alt in ("A dot", "Attached"):
        assert re.search(f'<img src="data:image/png;base64,[^"]+" alt="{alt}"', text)
    assert '<img src="data:image/svg+xml;base64,' in text
    assert re.search(r'<img src="data:image/jpeg;base64,[^"]+" alt="" width="8" height="4">', text)
    assert "<strong>bold</strong>" in text and 'alttext="a^2"' in text


def test_an_explorer_is_named_as_in_the_notebook_and_its_film_strip_is_in_the_page(pages):
    text, _ = pages["everything.html"]
    found = re.findall(r'<div class="explorer" id="([^"]+)"', text)
    assert found[0] == "both" and found[2] == "ground" and len(set(found)) == 3
    assert "<figcaption>λ = 1, down &amp; &lt;so on&gt;</figcaption>" in text
    data = json.loads(re.search(r'<script [^>]+ id="both-data">(.+?)</script>', text)[1])
    assert [i for i, picture in enumerate(data["pictures"]) if picture is None] == [0, 9]
    assert data["readings"][9] == "λ = 1, down & <so on>"
    assert text.index('id="both-data"') > text.index("</main>")  # the text comes first


def test_an_explorer_without_its_frames_is_refused():
    page = lessons.Page({"a"}, Path())
    bare = notebook("# A", "box")
    data = {"application/vnd.jupyter.widget-view+json": {}, "image/png": "", "text/plain": ""}
    bare.cells[1].outputs = [nbformat.v4.new_output("display_data", data)]
    with pytest.raises(ValueError, match="explorer must be executed with its frames"):
        page.from_notebook_node(bare, resources={"site": {}})


def test_an_earlier_site_is_replaced_and_a_folder_with_other_things_refused(
    built, folder, tmp_path
):
    out, real, run = tmp_path / "site", tmp_path / "real", built[1]
    real.mkdir()
    out.symlink_to(real)
    building.build([folder / "everything.ipynb", folder / "other.ipynb"], out, run)
    assert out.is_symlink() and (real / "other.html").exists()
    building.build([folder / "everything.ipynb"], out, run)
    assert not (out / "other.html").exists() and not (out / "other.ipynb").exists()
    (out / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"out must be a folder without other things.*notes\.txt"):
        building.build([folder / "everything.ipynb"], out, run)
    assert (out / "notes.txt").read_text() == "mine" and (out / "everything.html").exists()
    with pytest.raises(ValueError, match="out must be a folder"):
        building.build([folder / "everything.ipynb"], out / "notes.txt", run)


def test_a_finished_build_that_cannot_be_put_in_place_is_kept_and_so_is_the_old_site(
    built, folder, tmp_path, monkeypatch
):
    def full(*_args):
        raise OSError("No space left on device")

    notebooks, out = [folder / "other.ipynb"], tmp_path / "site"
    building.build(notebooks, out, built[1])
    monkeypatch.setattr(building, "_put", full)
    with pytest.raises(ValueError, match="No space left on device; they are in") as refused:
        building.build(notebooks, out, built[1])
    kept = Path(str(refused.value).rpartition("they are in ")[2])
    assert (kept / "other.html").read_bytes() == (out / "other.html").read_bytes()
    shutil.rmtree(kept)


def test_a_notebook_that_fails_costs_its_own_page(built, folder, tmp_path, capsys):
    """The other one is taken from an earlier run, which of the failing one was of another text."""
    strange, run = tmp_path / "a #1 100%?.ipynb", tmp_path / "run"
    shutil.copytree(built[1], run)
    nbformat.write(notebook("# A", "'older'"), run / strange.name)
    nbformat.write(notebook("# A\n\nText", "print(6 * 7)", "1 / 0", "print('never')"), strange)
    out = tmp_path / "site"
    words = [str(strange), str(folder / "other.ipynb"), "--repository", "https://example.org"]
    assert main(["site", "--out", str(out), "--executed", str(run), *words]) == 1
    said = capsys.readouterr()
    assert re.search(r"100%\?\.ipynb: cell 3 \(.*'1 / 0'\) failed: ZeroDivisionError", said.err)
    assert "other.ipynb: taken from" in said.out and (folder / "runs").read_text() == "x"
    text = (out / "a #1 100%?.html").read_text(encoding="utf-8")
    assert ">42\n</pre>" in text and "This page ends here: cell 3" in text
    assert "&#39;never&#39;" not in text and 'href="a%20%231%20100%25%3F.ipynb"' in text
    assert 'href="a%20%231%20100%25%3F.html"' in (out / "other.html").read_text(encoding="utf-8")
    first = (out / "index.html").read_text(encoding="utf-8")
    assert "(unfinished)" in first and 'href="https://example.org"' in first


def test_what_makes_no_site_is_refused_in_one_sentence_before_anything_is_written(
    folder, tmp_path, capsys
):
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "empty.ipynb")
    for name in ("Other", "index"):
        nbformat.write(notebook("# A", "1"), tmp_path / f"{name}.ipynb")
    for paths, words in (
        ([folder / "other.ipynb", tmp_path / "Other.ipynb"], "notebooks of different names"),
        ([tmp_path / "empty.ipynb"], "a notebook with at least one cell"),
        ([tmp_path / "index.ipynb"], "other names"),
        ([tmp_path], "notebook must be a notebook's file"),
        ([tmp_path / "nope.ipynb"], "notebooks must be a file or folder that exists"),
    ):
        with pytest.raises(SystemExit):
            main(["site", "--out", str(tmp_path / "site"), *map(str, paths)])
        said = capsys.readouterr().err
        assert said.startswith("regutils: ") and words in said and said.count("\n") == 1
    assert not (tmp_path / "site").exists()
