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


@pytest.mark.parametrize("p", [-0.1, 1.0, float("nan"), "half"])
def test_p_outside_0_1_is_refused(p):
    for make in (lambda: models.Dropout(p), lambda: models.MLP(2, 2, dropout=p)):
        with pytest.raises(ValueError, match=r"p(out)? must be .* below 1; got"):
            make()


def test_mlp_shapes_and_where_dropout_stands():
    plain = models.MLP(64, 32, 16, 10)
    assert plain(torch.randn(5, 64)).shape == (5, 10)
    assert [type(m) for m in plain] == [nn.Linear, nn.ReLU, nn.Linear, nn.ReLU, nn.Linear]
    noisy = models.MLP(64, 32, 16, 10, dropout=0.5, input_dropout=0.2, activation=nn.Tanh)
    assert [type(m) for m in noisy] == [
        models.Dropout,
        nn.Linear,
        nn.Tanh,
        models.Dropout,
        nn.Linear,
        nn.Tanh,
        models.Dropout,
        nn.Linear,
    ]
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
