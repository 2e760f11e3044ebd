import pytest
import torch
from torch import nn

from regutils import data, models
from regutils.train import fit, sweep

SPLIT = data.digits(60, label_noise=0.2)
LAMS, SEEDS = [0.0, 1e-3, 1e-2], (0, 3)


def make():
    return models.MLP(64, 16, 10)


@pytest.mark.parametrize("batch_size", [None, 25])
@pytest.mark.parametrize(
    ("penalty", "proximal", "optimizer"),
    [
        ("l2", False, torch.optim.Adam),
        ("l2", False, torch.optim.SGD),
        ("l1", True, torch.optim.SGD),
        (
            lambda weights: sum(w.square().sum().sqrt() for w in weights.values()),
            False,
            torch.optim.Adam,
        ),
    ],
)
def test_a_sweep_equals_a_loop_of_fit(penalty, proximal, optimizer, batch_size):
    per_epoch = 1 if batch_size is None else 3
    steps = 50 if batch_size is None else 48
    swept = sweep(
        make,
        SPLIT,
        LAMS,
        penalty=penalty,
        proximal=proximal,
        optimizer=optimizer,
        seeds=SEEDS,
        steps=steps,
        lr=0.02,
        every=per_epoch,
        batch_size=batch_size,
    )
    for k, lam in enumerate(LAMS):
        for s, seed in enumerate(SEEDS):
            model = models.seeded(make, seed)
            history = fit(
                model,
                SPLIT,
                epochs=steps // per_epoch,
                optimizer=lambda p: optimizer(p, lr=0.02),
                penalty=penalty,
                proximal=proximal,
                lam=lam,
                seed=seed,
                batch_size=batch_size,
            )
            for name, w in model.named_parameters():
                torch.testing.assert_close(
                    swept.weights[name][k, s], w.detach(), atol=2e-5, rtol=1e-4
                )
            for name in ("train_loss", "val_loss", "penalty"):
                mine = torch.tensor(getattr(history, name))
                torch.testing.assert_close(getattr(swept, name)[k, s], mine, atol=2e-5, rtol=1e-4)
            assert (swept.val_error[k, s] - torch.tensor(history.val_error)).abs().max() <= 2 / 500


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


def test_a_sweep_without_a_progress_bar_is_the_same():
    quiet, shown = (
        sweep(make, SPLIT, [0.01], penalty="l2", seeds=(0,), steps=6, lr=0.01, progress=progress)
        for progress in (False, True)
    )
    assert quiet.steps.tolist() == shown.steps.tolist() == [1, 2, 3, 4, 5, 6]
    assert torch.equal(quiet.val_loss, shown.val_loss)


def test_all_lambdas_of_a_seed_start_from_the_same_weights():
    swept = sweep(
        make, SPLIT, LAMS, penalty="l2", seeds=SEEDS, steps=1, lr=1e-9, optimizer=torch.optim.SGD
    )
    first = swept.weights["linear1.weight"]
    torch.testing.assert_close(first[0], first[2], atol=1e-6, rtol=0)
    assert (first[0, 0] - first[0, 1]).abs().max() > 0.01


def test_a_batched_soft_threshold_makes_exact_zeros_where_it_is_told_to():
    swept = sweep(
        make,
        SPLIT,
        [0.0, 0.02],
        penalty="l1",
        proximal=True,
        penalized=["linear1.weight"],
        seeds=(0,),
        steps=60,
        lr=0.1,
        optimizer=torch.optim.SGD,
    )
    zeros = {
        name: (w == 0).float().mean(dim=tuple(range(1, w.ndim))).tolist()
        for name, w in swept.weights.items()
    }
    assert zeros["linear1.weight"][0] == 0 and zeros["linear1.weight"][1] > 0.2
    assert zeros["linear2.weight"] == [0, 0]


def test_dropout_p_can_differ_from_run_to_run():
    def deep(**options):
        return lambda: models.MLP(64, 16, 16, 10, **options)  # two hidden layers share one dropout

    swept = sweep(
        deep(dropout=0.5),
        SPLIT,
        [0.0] * 3,
        penalty=None,
        seeds=(0,),
        steps=40,
        lr=0.01,
        vary={"dropout.p": [0.0, 0.5, 0.9]},
    )
    plain = sweep(deep(), SPLIT, [0.0], penalty=None, seeds=(0,), steps=40, lr=0.01)
    torch.testing.assert_close(
        swept.train_loss[0], plain.train_loss[0], atol=1e-4, rtol=1e-3
    )  # p = 0 is no dropout
    assert swept.train_loss[0, 0, -1] < swept.train_loss[1, 0, -1] < swept.train_loss[2, 0, -1]
    assert swept.vary["dropout.p"].tolist() == pytest.approx([0.0, 0.5, 0.9])
    assert float(swept.model(2).dropout.p) == pytest.approx(0.9)


def test_a_diverging_lambda_is_named_and_harms_no_other(capsys):
    swept = sweep(
        make,
        SPLIT,
        [0.0, 50.0],
        penalty="l2",
        seeds=(0,),
        steps=120,
        lr=0.1,
        optimizer=torch.optim.SGD,
    )
    said = capsys.readouterr().err
    assert "λ = 50" in said and "lr=0.1" in said and "1/lr = 10" in said
    assert swept.train_loss[0].isfinite().all() and not swept.train_loss[1, 0, -1].isfinite()
    assert swept.stopped in said


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


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"lams": [-1.0]}, r"lams\[0\]"),
        ({"lams": [0.1, float("nan")]}, r"lams\[1\]"),
        ({"lams": []}, "lams"),
        ({"lams": "0.1"}, "lams"),
        ({"penalty": "l7"}, "penalty"),
        ({"seeds": []}, "seeds"),
        ({"steps": 0}, "steps"),
        ({"lr": 0.0}, "lr"),
        ({"batch_size": 0}, "batch_size"),
        ({"penalized": ["nothing"]}, "penalized"),
        ({"vary": {"dropout.p": [0.1]}}, "vary"),
        ({"penalty": None, "proximal": True}, "penalty"),
    ],
)
def test_wrong_arguments_are_named(wrong, names):
    good = {"lams": [0.0], "penalty": "l2", "seeds": (0,), "steps": 1, "lr": 0.1}
    with pytest.raises(ValueError, match=f"{names} must be .*; got "):
        sweep(
            make,
            SPLIT,
            (good | wrong).pop("lams"),
            **{k: v for k, v in (good | wrong).items() if k != "lams"},
        )


def test_p_outside_0_1_and_models_that_cannot_be_stacked_are_refused():
    common = {"penalty": None, "seeds": (0,), "steps": 1, "lr": 0.1}
    with pytest.raises(ValueError, match=r"below 1; got 1\.0"):
        sweep(
            lambda: models.MLP(64, 8, 10, dropout=0.5),
            SPLIT,
            [0.0],
            vary={"dropout.p": [1.0]},
            **common,
        )
    with pytest.raises(ValueError, match="BatchNorm"):
        sweep(lambda: nn.Sequential(nn.Linear(64, 10), nn.BatchNorm1d(10)), SPLIT, [0.0], **common)
