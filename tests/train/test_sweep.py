import signal
from functools import partial
from itertools import product

import pytest
import torch
from torch import nn

from regutils import data, models
from regutils.train import evaluate, fit, sweep
from regutils.train.sweep import ELEMENTWISE

SPLIT = data.digits(60, label_noise=0.2)
LAMS, SEEDS = [0.0, 1e-3, 1e-2], (0, 3)


def make():
    return models.MLP(64, 16, 10)


def test_shapes_and_what_is_recorded():
    swept = sweep(make, SPLIT, LAMS, penalty="l2", seeds=SEEDS, steps=25, lr=0.01, every=10)
    assert swept.steps.tolist() == [10, 20, 25] and swept.lams.tolist() == pytest.approx(LAMS)
    for name in ("train_loss", "val_loss", "train_error", "val_error", "penalty"):
        assert getattr(swept, name).shape == (3, 2, 3)
    assert swept.weights["linear1.weight"].shape == (3, 2, 16, 64)
    assert (swept.penalty > 0).all()  # not times λ
    outputs = swept.predict(SPLIT.val.x)
    assert outputs.shape == (3, 2, 500, 10)
    torch.testing.assert_close(swept.model(2, 1)(SPLIT.val.x), outputs[2, 1], atol=1e-5, rtol=1e-4)


def test_dropout_p_can_differ_from_run_to_run():
    def deep(**options):
        return lambda: models.MLP(64, 16, 16, 10, **options)  # two hidden layers share one dropout

    how = {"penalty": None, "seeds": (0,), "steps": 40, "lr": 0.01}
    swept = sweep(deep(dropout=0.5), SPLIT, [0.0] * 3, vary={"dropout.p": [0.0, 0.5, 0.9]}, **how)
    plain = sweep(deep(), SPLIT, [0.0], **how)
    # p = 0 is no dropout
    torch.testing.assert_close(swept.train_loss[0], plain.train_loss[0], atol=1e-4, rtol=1e-3)
    assert swept.train_loss[0, 0, -1] < swept.train_loss[1, 0, -1] < swept.train_loss[2, 0, -1]
    assert swept.vary["dropout.p"].tolist() == pytest.approx([0.0, 0.5, 0.9])
    assert float(swept.model(2).dropout.p) == pytest.approx(0.9)


def test_dropout_masks_differ_between_networks_seeds_and_examples():
    """One step on the identity: a weight moves only where its input was kept."""
    part = data.Examples(torch.eye(400), torch.ones(400))
    how = {"seeds": (0, 1), "steps": 1, "lr": 1.0, "optimizer": torch.optim.SGD}
    p = {"input_dropout.p": [0.5, 0.5, 0.2]}
    swept = sweep(
        lambda: models.MLP(400, 1, input_dropout=0.5),
        data.Split(part, part, part), [0.0] * 3, penalty=None, vary=p, **how,
    )  # fmt: skip
    start = [models.seeded(lambda: models.MLP(400, 1), s).linear1.weight[0] for s in (0, 1)]
    kept = (swept.weights["linear1.weight"][:, :, 0] != torch.stack(start)).float()  # (3, 2, 400)
    torch.testing.assert_close(kept.mean((1, 2)), torch.tensor([0.5, 0.5, 0.8]), rtol=0, atol=0.08)
    assert torch.corrcoef(kept[:2].flatten(0, 1)).triu(1).abs().max() < 0.2


@pytest.mark.parametrize(("step", "kept"), [(8, [3, 6]), (2, [0])])
def test_an_interrupt_keeps_what_is_recorded(step, kept, capsys):
    """Weights are those of the last record, or the initial ones."""

    class Interrupted(nn.ReLU):
        coming = [False] * step + [True]  # one more than `step`: what is found out before training

        def forward(self, x):
            if self.training and self.coming and self.coming.pop(0):
                raise KeyboardInterrupt
            return super().forward(x)

    def stoppable():
        return models.MLP(64, 16, 10, activation=Interrupted)

    common = {"penalty": "l2", "seeds": (0,), "lr": 0.01, "every": 3}
    swept = sweep(stoppable, SPLIT, LAMS, steps=100, **common)
    assert swept.steps.tolist() == kept and "Interrupted at step" in capsys.readouterr().err
    assert f"Interrupted at step {step - 1} of 100" in swept.stopped
    if kept == [0]:
        start = models.seeded(stoppable, 0)
        assert torch.equal(swept.weights["linear1.weight"][2, 0], start.linear1.weight)
    else:
        shorter = sweep(make, SPLIT, LAMS, steps=kept[-1], **common)
        assert torch.equal(swept.weights["linear1.weight"], shorter.weights["linear1.weight"])
    assert swept.val_loss.shape == (3, 1, len(kept))


