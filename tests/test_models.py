import pytest
import torch
from torch import nn

from regutils import models


def test_dropout_is_torchs_dropout_with_another_random_mask():
    x = torch.ones(200, 500)
    layer = models.Dropout(0.3)
    out = layer(x)
    assert out.unique().tolist() == pytest.approx([0.0, 1 / 0.7])
    assert (out == 0).float().mean() == pytest.approx(0.3, abs=0.01)
    assert torch.equal(layer.eval()(x), x)
    assert torch.equal(models.Dropout(0.0)(x), x)


def test_mlp_shapes_and_where_dropout_stands():
    plain = models.MLP(64, 32, 16, 10)
    assert plain(torch.randn(5, 64)).shape == (5, 10)
    assert [type(m) for m in plain] == [nn.Linear, nn.ReLU, nn.Linear, nn.ReLU, nn.Linear]
    noisy = models.MLP(64, 32, 16, 10, dropout=0.5, input_dropout=0.2, activation=nn.Tanh)
    block = [models.Dropout, nn.Linear, nn.Tanh]
    assert [type(m) for m in noisy] == [*block, *block, *block[:2]]
    assert dict(noisy.named_buffers()).keys() == {"input_dropout.p", "dropout.p"}
    for sizes in ((64,), (64, 0), (64, 2.5)):
        with pytest.raises(ValueError, match="sizes must be"):
            models.MLP(*sizes)


def test_seed_cnn_is_the_notes_network():
    model = models.SeedCNN()
    assert model(torch.randn(2, 3, 32, 32)).shape == (2, 10)
    assert sum(p.numel() for p in model.parameters()) == 145_578
    assert sum(isinstance(m, nn.ReLU) for m in models.SeedCNN(nn.ReLU)) == 4


def test_seeded_gives_the_seeds_weights_and_leaves_the_global_state_alone():
    torch.manual_seed(7)
    wanted = torch.rand(3)
    torch.manual_seed(7)
    a, b = (models.seeded(lambda: models.MLP(3, 2), 1) for _ in range(2))
    assert torch.equal(a.linear1.weight, b.linear1.weight)
    assert torch.equal(torch.rand(3), wanted)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_dropout_is_drawn_finely_enough_in_every_number_type(kind):
    torch.manual_seed(0)
    x = torch.ones(2000, 1000, dtype=kind)
    for p in (0.001, 0.999):
        out = models.Dropout(p)(x)
        assert out.dtype == kind and out.isfinite().all()
        assert float((out == 0).double().mean()) == pytest.approx(p, rel=0.1 if p < 0.5 else 1e-3)


def test_p_is_a_setting_that_no_state_dict_puts_back():
    old, new = (models.MLP(2, 4, 2, dropout=p) for p in (0.3, 0.6))
    assert "dropout.p" not in old.state_dict()
    new.load_state_dict(old.state_dict())
    assert new.dropout.p == pytest.approx(0.6)
    assert "p=0.6" in repr(new)


def test_p_is_set_as_in_torch_and_checked():
    layer = models.Dropout(0.5)
    layer.p = 0.25
    assert layer.p.item() == 0.25
    nan = torch.tensor(float("nan"))
    for p in (1, -0.1, float("nan"), "half", 1 - 1e-9, torch.tensor(1.5), nan):
        with pytest.raises(ValueError, match=r"p must be .*below 1.*; got"):
            layer.p = p
        with pytest.raises(ValueError, match=r"p(out)? must be .*below 1.*; got"):
            models.MLP(2, 2, 2, dropout=p)
    assert layer.p.item() == 0.25
    layer.p = nn.Parameter(torch.tensor(0.75))
    assert layer.p.item() == 0.75 and not list(layer.parameters())
