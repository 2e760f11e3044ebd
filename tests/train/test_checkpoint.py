"""A checkpoint is taken up by the same run and by no other; what may be whole stays."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from regutils import data, models, penalties
from regutils.train import fit

SPLIT = data.moons(40)


def make(hidden=8, p=0.3, activation=nn.ReLU):
    return models.seeded(lambda: models.MLP(2, hidden, 2, dropout=p, activation=activation), 1)


def sgd(**options):
    return partial(torch.optim.SGD, **{"lr": 0.05, "momentum": 0.5} | options)


def power(exponent):
    return lambda weights: sum(w.abs().pow(exponent).sum() for w in weights.values())


def shifted(by):
    def augment(x):
        return x + by * torch.randn_like(x)

    return augment


def run(path, model=None, split=SPLIT, **changed):
    settings = {"epochs": 2, "optimizer": sgd(), "penalty": "l2", "lam": 1e-3, "batch_size": 16}
    return fit(model or make(), split, checkpoint=path, **settings | changed)


@pytest.mark.parametrize(
    ("first", "second", "differs"),
    [
        ({}, {"optimizer": sgd(lr=0.06)}, "lr"),
        ({}, {"optimizer": sgd(weight_decay=0.01)}, "optimizer"),
        ({}, {"optimizer": partial(torch.optim.Adam, lr=0.05)}, "optimizer"),
        ({}, {"split": data.moons(40, seed=1)}, "data"),
        ({}, {"penalty": "l1"}, "penalty"),
        ({"penalty": power(3)}, {"penalty": power(4)}, "penalty"),
        ({}, {"penalty": "l2", "proximal": True}, "proximal"),
        ({}, {"lam": 2e-3}, "lam"),
        ({}, {"seed": 1}, "seed"),
        ({}, {"every": 2}, "every"),
        ({}, {"augment": shifted(0.2)}, "augment"),
        ({}, {"label_smoothing": 0.1}, "label_smoothing"),
        ({"mixup": 0.1}, {"mixup": 0.2}, "mixup"),
        ({}, {"model": make(p=0.4)}, "model"),
        ({}, {"model": make(activation=nn.Tanh)}, "model"),
    ],
)
def test_what_decides_the_result_makes_another_run(first, second, differs, tmp_path):
    path = tmp_path / "run.pt"
    run(path, **first)
    before = path.read_bytes()
    with pytest.raises(
        ValueError, match=rf"checkpoint must be of the same run.*differs in {differs}\b"
    ):
        run(path, **first | second)
    assert path.read_bytes() == before


@pytest.mark.parametrize("how", [{}, {"penalty": penalties.l2}, {"split": data.moons(40)}])
def test_the_same_run_said_otherwise_is_the_same_run(how, tmp_path):
    path = tmp_path / "run.pt"
    kept = run(path, augment=shifted(0.1))
    again = run(path, model=make(), augment=shifted(0.1), **how)
    assert again.val_loss == kept.val_loss and again.epochs == [1, 2]
    longer = run(path, model=make(), augment=shifted(0.1), epochs=4)
    assert longer.epochs == [1, 2, 3, 4] and longer.val_loss[:2] == kept.val_loss


def test_a_file_that_holds_more_epochs_than_asked_for_is_refused(tmp_path):
    run(tmp_path / "run.pt", epochs=5)
    with pytest.raises(ValueError, match=r"epochs must be at least 5, as many as .*; got 2"):
        run(tmp_path / "run.pt", epochs=2)


def test_a_folder_that_does_not_exist_is_made_and_one_that_cannot_be_is_refused_before_the_work(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    run("~/runs/new/a.pt")
    assert [p.name for p in (tmp_path / "runs" / "new").iterdir()] == ["a.pt"]
    (tmp_path / "file").write_text("in the way")
    for wrong in (tmp_path / "file" / "a.pt", tmp_path):
        model = make()
        start = model.linear1.weight.clone()
        with pytest.raises(ValueError, match="checkpoint must be a file"):
            run(wrong, model=model)
        assert torch.equal(model.linear1.weight, start)


def test_a_file_that_cannot_be_written_later_costs_no_result(tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(torch, "save", full)
    assert run(tmp_path / "run.pt").epochs == [1, 2]
    assert "No space left on device" in capsys.readouterr().err


@pytest.mark.parametrize(
    "make_optimizer",
    [
        sgd(lr=np.float64(0.05), momentum=np.float32(0.5), weight_decay=np.float64(0.01)),
        partial(torch.optim.Adam, lr=np.float64(0.01), betas=tuple(np.array([0.8, 0.99]))),
    ],
)
def test_numbers_of_numpy_resume(make_optimizer, tmp_path):
    whole, model = make(), make()
    run(None, whole, optimizer=make_optimizer, epochs=4, lam=np.float64(1e-3))
    run(tmp_path / "run.pt", optimizer=make_optimizer)
    run(tmp_path / "run.pt", model, optimizer=make_optimizer, epochs=4, lam=1e-3)
    assert all(map(torch.equal, whole.parameters(), model.parameters()))
