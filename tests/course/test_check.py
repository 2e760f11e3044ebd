"""Every exercise: the reference is right, each usual mistake gets its own hint."""

import functools
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from regutils.course import check
from regutils.course.compare import same
from regutils.course.exercises import CHAPTERS, EXERCISES, Choice, Exercise
from regutils.course.exercises.kinds import Chapter, told

# What the exercises with a value for an answer depend on; the others carry their own cases.
LAMS = torch.tensor([0.0, 0.1, 2.0])
TRAIN = torch.tensor([[0.0, 0.1], [0.1, 0.2], [0.2, 0.3]])
GIVEN = {
    "1.4": (LAMS, TRAIN, torch.tensor([[0.5, 0.4], [0.3, 0.3], [0.1, 0.9]])),
    "5.3": (LAMS, TRAIN, torch.tensor([[0.5, 0.5], [0.3, 0.4], [0.25, 0.6]])),
}
CODED = [number for number, e in EXERCISES.items() if isinstance(e, Exercise)]
CHOICES = [number for number, e in EXERCISES.items() if isinstance(e, Choice)]
FUNCTIONS = [number for number in CODED if EXERCISES[number].cases]


def given(number):
    return GIVEN.get(number, ())


def answer(number, function):
    return function if EXERCISES[number].cases else function(*GIVEN[number])


@pytest.mark.parametrize("number", CODED)
def test_the_reference_is_right_and_every_usual_mistake_gets_its_hint(number):
    exercise = EXERCISES[number]
    assert len(exercise.mistakes) >= 2
    assert repr(check(number, ..., *given(number))) == f"Exercise {number}: not attempted yet."
    for function in (exercise.right, *exercise.mistakes):
        status = "right" if function is exercise.right else "not yet"
        verdict = check(number, answer(number, function), *given(number))
        assert (verdict.status, verdict.message) == (status, told(function)), function.__name__
        assert verdict.message


@pytest.mark.parametrize("number", CHOICES)
def test_every_letter_is_answered_with_its_reason(number):
    choice = EXERCISES[number]
    assert list(choice.reasons) == list("ABCDE"[: len(choice.reasons)])
    assert len(set(choice.reasons.values())) == len(choice.reasons) >= 3
    for letter, reason in choice.reasons.items():
        verdict = check(number, letter)
        assert (verdict.status == "right") == (letter == choice.letter)
        assert verdict.message == reason
    for untouched in (..., None, "", "...", "  "):
        assert repr(check(number, untouched)) == f"Exercise {number}: not attempted yet."


def test_every_notebook_has_exercises_and_questions_numbered_after_it():
    for chapter in CHAPTERS:
        kinds = list(map(type, chapter.exercises.values()))
        assert kinds.count(Exercise) >= 2 and kinds.count(Choice) >= 3, chapter.notebook
        numbers = {number.split(".")[0] for number in chapter.exercises}
        assert numbers == {chapter.notebook[:2].strip("0")}
    letters = [EXERCISES[number].letter for number in CHOICES]
    assert max(map(letters.count, letters)) <= len(letters) / 2


def stub(*args):
    return ...


def passed(*args):
    """A docstring is no answer."""
    pass


def dots(*args): ...


def raises_not_implemented(*args):
    raise NotImplementedError


@pytest.mark.parametrize("untouched", [stub, passed, dots, raises_not_implemented])
def test_a_function_without_a_body_is_not_attempted(untouched):
    for number in FUNCTIONS:
        assert repr(check(number, untouched)) == f"Exercise {number}: not attempted yet."
        assert check(number, lambda *args: None).status == "not attempted yet"


class Misspelt(torch.nn.Module):
    def foward(self, loss, w, lam):
        return loss


def test_the_right_body_without_a_return_is_told_so():
    for number in FUNCTIONS:

        def body_without_return(*args, right=EXERCISES[number].right):
            right(*args)

        verdict = check(number, body_without_return)
        assert verdict.status == "not yet"
        assert "Your function returns nothing: is there a return?" in verdict.message


def test_printing_is_neither_an_answer_nor_in_its_way(capsys):
    def prints(a, n):
        print(n * a / 2)

    def prints_and_returns(a, n):
        print("alpha is", n * a / 2)
        return n * a / 2

    assert "print shows a value" in check("2.1", prints).message
    assert check("2.1", prints_and_returns).status == "right"
    assert "alpha is 1.0" in capsys.readouterr().out


@pytest.mark.parametrize(
    "written", ["C", "c", "C.", "c)", "(C)", " C ", "[c]", "'C'", "**C**", "C:", "Ｃ", "C · Train"]
)
def test_a_letter_is_understood_however_it_is_written(written):
    assert check("5.2", written).status == "right"
    assert check("5.2", written.replace("C", "A").replace("c", "a")).status == (
        "right" if written == "Ｃ" else "not yet"
    )


