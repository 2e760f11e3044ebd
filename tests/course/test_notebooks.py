"""Every notebook as committed; then solved: every check, every slider at its ends and middle.

That the notebooks run as they stand is nbmake's part: `pytest` collects them beside these tests.
"""

import re
from html import unescape

import numpy as np
import pytest
from claims import exercises, read
from conftest import NOTEBOOKS
from learner import WIDGET
from nbconvert import HTMLExporter

from regutils.course.exercises import EXERCISES, Choice
from regutils.tools.site import frames

every = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def text(cell) -> str:
    return "".join(
        o.get("text", "") + o.get("data", {}).get("text/plain", "") for o in cell.outputs
    )


def test_solutions_turn_every_check_right(solved):
    for i, number, _ in exercises(solved.notebook):
        said = text(solved.notebook.cells[i])
        assert f"Exercise {number}: right." in said, said


def test_every_slider_works_at_its_ends_and_in_its_middle(solved):
    cells = solved.notebook.cells
    outputs = [o for cell in cells if cell.cell_type == "code" for o in cell.outputs]
    explorers = [o.data[frames.MIME] for o in outputs if frames.MIME in o.get("data", {})]
    assert explorers, "no explorer found"
    for explorer in explorers:
        lengths = [len(control["texts"]) for control in explorer["controls"]]
        pictures = np.array([hash(layer) for layer in explorer["pictures"]]).reshape(lengths)
        assert all(explorer["readings"])
        middle = [length // 2 for length in lengths]
        for axis, control in enumerate(explorer["controls"]):
            moved = pictures[(*middle[:axis], slice(None), *middle[axis + 1 :])]
            ends = {moved[0], moved[middle[axis]], moved[-1]}
            assert len(ends) > 1, f"{explorer['name']}: {control['name']} changes no picture"


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
    for i, number, _ in places:
        assert "..." in notebook.cells[i].source
        assert f"Exercise {number}: not attempted yet." in text(notebook.cells[i])
        if isinstance(EXERCISES[number], Choice):
            question = notebook.cells[i - 1].source.rpartition(f"**{number}** ")[2]
            letters = re.findall(r"^- \*\*(\w)\*\* · ", question, re.MULTILINE)
            assert letters == list(EXERCISES[number].reasons), number


@every
def test_from_the_second_on_one_exercise_is_open(path):
    if path == NOTEBOOKS[0]:
        return
    asked = [cell.source for cell in read(path).cells if "Open exercise" in cell.source]
    assert any("<details>" in source and "judge" in source for source in asked)


@every
def test_pictures_have_alt_text_and_no_other_way_to_be_drawn(path):
    for cell in read(path).cells:
        if cell.cell_type == "code":
            assert "pyplot" not in cell.source and not re.search(
                r"^\s*[!%]", cell.source, re.MULTILINE
            ), cell.id
            for output in cell.outputs:
                if {"image/png", WIDGET} & output.get("data", {}).keys():
                    assert len(output.metadata["image/png"]["alt"]) > 20, cell.id


@every
def test_links_between_files_exist(path):
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\(([^)#]+)", cell.source):
                if not target.startswith(("http:", "https:", "attachment:", "mailto:")):
                    assert (path.parent / target).exists(), f"{cell.id} links to {target}"


def test_html_export_without_widget_state_shows_the_film_strips():
    notebook = read(NOTEBOOKS[1])
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    films = [output for output in outputs if WIDGET in output.get("data", {})]
    assert films
    for name in ("lab", "classic"):
        page, _ = HTMLExporter(template_name=name).from_notebook_node(notebook)
        for film in films:
            assert film.data["image/png"].replace("\n", "")[:400] in page.replace("\n", "")
            # nbconvert's default template, lab, drops alt texts.
            assert name == "lab" or film.metadata["image/png"]["alt"] in unescape(page)
