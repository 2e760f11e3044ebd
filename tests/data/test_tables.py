import numpy as np
import pytest
import torch

from regutils import data, train
from regutils.course import seeds
from regutils.data import Examples, Split


def parts(split):
    return split.train, split.val, split.test


@pytest.mark.parametrize("load", [data.sine, data.moons, data.digits, data.diabetes])
def test_a_seed_gives_the_same_split_and_another_seed_another(load):
    same = [
        torch.equal(a, b)
        for p, q in zip(parts(load(seed=3)), parts(load(seed=3)))
        for a, b in zip(p, q)
    ]
    assert all(same)
    assert not torch.equal(load(seed=3).train.x, load(seed=4).train.x)


@pytest.mark.parametrize("load", [data.moons, data.diabetes])
def test_features_are_standardised_by_the_training_part_alone(load):
    split = load(n_train=100)
    torch.testing.assert_close(
        split.train.x.mean(0), torch.zeros(split.train.x.shape[1]), atol=1e-5, rtol=0
    )
    torch.testing.assert_close(
        split.train.x.std(0, correction=0), torch.ones(split.train.x.shape[1])
    )
    assert split.val.x.mean(0).abs().max() > 1e-3  # other examples, so never exactly 0


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
    from sklearn.datasets import load_digits

    split = data.digits(150)
    sizes = [len(part.x) for part in parts(split)]
    assert sizes == [150, 500, len(load_digits().data) - 650]
    rows = torch.cat([part.x for part in parts(split)])
    original = torch.as_tensor(load_digits().data)
    assert len(rows.unique(dim=0)) == len(original.unique(dim=0))


def test_sine_is_noise_around_the_sine():
    split = data.sine(20, noise=0.0)
    torch.testing.assert_close(split.train.y, torch.sin(torch.pi * split.train.x[:, 0]))
    noise = data.sine(5000, noise=0.3).train
    assert (noise.y - torch.sin(torch.pi * noise.x[:, 0])).std() == pytest.approx(0.3, rel=0.05)


def test_label_noise_makes_exactly_that_share_of_training_labels_wrong_and_no_other():
    clean, noisy = data.digits(150), data.digits(150, label_noise=0.2)
    assert int((clean.train.y != noisy.train.y).sum()) == 30
    assert torch.equal(clean.val.y, noisy.val.y) and torch.equal(clean.test.y, noisy.test.y)
    assert torch.equal(clean.train.x, noisy.train.x)


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: data.digits(0), "n_train"),
        (lambda: data.digits(1297), "n_train"),
        (lambda: data.digits(label_noise=1.5), "label_noise"),
        (lambda: data.digits(label_noise="much"), "label_noise"),
        (lambda: data.sine(noise=-1), "noise"),
        (lambda: data.sine(seed=-1), "seed"),
        (lambda: data.moons(n_train=2.5), "n_train"),
        (lambda: data.moons(seed=2**32), "seed"),
        (lambda: data.circles(seed=2**32), "seed"),
    ],
)
def test_wrong_arguments_are_named_with_what_they_got(call, names):
    with pytest.raises(ValueError, match=rf"{names} must be .*; got "):
        call()


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


def test_the_loss_is_a_mean_over_examples_without_a_half():
    assert train.loss(torch.tensor([[1.0], [3.0]]), torch.tensor([0.0, 0.0])) == 5.0
    logits = torch.randn(4, 3)
    torch.testing.assert_close(
        train.loss(logits, LABELS), -logits.log_softmax(1)[range(4), LABELS].mean()
    )
    assert train.error(torch.eye(3), torch.tensor([0, 1, 1])) == pytest.approx(1 / 3)


def test_batches_cover_every_example_once():
    order = torch.Generator().manual_seed(0)
    drawn = list(train.batches(10, 4, order))
    assert [len(batch) for batch in drawn] == [4, 4, 2] and sorted(
        torch.cat(drawn).tolist()
    ) == list(range(10))
    assert torch.cat(list(train.batches(10, 4, order))).tolist() != torch.cat(drawn).tolist()


