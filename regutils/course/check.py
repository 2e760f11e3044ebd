"""Exercise checks: not attempted / right / not yet, with a hint for the usual mistakes.

A notebook ends an exercise with `check("1.2", answer)`. The references and the wrong answers that
deserve a hint are functions of the same arguments, so what tests the learner is itself tested.
"""

import copy
import dis
import inspect
import re
import unicodedata
from dataclasses import dataclass
from numbers import Real
from types import FunctionType

import torch
from torch import nn

from ..arguments import require
from .exercises import EXERCISES, Choice, Exercise
from .exercises.kinds import told

NOT_ATTEMPTED = "not attempted yet"
RIGHT = "right"
NOT_YET = "not yet"


@dataclass(frozen=True)
class Verdict:
    """Shows itself as text.

    status: "not attempted yet", "right" or "not yet".
    message: what to say about it; empty for what is not attempted.
    kind: what it is a verdict on.
    """

    exercise: str
    status: str
    message: str
    kind: str = "Exercise"

    def __repr__(self):
        return f"{self.kind} {self.exercise}: {self.status}. {self.message}".strip()


@dataclass(frozen=True)
class Outcome:
    """What an answer gave, before it is judged.

    values: one per case, or the answer itself where a value is asked.
    changed: per case, the names of the arguments that a learner's function altered.
    problem: what kept it from giving anything; empty if nothing did.
    """

    values: list
    changed: list[tuple[str, ...]] | None = None
    problem: str = ""


def check(number: str, answer, *given) -> Verdict:
    """Compare an answer with an exercise.

    answer: a function, a value or a letter; `...` where nothing was attempted.
    given: what a value depends on. ValueError if the exercise is none of ours or needs other data.
    """
    # Without quotes 6.10 is 6.1, another exercise.
    require(not isinstance(number, float), "exercise", number, 'in quotes, such as "6.10"')
    number = str(number).strip()
    require(number in EXERCISES, "exercise", number, f"one of {', '.join(EXERCISES)}")
    exercise = EXERCISES[number]
    return judge(exercise, observe(exercise, answer), given)


def observe(exercise: Exercise | Choice, answer) -> Outcome:
    """Run a learner's function on the cases, on copies; never raises what the function raises."""
    if isinstance(exercise, Choice) or exercise.cases is None or answer is ...:
        return Outcome([answer])
    values: list = []
    changed: list[tuple[str, ...]] = []
    try:
        for case in exercise.cases():
            _call_with(answer, exercise, case, values, changed)
    except NotImplementedError:
        return Outcome([...])
    except (Exception, SystemExit) as error:  # the learner's own code failed: that is the verdict
        said = " ".join(str(error).split())
        problem = f"Your code raised {type(error).__name__}: {said}".removesuffix(": ")
        return Outcome(values, changed, problem)
    return Outcome([...] if _does_nothing(answer) else values, changed)


def judge(exercise: Exercise | Choice, outcome: Outcome, given: tuple = ()) -> Verdict:
    """The verdict on what an answer gave."""
    if isinstance(exercise, Choice):
        status, message = _judge_letter(exercise, outcome.values[0])
    else:
        status, message = _judge_values(exercise, outcome, given)
    return Verdict(exercise.number, status, message)


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
        tuple(name for name, was, now in zip(names, case, handed) if not _untouched(was, now))
    )


def _does_nothing(answer) -> bool:
    """Whether a function's body is empty: `pass`, or `...` without a return."""
    idle = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}
    return isinstance(answer, FunctionType) and all(
        step.opname in idle and not (step.opname.endswith("CONST") and step.argval is not None)
        for step in dis.get_instructions(answer)
    )


def _untouched(was, now) -> bool:
    """Whether an argument is what it was before the call, in every number and mode."""
    if isinstance(was, nn.Module):
        modes = [module.training for module in was.modules()]
        return modes == [module.training for module in now.modules()] and _untouched(
            was.state_dict(), now.state_dict()
        )
    if isinstance(was, torch.Tensor):
        return torch.equal(was, now)
    if isinstance(was, dict):
        return was.keys() == now.keys() and all(_untouched(was[key], now[key]) for key in was)
    return was == now


def _judge_values(exercise: Exercise, outcome: Outcome, given: tuple) -> tuple[str, str]:
    values = outcome.values
    if outcome.problem:
        return NOT_YET, outcome.problem
    if any(value is ... for value in values):
        return NOT_ATTEMPTED, ""
    if any(value is None for value in values):
        return _judge_nothing(exercise, values)
    right = _expected(exercise, exercise.right, given)
    if all(map(_same, values, right.values)):
        return _judge_side_effects(exercise, outcome)
    for mistake in exercise.mistakes:
        wrong = _expected(exercise, mistake, given)
        if all(map(_same, values, wrong.values)):
            return NOT_YET, told(mistake)
    pairs = zip(values, right.values)
    return NOT_YET, _difference(
        *next((got, wanted) for got, wanted in pairs if not _same(got, wanted))
    )


