"""Learners see the lesson, not the workshop: what stands open, what is folded, where Predict is."""

import ast
import re
import symtable

import pytest
from conftest import NOTEBOOKS, read
from learner import WIDGET
from regutils.course.grading.programs import Cell, read_program

every = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
COMPREHENSIONS = ("listcomp", "setcomp", "dictcomp", "genexpr")


def folded(cell) -> bool:
    return cell.metadata.get("jupyter", {}).get("source_hidden", False)


def code_lines(cell) -> int:
    """Lines that are neither empty nor a comment."""
    lines = (line.strip() for line in cell.source.splitlines())
    return sum(bool(line) and not line.startswith("#") for line in lines)


def code_cells(path) -> list:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def picture(cell) -> bool:
    outputs = cell.get("outputs", [])
    return any({"image/png", WIDGET} & set(output.get("data", {})) for output in outputs)


@every
def test_at_most_45_percent_of_the_code_stand_open(path):
    cells = code_cells(path)
    shown = sum(code_lines(cell) for cell in cells if not folded(cell))
    assert shown <= 0.45 * sum(map(code_lines, cells)), f"{shown} open lines"


@every
def test_what_is_folded_is_marked_for_pages_too_and_begins_with_what_it_does(path):
    for cell in code_cells(path):
        assert folded(cell) == ("hide-input" in cell.metadata.get("tags", [])), cell.id
        if folded(cell):
            assert re.match(r"# \S+ \S+", cell.source), f"{cell.id} begins without a comment"


@every
def test_a_cell_is_read_at_a_glance(path):
    for cell in code_cells(path):
        assert code_lines(cell) <= (40 if folded(cell) else 20), cell.id


@every
def test_what_asserts_or_draws_is_folded(path):
    for cell in code_cells(path):
        if not folded(cell):
            assert not re.search(r"^\s*assert\b|plots\.[A-Z]|live\.", cell.source, re.M), cell.id


@every
def test_no_open_cell_stands_between_a_prediction_and_its_picture(path):
    asked = None
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            asked = cell.id if "**Predict" in cell.source else asked
        elif picture(cell):
            asked = None
        else:
            assert asked is None or folded(cell), (
                f"{cell.id} stands between {asked} and its picture"
            )
    assert asked is None, f"{asked} asks for a prediction that no picture answers"


@every
def test_the_skeleton_is_the_same_each_time(path):
    cells = read(path).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert cells[0].source.startswith(f"# {path.stem[:2]} · ")
    for part in ("**The question", "**What you will learn", "**Time"):
        assert part in cells[0].source, f"the first cell has no {part}**"
    numbers = [other.stem for other in NOTEBOOKS]
    place = numbers.index(path.stem)
    for word, neighbour in (("Previous", place - 1), ("Next", place + 1)):
        if 0 <= neighbour < len(numbers):
            assert re.search(rf"{word}: \[[^]]*\]\({numbers[neighbour]}", cells[0].source), word
    for heading in ("Questions", "Summary", "Further reading"):
        assert re.search(rf"^##+ .*{heading}", text, re.MULTILINE), f"no heading {heading}"
    assert re.search(r"doi\.org|arxiv", text, re.IGNORECASE)


@every
def test_what_a_cell_shows_is_its_last_line_alone(path):
    """A string or a name that stands alone anywhere else is seen by nobody."""
    for cell in code_cells(path):
        for block in ast.walk(ast.parse(cell.source)):
            body = getattr(block, "body", None)
            if not isinstance(body, list):  # a lambda's is an expression
                continue
            if isinstance(block, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(block):
                body = body[1:]
            if isinstance(block, ast.Module):
                body = body[:-1]
            for line in body:
                alone = isinstance(line, ast.Expr) and not isinstance(line.value, ast.Call)
                assert not alone or ast.unparse(line) == "...", f"{cell.id}: {ast.unparse(line)}"


@every
def test_what_is_said_to_be_below_is_below(path):
    """A folded cell that promises a picture has one, or the next code with a picture is folded."""
    cells = read(path).cells
    for i, cell in enumerate(cells):
        if cell.cell_type == "code" and "picture below" in cell.source.split("\n")[0]:
            after = [c for c in cells[i:] if c.cell_type == "code"]
            found = next(k for k, c in enumerate(after) if picture(c))
            assert found <= 3, f"{cell.id}: its picture comes {found} code cells later"
            assert all(map(folded, after[:found])), f"{cell.id}: code stands before its picture"


def bound(source: str) -> set[str]:
    """Names that a cell gives a meaning to, outside of its functions."""
    program = read_program([Cell("", source)])
    return {name for statement in program.statements for name in statement.binds}


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
            same = {name for name in again if f"import {name}" in later.source}
            assert not again - same, f"{cell.id} reads {again - same}, {later.id} binds it anew"
