"""Every notebook as committed; then solved, with its sliders at both ends and in the middle.

That the notebooks run as they stand is nbmake's part: `pytest` collects them beside these tests.
"""

import json
import re
from html import unescape

import nbformat
import pytest
from conftest import NOTEBOOKS, exercises, read

from regutils.course.running import execute

every = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
DRIVE = """
import json as _json
from regutils import live as _live
_seen = {}
for _name, _box in list(globals().items()):
    if isinstance(_box, _live.Explorer) and not _name.startswith("_"):
        _seen[_name] = {}
        _values = {_control: list(_live.values(_w)) for _control, _w in _box.controls.items()}
        _middle = {_control: _v[len(_v) // 2] for _control, _v in _values.items()}
        for _control, _v in _values.items():
            _frames = []
            for _value in (_v[0], _middle[_control], _v[-1]):
                _box.set(**_middle | {_control: _value})
                _picture = hash(bytes(_box.image.value))
                _frames.append([_box.reading, _picture, _box.status_line.value])
            _seen[_name][_control] = _frames
print("DRIVEN " + _json.dumps(_seen))
"""


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def solved(request):
    """The notebook executed with every exercise solved, and all its sliders driven."""
    notebook = read(request.param)
    places = exercises(notebook)
    for i, _, solution in places:
        notebook.cells[i].source = solution
    notebook.cells.append(nbformat.v4.new_code_cell(DRIVE))
    return execute(notebook), places


def text(cell) -> str:
    return "".join(
        o.get("text", "") + o.get("data", {}).get("text/plain", "") for o in cell.outputs
    )


def test_solutions_turn_every_check_right(solved):
    notebook, places = solved
    assert len(places) >= 3
    for i, name, _ in places:
        assert f"Exercise {name}: right." in text(notebook.cells[i]), text(notebook.cells[i])


def test_every_slider_works_at_its_ends_and_in_its_middle(solved):
    notebook, _ = solved
    driven = json.loads(text(notebook.cells[-1]).split("DRIVEN ")[1])
    assert driven, "no explorer found"
    for name, controls in driven.items():
        for control, frames in controls.items():
            assert all(reading and not status for reading, _, status in frames), (
                name,
                control,
                frames,
            )
            assert len({picture for _, picture, _ in frames}) > 1, (
                f"{name}: {control} never changes the picture"
            )


@every
def test_committed_as_executed(path):
    notebook = read(path)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [o for cell in code for o in cell.outputs if o.output_type == "error"]
    assert not [o for cell in code for o in cell.outputs if o.get("name") == "stderr"], (
        "a warning is committed"
    )
    assert "widgets" not in notebook.metadata
    assert not [cell.id for cell in code if "execution" in cell.metadata]
    assert path.stat().st_size < 1e6


@every
def test_stubs_are_not_attempted_yet(path):
    notebook = read(path)
    places = exercises(notebook)
    assert len(places) >= 3
    for i, name, _ in places:
        assert "..." in notebook.cells[i].source
        assert f"Exercise {name}: not attempted yet." in text(notebook.cells[i])


@every
def test_pictures_have_alt_text_and_no_other_way_to_be_drawn(path):
    for cell in read(path).cells:
        if cell.cell_type == "code":
            assert "pyplot" not in cell.source and not re.search(
                r"^\s*[!%]", cell.source, re.MULTILINE
            ), cell.id
            for output in cell.outputs:
                if "image/png" in output.get("data", {}):
                    assert len(output.metadata["image/png"]["alt"]) > 20, cell.id


@every
def test_links_between_files_exist(path):
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\(([^)#]+)", cell.source):
                if not target.startswith(("http:", "https:", "attachment:", "mailto:")):
                    assert (path.parent / target).exists(), f"{cell.id} links to {target}"


@every
def test_html_export_without_widget_state_shows_the_film_strips(path):
    from nbconvert import HTMLExporter

    notebook = read(path)
    films = [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "application/vnd.jupyter.widget-view+json" in output.get("data", {})
    ]
    assert films
    pages = {
        name: HTMLExporter(template_name=name).from_notebook_node(notebook)[0]
        for name in ("lab", "classic")
    }
    for film in films:
        png = film.data["image/png"].replace("\n", "")[:400]
        assert all(png in page.replace("\n", "") for page in pages.values())
        # nbconvert's default template, lab, drops alt texts; classic writes them.
        assert film.metadata["image/png"]["alt"] in unescape(pages["classic"])
