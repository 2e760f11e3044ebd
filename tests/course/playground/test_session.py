"""A training session: what moves on, what starts again, what it is compared with."""

import random

import pytest
import torch

from regutils import train
from regutils.course.playground import Setting, TrainingSession, networks, parse
from regutils.course.playground.settings import CONTROLS, METHODS


def weights(session) -> list[torch.Tensor]:
    return [w.detach().clone() for w in networks.weights(session.run.trainer.model)]


def equal(first, second) -> bool:
    return all(map(torch.equal, first, second))


def go(session, steps, **moves):
    restarted = session.apply(**(vars(session.setting) | moves))
    for _ in range(steps):
        session.step()
    return restarted


def test_started_again_it_does_the_same_bit_for_bit():
    setting = parse("data=xor p=0.3 optimizer=Adam lr=0.01")
    session = TrainingSession(setting, 100)
    go(session, 30)
    once = weights(session), {name: list(seen) for name, seen in session.run.curves.items()}
    go(session, 20, lam=0.1, optimizer="SGD")
    session.apply(**vars(setting))
    session.reset()
    go(session, 30)
    assert equal(once[0], weights(session))
    assert once[1] == session.run.curves


@pytest.mark.parametrize(("penalty", "proximal"), [("L2", False), ("L1", False), ("L1", True)])
def test_moving_lam_is_fit_in_pieces_with_those_lam(penalty, proximal):
    setting = Setting(optimizer="SGD", batch=0, lr=0.05, penalty=penalty, proximal=proximal)
    session = TrainingSession(setting, 100)
    model = networks.network(setting)
    for lam in (0.0, 0.02, 0.1, 0.001):
        go(session, 15, lam=lam)
        train.fit(
            model,
            networks.split(setting),
            epochs=15,
            optimizer=lambda p: torch.optim.SGD(p, lr=0.05),
            penalty=METHODS[penalty],
            lam=lam,
            proximal=proximal,
        )
        for ours, theirs in zip(weights(session), networks.weights(model)):
            assert torch.allclose(ours, theirs, atol=1e-6)


GOES_ON = "lam=0.01|p=0.5|lr=0.01|penalty=elastic_net lam=0.01|proximal=yes lam=0.01|batch=0"


@pytest.mark.parametrize("line", [*GOES_ON.split("|"), "optimizer=AdamW"])
def test_these_go_on_from_where_training_is(line):
    session = TrainingSession(Setting(), 100)
    go(session, 20)
    before = weights(session)
    assert not session.apply(**vars(parse(line)))
    assert session.run.trainer.steps == 20
    assert equal(before, weights(session))
    go(session, 20)
    plain = TrainingSession(Setting(), 100)
    go(plain, 40)
    assert not equal(weights(plain), weights(session)), "and they do something"


@pytest.mark.parametrize("line", ["data=xor", "width=4", "wrong=0.3", "seed=3"])
def test_these_start_again(line):
    session = TrainingSession(Setting(), 100)
    go(session, 20)
    session.keep_ghost()
    assert session.apply(**vars(parse(line)))
    assert session.run.trainer.steps == 0
    assert session.ghost is None


def test_the_baseline_is_the_run_that_has_never_had_a_penalty():
    session = TrainingSession(Setting(lr=0.05), 200)
    go(session, 60, lam=0.05, p=0.3)
    go(session, 40, lr=0.01)
    plain = TrainingSession(Setting(lr=0.05), 200)
    go(plain, 60)
    go(plain, 40, lr=0.01)
    assert session.baseline.curves == plain.run.curves
    assert session.best("val_loss") == min(plain.run.curves["val_loss"])
    assert f"validation loss {session.best('val_loss'):.3f}" in session.reading()


def test_a_cold_run_of_a_setting_that_never_moved_is_the_same_run():
    session = TrainingSession(parse("data=circles p=0.2 lam=0.01"), 100)
    for moves in ({}, {"lam": 0.1}):
        go(session, 40, **moves)
        cold = session.start_cold()
        for _ in range(session.run.trainer.steps):
            cold.step()
        assert cold.curves["step"] == session.run.curves["step"]
        assert (cold.curves["val_loss"] == session.run.curves["val_loss"]) == (not moves)
        assert moves or "the same" in session.score()
    assert f"{cold.curves['val_error'][-1]:.3f} from fresh weights" in session.score()


def test_what_diverges_says_so_and_keeps_the_curves():
    session = TrainingSession(Setting(optimizer="SGD", lr=1.0), 4000)
    go(session, 40)
    known = len(session.run.curves["step"])
    go(session, 400, lam=5.0)
    assert "λ below 1/lr = 1" in session.run.diverged
    assert len(session.run.curves["step"]) >= known
    assert all(torch.isfinite(w).all() for w in weights(session))
    assert "Step" in session.reading()
    session.reset()
    assert session.run.diverged == ""


def test_dead_units_give_nothing_or_lead_nowhere():
    model = networks.network(Setting(width=4))
    x = networks.split(Setting()).train.x
    assert not any(flags.all() for flags in networks.dead(model, x))
    first, second, _ = networks.weights(model)
    with torch.no_grad():
        second[:, 1] = 0.0
        first[2] = 0.0
    found = networks.dead(model, x)
    assert found[0][1] and found[0][2]
    assert [len(flags) for flags in found] == [4, 4]


def test_random_changes_while_it_trains_raise_nothing():
    rng = random.Random(1)
    session = TrainingSession(Setting(), 4000)
    for _ in range(100):
        name = rng.choice(list(CONTROLS))
        go(session, rng.randrange(3), **{name: rng.choice(CONTROLS[name].metadata["values"])})
        assert session.reading()
        if session.run.diverged:
            session.reset()
