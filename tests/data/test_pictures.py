"""Pictures: their split, augmentation, the stand-in, files of arrays."""

import numpy as np
import pytest
import torch

from regutils import data


def test_coloured_digits_are_the_same_every_time():
    one, two, other = data.coloured_digits(), data.coloured_digits(), data.coloured_digits(seed=1)
    assert torch.equal(one.x, two.x) and not torch.equal(one.x, other.x)
    assert one.x.shape == (1797, 3, 32, 32) and one.x.dtype == torch.uint8
    assert torch.bincount(one.y).min() > 170
    assert torch.equal(one.y, two.y) and torch.equal(one.y, other.y)


def test_split_is_standardised_by_its_training_part_and_shares_nothing():
    found = data.coloured_digits()
    split = found.split(600, 400, seed=3)
    assert [len(part.x) for part in (split.train, split.val, split.test)] == [600, 400, 797]
    torch.testing.assert_close(split.train.x.mean((0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(
        split.train.x.std((0, 2, 3), correction=0), torch.ones(3), atol=1e-5, rtol=0
    )
    rows = torch.cat([part.x.flatten(1) for part in (split.train, split.val, split.test)])
    assert len(rows.unique(dim=0)) == len(found.x)
    order = torch.randperm(1797, generator=torch.Generator().manual_seed(3))
    train = found.x[order[:600]].float()
    wanted = (found.x[order[600]].float() - train.mean((0, 2, 3)).view(3, 1, 1)) / train.std(
        (0, 2, 3), correction=0
    ).view(3, 1, 1)
    torch.testing.assert_close(split.val.x[0], wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("sizes", [(0, 10), (1797, 10), (10, 0), (1000, 797)])
def test_split_refuses_sizes(sizes):
    with pytest.raises(ValueError, match=r"n_train|n_val"):
        data.coloured_digits().split(*sizes)


def _augment_one(x, top, left, mirrored, pad):
    """The plain way: pad, cut, mirror one picture."""
    c, h, w = x.shape
    padded = torch.zeros(c, h + 2 * pad, w + 2 * pad)
    padded[:, pad : pad + h, pad : pad + w] = x
    cut = padded[:, top : top + h, left : left + w]
    return cut.flip(2) if mirrored else cut


@pytest.mark.parametrize("pad", [0, 2, 4])
def test_augmentation_equals_one_picture_at_a_time(pad):
    x = torch.randn(64, 3, 32, 24)
    torch.manual_seed(7)
    got = data.augment(x, pad)
    torch.manual_seed(7)
    top, left = torch.randint(0, 2 * pad + 1, (2, 64))
    mirrored = torch.rand(64) < 0.5
    for i in range(64):
        assert torch.equal(got[i], _augment_one(x[i], top[i], left[i], mirrored[i], pad))
    assert got.shape == x.shape and got.is_contiguous(memory_format=torch.channels_last)
    assert 16 < mirrored.sum() < 48


@pytest.mark.parametrize("pad", [8, -1, 1.5])
def test_augmentation_refuses_a_pad(pad):
    with pytest.raises(ValueError, match="pad must be"):
        data.augment(torch.zeros(2, 3, 8, 8), pad=pad)


def test_augmentation_is_of_a_batch_of_pictures():
    with pytest.raises(ValueError, match=r"x must be a tensor of pictures \(n, c, h, w\); got"):
        data.augment(torch.zeros(3, 8, 8))


def test_a_channel_that_is_constant_in_training_is_only_centred():
    x = torch.randint(0, 256, (30, 3, 8, 8), dtype=torch.uint8)
    x[:, 1] = 100
    other = x.clone()
    other[:, 1] = 101
    y = torch.arange(30) % 2
    split = data.Pictures(x, y, ("a", "b"), "test", data.Examples(other, y)).split(20, 5)
    assert split.train.x[:, 1].abs().max() < 1e-3
    assert split.test.x[:, 1].max() == pytest.approx(1.0)


def saved(tmp_path, **arrays):
    np.savez(tmp_path / "a.npz", **arrays)
    return tmp_path / "a.npz"


BYTES = np.random.default_rng(0).integers(0, 256, (12, 3, 8, 8), dtype=np.uint8)
LABELS = np.arange(12) % 3


def test_pictures_from_a_file_of_arrays(tmp_path):
    arrays = {"train_x": BYTES, "train_y": LABELS, "test_x": BYTES[:4], "test_y": LABELS[:4]}
    found = data.archive(saved(tmp_path, **arrays))
    assert torch.equal(found.x, torch.from_numpy(BYTES)) and found.y.tolist() == LABELS.tolist()
    assert len(found.test.x) == 4 and found.classes == ("0", "1", "2")


@pytest.mark.parametrize("changed", [{"train_y": LABELS[:5]}, {"train_x": BYTES / 255}, None])
def test_a_file_without_such_arrays_is_refused(tmp_path, changed):
    (tmp_path / "a.npz").write_bytes(b"no archive")
    if changed:
        arrays = {"train_x": BYTES, "train_y": LABELS, "test_x": BYTES, "test_y": LABELS}
        saved(tmp_path, **arrays | changed)
    with pytest.raises(ValueError, match=r"path must be .* file of .*; got"):
        data.archive(tmp_path / "a.npz")
