"""What of a notebook's code an exercise needs.

A notebook is read as a list of top-level statements, each with the names that it binds and uses.
From the call `check("1.2", answer)` one can then go back to everything that decides `answer`,
wherever in the notebook it stands, and leave all the rest alone.
"""

import ast
import re
import symtable
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

# What a call of check() is turned into, so that a submission cannot put a check of its own there.
RECORD = "__record__"


@dataclass(frozen=True)
class Cell:
    """A code cell; id: "" where the file has none."""

    id: str
    source: str


@dataclass(frozen=True)
class Statement:
    """One top-level statement.

    - source: as Python writes it, without comments; calls of check() are calls of RECORD in it.
    - cell: the position of its cell.
    - binds: names that it sets.
    - uses: names that it needs, those in the bodies of its functions included.
    - touches: names whose objects it changes: `x[0] = 1`, `x.append(1)`.
    - checks: numbers of the exercises that it checks; given: what each check is handed beside the
      answer.
    - stub: whether a bare `...` stands in it.
    """

    source: str
    cell: int
    binds: frozenset[str]
    uses: frozenset[str]
    touches: frozenset[str]
    checks: tuple[str, ...]
    given: tuple[tuple[str, ...], ...]
    stub: bool

    @property
    def defines(self) -> bool:
        """Whether its own body is run only later, when it is called."""
        return self.source.startswith(("def ", "async def ", "class ", "@"))


@dataclass
class Program:
    """The statements of a notebook in order, and the cells that are no Python: cell, reason."""

    cells: Sequence[Cell]
    statements: list[Statement] = field(default_factory=list)
    broken: dict[int, str] = field(default_factory=dict)

    def checks(self) -> set[str]:
        """The numbers of all exercises that are checked, those in broken cells included."""
        found = {number for statement in self.statements for number in statement.checks}
        return found | {
            number for at in self.broken for number in checks_in_text(self.cells[at].source)
        }


def read_program(cells: Sequence[Cell]) -> Program:
    """The program of a notebook's code cells, without IPython's own lines (%, !, ?)."""
    program = Program(cells)
    for at, cell in enumerate(cells):
        try:
            nodes = _parse(cell.source)
            program.statements += [_statement(node, at) for node in nodes]
        except SyntaxError as error:
            program.broken[at] = f"{error.msg}, line {error.lineno}"
        except (ValueError, RecursionError, MemoryError) as error:  # null bytes, endless nesting
            program.broken[at] = str(error) or type(error).__name__
    return program


def checks_in_text(source: str) -> list[str]:
    """The numbers in check("…", where the text cannot be parsed."""
    return re.findall(r"""\bcheck\(\s*["']([\d.]+)["']""", source)


def deciding(names: Iterable[str], statements: Sequence[Statement]) -> list[Statement]:
    """The statements that decide what `names` are, in order."""
    wanted = set(names)
    chosen: set[int] = set()
    while True:
        more = {
            i
            for i, statement in enumerate(statements)
            if i not in chosen and (statement.binds | statement.touches) & wanted
        }
        if not more:
            return [statements[i] for i in sorted(chosen)]
        chosen |= more
        wanted.update(*(statements[i].uses for i in more))


def missing(statements: Iterable[Statement]) -> set[str]:
    """The names that must be there before the statements run in this order."""
    known: set[str] = set()
    found: set[str] = set()
    for statement in statements:
        later = statement.binds if statement.defines else frozenset()
        found |= statement.uses - known - later
        known |= statement.binds
    return found


def _parse(source: str) -> list[ast.stmt]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        # IPython's own lines; a cell magic (%%time) is a line of its own above the code.
        tree = ast.parse(re.sub(r"(?m)^[ \t]*[%!?].*$|^[ \t]*[\w.]+\?+[ \t]*$", "", source))
    return [one for node in tree.body for one in _each_import(node)]


def _each_import(node: ast.stmt) -> list[ast.stmt]:
    """`from a import b, c` as two statements, so that only what is needed is imported."""
    if isinstance(node, ast.Import):
        return [ast.Import([alias]) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [ast.ImportFrom(node.module, [alias], node.level) for alias in node.names]
    return [node]


def _statement(node: ast.stmt, cell: int) -> Statement:
    numbers, given = [], []
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and (number := _checked(call)):
            numbers.append(number)
            given.append(tuple(map(ast.unparse, call.args[2:])))
            call.func = ast.Name(RECORD, ast.Load())
            answer = [keyword.value for keyword in call.keywords if keyword.arg == "answer"]
            # What the answer depends on comes from the course.
            call.args = [ast.Constant(number), *call.args[1:2], *answer]
            call.keywords = []
    source = ast.unparse(ast.fix_missing_locations(node))
    table = symtable.symtable(source, "<cell>", "exec")
    binds = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_assigned() or symbol.is_imported()
    }
    dots = any(isinstance(one, ast.Constant) and one.value is ... for one in ast.walk(node))
    return Statement(
        source,
        cell,
        frozenset(binds),
        frozenset(_used(table) - {RECORD}),
        frozenset(_touched(node) - binds),
        tuple(numbers),
        tuple(given),
        dots,
    )


def _checked(call: ast.Call) -> str:
    """The exercise's number if this is `check("1.2", …)`, also as an attribute of a module."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    first = call.args[0] if call.args else None
    if name != "check" or not isinstance(first, ast.Constant):
        return ""
    number = str(first.value).strip()
    return number if re.fullmatch(r"\d+\.\d+", number) else ""


def _used(table: symtable.SymbolTable, top: bool = True) -> set[str]:
    names = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (top or symbol.is_global())
    }
    return names.union(*(_used(child, top=False) for child in table.get_children()))


def _touched(node: ast.stmt) -> set[str]:
    """Roots of what a statement changes in place; imported modules are not worth following."""
    changed: list[ast.expr] = []
    for one in ast.walk(node):
        if isinstance(one, (ast.Attribute, ast.Subscript)) and isinstance(one.ctx, ast.Store):
            changed.append(one)
        if isinstance(one, ast.Expr) and isinstance(one.value, ast.Call):
            changed.append(one.value.func)
    roots = set()
    for target in changed:
        deep = isinstance(target, (ast.Attribute, ast.Subscript))
        while isinstance(target, (ast.Attribute, ast.Subscript, ast.Call)):
            target = target.func if isinstance(target, ast.Call) else target.value
        if deep and isinstance(target, ast.Name):
            roots.add(target.id)
    return roots
