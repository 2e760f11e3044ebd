"""Exercise checks: not attempted / right / not yet, with a hint for the usual mistakes.

A notebook ends an exercise with `check("1.2", answer)`. The references and the wrong answers that
deserve a hint are functions of the same arguments, so what tests the learner is itself tested.
"""

import copy
import dis
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType

import torch

from ..arguments import require
from .compare import difference, letter_of, same, short, untouched
from .exercises import EXERCISES, Choice, Exercise
from .exercises.kinds import told

NOT_ATTEMPTED = "not attempted yet"
RIGHT = "right"
NOT_YET = "not yet"
MIME = "application/vnd.regutils.check+json"


@dataclass(frozen=True)
class Verdict:
    """Show itself as text, and as JSON for `regutils grade`.

    - status: "not attempted yet", "right" or "not yet".
    - message: what to say about it; empty for what is not attempted.
    - kind: what it is a verdict on.
    """

    exercise: str
    status: str
    message: str
    kind: str = "Exercise"

    def __repr__(self):
        return f"{self.kind} {self.exercise}: {self.status}. {self.message}".strip()

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        verdict = {"exercise": self.exercise, "verdict": self.status, "message": self.message}
        return {"text/plain": repr(self), MIME: verdict}


@dataclass(frozen=True)
class Outcome:
    """Values that an answer gave, before they are judged.

    - values: one per case, or the answer itself where a value is asked.
    - changed: per case, the names of the arguments that a learner's function altered.
    - problem: what kept it from giving anything; empty if nothing did.
    """

    values: list
    changed: list[tuple[str, ...]] | None = None
    problem: str = ""


def check(number: str, answer, *given) -> Verdict:
    """Return the verdict on an answer to an exercise; no answer makes it raise.

    - number: of the exercise, in quotes.
    - answer: a function, a value or a letter; `...` where nothing was attempted.
    - given: what a value depends on.

    Raises ValueError if the exercise is none of ours or needs other data.
    """
    # Without quotes 6.10 is 6.1, another exercise.
    require(not isinstance(number, float), "exercise", number, 'in quotes, such as "6.10"')
    number = str(number).strip()
    require(number in EXERCISES, "exercise", number, f"one of {', '.join(EXERCISES)}")
    exercise = EXERCISES[number]
    if isinstance(exercise, Exercise) and exercise.cases is None:
        given = _numbers(exercise, given)
    try:
        if isinstance(exercise, Choice):
            status, message = _judge_letter(exercise, answer)
        else:
            status, message = _judge_values(exercise, answer, given)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # an object that fails when it is looked at
        status, message = NOT_YET, f"Your answer cannot be compared: {_said(error)}"
    # A surrogate, half a character, can be neither sent to a browser nor written to a file.
    message = message.encode("utf-8", "backslashreplace").decode()
    verdict = Verdict(number, status, message)
    if "REGUTILS_GRADING" in os.environ:  # a verdict counts even where a cell does not show it
        from IPython.display import display

        display(verdict)
    return verdict


def _observe(exercise: Exercise, answer) -> Outcome:
    """Run a function on copies of the cases; what it raises becomes the outcome's problem."""
    if exercise.cases is None or answer is ...:
        return Outcome([answer])
    values: list = []
    changed: list[tuple[str, ...]] = []
    try:
        for case in exercise.cases():
            _call_with(answer, exercise, case, values, changed)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the learner's own code failed: that is the verdict
        if _left_open(error, answer):
            return Outcome([...])
        return Outcome(values, changed, f"Your code raised {_said(error)}")
    return Outcome([...] if _does_nothing(answer) else values, changed)


def _expected(exercise: Exercise, function: Callable, given: tuple) -> Outcome:
    """Return what the reference or a mistake gives, on the cases or on `given`."""
    return _observe(exercise, function) if exercise.cases else Outcome([function(*given)])


def _numbers(exercise: Exercise, given: tuple) -> tuple:
    """Return what a value depends on as tensors; ValueError for what the reference cannot take."""
    wanted = ", ".join(exercise.arguments)
    name = f"what {exercise.number} depends on"
    require(len(given) == len(exercise.arguments), name, given, wanted)
    try:
        numbers = tuple(map(torch.as_tensor, given))
        exercise.right(*numbers)
        return numbers
    except Exception as error:  # whatever torch says to data that are no numbers
        raise ValueError(f"{name} must be {wanted}, as arrays of numbers; {error}") from error