def test_the_stop_button_lets_a_step_end():
    steps = []

    class Pressed(nn.ReLU):
        def forward(self, x):
            if self.training:
                steps.append("begun")
                if steps.count("begun") == 5:
                    signal.raise_signal(signal.SIGINT)
                steps.append("ended")
            return super().forward(x)

    before = signal.getsignal(signal.SIGINT)
    how = {"penalty": "l2", "seeds": (0,), "lr": 0.01}
    pressed = lambda: models.MLP(64, 16, 10, activation=Pressed)  # noqa: E731
    swept = sweep(pressed, SPLIT, LAMS, steps=100, every=1, **how)
    assert "Interrupted" in swept.stopped
    assert steps.count("begun") == steps.count("ended") == 5
    assert signal.getsignal(signal.SIGINT) is before
    assert len(sweep(make, SPLIT, LAMS, steps=3, **how).steps) == 3


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"lams": [-1.0]}, r"lams\[0\]"),
        ({"lams": [0.1, float("nan")]}, r"lams\[1\]"),
        ({"lams": []}, "lams"),
        ({"penalty": "l7"}, "penalty"),
        ({"seeds": []}, "seeds"),
        ({"seeds": 3}, "seeds"),
        ({"lams": 0.1}, "lams"),
        ({"steps": 0}, "steps"),
        ({"lr": 0.0}, "lr"),
        ({"batch_size": 0}, "batch_size"),
        ({"vary": {"dropout.p": [0.1]}}, "vary"),
        ({"penalty": lambda weights: 0.0}, "penalty"),
        ({"penalty": lambda weights: weights["linear1.weight"]}, "penalty"),
        ({"optimizer": lambda p: torch.optim.SGD(p, lr=0.1)}, "optimizer"),
        ({"penalty": None, "proximal": True}, "penalty"),
    ],
)
def test_wrong_arguments_are_named(wrong, names):
    good = {"lams": [0.0], "penalty": "l2", "seeds": (0,), "steps": 1, "lr": 0.1}
    with pytest.raises(ValueError, match=f"{names} must be .*; got "):
        sweep(make, SPLIT, **good | wrong)


def assert_equals_a_loop(make, split, lams, *, optimizer, lr=0.02, steps=20, **how):
    """The sweep, whose final weights are those of a fit for each λ and seed."""
    swept = sweep(make, split, lams, seeds=SEEDS, lr=lr, steps=steps, optimizer=optimizer, **how)
    fits = how | {"epochs": steps, "every": steps, "optimizer": lambda p: optimizer(p, lr=lr)}
    for (k, lam), (s, seed) in product(enumerate(lams), enumerate(SEEDS)):
        model = models.seeded(make, seed)
        fit(model, split, lam=lam, **fits)
        for name, w in model.named_parameters():
            torch.testing.assert_close(swept.weights[name][k, s], w.detach(), atol=2e-5, rtol=1e-4)
    return swept


def group(weights):
    """Rows of the first layer as groups; sweeps know no gradient of it."""
    return sum(w.square().sum(1).sqrt().sum() for w in weights.values())


