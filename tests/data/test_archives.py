"""Pictures from one file of arrays: ours, as Keras keeps them, and what is refused."""

import numpy as np
import pytest
import torch

from regutils import data

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (12, 3, 8, 8), dtype=np.uint8)
Y = np.arange(12) % 3


def saved(tmp_path, **arrays):
    np.savez(tmp_path / "a.npz", **arrays)
    return tmp_path / "a.npz"


def test_our_own_names(tmp_path):
    path = saved(tmp_path, train_x=X, train_y=Y, test_x=X[:4], test_y=Y[:4], classes=list("abc"))
    found = data.archive(path)
    assert torch.equal(found.x, torch.from_numpy(X)) and found.y.tolist() == Y.tolist()
    assert len(found.test.x) == 4 and found.classes == ("a", "b", "c") and found.val is None


def test_as_keras_keeps_them(tmp_path):
    last = X.transpose(0, 2, 3, 1)
    path = saved(tmp_path, x_train=last, y_train=Y[:, None], x_test=last[:4], y_test=Y[:4, None])
    found = data.archive(path)
    assert torch.equal(found.x, torch.from_numpy(X)) and found.y.tolist() == Y.tolist()


@pytest.mark.parametrize("shape", [(12, 8, 8), (12, 8, 8, 1), (12, 1, 8, 8)])
def test_grey_pictures(tmp_path, shape):
    path = saved(tmp_path, x_train=X[:, 0].reshape(shape), y_train=Y)
    found = data.archive(path)
    assert found.x.shape == (12, 3, 8, 8)
    assert all(torch.equal(found.x[:, c], torch.from_numpy(X[:, 0])) for c in range(3))


def test_floats_from_0_to_1(tmp_path):
    path = saved(tmp_path, train_x=(X / 255).astype(np.float32), train_y=Y)
    assert torch.equal(data.archive(path).x, torch.from_numpy(X))


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"a": X}, "path must be a file of arrays train_x, train_y.*holds a"),
        ({"train_x": X}, "path must be a file of arrays train_x"),
        ({"train_x": X, "train_y": Y[:5]}, r"train_y must be one whole number per picture \(12\)"),
        ({"train_x": X, "train_y": Y / 2}, "train_y must be one whole number"),
        ({"train_x": X[:, :2], "train_y": Y}, "train_x must be pictures"),
        ({"train_x": X * 300.0, "train_y": Y}, "train_x must be pictures.*; got 'float64 from"),
    ],
)
def test_what_is_expected_is_said(tmp_path, arrays, says):
    with pytest.raises(ValueError, match=says):
        data.archive(saved(tmp_path, **arrays))


@pytest.mark.parametrize("content", [None, b"", b"no archive"])
def test_a_file_that_is_none(tmp_path, content):
    if content is not None:
        (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(
        ValueError, match=r"path must be an \.npz file of arrays; .*a\.npz"
    ) as caught:
        data.archive(tmp_path / "a.npz")
    assert "\n" not in str(caught.value)
