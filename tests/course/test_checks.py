"""Every exercise of every notebook: the reference is right, each usual mistake gets its own hint."""

import pytest
import torch

from regutils.course import checks
from regutils.course.checks import EXERCISES, check

# What the exercises with a value for an answer depend on; the others carry their own cases.
GIVEN = {
    "1.4": (
        torch.tensor([0.0, 0.1, 2.0]),
        torch.tensor([[0.0, 0.1], [0.1, 0.2], [0.2, 0.3]]),
        torch.tensor([[0.5, 0.4], [0.3, 0.3], [0.1, 0.9]]),
    )
}
GIVEN |= {
    "5.2": (),
    "5.3": (
        torch.tensor([0.0, 0.1, 2.0]),
        torch.tensor([[0.0, 0.1], [0.1, 0.2], [0.2, 0.3]]),
        torch.tensor([[0.5, 0.5], [0.3, 0.4], [0.25, 0.6]]),
    ),
}


def answer(name, function):
    return function if EXERCISES[name].cases() else function(*GIVEN[name])


def given(name):
    return () if EXERCISES[name].cases() else GIVEN[name]


@pytest.mark.parametrize("name", EXERCISES)
def test_the_reference_is_right_and_every_usual_mistake_gets_its_hint(name):
    exercise = EXERCISES[name]
    verdict = check(name, answer(name, exercise.right), *given(name))
    assert (verdict.status, verdict.message) == ("right", exercise.because)
    assert len(exercise.hints) >= 2
    for wrong, hint in exercise.hints:
        verdict = check(name, answer(name, wrong), *given(name))
        assert (verdict.status, verdict.message) == ("not yet", hint)


@pytest.mark.parametrize("name", EXERCISES)
def test_what_is_not_attempted_is_said_to_be_so(name):
    if EXERCISES[name].cases():
        assert (
            check(name, lambda *args: ...).status
            == check(name, lambda *args: None).status
            == "not attempted yet"
        )
    assert repr(check(name, ..., *given(name))) == f"Exercise {name}: not attempted yet."


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda loss, w, lam: loss, "None of the usual mistakes; your code gives tensor("),
        (lambda loss, w, lam: w.nothing, "Your code raised AttributeError"),
        (lambda w: w, "Your code raised TypeError"),
        (lambda loss, w, lam: "much", "your code gives 'much'"),
        (3.0, "Your code raised TypeError"),
    ],
)
def test_other_mistakes_get_a_verdict_and_no_crash(mistake, said):
    verdict = check("1.1", mistake)
    assert verdict.status == "not yet" and said in verdict.message


def test_a_learners_function_cannot_spoil_the_next_check():
    def spoils(loss, w, lam):
        return w.zero_().sum()

    check("1.1", spoils)
    assert check("1.1", EXERCISES["1.1"].right).status == "right"


def test_strings_tuples_and_shapes_are_compared_as_such():
    assert checks._same("B ", "b") and not checks._same("a", "b") and not checks._same("0", 0)
    assert checks._same((1, [1.0, 1.0]), (1.0, torch.ones(2))) and not checks._same((1,), (1, 2))
    assert not checks._same(torch.ones(2), torch.ones(2, 1)) and not checks._same(None, 1.0)


def test_an_unknown_exercise_is_named():
    with pytest.raises(ValueError, match=r"exercise must be one of 1\.1, .*; got '9\.9'"):
        check("9.9", ...)