@pytest.mark.parametrize("batch_size", [None, 25])
@pytest.mark.parametrize(
    ("penalty", "proximal"),
    [("l2", False), ("l1", False), ("l1", True), ("l2", True), (group, False)],
)
def test_a_sweep_equals_a_loop_of_fit(penalty, proximal, batch_size):
    how = {"penalty": penalty, "proximal": proximal, "batch_size": batch_size}
    steps, per_epoch = (30, 1) if batch_size is None else (30, 3)
    swept = sweep(
        make, SPLIT, LAMS, seeds=SEEDS, steps=steps, lr=0.02, every=per_epoch,
        optimizer=torch.optim.SGD, test=True, **how
    )  # fmt: skip
    for k, lam in enumerate(LAMS):
        for s, seed in enumerate(SEEDS):
            model = models.seeded(make, seed)
            sgd = partial(torch.optim.SGD, lr=0.02)
            epochs = steps // per_epoch
            history = fit(model, SPLIT, epochs=epochs, optimizer=sgd, lam=lam, seed=seed, **how)
            for name, w in model.named_parameters():
                torch.testing.assert_close(swept.weights[name][k, s], w.detach())
            for name in ("train_loss", "val_loss", "penalty"):
                mine = torch.tensor(getattr(history, name))
                torch.testing.assert_close(getattr(swept, name)[k, s], mine, atol=2e-5, rtol=1e-4)
            assert (swept.val_error[k, s] - torch.tensor(history.val_error)).abs().max() <= 2 / 500
            judged = evaluate(model, SPLIT.test)
            assert swept.test_loss[k, s, -1].item() == pytest.approx(judged[0], rel=1e-4)
            assert swept.test_error[k, s, -1].item() == pytest.approx(judged[1], abs=2e-3)


@pytest.mark.parametrize("optimizer", ELEMENTWISE)
def test_every_optimizer_on_the_list_equals_a_loop_of_fit(optimizer):
    assert_equals_a_loop(make, SPLIT, LAMS, optimizer=optimizer, penalty="l2", steps=12)


@pytest.mark.parametrize(
    "optimizer",
    [
        partial(torch.optim.Adam, fused=False, amsgrad=True),
        partial(torch.optim.SGD, momentum=0.9, nesterov=True, differentiable=False),
        lambda p, lr: torch.optim.SGD(p, lr=lr / 2, weight_decay=0.1),
    ],
)
@pytest.mark.parametrize("proximal", [False, True])
def test_options_of_an_optimizer_are_the_callers(optimizer, proximal):
    """Issue 11, 21; the proximal step has the optimizer's own lr."""
    how = {"penalty": "l1", "proximal": proximal}
    assert_equals_a_loop(make, SPLIT, LAMS, optimizer=optimizer, steps=12, **how)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc, self.mid, self.dec = nn.Linear(64, 8), nn.Linear(8, 8), nn.Linear(8, 8)
        self.dec.weight = self.mid.weight
        self.out = nn.Linear(8, 10)

    def forward(self, x):
        return self.out(self.dec(torch.tanh(self.mid(torch.tanh(self.enc(x))))))


def test_tied_weights_are_one_weight():
    """Issue 11, 3: also under the name that comes second."""
    how = {"optimizer": torch.optim.SGD, "penalty": "l2", "lr": 0.1}
    swept = assert_equals_a_loop(Tied, SPLIT, LAMS, **how)
    assert "dec.weight" not in swept.weights
    model = swept.model(2, 1)
    assert torch.equal(model.dec.weight, swept.weights["mid.weight"][2, 1])
    outputs = swept.predict(SPLIT.val.x)
    torch.testing.assert_close(model(SPLIT.val.x), outputs[2, 1], atol=1e-5, rtol=1e-4)
    common = {"seeds": SEEDS, "steps": 3, "lr": 0.1, "penalty": "l2"}
    both = [sweep(Tied, SPLIT, LAMS, penalized=[f"{n}.weight"], **common) for n in ("mid", "dec")]
    assert torch.equal(both[0].penalty, both[1].penalty) and (both[0].penalty > 0).all()


@pytest.mark.parametrize("proximal", [False, True])
def test_frozen_parameters_stay_and_are_not_counted(proximal):
    def frozen():
        model = make()
        model.linear1.weight.requires_grad_(False)
        return model

    how = {"optimizer": torch.optim.SGD, "penalty": "l1", "proximal": proximal}
    swept = assert_equals_a_loop(frozen, SPLIT, [0.0, 0.1], **how)
    assert torch.equal(swept.weights["linear1.weight"][1, 0], models.seeded(make, 0).linear1.weight)
    total = swept.weights["linear2.weight"].abs().sum((-1, -2))
    torch.testing.assert_close(swept.penalty[..., -1], total)


