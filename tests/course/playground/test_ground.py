"""The playground's run: what moves on, what starts again, what a cold run says."""

import random

import pytest
import torch

from regutils import train
from regutils.course.playground import VALUES, Ground, Setting, networks, parse


def weights(ground) -> list[torch.Tensor]:
    return [w.detach().clone() for w in networks.weights(ground.trainer.model)]


def equal(first, second) -> bool:
    return all(map(torch.equal, first, second))


def go(ground, steps, **moves):
    ground.apply(**(vars(ground.setting) | moves))
    for _ in range(steps):
        ground.step()


def test_started_again_it_does_the_same_bit_for_bit():
    ground = Ground(parse("data=xor p=0.3 optimizer=Adam lr=0.01"), 100)
    go(ground, 30)
    once, curves = weights(ground), {name: list(seen) for name, seen in ground.curves.items()}
    go(ground, 20, lam=0.1, optimizer="SGD")
    ground.apply(**vars(parse("data=xor p=0.3 optimizer=Adam lr=0.01")))
    ground.reset()
    assert ground.trainer.steps == 0
    go(ground, 30)
    assert equal(once, weights(ground))
    assert curves == ground.curves


@pytest.mark.parametrize("penalty", ["L2", "L1 subgradient", "L1 soft threshold"])
def test_moving_lam_is_fit_in_pieces_with_those_lam(penalty):
    setting = Setting(data="sine", optimizer="SGD", batch=0, lr=0.05, penalty=penalty)
    ground = Ground(setting, 100)
    model = networks.network(setting)
    kind, proximal = networks.PENALTIES[penalty]
    for lam in (0.0, 0.02, 0.1, 0.001):
        go(ground, 15, lam=lam)
        train.fit(
            model,
            networks.split(setting),
            epochs=15,
            optimizer=lambda p: torch.optim.SGD(p, lr=0.05),
            penalty=kind,
            lam=lam,
            proximal=proximal,
        )
        for ours, theirs in zip(weights(ground), networks.weights(model)):
            assert torch.allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize(
    "moves",
    [
        {"lam": 0.01},
        {"p": 0.5},
        {"lr": 0.01},
        {"penalty": "elastic net", "lam": 0.01},
        {"optimizer": "AdamW"},
        {"noise": 0.4},
        {"wrong": 0.3},
        {"draw": 5},
        {"batch": 0},
    ],
)
def test_these_go_on_from_where_training_is(moves):
    ground = Ground(Setting(), 100)
    go(ground, 20)
    before = weights(ground)
    assert not ground.apply(**(vars(ground.setting) | moves))
    assert ground.trainer.steps == 20
    assert equal(before, weights(ground))
    go(ground, 20)
    plain = Ground(Setting(), 100)
    go(plain, 40)
    assert ground.trainer.steps == 40
    assert not equal(weights(plain), weights(ground)), "and they do something"


@pytest.mark.parametrize(
    "moves", [{"data": "xor"}, {"width": 4}, {"depth": 3}, {"sines": True}, {"seed": 3}]
)
def test_these_start_again(moves):
    ground = Ground(Setting(), 100)
    go(ground, 20)
    assert ground.apply(**(vars(ground.setting) | moves))
    assert ground.trainer.steps == 0
    assert len(ground.curves["step"]) == 1


def test_a_cold_run_of_a_setting_that_never_moved_is_the_same_run():
    ground = Ground(parse("data=circles p=0.2 lam=0.01"), 100)
    go(ground, 60)
    cold = ground.cold()
    for _ in range(cold.steps):
        cold.step()
    assert cold.curves == ground.curves
    assert "the same" in cold.score
    go(ground, 20, lam=0.1)
    cold = ground.cold()
    for _ in range(cold.steps):
        cold.step()
    assert cold.curves["step"] == ground.curves["step"]
    assert cold.curves["val_loss"] != ground.curves["val_loss"]
    assert f"{cold.curves['val_error'][-1]:.3f} from fresh weights" in cold.score
    assert ground.kept["val, cold"] is cold.curves


def test_what_diverges_says_so_and_keeps_the_curves():
    ground = Ground(Setting(optimizer="SGD", lr=1.0), 4000)
    go(ground, 40)
    known = len(ground.curves["step"])
    go(ground, 400, lam=5.0)
    assert "λ below 1/lr = 1" in ground.diverged
    assert len(ground.curves["step"]) >= known
    assert all(torch.isfinite(w).all() for w in weights(ground))
    assert "Step" in ground.show()
    ground.reset()
    assert ground.diverged == ""


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


def test_gaussians_that_are_drawn_again_move_the_points():
    ground = Ground(Setting(data="gaussians"), 100)
    before = [line.get_xydata().copy() for line in ground.views.first.train]
    ground.apply(**(vars(ground.setting) | {"draw": 3}))
    after = [line.get_xydata() for line in ground.views.first.train]
    assert any(len(a) != len(b) or (a != b).any() for a, b in zip(before, after))


def test_a_thousand_random_changes_while_it_trains_raise_nothing():
    rng = random.Random(1)
    ground = Ground(Setting(), 4000)
    for i in range(1000):
        name = rng.choice(list(VALUES))
        ground.apply(**(vars(ground.setting) | {name: rng.choice(VALUES[name])}))
        for _ in range(rng.randrange(3)):
            ground.step()
        if i % 10 == 0:
            assert ground.show()
        if ground.diverged or ground.trainer.steps > 3900:
            ground.reset()
