"""What a Split is and refuses, cutting and standardising."""

import pytest
import torch

from regutils.data import Examples, Split
from regutils.data.split import Standardise

X, Y, LABELS = torch.randn(4, 2), torch.randn(4), torch.tensor([0, 1, 2, 1])


@pytest.mark.parametrize(
    ("train", "val", "names"),
    [
        ((X[:0], Y[:0]), (X, Y), "train.x"),
        ((X, Y[:3]), (X, Y), "train.y"),
        ((X, Y), (X[:, :1], Y), "val.x"),
        ((X, Y), (X, LABELS), "val.y"),
        ((X, LABELS - 1), (X, LABELS), "train.y"),
        ((X, Y), (X * float("nan"), Y), "val.x"),
        ((X.tolist(), Y), (X, Y), "train.x"),
        ((X, Y), (X.double(), Y), "val.x"),
        (X, (X, Y), "train"),
    ],
)
def test_a_split_refuses_parts_that_do_not_fit(train, val, names):
    with pytest.raises(ValueError, match=f"{names} must be"):
        Split(train, val, (X, Y))


def test_anyone_can_build_a_split_from_tensors():
    split = Split((X, LABELS.int()), Examples(X, LABELS.int()), (X, LABELS.int()))
    assert split.train.y.dtype == torch.int64 and isinstance(split.train, Examples)
    double = split.to(torch.float64)
    assert double.train.x.dtype == torch.float64 and double.train.y.dtype == torch.int64


def test_training_gathers_no_gradients_of_inputs():
    x = X.clone().requires_grad_()
    assert not Split((x, x[:, 0]), (X, Y), (X, Y)).train.x.requires_grad


def test_a_feature_that_is_constant_but_for_rounding_is_only_centred():
    train = torch.full((101, 2), 0.1)
    train[:, 1] = torch.linspace(0, 1, 101)
    scale = Standardise(train)
    assert scale(torch.tensor([[0.2, 0.5]]))[0, 0] == pytest.approx(0.1, abs=1e-6)
    assert scale(train)[:, 1].std(correction=0) == pytest.approx(1)
