"""Trainer: what a playground does with it, between steps."""

import pytest
import torch
from torch import nn

from regutils import data, models, penalties
from regutils.train import History, Trainer, fit

SPLIT = data.moons(64)


def make(dropout=0.0):
    return models.seeded(lambda: models.MLP(2, 8, 8, 2, dropout=dropout), 3)


def sgd(p):
    return torch.optim.SGD(p, lr=0.05, momentum=0.9)


def trainer(model=None, **changed):
    settings = {"penalty": "l2", "batch_size": 24, "seed": 3, "optimizer": sgd} | changed
    return Trainer(model or make(), SPLIT, **settings)


def state(model):
    return torch.cat([p.detach().ravel() for p in model.parameters()])


def take(one, steps, **values):
    for name, value in values.items():
        setattr(one, name, value)
    for _ in range(steps):
        one.step()
    return state(one.model)


@pytest.mark.parametrize("proximal", [False, True])
def test_steps_are_those_of_fit(proximal):
    common = {"penalty": "l1", "lam": 0.01, "proximal": proximal, "seed": 3, "batch_size": 24}
    one = trainer(make(0.3), **common)
    take(one, 9)
    model = make(0.3)
    history = fit(model, SPLIT, epochs=3, optimizer=sgd, **common)
    assert history.step == [3, 6, 9] and torch.equal(state(model), state(one.model))
    found = one.measure()
    for name in ("step", "lam", "train_loss", "val_loss", "train_error", "val_error", "penalty"):
        assert getattr(found, name) == getattr(history, name)[-1]


def test_a_state_restores_the_middle_of_an_epoch_bit_for_bit():
    """With dropout and an augmentation; the global random state is left alone."""
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one = trainer(make(0.5), augment=lambda x: x + 0.1 * torch.randn_like(x))
    take(one, 4)
    kept = one.state()
    ahead = take(one, 6)
    one.restore(kept)
    assert one.steps == 4 and torch.equal(take(one, 6), ahead)
    one.measure()
    assert torch.equal(torch.get_rng_state(), before)


def test_lambda_may_move_between_steps_and_is_noted():
    one, curves = trainer(), History()
    for lam in (0.0, 1.0):
        take(one, 10, lam=lam)
        curves.add(1, one.measure(at_most=32), one.state())
    assert curves.step == [10, 20] and curves.lam == [0.0, 1.0]
    assert curves.penalty[1] < 0.5 * curves.penalty[0]
    part = data.Examples(SPLIT.train.x[:32], SPLIT.train.y[:32])
    one.model.eval()
    loss = nn.functional.cross_entropy(one.model(part.x), part.y).item()
    assert curves.train_loss[1] == pytest.approx(loss, rel=1e-5)


def test_lr_optimizer_penalty_batch_size_and_p_may_change_between_steps():
    model = make(0.5)
    one = trainer(model)
    start = one.state()
    take(one, 2)
    before = state(model)
    assert (take(one, 1, lr=1e-9) - before).abs().max() < 1e-6
    one.optimizer = lambda p: torch.optim.Adam(p, lr=0.01)
    assert one.lr == 0.01 and isinstance(one.optimizer, torch.optim.Adam)
    take(one, 1, batch_size=None)
    one.penalise("l1", proximal=True)
    take(one, 3, lam=1e6)
    assert all((w == 0).all() for w in penalties.weights(model).values()), "exact zeros"
    one.restore(start)
    one.optimizer = lambda p: torch.optim.Adam(p, lr=0.01)
    model.dropout.p.fill_(0.0)
    one.lam = 0.0
    how = {"penalty": "l1", "proximal": True, "batch_size": None}
    alike = trainer(make(), optimizer=lambda p: torch.optim.Adam(p, lr=0.01), **how)
    assert torch.equal(take(one, 4), take(alike, 4))


def test_a_diverging_step_says_what_to_do_and_is_measured_as_nan():
    one = trainer(lam=1e6, optimizer=lambda p: torch.optim.SGD(p, lr=1.0))
    with pytest.raises(
        FloatingPointError, match=r"diverged by step \d+ with λ=1e\+06 and lr=1.*start again"
    ):
        take(one, 100)
    found = one.measure()
    assert found.step == one.steps and found.lam == 1e6
    lost = found.train_loss, found.val_error, found.penalty
    assert all(value != value for value in lost), "NaN"


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda one: one.measure(0), "at_most"),
        (lambda one: one.penalise(lambda weights: 1.0), "penalty"),
    ],
)
def test_wrong_arguments_of_a_trainer_are_named(call, names):
    one = trainer()
    with pytest.raises(ValueError, match=f"{names} must be .*; got "):
        call(one)
    assert one.penalty is penalties.PENALTIES["l2"]
