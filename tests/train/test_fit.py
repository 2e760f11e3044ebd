from functools import partial

import pytest
import torch
from torch import nn

from regutils import data, models, train
from regutils.train import fit

SPLIT = data.digits(60, label_noise=0.2)
COMMON = {"penalty": "l2", "lam": 1e-3, "batch_size": 16, "seed": 5}


def make():
    return models.MLP(64, 16, 10, dropout=0.3)


def adam(parameters):
    return torch.optim.Adam(parameters, lr=0.01)


def state(model):
    return torch.cat([p.detach().ravel() for p in model.parameters()])


def columns(history):
    return {name: values for name, values in vars(history).items() if isinstance(values, list)}


@pytest.fixture(scope="module")
def whole():
    """Six epochs in one call."""
    model = models.seeded(make, 1)
    return fit(model, SPLIT, epochs=6, optimizer=adam, **COMMON), state(model)


def test_history_keeps_the_data_term_and_the_penalty_apart():
    model = models.seeded(lambda: models.MLP(64, 16, 10), 1)
    history = fit(model, SPLIT, epochs=5, optimizer=adam, penalty="l2", lam=0.01, every=2)
    assert history.epochs == [2, 4, 5] and not history.stopped
    with torch.no_grad():
        loss = float(nn.functional.cross_entropy(model(SPLIT.val.x), SPLIT.val.y))
        price = float(model.linear1.weight.square().sum() + model.linear2.weight.square().sum())
    assert history.val_loss[-1] == pytest.approx(loss, rel=1e-5)
    assert history.penalty[-1] == pytest.approx(price, rel=1e-5)
    assert history.step == [2, 4, 5] and history.lam == [0.01] * 3
    assert history.train_loss[-1] < history.train_loss[0] and 0 < history.val_error[-1] < 1


def test_a_seed_repeats_the_run_and_the_global_random_state_is_left_alone(whole):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    model = models.seeded(make, 1)
    again = fit(model, SPLIT, epochs=6, optimizer=adam, **COMMON)
    assert columns(again) == columns(whole[0]) and torch.equal(state(model), whole[1])
    assert torch.equal(torch.get_rng_state(), before)


def test_calling_twice_continues(whole):
    model = models.seeded(make, 1)
    history = fit(model, SPLIT, epochs=2, optimizer=adam, **COMMON)
    fit(model, SPLIT, epochs=4, optimizer=adam, history=history, **COMMON)
    assert columns(history) == columns(whole[0]) and torch.equal(state(model), whole[1])


class Interrupted(nn.ReLU):
    """The kernel's stop button, pressed in one of the coming training steps."""

    def __init__(self, coming=()):
        super().__init__()
        self.coming = list(coming)  # False, …, True

    def forward(self, x):
        if self.training and self.coming and self.coming.pop(0):
            raise KeyboardInterrupt
        return super().forward(x)


def stopped_in(step):
    """As `make`, with the stop button pressed in training step number `step`, from 1."""
    button = Interrupted([False] * (step - 1) + [True] if step else ())
    return lambda: models.MLP(64, 16, 10, dropout=0.3, activation=lambda: button)


@pytest.mark.parametrize(("every", "step"), [(10, 17 * 4 - 1), (10, 3), (1, 10)])
def test_an_interrupt_puts_the_weights_back_to_the_last_record(every, step):
    """Issue 11, 8: interrupted at the start or in the middle of epoch 17, or before any record."""
    straight = models.seeded(stopped_in(0), 1)
    whole = fit(straight, SPLIT, epochs=20, optimizer=adam, every=every, **COMMON)
    model = models.seeded(stopped_in(step), 1)
    history = fit(model, SPLIT, epochs=20, optimizer=adam, every=every, **COMMON)
    done = (step - 1) // 4 // every * every
    assert "Interrupted" in history.stopped and (history.epochs or [0])[-1] == done
    assert len(history.running) == done
    fit(model, SPLIT, epochs=20 - done, optimizer=adam, every=every, history=history, **COMMON)
    assert columns(history) == columns(whole) and torch.equal(state(model), state(straight))
    assert history.running == whole.running and history.step[-1] == 80


