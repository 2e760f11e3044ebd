"""The marks of one submission: its attempts are run in a child process and judged here."""

import json
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psutil

from ..checks import NOT_ATTEMPTED, RIGHT, Outcome, judge
from ..exercises import EXERCISES
from . import confined
from .confined import Limits
from .needs import Attempt, Lesson
from .programs import Program
from .wire import decode

# After so many times the rest of a submission is not run.
STOPS = 3
# Best first: of several attempts at an exercise the best counts.
ORDER = ("right", "not yet", "stopped", "not attempted")
MODULE = "regutils.course.grading.marking"

# Per exercise: what its answer depends on and the values of its cells' names, or what failed.
Given = Mapping[str, tuple[tuple, dict[str, Any]] | str]


@dataclass(frozen=True)
class Mark:
    """status: one of ORDER; seconds: what the best attempt took, None where nothing was run."""

    notebook: str
    exercise: str
    status: str
    hint: str = ""
    seconds: float | None = None


def given_by_course(
    exercises: Sequence[tuple[Lesson, str]], say: Callable[[str], None]
) -> dict[str, tuple[tuple, dict[str, Any]] | str]:
    """Run the course's own cells that these exercises depend on, once for all submissions."""
    if not exercises:
        return {}
    asked = []
    for lesson, number in exercises:
        statements = lesson.making_given(number)
        names = sorted({name for statement in statements for name in statement.binds})
        sources = [statement.source for statement in statements]
        asked.append(
            {
                "exercise": number,
                "statements": sources,
                "given": lesson.given(number),
                "names": names,
            }
        )
    say(f"the course's own cells for {', '.join(number for _, number in exercises)}")
    received: list[bytes] = []

    def keep(part: bytes) -> bool:
        received.append(part)
        return True

    task = json.dumps({"kind": "course", "exercises": asked}).encode() + b"\n"
    limits = Limits(seconds=3600, megabytes=100_000, processes=1000)
    reason = confined.run(MODULE, task + pickle.dumps({}), limits, keep, first=3600)
    if reason:
        return {number: reason for _, number in exercises}
    return pickle.loads(b"".join(received))  # from the course's cells, no submission's


def mark(
    programs: Mapping[str, list[Program]],
    lessons: Sequence[Lesson],
    given: Given,
    limits: Limits,
) -> list[Mark]:
    """The marks for every exercise of the notebooks that were handed in.

    programs: by notebook of the course, all that was handed in for it.
    """
    handed = [lesson for lesson in lessons if lesson.notebook in programs]
    attempts: list[Attempt] = []
    for lesson in handed:
        for number in lesson.numbers:
            kept = given[number][1] if isinstance(given.get(number), tuple) else {}
            for program in programs[lesson.notebook]:
                attempts += lesson.attempts(program, number, kept)
    results = _Run(attempts, given, limits).results()
    marks = []
    for lesson in handed:
        for number in lesson.numbers:
            own = [
                _judged(lesson.notebook, attempt, result, given)
                for attempt, result in zip(attempts, results)
                if attempt.exercise == number
            ]
            own.append(Mark(lesson.notebook, number, "not attempted"))
            marks.append(min(own, key=lambda mark: ORDER.index(mark.status)))
    return marks


@dataclass
class _Result:
    outcomes: list[Outcome] = field(default_factory=list)
    stopped: str = ""
    seconds: float | None = None


