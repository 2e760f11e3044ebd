"""Folds as an axis of a sweep: equal to a loop over folds, and to scikit-learn's."""

from functools import partial

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, RepeatedKFold, ShuffleSplit, cross_val_score

from regutils import data, models, train

SPLIT = data.digits(31, label_noise=0.2)  # 31 examples in 4 folds: sizes 8, 8, 8 and 7
LAMS = [0.0, 0.03]


def make():
    return models.MLP(64, 8, 10)


def sweep(members, **changed):
    how = {"penalty": "l2", "seeds": (0,) * len(members), "steps": 20, "lr": 0.02, "every": 5}
    how |= {"train_mask": members, "progress": False}
    return train.sweep(make, SPLIT, LAMS, **how | changed)


def fold(row):
    """What a loop over folds would train on: the examples themselves, and the others as val."""
    x, y = SPLIT.train
    return data.Split((x[row], y[row]), (x[~row], y[~row]), SPLIT.test)


@pytest.mark.parametrize("batch_size", [None, 10])
@pytest.mark.parametrize("optimizer", [torch.optim.Adam, torch.optim.SGD])
def test_a_sweep_over_folds_equals_a_loop_over_folds(optimizer, batch_size):
    members = train.train_masks(KFold(4, shuffle=True, random_state=0), 31)
    seeds = (0, 0, 5, 5)
    per_epoch = 1 if batch_size is None else 3  # 23 or 24 examples, at most 10 at a time
    swept = sweep(members, optimizer=optimizer, batch_size=batch_size, seeds=seeds, steps=30)
    held = swept.held_out(SPLIT.train).nanmean(-1)
    for k, lam in enumerate(LAMS):
        for f, (row, seed) in enumerate(zip(members, seeds)):
            model = models.seeded(make, seed)
            how = {"penalty": "l2", "lam": lam, "seed": seed, "batch_size": batch_size}
            how["optimizer"] = partial(optimizer, lr=0.02)
            history = train.fit(model, fold(row), epochs=30 // per_epoch, **how)
            for name, w in model.named_parameters():
                mine = swept.weights[name][k, f]
                torch.testing.assert_close(mine, w.detach(), atol=2e-5, rtol=1e-4)
            last = swept.train_loss[k, f, -1].item()
            assert last == pytest.approx(history.train_loss[-1], abs=2e-5)
            assert held[k, f].item() == pytest.approx(history.val_error[-1], abs=1e-6)


@pytest.mark.parametrize(
    "splitter",
    [
        KFold(5),
        RepeatedKFold(n_splits=3, n_repeats=4, random_state=1),
        ShuffleSplit(6, test_size=0.2, random_state=0),
    ],
)
def test_members_are_the_folds_of_scikit_learn(splitter):
    rows = train.train_masks(splitter, 31)
    folds = list(splitter.split(torch.zeros(31)))
    assert rows.shape == (len(folds), 31) and rows.dtype == torch.bool
    for row, (kept, left) in zip(rows, folds):
        assert row.nonzero()[:, 0].tolist() == sorted(kept.tolist())
        assert (~row).nonzero()[:, 0].tolist() == sorted(left.tolist())


def test_held_out_on_ridge_is_cross_val_score():
    split = data.diabetes(60)
    splitter, n, lam = KFold(5, shuffle=True, random_state=0), 60, 0.1
    x, y = split.train
    ridge = Ridge(alpha=48 * lam, fit_intercept=False)  # 48 examples train in each fold
    how = {"cv": splitter, "scoring": "neg_mean_squared_error"}
    scores = cross_val_score(ridge, x.numpy(), y.numpy(), **how)
    how = {"penalty": "l2", "seeds": (0,) * 5, "steps": 2000, "lr": 0.05, "every": 2000}
    how |= {"train_mask": train.train_masks(splitter, n), "optimizer": torch.optim.SGD}
    swept = train.sweep(lambda: torch.nn.Linear(10, 1, bias=False), split, [lam], **how)
    mine = swept.held_out(split.train).nanmean(-1)[0]
    torch.testing.assert_close(mine, torch.tensor(-scores, dtype=torch.float32), atol=1e-4, rtol=0)


def test_wrong_train_masks_are_named():
    with pytest.raises(ValueError, match=r"^n must be .*; got "):
        train.train_masks(KFold(4), 1)
    whole = torch.ones(3, 31, dtype=torch.bool)
    for wrong in (whole.float(), whole[:, 1:], ~whole, whole.tolist()):
        with pytest.raises(ValueError, match=r"train_mask must be .*; got "):
            sweep(wrong, seeds=(0, 1, 2))
    with pytest.raises(ValueError, match="held_out needs a sweep with train_mask"):
        sweep(whole, seeds=(0, 1, 2), train_mask=None).held_out(SPLIT.train)


def test_held_out_is_nan_where_trained_on_or_diverged_and_nowhere_else(capsys):
    how = {"optimizer": torch.optim.SGD, "lr": 0.1, "steps": 200, "penalty": "l2"}
    members = train.train_masks(KFold(3), np.int64(31))
    swept = train.sweep(make, SPLIT, [0.0, 1e6], seeds=[0] * 3, train_mask=members, **how)
    held = swept.held_out(SPLIT.train)
    assert torch.equal(held[0].isnan(), members) and held[1].isnan().all()
    assert held.shape == (2, 3, 31) and set(held[0][~members].tolist()) <= {0.0, 1.0}
    assert train.lowest(held.nanmean((1, 2))) == 0
    with pytest.raises(ValueError, match="examples must be the training part, of 31; got"):
        swept.held_out(SPLIT.val)