@pytest.mark.parametrize("written", ["A, C", "C or D", "AC", "F", "Z.", "because", 3, ["C"], "A C"])
def test_what_is_not_one_of_the_letters_is_told_what_is_asked(written):
    verdict = check("5.2", written)
    assert verdict.status == "not yet"
    assert 'one letter from A to E, in quotes, such as "A"' in verdict.message


@pytest.mark.parametrize(
    "kind",
    [
        tuple,
        torch.Tensor.numpy,
        torch.Tensor.tolist,
        torch.Tensor.bfloat16,
        torch.Tensor.requires_grad_,
        torch.Tensor.to_sparse,
        lambda t: t.numpy().astype(np.float16),
        lambda t: [np.float32(v) for v in t],
    ],
)
def test_right_numbers_are_right_in_any_container_and_type(kind):
    assert check("2.2", lambda w, g, lr, lam: kind(w - lr * (g + 2 * lam * w))).status == "right"
    hint = check("2.2", lambda w, g, lr, lam: kind(w - lr * (g + lam * w))).message
    assert hint == "You forgot the factor 2: the derivative of λw² is 2λw."


@pytest.mark.parametrize(
    "kind",
    [float, torch.tensor, lambda v: np.array([v]), Decimal, lambda v: [Fraction(v)]],
)
def test_a_number_is_right_as_float_array_or_tensor_of_one(kind):
    assert check("2.1", lambda a, n: kind(n * a / 2)).status == "right"


def test_a_mask_is_right_as_zeros_and_ones_and_a_pair_as_list_or_tensor():
    assert check("4.2", lambda u, p: (u >= p).float()).status == "right"
    assert check("4.2", lambda u, p: (u >= p).int().numpy()).status == "right"
    lams, fit_error, new_error = GIVEN["5.3"]
    pair = EXERCISES["5.3"].right(lams, fit_error, new_error)
    for kind in (list, torch.stack, lambda pair: np.array([float(v) for v in pair])):
        assert check("5.3", kind(pair), *GIVEN["5.3"]).status == "right"
    as_arrays = [part.numpy() for part in GIVEN["5.3"]]
    assert check("5.3", pair, *as_arrays).status == "right"
    assert check("5.3", pair[0], *GIVEN["5.3"]).status == "not yet"


@pytest.mark.parametrize("error", [1 + 5e-5, 1 - 5e-5])
def test_rounding_is_forgiven_and_no_more(error):
    for times, status in ((1, "right"), (10, "not yet")):
        share = lambda s, n, lam: s**2 / (s**2 + n * lam) * error**times  # noqa: B023, E731
        assert check("2.5", share).status == status


def returns_sometimes(sigma, n, lam):
    if sigma > 1:
        return sigma**2 / (sigma**2 + n * lam)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda loss, w, lam: loss, "None of the usual mistakes; your code gives tensor("),
        (lambda loss, w, lam: "much", "your code gives 'much'"),
        (lambda loss, w, lam: 1j * loss, "your code gives tensor("),
        (lambda loss, w, lam: lambda: 1, "is a function: call it"),
        (lambda loss, w, lam: loss * torch.nan, "Your code gives nan (not a number)"),
        (lambda loss, w, lam: float("nan"), "Your code gives nan (not a number)"),
        (lambda loss, w, lam: loss / 0, "Your code gives infinity"),
        (lambda loss, w, lam: w.nothing, "Your code raised AttributeError"),
        (lambda loss, w, lam: exit(), "Your code raised SystemExit"),
        (lambda loss, w, lam: 1 / 0, "Your code raised ZeroDivisionError: division by zero"),
        (lambda w: w, "it takes (w), and the exercise hands it (data_loss, w, lam)"),
        (lambda a, b, c, d: a, "Your code raised TypeError: it takes (a, b, c, d)"),
        (3.0, "Your code raised TypeError: the answer is a function of (data_loss, w, lam)"),
        # What fails inside PyTorch is no untouched exercise.
        (lambda loss, w, lam: w.long().softmax(0), "Your code raised NotImplementedError"),
        (lambda loss, w, lam: 1 - (w > 0), "bool tensor"),
        (lambda loss, w, lam: -(w > 0), "bool tensor"),
        (Misspelt(), "Your code raised NotImplementedError: Module [Misspelt]"),
        (lambda *args: raises_not_implemented(), "Your code raised NotImplementedError"),
    ],
)
def test_other_mistakes_get_a_verdict_and_no_crash(mistake, said):
    verdict = check("1.1", mistake)
    assert verdict.status == "not yet" and said in verdict.message
    assert "\n" not in verdict.message


