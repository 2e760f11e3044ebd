"""Exercise checks: not attempted / right / not yet, with a hint for the usual mistakes.

A notebook ends an exercise with `check("1.2", answer)`. EXERCISES holds, per exercise, the reference and the wrong
answers that deserve a hint, as functions of the same arguments; so what tests the learner is itself tested.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch

from . import penalties
from .arguments import require


@dataclass(frozen=True)
class Exercise:
    """right and each wrong answer are functions of the same arguments.

    cases: argument tuples on which a learner's function is compared; empty when the answer is a value, which is
    then compared with right(*given). because: what the right answer shows, said when it is found.
    """

    right: Callable
    because: str
    hints: tuple[tuple[Callable, str], ...] = ()
    cases: Callable[[], tuple[tuple, ...]] = tuple


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
    return Verdict(name, "not yet", f"None of the usual mistakes; your code gives {_short(got)} where that is wrong.")


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


def _vectors():
    g = torch.Generator().manual_seed(0)
    return tuple((torch.rand((), generator=g), torch.randn(n, generator=g), lam) for n, lam in ((3, 0.1), (5, 2.0)))


def _regressions():
    g = torch.Generator().manual_seed(1)
    return tuple((torch.randn(n, 3, generator=g), torch.randn(n, generator=g), lam) for n, lam in ((8, 0.1), (20, 1.0)))


def _ridge(X, y, lam, n=None):
    n = len(y) if n is None else n
    return torch.linalg.solve(X.T @ X / n + lam * torch.eye(X.shape[1]), X.T @ y / n)


def _masks():
    g = torch.Generator().manual_seed(4)
    return tuple((torch.randn(4, 6, generator=g), torch.rand(4, 6, generator=g) >= p, p) for p in (0.2, 0.6))


def _coins():
    g = torch.Generator().manual_seed(5)
    return tuple((torch.rand(6, 8, generator=g), p) for p in (0.2, 0.7))


def _linear_dropouts():
    g = torch.Generator().manual_seed(6)
    return tuple((torch.randn(9, 3, generator=g), torch.randn(9, generator=g), torch.randn(3, generator=g), p)
                 for p in (0.2, 0.6))


class _HalfSilent(torch.nn.Module):
    """Dropout for tests: in training mode always the same half of the units, so that a forgotten eval() shows."""

    def forward(self, x):
        return x * (torch.arange(x.shape[-1]) % 2) * 2 if self.training else x


def _networks():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        model = torch.nn.Sequential(torch.nn.Linear(3, 4), _HalfSilent(), torch.nn.Linear(4, 2))
        return tuple((copy.deepcopy(model).train(mode), torch.randn(5, 3)) for mode in (True, False))


def _whole(model, x):
    mode = model.training
    outputs = model.eval()(x)
    model.train(mode)
    return outputs


def _dropout_loss(X, y, w, factor):
    return ((y - X @ w) ** 2).sum() + factor * (w**2 * (X**2).sum(0)).sum()


EXERCISES = {
    # 01: data loss, weights (d,), λ
    "1.1": Exercise(
        lambda loss, w, lam: loss + lam * penalties.l2({"w": w}),
        "The penalty is a price per unit of squared weight, added to the loss.",
        ((lambda loss, w, lam: loss + lam / 2 * (w**2).sum(), "There is no ½ in this convention: λ·Σw²."),
         (lambda loss, w, lam: loss + lam * (w**2).mean(), "The penalty is a sum over the weights, not their mean."),
         (lambda loss, w, lam: loss + lam * w.abs().sum(), "That is L1; L2 squares the weights."),
         (lambda loss, w, lam: loss + (w**2).sum(), "λ is missing: it sets the price of the penalty."),
         (lambda loss, w, lam: lam * (w**2).sum(), "That is the penalty alone; the data loss belongs to the total.")),
        _vectors),
    "1.2": Exercise(
        lambda loss, w, lam: 2 * lam * w,
        "The pull towards zero is proportional to the weight: big weights are pulled hard, small ones hardly.",
        ((lambda loss, w, lam: lam * w, "You forgot the factor 2: the derivative of w² is 2w."),
         (lambda loss, w, lam: lam * torch.sign(w), "That is the gradient of L1, λ·sign(w)."),
         (lambda loss, w, lam: -2 * lam * w, "That is the step (downhill); the gradient points uphill."),
         (lambda loss, w, lam: 2 * w, "λ is missing.")),
        _vectors),
    # 01: X (n, d), y (n,), λ
    "1.3": Exercise(
        _ridge,
        "Setting the gradient to zero gives a linear system; λ on its diagonal makes it solvable for any X.",
        ((lambda X, y, lam: _ridge(X, y, lam, n=1), "The data loss is a mean: divide XᵀX and Xᵀy by n."),
         (lambda X, y, lam: _ridge(X, y, lam / 2), "Your λ counts half: the 2 of both gradients cancels."),
         (lambda X, y, lam: _ridge(X, y, 2 * lam), "Your λ counts twice: the 2 of both gradients cancels."),
         (lambda X, y, lam: _ridge(X, y, 0.0), "That is the fit without a penalty: λ is missing.")),
        _regressions),
    # 01: lams (K,), train error (K, S), validation error (K, S)
    "1.4": Exercise(
        lambda lams, train, val: lams[val.mean(1).argmin()],
        "Choose on the validation error, averaged over seeds; the training error always prefers λ near 0.",
        ((lambda lams, train, val: lams[train.mean(1).argmin()], "That λ has the lowest training error; it overfits."),
         (lambda lams, train, val: val.mean(1).argmin(), "That is a position in the list; the answer is the λ there."),
         (lambda lams, train, val: lams[val.min(1).values.argmin()], "That is one lucky seed; average over the seeds."),
         (lambda lams, train, val: val.mean(1).min(), "That is the error; the answer is the λ where it is reached."))),
    # 04: x and keep of one shape, p
    "4.1": Exercise(
        lambda x, keep, p: x * keep / (1 - p),
        "A share of 1 − p survives, so dividing by 1 − p keeps the mean.",
        ((lambda x, keep, p: x * keep, "Not scaled in training: that is the 2014 form, which scales at test time."),
         (lambda x, keep, p: x * keep * (1 - p), "Scaled at the wrong time: × (1 − p) is for test time; divide here."),
         (lambda x, keep, p: x * keep / p, "Divide by the share that survives, 1 − p, not by the share dropped."),
         (lambda x, keep, p: x * ~keep / (1 - p), "Inside out: keep is true for the units that stay.")),
        _masks),
    # 04: u (n, units), p
    "4.2": Exercise(
        lambda u, p: u >= p,
        "u ≥ p has probability 1 − p, and every unit of every example has its own coin.",
        ((lambda u, p: u < p, "You dropped with probability 1 − p: u < p is true with probability p."),
         (lambda u, p: u >= 1 - p, "You dropped with probability 1 − p: u ≥ 1 − p is true with probability p."),
         (lambda u, p: (u[:1] >= p).expand(u.shape), "One mask for the whole batch: every example needs its own row."),
         (lambda u, p: u[0] >= p, "One mask for the whole batch: every example needs its own row.")),
        _coins),
    # 04: x, p
    "4.3": Exercise(
        lambda x, p: p * (1 - p) * x**2,
        "A coin's variance is p(1 − p); the division by 1 − p turns it into p/(1 − p).",
        ((lambda x, p: p / (1 - p) * x**2, "That is inverted dropout, with the division by 1 − p."),
         (lambda x, p: p * (1 - p) * x, "A variance grows with the square of x."),
         (lambda x, p: (1 - p) * x**2, "That is the mean square; take off the square of the mean, (1 − p)²x².")),
        lambda: tuple((x, p) for x, _, p in _masks())),
    # 04: model, x
    "4.4": Exercise(
        _whole,
        "Evaluation mode for the prediction, the old mode for what comes after.",
        ((lambda model, x: model(x), "You forgot eval(): a model in training mode predicts with its masks on."),
         (lambda model, x: model.train()(x), "That switches the masks on; predictions need eval().")),
        _networks),
    # 04: X (n, d), y (n,), w (d,), p
    "4.5": Exercise(
        lambda X, y, w, p: _dropout_loss(X, y, w, p / (1 - p)),
        "The noise costs most where the input is large: an L2 with a strength of its own for each weight.",
        ((lambda X, y, w, p: _dropout_loss(X, y, w, p), "The factor is p/(1 − p): the survivors were scaled up."),
         (lambda X, y, w, p: _dropout_loss(X, y, w, p * (1 - p)), "p(1 − p) is for masks without rescaling."),
         (lambda X, y, w, p: _dropout_loss(X, y, w, 0.0), "The penalty is missing: that is the loss without dropout."),
         (lambda X, y, w, p: ((y - X @ w) ** 2).sum() + p / (1 - p) * (w**2).sum(),
          "That is plain L2; each wⱼ² is weighted by its column's Σx²."),
         (lambda X, y, w, p: _dropout_loss(X, y, w, p / (1 - p)) / len(y), "Sums here, not means over the examples.")),
        _linear_dropouts),
}
