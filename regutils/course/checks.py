"""Exercise checks: not attempted / right / not yet, with a hint for the usual mistakes.

A notebook ends an exercise with `check("1.2", answer)`. EXERCISES holds, per exercise, the reference and the wrong
answers that deserve a hint, as functions of the same arguments; so what tests the learner is itself tested.
"""

import copy
from dataclasses import dataclass

import torch

from ..arguments import require
from .exercises import EXERCISES, Exercise


@dataclass(frozen=True)
class Verdict:
    """status: "not attempted yet", "right" or "not yet"; message: one sentence. Shows itself as text."""

    exercise: str
    status: str
    message: str

    def __repr__(self):
        return f"Exercise {self.exercise}: {self.status}. {self.message}".strip()


def check(name: str, answer, *given) -> Verdict:
    """Compare an answer (a value, or a function) with exercise `name`; `given` is what the value depends on."""
    require(name in EXERCISES, "exercise", name, f"one of {', '.join(EXERCISES)}")
    exercise = EXERCISES[name]
    try:
        answers = _results(answer, exercise, given)
    except Exception as error:  # the learner's own code failed: that is the verdict, not a crash
        return Verdict(name, "not yet", f"Your code raised {type(error).__name__}: {error}")
    if any(value is None or value is ... for value in answers):
        return Verdict(name, "not attempted yet", "")
    right = _results(exercise.right, exercise, given, reference=True)
    if all(map(_same, answers, right)):
        return Verdict(name, "right", exercise.because)
    for wrong, hint in exercise.hints:
        if all(map(_same, answers, _results(wrong, exercise, given, reference=True))):
            return Verdict(name, "not yet", hint)
    got = next(value for value, wanted in zip(answers, right) if not _same(value, wanted))
    return Verdict(
        name,
        "not yet",
        f"None of the usual mistakes; your code gives {_short(got)} where that is wrong.",
    )


def _results(answer, exercise: Exercise, given: tuple, reference: bool = False) -> list:
    cases = exercise.cases()
    if not cases:
        return [answer(*given) if reference else answer]
    return [answer if answer is ... else answer(*copy.deepcopy(case)) for case in cases]


def _same(a, b) -> bool:
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) and isinstance(b, str) and a.strip().lower() == b.strip().lower()
    if isinstance(b, (tuple, list)):
        return isinstance(a, (tuple, list)) and len(a) == len(b) and all(map(_same, a, b))
    try:
        a, b = torch.as_tensor(a, dtype=torch.float64), torch.as_tensor(b, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        return False
    return a.shape == b.shape and torch.allclose(a, b, rtol=1e-4, atol=1e-6)


def _short(value) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 90 else text[:87] + "..."
