"""The two small real datasets."""

import pytest
import torch
from sklearn.datasets import load_digits

from regutils import data


def parts(split):
    return split.train, split.val, split.test


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
