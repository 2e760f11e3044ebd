"""The child's side of marking: run what an exercise needs, and report what came out.

`python -m regutils.course.grading.marking` reads one task as a line of JSON, and what the course
has computed beforehand as a pickle after it; it writes a line of JSON per attempt to its standard
output. The submission's own output goes nowhere.
"""

import contextlib
import json
import os
import pickle
import sys
import time
from typing import Any, BinaryIO

from ..checks import Outcome, observe
from ..exercises import EXERCISES
from .programs import RECORD
from .wire import encode

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


def main() -> None:
    """Do the task on standard input."""
    stdin, results = sys.stdin.buffer, _results()
    task = json.loads(stdin.readline())
    values = pickle.loads(stdin.read())  # made by the course's own cells, before any submission ran
    if task["kind"] == "course":
        results.write(pickle.dumps(_course_values(task["exercises"])))
        results.close()
        return
    _limit(task["seconds"], task["megabytes"], task["processes"])
    _write(results, {"ready": True})
    for at, attempt in enumerate(task["attempts"]):
        _write(results, {"begun": at})
        started = time.perf_counter()
        outcomes = _attempt(attempt, values.get(attempt["exercise"], b""))
        seconds = time.perf_counter() - started
        _write(results, {"done": at, "seconds": seconds, "outcomes": outcomes})


def _results() -> BinaryIO:
    """The pipe to whoever started us; print() and the like no longer reach it."""
    results = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        if stream:
            os.dup2(nowhere, stream)
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")
    return results


def _write(results: BinaryIO, message: dict) -> None:
    results.write(json.dumps(message).encode() + b"\n")
    results.flush()


def _limit(seconds: float, megabytes: int, processes: int) -> None:
    """Bounds that this process and its children cannot raise again; there are none on Windows.

    seconds: of computing, all attempts together.
    megabytes: of memory beyond what importing took.
    processes: of this user beyond those that run already; the system ignores it for root.
    """
    if resource is None:
        return
    wanted = {"RLIMIT_CPU": int(seconds), "RLIMIT_CORE": 0, "RLIMIT_FSIZE": 100_000_000}
    with contextlib.suppress(OSError), open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[0])
        wanted["RLIMIT_AS"] = pages * resource.getpagesize() + megabytes * 1_000_000
    wanted["RLIMIT_NPROC"] = processes
    for name, value in wanted.items():
        with contextlib.suppress(AttributeError, ValueError, OSError):  # unknown, or stricter now
            resource.setrlimit(getattr(resource, name), (value, value))


def _attempt(attempt: dict, values: bytes) -> list[dict]:
    """Every outcome of one call of check(), as JSON."""
    outcomes: list[Outcome] = []
    problem = ""

    def record(number: str, answer: Any = ..., *_given: Any) -> None:
        if number == attempt["exercise"]:
            outcomes.append(observe(EXERCISES[number], answer))

    space = {"__name__": "__main__", RECORD: record, "display": lambda *args, **kwargs: None}
    space |= pickle.loads(values) if values else {}
    for source in attempt["statements"]:
        try:
            exec(compile(source, "<submission>", "exec"), space)
        except BaseException as error:  # whatever it raises, it is the submission's, not ours
            said = " ".join(str(error).split())[:500]
            problem = problem or f"Your code raised {type(error).__name__}: {said}"
    if not outcomes:
        outcomes = [Outcome([], None, problem.removesuffix(": ") or "Your check never ran.")]
    return [_coded(outcome) for outcome in outcomes[-5:]]


def _coded(outcome: Outcome) -> dict:
    return {
        "values": [encode(value) for value in outcome.values],
        "changed": outcome.changed,
        "problem": outcome.problem[:1000],
    }


def _course_values(exercises: list[dict]) -> dict[str, tuple[tuple, dict[str, Any]] | str]:
    """Per exercise: what its answer depends on, and the values of its cells' names; or what failed.

    A value that another process cannot read, such as a function, is left out.
    """
    found: dict[str, tuple[tuple, dict[str, Any]] | str] = {}
    for exercise in exercises:
        space: dict[str, Any] = {"__name__": "__main__"}
        try:
            for source in exercise["statements"]:
                exec(compile(source, "<course>", "exec"), space)
            given = tuple(eval(source, space) for source in exercise["given"])
        except Exception as error:  # a teacher's own notebook may fail
            found[exercise["exercise"]] = f"{type(error).__name__}: {error}"
            continue
        kept = {name: space[name] for name in exercise["names"] if _picklable(space[name])}
        found[exercise["exercise"]] = (given, kept)
    return found


def _picklable(value: Any) -> bool:
    """Whether another process can read it: not so a function or class of the notebook's own."""
    try:
        return b"__main__" not in pickle.dumps(value)
    except Exception:  # every library refuses in its own way
        return False


if __name__ == "__main__":
    main()
