"""Drawn datasets and the two of scikit-learn: their law, their seeds, what they refuse."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from regutils import data


def parts(split):
    return split.train, split.val, split.test


@pytest.mark.parametrize("load", [data.sine, data.moons, data.digits, data.diabetes])
def test_a_seed_gives_the_same_split_and_another_seed_another(load):
    for one, same in zip(parts(load(seed=3)), parts(load(seed=3))):
        assert all(map(torch.equal, one, same))
    assert not torch.equal(load(seed=3).train.x, load(seed=4).train.x)


@pytest.mark.parametrize("load", [data.moons, data.diabetes])
def test_features_are_standardised_by_the_training_part_alone(load):
    split = load(n_train=100)
    x, zeros = split.train.x, torch.zeros(split.train.x.shape[1])
    torch.testing.assert_close(x.mean(0), zeros, atol=1e-5, rtol=0)
    torch.testing.assert_close(x.std(0, correction=0), zeros + 1)
    assert split.val.x.mean(0).abs().max() > 1e-3  # other examples, so never exactly 0


def test_sine_is_noise_around_the_sine():
    split = data.sine(20, noise=0.0)
    torch.testing.assert_close(split.train.y, torch.sin(torch.pi * split.train.x[:, 0]))
    noise = data.sine(5000, noise=0.3).train
    assert (noise.y - torch.sin(torch.pi * noise.x[:, 0])).std() == pytest.approx(0.3, rel=0.05)


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: data.digits(0), "n_train"),
        (lambda: data.digits(1297), "n_train"),
        (lambda: data.digits(label_noise=1.5), "label_noise"),
        (lambda: data.sine(noise=-1), "noise"),
        (lambda: data.sine(seed=-1), "seed"),
        (lambda: data.moons(n_train=2.5), "n_train"),
        (lambda: data.moons(seed=2**32), "seed"),
    ],
)
def test_wrong_arguments_are_named_with_what_they_got(call, names):
    with pytest.raises(ValueError, match=rf"{names} must be .*; got "):
        call()


TWO_CLASSES = [data.moons, data.circles, data.xor, data.spiral, data.gaussians]


@pytest.mark.parametrize("load", TWO_CLASSES)
def test_two_classes_are_balanced_standardised_and_learnable(load):
    split = load(n_train=200, seed=2)
    assert split.train.x.shape == (200, 2) and len(split.val.x) == len(split.test.x) == 500
    assert 0.4 < split.train.y.float().mean() < 0.6 and set(split.val.y.tolist()) == {0, 1}
    torch.testing.assert_close(split.train.x.std(0, correction=0), torch.ones(2))
    nearest = torch.cdist(split.val.x, split.train.x).argmin(1)
    assert (split.train.y[nearest] == split.val.y).float().mean() > 0.9
    noisy = load(n_train=200, label_noise=0.25, seed=2)
    assert int((noisy.train.y != split.train.y).sum()) == 50


@pytest.mark.parametrize("load", [*TWO_CLASSES, data.sine])
def test_another_noise_level_moves_the_same_points(load):
    still, moved = load(n_train=40, noise=0.0, seed=1), load(n_train=40, noise=0.05, seed=1)
    if load is data.sine:
        assert torch.equal(still.train.x, moved.train.x)
        assert 0.03 < (still.train.y - moved.train.y).std() < 0.07
    else:
        assert torch.equal(still.train.y, moved.train.y)
        assert (still.train.x - moved.train.x).norm(dim=1).mean() < 0.4


@pytest.mark.parametrize("load", [*TWO_CLASSES, data.sine, data.digits, data.diabetes])
def test_loaders_follow_torchs_default_number_type(load):
    single = load(seed=1)
    torch.set_default_dtype(torch.float64)
    try:
        double = load(seed=1)
    finally:
        torch.set_default_dtype(torch.float32)
    for one, two in zip(parts(single), parts(double)):
        assert one.x.dtype == torch.float32 and two.x.dtype == torch.float64
        torch.testing.assert_close(one.x, two.x.float(), atol=2e-6, rtol=1e-5)
        torch.testing.assert_close(one.y, two.y.to(one.y.dtype), atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize("make", [*TWO_CLASSES, data.digits])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_few_examples_are_enough_and_a_wrong_label_may_be_of_any_class(make, n):
    right, wrong = make(n), make(n, label_noise=1.0)
    assert len(right.train.y) == n
    assert not (right.train.y == wrong.train.y).any()
    assert wrong.train.y.max() <= right.test.y.max()


@pytest.mark.parametrize("load", [data.moons, data.circles, data.xor, data.digits, data.sine])
def test_numpys_numbers_are_numbers(load):
    noise = {} if load is data.sine else {"label_noise": 0.5}
    mine = load(np.uint8(60), seed=np.uint8(255), **noise)
    wanted = load(60, seed=255, **noise)
    assert all(torch.equal(a, b) for p, q in zip(parts(mine), parts(wanted)) for a, b in zip(p, q))


def test_sparse_linear_has_few_true_coefficients():
    split, truth = data.sparse_linear(noise=0.0, seed=1)
    assert split.train.x.shape == (50, 100) and len(split.val.x) == len(split.test.x) == 500
    assert (truth != 0).sum() == 5 and set(truth[truth != 0].abs().tolist()) == {1.0}
    for part in parts(split):
        torch.testing.assert_close(part.y, part.x @ truth)
    again, same = data.sparse_linear(seed=1)
    assert torch.equal(again.train.x, split.train.x) and torch.equal(same, truth)
    noise = again.test.y - again.test.x @ truth
    assert noise.std() == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize("wrong", [{"k": 101}, {"d": 0}, {"seed": -1}])
def test_sparse_linear_refuses(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"{name} must be"):
        data.sparse_linear(**wrong)


def test_digits_have_mean_0_per_pixel_and_one_scale_for_all():
    x = data.digits(150).train.x
    assert x.shape == (150, 64)
    torch.testing.assert_close(x.mean(0), torch.zeros(64), atol=1e-5, rtol=0)
    torch.testing.assert_close(x.square().mean(), torch.tensor(1.0))


def test_diabetes_targets_are_in_training_standard_deviations():
    y = data.diabetes().train.y
    assert y.dtype == torch.float32
    assert y.mean() == pytest.approx(0, abs=1e-5) and y.std(correction=0) == pytest.approx(1)


def test_the_parts_share_no_example():
    split = data.digits(150)
    sizes = [len(part.x) for part in parts(split)]
    assert sizes == [150, 500, len(load_digits().data) - 650]
    rows = torch.cat([part.x for part in parts(split)])
    original = torch.as_tensor(load_digits().data)
    assert len(rows.unique(dim=0)) == len(original.unique(dim=0))


def test_label_noise_makes_exactly_that_share_of_training_labels_wrong_and_no_other():
    clean, noisy = data.digits(150), data.digits(150, label_noise=0.2)
    assert int((clean.train.y != noisy.train.y).sum()) == 30
    assert torch.equal(clean.val.y, noisy.val.y) and torch.equal(clean.test.y, noisy.test.y)
    assert torch.equal(clean.train.x, noisy.train.x)