class _Run:
    """The attempts of one submission, in as few child processes as it allows."""

    def __init__(self, attempts: Sequence[Attempt], given: Given, limits: Limits):
        self._attempts = attempts
        self._given = given
        self._limits = limits
        self._results: dict[int, _Result] = {}
        self._todo: list[int] = []
        self._begun: int | None = None
        self._nonsense = False
        self._lines = 0

    def results(self) -> list[_Result]:
        """One per attempt, in their order."""
        for at, attempt in enumerate(self._attempts):
            failed = self._given.get(attempt.exercise)
            if attempt.problem:
                self._results[at] = _Result([Outcome([], None, attempt.problem)])
            elif isinstance(failed, str):
                self._results[at] = _Result(stopped=f"the course's own cells failed: {failed}")
        stops = 0
        while self._start() and stops < STOPS:
            stops += 1
        for at in self._todo:
            hint = f"not run: the submission was stopped {STOPS} times"
            self._results[at] = _Result(stopped=hint)
        return [self._results[at] for at in range(len(self._attempts))]

    def _start(self) -> bool:
        """Run what is left; whether something of it is left still."""
        self._todo = [at for at in range(len(self._attempts)) if at not in self._results]
        if not self._todo:
            return False
        self._begun = None
        self._nonsense = False
        self._lines = 0
        reason = confined.run(
            MODULE, self._message(), self._limits, self._on_line, confined.START_SECONDS
        )
        left = [at for at in self._todo if at not in self._results]
        if not left:
            self._todo = []
            return False
        if self._nonsense:
            reason = "wrote what is no result"
        stopped = left if self._begun is None else [self._begun]
        for at in stopped:
            seconds = self._limits.seconds if reason.startswith("ran longer") else None
            self._results[at] = _Result(stopped=reason or "ended its process", seconds=seconds)
        self._todo = [at for at in left if at not in self._results]
        return bool(self._todo)

    def _message(self) -> bytes:
        attempts = [self._attempts[at] for at in self._todo]
        task = {
            "kind": "submission",
            "attempts": [{"exercise": a.exercise, "statements": a.statements} for a in attempts],
            "seconds": self._limits.seconds * len(attempts) + 60,
            "megabytes": self._limits.megabytes,
            "processes": _threads_of_this_user() + self._limits.processes,
        }
        values = {
            number: pickle.dumps(made[1])
            for number, made in self._given.items()
            if isinstance(made, tuple) and any(a.exercise == number for a in attempts)
        }
        return json.dumps(task).encode() + b"\n" + pickle.dumps(values)

    def _on_line(self, line: bytes) -> bool:
        self._lines += 1
        try:
            message = json.loads(line)
            if "begun" in message:
                self._begun = self._todo[message["begun"]]
            if "done" in message:
                outcomes = [
                    Outcome(
                        [decode(value) for value in one["values"]],
                        one["changed"] and [tuple(names) for names in one["changed"]],
                        str(one["problem"]),
                    )
                    for one in message["outcomes"]
                ]
                at = self._todo[message["done"]]
                self._results[at] = _Result(outcomes, seconds=float(message["seconds"]))
        except Exception:  # whatever a submission wrote in place of a result
            self._nonsense = True
        more = any(at not in self._results for at in self._todo)
        return more and not self._nonsense and self._lines <= 2 * len(self._todo) + 1


def _judged(notebook: str, attempt: Attempt, result: _Result, given: Given) -> Mark:
    """The best of what one call of check() was handed."""
    number = attempt.exercise
    if result.stopped:
        return Mark(notebook, number, "stopped", result.stopped, result.seconds)
    made = given.get(number, ((), {}))
    found = [Mark(notebook, number, "not attempted", "", result.seconds)]
    for outcome in result.outcomes:
        problem = outcome.problem
        if any(sign in problem for sign in ("MemoryError", "not enough memory")):
            found.append(Mark(notebook, number, "stopped", "used too much memory", result.seconds))
            continue
        verdict = judge(EXERCISES[number], outcome, made[0] if isinstance(made, tuple) else ())
        status = "not attempted" if verdict.status == NOT_ATTEMPTED else verdict.status
        hint = "" if verdict.status == RIGHT else verdict.message
        found.append(Mark(notebook, number, status, hint, result.seconds))
    return min(found, key=lambda mark: ORDER.index(mark.status))


def _threads_of_this_user() -> int:
    """What counts against the system's limit of processes, as far as it can be seen."""
    user = psutil.Process().username()
    running = psutil.process_iter(["username", "num_threads"])
    return sum(p.info["num_threads"] or 1 for p in running if p.info["username"] == user)
