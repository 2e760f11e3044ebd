"""Kinds of exercises: code, multiple choice, open question.

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

    chapter.choice(
        "2.8",
        "What does a larger λ do to the weights?",
        wrong("It enlarges them.", "The price grows with their size."),
        right("It shrinks them.", "Each is pulled towards zero."),
    )

    chapter.open("2.9", "Why?", rubric=["It says what the penalty sees.", "It gives a number."])

The docstring of an answer is what whoever hands it in is told.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase

from ...arguments import require


@dataclass
class Exercise:
    """An exercise answered by a function, or by a value made of what the notebook computed.

    right: the reference, a function.
    cases: makes the argument tuples on which a learner's function is compared with `right`; None
        when the answer is a value, which is then compared with `right(*given)`.
    mistakes: functions of the same arguments, in the order in which they are tried.
    """

    number: str
    right: Callable
    cases: Callable[[], tuple[tuple, ...]] | None = None
    mistakes: list[Callable] = field(default_factory=list)

    def wrong(self, mistake: Callable) -> Callable:
        """Register the function below as a known mistake; its docstring is the hint for it."""
        self.mistakes.append(mistake)
        return mistake

    @property
    def arguments(self) -> tuple[str, ...]:
        """Return the names of what `right` is given."""
        return tuple(inspect.signature(self.right).parameters)


def told(answer: Callable) -> str:
    """Return an answer's docstring on one line: what whoever hands it in is told."""
    return " ".join((answer.__doc__ or "").split())


@dataclass(frozen=True)
class Option:
    """One answer to choose: its text, whether it is right, and what is said to whoever chose it."""

    text: str
    right: bool
    reason: str


def right(text: str, because: str) -> Option:
    """Return the option to choose."""
    return Option(text, True, because)


def wrong(text: str, reason: str) -> Option:
    """Return an option not to choose; reason: why not."""
    return Option(text, False, reason)


@dataclass(frozen=True)
class Choice:
    """A question that is answered by a letter; options: by letter, one of them right."""

    number: str
    question: str
    options: dict[str, Option]

    @property
    def letter(self) -> str:
        """Return the right answer."""
        return next(letter for letter, option in self.options.items() if option.right)

    def markdown(self) -> str:
        """Return what stands in the notebook above `check(number, ...)`, without the letter."""
        options = [f"- **{letter}** · {option.text}" for letter, option in self.options.items()]
        return "\n".join([f"**{self.number}** {self.question}", "", *options])


@dataclass(frozen=True)
class Open:
    """A question that a person marks; rubric: what a good answer says, shown once there is one."""

    number: str
    question: str
    rubric: tuple[str, ...]

    def markdown(self) -> str:
        """Return what stands in the notebook above `check(number, ...)`."""
        return f"**{self.number}** {self.question}"


class Chapter:
    """The exercises of one notebook, in the order of their definition.

    notebook: the file's name without `.ipynb`.
    """

    def __init__(self, notebook: str):
        self.notebook = notebook
        self.exercises: dict[str, Exercise | Choice | Open] = {}

    def exercise(
        self, number: str, *, cases: Callable[[], tuple[tuple, ...]] | None = None
    ) -> Callable[[Callable], Exercise]:
        """Register the function below as the right answer; its docstring says what it shows.

        The name then stands for the `Exercise`, whose `.wrong` takes the mistakes.
        """

        def register(reference: Callable) -> Exercise:
            exercise = Exercise(number, reference, cases)
            self._add(exercise)
            return exercise

        return register

    def choice(self, number: str, question: str, *options: Option) -> None:
        """Add a question; the options get the letters A, B, C … in the order given."""
        found = sum(option.right for option in options)
        require(found == 1, f"the number of right options of {number}", found, "1")
        self._add(Choice(number, question, dict(zip(ascii_uppercase, options))))

    def open(self, number: str, question: str, *, rubric: Sequence[str]) -> None:
        """Add a question that is answered in words."""
        require(len(rubric) > 0, f"the rubric of {number}", rubric, "one sentence or more")
        self._add(Open(number, question, tuple(rubric)))

    def _add(self, exercise: Exercise | Choice | Open) -> None:
        taken = exercise.number in self.exercises
        require(not taken, "number", exercise.number, f"one that {self.notebook} has not yet used")
        self.exercises[exercise.number] = exercise
