import numpy as np
import pytest
import torch
from torch import nn

from regutils import data, models, penalties
from regutils.train import fit

W = {"a": torch.tensor([[1.0, -2.0], [0.0, 3.0]]), "b": torch.tensor([-0.5])}
SGD = lambda lr: lambda p: torch.optim.SGD(p, lr=lr)  # noqa: E731


def test_values_are_plain_sums():
    assert penalties.l2(W) == 1 + 4 + 9 + 0.25
    assert penalties.l1(W) == 1 + 2 + 3 + 0.5
    assert penalties.soft_threshold(torch.tensor([-0.5, 0.2, 2.0]), 0.5).tolist() == [0.0, 0.0, 1.5]


@pytest.mark.parametrize(
    ("penalty", "gradient"),
    [
        ("l2", lambda w: 2 * w),
        ("l1", torch.sign),
        (penalties.elastic_net(0.3), lambda w: 0.3 * w.sign() + 1.4 * w),
    ],
)
def test_gradients(penalty, gradient):
    lam, pen = 0.7, penalties.get(penalty)
    weights = {name: w.clone().requires_grad_() for name, w in W.items()}
    (lam * pen.value(weights)).backward()
    for name, w in weights.items():
        torch.testing.assert_close(w.grad, lam * gradient(W[name]))
        torch.testing.assert_close(lam * pen.gradient(W[name]), w.grad)  # what sweeps add directly


@pytest.mark.parametrize(
    ("prox", "value"),
    [
        (penalties.soft_threshold, lambda v: abs(v)),
        (penalties.shrink, lambda v: v**2),
        (penalties.elastic_net(0.25).prox, lambda v: 0.25 * abs(v) + 0.75 * v**2),
    ],
)
@pytest.mark.parametrize("t", [0.0, 0.3, 1.7])
def test_proximal_operators_against_brute_force(prox, value, t):
    grid = np.linspace(-4, 4, 80_001)
    for w in (-3.0, -0.3, 0.0, 0.2, 1.0, 2.5):
        best = grid[np.argmin(0.5 * (grid - w) ** 2 + t * value(grid))]
        assert float(prox(torch.tensor(w), torch.tensor(t))) == pytest.approx(best, abs=2e-4)


def regression(n=60):
    """Diabetes, with an intercept of 0 by construction: both sides standardised."""
    split = data.diabetes(n).to(torch.float64)
    return split, split.train.x, split.train.y


def linear(d):
    return nn.Linear(d, 1).double()


def test_ridge_reaches_scikit_learns_closed_form():
    from sklearn.linear_model import Ridge

    split, X, y = regression()
    for lam in (0.01, 0.5):
        model = models.seeded(lambda: linear(10), 0)
        fit(model, split, epochs=2500, optimizer=SGD(0.2), penalty="l2", lam=lam, every=2500)
        # Ridge sums its squared errors, ours is their mean: alpha = n·λ.
        theirs = Ridge(alpha=len(y) * lam, tol=1e-12).fit(X, y)
        np.testing.assert_allclose(model.weight.detach()[0], theirs.coef_, rtol=1e-4)


def test_lasso_reaches_scikit_learns_lasso_with_the_same_zeros():
    from sklearn.linear_model import Lasso

    split, X, y = regression()
    for lam in (0.05, 0.3):
        model = models.seeded(lambda: linear(10), 0)
        how = {"optimizer": SGD(0.2), "penalty": "l1", "lam": lam, "proximal": True}
        fit(model, split, epochs=2500, every=2500, **how)
        # Lasso has ½ before its mean squared error: alpha = λ/2.
        theirs = Lasso(alpha=lam / 2, tol=1e-12, max_iter=100_000).fit(X, y).coef_
        ours = model.weight.detach().numpy()[0]
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-8)
        assert ((ours == 0) == (theirs == 0)).all() and (ours == 0).any()


def test_pytorchs_weight_decay_is_lambda_times_two():
    split = data.digits(60)
    ours, theirs = (models.seeded(lambda: models.MLP(64, 16, 10), 0) for _ in range(2))
    fit(ours, split, epochs=20, optimizer=SGD(0.1), penalty="l2", lam=0.005)
    decay = SGD(0.1)(penalties.decay_groups(theirs, 0.01))
    fit(theirs, split, epochs=20, optimizer=lambda p: decay)
    for a, b in zip(ours.parameters(), theirs.parameters()):
        torch.testing.assert_close(a, b)


def test_each_penalty_of_the_table_has_what_loops_and_programs_need():
    for name, penalty in penalties.PENALTIES.items():
        for w in W.values():
            assert eval(penalty.code, {"w": w}) == penalty.value({"w": w})
        assert penalties.get(name, proximal=True) is penalty and penalty.label