@pytest.mark.parametrize(
    ("number", "answer", "said"),
    [
        ("2.5", returns_sometimes, "nothing for some inputs"),
        ("2.2", lambda w, g, lr, lam: (w - lr * (g + 2 * lam * w))[:, None], "is (4, 1), and (4,)"),
        ("2.2", lambda w, g, lr, lam: w.sub_(lr * (g + 2 * lam * w)), "your function alters w"),
        ("3.5", lambda W, t: W.mul_((1 - t / W.norm(dim=0)).clamp_min(0)), "alters W"),
        ("3.1", lambda loss, w, lam: loss + lam * w["linear1.weight"].abs_().sum(), "alters layer"),
        ("1.4", lambda: 2.0, "call it"),
    ],
)
def test_what_is_nearly_right_is_told_what_it_lacks(number, answer, said):
    verdict = check(number, answer, *given(number))
    assert verdict.status == "not yet" and said in verdict.message


def test_arguments_with_defaults_or_other_names_are_none_of_our_business():
    assert check("2.1", lambda decay, count, unused=1: count * decay / 2).status == "right"
    assert check("2.1", lambda *both: both[1] * both[0] / 2).status == "right"
    assert check("2.1", functools.partial(lambda half, a, n: n * a * half, 0.5)).status == "right"
    assert check("3.2", torch.nn.functional.softshrink).status == "right"


def test_asking_for_a_gradient_alters_nothing():
    def by_autograd(data_loss, w, lam):
        (lam * (w.requires_grad_() ** 2).sum()).backward()
        return w.grad

    assert check("1.2", by_autograd).status == "right"


def test_strings_tuples_and_shapes_are_compared_as_such():
    assert same("B ", "b") and not same("a", "b") and not same("0", 0)
    assert same((1, [1.0, 1.0]), (1.0, torch.ones(2))) and not same((1,), (1, 2))
    assert not same(torch.ones(2), torch.ones(2, 1)) and not same(None, 1.0)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["9.9"], r"exercise must be one of 1\.1, .*; got '9\.9'"),
        ([6.10], r'exercise must be in quotes, such as "6\.10"; got 6\.1'),
        (["1.4"], r"what 1\.4 depends on must be lams, train, val; got \(\)"),
        (["1.4", "a", "b", "c"], r"what 1\.4 depends on must be lams, train, val, as arrays"),
    ],
)
def test_what_the_notebook_asks_wrongly_is_named(asked, said):
    number, *given = asked
    with pytest.raises(ValueError, match=said):
        check(number, ..., *given)


def test_a_question_has_one_right_option_and_a_number_of_its_own():
    chapter = Chapter("09_none")
    with pytest.raises(ValueError, match=r"right of 9\.1 must be one of A, B; got 'C'"):
        chapter.choice("9.1", right="C", A="a", B="b")
    chapter.choice("9.1", right="A", A="a", B="b")
    with pytest.raises(ValueError, match=r"number must be one that 09_none has not yet used"):
        chapter.choice("9.1", right="A", A="a", B="b")


class Odd:
    """Fails however it is looked at, and not only with an Exception."""

    def __getattr__(self, name):
        raise GeneratorExit(name)

    def __repr__(self):
        raise RuntimeError("no name")

    def __eq__(self, other):
        raise RuntimeError("no equal")

    __hash__ = None
    __float__ = __len__ = __repr__


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def recursive():
    inside = []
    inside.append(inside)
    return inside


def throws(error):
    raise error


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "given_back",
    [
        lambda: 10**400,
        lambda: [Fraction(10**400)],
        lambda: Decimal("1e999"),
        lambda: float("nan"),
        lambda: np.array([None, "x"], dtype=object),
        lambda: [[1, 2], [3]],
        lambda: recursive(),
        lambda: "\ud800",
        lambda: b"1",
        lambda: {1: 2},
        lambda: Odd(),
        lambda: Odd,
        lambda: torch.empty(0),
        lambda: throws(ValueError("\ud800")),
        lambda: throws(Mute()),
        lambda: throws(GeneratorExit()),
        lambda: throws(SystemExit(1)),
        lambda: (lambda f: f(f))(lambda f: f(f)),
    ],
)
@pytest.mark.parametrize("number", ["2.1", "2.2", "1.4", "5.3", "2.7"])
def test_no_answer_makes_check_raise(number, given_back):
    asked = EXERCISES[number]
    if isinstance(asked, Exercise) and asked.cases:
        verdict = check(number, lambda *args: given_back())
    else:
        try:
            value = given_back()
        except BaseException:
            value = Odd()
        verdict = check(number, value, *given(number))
    assert verdict.status == "not yet" and verdict.message
    assert "\n" not in verdict.message
    verdict.message.encode()


def test_an_interrupt_is_the_learners_own():
    with pytest.raises(KeyboardInterrupt):
        check("2.1", lambda a, n: throws(KeyboardInterrupt()))


def test_a_verdict_is_text_and_json():
    bundle = check("2.7", "A")._repr_mimebundle_()
    text = bundle["text/plain"]
    assert text.startswith("Exercise 2.7: not yet. ")
    assert bundle["application/vnd.regutils.check+json"] == {
        "exercise": "2.7",
        "verdict": "not yet",
        "message": text.removeprefix("Exercise 2.7: not yet. "),
    }
