"""The guided experiments: a setting to start from, and what the playground's state must show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from ...arguments import require
from ..check import NOT_ATTEMPTED, NOT_YET, RIGHT, Verdict
from .ground import Ground
from .settings import LAMS, parse

# Measurements that a mean is taken over, 20 steps apart: a curve of small batches jumps.
LAST = 10


@dataclass(frozen=True)
class Experiment:
    """line: the setting to paste; judge: from a ground to whether it is done, and what to say."""

    line: str
    judge: Callable[[Ground], tuple[bool, str]]


def experiment(number: int, desk: Any) -> Verdict:
    """What the state of a desk says of the guided experiment with this number.

    desk: of notebook 07, or `...` while nothing was tried.

    Raises ValueError for a number that is none.
    """
    require(number in EXPERIMENTS, "number", number, f"one of {', '.join(map(str, EXPERIMENTS))}")
    wanted = EXPERIMENTS[number]
    if desk is ... or not _tried(wanted, desk.ground):
        return Verdict(str(number), NOT_ATTEMPTED, "", "Experiment")
    done, message = wanted.judge(desk.ground)
    return Verdict(str(number), RIGHT if done else NOT_YET, message, "Experiment")


def _tried(wanted: Experiment, ground: Ground) -> bool:
    """Whether a ground stands at the experiment's line and has trained."""
    start = parse(wanted.line)
    fixed = ("data", "width", "optimizer", "points", "wrong", "sines")
    same = all(getattr(start, name) == getattr(ground.setting, name) for name in fixed)
    return same and (len(ground.curves["step"]) > LAST or bool(ground.diverged))


def recent(ground: Ground, name: str) -> float:
    """Mean of the last measurements of a curve."""
    return fmean(ground.curves[name][-LAST:])


def before(ground: Ground, name: str, moved: str) -> float | None:
    """The mean of the last measurements before the control `moved` came to where it is."""
    setting, values = ground.curves[moved], ground.curves[name]
    end = len(setting)
    while end and setting[end - 1] == setting[-1]:
        end -= 1
    found = values[max(0, end - LAST) : end]
    return fmean(found) if len(found) == LAST else None


def lost(ground: Ground) -> tuple[bool, str]:
    """One notch of λ below the network still has the spiral, here it has lost it."""
    now, then = recent(ground, "train_error"), before(ground, "train_error", "lam")
    lam, place = ground.setting.lam, LAMS.index(ground.setting.lam)
    if now < 0.15:
        return False, (
            f"At λ = {lam:g} the training error is {now:.0%}: the spiral is not lost. Move λ one "
            "notch up and train on, 400 steps or so."
        )
    if then is None or then > 0.15 or ground.curves["lam"][-1] != lam:
        return False, (
            f"At λ = {lam:g} it is lost ({now:.0%} wrong), but not within one notch: "
            "start again below, train until it has the spiral, then go up notch by notch."
        )
    came_from = next(value for value in reversed(ground.curves["lam"]) if value != lam)
    if came_from != LAMS[place - 1]:
        return False, (
            f"You came from λ = {came_from:g} in one jump; it may have been lost anywhere between. "
            "Go notch by notch."
        )
    return True, (
        f"At λ = {came_from:g} it gets {1 - then:.0%} of the spiral right, at λ = {lam:g} "
        f"{1 - now:.0%}. Notch by notch more of it goes: from there on the price of the weights "
        "exceeds what they save in data loss."
    )


def halved(ground: Ground) -> tuple[bool, str]:
    """At least half of the weights exactly 0, the validation error what it was without λ."""
    zeros, total = ground.zeros
    if 2 * zeros < total:
        hint = (
            "The subgradient pulls a weight past 0 and back again, never onto it. Which penalty "
            "has a step that ends on 0?"
            if ground.setting.penalty == "L1 subgradient"
            else "Raise λ by a notch and train on."
        )
        return False, f"{zeros} of {total} weights are exactly 0. {hint}"
    error = recent(ground, "val_error")
    if error > 0.11:
        return False, (
            f"{zeros} of {total} weights are gone, but {error:.0%} of the validation points are "
            "wrong: lower λ, let it recover, and go up more slowly."
        )
    return True, (
        f"{zeros} of {total} weights are exactly 0 and {error:.0%} of the validation points are "
        f"wrong; {ground.dead[0]} of {ground.dead[1]} units do nothing any more."
    )


