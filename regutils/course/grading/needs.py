"""Which statements of a submission and of the course an attempt at an exercise consists of."""

import builtins
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ..exercises import CHAPTERS, EXERCISES, Choice
from .programs import Cell, Program, Statement, checks_in_text, deciding, missing, read_program
from .submissions import read_cells

BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True)
class Attempt:
    """One call of check(): what to run for it, or the problem that keeps it from running."""

    exercise: str
    statements: tuple[str, ...] = ()
    problem: str = ""


@dataclass
class Lesson:
    """A notebook of the course.

    numbers: of its exercises, in order.
    """

    notebook: str
    numbers: tuple[str, ...]
    program: Program = field(repr=False)

    @cached_property
    def _cells_with_checks(self) -> set[int]:
        return {statement.cell for statement in self.program.statements if statement.checks}

    @cached_property
    def _own_sources(self) -> set[str]:
        return {s.source for s in self.program.statements if not s.stub and not s.checks}

    @cached_property
    def _workshop(self) -> tuple[set[str], set[str]]:
        """(ids of the cells without an exercise, names that they bind)"""
        outside = set(range(len(self.program.cells))) - self._cells_with_checks
        names: set[str] = set()
        names.update(*(s.binds for s in self.program.statements if s.cell in outside))
        return {self.program.cells[i].id for i in outside} - {""}, names

    def checked_by(self, program: Program) -> bool:
        """Whether a notebook checks one of the exercises."""
        return bool(program.checks() & set(self.numbers))

    def shares_cells(self, program: Program) -> bool:
        """Whether a notebook is this one without its checks: cells of the course are in it."""
        ids = {cell.id for cell in program.cells} - {""}
        return bool(ids & self._workshop[0])

    def given(self, number: str) -> tuple[str, ...]:
        """What the course hands to the exercise's check beside the answer, as source code."""
        if isinstance(EXERCISES[number], Choice) or EXERCISES[number].cases is not None:
            return ()
        for statement in self.program.statements:
            if number in statement.checks:
                return statement.given[statement.checks.index(number)]
        return ()

    def before(self, number: str) -> list[Statement]:
        """The course's own statements up to the exercise, without stubs and checks."""
        statements = self.program.statements
        last = max((s.cell for s in statements if number in s.checks), default=-1)
        return [
            s
            for s in statements
            if s.cell <= last and not s.stub and not s.checks and "check" not in s.binds
        ]

    def making_given(self, number: str) -> list[Statement]:
        """What makes the values that an exercise depends on, and the rest of its cell."""
        before = self.before(number)
        last = {s.cell for s in self.program.statements if number in s.checks}
        names = {name for s in before if s.cell in last for name in s.binds}
        for source in self.given(number):
            names |= read_program([Cell("", source)]).statements[0].uses
        return deciding(names, before)

    def attempts(self, program: Program, number: str, kept: Collection[str]) -> list[Attempt]:
        """Every call of the exercise's check in a submitted notebook.

        kept: names whose values the course has made already.
        """
        found = [
            self._attempt(program, at, number, kept)
            for at, statement in enumerate(program.statements)
            if number in statement.checks
        ]
        for cell, reason in program.broken.items():
            if number in checks_in_text(program.cells[cell].source):
                found.append(Attempt(number, problem=f"The cell is not Python: {reason}."))
        return found

    def _attempt(self, program: Program, at: int, number: str, kept: Collection[str]) -> Attempt:
        call = program.statements[at]
        own = [(i, s) for i, s in enumerate(program.statements) if self._is_own(program, s)]
        chosen = deciding(call.uses, [s for i, s in own if i < at])
        course = [s for s in self.before(number) if not s.binds or not s.binds <= set(kept)]
        there = {name for s in course for name in s.binds} | set(kept) | BUILTINS
        # A helper or the answer itself may stand further down.
        chosen += deciding(missing([*chosen, call]) - there, [s for i, s in own if i > at])
        needed = deciding(missing([*chosen, call]) - set(kept), course)
        return Attempt(number, tuple(s.source for s in [*needed, *chosen, call]))

    def _is_own(self, program: Program, statement: Statement) -> bool:
        """Whether a submitted statement is the learner's: not the course's, nor a change of it."""
        if statement.checks or "check" in statement.binds:
            return False
        if statement.source in self._own_sources:
            return False
        ids, names = self._workshop
        changed = program.cells[statement.cell].id in ids and statement.binds <= names
        return not (changed and statement.binds)


def read_lessons(folder: Path) -> Sequence[Lesson]:
    """The course's notebooks in `folder` that have exercises."""
    lessons = []
    for chapter in CHAPTERS:
        cells, _, reason = read_cells(folder / f"{chapter.notebook}.ipynb")
        if not reason:
            lessons.append(Lesson(chapter.notebook, tuple(chapter.exercises), read_program(cells)))
    return lessons