def test_an_interrupt_keeps_the_history_and_a_checkpoint_resumes_to_the_same_bits(tmp_path, capsys):
    path = tmp_path / "run.pt"
    straight = models.seeded(stopped_in(0), 1)
    how = {"epochs": 6, "optimizer": adam, **COMMON}
    whole = fit(straight, SPLIT, **how), state(straight)
    broken = fit(models.seeded(stopped_in(14), 1), SPLIT, checkpoint=path, **how)
    assert broken.epochs == [1, 2, 3] and "Interrupted" in broken.stopped
    assert "up to epoch 3 of 6 is kept" in capsys.readouterr().err

    model = models.seeded(stopped_in(0), 99)  # what it holds does not matter: the checkpoint does
    resumed = fit(model, SPLIT, checkpoint=path, **how)
    assert columns(resumed) == columns(whole[0]) and not resumed.stopped
    assert torch.equal(state(model), whole[1])
    assert not list(tmp_path.glob("*.part"))


def test_a_diverging_run_stops_names_its_numbers_and_keeps_its_history(capsys):
    model = models.seeded(lambda: models.MLP(64, 10), 0)
    sgd = partial(torch.optim.SGD, lr=0.1)
    history = fit(model, SPLIT, epochs=500, optimizer=sgd, penalty="l2", lam=30.0)
    assert 0 < len(history.epochs) < 500 and history.train_loss[0] > 0
    for part in ("λ=30", "lr=0.1", "lr·(h + 2λ) < 2", "1/lr = 10"):
        assert part in history.stopped
    assert history.stopped in capsys.readouterr().err


@pytest.mark.parametrize(("lam", "finite"), [(4.9, True), (5.2, False)])
def test_the_bound_in_that_message_is_where_gradient_descent_turns_over(lam, finite, capsys):
    # A loss that does not depend on its weight has h = 0, so the bound is λ < 1/lr, here 5.
    x, y = torch.zeros(4, 1), torch.zeros(4)
    model = models.seeded(lambda: models.MLP(1, 1), 0)
    sgd = lambda p: torch.optim.SGD([model.linear1.weight], lr=0.2)  # noqa: E731
    split, how = data.Split((x, y), (x, y), (x, y)), {"penalty": "l2", "lam": lam}
    history = fit(model, split, epochs=2000, optimizer=sgd, every=2000, **how)
    assert (abs(model.linear1.weight.item()) < 1) == finite == (not history.stopped)


def test_batch_norm_trains_and_is_measured_in_evaluation_mode():
    layers = lambda: (nn.Linear(64, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 10))  # noqa: E731
    model = models.seeded(lambda: nn.Sequential(*layers()), 0)
    history = fit(model, SPLIT, epochs=3, optimizer=adam, penalty="l2", lam=0.01)
    loss = train.loss(model.eval()(SPLIT.val.x), SPLIT.val.y).item()
    assert history.val_loss[-1] == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"lam": -0.1}, "lam"),
        ({"lam": float("nan")}, "lam"),
        ({"epochs": 0}, "epochs"),
        ({"penalty": "l0"}, "penalty"),
        ({"batch_size": -3}, "batch_size"),
        ({"every": 0}, "every"),
        ({"seed": -1}, "seed"),
        ({"label_smoothing": -0.1}, "label_smoothing"),
        ({"label_smoothing": 1}, "label_smoothing"),
        ({"mixup": -0.2}, "mixup"),
        ({"optimizer": lambda p: None}, "optimizer"),
        ({"optimizer": torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1)}, "optimizer"),
        ({"history": "h"}, "history"),
        ({"penalized": ["nothing"]}, "penalized"),
        ({"penalized": "linear1.weight"}, "penalized"),
        ({"penalty": lambda weights: 0.0}, "penalty"),
        ({"penalty": lambda weights: weights["linear1.weight"]}, "penalty"),
        ({"penalty": None, "proximal": True}, "penalty"),
    ],
)
def test_wrong_arguments_are_named(wrong, names):
    good = {"epochs": 1, "optimizer": adam, "penalty": "l2"}
    with pytest.raises(ValueError, match=f"{names} must be .*; got "):
        fit(models.seeded(make, 0), SPLIT, **good | wrong)