def _said(error: BaseException) -> str:
    """Return an exception's class and message on one line."""
    try:
        said = " ".join(str(error).split())
    except Exception:  # a learner's exception may fail when it is printed
        said = ""
    return f"{type(error).__name__}: {said[:500]}".removesuffix(": ")


def _call_with(answer, exercise: Exercise, case: tuple, values: list, changed: list) -> None:
    """Add to `values` and `changed` what the answer does on a copy of the case."""
    names = exercise.arguments
    wanted = ", ".join(names)
    if not callable(answer):
        raise TypeError(f"the answer is a function of ({wanted}), named without calling it")
    try:
        taken = inspect.signature(answer)
    except (TypeError, ValueError):  # a function written in C may not tell
        taken = None
    if taken is not None:
        try:
            taken.bind(*case)
        except TypeError as error:
            raise TypeError(f"it takes {taken}, and the exercise hands it ({wanted})") from error
    handed = copy.deepcopy(case)
    values.append(answer(*handed))
    changed.append(
        tuple(name for name, was, now in zip(names, case, handed) if not untouched(was, now))
    )


def _left_open(error: BaseException, answer) -> bool:
    """Return whether the answer itself says `raise NotImplementedError`.

    PyTorch raises it too, for a misspelt `forward` or the softmax of whole numbers.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if not isinstance(error, NotImplementedError) or trace is None:
        return False
    code = trace.tb_frame.f_code
    own = code is getattr(answer, "__code__", None)
    return own and code.co_code[trace.tb_lasti] == dis.opmap["RAISE_VARARGS"]


def _does_nothing(answer) -> bool:
    """Return whether a function's body is empty: `pass`, or `...` without a return."""
    idle = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}
    return isinstance(answer, FunctionType) and all(
        step.opname in idle and not (step.opname.endswith("CONST") and step.argval is not None)
        for step in dis.get_instructions(answer)
    )


def _judge_values(exercise: Exercise, answer, given: tuple) -> tuple[str, str]:
    outcome = _observe(exercise, answer)
    values, right = outcome.values, _expected(exercise, exercise.right, given)
    if outcome.problem:
        return NOT_YET, outcome.problem
    if any(value is ... for value in values):
        return NOT_ATTEMPTED, ""
    if any(value is None for value in values):
        return _judge_nothing(exercise, values)
    if all(map(same, values, right.values)):
        return _judge_side_effects(exercise, outcome)
    for mistake in exercise.mistakes:
        wrong = _expected(exercise, mistake, given)
        if all(map(same, values, wrong.values)):
            return NOT_YET, told(mistake)
    pairs = zip(values, right.values)
    return NOT_YET, next(difference(*pair) for pair in pairs if not same(*pair))


def _judge_nothing(exercise: Exercise, values: list) -> tuple[str, str]:
    if exercise.cases is None:
        return NOT_ATTEMPTED, ""
    if all(value is None for value in values):
        return NOT_YET, (
            "Your function returns nothing: is there a return? "
            "(print shows a value and hands nothing back.)"
        )
    return NOT_YET, "Your function returns nothing for some inputs: is there a return on every way?"


def _judge_side_effects(exercise: Exercise, outcome: Outcome) -> tuple[str, str]:
    """Judge right values: they are the answer unless the function altered what it was given."""
    altered = sorted({name for names in outcome.changed or () for name in names})
    if not altered:
        return RIGHT, told(exercise.right)
    for mistake in exercise.mistakes:
        wrong = _observe(exercise, mistake)
        if wrong.changed == outcome.changed and all(map(same, outcome.values, wrong.values)):
            return NOT_YET, told(mistake)
    return NOT_YET, (
        f"The result is right, but your function alters {' and '.join(altered)}, which belongs to "
        "the caller: work on a copy, without in-place operations."
    )


def _judge_letter(choice: Choice, answer) -> tuple[str, str]:
    if answer is None or answer is ... or (isinstance(answer, str) and not answer.strip(" .")):
        return NOT_ATTEMPTED, ""
    letter = letter_of(answer) if isinstance(answer, str) else ""
    if letter not in choice.reasons:
        asked = f'one letter from A to {max(choice.reasons)}, in quotes, such as "A"'
        return NOT_YET, f"The answer is {asked}; got {short(answer)}."
    return (RIGHT if letter == choice.letter else NOT_YET), choice.reasons[letter]