def test_lambdas_index_to_rounding_or_what_there_is():
    swept = sweep(make, SPLIT, LAMS, penalty="l2", seeds=(0,), steps=1, lr=0.01)
    assert [swept.at(lam) for lam in LAMS] == [swept.at(lam) for lam in swept.lams] == [0, 1, 2]
    for wrong in (5e-3, 1e-9):
        with pytest.raises(ValueError, match=r"lam must be one of 0, 0\.001, 0\.01; got"):
            swept.at(wrong)


def test_a_run_that_diverged_is_nan_from_there_on_and_only_it(capsys):
    how = {"penalty": "l2", "seeds": SEEDS, "lr": 0.1, "optimizer": torch.optim.SGD}
    swept = sweep(make, SPLIT, [0.0, 50.0], steps=200, **how)
    for name in ("train_loss", "val_loss", "train_error", "val_error", "penalty"):
        values = getattr(swept, name)
        assert values[0].isfinite().all() and values[1, :, -1].isnan().all()
        assert not values.isinf().any()
        assert (values[1].isnan().int().diff(dim=-1) >= 0).all(), "NaN to the end"


def test_what_a_sweep_has_no_network_or_output_for_is_named():
    swept = sweep(make, SPLIT, LAMS, penalty="l2", seeds=SEEDS, steps=1, lr=0.01)
    assert torch.equal(swept.model(-1).linear1.weight, swept.model(torch.tensor(2)).linear1.weight)
    for wrong in ((3,), (True,), (0, 2), (1.0,)):
        with pytest.raises(ValueError, match=r"[ks] must be a whole number"):
            swept.model(*wrong)
    for x in (SPLIT.val.x.double(), SPLIT.val.x[:, :63]):
        with pytest.raises(ValueError, match="model must be one that takes inputs like x, "):
            swept.predict(x)


def test_lambdas_ascend_unless_something_else_varies():
    common = {"penalty": "l2", "seeds": (0,), "steps": 1, "lr": 0.1}
    for wrong in ([0.1, 0.0], [0.0, 0.1, 0.1]):
        with pytest.raises(ValueError, match="lams must be ascending, each value once"):
            sweep(make, SPLIT, wrong, **common)
    dropped = lambda: models.MLP(64, 16, 10, dropout=0.5)  # noqa: E731
    swept = sweep(dropped, SPLIT, [0.1, 0.0, 0.0], vary={"dropout.p": [0.0, 0.5, 0.1]}, **common)
    assert swept.lams.tolist() == pytest.approx([0.1, 0.0, 0.0]) and swept.test_error is None


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru, self.out = nn.GRU(8, 4, batch_first=True), nn.Linear(4, 10)

    def forward(self, x):
        return self.out(self.gru(x.view(-1, 8, 8))[0][:, -1])


class Branching(nn.Linear):
    def forward(self, x):
        return super().forward(x if x.sum() * self.weight.sum() > 0 else -x)


class Scaled(nn.Linear):
    def forward(self, x):
        return super().forward(x) * self.weight.norm().item()


@pytest.mark.parametrize(
    "wrong",
    [Recurrent, lambda: Branching(64, 10), lambda: Scaled(64, 10)],
    ids=["gru", "if", "item"],
)
def test_models_that_cannot_be_batched_are_sent_to_a_loop_of_fit(wrong):
    with pytest.raises(ValueError, match=r"make_model must be .* batch .*loop of train\.fit"):
        sweep(wrong, SPLIT, LAMS, penalty="l2", seeds=(0,), steps=1, lr=0.1)


def test_models_and_optimizers_that_couple_examples_or_networks_are_refused():
    common = {"penalty": None, "seeds": (0,), "steps": 1, "lr": 0.1}
    with pytest.raises(ValueError, match=r"without BatchNorm.* loop of train\.fit"):
        sweep(lambda: nn.Sequential(nn.Linear(64, 10), nn.BatchNorm1d(10)), SPLIT, [0.0], **common)
    with pytest.raises(ValueError, match="optimizer must be one that treats every weight by"):
        sweep(make, SPLIT, [0.0], optimizer=torch.optim.LBFGS, **common)
    with pytest.raises(ValueError, match=r"below 1; got 1\.0"):
        dropped = lambda: models.MLP(64, 8, 10, dropout=0.5)  # noqa: E731
        sweep(dropped, SPLIT, [0.0], vary={"dropout.p": [1.0]}, **common)