def taken_back(ground: Ground) -> tuple[bool, str]:
    """Wrong labels were learned at λ = 0, and unlearned under a λ that came late."""
    free = [i for i, lam in enumerate(ground.curves["lam"]) if lam == 0][-LAST:]
    learned, then = (
        sum(ground.curves[name][i] for i in free) / LAST for name in ("train_error", "val_error")
    )
    lies = ground.setting.wrong
    if len(free) < LAST or learned > 0.5 * lies:
        return False, (
            f"First let it learn the lies: λ = 0 until the training error is under half of the "
            f"{lies:.0%} wrong labels. That takes some 2,000 steps."
        )
    now = recent(ground, "val_error")
    if ground.setting.lam == 0:
        return False, f"It has learned the lies (training error {learned:.0%}). Now raise λ."
    if now > then - 0.03:
        return False, (
            f"Validation error {now:.0%}, before λ came {then:.0%}: train on for 500 steps, or "
            "move λ by a notch."
        )
    return True, (
        f"Training error {learned:.0%} without λ, {recent(ground, 'train_error'):.0%} with it: the "
        f"wrong answers are wrong again. Validation error {then:.0%} before, {now:.0%} now."
    )


def changed_places(ground: Ground) -> tuple[bool, str]:
    """Validation loss above training loss at a lower p, below it at this one."""
    train, val = recent(ground, "train_loss"), recent(ground, "val_loss")
    pairs = zip(ground.curves["p"], ground.curves["train_loss"], ground.curves["val_loss"])
    lower = [(a, b) for p, a, b in pairs if p < ground.setting.p]
    overfitted = any(b > a + 0.1 for a, b in lower)
    if val > train:
        return False, (
            f"At p = {ground.setting.p:g}: training loss {train:.2f}, validation loss {val:.2f}. "
            "Move p one notch up and train on, 500 steps or so."
        )
    if not overfitted:
        return False, (
            "Validation loss is the lower one, but it never was the higher one in this run: start "
            "again at p = 0 and train 1,000 steps first."
        )
    return True, (
        f"At p = {ground.setting.p:g} the validation loss, {val:.2f}, is below the training loss, "
        f"{train:.2f}: the network no longer believes the wrong labels, and only the training "
        "points have any."
    )


def diverged(ground: Ground) -> tuple[bool, str]:
    """Diverged at the smallest λ of the slider that is not below 1/lr."""
    lam, lr = ground.setting.lam, ground.setting.lr
    edge = next((value for value in LAMS if value >= 1 / lr * (1 - 1e-9)), None)
    if not ground.diverged:
        return False, f"It still trains at λ = {lam:g}; 1/lr is {1 / lr:g}."
    if edge is None or lam > edge:
        return False, (
            f"It diverged, but λ = {lam:g} is not the first that does. Start again and come from "
            "below."
        )
    return True, (
        f"With lr = {lr:g} every step multiplies a weight by 1 − 2·lr·λ = {1 - 2 * lr * lam:g}: "
        "its size no longer shrinks, and the data loss adds its own push."
    )


EXPERIMENTS = {
    1: Experiment(
        "data=spiral noise=0.05 wrong=0 points=100 optimizer=Adam lr=0.02 sines=yes", lost
    ),
    2: Experiment("data=moons wrong=0 penalty=L1_subgradient optimizer=SGD lr=0.05", halved),
    3: Experiment("data=moons wrong=0.3 lr=0.05 width=32", taken_back),
    4: Experiment("data=gaussians wrong=0.2 noise=0.5 lr=0.05 width=32", changed_places),
    5: Experiment("data=moons optimizer=SGD lr=0.5", diverged),
}