def test_seeds_shrink_in_one_place(monkeypatch):
    monkeypatch.delenv("REGUTILS_FAST", raising=False)
    assert list(seeds(5)) == [0, 1, 2, 3, 4]
    monkeypatch.setenv("REGUTILS_FAST", "1")
    assert [len(seeds(n)) for n in (1, 5, 30)] == [1, 2, 10]


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


@pytest.mark.parametrize("load", [*TWO_CLASSES, data.sine, data.step])
def test_another_noise_level_moves_the_same_points(load):
    still, moved = load(n_train=40, noise=0.0, seed=1), load(n_train=40, noise=0.05, seed=1)
    if load in (data.sine, data.step):
        assert torch.equal(still.train.x, moved.train.x)
        assert 0.03 < (still.train.y - moved.train.y).std() < 0.07
    else:
        assert torch.equal(still.train.y, moved.train.y)
        assert (still.train.x - moved.train.x).norm(dim=1).mean() < 0.4


def test_step_is_noise_around_a_step():
    train = data.step(2000, noise=0.2).train
    side = torch.where(train.x[:, 0] < 0, -1.0, 1.0)
    assert (train.y - side).std() == pytest.approx(0.2, rel=0.1)
    assert (train.y - side).mean() == pytest.approx(0, abs=0.02)


LOADERS = [*TWO_CLASSES, data.sine, data.step, data.digits, data.diabetes]


@pytest.mark.parametrize("load", LOADERS)
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


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize("wrong", [{"seed": 1.5}, {"seed": -1}, {"n_train": 0}, {"n_train": "x"}])
def test_every_loader_refuses_in_one_wording(load, wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=rf"{name} must be .*; got "):
        load(**wrong)


def test_a_feature_that_is_constant_but_for_rounding_is_only_centred():
    from regutils.data.parts import Standardise

    train = torch.full((101, 2), 0.1)
    train[:, 1] = torch.linspace(0, 1, 101)
    scale = Standardise(train)
    assert scale(torch.tensor([[0.2, 0.5]]))[0, 0] == pytest.approx(0.1, abs=1e-6)
    assert scale(train)[:, 1].std(correction=0) == pytest.approx(1)


CLASSES = (data.moons, data.circles, data.xor, data.spiral, data.gaussians, data.digits)


@pytest.mark.parametrize("make", CLASSES)
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
    assert all(
        torch.equal(a, b) for one, two in zip(parts(mine), parts(wanted)) for a, b in zip(one, two)
    )


def test_numpys_numbers_are_sizes():
    split = data.coloured_digits().split(np.uint8(200), np.uint8(100))
    assert [len(split.train.y), len(split.val.y)] == [200, 100]
    order = torch.Generator().manual_seed(0)
    assert [len(b) for b in train.batches(10, np.int64(4), order)] == [4, 4, 2]


@pytest.mark.parametrize("load", [data.xor, data.digits])
def test_the_last_seed_there_is_gives_labels_too(load):
    assert len(load(20, label_noise=0.5, seed=2**63 - 1).train.y) == 20


def test_training_gathers_no_gradients_of_inputs():
    x = X.clone().requires_grad_()
    assert not Split((x, x[:, 0]), (X, Y), (X, Y)).train.x.requires_grad


def test_labels_of_any_whole_number_type_are_scored():
    logits, two = torch.randn(4, 3), torch.tensor([0, 1, 1, 0])
    for score in (train.loss, train.error):
        for y in (two.int(), two.bool(), two.to(torch.uint8)):
            assert score(logits, y) == score(logits, two)
            assert score(logits, y, torch.full((4,), 0.25)) == pytest.approx(score(logits, two))


def test_labels_that_are_not_one_for_each_output_are_refused():
    for y in (LABELS[:1], LABELS[:, None], LABELS[0]):
        with pytest.raises(ValueError, match="y must be one label for each"):
            train.error(torch.randn(4, 3), y)


def test_outputs_of_a_run_that_diverged_have_no_error():
    assert train.error(torch.full((4, 3), float("nan")), LABELS).isnan()


@pytest.mark.parametrize("wrong", [{"chunk": 0}, {"examples": Examples(X[:0], LABELS[:0])}])
def test_what_cannot_be_evaluated_is_named(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"{name} must be"):
        train.evaluate(torch.nn.Linear(2, 3), **{"examples": Examples(X, LABELS)} | wrong)
