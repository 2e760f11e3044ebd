"""Any accelerator that PyTorch names; where there is none, the CPU and a module stand in."""

from types import SimpleNamespace

import pytest
import torch

from regutils import data, models, train
from regutils.train import devices

SPLIT = data.moons(20)


def stand_in(monkeypatch, kind):
    """A device module that keeps its random state in a list, as torch.cuda and its like do."""
    kept = [torch.zeros(16, dtype=torch.uint8)]

    def get(*device):
        assert len(device) == (kind != "mps"), "MPS takes no device, the others do"
        return kept[0]

    def put(state, *device):
        assert len(device) == (kind != "mps")
        kept[0] = state

    module = SimpleNamespace(get_rng_state=get, set_rng_state=put)
    monkeypatch.setattr(torch, "get_device_module", lambda device: module)
    return torch.device(kind), kept


@pytest.mark.parametrize("kind", ["cuda", "mps", "xpu"])
def test_the_random_state_of_an_accelerator_is_kept_and_put_back(kind, monkeypatch):
    device, kept = stand_in(monkeypatch, kind)
    before = torch.get_rng_state()
    state = devices.random_state(device)
    assert set(state) == {"cpu", kind}
    with devices.drawing_from(device, state):
        torch.rand(3)
        kept[0] = torch.ones(16, dtype=torch.uint8)
        inner = devices.random_state(device)
    assert torch.equal(torch.get_rng_state(), before) and (kept[0] == 0).all()
    devices.set_random_state(device, inner)
    assert (kept[0] == 1).all()
    devices.set_random_state(device, {"cpu": before})  # from a run on the CPU
    assert (kept[0] == 1).all() and torch.equal(torch.get_rng_state(), before)


def test_an_error_puts_the_random_state_back_too():
    before = torch.get_rng_state()
    with pytest.raises(KeyError):
        with devices.drawing_from(
            torch.device("cpu"), devices.seeded_state(SPLIT.train.x.device, 3)
        ):
            torch.rand(3)
            raise KeyError
    assert torch.equal(torch.get_rng_state(), before)


def test_place_takes_the_accelerator_that_pytorch_names(monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(
        torch.accelerator, "current_accelerator", lambda *_, **__: torch.device("meta")
    )
    assert devices.best_device() == torch.device("meta")
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    assert devices.best_device() == torch.device("cpu")


def test_float64_stays_on_the_cpu_where_a_device_has_none(monkeypatch):
    monkeypatch.setattr(devices, "has_float64", lambda device: device.type == "cpu")
    monkeypatch.setattr(devices, "best_device", lambda: torch.device("meta"))
    split = SPLIT.to(torch.float64)
    model, placed = train.to_device(models.MLP(2, 2).double(), split)
    assert model.linear1.weight.device.type == placed.train.x.device.type == "cpu"
    with pytest.raises(ValueError, match="device must be one that computes in float64"):
        train.to_device(models.MLP(2, 2).double(), split, "meta")
    assert devices.has_float64(torch.device("cpu"))


def test_a_device_without_float64_is_found_out(monkeypatch):
    def refusing(*_, **__):
        raise TypeError("Cannot convert a MPS Tensor to float64 dtype")

    monkeypatch.setattr(torch, "ones", refusing)
    assert not devices.has_float64(torch.device("mps"))


@pytest.mark.skipif(not torch.accelerator.is_available(), reason="needs an accelerator")
def test_fit_on_the_accelerator_repeats_itself_and_leaves_the_random_state_alone(tmp_path):
    def run(**how):
        make = lambda: models.MLP(2, 8, 2, dropout=0.5)  # noqa: E731
        model, split = train.to_device(models.seeded(make, 0), SPLIT)
        optimizer = lambda p: torch.optim.SGD(p, lr=0.1)  # noqa: E731
        history = train.fit(model, split, optimizer=optimizer, batch_size=7, **how)
        return history.val_loss, [p.cpu() for p in model.parameters()]

    device = devices.best_device()
    before = devices.random_state(device)
    whole, weights = run(epochs=4)
    run(epochs=2, checkpoint=tmp_path / "run.pt")
    resumed, again = run(epochs=4, checkpoint=tmp_path / "run.pt")
    assert resumed == whole and all(map(torch.equal, weights, again))
    after = devices.random_state(device)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_device_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"device must be a device that is here, .*; got 'foo'"):
        train.to_device(models.MLP(2, 2), SPLIT, "foo")
