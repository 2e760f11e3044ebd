"""Accelerators, for which a module stands in, and cores, on a machine that is made up."""

from types import SimpleNamespace

import pytest
import torch

from regutils import data, models, train
from regutils.train import devices, fit, share_cores, sweep

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


def test_place_takes_the_accelerator_that_pytorch_names(monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(
        torch.accelerator, "current_accelerator", lambda *_, **__: torch.device("meta")
    )
    model = models.MLP(2, 2)
    monkeypatch.setattr(devices, "Split", lambda *parts: parts)  # a Split looks at values
    assert train.to_device(model, SPLIT)[1][1].x.device.type == "meta"
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    assert train.to_device(models.MLP(2, 2), SPLIT)[1][1].x.device.type == "cpu"


@pytest.mark.skipif(not torch.accelerator.is_available(), reason="needs an accelerator")
def test_fit_on_the_accelerator_repeats_itself_and_leaves_the_random_state_alone(tmp_path):
    def run(**how):
        make = lambda: models.MLP(2, 8, 2, dropout=0.5)  # noqa: E731
        model, split = train.to_device(models.seeded(make, 0), SPLIT)
        optimizer = lambda p: torch.optim.SGD(p, lr=0.1)  # noqa: E731
        history = train.fit(model, split, optimizer=optimizer, batch_size=7, **how)
        return history.val_loss, [p.cpu() for p in model.parameters()]

    device = torch.accelerator.current_accelerator()
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


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def made_up(moments):
    """Yield looks at two cores of which others, then this process, take so much, a second apart."""
    at, had = -1e9, 0.0
    for others, _ours in moments:
        at, had = at + 1, had + 2 - others
        yield at, had


def test_a_thread_is_given_up_taken_back_and_the_users_number_restored(two_threads):
    moments = [(0.0, 0.0), (1.0, 1.0), (1.0, 1.0), (0.0, 1.0), (1.9, 0.1)]
    looks = made_up(moments)
    sharing = devices.Sharing(lambda: next(looks))
    sharing.begin()
    seen = []
    for _ in moments[1:]:
        sharing.adapt()
        seen.append(torch.get_num_threads())
    assert seen == [1, 1, 2, 1]
    sharing.end()
    assert torch.get_num_threads() == 2
    sharing.begin()
    assert torch.get_num_threads() == 1, "where it ended is where it begins"
    sharing.end()
    torch.set_num_threads(1)
    sharing.begin()
    sharing.count = 2
    sharing.end()
    assert torch.get_num_threads() == 1, "the user's number is never exceeded"


def test_cores_are_shared_within_fit_and_sweep_and_nowhere_else(two_threads, monkeypatch):
    """Their hook is gone afterwards, also where training is interrupted or nothing may change."""
    monkeypatch.delenv("REGUTILS_THREADS", raising=False)
    from torch.optim import optimizer

    hooks = optimizer._global_optimizer_post_hooks
    seen = []

    class Seen(torch.nn.ReLU):
        def forward(self, x):
            if self.training:
                seen.append(len(hooks))
                torch.set_num_threads(1)
            return super().forward(x)

    def make():
        return models.MLP(2, 8, 2, activation=Seen)

    before = len(hooks)
    fit(make(), SPLIT, epochs=2, optimizer=lambda p: torch.optim.SGD(p, lr=0.1))
    assert seen == [before + 1] * 2 and len(hooks) == before and torch.get_num_threads() == 2
    sweep(make, SPLIT, [0.0], penalty="l2", seeds=(0,), steps=2, lr=0.1)
    assert seen[-1] == before + 1 and len(hooks) == before
    with pytest.raises(KeyError), share_cores(), share_cores():
        assert len(hooks) == before + 1
        raise KeyError
    assert len(hooks) == before