def continued(second, first=lambda p: torch.optim.SGD(p, lr=0.05), **how):
    """Weights after three epochs with `first`, and how far three more with `second` move them."""
    model = models.seeded(make, 1)
    common = COMMON | {"progress": False} | how
    history = fit(model, SPLIT, epochs=3, optimizer=first, **common)
    before = state(model)
    fit(model, SPLIT, epochs=3, optimizer=second, history=history, **common)
    assert history.epochs == [1, 2, 3, 4, 5, 6]
    return (state(model) - before).abs().max().item()


def test_the_optimizer_asked_for_wins_over_the_one_in_the_history():
    """Issue 11, 1: lr, weight_decay, then another class and another option."""
    assert continued(partial(torch.optim.SGD, lr=0.05)) > 1e-3
    assert continued(partial(torch.optim.SGD, lr=1e-9)) < 1e-6
    plain = continued(partial(torch.optim.SGD, lr=0.01))
    assert continued(partial(torch.optim.SGD, lr=0.01, weight_decay=5.0)) > 2 * plain
    assert continued(partial(torch.optim.Adam, lr=1e-9)) < 1e-6
    assert continued(partial(torch.optim.SGD, lr=0.05, momentum=0.9)) > 1e-3
    rms = partial(torch.optim.RMSprop, lr=1e-3)
    assert continued(partial(rms, centered=True, momentum=0.9), rms) > 1e-4


def test_a_history_of_another_network_is_refused():
    history = fit(models.seeded(make, 1), SPLIT, epochs=1, optimizer=adam, **COMMON)
    with pytest.raises(ValueError, match=r"history must be an earlier result on this model"):
        fit(models.MLP(64, 17, 10), SPLIT, epochs=1, optimizer=adam, history=history)


@pytest.mark.parametrize("proximal", [False, True])
@pytest.mark.parametrize("options", [{}, {"momentum": 0.9, "weight_decay": 0.1}])
def test_a_frozen_layer_stays_bit_for_bit_and_is_not_counted(proximal, options):
    """Issue 11, 4; the gradients of an earlier run do not move it either."""
    model = models.seeded(lambda: models.MLP(64, 16, 10), 0)
    how = {"penalty": "l1", "lam": 0.05, "proximal": proximal}
    how["optimizer"] = lambda p: torch.optim.SGD(p, lr=0.1, **options)
    fit(model, SPLIT, epochs=2, **how)
    model.linear1.weight.requires_grad_(False)
    before, other = model.linear1.weight.clone(), model.linear2.weight.clone()
    everything = dict(model.named_parameters())
    for penalized in (None, everything):
        history = fit(model, SPLIT, epochs=3, penalized=penalized, **how)
        assert torch.equal(model.linear1.weight, before)
        assert not torch.equal(model.linear2.weight, other)
        counted = model.linear2.weight.abs().sum() + (
            model.linear2.bias.abs().sum() + model.linear1.bias.abs().sum() if penalized else 0
        )
        assert history.penalty[-1] == pytest.approx(counted.item(), rel=1e-5)


class Tied(nn.Module):
    """An autoencoder's two matrices are one."""

    def __init__(self):
        super().__init__()
        self.enc, self.dec = nn.Linear(64, 64), nn.Linear(64, 64)
        self.dec.weight = self.enc.weight

    def forward(self, x):
        return self.dec(torch.tanh(self.enc(x)))


def test_tied_weights_are_counted_once():
    model = models.seeded(Tied, 0)
    twice = dict(model.named_parameters(remove_duplicate=False))
    del twice["enc.bias"], twice["dec.bias"]
    for penalized in (None, twice):
        how = {"penalty": "l2", "lam": 0.01, "penalized": penalized}
        history = fit(model, SPLIT, epochs=1, optimizer=adam, **how)
    assert history.penalty[-1] == pytest.approx(model.enc.weight.square().sum().item(), rel=1e-5)


def test_a_model_elsewhere_or_wholly_frozen_is_named():
    with pytest.raises(ValueError, match=r"model must be on one device with split.*cpu, meta"):
        fit(models.MLP(64, 10).to("meta"), SPLIT, epochs=1, optimizer=adam)
    frozen = models.MLP(64, 10).requires_grad_(False)
    with pytest.raises(ValueError, match=r"model must be one with a parameter that requires"):
        fit(frozen, SPLIT, epochs=1, optimizer=adam)
    with pytest.raises(ValueError, match=r"model must be one that takes inputs.*\('n', 64\)"):
        fit(models.MLP(63, 10), SPLIT, epochs=1, optimizer=adam)
