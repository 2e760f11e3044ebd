"""Kinds of exercises: code, and multiple choice.

A notebook's exercises stand in one file, in a `Chapter`:

    chapter = Chapter("02_l2")

    @chapter.exercise("2.2", cases=steps)
    def step(w, g, lr, lam):
        "It is a decay by a constant factor."
        return w - lr * (g + 2 * lam * w)

    @step.wrong
    def forgot_the_factor_two(w, g, lr, lam):
        "You forgot the factor 2: the derivative of λw² is 2λw."
        return w - lr * (g + lam * w)

    chapter.choice("2.8", right="B", A="The price grows with their size.", B="Each is pulled to 0.")

The docstring of an answer, or the text of a letter, is what whoever hands it in is told. Questions
and their options stand in the notebook.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from ...arguments import require

Cases = Callable[[], tuple[tuple, ...]]


@dataclass
class Exercise:
    """An exercise answered by a function, or by a value made of what the notebook computed.

    - right: the reference, a function.
    - cases: makes the argument tuples on which a learner's function is compared with `right`; None
      when the answer is a value, which is then compared with `right(*given)`.
    - mistakes: functions of the same arguments, in the order in which they are tried.
    """

    number: str
    right: Callable
    cases: Cases | None = None
    mistakes: list[Callable] = field(default_factory=list)

    def wrong(self, mistake: Callable) -> Callable:
        """Register the function below as a known mistake; its docstring is the hint for it."""
        self.mistakes.append(mistake)
        return mistake

    @property
    def arguments(self) -> tuple[str, ...]:
        """Return the names of what `right` is given."""
        return tuple(inspect.signature(self.right).parameters)


@dataclass(frozen=True)
class Choice:
    """A question answered by a letter: the right one, and by letter what is said to it."""

    number: str
    letter: str
    reasons: dict[str, str]


class Chapter:
    """The exercises of one notebook, in the order of their definition.

    - notebook: the file's name without `.ipynb`.
    """

    def __init__(self, notebook: str):
        self.notebook = notebook
        self.exercises: dict[str, Exercise | Choice] = {}

    def exercise(self, number: str, *, cases: Cases | None = None) -> Callable[..., Exercise]:
        """Register the function below as the right answer; its docstring says what it shows.

        The name then stands for the `Exercise`, whose `.wrong` takes the mistakes.
        """

        def register(reference: Callable) -> Exercise:
            exercise = Exercise(number, reference, cases)
            self._add(exercise)
            return exercise

        return register

    def choice(self, number: str, *, right: str, **reasons: str) -> None:
        """Add a question: its right letter, and for each letter why it is right or is not."""
        require(right in reasons, f"right of {number}", right, f"one of {', '.join(reasons)}")
        self._add(Choice(number, right, reasons))

    def _add(self, exercise: Exercise | Choice) -> None:
        taken = exercise.number in self.exercises
        require(not taken, "number", exercise.number, f"one that {self.notebook} has not yet used")
        self.exercises[exercise.number] = exercise


def told(answer: Callable) -> str:
    """Return an answer's docstring on one line: what whoever hands it in is told."""
    return " ".join((answer.__doc__ or "").split())


def normal(seed: int, *shapes: int | tuple[int, ...]) -> list[torch.Tensor]:
    """Return a tensor of each shape for a case, drawn from N(0, 1)."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator) for shape in shapes]