def _expected(exercise: Exercise, reference, given: tuple) -> Outcome:
    """What the reference, or a known mistake, gives."""
    if exercise.cases is not None:
        return observe(exercise, reference)
    wanted = ", ".join(exercise.arguments)
    require(
        len(given) == len(exercise.arguments), f"what {exercise.number} depends on", given, wanted
    )
    return Outcome([reference(*map(torch.as_tensor, given))])


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
    """The values are right; they are the answer unless the function altered what it was given."""
    altered = sorted({name for names in outcome.changed or () for name in names})
    if not altered:
        return RIGHT, told(exercise.right)
    for mistake in exercise.mistakes:
        wrong = observe(exercise, mistake)
        if wrong.changed == outcome.changed and all(map(_same, outcome.values, wrong.values)):
            return NOT_YET, told(mistake)
    return NOT_YET, (
        f"The result is right, but your function alters {' and '.join(altered)}, which belongs to "
        "the caller: work on a copy, without in-place operations."
    )


def _judge_letter(choice: Choice, answer) -> tuple[str, str]:
    if answer is None or answer is ...:
        return NOT_ATTEMPTED, ""
    options = choice.options
    asked = f'one letter from {min(options)} to {max(options)}, in quotes, such as "{min(options)}"'
    if not isinstance(answer, str):
        return NOT_YET, f"The answer is {asked}; got {_short(answer)}."
    if not answer.strip(" ."):
        return NOT_ATTEMPTED, ""
    letter = _letter(answer)
    if letter not in options:
        return NOT_YET, f"The answer is {asked}; got {_short(answer)}."
    option = options[letter]
    return (RIGHT if option.right else NOT_YET), option.reason


def _letter(answer: str) -> str:
    """The letter meant: "C" of "c", "(C)", "C.", or of an option copied with its text; else ""."""
    text = unicodedata.normalize("NFKC", answer).strip()
    alone = re.fullmatch(r"[\W_]*([A-Za-z])[\W_]*", text)
    copied = re.match(r"[\W_]*([A-Z])[\W_]*[.:)\]·–—-][\W_]*\w\w", text)
    found = alone or copied
    return found[1].upper() if found else ""


def _number(value) -> torch.Tensor | None:
    """A number, list, array or tensor of any type and device as float64; None for anything else."""
    if isinstance(value, (list, tuple)):
        value = [v.tolist() if hasattr(v, "tolist") else v for v in value]
    elif isinstance(value, Real):
        value = float(value)
    elif isinstance(value, torch.Tensor):
        value = value.detach().to("cpu")
        value = value.to_dense() if value.layout != torch.strided else value
    elif hasattr(value, "tolist"):
        value = value.tolist()
    try:
        tensor = torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return None
    return None if tensor.is_complex() else tensor.double()


def _same(got, wanted) -> bool:
    """Whether a value is the wanted one, to the rounding of its own number type."""
    if isinstance(got, str) or isinstance(wanted, str):
        both = isinstance(got, str) and isinstance(wanted, str)
        return both and got.strip().lower() == wanted.strip().lower()
    if isinstance(wanted, (tuple, list)):
        several = isinstance(got, (tuple, list)) or getattr(got, "ndim", 0) > 0
        return several and len(got) == len(wanted) and all(map(_same, got, wanted))
    number, target = _number(got), _number(wanted)
    if number is None or target is None:
        return False
    if target.ndim == 0 and number.numel() == 1:
        number = number.reshape(())
    half = str(getattr(got, "dtype", "")).endswith("float16")  # bfloat16 too
    rtol, atol = (1e-2, 1e-3) if half else (1e-4, 1e-6)
    return number.shape == target.shape and torch.allclose(number, target, rtol=rtol, atol=atol)


def _difference(got, wanted) -> str:
    """What can be said about a wrong value that is none of the usual mistakes."""
    if callable(got):
        return f"The answer is a value; {_short(got)} is a function: call it."
    number, target = _number(got), _number(wanted)
    if number is not None and target is not None:
        if not torch.isfinite(number).all() and torch.isfinite(target).all():
            kind = "nan (not a number)" if torch.isnan(number).any() else "infinity"
            return (
                f"Your code gives {kind}: look for a division by 0, or a root or logarithm of "
                "what is not positive."
            )
        if number.shape != target.shape and _same(number.flatten(), target.flatten()):
            return (
                f"The numbers are right; their shape is {tuple(number.shape)}, "
                f"and {tuple(target.shape)} is asked."
            )
    return f"None of the usual mistakes; your code gives {_short(got)} where that is wrong."


def _short(value) -> str:
    """A value on one line of at most 90 characters."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # a learner's class may have a __repr__ that fails
        text = f"an object of the class {type(value).__name__}"
    return text if len(text) <= 90 else text[:87] + "..."
