"""The guided experiments: a setting to start from, and what the session must show."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean

from ...arguments import require
from ..check import NOT_ATTEMPTED, NOT_YET, RIGHT, Verdict
from .dashboard import Dashboard
from .session import TrainingSession
from .settings import LAMS, parse

LAST = 10  # measurements that a mean is taken over: a curve of small batches jumps


def experiment(number: int, attempt: Dashboard) -> Verdict:
    """Return what the state of a dashboard says of the guided experiment with this number.

    - attempt: the dashboard, or `...` while nothing was tried.

    Raises ValueError for a number that is none.
    """
    require(number in EXPERIMENTS, "number", number, f"one of {', '.join(map(str, EXPERIMENTS))}")
    line, judge = EXPERIMENTS[number]
    if attempt is ... or not _tried(line, attempt.session):
        return Verdict(str(number), NOT_ATTEMPTED, "", "Experiment")
    done, message = judge(attempt.session)
    return Verdict(str(number), RIGHT if done else NOT_YET, message, "Experiment")


def _tried(line: str, session: TrainingSession) -> bool:
    """Return whether a session stands at an experiment's line and has trained."""
    same = not parse(line).restarts(session.setting)
    return same and (len(session.run.curves["step"]) > LAST or bool(session.run.diverged))


def _recent(session: TrainingSession, name: str) -> float:
    return fmean(session.run.curves[name][-LAST:])


def half_of_the_weights(session: TrainingSession) -> tuple[bool, str]:
    """At least half of the weights exactly 0, the validation error near that of λ = 0 stopped."""
    zeros, total = session.run.zeros
    if 2 * zeros < total:
        hint = (
            "Raise λ by a notch and train on."
            if session.setting.proximal
            else "The subgradient pulls a weight past 0 and back again, never onto it. Which step "
            "ends on 0?"
        )
        return False, f"{zeros} of {total} weights are exactly 0. {hint}"
    error, best = _recent(session, "val_error"), session.best("val_error")
    if error > best + 0.1:
        return False, (
            f"{zeros} of {total} weights are gone, but {error:.0%} of the validation points are "
            f"wrong (λ = 0 at its best step: {best:.0%}): lower λ, let it recover, and go up more "
            "slowly."
        )
    gone, units = session.run.dead
    return True, (
        f"{zeros} of {total} weights are exactly 0, {gone} of {units} units do nothing any more, "
        f"and {error:.0%} of the validation points are wrong; λ = 0 at its best step: {best:.0%}. "
        "A smaller network is what was gained."
    )


def forgotten(session: TrainingSession) -> tuple[bool, str]:
    """Wrong labels were learned at λ = 0, and forgotten under a λ that came late."""
    curves, wrong = session.run.curves, session.setting.wrong
    free = [i for i, lam in enumerate(curves["lam"]) if lam == 0][-LAST:]
    errors = curves["train_error"], curves["val_error"]
    learned, then = (sum(error[i] for i in free) / LAST for error in errors)
    if len(free) < LAST or learned > 0.5 * wrong:
        return False, (
            "First let it learn the wrong labels: λ = 0 until the training error is under half of "
            f"their share of {wrong:.0%}. That takes some 2,000 steps."
        )
    now, best = _recent(session, "val_error"), session.best("val_error")
    if session.setting.lam == 0:
        return False, f"It has learned wrong labels (training error {learned:.0%}). Now raise λ."
    if now > then - 0.03:
        return False, (
            f"Validation error {now:.0%}, before λ came {then:.0%}: train on for 500 steps, or "
            "move λ by a notch."
        )
    return True, (
        f"Training error {learned:.0%} before λ came, {_recent(session, 'train_error'):.0%} now: "
        "most of the wrong labels are no longer repeated. Validation error "
        f"{then:.0%} before, {now:.0%} now; λ = 0 at its best step: {best:.0%}."
    )


def diverged(session: TrainingSession) -> tuple[bool, str]:
    """It diverged at the smallest λ of the slider that is not below 1/lr."""
    lam, lr = session.setting.lam, session.setting.lr
    first = next((value for value in LAMS if value >= (1 - 1e-9) / lr), None)
    if not session.run.diverged:
        return False, f"It still trains at λ = {lam:g}; 1/lr is {1 / lr:g}."
    if first is None or lam > first:
        return False, (
            f"It diverged, but λ = {lam:g} is not the first that does. Start again and come from "
            "below."
        )
    return True, (
        f"With lr = {lr:g} every step multiplies a weight by 1 − 2·lr·λ = {1 - 2 * lr * lam:g}: "
        "its size no longer shrinks, and the data loss adds its own push."
    )


EXPERIMENTS: dict[int, tuple[str, Callable[[TrainingSession], tuple[bool, str]]]] = {
    1: ("data=moons wrong=0.3 lr=0.05 width=32", forgotten),
    2: ("data=moons wrong=0 penalty=L1 optimizer=SGD lr=0.05", half_of_the_weights),
    3: ("data=moons optimizer=SGD lr=0.5", diverged),
}