def test_a_penalty_is_known_by_name_function_or_itself():
    assert penalties.get("l2") is penalties.get(penalties.l2) is penalties.PENALTIES["l2"]
    assert penalties.get(None) is None
    own = penalties.get(lambda weights: sum(w.abs().max() for w in weights.values()))
    assert own.value(W) == 3.5 and own.prox is None
    for wrong in ("l3", 3, W):
        with pytest.raises(ValueError, match=r"penalty must be .*'l2', 'l1'.*; got "):
            penalties.get(wrong)
    with pytest.raises(ValueError, match="l1_ratio must be"):
        penalties.elastic_net(1.2)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_sums_of_half_precision_neither_overflow_nor_stop_counting(kind):
    weights = {"w": torch.full((1000, 1000), 0.3, dtype=kind).requires_grad_()}
    assert penalties.l2(weights).item() == pytest.approx(90_000, rel=6e-3)
    assert penalties.l1(weights).item() == pytest.approx(300_000, rel=6e-3)
    assert penalties.elastic_net(0.5).value(weights).item() == pytest.approx(195_000, rel=6e-3)
    penalties.l2(weights).backward()
    assert weights["w"].grad.dtype == kind
    assert weights["w"].grad[0, 0].item() == pytest.approx(0.6, rel=6e-3)
    assert penalties.l2({"w": torch.ones(2, dtype=torch.float64)}).dtype == torch.float64


def test_no_weights_cost_nothing_and_a_tensor_is_no_mapping():
    assert penalties.l2({}) == penalties.l1({}) == 0
    for wrong in (torch.ones(3), {"a": np.ones(3)}, {"a": 1.0}):
        with pytest.raises(ValueError, match="weights must be a mapping from names to tensors"):
            penalties.l2(wrong)
    for call in (penalties.weights, lambda model: penalties.decay_groups(model, 0.1)):
        with pytest.raises(ValueError, match=r"model must be a torch\.nn\.Module; got "):
            call(list(nn.Linear(2, 2).parameters()))


@pytest.mark.parametrize(
    "prox", [penalties.soft_threshold, penalties.shrink, penalties.elastic_net(0.5).prox]
)
def test_a_threshold_below_0_is_refused_as_number_and_as_tensor(prox):
    nan = float("nan")
    wrong_tensors = (-1.0, nan, float("inf"), [[0.1, -1e-9]], [], [0.1, 0.1, 0.1])
    for wrong in (-0.5, nan, float("inf"), *map(torch.tensor, wrong_tensors)):
        with pytest.raises(ValueError, match=r"t must be .*; got"):
            prox(W["a"], wrong)
    with pytest.raises(ValueError, match="w must be a tensor; got 'list'"):
        prox([1.0, 2.0], 0.5)
    right = torch.tensor([[0.0, 0.1], [0.2, 0.3]])
    each = [[prox(w, float(t)) for w, t in zip(*rows)] for rows in zip(W["a"], right)]
    torch.testing.assert_close(prox(W["a"], right), torch.tensor(each))
    stacked = torch.func.vmap(prox)(W["a"], torch.tensor([0.1, 0.2]))
    torch.testing.assert_close(stacked[1], prox(W["a"][1], 0.2))


@pytest.mark.parametrize(
    ("layer", "counted"),
    [
        (
            nn.GRU(2, 4, bidirectional=True),
            ["weight_ih_l0", "weight_hh_l0", "weight_ih_l0_reverse", "weight_hh_l0_reverse"],
        ),
        (
            nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 2), nn.LayerNorm(2)),
            ["0.weight", "2.weight"],
        ),
        (nn.Linear(2, 1), ["weight"]),
        (nn.PReLU(3), []),
        (nn.Embedding(5, 2), ["weight"]),
        (nn.LayerNorm((3, 4)), []),
        (nn.RMSNorm((3, 4)), []),
    ],
)
def test_what_a_bias_is_is_told_by_the_layer_not_by_a_names_ending(layer, counted):
    assert list(penalties.weights(layer)) == counted
    decayed, rest = penalties.decay_groups(layer, 0.1)
    assert len(decayed["params"]) == len(counted)
    assert (decayed["weight_decay"], rest["weight_decay"]) == (0.1, 0)
    assert len(decayed["params"]) + len(rest["params"]) == len(list(layer.parameters()))


def tied(frozen=False):
    model = nn.ModuleDict({"enc": nn.Linear(3, 3), "dec": nn.Linear(3, 3)})
    model["dec"].weight = model["enc"].weight
    model["enc"].weight.requires_grad_(not frozen)
    return model


def test_tied_weights_are_known_by_identity_and_frozen_ones_are_not_counted():
    assert list(penalties.weights(tied())) == ["enc.weight"]
    assert list(penalties.weights(tied(frozen=True))) == []
    for frozen in (False, True):
        decayed, rest = penalties.decay_groups(tied(frozen), 0.1)
        assert [len(decayed["params"]), len(rest["params"])] == [1, 2]
        torch.optim.SGD([decayed, rest], lr=0.1)
