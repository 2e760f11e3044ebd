"""The budgets of a lesson, and what its text and its cells owe a reader."""

import ast
import re
import symtable

import pytest
from claims import read
from conftest import NOTEBOOKS
from learner import WIDGET

every = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
COMPREHENSIONS = ("listcomp", "setcomp", "dictcomp", "genexpr")
LINES, WORDS, EXPLORERS, SECTIONS, WORDS_OF_A_PARAGRAPH = 300, 4200, 5, 6, 110
LINES_OF_A_CELL, LINES_OF_AN_EXPLORER = 34, 20


def lines(cell) -> int:
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def code_cells(path) -> list:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def markdown(path) -> list[str]:
    return [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]


def picture(cell) -> bool:
    outputs = cell.get("outputs", [])
    return any({"image/png", WIDGET} & set(output.get("data", {})) for output in outputs)


@every
def test_a_notebook_is_light(path):
    code, text = code_cells(path), markdown(path)
    explorers = re.findall(r"^explorer_\w+ =", "\n".join(cell.source for cell in code), re.M)
    sections = re.findall(r"^## \d", "\n".join(text), re.MULTILINE)
    assert sum(map(lines, code)) <= LINES
    assert sum(len(source.split()) for source in text) <= WORDS
    assert 1 <= len(explorers) <= EXPLORERS
    assert len(sections) <= SECTIONS
    for cell in code:
        explorer = "live.explore(" in cell.source
        assert lines(cell) <= (LINES_OF_AN_EXPLORER if explorer else LINES_OF_A_CELL), cell.id


@every
def test_a_paragraph_is_one_thought(path):
    for source in markdown(path):
        for paragraph in re.split(r"\n\s*\n|\n(?=\s*(?:[-*|>]|\d+\.) ?)", source):
            words = len(paragraph.split())
            assert words <= WORDS_OF_A_PARAGRAPH, f"{words} words: {paragraph[:60]} …"


@every
def test_nothing_asserts_where_a_learner_runs_it(path):
    for cell in code_cells(path):
        found = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Assert)]
        assert not found, cell.id


@every
def test_the_first_explorer_stands_in_the_first_section(path):
    source = "\n".join(cell.source for cell in read(path).cells)
    assert re.search(r"^explorer_\w+ =", source.partition("\n## 2")[0], re.MULTILINE)


@every
def test_what_is_folded_begins_with_what_it_does(path):
    for cell in code_cells(path):
        if cell.metadata.get("jupyter", {}).get("source_hidden", False):
            assert re.match(r"# \S+ \S+", cell.source), f"{cell.id} begins without a comment"


@every
def test_every_prediction_is_answered_by_a_picture(path):
    asked = None
    for cell in read(path).cells:
        if "**Predict" in cell.source and cell.cell_type == "markdown":
            asked = cell.id
        elif picture(cell):
            asked = None
    assert asked is None, f"{asked} asks for a prediction that no picture answers"


@every
def test_the_skeleton_is_the_same_each_time(path):
    cells, text = read(path).cells, "\n".join(markdown(path))
    assert cells[0].source.startswith(f"# {path.stem[:2]} · ")
    for part in ("**The question", "**What you will learn", "**Time"):
        assert part in cells[0].source, f"the first cell has no {part}**"
    numbers = [other.stem for other in NOTEBOOKS]
    place = numbers.index(path.stem)
    for word, neighbour in (("Previous", place - 1), ("Next", place + 1)):
        if 0 <= neighbour < len(numbers):
            assert re.search(rf"{word}: \[[^]]*\]\({numbers[neighbour]}", cells[0].source), word
    for heading in ("Summary", "Further reading"):
        assert re.search(rf"^##+ .*{heading}", text, re.MULTILINE), f"no heading {heading}"
    assert re.search(r"doi\.org|arxiv", text, re.IGNORECASE)


def bound(source: str) -> set[str]:
    """Names that a cell gives a meaning to, outside of its functions; imports apart."""
    symbols = symtable.symtable(source, "cell", "exec").get_symbols()
    return {s.get_name() for s in symbols if s.is_assigned() and not s.is_imported()}


def read_inside(source: str) -> set[str]:
    """Names that a cell's functions read from outside of themselves."""
    found: set[str] = set()

    def visit(table):
        for child in table.get_children():
            if child.get_type() == "function" and child.get_name() not in COMPREHENSIONS:
                found.update(s.get_name() for s in child.get_symbols() if s.is_global())
            visit(child)

    visit(symtable.symtable(source, "cell", "exec"))
    return found


@every
def test_what_a_slider_reads_keeps_its_meaning(path):
    """A function that is called later, by a drag, must find what it found in its own cell."""
    cells = code_cells(path)
    for i, cell in enumerate(cells):
        needed = read_inside(cell.source)
        for later in cells[i + 1 :]:
            again = needed & bound(later.source)
            assert not again, f"{cell.id} reads {again}, {later.id} binds it anew"
